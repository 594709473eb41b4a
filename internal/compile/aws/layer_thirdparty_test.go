package aws_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

func watched(t *testing.T, change func(*model.Platform)) (*model.Platform, []aws.Root) {
	t.Helper()
	f, problems := spec.LoadFile("../../../examples/kestrel/platform.yaml")
	if f == nil {
		t.Fatal(problems)
	}
	if change != nil {
		change(f.Platform)
	}
	plan, conflicts := address.Of(f.Platform)
	if len(conflicts) > 0 {
		t.Fatal(conflicts)
	}
	return f.Platform, aws.Roots(aws.Target{Platform: f.Platform, Graphs: graph.All(f.Platform), Addresses: plan})
}

// moduleOf finds a module by its layer, scope and name.
func moduleOf(t *testing.T, roots []aws.Root, layer aws.Layer, scope, name string) aws.Module {
	t.Helper()
	for _, r := range roots {
		if r.Layer != layer || r.Scope != scope {
			continue
		}
		for _, m := range r.Modules {
			if m.Name == name {
				return m
			}
		}
	}
	t.Fatalf("no module %s in %s of %q", name, layer, scope)
	return aws.Module{}
}

func arg(o []aws.Arg, key string) aws.Value {
	for _, a := range o {
		if a.Key == key {
			return a.Value
		}
	}
	return nil
}

// A week of minutes: every team that is called is covered in all of them, or in
// exactly the hours that it has; and the layers never call the same person.
func TestSchedulesHaveNoGap(t *testing.T) {
	p, roots := watched(t, nil)
	m := moduleOf(t, roots, aws.ThirdParties, "", "on-call")
	schedules := arg(m.Args, "schedules").(aws.Object)
	policies := arg(m.Args, "policies").(aws.Object)
	for _, team := range p.Teams {
		if team.OnCall == nil {
			continue
		}
		steps := arg(arg(policies, team.Name).(aws.Object), "steps").(aws.List)
		if len(steps) != min(team.OnCall.Layers, len(team.OnCall.Members)) {
			t.Errorf("%s: %d steps for %d layers", team.Name, len(steps), team.OnCall.Layers)
		}
		if team.Manager != "" && arg(arg(policies, team.Name).(aws.Object), "manager") != aws.String(team.Manager) {
			t.Errorf("%s: the manager is not at the end", team.Name)
		}
		var turns [][]string
		for _, s := range steps {
			key := string(arg(s.(aws.Object), "schedule").(aws.String))
			schedule, ok := arg(schedules, key).(aws.Object)
			if !ok {
				t.Errorf("%s: no schedule %s", team.Name, key)
				continue
			}
			start, err := time.Parse(time.RFC3339, string(arg(schedule, "start").(aws.String)))
			if err != nil {
				t.Fatal(err)
			}
			start = start.In(team.OnCall.Handover.Zone)
			if start.Weekday() != team.OnCall.Handover.Day || start.Hour()*60+start.Minute() != team.OnCall.Handover.Minute {
				t.Errorf("%s hands over at %s, not %s", key, start, team.OnCall.Handover)
			}
			var users []string
			for _, u := range arg(schedule, "users").(aws.List) {
				users = append(users, string(u.(aws.String)))
			}
			turns = append(turns, users)
			covers := coverage(t, arg(schedule, "hours").(aws.List))
			at := time.Date(2026, 1, 5, 0, 0, 0, 0, team.OnCall.Handover.Zone) // a Monday
			for minute := range 7 * 24 * 60 {
				want := team.OnCall.Hours == nil || team.OnCall.Hours.Covers(at.Add(time.Duration(minute)*time.Minute))
				if covers[minute] != want {
					t.Fatalf("%s: minute %d of the week is covered: %v, and should be: %v", key, minute, covers[minute], want)
				}
			}
		}
		for turn := range team.OnCall.Members {
			var now []string
			for _, users := range turns {
				now = append(now, users[turn%len(users)])
			}
			slices.Sort(now)
			if len(slices.Compact(slices.Clone(now))) != len(now) {
				t.Errorf("%s: somebody is called twice at once: %v", team.Name, now)
			}
		}
	}
}

// coverage of the minutes of a week from Monday on.
func coverage(t *testing.T, hours aws.List) []bool {
	t.Helper()
	covered := make([]bool, 7*24*60)
	if len(hours) == 0 {
		for i := range covered {
			covered[i] = true
		}
		return covered
	}
	for _, h := range hours {
		o := h.(aws.Object)
		from, err := time.Parse("15:04:05", string(arg(o, "from").(aws.String)))
		if err != nil {
			t.Fatal(err)
		}
		first := (int(arg(o, "day").(aws.Number))-1)*1440 + from.Hour()*60 + from.Minute()
		for i := range int(arg(o, "seconds").(aws.Number)) / 60 {
			covered[(first+i)%len(covered)] = true
		}
	}
	return covered
}

// A composite alarm whose parts do not exist is refused by AWS, and a path that
// lacks a store says that all is well.
func TestPathsNameAlarmsThatExist(t *testing.T) {
	_, roots := watched(t, nil)
	for _, env := range []string{"prod", "uat"} {
		exists := map[string]bool{}
		for _, r := range roots {
			if r.Scope != env || r.Region != "ap-south-1" {
				continue
			}
			for _, m := range r.Modules {
				name, _ := arg(m.Args, "name").(aws.String)
				switch m.Source {
				case "opensearch":
					exists[string(name)+"-red"], exists[string(name)+"-blocked"] = true, true
				case "valkey":
					exists[string(name)+"-memory"] = true
				case "service-balancer":
					for _, p := range arg(m.Args, "ports").(aws.Object) {
						exists[string(name)+"-"+p.Key+"-unhealthy"] = true
					}
				case "machines":
					for _, n := range arg(m.Args, "nodes").(aws.Object) {
						exists[string(name)+"-"+n.Key+"-instance"] = true
					}
				}
			}
		}
		paths := arg(moduleOf(t, roots, aws.Observability, env, "alarms").Args, "paths").(aws.Object)
		if len(paths) < 3 {
			t.Errorf("%s: only %d paths", env, len(paths))
		}
		for _, p := range paths {
			var store, service bool
			for _, a := range arg(p.Value.(aws.Object), "alarms").(aws.List) {
				name := string(a.(aws.String))
				if !exists[name] {
					t.Errorf("%s: the path of %s names %s, which does not exist", env, p.Key, name)
				}
				store = store || strings.HasSuffix(name, "-instance") || strings.HasSuffix(name, "-red")
				service = service || strings.HasSuffix(name, "-unhealthy")
			}
			if !store || !service {
				t.Errorf("%s: the path of %s lacks stores or services", env, p.Key)
			}
		}
	}
}

// A tier's logs are within reach of that tier alone.
func TestLogsStayInTheirTier(t *testing.T) {
	p, roots := watched(t, nil)
	for tier, other := range map[string]string{"prod": "nonprod", "nonprod": "prod"} {
		m := moduleOf(t, roots, aws.Observability, "", "logs-"+tier)
		clients := arg(m.Args, "clients").(aws.Object)
		if len(clients) < 6 {
			t.Errorf("%s: only %d clients", tier, len(clients))
		}
		for _, c := range clients {
			for _, env := range p.Environments {
				production := env.Stage == model.Production
				if strings.HasPrefix(c.Key, env.Name+"-") && production != (tier == "prod") {
					t.Errorf("%s reaches the logs of %s", c.Key, tier)
				}
			}
			if strings.Contains(c.Key, "tools-"+other+"-") {
				t.Errorf("%s reaches the logs of %s", c.Key, tier)
			}
		}
	}
}

// What a service more does to on-call and monitoring: entries, none changed.
func TestServiceOnlyAddsToThirdParties(t *testing.T) {
	_, before := watched(t, nil)
	_, after := watched(t, func(p *model.Platform) {
		for i := range p.Environments {
			p.Environments[i].Services = append(slices.Clone(p.Environments[i].Services), model.Service{
				Name: "wallet", Port: 8460, Tier: 1, Team: "payments", Segment: p.Environments[i].Segments[0],
				Objective: model.Objective{Availability: "99.9", LatencyP95: 200 * time.Millisecond},
			})
		}
	})
	for _, name := range []string{"on-call", "apm"} {
		a, b := moduleOf(t, before, aws.ThirdParties, "", name), moduleOf(t, after, aws.ThirdParties, "", name)
		for _, x := range a.Args {
			old, ok := x.Value.(aws.Object)
			if !ok {
				continue
			}
			now := arg(b.Args, x.Key).(aws.Object)
			for _, entry := range old {
				if !equal(entry.Value, arg(now, entry.Key)) {
					t.Errorf("%s: %s of %s changed", name, entry.Key, x.Key)
				}
			}
		}
		if services := arg(b.Args, "services").(aws.Object); arg(services, "wallet") == nil && arg(services, "prod/wallet") == nil {
			t.Errorf("%s does not know the wallet", name)
		}
	}
}

func equal(a, b aws.Value) bool {
	switch a := a.(type) {
	case aws.Object:
		b, ok := b.(aws.Object)
		return ok && slices.EqualFunc(a, b, func(x, y aws.Arg) bool { return x.Key == y.Key && equal(x.Value, y.Value) })
	case aws.List:
		b, ok := b.(aws.List)
		return ok && slices.EqualFunc(a, b, equal)
	}
	return a == b
}

func TestNumbersArePartedAsTheyAreDialled(t *testing.T) {
	for phone, want := range map[string]struct {
		code   int
		number string
	}{
		"+919800000001": {91, "9800000001"}, "+12025550123": {1, "2025550123"}, "+491511234567": {49, "1511234567"},
		"+353861234567": {353, "861234567"}, "+79161234567": {7, "9161234567"}, "+6598765432": {65, "98765432"}, "+971501234567": {971, "501234567"},
	} {
		_, roots := watched(t, func(p *model.Platform) { p.People = []model.Person{{Name: "asha", Phone: phone}} })
		entry := arg(arg(moduleOf(t, roots, aws.ThirdParties, "", "on-call").Args, "phones").(aws.Object), "asha").(aws.Object)
		if arg(entry, "country_code") != aws.Number(want.code) || arg(entry, "number") != aws.String(want.number) {
			t.Errorf("%s: %v", phone, entry)
		}
	}
}

// Nobody is woken for an environment that customers do not see, and what they
// notice at once is known as such.
func TestUrgencyIsOfProduction(t *testing.T) {
	p, roots := watched(t, nil)
	m := moduleOf(t, roots, aws.ThirdParties, "", "on-call")
	quiet := arg(m.Args, "quiet_environments").(aws.List)
	for _, env := range p.Environments {
		if slices.Contains(quiet, aws.Value(aws.String(env.Name))) == (env.Stage == model.Production) {
			t.Errorf("%s is on the wrong side", env.Name)
		}
		if env.Stage != model.Production {
			continue
		}
		first, services := arg(m.Args, "first_services").(aws.List), arg(m.Args, "services").(aws.Object)
		for _, s := range env.Services {
			if known := arg(services, s.Name) != nil; slices.Contains(first, aws.Value(aws.String(s.Name))) != (known && s.Tier == 1) {
				t.Errorf("%s is of tier %d", s.Name, s.Tier)
			}
		}
	}
}

package render_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	goccy "github.com/goccy/go-yaml"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/model"
	"paddock.dev/internal/render"
)

func part(t testing.TB, in render.Input, name string) []emit.File {
	t.Helper()
	list, err := render.Files(in, func(p string) bool { return p == name })
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every file is read by a reader of its format that is not ours.
func TestObservabilityIsReadable(t *testing.T) {
	for _, platform := range []string{"kestrel", "minimal"} {
		for _, f := range part(t, input(t, example(t, platform)), "observability") {
			switch filepath.Ext(f.Path) {
			case ".yml", ".yaml":
				var v map[string]any
				if err := goccy.Unmarshal(f.Data, &v); err != nil || len(v) == 0 {
					t.Errorf("%s: %s: %v", platform, f.Path, err)
				}
			case ".json":
				var v map[string]any
				if err := json.Unmarshal(f.Data, &v); err != nil || len(v) == 0 {
					t.Errorf("%s: %s: %v", platform, f.Path, err)
				}
			}
		}
	}
}

// Every promise has its recordings and at least one alert, and a service without
// a promise has at least the alert that it is gone.
func TestEveryObjectiveHasRules(t *testing.T) {
	p := input(t, example(t, "kestrel")).Platform
	count := 0
	for _, env := range p.Environments {
		records, alerts, down := map[string]int{}, map[string]int{}, map[string]bool{}
		eachRule(observe.Files(p, env), func(r observe.Rule) {
			slo, service := labelOf(r, "slo"), labelOf(r, "service")
			switch {
			case r.Record != "":
				records[slo]++
			case slo != "":
				alerts[slo]++
			case r.Alert == "ServiceDown":
				down[service] = true
			}
		})
		for _, s := range env.Services {
			if !down[s.Name] {
				t.Errorf("%s: nobody notices when %s is gone", env.Name, s.Name)
			}
			for _, o := range observe.Objectives(s) {
				count++
				if records[o.Name] != 10 || alerts[o.Name] == 0 {
					t.Errorf("%s: %s has %d recordings and %d alerts", env.Name, o.Name, records[o.Name], alerts[o.Name])
				}
			}
			if s.Objective != (model.Objective{}) && len(observe.Objectives(s)) == 0 {
				t.Errorf("%s: the promise of %s is not watched", env.Name, s.Name)
			}
		}
	}
	if count < 100 {
		t.Errorf("only %d objectives", count)
	}
}

// Every alert says who owns it, how bad it is and what to do, and reaches
// receivers that exist: in production whatever is critical wakes somebody.
func TestEveryAlertReachesPeople(t *testing.T) {
	for _, platform := range []string{"kestrel", "minimal"} {
		p := input(t, example(t, platform)).Platform
		routing := observe.RoutingOf(p, p.Environments)
		exists := map[string]observe.Receiver{}
		for _, r := range routing.Receivers {
			if _, twice := exists[r.Name]; twice {
				t.Errorf("%s: two receivers are named %s", platform, r.Name)
			}
			exists[r.Name] = r
		}
		for _, env := range p.Environments {
			for _, c := range routing.Cases(observe.Files(p, env)) {
				for _, name := range c.Receivers {
					if _, ok := exists[name]; !ok {
						t.Errorf("%s: %v goes to %s, which does not exist", platform, c.Labels, name)
					}
				}
				critical := slices.Contains(c.Labels, observe.Label{Name: "severity", Value: "critical"})
				pages := slices.Contains(c.Receivers, "page")
				if critical && env.Stage != model.Production || pages && !critical || critical && p.Alerts.Page != "" && !pages {
					t.Errorf("%s: %v reaches %v", platform, c.Labels, c.Receivers)
				}
				if critical && len(c.Receivers) < 2 && p.Alerts.Page != "" {
					t.Errorf("%s: %v wakes somebody and tells nobody else", platform, c.Labels)
				}
			}
			eachRule(observe.Files(p, env), func(r observe.Rule) {
				if r.Alert == "" {
					return
				}
				if r.Runbook == nil || r.Runbook.Means == "" || len(r.Runbook.Checks) == 0 || r.Runbook.Relief == "" || r.Summary == "" {
					t.Errorf("%s: %s says too little", platform, r.Alert)
				}
				for _, want := range []string{"env", "severity", "team"} {
					if labelOf(r, want) == "" {
						t.Errorf("%s: %s has no label %s", platform, r.Alert, want)
					}
				}
			})
		}
	}
}

// Non-production that is stopped at night is muted at night, at every node of
// the tree: Alertmanager does not hand times down.
func TestStoppedEnvironmentsAreQuiet(t *testing.T) {
	p := input(t, example(t, "kestrel")).Platform
	routing := observe.RoutingOf(p, p.Environments)
	var walk func(r observe.Route, env string)
	walk = func(r observe.Route, env string) {
		for _, m := range r.Match {
			if m.Name == "env" {
				env = m.Value
			}
		}
		if e, ok := p.Environment(env); ok && (e.Hours != nil) != (len(r.Mute) > 0) {
			t.Errorf("%s: %v mutes %v", env, r.Match, r.Mute)
		}
		for _, child := range r.Routes {
			walk(child, env)
		}
	}
	walk(routing.Route, "")
	if len(routing.Quiet) != 3 {
		t.Errorf("quiet times: %v", routing.Quiet)
	}
}

func TestDashboardsHaveStableIDs(t *testing.T) {
	for _, tier := range []string{"nonprod", "prod"} {
		seen := map[string]string{}
		for _, f := range part(t, input(t, example(t, "kestrel")), "observability") {
			if !strings.HasPrefix(f.Path, "observability/grafana/"+tier+"/dashboards/") {
				continue
			}
			var d struct {
				UID    string
				Panels []struct {
					ID      int
					Type    string
					Targets []any
				}
			}
			if err := json.Unmarshal(f.Data, &d); err != nil {
				t.Fatal(err)
			}
			if d.UID == "" || len(d.UID) > 40 || seen[d.UID] != "" {
				t.Errorf("%s: uid %q, also of %s", f.Path, d.UID, seen[d.UID])
			}
			seen[d.UID] = f.Path
			ids := map[int]bool{}
			for _, panel := range d.Panels {
				if ids[panel.ID] || panel.Type != "row" && len(panel.Targets) == 0 {
					t.Errorf("%s: panel %d is there twice or asks nothing", f.Path, panel.ID)
				}
				ids[panel.ID] = true
			}
		}
		if seen["kestrel-service-booking"] == "" || seen["kestrel-overview"] == "" || len(seen) < 20 {
			t.Errorf("%s: %v", tier, seen)
		}
	}
}

// A service more adds files and lines of lists, and changes no rule, dashboard or
// test of any other.
func TestServiceOnlyAdds(t *testing.T) {
	text := example(t, "kestrel")
	before := byPath(part(t, input(t, text), "observability"))
	more := strings.Replace(text, "\nservices:\n", "\nservices:\n  wallet:\n    language: go\n    port: 8460\n    objective: { availability: 99.9%, latency: { p95: 200ms } }\n    tier: 1\n    team: payments\n", 1)
	after := byPath(part(t, input(t, more), "observability"))
	added := 0
	for name, data := range after {
		old, ok := before[name]
		switch {
		case !ok:
			added++
			if !strings.Contains(name, "wallet") {
				t.Errorf("%s is new", name)
			}
		case old != data && !strings.Contains(name, "/routes.tsv") && !strings.Contains(name, "/roles/reader-payments"):
			t.Errorf("%s changed", name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
	if added != 4*2+2 { // rules and tests in four environments, a dashboard in two tiers
		t.Errorf("%d files were added", added)
	}
}

// What Fluent Bit writes is what the policies delete, the templates describe and
// the roles let people read; and the two tiers have no index in common.
func TestIndicesAgree(t *testing.T) {
	in := input(t, example(t, "kestrel"))
	all := byPath(part(t, in, "observability"))
	for _, env := range in.Platform.Environments {
		tier, other := "nonprod", "prod"
		if env.Stage == model.Production {
			tier, other = other, tier
		}
		index := "logs-" + env.Name
		if !strings.Contains(all["observability/fluent-bit/"+env.Name+"/apps/fluent-bit.yaml"], "index: "+index+"\n") {
			t.Errorf("Fluent Bit of %s does not write to %s", env.Name, index)
		}
		for _, name := range []string{"policies/" + index, "templates/" + index, "roles/writer-" + env.Name, "roles/reader-bookings", "monitors/" + index} {
			if !strings.Contains(all["observability/opensearch/"+tier+"/"+name+".json"], `"`+index+`*"`) {
				t.Errorf("%s of %s does not speak of %s", name, tier, index)
			}
		}
		for name, data := range all {
			if strings.HasPrefix(name, "observability/opensearch/"+other+"/") && strings.Contains(data, index+"*") {
				t.Errorf("%s speaks of %s", name, index)
			}
		}
	}
}

// The engines themselves: promtool runs every rule's test, amtool walks every
// label set through the tree.
func TestRealEngines(t *testing.T) {
	promtool, amtool := command(t, "promtool"), command(t, "amtool")
	for _, platform := range []string{"minimal", "kestrel"} {
		dir := t.TempDir()
		var tests, rules []string
		for _, f := range part(t, input(t, example(t, platform)), "observability") {
			name := filepath.Join(dir, filepath.FromSlash(f.Path))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
			switch {
			case strings.Contains(f.Path, "/tests/"):
				tests = append(tests, name)
			case strings.Contains(f.Path, "/rules/"):
				rules = append(rules, name)
			}
		}
		run(t, promtool, append([]string{"check", "rules"}, rules...)...)
		// The tests of one environment are those of all, but for the severity; two
		// services have every kind of promise.
		var last []string
		for _, name := range tests {
			every := os.Getenv("PADDOCK_TEST_ALL") != "" || strings.HasSuffix(name, "service-mobile-bff.yml") || strings.HasSuffix(name, "service-trip-tracker.yml")
			if every && strings.Contains(name, string(filepath.Separator)+"prod"+string(filepath.Separator)) {
				last = append(last, name)
			}
		}
		if len(last) > 0 {
			run(t, promtool, append([]string{"test", "rules"}, last...)...)
		}
		checks, err := filepath.Glob(filepath.Join(dir, "observability", "alertmanager", "*", "check.sh"))
		if err != nil || len(checks) == 0 {
			t.Fatalf("no routes to check: %v", err)
		}
		for _, check := range checks {
			cmd := exec.Command("sh", check)
			cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(amtool)+string(os.PathListSeparator)+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", check, err, out)
			}
		}
	}
}

func command(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("PADDOCK_TEST_ALL") != "" {
			t.Fatalf("PADDOCK_TEST_ALL is set, and %s is missing", name)
		}
		t.Skipf("%s is not on the PATH", name)
	}
	return found
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args[:min(2, len(args))], " "), err, tail(out))
	}
}

func tail(out []byte) []byte { return out[max(0, len(out)-4000):] }

func eachRule(files []observe.File, visit func(observe.Rule)) {
	for _, f := range files {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				visit(r)
			}
		}
	}
}

func labelOf(r observe.Rule, name string) string {
	for _, l := range r.Labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}

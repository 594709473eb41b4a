package offhours

import (
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/automation"
)

var scope = automation.Scope{Platform: "kestrel", Environment: "dev", Production: []string{"prod"}}

func machine(id, state string, tags ...string) Machine {
	m := Machine{ID: id, State: state, Tags: automation.Tags{"paddock:env": "dev"}}
	for _, t := range tags {
		k, v, _ := strings.Cut(t, "=")
		m.Tags[k] = v
	}
	return m
}

func group(name string, size Size, tags ...string) Group {
	return Group{Kind: Nodes, Cluster: "kestrel-dev-apps", Name: name, Size: size, Tags: machine("", "", tags...).Tags}
}

var waves = [][]string{{"mongo-core"}, {"kafka", "singlestore"}}

// world is a whole environment that runs.
func world(state string) World {
	return World{
		Machines: []Machine{
			machine("i-broker0", state, "paddock:store=kafka", "paddock:role=broker"),
			machine("i-zk0", state, "paddock:store=kafka", "paddock:role=zookeeper"),
			machine("i-leaf0", state, "paddock:store=singlestore", "paddock:role=leaf"),
			machine("i-mongo1", state, "paddock:store=mongo-core", "paddock:role=member"),
			machine("i-mongo0", state, "paddock:store=mongo-core", "paddock:role=member"),
			machine("i-tool", state),
			machine("i-node", state, "karpenter.sh/nodepool=general"),
			machine("i-fleet", state, "aws:autoscaling:groupName=invoicing"),
		},
		Groups: []Group{group("system", Size{2, 3, 6})},
	}
}

// story is steps as text: what each does, in order.
func story(steps []Step) []string {
	var all []string
	for _, s := range steps {
		var parts []string
		for _, g := range s.Scale {
			parts = append(parts, "scale "+g.Group.Name+" "+g.To.String())
		}
		for verb, list := range map[string][]Machine{"stop": s.Stop, "start": s.Start, "terminate": s.Terminate} {
			for _, m := range list {
				parts = append(parts, verb+" "+m.ID)
			}
		}
		for _, p := range s.Passed {
			parts = append(parts, "pass "+p.ID+": "+p.Reason)
		}
		slices.Sort(parts)
		all = append(all, s.Name+": "+strings.Join(parts, ", "))
	}
	return all
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestStop(t *testing.T) {
	same(t, story(Stop(scope, world("running"), waves)), []string{
		"what consumes: scale system 0/0/6",
		"nodes of clusters: terminate i-node",
		"other machines: stop i-tool",
		"brokers: stop i-broker0",
		"coordinators: stop i-zk0",
		"databases: stop i-leaf0",
		"databases: stop i-mongo0, stop i-mongo1",
	})
}

func TestStart(t *testing.T) {
	w := world("stopped")
	w.Groups = []Group{group("system", Size{0, 0, 6}, "paddock:size=2/3/6")}
	same(t, story(Start(scope, w, waves)), []string{
		"databases: start i-mongo0, start i-mongo1",
		"databases: start i-leaf0",
		"coordinators: start i-zk0",
		"brokers: start i-broker0",
		"other machines: start i-tool",
		"what consumes: scale system 2/3/6",
	})
}

// The reverse of stopping is starting, whatever the order of the file.
func TestStartReversesStop(t *testing.T) {
	stop, start := Stop(scope, world("running"), waves), Start(scope, world("stopped"), waves)
	var down, up []string
	for _, s := range stop {
		for _, m := range s.Stop {
			down = append(down, m.ID+" "+s.Name)
		}
	}
	for _, s := range slices.Backward(start) {
		for _, m := range s.Start {
			up = append(up, m.ID+" "+s.Name)
		}
	}
	if len(down) != 6 || !slices.Equal(down, up) {
		t.Errorf("stops %v, starts backwards %v", down, up)
	}
}

func TestNotOurs(t *testing.T) {
	w := World{
		Machines: []Machine{
			machine("i-prod", "running", "paddock:env=prod", "paddock:role=member"),
			machine("i-qa", "running", "paddock:env=qa"),
			machine("i-kept", "running", "paddock:keep=true"),
			{ID: "i-bare", State: "running"},
		},
		Groups: []Group{group("system", Size{2, 3, 6}, "paddock:env=prod")},
	}
	want := []string{"what consumes: pass i-bare: has no tag paddock:env, pass i-kept: is to be kept (paddock:keep), pass i-prod: belongs to production (prod), pass i-qa: belongs to qa, pass system: belongs to production (prod)"}
	same(t, story(Stop(scope, w, waves)), want)
	same(t, story(Start(scope, w, waves)), want)
}

func TestAlreadyThere(t *testing.T) {
	w := world("stopped")
	w.Groups = []Group{group("system", Size{0, 0, 6}, "paddock:size=2/3/6")}
	if steps := Stop(scope, w, waves); len(steps) != 0 {
		t.Errorf("stops what is stopped: %v", story(steps))
	}
	w = world("running")
	for _, s := range Start(scope, w, waves) {
		if len(s.Scale) > 0 {
			t.Errorf("scales what runs: %v", story([]Step{s}))
		}
	}
	w.Groups = []Group{group("by-hand", Size{0, 0, 6})}
	last := story(Start(scope, w, waves))
	if got := last[len(last)-1]; !strings.Contains(got, `pass by-hand: was not stopped by this function`) {
		t.Error(got)
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{"2/3/6": {2, 3, 6}, "0/0/1": {0, 0, 1}} {
		if got, err := ParseSize(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2/3", "2/3/6/7", "a/b/c", "-1/0/1", "3/2/6", "2/7/6", "0/0/0"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	f.Add("2/3/6")
	f.Add("0/0/0")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSize(text)
		if err != nil {
			return
		}
		if again, err := ParseSize(s.String()); err != nil || again != s {
			t.Errorf("%q: %v, then %v, %v", text, s, again, err)
		}
	})
}

func TestParseWaves(t *testing.T) {
	got := ParseWaves(" mongo-core, redis ||kafka|")
	if len(got) != 2 || !slices.Equal(got[0], []string{"mongo-core", "redis"}) || !slices.Equal(got[1], []string{"kafka"}) {
		t.Errorf("%q", got)
	}
	if got := ParseWaves(""); len(got) != 0 {
		t.Errorf("%q out of nothing", got)
	}
}

package detect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/audit/search"
)

// rules parses rules written for a test; the keys that do not matter there are
// filled in.
func rules(t testing.TB, match string) []*Rule {
	t.Helper()
	file := "- id: r\n  title: t\n  severity: high\n  source: cloudtrail\n  technique: T1078\n  why: w\n  do: d\n"
	for line := range strings.Lines(strings.Trim(match, "\n")) {
		file += "  " + line
	}
	parsed, problems := Parse("test.yaml", []byte(file+"\n"))
	if len(problems) > 0 {
		t.Fatal(text(problems))
	}
	return parsed
}

// fires says how many findings a rule has in a log of example events in YAML.
func fires(t *testing.T, match, events string) int {
	t.Helper()
	r := rules(t, match+"\nexamples: { fires: ["+events+"] }")
	log, err := r[0].Fires[0].Log(search.CloudTrail)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine(r)
	o := e.Observer()
	s := search.ReadFrom(bytes.NewReader(log), "f", func(e *search.Event) { o.See(e, true) })
	if !s.Whole() {
		t.Fatal(s.Unread)
	}
	found, _ := e.Findings()
	return len(found)
}

func TestConditions(t *testing.T) {
	const event = `{ action: "s3:PutBucketPolicy", requestParameters: { name: photos, n: 12, flag: true, list: [a, b], policy: '{"Statement":{"Effect":"Allow","Action":["s3:Get*"]}}', parts: [{ open: true, port: 443 }, { open: false, port: 22 }], none: ~ } }`
	for _, test := range []struct {
		match string
		want  bool
	}{
		{`{ action: "s3:PutBucketPolicy" }`, true},
		{`{ action: "s3:putbucketpolicy" }`, false},
		{`{ action: { glob: "s3:put*" } }`, true},
		{`{ action: ["s3:GetObject", "s3:PutBucketPolicy"] }`, true},
		{`{ not: { action: "s3:PutBucketPolicy" } }`, false},
		{`{ any: [{ action: "s3:GetObject" }, { region: eu-west-1 }] }`, true},
		{`{ all: [{ action: "s3:PutBucketPolicy" }, { region: us-east-1 }] }`, false},
		{`{ action: "s3:PutBucketPolicy", region: us-east-1 }`, false},
		{`{ requestParameters.n: 12 }`, true},
		{`{ requestParameters.n: { above: 11.5, below: 13 } }`, true},
		{`{ requestParameters.n: { above: 12 } }`, false},
		{`{ requestParameters.name: { above: 1 } }`, false},
		{`{ requestParameters.flag: true }`, true},
		{`{ requestParameters.list: b }`, true},
		{`{ requestParameters.list: { not: b } }`, false},
		{`{ requestParameters.list: { not: c } }`, true},
		{`{ requestParameters.name: { prefix: pho, suffix: tos } }`, true},
		{`{ requestParameters.name: { prefix: pho, suffix: x } }`, false},
		{`{ requestParameters.name: { contains: HOT } }`, true},
		{`{ requestParameters.name: { regexp: "^p.*s$" } }`, true},
		{`{ requestParameters.gone: { exists: false } }`, true},
		{`{ requestParameters.none: { exists: true } }`, false},
		{`{ requestParameters.policy.Statement.Action: "s3:Get*" }`, true},
		{`{ requestParameters.parts: { some: { open: true, port: 22 } } }`, false},
		{`{ requestParameters.parts: { some: { open: false, port: 22 } } }`, true},
		{`{ address: { cidr: [203.0.113.0/24] } }`, true},
		{`{ address: { cidr: 10.0.0.0/8 } }`, false},
		{`{ requestParameters.name: { cidr: 10.0.0.0/8 } }`, false},
		{`{ requestParameters.name: { differs: actor.name } }`, true},
		{`{ requestParameters.name: { same: target } }`, true},
		{`{ actor.account: { lacks: account } }`, false},
		{`{ userIdentity.arn: { lacks: region } }`, true},
	} {
		if got := fires(t, "match: "+test.match, event) == 1; got != test.want {
			t.Errorf("%s: %v, want %v", test.match, got, test.want)
		}
	}
}

func TestOverTime(t *testing.T) {
	for _, test := range []struct {
		name, match, events string
		want                int
	}{
		{"enough within", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 5 } }`, `{ action: "s3:A", times: 5, every: 15s }`, 1},
		{"one short", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 5 } }`, `{ action: "s3:A", times: 4, every: 1s }`, 0},
		{"too slow", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 5 } }`, `{ action: "s3:A", times: 100, every: 16s }`, 0},
		{"one long time", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 5 } }`, `{ action: "s3:A", times: 500, every: 10s }`, 1},
		{"two times far apart", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 5 } }`, `[{ action: "s3:A", times: 5, every: 10s }, { action: "s3:A", at: 5h, times: 5, every: 10s }]`, 2},
		{"by actor", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 5 } }`, `[{ action: "s3:A", times: 3, every: 1s }, { action: "s3:A", actor: ci, times: 3, every: 1s }]`, 0},
		{"distinct", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 3, distinct: target } }`, `{ action: "s3:A", requestParameters: { name: "n-%d" }, times: 3, every: 1s }`, 1},
		{"all the same", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 3, distinct: target } }`, `{ action: "s3:A", requestParameters: { name: n }, times: 30, every: 1s }`, 0},
		{"distinct over too long", `{ match: { action: "s3:A" }, count: { by: actor, within: 1m, at-least: 3, distinct: target } }`, `{ action: "s3:A", requestParameters: { name: "n-%d" }, times: 30, every: 40s }`, 0},
		{"in order", `{ sequence: { by: actor, within: 1h, steps: [{ action: "s3:A" }, { action: "s3:B" }] } , match: { action: ["s3:A", "s3:B"] } }`, `[{ action: "s3:A" }, { action: "s3:B", at: 30m }]`, 1},
		{"in one second", `{ sequence: { by: actor, within: 1h, steps: [{ action: "s3:A" }, { action: "s3:B" }] } , match: { action: ["s3:A", "s3:B"] } }`, `[{ action: "s3:B" }, { action: "s3:A" }]`, 1},
		{"out of order", `{ sequence: { by: actor, within: 1h, steps: [{ action: "s3:A" }, { action: "s3:B" }] } , match: { action: ["s3:A", "s3:B"] } }`, `[{ action: "s3:B" }, { action: "s3:A", at: 1m }]`, 0},
		{"too late", `{ sequence: { by: actor, within: 1h, steps: [{ action: "s3:A" }, { action: "s3:B" }] } , match: { action: ["s3:A", "s3:B"] } }`, `[{ action: "s3:A" }, { action: "s3:B", at: 61m }]`, 0},
		{"one event is not two steps", `{ sequence: { by: actor, within: 1h, steps: [{ action: "s3:A" }, { action: "s3:A" }, { action: "s3:A" }] } , match: { action: "s3:A" } }`, `{ action: "s3:A", times: 2, every: 1s }`, 0},
		{"new", `{ match: { action: "s3:A" }, new: { field: region, events: 10, days: 1 } }`, `[{ action: "s3:A", times: 30, every: 1h }, { action: "s3:A", awsRegion: x, at: 40h }]`, 1},
		{"new too early", `{ match: { action: "s3:A" }, new: { field: region, events: 10, days: 1 } }`, `[{ action: "s3:A", times: 30, every: 1h }, { action: "s3:A", awsRegion: x, at: 20h }]`, 0},
		{"always changing", `{ match: { action: "s3:A" }, new: { field: address, events: 10, days: 1, among: 3 } }`, `{ action: "s3:A", sourceIPAddress: "10.0.0.%d", times: 50, every: 1h }`, 0},
		{"known before", `{ match: { action: "s3:A" }, new: { field: region, events: 10, days: 1 } }`, `[{ action: "s3:A", times: 30, every: 1h }, { action: "s3:A", awsRegion: x, at: 1h }, { action: "s3:A", awsRegion: x, at: 40h }]`, 0},
		{"silence", `{ match: { action: "s3:A" }, silence: { longer: 2h, busy: 3 } }`, `[{ action: "s3:A", times: 30, every: 5m }, { action: "s3:A", at: 9h }]`, 1},
		{"never busy", `{ match: { action: "s3:A" }, silence: { longer: 2h, busy: 3 } }`, `{ action: "s3:A", times: 30, every: 3h }`, 0},
		{"one finding an hour", `{ match: { action: "s3:A" } }`, `[{ action: "s3:A", times: 10, every: 5m }, { action: "s3:A", at: 3h }]`, 2},
	} {
		match := strings.TrimSuffix(strings.TrimPrefix(test.match, "{ "), " }")
		// The keys of the flow mapping become keys of the rule.
		match = strings.NewReplacer(", count:", "\ncount:", ", new:", "\nnew:", ", silence:", "\nsilence:", " , match:", "\nmatch:").Replace(match)
		if got := fires(t, match, test.events); got != test.want {
			t.Errorf("%s: %d findings, want %d", test.name, got, test.want)
		}
	}
}

// Whatever the order of events and the number of readers, the findings are the
// same; and a second copy of every event changes nothing.
func TestOrderDoesNotMatter(t *testing.T) {
	var log []byte
	builtin := builtins(t)
	for _, r := range builtin {
		if r.Source == search.CloudTrail {
			for i, x := range r.Fires {
				one, err := x.Log(r.Source)
				if err != nil {
					t.Fatal(err)
				}
				// An account and ids of its own for each example.
				number := fmt.Sprintf("%012d", 100_000_000_000+len(log)%99_999_999_999)
				log = append(log, bytes.ReplaceAll(bytes.ReplaceAll(one, []byte("123456789012"), []byte(number)), []byte("00000000-0000-4000"), fmt.Appendf(nil, "%08d-%04d-4000", len(log), i))...)
			}
		}
	}
	lines := bytes.Split(bytes.TrimSpace(log), []byte("\n"))
	find := func(lines [][]byte, readers int) string {
		e := NewEngine(builtin)
		observers := make([]*Observer, readers)
		for i := range observers {
			observers[i] = e.Observer()
		}
		for i, line := range lines {
			search.ReadFrom(bytes.NewReader(line), "f", func(e *search.Event) { observers[i%readers].See(e, true) })
		}
		found, folded := e.Findings()
		if folded != 0 {
			t.Errorf("%d folded", folded)
		}
		out, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	want := find(lines, 1)
	if n := strings.Count(want, `"rule":`); n < 70 {
		t.Fatalf("only %d findings", n)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for readers := 1; readers <= 3; readers++ {
		shuffled := slices.Clone(lines)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := find(shuffled, readers); got != want {
			t.Errorf("with %d readers in another order:\n%s\nwant:\n%s", readers, got, want)
		}
	}
}

// A query narrows what is found, but others' events are still the past.
func TestSelected(t *testing.T) {
	r := rules(t, "match: { action: \"s3:A\" }\nnew: { field: region, events: 10, days: 1 }\nexamples: { fires: [[{ action: \"s3:A\", times: 30, every: 1h }, { action: \"s3:A\", awsRegion: x, at: 40h }]] }")
	log, err := r[0].Fires[0].Log(search.CloudTrail)
	if err != nil {
		t.Fatal(err)
	}
	for last, want := range map[bool]int{true: 1, false: 0} {
		e := NewEngine(r)
		o := e.Observer()
		search.ReadFrom(bytes.NewReader(log), "f", func(e *search.Event) { o.See(e, e.Region == "x" && last) })
		if found, _ := e.Findings(); len(found) != want {
			t.Errorf("selected %v: %d findings, want %d", last, len(found), want)
		}
	}
}

// Rules are found by the actions that they name, and no rule is lost by it.
func TestActionsOfRules(t *testing.T) {
	for match, want := range map[string][]string{
		`{ action: "s3:A", region: x }`:                                                     {"s3:A"},
		`{ any: [{ action: "s3:B" }, { action: ["s3:A", "s3:B"], region: x }] }`:            {"s3:A", "s3:B"},
		`{ any: [{ action: "s3:B" }, { region: x }] }`:                                      nil,
		`{ any: [{ region: x }, { action: "s3:B" }] }`:                                      nil,
		`{ any: [{ region: x }, { region: z }], all: [{ region: y }, { action: "s3:A" }] }`: {"s3:A"},
		`{ action: { glob: "s3:*" } }`:                                                      nil,
		`{ not: { action: "s3:A" } }`:                                                       nil,
	} {
		if got := rules(t, "match: "+match)[0].actions; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", match, got, want)
		}
	}
}

// What there is no room for is counted, not forgotten.
func TestFolded(t *testing.T) {
	for _, match := range []string{
		`match: { action: "s3:A" }`,
		"match: { action: \"s3:A\" }\nnew: { field: region }",
		"match: { action: \"s3:A\" }\nsilence: { by: actor, longer: 1h }",
	} {
		r := rules(t, match)
		e := NewEngine(r)
		o := e.Observer()
		o.held = maxPast
		for !r[0].stateful() && len(o.hits) < maxHits {
			o.hits = append(o.hits, hit{sighting: &sighting{}})
		}
		o.See(&search.Event{Source: search.CloudTrail, Action: "s3:A", Region: "x", Result: search.OK, Actor: search.Actor{Name: "asha"}}, true)
		if _, folded := e.Findings(); folded != 1 {
			t.Errorf("%s: %d folded, want 1", match, folded)
		}
	}
}

func BenchmarkAllRules(b *testing.B) {
	var log bytes.Buffer
	o := &ordinary{r: rand.New(rand.NewPCG(1, 2)), trail: json.NewEncoder(&log), audit: json.NewEncoder(io.Discard), own: json.NewEncoder(io.Discard)}
	o.day(exampleStart)
	rules := builtins(b)
	b.SetBytes(int64(log.Len()))
	b.ReportAllocs()
	for b.Loop() {
		e := NewEngine(rules)
		observer := e.Observer()
		search.ReadFrom(bytes.NewReader(log.Bytes()), "f", func(e *search.Event) { observer.See(e, true) })
		if found, _ := e.Findings(); len(found) != 0 {
			b.Fatal(found)
		}
	}
}

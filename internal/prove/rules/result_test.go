package rules_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/prove/rules"
	"paddock.dev/internal/spec"
)

func parse(t testing.TB, text string) *spec.File {
	t.Helper()
	f, problems := spec.ParseFile("platform.yaml", []byte(text), nil)
	if f == nil {
		t.Fatalf("%v\n%s", problems, text)
	}
	return f
}

// The same finding in several environments is told once, and an override is a
// place of its own.
func TestFindingsOfEnvironmentsAreJoined(t *testing.T) {
	f := parse(t, whole(`environments:
  uat: { stage: acceptance }
  stage: { stage: acceptance, stores: { bookings: { nodes: 4 } } }
  prod: { stage: production }
stores:
  bookings: { engine: mongodb, nodes: 2 }
`))
	got := of(rules.Problems(rules.Check(f.Platform, now, rules.Options{}).Findings, f), "mongodb-members")
	if len(got) != 2 {
		t.Fatalf("got %v", got)
	}
	slices.SortFunc(got, func(a, b diag.Problem) int { return a.Pos.Line - b.Pos.Line })
	if got[0].Pos.Line != 7 || !strings.HasPrefix(got[0].Detail, "In stage. ") {
		t.Errorf("the override: %+v", got[0])
	}
	if got[1].Pos.Line != 10 || !strings.HasPrefix(got[1].Detail, "In uat and prod. ") {
		t.Errorf("the block: %+v", got[1])
	}
}

const waived = `environments: { dev: { stage: development }, prod: { stage: production } }
stores:
  ledger: { engine: singlestore }
  quotes: { engine: singlestore }
services:
  pricing: { port: 8444, routes: [www.kestrelcars.example], uses: [ledger, quotes] }
waivers:
  - { rule: singlestore-no-standby, at: store/ledger, environment: prod, reason: ordered, until: 2026-11-25 }
`

func TestWaivers(t *testing.T) {
	f := parse(t, whole(waived))
	about := func(r rules.Result) (list []string) {
		for _, one := range r.Findings {
			list = append(list, one.Rule.ID+" "+one.Place.Subject())
		}
		return list
	}
	check := func(now time.Time, o rules.Options) ([]string, int) {
		r := rules.Check(f.Platform, now, o)
		return about(r), len(r.Waived)
	}
	if got, waived := check(now, rules.Options{}); !slices.Equal(got, []string{"singlestore-no-standby store/quotes"}) || waived != 1 {
		t.Errorf("a waiver silences its own store: %v, %d waived", got, waived)
	}
	// The last day ends when it has ended everywhere.
	if _, waived := check(time.Date(2026, 11, 26, 11, 59, 0, 0, time.UTC), rules.Options{}); waived != 1 {
		t.Error("the waiver ends before its day does")
	}
	got, n := check(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), rules.Options{})
	if !slices.Equal(got, []string{"singlestore-no-standby store/ledger", "singlestore-no-standby store/quotes", "waiver-expired "}) || n != 0 {
		t.Errorf("an expired waiver: %v, %d waived", got, n)
	}
	// A waiver of a rule that does not run is not unused, and neither is one that
	// silences something in another environment.
	for _, o := range []rules.Options{{Only: []string{"store-unused"}}, {Skip: []string{"singlestore-no-standby"}}, {Environment: "dev"}} {
		if got, _ := check(now, o); len(got) > 0 {
			t.Errorf("%+v: %v", o, got)
		}
	}
}

func TestOptionsNarrow(t *testing.T) {
	f := parse(t, whole(`environments:
  uat: { stage: acceptance }
  prod: { stage: production, hours: Mon-Fri 08:00-20:00 UTC }
stores:
  bookings: { engine: mongodb, nodes: 2 }
services:
  booking: { port: 8443, uses: [bookings], routes: [www.kestrelcars.example] }
`))
	in := func(o rules.Options) (list []string) {
		for _, one := range rules.Check(f.Platform, now, o).Findings {
			list = append(list, one.Rule.ID+" "+one.Place.Environment)
		}
		return list
	}
	for _, c := range []struct {
		o    rules.Options
		want []string
	}{
		{rules.Options{}, []string{"mongodb-members uat", "mongodb-members prod", "production-hours "}},
		{rules.Options{Environment: "uat"}, []string{"mongodb-members uat"}},
		{rules.Options{Environment: "prod"}, []string{"mongodb-members prod", "production-hours "}},
		{rules.Options{Only: []string{"production-hours"}}, []string{"production-hours "}},
		{rules.Options{Skip: []string{"mongodb-members"}}, []string{"production-hours "}},
	} {
		if got := in(c.o); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.o, got, c.want)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	f := parse(t, whole("services:\n  web:\n    port: 8080\n    settings: { DB_PASSWORD: hunter2-hunter2 }\n"))
	got := of(rules.Problems(rules.Check(f.Platform, now, rules.Options{}).Findings, f), "secret-in-settings")
	if len(got) != 1 || strings.Contains(got[0].Pos.Text+got[0].Detail, "hunter2-hunter2") || !strings.Contains(got[0].Pos.Text, "DB_PASSWORD: •••") {
		t.Errorf("got %+v", got)
	}
}

// A block that the file does not have has no line: the finding points at what
// asks for it.
func TestFindingsAboutNothingPointAtTheirReason(t *testing.T) {
	f := parse(t, whole(`services:
  web: { port: 8080, routes: [www.kestrelcars.example], uses: [payments] }
  payments: { port: 8445, data: pci }
`))
	got := of(rules.Problems(rules.Check(f.Platform, now, rules.Options{}).Findings, f), "logs-unmasked")
	if len(got) != 1 || got[0].Pos.Line != 7 || len(got[0].Related) != 0 {
		t.Errorf("got %+v", got)
	}
}

// The examples that we ship are right: nobody begins with an error.
func TestShippedExamples(t *testing.T) {
	for name, warnings := range map[string]bool{"minimal": false, "kestrel": true} {
		text, err := os.ReadFile("../../../examples/" + name + "/platform.yaml")
		if err != nil {
			t.Fatal(err)
		}
		f := parse(t, string(text))
		_, cloud := f.Locate("", "cloud")
		for _, p := range rules.Problems(rules.Check(f.Platform, now, rules.Options{Cloud: cloud}).Findings, f) {
			if p.Severity == diag.Error || !warnings {
				t.Errorf("%s: %v", name, p)
			}
		}
	}
}

// The same platform gives the same result, whoever asks and how often.
func TestCheckIsDeterministic(t *testing.T) {
	text, err := os.ReadFile("../../../examples/kestrel/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, string(text))
	first := rules.Problems(rules.Check(f.Platform, now, rules.Options{Cloud: true}).Findings, f)
	for range 5 {
		again := rules.Problems(rules.Check(f.Platform, now, rules.Options{Cloud: true}).Findings, f)
		if !slices.EqualFunc(first, again, func(a, b diag.Problem) bool { return a.Error() == b.Error() && a.Detail == b.Detail }) {
			t.Fatal("two results of one platform differ")
		}
	}
}

func readable(text string) *spec.File {
	f, _ := spec.ParseFile("platform.yaml", []byte(text), nil)
	return f
}

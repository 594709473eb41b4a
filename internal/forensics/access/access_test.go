package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"paddock.dev/internal/forensics/access"
	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/test/bench/access/albgen"
)

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// log writes a log of some megabytes.
func log(t testing.TB, o albgen.Options) ([]byte, *albgen.Truth) {
	t.Helper()
	var b bytes.Buffer
	o.Start = day
	truth, err := albgen.Write(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), truth
}

// count reads lines with so many analysts that take turns, and adds them up.
func count(text []byte, analysts int, o access.Options) (*access.Analyst, access.Outcome) {
	counts := make([]*access.Count, analysts)
	for i := range counts {
		counts[i] = &access.Count{Analyst: access.NewAnalyst(o)}
		counts[i].Begin(nil, nil, true)
	}
	for i := 0; len(text) > 0; i++ {
		end := len(text)
		if end > 10_000 {
			end = 10_000 + bytes.IndexByte(text[10_000:], '\n') + 1
		}
		counts[i%analysts].Block(text[:end])
		text = text[end:]
	}
	var sum access.Outcome
	for i, c := range counts {
		_, out := c.End(nil)
		o := out.(access.Outcome)
		sum.Lines += o.Lines
		sum.Requests += o.Requests
		sum.Rejected += o.Rejected
		sum.Empty += o.Empty
		sum.Rejects = append(sum.Rejects, o.Rejects...)
		if i > 0 {
			counts[0].Analyst.Merge(c.Analyst)
		}
	}
	return counts[0].Analyst, sum
}

func TestEveryCountIsThatOfTheTruth(t *testing.T) {
	for seed := range uint64(3) {
		text, truth := log(t, albgen.Options{Seed: seed, Lines: 8000, Duration: 2 * time.Hour})
		a, out := count(text, 1, access.Options{})
		if int64(out.Lines) != truth.Lines || int64(out.Requests) != truth.Requests || int(out.Rejected) != len(truth.Malformed) {
			t.Errorf("read %d lines, %d requests, %d rejected; truth %d, %d, %d", out.Lines, out.Requests, out.Rejected, truth.Lines, truth.Requests, len(truth.Malformed))
		}
		for i, r := range out.Rejects {
			if r.Line != truth.Malformed[i] {
				t.Errorf("rejected line %d, and line %d is malformed", r.Line, truth.Malformed[i])
			}
		}
		r := a.Report(context.Background(), access.Asking{Top: 1 << 20})
		if r.Totals.Sent != truth.Sent || r.Totals.Received != truth.Received || int64(r.Totals.Requests) != truth.Requests {
			t.Errorf("totals are %+v", r.Totals.Sum)
		}
		same := func(what string, got map[string]int64, want map[string]int64) {
			t.Helper()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("seed %d, %s: got\n%v\nwant\n%v", seed, what, got, want)
			}
		}
		codes, paths, clients, targets := map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
		for _, c := range r.Codes {
			codes[strconv.Itoa(c.Code)] = int64(c.Requests)
		}
		for _, p := range r.Paths.Items {
			paths[p.Path] = int64(p.Requests)
			times := truth.Times[p.Path]
			slices.Sort(times)
			for q, got := range map[float64]float64{0.5: p.Latency.P50, 0.9: p.Latency.P90, 0.99: p.Latency.P99, 0.999: p.Latency.P999} {
				if want := times[int(math.Ceil(q*float64(len(times))))-1]; math.Abs(got-want) > 0.01*want+0.001 {
					t.Errorf("seed %d: quantile %v of %s is %v, want %v", seed, q, p.Path, got, want)
				}
			}
		}
		for _, c := range r.Clients.Items {
			clients[c.Client] = int64(c.Requests)
		}
		for _, x := range r.Targets.Items {
			targets[x.Target] = int64(x.Requests)
		}
		same("codes", codes, truth.Status)
		same("paths", paths, truth.Paths)
		same("clients", clients, truth.Clients)
		same("targets", targets, truth.Targets)
		var inTime uint64
		for _, p := range r.OverTime.Points {
			inTime += p.Requests
		}
		if int64(inTime) != truth.Requests {
			t.Errorf("%d requests over time", inTime)
		}
	}
}

func TestWhatWasPlantedIsFoundAndNothingElse(t *testing.T) {
	for seed := range uint64(6) {
		text, truth := log(t, albgen.Options{Seed: seed, Lines: 15000, Duration: 3 * time.Hour})
		a, _ := count(text, 1, access.Options{})
		r := a.Report(context.Background(), access.Asking{})
		left := slices.Clone(r.Findings)
		for _, p := range truth.Planted {
			i := slices.IndexFunc(left, func(f access.Finding) bool { return f.Kind == p.Kind && f.Subject == p.Subject })
			if i < 0 {
				t.Errorf("seed %d: not found: %s %s", seed, p.Kind, p.Subject)
				continue
			}
			f := left[i]
			left = slices.Delete(left, i, i+1)
			slack := 6 * time.Minute
			if p.Kind == access.FakeBot { // it may end early
				slack = time.Hour
			}
			if f.From.Sub(p.From).Abs() > slack || f.To.Sub(p.To).Abs() > slack {
				t.Errorf("seed %d: %s %s was from %s to %s, found from %s to %s", seed, p.Kind, p.Subject, p.From, p.To, f.From, f.To)
			}
		}
		for _, f := range left {
			t.Errorf("seed %d: found what is not there: %s: %s %q", seed, f.Kind, f.Summary, f.Evidence)
		}
	}
}

func TestNothingIsFoundInOrdinaryDays(t *testing.T) {
	for seed := range uint64(6) {
		text, _ := log(t, albgen.Options{Seed: 100 + seed, Lines: 15000, Duration: 3 * time.Hour, Quiet: true})
		a, out := count(text, 1, access.Options{})
		if out.Rejected > 0 {
			t.Errorf("rejected: %+v", out.Rejects)
		}
		for _, f := range a.Report(context.Background(), access.Asking{}).Findings {
			t.Errorf("seed %d: found what is not there: %s: %s %q", seed, f.Kind, f.Summary, f.Evidence)
		}
	}
}

// TestHowLinesAreDealtOutDoesNotMatter compares whole reports.
func TestHowLinesAreDealtOutDoesNotMatter(t *testing.T) {
	text, _ := log(t, albgen.Options{Seed: 1, Lines: 15000, Duration: 30 * time.Hour})
	group, _ := access.FieldOf("method")
	want := ""
	for _, analysts := range []int{1, 2, 5} {
		a, _ := count(text, analysts, access.Options{GroupBy: []access.Field{group}})
		b, err := json.MarshalIndent(a.Report(context.Background(), access.Asking{}), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(b)
		} else if got := string(b); got != want {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Fatalf("with %d analysts the report differs: …%.300s\nwant …%.300s", analysts, got[max(0, i-100):], want[max(0, i-100):])
		}
	}
}

func TestFullTablesKeepTheTotals(t *testing.T) {
	text, truth := log(t, albgen.Options{Seed: 1, Lines: 8000, Duration: 2 * time.Hour})
	limits := access.Limits{Clients: 20, Paths: 3, Hosts: 1, Agents: 4, Targets: 2, Groups: 2, URLs: 64, Cells: 300}
	group, _ := access.FieldOf("client")
	for _, analysts := range []int{1, 3} {
		a, _ := count(text, analysts, access.Options{Limits: limits, GroupBy: []access.Field{group}})
		r := a.Report(context.Background(), access.Asking{Top: 1000})
		var clients, paths, groups, hosts, targets uint64
		for _, c := range r.Clients.Items {
			clients += c.Requests
		}
		for _, p := range r.Paths.Items {
			paths += p.Requests
		}
		for _, g := range r.Groups.Items {
			groups += g.Requests
		}
		for _, h := range r.Hosts.Items {
			hosts += h.Requests
		}
		for _, x := range r.Targets.Items {
			targets += x.Requests
		}
		for what, n := range map[string]uint64{"clients": clients, "paths": paths, "groups": groups, "hosts": hosts, "targets": targets} {
			if int64(n) != truth.Requests {
				t.Errorf("%d analysts: the requests of the %s are %d, want %d", analysts, what, n, truth.Requests)
			}
		}
		if len(r.Clients.Items) != 21 || len(r.Notes) < 6 {
			t.Errorf("%d clients; notes: %q", len(r.Clients.Items), r.Notes)
		}
	}
}

func FuzzCount(f *testing.F) {
	text, _ := log(f, albgen.Options{Seed: 1, Lines: 100, Duration: time.Hour})
	f.Add(text[:5000])
	f.Add([]byte("#Fields: date time c-ip sc-status\n2026-11-23\t10:00:00\t::1\t200\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, out := count(text, 2, access.Options{})
		if out.Lines != out.Requests+out.Left+out.Empty+out.Rejected {
			t.Fatalf("%+v", out)
		}
		r := a.Report(context.Background(), access.Asking{})
		if r.Totals.Requests != out.Requests {
			t.Fatalf("%d requests in the report, %d counted", r.Totals.Requests, out.Requests)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkCount(b *testing.B) {
	text, _ := log(b, albgen.Options{Seed: 1, Lines: 30000, Duration: 2 * time.Hour})
	c := &access.Count{Analyst: access.NewAnalyst(access.Options{}), Format: entry.ALB}
	c.Begin(nil, nil, true)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		c.Block(text)
	}
}

// TestASlowTargetIsOneFinding makes one target four times as slow for a while; its
// paths are not blamed.
func TestASlowTargetIsOneFinding(t *testing.T) {
	for seed := range uint64(4) {
		text, _ := log(t, albgen.Options{Seed: seed, Lines: 20000, Duration: 3 * time.Hour, Quiet: true})
		const slow = "10.20.3.52:8080"
		var out bytes.Buffer
		for line := range bytes.Lines(text) {
			f := bytes.SplitN(line, []byte(" "), 9)
			if at := string(f[1][11:16]); string(f[4]) == slow && at >= "01:00" && at < "01:45" {
				took, err := strconv.ParseFloat(string(f[6]), 64)
				if err != nil {
					t.Fatal(err)
				}
				f[6] = fmt.Appendf(nil, "%.3f", took*4+0.05)
			}
			out.Write(bytes.Join(f, []byte(" ")))
		}
		a, _ := count(out.Bytes(), 1, access.Options{})
		found := a.Report(context.Background(), access.Asking{}).Findings
		if len(found) != 1 || found[0].Kind != access.SlowTarget || found[0].Subject != slow ||
			found[0].From.Sub(day.Add(time.Hour)).Abs() > 5*time.Minute || found[0].To.Sub(day.Add(105*time.Minute)).Abs() > 5*time.Minute {
			t.Errorf("seed %d: %+v", seed, found)
		}
	}
}

// TestATargetThatTimesOutIsOneFinding: its paths get slow by it, and are not
// blamed either.
func TestATargetThatTimesOutIsOneFinding(t *testing.T) {
	for seed := range uint64(4) {
		text, _ := log(t, albgen.Options{Seed: 50 + seed, Lines: 20000, Duration: 3 * time.Hour, Quiet: true})
		const hung = "10.20.3.31:8080"
		var out bytes.Buffer
		n := 0
		for line := range bytes.Lines(text) {
			f := bytes.SplitN(line, []byte(" "), 11)
			if at := string(f[1][11:16]); string(f[4]) == hung && at >= "01:00" && at < "01:45" {
				if n++; n%3 == 0 {
					f[6], f[7], f[8], f[9] = []byte("-1"), []byte("-1"), []byte("504"), []byte("-")
					f[5] = []byte("60.001")
				}
			}
			out.Write(bytes.Join(f, []byte(" ")))
		}
		a, outcome := count(out.Bytes(), 1, access.Options{})
		found := a.Report(context.Background(), access.Asking{}).Findings
		if outcome.Rejected > 0 || len(found) != 1 || found[0].Kind != access.FailingTarget || found[0].Subject != hung {
			t.Errorf("seed %d: %d rejected, %+v", seed, outcome.Rejected, found)
		}
	}
}

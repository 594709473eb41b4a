package trail_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/audit/trail"
	bench "paddock.dev/test/bench/trail"
)

var (
	signer = bench.NewSigner()
	later  = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
)

func keys(t *testing.T) trail.Keys {
	t.Helper()
	k, err := trail.ReadKeys(bytes.NewReader(signer.KeyList()))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func at(tr *bench.Trail) []trail.Location {
	m := bench.Memory{Trail: tr}
	return []trail.Location{{Name: m.Address(), Store: m}}
}

func verify(t *testing.T, tr *bench.Trail, o trail.Options) *trail.Report {
	t.Helper()
	if o.Keys == nil {
		o.Keys = keys(t)
	}
	if o.Locations == nil {
		o.Locations = at(tr)
	}
	if o.Now.IsZero() {
		o.Now = later
	}
	r, err := trail.Verify(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// said is a finding as a line: kind, the end of the file's name, how much is
// lost.
func said(r *trail.Report) []string {
	all := []string{}
	for _, f := range r.Findings {
		all = append(all, fmt.Sprintf("%s %s %s lost %d", f.Severity, f.Kind, base(f.File), len(f.Lost)))
	}
	return all
}

func base(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

func wants(t *testing.T, r *trail.Report, want ...string) {
	t.Helper()
	if got := said(r); !slices.Equal(got, append([]string{}, want...)) {
		t.Errorf("found\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		for _, f := range r.Findings {
			t.Logf("%s: %s", f.Kind, f.Detail)
		}
	}
}

func pack(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func unpacked(t *testing.T, body []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// While validation was off nothing is proved, and the digest after it says so
// itself.
func TestValidationWasOff(t *testing.T) {
	shape := bench.Small()
	shape.Off = []int{5, 6}
	tr := bench.Generate(shape, signer)
	inside := 0
	for key := range tr.Objects {
		if strings.Contains(key, "_20260301T05") || strings.Contains(key, "_20260301T06") {
			inside++
		}
	}
	inside -= 1 // the digest that ends at 05:01:31
	r := verify(t, tr, trail.Options{})
	first := tr.Digests[5]
	if n := len(r.Findings); n != 2 || r.Findings[0].Kind != trail.LogUncovered || len(r.Findings[0].Lost) != inside || r.Findings[0].Severity != trail.Problem {
		t.Errorf("%q, %d log files in the gap", said(r), inside)
	}
	if f := r.Findings[1]; f.Kind != trail.Gap || f.Severity != trail.Note || base(f.File) != base(first) || f.From.Hour() != 5 || f.To.Hour() != 7 {
		t.Errorf("%+v", f)
	}
	// Without log files in it the gap is only worth knowing.
	shape.Quiet = true
	r = verify(t, bench.Generate(shape, signer), trail.Options{})
	if !r.Proved || len(r.Findings) != 1 || r.Findings[0].Kind != trail.Gap {
		t.Errorf("%q", said(r))
	}
}

func TestBackfill(t *testing.T) {
	shape := bench.Small()
	shape.Backfill = true
	tr := bench.Generate(shape, signer)
	r := verify(t, tr, trail.Options{})
	wants(t, r)
	if r.Digests.Proved != 13 || len(r.Chains) != 2 || !r.Chains[1].Backfill {
		t.Errorf("%+v", r)
	}
	// Without its digest the late log file is one that nobody names.
	late := tr.Named[tr.Backfill][0]
	delete(tr.Objects, tr.Backfill)
	wants(t, verify(t, tr, trail.Options{}), "problem log-extra "+base(late)+" lost 1")
}

func TestDigestFiles(t *testing.T) {
	original := bench.Generate(bench.Small(), signer)
	digest, before := original.Digests[4], original.Digests[3]
	n := len(original.Named[digest])
	lost := func(kind trail.Kind) string { return fmt.Sprintf("problem %s %s lost %d", kind, base(digest), n) }
	inserted := strings.Replace(digest, "T050131Z", "T043000Z", 1)
	for name, c := range map[string]struct {
		do   func(tr *bench.Trail)
		want []string
	}{
		"no gzip":   {func(tr *bench.Trail) { tr.Objects[digest].Body = []byte("{}") }, []string{lost(trail.DigestUnreadable)}},
		"no digest": {func(tr *bench.Trail) { tr.Objects[digest].Body = pack("{}") }, []string{lost(trail.DigestUnreadable)}},
		"a bomb":    {func(tr *bench.Trail) { tr.Objects[digest].Body = bytes.Repeat(pack(strings.Repeat(" ", 1<<20)), 257) }, []string{lost(trail.DigestUnreadable)}},
		"one byte":  {func(tr *bench.Trail) { tr.Objects[digest].Body = pack(unpacked(t, tr.Objects[digest].Body) + " ") }, []string{lost(trail.DigestChanged)}},
		"wrong signature": {func(tr *bench.Trail) {
			tr.Objects[digest].Metadata["signature"] = tr.Objects[before].Metadata["signature"]
		}, []string{"note digest-recovered " + base(digest) + " lost 0"}},
		"no hexadecimal": {func(tr *bench.Trail) { tr.Objects[digest].Metadata["signature"] = "zz" }, []string{"note digest-recovered " + base(digest) + " lost 0"}},
		"moved": {func(tr *bench.Trail) {
			tr.Objects[inserted] = tr.Objects[digest]
			delete(tr.Objects, digest)
		}, []string{
			fmt.Sprintf("problem digest-moved %s lost %d", base(inserted), between(original, "T0401", "T0430")),
			fmt.Sprintf("problem digest-missing %s lost %d", base(digest), n-between(original, "T0401", "T0430")),
		}},
		"two in a row": {func(tr *bench.Trail) { delete(tr.Objects, digest); delete(tr.Objects, before) },
			[]string{fmt.Sprintf("problem digest-missing %s lost %d", base(digest), n+len(original.Named[before]))}},
		"the first": {func(tr *bench.Trail) { delete(tr.Objects, original.Digests[0]) }, nil},
		"the last is unsigned": {func(tr *bench.Trail) { tr.Objects[original.Digests[11]].Metadata = nil },
			[]string{fmt.Sprintf("problem digest-unsigned %s lost %d", base(original.Digests[11]), len(original.Named[original.Digests[11]]))}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := original.Clone()
			c.do(tr)
			r := verify(t, tr, trail.Options{})
			if name == "the first" {
				first := original.Digests[0]
				c.want = []string{
					fmt.Sprintf("problem log-uncovered %s lost %d", base(firstLog(original.Named[first])), len(original.Named[first])),
					"note begins-late " + base(first) + " lost 0",
				}
			}
			wants(t, r, c.want...)
		})
	}
}

func firstLog(keys []string) string { return slices.Min(keys) }

// between counts the log files of hour 4 whose time is in a part of it.
func between(tr *bench.Trail, from, to string) (n int) {
	for _, log := range tr.Named[tr.Digests[4]] {
		if i := strings.Index(log, "T04"); log[i:i+5] >= from && log[i:i+5] <= to {
			n++
		}
	}
	return n
}

func TestUnknownKey(t *testing.T) {
	tr := bench.Generate(bench.Small(), bench.NewSigner())
	r := verify(t, tr, trail.Options{})
	if r.Digests.Proved != 0 || r.Findings[0].Kind != trail.DigestUnknownKey || r.Logs.Proved != 0 {
		t.Errorf("%+v %q", r.Digests, said(r))
	}
}

func TestKeyOutOfTime(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	k := keys(t)
	for name, key := range k {
		key.Until = tr.Start.Add(5 * time.Hour)
		k[name] = key
	}
	r := verify(t, tr, trail.Options{Keys: k})
	var late int
	for _, f := range r.Findings {
		if f.Kind == trail.DigestKeyExpired {
			late++
		}
	}
	// Two hours of grace: those of 08:01 on are late.
	if late != 5 || r.Digests.Proved != 7 {
		t.Errorf("%d late, %d proved: %q", late, r.Digests.Proved, said(r))
	}
}

// Only what is asked is proved and held against.
func TestPartOfTheTime(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	start, end := tr.Start.Add(3*time.Hour), tr.Start.Add(6*time.Hour)
	outside := tr.Named[tr.Digests[1]][0]
	tr.Objects[outside].Body = []byte("changed, and not asked")
	var read []string
	m := bench.Memory{Trail: tr, Opened: func(key string) { read = append(read, key) }}
	r := verify(t, tr, trail.Options{Locations: []trail.Location{{Name: m.Address(), Store: m}}, Start: start, End: end, Parallel: 1})
	wants(t, r)
	if c := r.Chains[0]; c.Digests != 3 || !c.From.Equal(start) || !c.To.Equal(end) {
		t.Errorf("%+v", c)
	}
	if slices.Contains(read, outside) {
		t.Error("a log file that is not asked was read")
	}
	// The last one lost its signature; the one after it, not asked, has it.
	tr.Objects[tr.Digests[5]].Metadata = nil
	wants(t, verify(t, tr, trail.Options{Start: start, End: end}), "note digest-recovered "+base(tr.Digests[5])+" lost 0")
	// A digest that should be there at the beginning.
	delete(tr.Objects, tr.Digests[3])
	wants(t, verify(t, tr, trail.Options{Start: start, End: end}),
		fmt.Sprintf("problem digest-missing %s lost %d", base(tr.Digests[3]), len(tr.Named[tr.Digests[3]])), "note digest-recovered "+base(tr.Digests[5])+" lost 0")
}

// A region that ends before the trail's others was cut off.
func TestSeveralRegions(t *testing.T) {
	ireland := bench.Generate(bench.Small(), signer)
	shape := bench.Small()
	shape.Region, shape.Seed = "us-east-1", 9
	virginia := bench.Generate(shape, signer)
	other := bench.Small()
	other.Account, other.Hours, other.Start = "444455556666", 3, other.Start.Add(17*time.Minute)
	third := bench.Generate(other, signer)
	both := ireland.Clone()
	maps.Copy(both.Objects, virginia.Objects)
	r := verify(t, both, trail.Options{})
	wants(t, r)
	if len(r.Chains) != 2 || r.Digests.Proved != 24 {
		t.Errorf("%+v", r.Chains)
	}
	maps.Copy(both.Objects, third.Objects)
	lost := 0
	for _, digest := range virginia.Digests[8:] {
		delete(both.Objects, digest)
		lost += len(virginia.Named[digest])
	}
	r = verify(t, both, trail.Options{})
	if r.Proved || !slices.Contains(said(r), fmt.Sprintf("problem tail-unproved %s lost %d", base(virginia.Digests[7]), lost)) {
		t.Errorf("%q", said(r))
	}
}

// A digest that is only due is no problem yet.
func TestDigestIsDue(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	end := tr.Start.Add(12 * time.Hour)
	r := verify(t, tr, trail.Options{End: end.Add(time.Hour), Now: end.Add(30 * time.Minute)})
	wants(t, r, "note tail-pending "+base(tr.Digests[11])+" lost 0")
	r = verify(t, tr, trail.Options{End: end.Add(24 * time.Hour), Now: end.Add(12 * time.Hour)})
	wants(t, r, "problem tail-unproved "+base(tr.Digests[11])+" lost 0")
}

func TestNothing(t *testing.T) {
	empty := &bench.Trail{Shape: bench.Small(), Objects: map[string]*bench.Object{}}
	_, err := trail.Verify(t.Context(), trail.Options{Locations: at(empty), Now: later})
	if !errors.Is(err, trail.ErrNothing) {
		t.Error(err)
	}
}

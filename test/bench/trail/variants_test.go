package trail

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/objects"
)

// finding is what a test says of one: kind, file, and how many log files lost
// their proof.
type finding struct {
	severity trail.Severity
	kind     trail.Kind
	file     string
	lost     int
}

func short(r *trail.Report) []finding {
	var all []finding
	for _, f := range r.Findings {
		all = append(all, finding{f.Severity, f.Kind, f.File[strings.LastIndexByte(f.File, '/')+1:], len(f.Lost)})
	}
	return all
}

func base(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// Every variant has exactly the findings that it should have, in the bucket and
// in a copy on disk.
func TestVariants(t *testing.T) {
	original := Generate(Small(), NewSigner())
	middle, log := original.middle()
	logs := len(original.Named[middle])
	tail := 0
	for _, d := range original.Digests[len(original.Digests)-6:] {
		tail += len(original.Named[d])
	}
	last := original.Digests[len(original.Digests)-7]
	end := original.Start.Add(time.Duration(original.Hours) * time.Hour)
	want := map[string][]finding{
		"ok":               nil,
		"recompressed-log": nil,
		"tampered-log":     {{trail.Problem, trail.LogChanged, base(log), 1}},
		"corrupt-gzip":     {{trail.Problem, trail.LogCorrupt, base(log), 1}},
		"missing-log":      {{trail.Problem, trail.LogMissing, base(log), 1}},
		"missing-digest":   {{trail.Problem, trail.DigestMissing, base(middle), logs}},
		"backdated-digest": {{trail.Problem, trail.DigestBackdated, base(middle), logs}},
		"no-signature":     {{trail.Note, trail.DigestRecovered, base(middle), 0}},
		"replayed-digest":  {{trail.Problem, trail.DigestReplayed, base(middle), logs}},
		"rogue-key":        {{trail.Problem, trail.DigestRogueKey, base(middle), logs}},
		"broken-link":      {{trail.Problem, trail.LinkBroken, base(middle), logs - 1}},
		"extra-log":        {{trail.Problem, trail.LogExtra, "", 1}},
		"truncated-tail":   {{trail.Problem, trail.TailUnproved, base(last), 0}},
	}
	if len(want) != len(Variants()) {
		t.Fatalf("%d variants, %d expectations", len(Variants()), len(want))
	}
	for _, variant := range Variants() {
		tr := original.Clone()
		about := variant.Do(tr)
		wanted := slices.Clone(want[variant.Name])
		for i := range wanted {
			if wanted[i].file == "" {
				wanted[i].file = base(about)
			}
		}
		dir := t.TempDir()
		if err := tr.WriteDir(dir); err != nil {
			t.Fatal(err)
		}
		disk, err := objects.At(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		for place, l := range map[string]trail.Location{
			"bucket": {Name: Memory{Trail: tr}.Address(), Store: Memory{Trail: tr}},
			"disk":   {Name: dir, Store: disk},
		} {
			t.Run(variant.Name+"/"+place, func(t *testing.T) {
				report := verify(t, tr, trail.Options{Locations: []trail.Location{l}, End: end})
				if got := short(report); fmt.Sprint(got) != fmt.Sprint(wanted) {
					t.Errorf("findings\n%v, want\n%v", got, wanted)
					for _, f := range report.Findings {
						t.Logf("%s %s %s: %s", f.Severity, f.Kind, f.File, f.Detail)
					}
				}
				proved := !slices.ContainsFunc(wanted, func(f finding) bool { return f.severity == trail.Problem })
				if report.Proved != proved {
					t.Errorf("proved is %t", report.Proved)
				}
			})
		}
	}
}

func verify(t *testing.T, tr *Trail, o trail.Options) *trail.Report {
	t.Helper()
	if o.Keys == nil {
		keys, err := trail.ReadKeys(bytes.NewReader(tr.key.KeyList()))
		if err != nil {
			t.Fatal(err)
		}
		o.Keys = keys
	}
	if o.Locations == nil {
		o.Locations = []trail.Location{{Name: Memory{Trail: tr}.Address(), Store: Memory{Trail: tr}}}
	}
	if o.Now.IsZero() {
		o.Now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	}
	report, err := trail.Verify(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Files copied without their directories, and without the signatures, are
// proved as far as the copies in the digests go: all but the last hour.
func TestFlatCopyWithoutSignatures(t *testing.T) {
	tr := Generate(Small(), NewSigner())
	flat := *tr
	flat.Objects = map[string]*Object{}
	for key, o := range tr.Objects {
		flat.Objects[base(key)] = &Object{Body: o.Body}
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := flat.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	store, err := objects.At(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	report := verify(t, tr, trail.Options{Locations: []trail.Location{{Name: dir, Store: store}}})
	if report.Digests.Recovered != tr.Hours-1 || report.Digests.Proved != tr.Hours-1 {
		t.Errorf("%+v %+v", report.Digests, report.Findings[:2])
	}
	last := tr.Digests[len(tr.Digests)-1]
	if f := report.Findings[len(report.Findings)-1]; f.Kind != trail.DigestUnsigned || f.File != base(last) || len(f.Lost) != len(tr.Named[last]) {
		t.Errorf("the last finding is %+v", f)
	}
	report = verify(t, tr, trail.Options{
		Locations:  []trail.Location{{Name: dir, Store: store}},
		Signatures: map[string]string{base(last): tr.Objects[last].Metadata["signature"]},
	})
	if !report.Proved {
		t.Errorf("with the last signature given: %+v", short(report))
	}
}

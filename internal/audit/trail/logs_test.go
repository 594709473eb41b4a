package trail_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/objects"
	bench "paddock.dev/test/bench/trail"
)

func TestLogFiles(t *testing.T) {
	original := bench.Generate(bench.Small(), signer)
	digest := original.Digests[4]
	log := original.Named[digest][0]
	other := original.Named[original.Digests[7]][0]
	elsewhere := strings.Replace(log, "T04", "T09", 1)
	for name, c := range map[string]struct {
		do   func(tr *bench.Trail)
		want string
	}{
		"moved":          {func(tr *bench.Trail) { tr.Objects[elsewhere] = tr.Objects[log]; delete(tr.Objects, log) }, "problem log-moved " + base(log) + " lost 1"},
		"copied":         {func(tr *bench.Trail) { tr.Objects[elsewhere] = tr.Objects[log] }, "problem log-replayed " + base(elsewhere) + " lost 1"},
		"replaced":       {func(tr *bench.Trail) { tr.Objects[log] = tr.Objects[other] }, "problem log-replayed " + base(log) + " lost 1"},
		"second member":  {func(tr *bench.Trail) { tr.Objects[log].Body = append(bytes.Clone(tr.Objects[log].Body), pack("{}")...) }, "problem log-appended " + base(log) + " lost 1"},
		"garbage behind": {func(tr *bench.Trail) { tr.Objects[log].Body = append(bytes.Clone(tr.Objects[log].Body), "garbage"...) }, "problem log-appended " + base(log) + " lost 1"},
		"empty":          {func(tr *bench.Trail) { tr.Objects[log].Body = nil }, "problem log-corrupt " + base(log) + " lost 1"},
		"not compressed": {func(tr *bench.Trail) { tr.Objects[log].Body = []byte(`{"Records":[]}`) }, "problem log-corrupt " + base(log) + " lost 1"},
		"a bomb":         {func(tr *bench.Trail) { tr.Objects[log].Body = pack(strings.Repeat(" ", 64<<20)) }, "problem log-changed " + base(log) + " lost 1"},
		"in three members": {func(tr *bench.Trail) {
			text := unpacked(t, tr.Objects[log].Body)
			tr.Objects[log].Body = slices.Concat(pack(text[:10]), pack(text[10:11]), pack(text[11:]))
		}, ""},
		"a file of another kind": {func(tr *bench.Trail) { tr.Objects["AWSLogs/notes.txt"] = &bench.Object{Body: []byte("x")} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tr := original.Clone()
			c.do(tr)
			var want []string
			if c.want != "" {
				want = append(want, c.want)
			}
			r := verify(t, tr, trail.Options{})
			wants(t, r, want...)
			if r.Proved != (c.want == "") {
				t.Errorf("proved is %t", r.Proved)
			}
		})
	}
}

// Where nobody looked is said, and is not called missing.
func TestPartOfTheBucket(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	part := tr.Clone()
	for key := range part.Objects {
		if !strings.Contains(key, "CloudTrail-Digest") {
			delete(part.Objects, key)
		}
	}
	m := bench.Memory{Trail: part}
	r := verify(t, tr, trail.Options{Locations: []trail.Location{{Name: m.Address() + "/AWSLogs/111122223333/CloudTrail-Digest/", Store: m}}})
	if r.Proved || len(r.Findings) == 0 {
		t.Fatalf("%+v", r)
	}
	for _, f := range r.Findings {
		if f.Kind != trail.Outside {
			t.Errorf("%+v", f)
		}
	}
}

// One copy given twice, once by its parent, is one copy.
func TestOverlappingLocations(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	dir := t.TempDir()
	if err := tr.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	var locations []trail.Location
	for _, name := range []string{dir, filepath.Join(dir, "AWSLogs")} {
		s, err := objects.At(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		locations = append(locations, trail.Location{Name: name, Store: s})
	}
	r := verify(t, tr, trail.Options{Locations: locations})
	wants(t, r)
	if r.Digests.Found != 12 {
		t.Errorf("%+v", r.Digests)
	}
}

// A file that nobody may read is no proof, and the rest is still proved.
func TestUnreadableFile(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	dir := t.TempDir()
	if err := tr.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	// A directory in the place of a file fails for root too.
	log := tr.Named[tr.Digests[4]][0]
	path := filepath.Join(dir, filepath.FromSlash(log))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Base(path), path); err != nil {
		t.Fatal(err)
	}
	s, err := objects.At(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	r := verify(t, tr, trail.Options{Locations: []trail.Location{{Name: dir, Store: s}}})
	if len(r.Findings) != 2 || r.Findings[0].Kind != trail.Unreadable || r.Findings[1].Kind != trail.LogMissing || r.Logs.Proved != r.Logs.Found {
		t.Errorf("%q %+v", said(r), r.Logs)
	}
}

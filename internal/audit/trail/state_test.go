package trail_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"paddock.dev/internal/audit/trail"
	bench "paddock.dev/test/bench/trail"
)

func TestState(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	path := filepath.Join(t.TempDir(), "state")
	run := func(full bool) (*trail.Report, int) {
		t.Helper()
		state, err := trail.ReadState(path)
		if err != nil {
			t.Fatal(err)
		}
		logs := 0
		m := bench.Memory{Trail: tr, Opened: func(key string) {
			if strings.Contains(key, "/CloudTrail/") {
				logs++
			}
		}}
		r := verify(t, tr, trail.Options{Locations: []trail.Location{{Name: m.Address(), Store: m}}, State: state, Full: full, Parallel: 1})
		if err := state.Write(path); err != nil {
			t.Fatal(err)
		}
		return r, logs
	}
	first, read := run(false)
	if read != first.Logs.Found || !first.Proved {
		t.Fatalf("%d read, %+v", read, first)
	}
	if again, read := run(false); read != 0 || again.Logs.Known != first.Logs.Found || !again.Proved {
		t.Errorf("%d read again, %+v", read, again.Logs)
	}
	// Same size, same time, other content: only Full sees that.
	log := tr.Named[tr.Digests[4]][0]
	whole := tr.Objects[log].Body
	tr.Objects[log].Body = bytes.Repeat([]byte("x"), len(whole))
	if r, _ := run(false); !r.Proved {
		t.Errorf("%q", said(r))
	}
	if r, read := run(true); r.Proved || read != first.Logs.Found {
		t.Errorf("%q", said(r))
	}
	tr.Objects[log].Body = whole
	// What is new is read, and only that.
	longer := bench.Small()
	longer.Hours = 14
	more := bench.Generate(longer, signer)
	for key, o := range more.Objects {
		if tr.Objects[key] == nil {
			tr.Objects[key] = o
		}
	}
	added := len(more.Named[more.Digests[12]]) + len(more.Named[more.Digests[13]])
	if r, read := run(false); !r.Proved || read != added {
		t.Errorf("%d read, want %d: %q", read, added, said(r))
	}
	// The end is gone that was proved before: that needs no --end.
	for _, digest := range more.Digests[10:] {
		delete(tr.Objects, digest)
		for _, log := range more.Named[digest] {
			delete(tr.Objects, log)
		}
	}
	for range 2 {
		r, _ := run(false)
		wants(t, r, "problem tail-truncated "+base(more.Digests[13])+" lost 0")
	}
}

// A run that is interrupted keeps what it proved.
func TestInterrupted(t *testing.T) {
	tr := bench.Generate(bench.Small(), signer)
	ctx, stop := context.WithCancel(t.Context())
	left := 20
	m := bench.Memory{Trail: tr, Opened: func(string) {
		if left--; left == 0 {
			stop()
		}
	}}
	state := trail.NewState()
	_, err := trail.Verify(ctx, trail.Options{Locations: []trail.Location{{Name: m.Address(), Store: m}}, Keys: keys(t), Now: later, State: state, Parallel: 1})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if len(state.Digests) == 0 || len(state.Digests) == 12 {
		t.Errorf("%d digests are remembered", len(state.Digests))
	}
	r := verify(t, tr, trail.Options{State: state})
	if !r.Proved || r.Logs.Known == 0 || r.Logs.Known == r.Logs.Found {
		t.Errorf("%+v", r.Logs)
	}
}

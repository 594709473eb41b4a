package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/objects"
)

// Every planted finding is found, and nothing else, in several days; the packed
// form says the same as the text.
func TestPlantedTruths(t *testing.T) {
	for _, seed := range []string{"1", "2", "3"} {
		dir := t.TempDir()
		if err := generate([]string{"-size", "4", "-dir", dir, "-seed", seed}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "truth.json"))
		if err != nil {
			t.Fatal(err)
		}
		var want truth
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		for _, location := range []string{"flows.log", "gz"} {
			s, err := objects.At(t.Context(), filepath.Join(dir, location))
			if err != nil {
				t.Fatal(err)
			}
			r, err := flows.Run(t.Context(), flows.Options{Stores: []objects.Store{s}, Top: 25, Plan: plan()})
			if err != nil {
				t.Fatal(err)
			}
			if location == "gz" { // the lines are the same, but not their files and headers
				if r.Read.Lines-r.Read.Headers != want.Lines-want.Headers || int(r.Read.Rejected) != len(want.Malformed) || int(r.Policy.ForbiddenLines) != len(want.Forbidden) {
					t.Errorf("seed %s, %s: %+v", seed, location, r.Read)
				}
				want.Lines, want.Headers = r.Read.Lines, r.Read.Headers
				want.Malformed, want.Forbidden = nil, nil
				r.Rejects, r.Policy.Lines = nil, nil
			}
			for _, w := range compare(&want, r) {
				t.Errorf("seed %s, %s: %s", seed, location, w)
			}
		}
	}
}

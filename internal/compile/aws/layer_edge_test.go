package aws

import (
	"fmt"
	"testing"
)

func TestPrioritiesOfRoutes(t *testing.T) {
	routes := map[string]string{}
	for i := range 40 {
		routes[fmt.Sprintf("prod-s%02d www.example/", i)] = "/"
		routes[fmt.Sprintf("prod-s%02d www.example/a", i)] = "/a"
		routes[fmt.Sprintf("prod-s%02d www.example/a/b", i)] = "/a/b"
	}
	places := func(without string) map[string]int {
		taken, all := map[int]bool{}, map[string]int{}
		for i := range 40 {
			for _, path := range []string{"/", "/a", "/a/b"} {
				key := fmt.Sprintf("prod-s%02d www.example%s", i, path)
				if key != without {
					all[key] = priority(taken, key, path)
				}
			}
		}
		if len(taken) != len(all) {
			t.Fatalf("%d routes have %d places", len(all), len(taken))
		}
		return all
	}
	before, after := places("prod-s00 www.example/a"), places("")
	for key, at := range before {
		if after[key] != at {
			t.Errorf("%s is at %d, and at %d with one route more", key, at, after[key])
		}
		if at < 1 || at > 50000 {
			t.Errorf("%s is at %d", key, at)
		}
	}
	for a, deep := range routes {
		for b, flat := range routes {
			if len(deep) > len(flat) && after[a] >= after[b] {
				t.Fatalf("%s (%d) is asked after %s (%d)", a, after[a], b, after[b])
			}
		}
	}
	if far := priority(map[int]bool{}, "x", "/a/b/c/d/e/f/g/h/i"); far < 1 || far > 6000 {
		t.Errorf("a deep path is at %d", far)
	}
}

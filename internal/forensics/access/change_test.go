package access

import (
	"math/rand/v2"
	"testing"
)

// series makes trials of n requests each at the usual rate, and at the raised one
// from a trial up to another.
func series(seed uint64, trials, n int, usual, raised float64, from, to int) []trial {
	rng := rand.New(rand.NewPCG(seed, 1))
	list := make([]trial, trials)
	for i := range list {
		p := usual
		if i >= from && i < to {
			p = raised
		}
		list[i].n = float64(n)
		for range n {
			if rng.Float64() < p {
				list[i].bad++
			}
		}
	}
	return list
}

func TestChangesAreFoundWhereTheyAre(t *testing.T) {
	for _, c := range []struct {
		name          string
		usual, raised float64
		from, to      int
	}{
		{"rare errors, many for a while", 0.001, 0.2, 100, 130},
		{"slow at the end", 0.01, 0.1, 200, 300},
		{"slow at the beginning", 0.01, 0.1, 0, 60},
		{"most of the time", 0.002, 0.05, 40, 260},
		{"median", 0.3, 0.9, 150, 180},
	} {
		for seed := range uint64(5) {
			got, ok := changeOf(series(seed, 300, 40, c.usual, c.raised, c.from, c.to))
			if !ok || got.from < c.from-6 || got.from > c.from+6 || got.to < c.to-7 || got.to > c.to+5 {
				t.Errorf("%s: found %v %+v, is from %d to %d", c.name, ok, got, c.from, c.to-1)
			}
		}
	}
}

func TestNoChangeIsFoundInChance(t *testing.T) {
	for seed := range uint64(200) {
		for _, p := range []float64{0.001, 0.01, 0.2} {
			if got, ok := changeOf(series(seed, 300, 40, p, p, 0, 0)); ok {
				t.Errorf("seed %d, rate %v: found %+v", seed, p, got)
			}
		}
	}
}

// TestWhatIsExplainedIsNoChange: all of the raised errors are expected.
func TestWhatIsExplainedIsNoChange(t *testing.T) {
	for seed := range uint64(50) {
		trials := series(seed, 300, 40, 0.001, 0.1, 100, 130)
		for i := 100; i < 130; i++ {
			trials[i].explained = 0.1 * trials[i].n
		}
		if got, ok := changeOf(trials); ok {
			t.Errorf("seed %d: found %+v", seed, got)
		}
		if got, ok := against(trials, 0.002); ok {
			t.Errorf("seed %d: found %+v against the usual rate", seed, got)
		}
	}
}

func TestDistinctAndBeatDoNotDependOnOrder(t *testing.T) {
	for _, n := range []int{1, 10, 40, 41, 200, 3000} {
		var up, down, left, right distinct
		for i := range n {
			up.add(fingerprint([]byte{byte(i), byte(i >> 8), 'x'}))
			down.add(fingerprint([]byte{byte(n - 1 - i), byte((n - 1 - i) >> 8), 'x'}))
			half := &left
			if i%3 == 0 {
				half = &right
			}
			half.add(fingerprint([]byte{byte(i), byte(i >> 8), 'x'}))
		}
		left.merge(&right)
		if up.count() != down.count() || up.count() != left.count() {
			t.Errorf("%d things are %d, %d or %d", n, up.count(), down.count(), left.count())
		}
		if got := float64(up.count()); got < 0.85*float64(n) || got > 1.15*float64(n) || n <= fewThings && int(got) != n {
			t.Errorf("%d things are counted as %v", n, got)
		}
	}
	var even, poisson beat
	rng := rand.New(rand.NewPCG(3, 4))
	at := 0.0
	for i := range 2000 {
		even.add(int64(1795000000+5*i), 1)
		at += 5 * rng.ExpFloat64()
		poisson.add(1795000000+int64(at), 1)
	}
	if d := even.dispersion(); d < 0 || d > 0.1 {
		t.Errorf("the dispersion of a clock is %v", d)
	}
	if d := poisson.dispersion(); d < 0.4 {
		t.Errorf("the dispersion of chance is %v", d)
	}
}

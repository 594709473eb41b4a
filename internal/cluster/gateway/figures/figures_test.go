package figures

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestSecondsAddUp(t *testing.T) {
	var s Series
	for i := range 10 {
		now := start.Add(time.Duration(i) * time.Second)
		s.Record(now, 10*time.Millisecond, false)
		s.Record(now.Add(900*time.Millisecond), 400*time.Millisecond, i%2 == 0)
	}
	for _, c := range []struct {
		since            time.Duration
		requests, errors int64
	}{
		{0, 20, 5}, {-time.Minute, 20, 5}, {5 * time.Second, 10, 2}, {5*time.Second + 999*time.Millisecond, 10, 2}, {9 * time.Second, 2, 0}, {10 * time.Second, 0, 0},
	} {
		f := s.Since(start.Add(c.since))
		if f.Requests != c.requests || f.Errors != c.errors || f.Slower(300*time.Millisecond) != c.requests/2 {
			t.Errorf("since %s: %d requests, %d errors, %d slow", c.since, f.Requests, f.Errors, f.Slower(300*time.Millisecond))
		}
	}
}

func TestAnHourIsKept(t *testing.T) {
	var s Series
	for i := range 2 * 3600 {
		s.Record(start.Add(time.Duration(i)*time.Second), time.Millisecond, false)
	}
	if f := s.Since(start); f.Requests < 3600 || f.Requests > 3601 {
		t.Errorf("%d requests in the last hour", f.Requests)
	}
	if len(s.history) > 3600+64+1 {
		t.Errorf("%d seconds are kept", len(s.history))
	}
}

func TestAClockThatStepsBack(t *testing.T) {
	var s Series
	s.Record(start, time.Millisecond, false)
	s.Record(start.Add(-time.Hour), time.Millisecond, true)
	if f := s.Since(start); f.Requests != 2 || f.Errors != 1 {
		t.Errorf("%+v", f)
	}
}

// TestLatencyIsExactToFivePercent compares with the latencies themselves.
func TestLatencyIsExactToFivePercent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var s Series
	all := make([]time.Duration, 20000)
	for i := range all {
		// From 60 us to 160 s, even on a logarithmic scale.
		all[i] = time.Duration(float64(60*time.Microsecond) * pow(2, rng.Float64()*21.3))
		s.Record(start, all[i], false)
	}
	f := s.Since(start)
	for _, d := range []time.Duration{time.Millisecond, 33 * time.Millisecond, 300 * time.Millisecond, 7 * time.Second, 90 * time.Second} {
		var low, high int64 // slower than 1.05 d, than d/1.05
		for _, l := range all {
			if float64(l) > float64(d)*1.05 {
				low++
			}
			if float64(l) > float64(d)/1.05 {
				high++
			}
		}
		if got := f.Slower(d); got < low || got > high {
			t.Errorf("slower than %s: %d, must be in %d..%d", d, got, low, high)
		}
	}
	if f.Slower(0) != f.Requests {
		t.Errorf("%d of %d are slower than nothing", f.Slower(0), f.Requests)
	}
	if q := f.Quantile(0.5); q < 60*time.Millisecond || q > 160*time.Millisecond {
		t.Errorf("median %s", q)
	}
}

func pow(a, b float64) float64 {
	r := 1.0
	for ; b >= 1; b-- {
		r *= a
	}
	return r * (1 + b) // near enough for spreading values
}

func TestManyWriters(t *testing.T) {
	var b Book
	var all sync.WaitGroup
	key := Key{"prod", "booking"}
	for g := range 8 {
		all.Go(func() {
			for i := range 1000 {
				b.Series(key).Record(start.Add(time.Duration(i)*10*time.Millisecond), time.Duration(g)*time.Millisecond, i%10 == 0)
				_ = b.Since(key, start)
			}
		})
	}
	all.Wait()
	if f := b.Since(key, start); f.Requests != 8000 || f.Errors != 800 {
		t.Errorf("%d requests, %d errors", f.Requests, f.Errors)
	}
	if f := b.Since(Key{"prod", "nobody"}, start); f.Requests != 0 {
		t.Errorf("a stranger has %d requests", f.Requests)
	}
	b.Sweep(start.Add(2*time.Hour), func(Key) bool { return false })
	if f := b.Since(key, start); f.Requests != 0 {
		t.Error("a series that nobody uses is kept for ever")
	}
}

func BenchmarkRecord(b *testing.B) {
	var s Series
	now := start
	for b.Loop() {
		now = now.Add(100 * time.Microsecond)
		s.Record(now, 3*time.Millisecond, false)
	}
}

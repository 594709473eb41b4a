package quantile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestEveryValueIsWithinTheError(t *testing.T) {
	last := -1
	for v := int64(0); v < 130e9; v += 1 + v/500 {
		b := Bucket(v)
		if b < last || b >= Buckets {
			t.Fatalf("%d µs is in bucket %d, after %d", v, b, last)
		}
		last = b
		if got := Value(b); math.Abs(float64(got-v)) > Error*float64(v)+0.5 {
			t.Fatalf("%d µs is shown as %d", v, got)
		}
	}
	for ms := int64(1); ms <= 128; ms++ { // as logs have them
		if got := Value(Bucket(ms * 1000)); got != ms*1000 {
			t.Errorf("%d ms is shown as %d µs", ms, got)
		}
	}
	if got := Bucket(math.MaxInt64); got != Buckets-1 {
		t.Errorf("the longest time is in bucket %d", got)
	}
	if got := Bucket(-1); got != None {
		t.Errorf("no time is in bucket %d", got)
	}
}

func TestOf(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	var values []int64
	var counts [Buckets + 1]uint64
	qs := []float64{0.001, 0.5, 0.9, 0.99, 0.999, 1}
	got := make([]int64, len(qs))
	if n := Of(&counts, qs, got); n != 0 || got[1] != -1 {
		t.Errorf("the median of nothing is %d", got[1])
	}
	for range 20000 {
		v := int64(math.Exp(rng.NormFloat64()*1.5+11)) / 1000 * 1000
		values = append(values, v)
		counts[Bucket(v)]++
	}
	counts[None] += 5000
	slices.Sort(values)
	if n := Of(&counts, qs, got); n != uint64(len(values)) {
		t.Errorf("%d values", n)
	}
	for i, q := range qs {
		want := values[int(math.Ceil(q*float64(len(values))))-1]
		if math.Abs(float64(got[i]-want)) > Error*float64(want) {
			t.Errorf("quantile %v is %d, want %d", q, got[i], want)
		}
	}
}

func BenchmarkBucket(b *testing.B) {
	v := int64(1)
	for b.Loop() {
		v = (v*7 + int64(Bucket(v))) & 0xffffff
	}
}

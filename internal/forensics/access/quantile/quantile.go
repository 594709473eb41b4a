// Package quantile sorts durations into buckets whose width grows with the
// value, so that any quantile of any union of counts is known to a relative
// error of less than 1 %. It knows the buckets; it refuses to keep counts, so
// that whoever has billions of them can keep them as it likes.
//
// The buckets are those of Gil Tene's HdrHistogram (each power of two in equal
// parts), the guarantee is that of Masson, Rim and Lee, "DDSketch: a fast and
// fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019.
package quantile

import (
	"math"
	"math/bits"
)

const (
	// part is the binary logarithm of the number of buckets in a power of two.
	part = 7
	// Buckets is how many there are. The last one takes everything from 76 hours.
	Buckets = 4096 - 1
	// None is the bucket of what took no time that anybody knows.
	None = Buckets
	// Error is the largest relative error of Value.
	Error = 1.0 / (1 << part)
)

// Bucket is where a duration of so many microseconds is counted. Up to 255 each
// has its own.
func Bucket(micros int64) int {
	if micros < 0 {
		return None
	}
	v := uint64(micros)
	if v < 2<<part {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - part
	b := shift<<part + int(v>>shift)
	return min(b, Buckets-1)
}

// Value is the duration in microseconds that stands for a bucket: the roundest
// one in it, because logs have milliseconds, or its middle.
func Value(bucket int) int64 {
	if bucket < 2<<part {
		return int64(bucket)
	}
	shift := bucket>>part - 1
	low, width := int64(bucket&(1<<part-1)+1<<part)<<shift, int64(1)<<shift
	middle := low + (width-1)/2
	for _, unit := range [...]int64{1000, 100, 10} {
		if round := (middle + unit/2) / unit * unit; round >= low && round < low+width {
			return round
		}
	}
	return middle
}

// Of are quantiles of counts by bucket, in microseconds: for each q, which ascend,
// the smallest value that at least q of all values do not exceed (the nearest
// rank). The bucket None does not count. It returns the number of values; without
// any, the quantiles are -1.
func Of(counts *[Buckets + 1]uint64, qs []float64, into []int64) (n uint64) {
	first, last := -1, -1
	for b, c := range counts[:Buckets] {
		if c > 0 {
			if n += c; first < 0 {
				first = b
			}
			last = b
		}
	}
	if n == 0 {
		for i := range qs {
			into[i] = -1
		}
		return 0
	}
	var seen uint64
	b := first - 1
	for i, q := range qs {
		rank := max(uint64(math.Ceil(q*float64(n))), 1)
		for seen < rank && b < last {
			b++
			seen += counts[b]
		}
		into[i] = Value(b)
	}
	return n
}

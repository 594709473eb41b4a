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
	part = 6
	// Buckets is how many there are. The last one takes everything from 38 hours.
	Buckets = 2048 - 1
	// None is the bucket of what took no time that anybody knows.
	None = Buckets
	// Error is the largest relative error of Value.
	Error = 1.0 / (2 << part)
)

// Bucket is where a duration of so many microseconds is counted. Up to 127 each
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

// Value is the duration in microseconds that stands for a bucket: its middle.
func Value(bucket int) int64 {
	if bucket < 2<<part {
		return int64(bucket)
	}
	shift := bucket>>part - 1
	low := int64(bucket&(1<<part-1)+1<<part) << shift
	return low + (int64(1)<<shift-1)/2
}

// Of is the quantile q of counts by bucket, in microseconds: the smallest value
// that at least q of all values do not exceed (the nearest rank). The bucket None
// does not count. Without values it is -1.
func Of(counts *[Buckets + 1]uint64, q float64) int64 {
	var n uint64
	for _, c := range counts[:Buckets] {
		n += c
	}
	if n == 0 {
		return -1
	}
	rank := max(uint64(math.Ceil(q*float64(n))), 1)
	for b, c := range counts[:Buckets] {
		if c >= rank {
			return Value(b)
		}
		rank -= c
	}
	return Value(Buckets - 1)
}

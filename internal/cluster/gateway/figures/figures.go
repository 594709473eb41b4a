// Package figures counts requests second by second for an hour: how many, how
// many failed, how long they took. It knows nothing of HTTP or of what is
// counted; time comes in as a value.
package figures

import (
	"math"
	"sync"
	"time"
)

// Kept is how far back figures go.
const Kept = time.Hour

const (
	buckets = 160
	// ratio between the bounds of a bucket. A latency is taken for the geometric
	// middle of its bucket, so it is at most 4.9 % off.
	ratio = 1.1
	// floor is the upper bound of the first bucket, which takes all below it; the
	// last bucket begins at floor*ratio^158 = 174 s and takes all above.
	floor = 50 * time.Microsecond
)

var logRatio = math.Log(ratio)

// bucket of a latency.
func bucket(d time.Duration) int {
	if d < floor {
		return 0
	}
	return min(1+int(math.Log(float64(d)/float64(floor))/logRatio), buckets-1)
}

// middle is the latency that a bucket stands for.
func middle(b int) time.Duration {
	if b == 0 {
		return floor / 2
	}
	return time.Duration(float64(floor) * math.Pow(ratio, float64(b)-0.5))
}

// Figures is what happened in a span of time.
type Figures struct {
	Requests int64
	// Errors are requests that were answered with 5xx or not at all.
	Errors  int64
	latency [buckets]int64
}

// Slower is the number of requests that took longer than d, exact to 5 % of d.
func (f *Figures) Slower(d time.Duration) int64 {
	var n int64
	for b := buckets - 1; b >= 0 && middle(b) > d; b-- {
		n += f.latency[b]
	}
	return n
}

// Quantile is the latency that a share q of the requests did not exceed, 0
// when there were none.
func (f *Figures) Quantile(q float64) time.Duration {
	rank := int64(math.Ceil(q * float64(f.Requests)))
	for b, n := range f.latency {
		if rank -= n; rank <= 0 && n > 0 {
			return middle(b)
		}
	}
	return 0
}

// Series is the last hour of one thing. It is safe for concurrent use.
type Series struct {
	mu      sync.Mutex
	second  int64 // unix time of now, 0 before the first request
	now     tally
	history []record // oldest first, seconds with requests only
}

type tally struct {
	requests, errors int64
	latency          [buckets]uint32
}

// record is a second that is over. Most use few buckets, so they are packed:
// 8 bits of bucket, 24 bits of count.
type record struct {
	second           int64
	requests, errors int64
	latency          []uint32
}

// Record counts one request that ended now.
func (s *Series) Record(now time.Time, latency time.Duration, failed bool) {
	b, second := bucket(latency), now.Unix()
	s.mu.Lock()
	defer s.mu.Unlock()
	// A clock that steps back counts into the newest second.
	if second > s.second {
		s.roll(second)
	}
	s.now.requests++
	if failed {
		s.now.errors++
	}
	s.now.latency[b]++
}

func (s *Series) roll(second int64) {
	if s.now.requests > 0 {
		r := record{second: s.second, requests: s.now.requests, errors: s.now.errors}
		for b, n := range s.now.latency {
			for ; n > 0; n -= min(n, 1<<24-1) {
				r.latency = append(r.latency, uint32(b)<<24|min(n, 1<<24-1))
			}
		}
		s.history = append(s.history, r)
		s.now = tally{}
	}
	s.second = second
	s.prune(second)
}

// prune drops what is older than an hour, in batches so that it costs little.
func (s *Series) prune(second int64) {
	oldest, n := second-int64(Kept/time.Second), 0
	for n < len(s.history) && s.history[n].second < oldest {
		n++
	}
	if n > 64 || n == len(s.history) {
		rest := copy(s.history, s.history[n:])
		clear(s.history[rest:])
		s.history = s.history[:rest]
	}
}

// Since adds up the seconds from the one in which t lies.
func (s *Series) Since(t time.Time) Figures {
	var f Figures
	from := t.Unix()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.second >= from {
		f.Requests, f.Errors = s.now.requests, s.now.errors
		for b, n := range s.now.latency {
			f.latency[b] = int64(n)
		}
	}
	from = max(from, s.second-int64(Kept/time.Second))
	for i := len(s.history) - 1; i >= 0 && s.history[i].second >= from; i-- {
		r := &s.history[i]
		f.Requests += r.requests
		f.Errors += r.errors
		for _, packed := range r.latency {
			f.latency[packed>>24] += int64(packed & (1<<24 - 1))
		}
	}
	return f
}

// last is the unix time of the newest second with requests.
func (s *Series) last() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.second
}

// Key names what a series counts.
type Key struct{ Namespace, Service string }

// Book holds a series for each key.
type Book struct {
	mu     sync.Mutex
	series map[Key]*Series
}

// Series returns the series of a key, new when there is none.
func (b *Book) Series(k Key) *Series {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.series[k]
	if s == nil {
		if b.series == nil {
			b.series = map[Key]*Series{}
		}
		s = &Series{}
		b.series[k] = s
	}
	return s
}

// Since returns the figures of a key, zero when it was never counted.
func (b *Book) Since(k Key, t time.Time) Figures {
	b.mu.Lock()
	s := b.series[k]
	b.mu.Unlock()
	if s == nil {
		return Figures{}
	}
	return s.Since(t)
}

// Sweep forgets the series without a request in the last hour, except those in
// use.
func (b *Book) Sweep(now time.Time, used func(Key) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, s := range b.series {
		if !used(k) && s.last() < now.Add(-Kept).Unix() {
			delete(b.series, k)
		}
	}
}

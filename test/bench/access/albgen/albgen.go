// Package albgen writes access logs of an Application Load Balancer that look
// like a day of a car-rental site, with things planted in them that an analysis
// should find, and says what the truth is. The same seed gives the same bytes.
package albgen

import (
	"bufio"
	"container/heap"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Options say what to write.
type Options struct {
	Seed uint64
	// Lines is about how many lines there shall be.
	Lines int
	Start time.Time
	// Duration is how long the log covers.
	Duration time.Duration
	// Quiet leaves everything out that an analysis should find.
	Quiet bool
}

// Truth is what was written.
type Truth struct {
	Lines    int64            `json:"lines"`
	Requests int64            `json:"requests"`
	Sent     uint64           `json:"sent"`
	Received uint64           `json:"received"`
	Status   map[string]int64 `json:"status"`
	// Paths, Clients and Targets count requests; paths are folded.
	Paths   map[string]int64 `json:"paths"`
	Clients map[string]int64 `json:"clients"`
	Targets map[string]int64 `json:"targets"`
	// Malformed are the numbers of the lines that are no requests.
	Malformed []int64 `json:"malformed"`
	Planted   []Plant `json:"planted"`
	// Times are the latencies of each path in milliseconds, for exact quantiles;
	// they are kept in memory only.
	Times map[string][]float64 `json:"-"`
}

// Plant is something that an analysis should find.
type Plant struct {
	Kind    string    `json:"kind"`
	Subject string    `json:"subject"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
}

const (
	group     = "arn:aws:elasticloadbalancing:ap-south-1:111122223333:targetgroup/kestrel-web/73e2d6bc24d8a067"
	apiGroup  = "arn:aws:elasticloadbalancing:ap-south-1:111122223333:targetgroup/kestrel-api/50dc6c495c0c9188"
	slowPath  = "/v1/bookings/{id}"
	badTarget = "10.20.4.17:8080"
	scanner   = "203.0.113.77"
	scraper   = "203.0.113.140"
	fakeBot   = "198.51.100.23"
)

var (
	webTargets = []string{"10.20.3.11:8080", "10.20.3.52:8080", "10.20.4.8:8080"}
	apiTargets = []string{"10.20.3.31:8080", "10.20.3.90:8080", badTarget, "10.20.4.60:8080"}
)

// visit is somebody who makes one request after the other.
type visit struct {
	at     time.Duration
	client string
	agent  string
	next   func(v *visit) (r request, pause time.Duration, more bool)
	seq    int
}

type request struct {
	method, host, path, folded, query string
	api                               bool
	status                            int
	median                            float64 // of the latency, in ms
	spread                            float64
	sent                              int
	received                          int
}

// queue orders visits by time, then by when they began.
type queue []*visit

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*visit)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

type writer struct {
	Options
	rng   *rand.Rand
	out   *bufio.Writer
	truth *Truth
	queue queue
	seq   int
	line  []byte
}

// Write writes the log.
func Write(w io.Writer, o Options) (*Truth, error) {
	g := &writer{Options: o, rng: rand.New(rand.NewPCG(o.Seed, 0x6b657374)), out: bufio.NewWriterSize(w, 1<<20), truth: &Truth{
		Status: map[string]int64{}, Paths: map[string]int64{}, Clients: map[string]int64{}, Targets: map[string]int64{}, Times: map[string][]float64{},
	}}
	g.people()
	if !o.Quiet {
		g.plant()
	}
	malformed := 0
	for g.queue.Len() > 0 {
		v := g.queue[0]
		r, pause, more := v.next(v)
		g.write(v, r)
		v.at += pause
		if more && v.at < g.Duration {
			heap.Fix(&g.queue, 0)
		} else {
			heap.Pop(&g.queue)
		}
		if !o.Quiet && g.truth.Lines%int64(max(o.Lines/len(broken)-1, 2)) == 0 && malformed < len(broken) {
			g.truth.Lines++
			g.truth.Malformed = append(g.truth.Malformed, g.truth.Lines)
			g.out.WriteString(broken[malformed] + "\n")
			malformed++
		}
	}
	return g.truth, g.out.Flush()
}

// broken are lines that no analysis may count.
var broken = []string{
	`https 2026-11-23T10:00:00.186641Z app/kestrel/50dc6c495c0c9188 192.0.2.99:2817 10.20.3.11:8080 0.001 0.142 0.000 200 200 34 99999999999999999999999 "GET https://www.kestrelcars.example:443/ HTTP/2.0" "curl/8.1" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 - "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-11-23T10:00:00.100000Z "forward" "-" "-" "-" "-" "-" "-" -`,
	`https 2026-11-23T10:00:00.186641Z app/kestrel/50dc6c495c0c9188 192.0.2.99:2817 10.20.3.11:8080 0.001 0.142 0.0`,
	`garbage that is no log line at all`,
	`https 2026-11-23T10:00:00.186641Z app/kestrel/50dc6c495c0c9188 192.0.2.99:2817 - -1 -1 -1 503 - 34 12 "GET https://www.kestrelcars.example:443/ HTTP/2.0" "Mozilla/5.0 (X11`,
	`http 2026-13-23T10:00:00.186641Z app/kestrel/50dc6c495c0c9188 192.0.2.99:2817 - -1 -1 -1 503 - 34 12 "GET http://www.kestrelcars.example:80/ HTTP/1.1" "-" - - - "-" "-" "-" 0 2026-11-23T10:00:00.100000Z "forward" "-" "-" "-" "-" "-" "-" -`,
}

func (g *writer) start(at time.Duration, client, agent string, next func(v *visit) (request, time.Duration, bool)) {
	g.seq++
	heap.Push(&g.queue, &visit{at: at, client: client, agent: agent, next: next, seq: g.seq})
}

// write writes the line of a request and what the truth is about it.
func (g *writer) write(v *visit, r request) {
	now := g.Start.Add(v.at).UTC()
	target, arn := webTargets[g.rng.IntN(len(webTargets))], group
	if r.api {
		target, arn = apiTargets[g.rng.IntN(len(apiTargets))], apiGroup
	}
	status := r.status
	if status == 0 {
		switch x := g.rng.Float64(); {
		case x < 0.0008:
			status = 500
		case x < 0.004:
			status = 404
		case x < 0.03:
			status = 304
		default:
			status = 200
		}
	}
	ms := r.median * math.Exp(r.spread*g.rng.NormFloat64())
	if !g.Quiet {
		if r.folded == slowPath && g.inside(v.at, 0.40, 0.55) {
			ms *= 6
		}
		if target == badTarget && g.inside(v.at, 0.65, 0.80) && g.rng.Float64() < 0.35 {
			status, ms = 502, 2
		}
	}
	ms = math.Round(ms)
	targetStatus := strconv.Itoa(status)
	sent := r.sent
	switch status {
	case 502:
		targetStatus, sent = "-", 277
	case 304, 404, 500:
		sent = 350 + sent%200
	}
	took := time.Duration(ms) * time.Millisecond
	url := "https://" + r.host + ":443" + r.path + r.query
	b := g.line[:0]
	b = append(b, "h2 "...)
	b = now.AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, " app/kestrel/50dc6c495c0c9188 "...)
	b = fmt.Appendf(b, "%s:%d %s 0.000 %.3f 0.000 %d %s %d %d ", v.client, 1024+g.rng.IntN(60000), target, ms/1000, status, targetStatus, r.received, sent)
	b = fmt.Appendf(b, "\"%s %s HTTP/2.0\" \"%s\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 %s ", r.method, url, v.agent, arn)
	b = fmt.Appendf(b, "\"Root=1-%08x-%016x%08x\" \"%s\" ", now.Unix(), g.rng.Uint64(), g.rng.Uint32(), r.host)
	b = append(b, "\"arn:aws:acm:ap-south-1:111122223333:certificate/12345678-90ab-cdef-1234-567890abcdef\" 1 "...)
	b = now.Add(-took).AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = fmt.Appendf(b, " \"forward\" \"-\" \"-\" \"%s\" \"%s\" \"-\" \"-\" TID_%016x%016x\n", target, targetStatus, g.rng.Uint64(), g.rng.Uint64())
	g.line = b
	g.out.Write(b)
	t := g.truth
	t.Lines++
	t.Requests++
	t.Sent += uint64(sent)
	t.Received += uint64(r.received)
	t.Status[strconv.Itoa(status)]++
	t.Paths[r.folded]++
	t.Clients[v.client]++
	t.Targets[target]++
	t.Times[r.folded] = append(t.Times[r.folded], ms)
}

func (g *writer) inside(at time.Duration, from, to float64) bool {
	x := float64(at) / float64(g.Duration)
	return x >= from && x < to
}

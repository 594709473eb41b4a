package drill

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Answer is what one request came to.
type Answer struct {
	// Sent is when the request left; Took is until the last byte.
	Sent time.Time
	Took time.Duration
	// Status is 0 when there was no answer; Err then says why.
	Status int
	Err    error
	// Release that answered, from the gateway's header.
	Release string
}

// Failed reports whether a customer would call it a failure.
func (a Answer) Failed() bool { return a.Err != nil || a.Status >= 500 }

// load sends requests at a fixed rate, whatever becomes of the ones before: a
// slow server must not be spared by its own slowness.
type load struct {
	client *http.Client
	url    string
	host   string
	rate   float64 // requests per second

	mu      sync.Mutex
	answers []Answer
}

// run sends until the context is done and waits for the answers under way.
func (l *load) run(ctx context.Context) {
	interval := time.Duration(float64(time.Second) / l.rate)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var requests sync.WaitGroup
	defer requests.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			requests.Go(func() {
				a := l.send(context.WithoutCancel(ctx))
				l.mu.Lock()
				l.answers = append(l.answers, a)
				l.mu.Unlock()
			})
		}
	}
}

func (l *load) send(ctx context.Context) (a Answer) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	a.Sent = time.Now()
	defer func() { a.Took = time.Since(a.Sent) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url, nil)
	if err != nil {
		a.Err = err
		return a
	}
	req.Host = l.host
	resp, err := l.client.Do(req)
	if err != nil {
		a.Err = err
		return a
	}
	defer resp.Body.Close()
	a.Status, a.Release = resp.StatusCode, resp.Header.Get("Paddock-Release")
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		a.Err = fmt.Errorf("read the answer: %w", err)
	}
	return a
}

// soFar, in the order in which the requests were sent.
func (l *load) soFar() []Answer {
	l.mu.Lock()
	all := slices.Clone(l.answers)
	l.mu.Unlock()
	slices.SortFunc(all, func(a, b Answer) int { return a.Sent.Compare(b.Sent) })
	return all
}

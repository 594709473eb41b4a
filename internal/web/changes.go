package web

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// changes looks at the status for all open pages together and tells them when it
// is another one.
type changes struct {
	cfg Config

	mu    sync.Mutex
	pages map[chan struct{}]bool
}

func newChanges(cfg Config) *changes {
	return &changes{cfg: cfg, pages: map[chan struct{}]bool{}}
}

// follow gives a channel that holds a value when something changed since it was
// last read, however often.
func (c *changes) follow() (changed <-chan struct{}, leave func()) {
	page := make(chan struct{}, 1)
	page <- struct{}{} // whatever the page shows, it may be old by now
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages[page] = true
	return page, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.pages, page)
	}
}

func (c *changes) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for page := range c.pages {
		select {
		case page <- struct{}{}:
		default: // it has not read the last one yet
		}
	}
}

func (c *changes) watched() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pages) > 0
}

func (c *changes) run(ctx context.Context) {
	tick := time.NewTicker(c.cfg.Interval)
	defer tick.Stop()
	var last [sha256.Size]byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !c.watched() {
			continue
		}
		if now := c.fingerprint(ctx); now != last {
			last = now
			c.tell()
		}
	}
}

// fingerprint is the same for as long as the pages would look the same. Not to
// get an answer is a state to show, too.
func (c *changes) fingerprint(ctx context.Context) [sha256.Size]byte {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	status, err := c.cfg.Status(ctx)
	if err != nil {
		return sha256.Sum256([]byte(sentence(err)))
	}
	status.Time = time.Time{}
	data, err := json.Marshal(status)
	if err != nil {
		return sha256.Sum256([]byte(err.Error()))
	}
	return sha256.Sum256(data)
}

// events is a stream of Server-Sent Events: one for every change, without
// content. The page then asks for the fragment, so that there is one way to
// render.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	changed, leave := s.changes.follow()
	defer leave()
	alive := time.NewTicker(20 * time.Second)
	defer alive.Stop()
	if _, err := fmt.Fprint(w, "retry: 1000\n\n"); err != nil {
		return nil // the reader left
	}
	for {
		if err := out.Flush(); err != nil {
			return nil
		}
		line := "data: changed\n\n"
		select {
		case <-r.Context().Done():
			return nil
		case <-alive.C:
			line = ": still here\n\n"
		case <-changed:
		}
		if _, err := fmt.Fprint(w, line); err != nil {
			return nil
		}
	}
}

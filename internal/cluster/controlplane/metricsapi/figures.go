// Package metricsapi serves metrics.k8s.io from the figures of the node agent,
// so that kubectl top and the autoscaler work without a metrics server.
//
// It knows the figures document and the two resources of the API group. It
// refuses to know how figures are measured and how an API server is put
// together.
package metricsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Figures is the document that the node agent serves at /figures.
type Figures struct {
	Time   time.Time `json:"time"`
	Window Window    `json:"window"`
	Node   Usage     `json:"node"`
	Pods   []Pod     `json:"pods"`
}

// Usage is what something consumed, averaged over the window.
type Usage struct {
	Name        string            `json:"name"`
	Labels      map[string]string `json:"labels,omitempty"`
	CPUNano     int64             `json:"cpuNano"`     // nanocores
	MemoryBytes int64             `json:"memoryBytes"` // resident
}

// Pod is the consumption of a pod, container by container.
type Pod struct {
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Labels     map[string]string `json:"labels,omitempty"`
	Containers []Usage           `json:"containers"`
}

// Window is a duration written as 5s.
type Window time.Duration

// UnmarshalText reads a duration as time.ParseDuration does.
func (w *Window) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	if d < 0 {
		return fmt.Errorf("window %s is negative", d)
	}
	*w = Window(d)
	return nil
}

// MarshalText writes a duration as time.Duration.String does.
func (w Window) MarshalText() ([]byte, error) { return []byte(time.Duration(w).String()), nil }

const (
	maxAge     = time.Second
	askTimeout = 2 * time.Second
	maxBytes   = 64 << 20
)

// Source asks a node agent for its figures over a unix socket.
type Source struct {
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex // held while asking, so that concurrent readers share one request
	asked time.Time
	last  Figures
	err   error
}

// NewSource makes a source that reads the given unix socket. Nothing needs to
// listen there yet.
func NewSource(socket string, now func() time.Time) *Source {
	dialer := net.Dialer{}
	return &Source{
		now: now,
		client: &http.Client{
			Timeout: askTimeout,
			Transport: &http.Transport{
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return dialer.DialContext(ctx, "unix", socket)
				},
			},
		},
	}
}

// Figures are the newest figures, at most a second old. An absent node agent
// has none, which is not an error: the figures are empty then.
func (s *Source) Figures(ctx context.Context) (Figures, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := s.now().Sub(s.asked); age >= 0 && age < maxAge {
		return s.last, s.err
	}
	// The request is shared, so it must not end with the first caller's.
	s.last, s.err = s.ask(context.WithoutCancel(ctx))
	s.asked = s.now()
	return s.last, s.err
}

func (s *Source) ask(ctx context.Context) (Figures, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://node/figures", nil)
	if err != nil {
		return Figures{}, fmt.Errorf("ask node for figures: %w", err)
	}
	resp, err := s.client.Do(req)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return Figures{}, nil
	}
	if err != nil {
		return Figures{}, fmt.Errorf("ask node for figures: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return Figures{}, fmt.Errorf("ask node for figures: %s", resp.Status)
	}
	return Read(io.LimitReader(resp.Body, maxBytes))
}

// Read decodes a figures document. Containers without a name and negative
// figures are refused: they would end up in the autoscaler's arithmetic.
func Read(r io.Reader) (Figures, error) {
	var f Figures
	if err := json.NewDecoder(r).Decode(&f); err != nil {
		return Figures{}, fmt.Errorf("read figures: %w", err)
	}
	if err := f.Node.check(); f.Node.Name != "" && err != nil {
		return Figures{}, fmt.Errorf("read figures: node: %w", err)
	}
	for _, p := range f.Pods {
		if p.Namespace == "" || p.Name == "" {
			return Figures{}, errors.New("read figures: pod without a name")
		}
		for _, c := range p.Containers {
			if err := c.check(); err != nil {
				return Figures{}, fmt.Errorf("read figures: pod %s/%s: %w", p.Namespace, p.Name, err)
			}
		}
	}
	return f, nil
}

func (u Usage) check() error {
	if u.Name == "" {
		return errors.New("usage without a name")
	}
	if u.CPUNano < 0 || u.MemoryBytes < 0 {
		return fmt.Errorf("usage of %s is negative", u.Name)
	}
	return nil
}

package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	sampleEvery = 2 * time.Second
	// sampleWindow is over how many samples figures are averaged.
	sampleWindow = 3
)

// Figures are what the containers of a node use, as GET /figures answers.
type Figures struct {
	Time   time.Time    `json:"time"`
	Window string       `json:"window"` // over which CPU is averaged, such as "6s"
	Node   NodeFigures  `json:"node"`
	Pods   []PodFigures `json:"pods"`
}

// NodeFigures are the sums over all containers.
type NodeFigures struct {
	Name        string `json:"name"`
	CPUNano     int64  `json:"cpuNano"` // nanocores
	MemoryBytes int64  `json:"memoryBytes"`
}

// PodFigures are of one pod.
type PodFigures struct {
	Namespace  string             `json:"namespace"`
	Name       string             `json:"name"`
	Labels     map[string]string  `json:"labels"`
	Containers []ContainerFigures `json:"containers"`
}

// ContainerFigures are of one container that runs.
type ContainerFigures struct {
	Name        string `json:"name"`
	CPUNano     int64  `json:"cpuNano"`
	MemoryBytes int64  `json:"memoryBytes"`
}

// sample is the CPU time of a run at one moment.
type sample struct {
	at  time.Time
	cpu time.Duration
}

// figures holds the latest samples, by container ID.
type figures struct {
	mu      sync.Mutex
	history map[string][]sample
	latest  Figures
}

// listenUnix takes the place of a socket that a killed predecessor left.
func listenUnix(path string) (net.Listener, error) {
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("%s is in use", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// runFigures samples and serves until ctx is done. The socket goes away with
// its listener.
func (a *Agent) runFigures(ctx context.Context) error {
	if a.sockets == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /figures", func(w http.ResponseWriter, _ *http.Request) {
		a.figures.mu.Lock()
		latest := a.figures.latest
		a.figures.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(latest)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(a.sockets) }()
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	a.sample(time.Now())
	for {
		select {
		case <-ctx.Done():
			_ = server.Close()
			<-served
			return nil
		case err := <-served:
			return fmt.Errorf("figures: %w", err)
		case now := <-ticker.C:
			a.sample(now)
		}
	}
}

// sample looks at every container that runs.
func (a *Agent) sample(now time.Time) {
	f := &a.figures
	history := map[string][]sample{}
	result := Figures{Time: now.UTC(), Window: (sampleWindow * sampleEvery).String(), Node: NodeFigures{Name: a.cfg.Name}, Pods: []PodFigures{}}
	for _, v := range a.views() {
		pod := PodFigures{Namespace: v.pod.Namespace, Name: v.pod.Name, Labels: v.pod.Labels}
		for _, c := range v.containers {
			if c.run == nil {
				continue
			}
			usage, err := c.run.Usage()
			if err != nil { // it ended just now
				continue
			}
			seen := append(f.history[c.run.ID()], sample{now, usage.CPU})
			seen = seen[max(0, len(seen)-sampleWindow-1):]
			history[c.run.ID()] = seen
			if len(seen) < 2 {
				continue // one look is not a figure; the autoscaler waits
			}
			one := ContainerFigures{Name: c.name, CPUNano: nanocores(seen), MemoryBytes: usage.MemoryBytes}
			pod.Containers = append(pod.Containers, one)
			result.Node.CPUNano += one.CPUNano
			result.Node.MemoryBytes += one.MemoryBytes
		}
		if len(pod.Containers) > 0 {
			result.Pods = append(result.Pods, pod)
		}
	}
	f.mu.Lock()
	f.history, f.latest = history, result
	f.mu.Unlock()
}

// nanocores is the average use of CPU over some samples.
func nanocores(seen []sample) int64 {
	first, last := seen[0], seen[len(seen)-1]
	elapsed := last.at.Sub(first.at)
	if elapsed <= 0 || last.cpu < first.cpu {
		return 0
	}
	return int64(float64(last.cpu-first.cpu) / float64(elapsed) * 1e9)
}

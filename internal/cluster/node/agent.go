// Package node is the node of the embedded cluster: it registers itself with
// the API server and runs the pods that are scheduled to it, as the kubelet
// does, on client-go.
//
// Each pod has one worker, which looks at what is wanted and what is, takes the
// next step, and reports. How processes are started, where images and addresses
// come from, it is given; which level of isolation that is, it only repeats.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/record"

	"paddock.dev/internal/cluster/image"
	"paddock.dev/internal/cluster/network"
	"paddock.dev/internal/cluster/node/kubelet"
	"paddock.dev/internal/cluster/node/probe"
	"paddock.dev/internal/cluster/runtime"
)

// Images is where root directories come from; image.Store is one.
type Images interface {
	Pull(ctx context.Context, reference string) (image.Image, error)
	Present(reference string) (image.Image, bool)
	Sweep(inUse func(digest string) bool, before time.Time) ([]string, error)
}

// Config is what an Agent needs.
type Config struct {
	Name    string               // of the node
	Client  kubernetes.Interface // as system:node:<Name>
	Runtime runtime.Runtime
	Network network.Network
	Images  Images
	DataDir string // for pods and logs

	KubeletTLS      kubelet.TLS
	KubeletListener net.Listener // nil: a free port of 127.0.0.1
	FiguresSocket   string       // path of a unix socket; "" serves no figures

	// APIServer is host:port of the API server as pods reach it; "" leaves
	// KUBERNETES_SERVICE_HOST as the Service says.
	APIServer string
	// Capacity replaces what the machine has. At level process nothing is
	// enforced, so a node may promise more than there is.
	Capacity corev1.ResourceList
	// Labels are added to those of the node.
	Labels map[string]string
	Logger *slog.Logger
}

// Agent is one node.
type Agent struct {
	cfg      Config
	logger   *slog.Logger
	listener net.Listener
	sockets  net.Listener // of the figures
	prober   *probe.Client
	recorder record.EventRecorder
	capacity corev1.ResourceList
	services corelisters.ServiceLister

	mu      sync.Mutex
	workers map[types.UID]*worker
	running sync.WaitGroup // workers
	closing bool

	figures figures
}

// New makes the directories and binds the listeners.
func New(cfg Config) (*Agent, error) {
	a := &Agent{cfg: cfg, logger: cfg.Logger.With("component", "node"), prober: probe.NewClient(), workers: map[types.UID]*worker{}}
	for _, dir := range []string{a.podsDir(), a.logsDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("node: %w", err)
		}
	}
	var err error
	if a.capacity, err = capacity(cfg.Capacity); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	if a.listener = cfg.KubeletListener; a.listener == nil {
		if a.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("node: kubelet API: %w", err)
		}
	}
	if cfg.FiguresSocket != "" {
		if a.sockets, err = listenUnix(cfg.FiguresSocket); err != nil {
			return nil, errors.Join(fmt.Errorf("node: figures: %w", err), a.listener.Close())
		}
	}
	return a, nil
}

func (a *Agent) podsDir() string { return filepath.Join(a.cfg.DataDir, "pods") }
func (a *Agent) logsDir() string { return filepath.Join(a.cfg.DataDir, "log") }

// Run is the life of the node: it ends what a killed predecessor left, appears
// in the cluster, and runs pods until ctx is done. Then it stops their
// processes; the pods stay in the API and are started again by the next Run.
func (a *Agent) Run(ctx context.Context) error {
	events := record.NewBroadcaster()
	defer events.Shutdown()
	events.StartRecordingToSink(&eventSink{a.cfg.Client})
	a.recorder = events.NewRecorder(eventScheme(), corev1.EventSource{Component: "kubelet", Host: a.cfg.Name})

	recovering, cancel := context.WithTimeout(ctx, 20*time.Second)
	left, err := a.cfg.Runtime.Recover(recovering)
	cancel()
	if err != nil {
		return fmt.Errorf("node: processes of the last run: %w", err)
	}
	if len(left) > 0 {
		a.logger.Warn("ended processes that the last run left", "count", len(left))
	}

	// Servers first: the node tells the port as soon as it appears.
	background, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var parts sync.WaitGroup
	run := func(f func(context.Context) error) {
		parts.Go(func() {
			if err := f(background); err != nil {
				stop(err)
			}
		})
	}
	server := kubelet.New(kubelet.Config{Listener: a.listener, TLS: a.cfg.KubeletTLS, Pods: a, Logger: a.logger})
	run(server.Run)
	run(a.runFigures)
	run(a.keepNode)
	run(a.keepLease)
	run(a.watch)
	run(a.keepHouse)

	<-background.Done()
	a.mu.Lock()
	a.closing = true // no worker begins now
	a.mu.Unlock()
	a.running.Wait() // workers see the same context
	parts.Wait()
	if err := a.cfg.Runtime.Close(); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if cause := context.Cause(background); ctx.Err() == nil && cause != nil {
		return fmt.Errorf("node: %w", cause)
	}
	return nil
}

// keepHouse sweeps images that nobody has wanted for a day.
func (a *Agent) keepHouse(ctx context.Context) error {
	const every, keep = 10 * time.Minute, 24 * time.Hour
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		used := map[string]bool{}
		for _, v := range a.views() {
			for _, c := range v.containers {
				used[c.digest] = true
			}
		}
		removed, err := a.cfg.Images.Sweep(func(digest string) bool { return used[digest] }, time.Now().Add(-keep))
		if err != nil {
			a.logger.Warn("images not swept", "error", err)
		}
		if len(removed) > 0 {
			a.logger.Info("unused images removed", "count", len(removed))
		}
	}
}

// views are the latest sights of all pods.
func (a *Agent) views() []*view {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]*view, 0, len(a.workers))
	for _, w := range a.workers {
		if v := w.view.Load(); v != nil {
			all = append(all, v)
		}
	}
	return all
}

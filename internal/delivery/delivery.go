// Package delivery turns commits into builds, builds into releases, and carries
// releases through the environments and back. All state is in custom resources;
// the controllers here look at what is there, decide with the pure packages
// below, and act, so that they may be killed at any instant.
//
// It knows the delivery resources, the platform, and what package
// compile/kubernetes makes of it. It refuses to know how code is hosted or
// built, how the gateway counts, and how the platform file is read: those come
// in through Options.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/model"
)

// Commit is the head of a branch.
type Commit struct {
	// ID is the full object name; empty when the branch does not exist.
	ID string
	// Author is "Name <mail>", Subject the first line of the message.
	Author, Subject string
	// PushedBy is who pushed it, when known.
	PushedBy string
}

// Source knows the services' code.
type Source interface {
	// Head of a branch. A branch or repository that does not exist is a zero
	// Commit and no error.
	Head(ctx context.Context, service, branch string) (Commit, error)
}

// BuildRequest asks for the image of one commit.
type BuildRequest struct {
	Build *v1.Build
	// Source as the platform file declares it.
	Source model.Source
	// Log takes what people read when it fails.
	Log io.Writer
}

// Builder makes images.
type Builder interface {
	// Build returns the image by digest. An error is the reason, in words for
	// the author of the commit. One whose TreeFault() is true is the commit's own
	// and final; after any other the commit is built again. Building the same
	// commit again is harmless.
	Build(ctx context.Context, r BuildRequest) (image string, err error)
}

// Figures counts what one set, named as its Service is, did since a moment:
// requests, failures, and requests slower than the given duration (none when it
// is 0).
type Figures func(namespace, set string, since time.Time, slower time.Duration) verdict.Sample

// Options are what delivery needs from its surroundings.
type Options struct {
	// Platform as it was accepted last; nil until there is one.
	Platform func() *model.Platform
	Source   Source
	Builder  Builder
	Figures  Figures
	// GatewayPort is the port of the public Gateway's HTTP listener.
	GatewayPort int32
	// BuildLogDir gets one file per build, <build>.log.
	BuildLogDir string
	// Builds is how many builds run at once; 2 when 0.
	Builds int
	// Resync is how often everything is looked at although nothing seemed to
	// change; 1 min when 0.
	Resync time.Duration
	// Grace is how long the first release of a service may crash while what it
	// depends on comes up; 60 s when 0. Deadline bounds the start of any set;
	// 5 min when 0.
	Grace, Deadline time.Duration
	Clock           clock.PassiveClock
	Logger          *slog.Logger
}

// Delivery is the set of controllers.
type Delivery struct {
	opts   Options
	log    *slog.Logger
	client client.Client
	events events.EventRecorder
	awake  awake
	tries  tries

	sources, policies, environments, rollouts trigger
}

// New checks the options.
func New(opts Options) (*Delivery, error) {
	var missing []error
	for what, absent := range map[string]bool{
		"Platform": opts.Platform == nil, "Source": opts.Source == nil, "Builder": opts.Builder == nil,
		"Figures": opts.Figures == nil, "GatewayPort": opts.GatewayPort == 0, "BuildLogDir": opts.BuildLogDir == "",
	} {
		if absent {
			missing = append(missing, fmt.Errorf("delivery: option %s is missing", what))
		}
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	if opts.Clock == nil {
		opts.Clock = clock.RealClock{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.Builds = orDefault(opts.Builds, 2)
	opts.Resync = orDefault(opts.Resync, time.Minute)
	opts.Grace = orDefault(opts.Grace, time.Minute)
	opts.Deadline = orDefault(opts.Deadline, 5*time.Minute)
	d := &Delivery{opts: opts, log: opts.Logger.With("component", "delivery")}
	d.awake.look(opts.Clock.Now())
	return d, nil
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// Notify says that something changed that cannot be watched: a push to the
// named services, or, without names, the platform file. It never blocks, and
// may be called before the controllers run.
func (d *Delivery) Notify(services ...string) {
	p := d.opts.Platform()
	if p == nil {
		return
	}
	if len(services) > 0 {
		for _, s := range services {
			d.sources.add(types.NamespacedName{Name: s})
		}
		return
	}
	d.environments.add(types.NamespacedName{Name: everywhere})
	for _, env := range p.Environments {
		d.environments.add(types.NamespacedName{Name: env.Name})
		for _, s := range env.Services {
			d.sources.add(types.NamespacedName{Name: s.Name})
			d.policies.add(types.NamespacedName{Name: s.Name})
			d.rollouts.add(types.NamespacedName{Namespace: env.Name, Name: s.Name})
		}
	}
}

// trigger feeds a controller's queue from code. What is added before the
// controller runs is kept for it.
type trigger struct {
	mu    sync.Mutex
	queue queue
	early map[reconcile.Request]bool
}

func (t *trigger) add(key types.NamespacedName) {
	t.mu.Lock()
	defer t.mu.Unlock()
	request := reconcile.Request{NamespacedName: key}
	if t.queue != nil {
		t.queue.Add(request)
		return
	}
	if t.early == nil {
		t.early = map[reconcile.Request]bool{}
	}
	t.early[request] = true
}

// Start makes a trigger a source of a controller.
func (t *trigger) Start(_ context.Context, q queue) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = q
	for request := range t.early {
		q.Add(request)
	}
	t.early = nil
	return nil
}

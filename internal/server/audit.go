package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/audit/record"
)

// lastHead is how long the head of a record that ends may take to be published.
const lastHead = 2 * time.Second

// recorder takes events and drops those that it has.
type recorder interface {
	Append(record.Event) (added bool, err error)
}

// startAudit opens the platform's own record and fills it from the delivery
// resources. It runs before the controllers and ends after them.
func (r *run) startAudit(ctx context.Context) error {
	platform := r.file.Platform()
	log, err := record.Open(record.Options{
		Dir: record.Dir(r.layout.Dir()), Trail: platform.Name,
		Account: record.LocalAccount, Region: record.LocalRegion, Bucket: record.LocalBucket,
		Agent: "paddock", Now: r.Now, Logger: r.logger.With("part", "audit"),
	})
	if err != nil {
		return err
	}
	o := &observer{record: log, logger: r.logger.With("part", "audit"), seen: map[types.UID]client.Object{}, wake: make(chan struct{}, 1)}
	for _, kind := range []client.Object{&v1.Platform{}, &v1.Build{}, &v1.Release{}, &v1.Rollout{}, &v1.Approval{}} {
		informer, err := r.mgr.GetCache().GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		if err == nil {
			_, err = informer.AddEventHandler(o.handler())
		}
		if err != nil {
			return errors.Join(fmt.Errorf("watch %T: %w", kind, err), log.Close())
		}
	}
	host, _ := os.Hostname() // only said, not needed
	start := record.Event{Name: "StartPlatform", By: r.By, Source: host, Parameters: map[string]any{"path": r.File, "digest": digest(r.file.text())}}
	if _, err := log.Append(start); err != nil {
		return errors.Join(err, log.Close())
	}
	heads := &headKeeper{client: r.client, record: log, environments: func() []string { return r.file.Platform().EnvironmentNames() }}
	r.stack.start("audit", func(ctx context.Context) error {
		var running sync.WaitGroup
		running.Go(func() { o.run(ctx) })
		err := log.Run(ctx, heads)
		running.Wait()
		_, stopped := log.Append(record.Event{Name: "StopPlatform", By: "paddock", Service: true})
		err = errors.Join(err, stopped, log.Seal())
		// The API may be gone already; the next start publishes then.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastHead)
		defer cancel()
		if late := log.Publish(last, heads); late != nil {
			o.logger.Info("the last head is not published", "error", late)
		}
		return errors.Join(err, log.Close())
	})
	return nil
}

// observer turns what it sees of objects into events. It keeps the latest state
// of each object until that is recorded.
type observer struct {
	record recorder
	logger *slog.Logger

	mu   sync.Mutex
	seen map[types.UID]client.Object
	wake chan struct{}
}

func (o *observer) handler() toolscache.ResourceEventHandlerFuncs {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    o.saw,
		UpdateFunc: func(_, now any) { o.saw(now) },
		// A deletion is the pruning of what is recorded; an object that came and
		// went between two looks is in neither.
		DeleteFunc: func(last any) {
			if gone, ok := last.(toolscache.DeletedFinalStateUnknown); ok {
				last = gone.Obj
			}
			o.saw(last)
		},
	}
}

func (o *observer) saw(object any) {
	c, ok := object.(client.Object)
	if !ok {
		return
	}
	o.mu.Lock()
	o.seen[c.GetUID()] = c
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default: // it is awake
	}
}

// auditRetry is the pause after what could not be recorded.
const auditRetry = 2 * time.Second

// run records until ctx is done, and then once more.
func (o *observer) run(ctx context.Context) {
	var told string
	for {
		err := o.drain()
		if err == nil {
			told = ""
		} else if err.Error() != told {
			told = err.Error()
			o.logger.Error("changes are not recorded; they are tried again", "error", err)
		}
		retry := (<-chan time.Time)(nil)
		if err != nil {
			retry = time.After(auditRetry)
		}
		select {
		case <-ctx.Done():
			if err := o.drain(); err != nil {
				o.logger.Error("changes are not recorded; the next start tries again", "error", err)
			}
			return
		case <-o.wake:
		case <-retry:
		}
	}
}

// drain records everything that was seen. What fails is kept.
func (o *observer) drain() error {
	o.mu.Lock()
	objects := o.seen
	o.seen = map[types.UID]client.Object{}
	o.mu.Unlock()
	byAge := slices.SortedFunc(maps.Values(objects), func(a, b client.Object) int {
		return cmp.Or(a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time), cmp.Compare(a.GetUID(), b.GetUID()))
	})
	var events []record.Event
	for _, c := range byAge {
		events = append(events, auditEvents(c)...)
	}
	inOrder(events)
	for _, e := range events {
		if _, err := o.record.Append(e); err != nil {
			o.mu.Lock()
			for uid, c := range objects {
				if _, newer := o.seen[uid]; !newer {
					o.seen[uid] = c
				}
			}
			o.mu.Unlock()
			return err
		}
	}
	return nil
}

// headKeeper publishes heads of the record in every environment, where cutting
// the record off does not reach.
type headKeeper struct {
	client client.Client
	record interface {
		Follows(record.Head) (bool, error)
	}
	environments func() []string
}

// Publish implements record.Publisher. A head that the record does not follow is
// left where it is: it is the evidence.
func (k *headKeeper) Publish(ctx context.Context, head record.Head) error {
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return err
	}
	var errs []error
	for _, env := range k.environments() {
		if err := k.publish(ctx, env, string(text)); err != nil {
			errs = append(errs, fmt.Errorf("publish the head of the record in %s: %w", env, err))
		}
	}
	return errors.Join(errs...)
}

func (k *headKeeper) publish(ctx context.Context, env, text string) error {
	c := &corev1.ConfigMap{}
	c.Namespace, c.Name = env, record.HeadName
	err := k.client.Get(ctx, client.ObjectKeyFromObject(c), c)
	if apierrors.IsNotFound(err) {
		c.Labels = map[string]string{record.HeadLabel: record.HeadName}
		c.Data = map[string]string{record.HeadKey: text}
		return k.client.Create(ctx, c)
	}
	if err != nil || c.Data[record.HeadKey] == text {
		return err
	}
	if old, err := record.ParseHead([]byte(c.Data[record.HeadKey])); err == nil {
		follows, err := k.record.Follows(old)
		if err != nil {
			return err
		}
		if !follows {
			return fmt.Errorf("the record had %d events at %s and does not begin with them any more; paddock audit verify says more", old.Size, old.Time.Format(time.RFC3339))
		}
	}
	if c.Labels == nil {
		c.Labels = map[string]string{}
	}
	c.Labels[record.HeadLabel] = record.HeadName
	c.Data = map[string]string{record.HeadKey: text}
	return k.client.Update(ctx, c)
}

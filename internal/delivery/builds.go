package delivery

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "paddock.dev/api/v1"
)

// reconcileBuild runs a build that has no result yet. One that was running when
// the process died has none, so it is run again.
func (d *Delivery) reconcileBuild(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	b := &v1.Build{}
	if err := d.client.Get(ctx, request.NamespacedName, b); err != nil {
		if apierrors.IsNotFound(err) {
			d.tries.forget(request.Name)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if b.DeletionTimestamp != nil || b.Status.Phase == v1.BuildSucceeded || b.Status.Phase == v1.BuildFailed {
		return reconcile.Result{}, nil
	}
	p := d.opts.Platform()
	if p == nil {
		return d.later(d.opts.Resync), nil
	}
	source := sourceOf(p, b.Spec.Service)
	if source == nil {
		// The file is being edited, perhaps; the commit is as good as before.
		return d.later(d.opts.Resync), d.waitBuild(ctx, b, "waits: the platform file declares no source for "+b.Spec.Service)
	}
	if wait := d.tries.wait(b.Name, d.opts.Clock.Now()); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	err := d.updateBuild(ctx, b, func(s *v1.BuildStatus) {
		now := metav1.NewTime(d.opts.Clock.Now())
		s.Phase, s.StartedAt, s.Message = v1.BuildRunning, &now, "builds commit "+b.Spec.Commit[:min(12, len(b.Spec.Commit))]
	})
	if err != nil {
		return reconcile.Result{}, err
	}

	log, err := d.buildLog(b)
	if err != nil {
		return reconcile.Result{}, err
	}
	image, err := d.opts.Builder.Build(ctx, BuildRequest{Build: b.DeepCopy(), Source: *source, Log: log})
	if closed := log.Close(); closed != nil {
		d.log.Warn("close build log", "build", b.Name, "error", closed)
	}
	if ctx.Err() != nil {
		return reconcile.Result{}, nil // stopped, not failed; it is run again
	}
	if err != nil && !treeFault(err) {
		try := d.tries.failed(b.Name, d.opts.Clock.Now())
		if try.count < mostTries {
			d.log.Warn("build could not be done", "build", b.Name, "try", try.count, "next", try.next, "error", err)
			return reconcile.Result{RequeueAfter: d.tries.wait(b.Name, d.opts.Clock.Now())}, d.waitBuild(ctx, b, fmt.Sprintf("%s%s; tries again at %s UTC (try %d of %d)",
				notTheTree, short(err.Error()), try.next.UTC().Format(time.TimeOnly), try.count+1, mostTries))
		}
		err = fmt.Errorf("%s%w; tried %d times, tries again after the next start", notTheTree, err, try.count)
	}
	d.tries.forget(b.Name)
	return reconcile.Result{}, d.finishBuild(ctx, b, image, err)
}

// waitBuild says what a build waits for. Saying it twice is saying it once, or
// each word would wake the controller for the next.
func (d *Delivery) waitBuild(ctx context.Context, b *v1.Build, why string) error {
	if b.Status.Phase == v1.BuildPending && b.Status.Message == why {
		return nil
	}
	return d.updateBuild(ctx, b, func(s *v1.BuildStatus) {
		s.Phase, s.Message, s.FinishedAt = v1.BuildPending, why, nil
	})
}

// logFile is where what a build said is written.
func (d *Delivery) logFile(build string) string {
	return filepath.Join(d.opts.BuildLogDir, build+".log")
}

func (d *Delivery) buildLog(b *v1.Build) (*os.File, error) {
	if err := os.MkdirAll(d.opts.BuildLogDir, 0o755); err != nil {
		return nil, fmt.Errorf("directory of the build logs: %w", err)
	}
	f, err := os.Create(d.logFile(b.Name))
	if err != nil {
		return nil, fmt.Errorf("log of build %s: %w", b.Name, err)
	}
	return f, nil
}

func (d *Delivery) finishBuild(ctx context.Context, b *v1.Build, image string, failure error) error {
	err := d.updateBuild(ctx, b, func(s *v1.BuildStatus) {
		now := metav1.NewTime(d.opts.Clock.Now())
		s.FinishedAt = &now
		if failure != nil {
			s.Phase, s.Message = v1.BuildFailed, short(failure.Error())
			return
		}
		s.Phase, s.Image, s.Message = v1.BuildSucceeded, image, "built "+image
	})
	if err != nil {
		return err
	}
	kind := corev1.EventTypeNormal
	if failure != nil {
		kind = corev1.EventTypeWarning
	}
	d.events.Eventf(b, nil, kind, string(b.Status.Phase), "Build", "%s", b.Status.Message)
	d.log.Info("build ended", "build", b.Name, "phase", b.Status.Phase, "message", b.Status.Message)
	return nil
}

func (d *Delivery) updateBuild(ctx context.Context, b *v1.Build, change func(*v1.BuildStatus)) error {
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := d.client.Get(ctx, client.ObjectKeyFromObject(b), b); err != nil {
			return err
		}
		change(&b.Status)
		return d.client.Status().Update(ctx, b)
	})
	if err != nil {
		return fmt.Errorf("status of build %s: %w", b.Name, err)
	}
	return nil
}

// short keeps a reason readable in a table of resources; the log has the rest.
func short(s string) string {
	const most = 1000
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"paddock.dev/internal/cluster/node/volume"
)

// prepare gives the pod its directory, address and volumes. A positive answer
// is when to try again.
func (w *worker) prepare(ctx context.Context) time.Duration {
	now := time.Now()
	if w.prepared && (w.refresh.IsZero() || now.Before(w.refresh)) {
		return 0
	}
	if now.Before(w.retryAt) {
		return time.Until(w.retryAt)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := w.makeReady(ctx)
	if err == nil {
		w.prepared = true
		w.retry = backoff{}
		if volume.Changes(w.pod.Spec.Volumes) {
			w.refresh = now.Add(time.Minute)
		}
		return 0
	}
	w.retry.after(0)
	w.retryAt = now.Add(w.retry.next)
	if w.prepared { // it runs on with what it had
		w.logger.Warn("volumes not refreshed", "error", err)
		w.refresh = w.retryAt
		return 0
	}
	reason, event := "ContainerCreating", "FailedCreatePodSandBox"
	var unsupported *volume.Unsupported
	if w.address.API.IsValid() {
		event = "FailedMount"
	}
	if errors.As(err, &unsupported) {
		reason = "CreateContainerConfigError"
		w.retryAt = now.Add(longestPause)
	}
	w.event(corev1.EventTypeWarning, event, err.Error())
	for _, c := range w.containers {
		c.waiting = corev1.ContainerStateWaiting{Reason: reason, Message: err.Error()}
	}
	return time.Until(w.retryAt)
}

func (w *worker) makeReady(ctx context.Context) error {
	if err := volume.Check(w.pod.Spec.Volumes); err != nil {
		return err
	}
	if !w.address.API.IsValid() {
		if err := w.a.writeIdentity(w.ref()); err != nil {
			return err
		}
		address, err := w.a.cfg.Network.Attach(ctx, w.ref())
		if err != nil {
			return fmt.Errorf("address of the pod: %w", err)
		}
		w.address = address
	}
	return w.volumes.Make(ctx, w.pod.Spec.Volumes, w.volumeSources(), time.Now())
}

package node

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"paddock.dev/internal/cluster/node/podstatus"
	"paddock.dev/internal/cluster/runtime"
)

// container is one container of a pod over all of its runs.
type container struct {
	spec *corev1.Container
	kind podstatus.Kind

	run       *run
	launching bool
	waiting   corev1.ContainerStateWaiting // why it does not run
	latest    *corev1.ContainerStateTerminated
	previous  *corev1.ContainerStateTerminated
	attempt   int // number of the latest run, from 0
	restarts  int32
	ran       bool // there was a run
	digest    string
	imageID   string

	crashes       backoff // pauses between runs
	troubles      backoff // pauses between attempts to make one
	retryAt       time.Time
	awaitsService bool
}

// run is one run of a container.
type run struct {
	c        runtime.Container
	began    time.Time
	started  bool // its startup probe and its postStart hook are done
	ready    bool
	cancel   context.CancelFunc // of its probes
	stopping bool
}

const (
	reasonCreating  = "ContainerCreating"
	reasonInit      = "PodInitializing"
	reasonConfig    = "CreateContainerConfigError"
	reasonPull      = "ErrImagePull"
	reasonPullLater = "ImagePullBackOff"
	reasonCrash     = "CrashLoopBackOff"
)

// recall makes a container from what the API remembers of it.
func recall(spec *corev1.Container, kind podstatus.Kind, statuses []corev1.ContainerStatus) *container {
	c := &container{spec: spec, kind: kind, waiting: corev1.ContainerStateWaiting{Reason: reasonCreating}}
	for _, s := range statuses {
		if s.Name != spec.Name {
			continue
		}
		c.restarts, c.attempt, c.imageID = s.RestartCount, int(s.RestartCount), s.ImageID
		c.previous = s.LastTerminationState.Terminated
		switch {
		case s.State.Terminated != nil:
			c.latest = s.State.Terminated
		case s.State.Running != nil:
			// We are new, so it cannot run any more.
			c.latest = &corev1.ContainerStateTerminated{
				ExitCode: 137, Reason: "ContainerStatusUnknown",
				Message:   "The node agent ended and with it the container",
				StartedAt: s.State.Running.StartedAt, FinishedAt: metav1.NewTime(time.Now()).Rfc3339Copy(),
				ContainerID: s.ContainerID,
			}
		default:
			c.latest, c.previous = c.previous, nil
		}
		c.ran = c.latest != nil
	}
	return c
}

// done says whether an init container lets the next one start.
func (c *container) done() bool {
	if c.kind == podstatus.Sidecar {
		return c.run != nil && c.run.started
	}
	return c.run == nil && !c.launching && c.latest != nil && c.latest.ExitCode == 0
}

// again says whether the container is to be started, given how it ended.
func (c *container) again(policy corev1.RestartPolicy) bool {
	if c.latest == nil || c.kind == podstatus.Sidecar {
		return true
	}
	if c.kind == podstatus.Init {
		return c.latest.ExitCode != 0 && policy != corev1.RestartPolicyNever
	}
	switch policy {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyOnFailure:
		return c.latest.ExitCode != 0
	}
	return true
}

// status is the container as the API shows it.
func (c *container) status(initializing bool) corev1.ContainerStatus {
	s := corev1.ContainerStatus{
		Name: c.spec.Name, Image: c.spec.Image, ImageID: c.imageID, RestartCount: c.restarts,
	}
	no := false
	s.Started = &no
	switch {
	case c.run != nil:
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(c.run.began).Rfc3339Copy()}
		s.LastTerminationState.Terminated = c.latest
		started := c.run.started
		s.Started = &started
		s.Ready = c.run.ready && c.run.started
		s.ContainerID = containerID(c.run.c.ID())
	case c.latest != nil && c.waiting.Reason == "":
		s.State.Terminated = c.latest
		s.LastTerminationState.Terminated = c.previous
		s.Ready = c.kind == podstatus.Init && c.latest.ExitCode == 0
		s.ContainerID = c.latest.ContainerID
	default:
		waiting := c.waiting
		if waiting.Reason == reasonCreating && initializing && c.kind == podstatus.Main || waiting.Reason == "" {
			waiting.Reason = reasonInit
		}
		s.State.Waiting = &waiting
		s.LastTerminationState.Terminated = c.latest
		if c.latest != nil {
			s.ContainerID = c.latest.ContainerID
		}
	}
	return s
}

func containerID(id string) string { return "paddock://" + id }

// advance starts what is to be started, in order.
func (w *worker) advance(next *soonest) {
	policy := w.pod.Spec.RestartPolicy
	if w.ended() {
		w.stopAll(w.grace()) // sidecars do not keep a pod alive
		return
	}
	for _, c := range w.containers {
		if c.kind == podstatus.Main {
			continue
		}
		if c.kind == podstatus.Init && (w.inits || c.done()) {
			c.settle()
			continue
		}
		w.ensure(c, policy, next)
		if !w.inits && !c.done() {
			return
		}
	}
	w.inits = true
	for _, c := range w.containers {
		if c.kind == podstatus.Main {
			w.ensure(c, policy, next)
		}
	}
}

// settle shows a container that has ended as it ended.
func (c *container) settle() {
	if c.latest != nil {
		c.waiting = corev1.ContainerStateWaiting{}
	}
}

// ensure starts a container when it is due.
func (w *worker) ensure(c *container, policy corev1.RestartPolicy, next *soonest) {
	if c.run != nil || c.launching {
		return
	}
	if !c.again(policy) {
		c.settle()
		return
	}
	if wait := time.Until(c.retryAt); wait > 0 {
		next.add(wait)
		return
	}
	w.launch(c)
}

// ended says whether all that the pod is for is over.
func (w *worker) ended() bool {
	policy := w.pod.Spec.RestartPolicy
	if w.failReason != "" {
		return w.idle()
	}
	for _, c := range w.containers {
		if c.kind == podstatus.Init && !w.inits && c.run == nil && !c.launching && c.latest != nil && c.latest.ExitCode != 0 && !c.again(policy) {
			return true
		}
	}
	for _, c := range w.containers {
		if c.kind == podstatus.Main && (c.run != nil || c.launching || c.again(policy)) {
			return false
		}
	}
	return true
}

package node

import (
	"context"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"paddock.dev/internal/cluster/network"
	"paddock.dev/internal/cluster/node/podstatus"
	"paddock.dev/internal/cluster/node/volume"
)

// worker runs one incarnation of a pod. Its fields below "loop" belong to the
// goroutine of run; what takes long is done elsewhere and comes back through
// events as a function.
type worker struct {
	a         *Agent
	namespace string
	name      string
	uid       types.UID
	logger    *slog.Logger

	mu       sync.Mutex
	latest   *corev1.Pod
	gone     bool // deleted from the API
	services bool // changed since the last look

	wake   chan struct{}
	events chan func()
	view   atomic.Pointer[view]

	// loop
	pod        *corev1.Pod
	sent       *corev1.PodStatus // what was last written
	address    network.Address
	volumes    *volume.Set
	prepared   bool
	refresh    time.Time // when volumes are looked at again
	retry      backoff   // of preparing and of reporting
	retryAt    time.Time
	start      metav1.Time
	inits      bool // the init containers are done
	failReason string
	failText   string
	containers []*container
	tasks      sync.WaitGroup
	busy       int
	hurry      context.Context // done when there is no time left for manners
	rush       context.CancelFunc
	launching  context.Context // done when nothing is to be started any more
	halt       context.CancelFunc
	removed    bool // the API was told that the pod has ended
}

func newWorker(a *Agent, pod *corev1.Pod) *worker {
	return &worker{
		a: a, namespace: pod.Namespace, name: pod.Name, uid: pod.UID,
		logger: a.logger.With("namespace", pod.Namespace, "pod", pod.Name),
		wake:   make(chan struct{}, 1), events: make(chan func()),
	}
}

func (w *worker) ref() network.PodRef {
	return network.PodRef{Namespace: w.namespace, Name: w.name, UID: w.uid}
}

// see hands over a newer pod; leave says that it is not in the API any more.
func (w *worker) see(pod *corev1.Pod) {
	w.mu.Lock()
	w.latest = pod
	w.mu.Unlock()
	w.nudge()
}

func (w *worker) leave() {
	w.mu.Lock()
	w.gone = true
	w.mu.Unlock()
	w.nudge()
}

func (w *worker) serviceChanged() {
	w.mu.Lock()
	w.services = true
	w.mu.Unlock()
	w.nudge()
}

func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run looks and acts until the pod is gone or ctx is done, and then until
// nothing of it runs.
func (w *worker) run(ctx context.Context) {
	w.hurry, w.rush = context.WithCancel(ctx)
	w.launching, w.halt = context.WithCancel(ctx)
	defer w.rush()
	defer w.halt()
	defer w.tasks.Wait()
	stopping := ctx.Done()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		gone := w.take()
		if w.pod != nil {
			if gone {
				w.halt()
				w.rush()
			}
			var next time.Duration
			if gone || ctx.Err() != nil {
				w.stopAll(0)
				if w.idle() {
					break
				}
			} else {
				next = w.sync(ctx)
			}
			w.show()
			timer.Stop()
			if next > 0 {
				timer.Reset(next)
			}
		}
		select {
		case f := <-w.events:
			f()
		case <-w.wake:
		case <-timer.C:
		case <-stopping:
			stopping = nil
		}
	}
	if w.isGone() {
		if err := w.a.remove(ctx, w.ref()); err != nil {
			w.logger.Warn("what a deleted pod left", "error", err)
		}
	}
}

func (w *worker) isGone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gone
}

// take looks at what others handed over.
func (w *worker) take() (gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.services {
		w.services = false
		for _, c := range w.containers {
			if c.awaitsService {
				c.retryAt = time.Time{}
			}
		}
	}
	if w.latest != nil {
		w.adopt(w.latest)
		w.latest = nil
	}
	return w.gone
}

// adopt takes a pod from the API unless what we have is newer. The first one
// says what has happened before.
func (w *worker) adopt(pod *corev1.Pod) {
	if w.pod != nil {
		if newer(pod, w.pod) {
			w.pod = pod
		}
		return
	}
	w.pod = pod
	w.start = metav1.NewTime(time.Now()).Rfc3339Copy()
	if pod.Status.StartTime != nil {
		w.start = *pod.Status.StartTime
	}
	w.volumes = volume.NewSet(filepath.Join(w.a.podDir(w.uid), "volumes"))
	for i := range pod.Spec.InitContainers {
		spec := &pod.Spec.InitContainers[i]
		kind := podstatus.Init
		if spec.RestartPolicy != nil && *spec.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			kind = podstatus.Sidecar
		}
		w.containers = append(w.containers, recall(spec, kind, pod.Status.InitContainerStatuses))
	}
	for i := range pod.Spec.Containers {
		w.containers = append(w.containers, recall(&pod.Spec.Containers[i], podstatus.Main, pod.Status.ContainerStatuses))
	}
}

func newer(a, b *corev1.Pod) bool {
	va, err1 := strconv.ParseUint(a.ResourceVersion, 10, 64)
	vb, err2 := strconv.ParseUint(b.ResourceVersion, 10, 64)
	return err1 != nil || err2 != nil || va > vb
}

// later runs a task beside the loop and its result inside of it.
func (w *worker) later(task func() func()) {
	w.busy++
	w.tasks.Go(func() {
		f := task()
		w.events <- func() { w.busy--; f() }
	})
}

// idle says that nothing of the pod runs or is about to.
func (w *worker) idle() bool {
	if w.busy > 0 {
		return false
	}
	for _, c := range w.containers {
		if c.run != nil {
			return false
		}
	}
	return true
}

func final(p corev1.PodPhase) bool { return p == corev1.PodSucceeded || p == corev1.PodFailed }

// sync takes the next step and says when to look again if nothing happens; 0
// is never.
func (w *worker) sync(ctx context.Context) time.Duration {
	deleting := w.pod.DeletionTimestamp != nil
	if final(w.pod.Status.Phase) && w.idle() {
		if deleting {
			return w.end(ctx)
		}
		return 0
	}
	var next soonest
	switch {
	case deleting:
		w.halt()
		// Not ready before anything is told to stop, so that nobody is still
		// sending requests by then.
		next.add(w.report(ctx, false))
		w.stopAll(w.grace())
		if w.idle() {
			next = soonest{}
			if wait := w.report(ctx, true); wait > 0 {
				return wait
			}
			return w.end(ctx)
		}
		return next.d
	case w.overdue(&next):
		w.halt()
		w.stopAll(w.grace())
	default:
		if wait := w.prepare(ctx); wait > 0 {
			next.add(wait)
			break
		}
		w.advance(&next)
	}
	next.add(w.report(ctx, w.ended()))
	return next.d
}

// soonest is the earliest of some moments from now.
type soonest struct{ d time.Duration }

func (s *soonest) add(d time.Duration) {
	if d > 0 && (s.d == 0 || d < s.d) {
		s.d = d
	}
}

// grace is how long the pod may take to stop.
func (w *worker) grace() time.Duration {
	seconds := w.pod.Spec.TerminationGracePeriodSeconds
	if w.pod.DeletionGracePeriodSeconds != nil {
		seconds = w.pod.DeletionGracePeriodSeconds
	}
	if seconds == nil {
		return 30 * time.Second
	}
	return time.Duration(*seconds) * time.Second
}

// overdue says whether the pod has run longer than it may.
func (w *worker) overdue(next *soonest) bool {
	if w.failReason != "" {
		return true
	}
	limit := w.pod.Spec.ActiveDeadlineSeconds
	if limit == nil {
		return false
	}
	left := time.Until(w.start.Add(time.Duration(*limit) * time.Second))
	if left > 0 {
		next.add(left)
		return false
	}
	w.failReason = "DeadlineExceeded"
	w.failText = "Pod was active on the node longer than the specified deadline"
	w.event(corev1.EventTypeNormal, w.failReason, w.failText)
	return true
}

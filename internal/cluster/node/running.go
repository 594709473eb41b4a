package node

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"paddock.dev/internal/cluster/node/podstatus"
	"paddock.dev/internal/cluster/node/probe"
	"paddock.dev/internal/cluster/runtime"
)

// begin watches a run: its end, its hook after the start, and its probes.
func (w *worker) begin(c *container, l launched) {
	watching, cancel := context.WithCancel(context.Background())
	r := &run{c: l.c, began: l.began, cancel: cancel}
	c.run = r
	w.later(func() func() {
		<-r.c.Done()
		return func() { w.exited(c, r) }
	})
	if w.launching.Err() != nil { // deleted meanwhile; the next look stops it
		return
	}
	hook := c.spec.Lifecycle
	if hook == nil || hook.PostStart == nil {
		w.watchHealth(watching, c, r)
		return
	}
	target := w.target(c, r)
	w.later(func() func() {
		err := w.a.prober.Hook(watching, hook.PostStart, target)
		return func() {
			switch {
			case c.run != r || watching.Err() != nil:
			case err != nil:
				w.eventOf(c, corev1.EventTypeWarning, "FailedPostStartHook", "PostStartHook failed: "+err.Error())
				w.stop(c, w.grace(), "FailedPostStartHook")
			default:
				w.watchHealth(watching, c, r)
			}
		}
	})
}

func (w *worker) target(c *container, r *run) probe.Target {
	return probe.Target{Address: w.address.Bind, Ports: c.spec.Ports, Exec: r.c.Exec}
}

// watchHealth runs the startup probe, and after it the others.
func (w *worker) watchHealth(ctx context.Context, c *container, r *run) {
	if c.spec.StartupProbe != nil {
		w.probe(ctx, c, r, probe.Startup, c.spec.StartupProbe)
		return
	}
	w.up(ctx, c, r)
}

// up is when a container counts as started.
func (w *worker) up(ctx context.Context, c *container, r *run) {
	r.started = true
	r.ready = c.spec.ReadinessProbe == nil
	if p := c.spec.ReadinessProbe; p != nil {
		w.probe(ctx, c, r, probe.Readiness, p)
	}
	if p := c.spec.LivenessProbe; p != nil {
		w.probe(ctx, c, r, probe.Liveness, p)
	}
}

// probe asks beside the loop until the run ends; answers come into the loop.
func (w *worker) probe(ctx context.Context, c *container, r *run, kind probe.Kind, p *corev1.Probe) {
	target := w.target(c, r)
	w.later(func() func() {
		probe.Run(ctx, kind, p,
			func(ctx context.Context) error { return w.a.prober.Ask(ctx, p.ProbeHandler, target) },
			func(result probe.Result) {
				select {
				case w.events <- func() { w.probed(ctx, c, r, p, result) }:
				case <-ctx.Done():
				}
			})
		return func() {}
	})
}

// probed acts on the answer of a probe.
func (w *worker) probed(ctx context.Context, c *container, r *run, p *corev1.Probe, result probe.Result) {
	if c.run != r || ctx.Err() != nil || r.stopping {
		return
	}
	if result.Err != nil {
		w.eventOf(c, corev1.EventTypeWarning, "Unhealthy", fmt.Sprintf("%s probe failed: %v", result.Kind, result.Err))
	}
	if !result.Decided {
		return
	}
	switch {
	case result.Kind == probe.Readiness:
		r.ready = result.OK
	case result.Kind == probe.Startup && result.OK:
		w.up(ctx, c, r)
	case !result.OK:
		grace := w.grace()
		if p.TerminationGracePeriodSeconds != nil {
			grace = time.Duration(*p.TerminationGracePeriodSeconds) * time.Second
		}
		w.stop(c, grace, fmt.Sprintf("Container %s failed %s probe", c.spec.Name, kindText(result.Kind)))
	}
}

func kindText(k probe.Kind) string {
	if k == probe.Startup {
		return "startup"
	}
	return "liveness"
}

// exited takes in the end of a run.
func (w *worker) exited(c *container, r *run) {
	r.cancel()
	if c.run != r {
		return
	}
	exit := r.c.Exit()
	c.run = nil
	reason := "Completed"
	if exit.Code != 0 {
		reason = "Error"
	}
	if exit.Err != nil {
		w.logger.Warn("after the end of a container", "container", c.spec.Name, "error", exit.Err)
	}
	ended := &corev1.ContainerStateTerminated{
		ExitCode: int32(exit.Code), Reason: reason, ContainerID: containerID(r.c.ID()),
		StartedAt: metav1.NewTime(r.began).Rfc3339Copy(), FinishedAt: metav1.NewTime(exit.At).Rfc3339Copy(),
	}
	if exit.Code != 0 && c.spec.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
		ended.Message = lastWords(w.logFile(c.spec.Name, c.attempt))
	}
	w.over(c, exit.At.Sub(r.began), ended)
}

// over notes how a run ended, and when the next may begin.
func (w *worker) over(c *container, ran time.Duration, ended *corev1.ContainerStateTerminated) {
	c.previous, c.latest = c.latest, ended
	c.waiting = corev1.ContainerStateWaiting{}
	c.retryAt = time.Time{}
	if w.launching.Err() != nil || !c.again(w.pod.Spec.RestartPolicy) {
		return
	}
	if c.kind == podstatus.Init && w.inits {
		return
	}
	if pause := c.crashes.after(ran); pause > 0 {
		c.retryAt = time.Now().Add(pause)
		c.waiting = corev1.ContainerStateWaiting{
			Reason:  reasonCrash,
			Message: fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)", pause, c.spec.Name, w.name, w.namespace, w.uid),
		}
		w.eventOf(c, corev1.EventTypeWarning, "BackOff", fmt.Sprintf("Back-off %s restarting failed container %s", pause, c.spec.Name))
	}
}

// stopAll stops all containers that run: sidecars after the others.
func (w *worker) stopAll(grace time.Duration) {
	mains := false
	for _, c := range w.containers {
		if c.kind != podstatus.Sidecar && c.run != nil {
			mains = true
			w.stop(c, grace, "Stopping container "+c.spec.Name)
		}
	}
	if mains && w.hurry.Err() == nil {
		return
	}
	for _, c := range w.containers {
		if c.run != nil {
			w.stop(c, grace, "Stopping container "+c.spec.Name)
		}
	}
}

// leastGrace is what a container gets to stop after its hook, and when there is
// no time left.
const leastGrace = 2 * time.Second

// stop ends a run beside the loop: the hook, then the polite signal, then the
// other one. Its end comes into the loop as every end does.
func (w *worker) stop(c *container, grace time.Duration, why string) {
	r := c.run
	if r == nil || r.stopping {
		return
	}
	r.stopping = true
	r.cancel() // of the probes
	if w.hurry.Err() == nil {
		w.eventOf(c, corev1.EventTypeNormal, "Killing", why)
	}
	var hook *corev1.LifecycleHandler
	if c.spec.Lifecycle != nil {
		hook = c.spec.Lifecycle.PreStop
	}
	target, hurry := w.target(c, r), w.hurry
	w.later(func() func() {
		var failed error
		deadline := time.Now().Add(grace)
		if hook != nil && grace > 0 {
			hooking, cancel := context.WithDeadline(hurry, deadline)
			failed = w.a.prober.Hook(hooking, hook, target)
			cancel()
		}
		halt(hurry, r.c, max(time.Until(deadline), leastGrace))
		return func() {
			if failed != nil && hurry.Err() == nil {
				w.eventOf(c, corev1.EventTypeWarning, "FailedPreStopHook", "PreStopHook failed: "+failed.Error())
			}
		}
	})
}

// halt is runtime.Stop for the impatient: from the moment when hurry is done
// only the least grace is left.
func halt(hurry context.Context, c runtime.Container, grace time.Duration) {
	if hurry.Err() != nil {
		grace = min(grace, leastGrace)
	}
	stopped := make(chan struct{})
	go func() { runtime.Stop(c, grace); close(stopped) }()
	select {
	case <-stopped:
		return
	case <-hurry.Done():
	}
	timer := time.NewTimer(leastGrace)
	defer timer.Stop()
	select {
	case <-stopped:
	case <-timer.C:
		_ = c.Kill()
		<-stopped
	}
}

// token asks for a token of the pod's service account, bound to the pod.
func (w *worker) token(ctx context.Context, audience string, seconds int64) (string, time.Time, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &seconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: w.name, UID: w.uid},
	}}
	if audience != "" {
		request.Spec.Audiences = []string{audience}
	}
	answer, err := whenRelated(ctx, func() (*authenticationv1.TokenRequest, error) {
		return w.a.cfg.Client.CoreV1().ServiceAccounts(w.namespace).CreateToken(ctx, w.pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("token of service account %s: %w", w.pod.Spec.ServiceAccountName, err)
	}
	return answer.Status.Token, answer.Status.ExpirationTimestamp.Time, nil
}

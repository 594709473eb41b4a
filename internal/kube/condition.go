package kube

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// DeploymentReady reports whether every replica of the Deployment's current
// template is available, and how many are.
func DeploymentReady(d *appsv1.Deployment) (ready bool, state string) {
	want := int32(1)
	if d.Spec.Replicas != nil {
		want = *d.Spec.Replicas
	}
	have := min(d.Status.UpdatedReplicas, d.Status.AvailableReplicas, d.Status.ReadyReplicas)
	state = fmt.Sprintf("%d of %d pods are ready", min(have, want), want)
	return d.Status.ObservedGeneration >= d.Generation && have >= want, state
}

// DeploymentStalled says why the Deployment made no progress within its
// deadline, or nothing.
func DeploymentStalled(d *appsv1.Deployment) string {
	if d.Status.ObservedGeneration < d.Generation {
		return ""
	}
	for _, c := range d.Status.Conditions {
		switch {
		case c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse && c.Reason == "ProgressDeadlineExceeded":
			_, state := DeploymentReady(d)
			return state + " at the end of the progress deadline"
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			return "pods cannot be created: " + c.Message
		}
	}
	return ""
}

// PodFailure says why a container of the pod cannot run, or nothing. States
// that often heal on their own within a second are not failures.
func PodFailure(p *corev1.Pod) string {
	if p.DeletionTimestamp != nil {
		return ""
	}
	for _, s := range append(p.Status.InitContainerStatuses, p.Status.ContainerStatuses...) {
		w := s.State.Waiting
		if w == nil {
			continue
		}
		switch w.Reason {
		case "CrashLoopBackOff":
			return "container " + s.Name + " " + ended(s)
		case "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
			return sentence("image "+s.Image+" cannot be pulled", w.Message)
		case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
			return sentence("container "+s.Name+" cannot be started ("+w.Reason+")", w.Message)
		}
	}
	return ""
}

// ended describes the last end of a container that ends again and again.
func ended(s corev1.ContainerStatus) string {
	t := s.LastTerminationState.Terminated
	if t == nil {
		return sentence("keeps ending", s.State.Waiting.Message)
	}
	how := fmt.Sprintf("ended with exit code %d", t.ExitCode)
	if t.Signal != 0 {
		how = fmt.Sprintf("was ended by signal %d", t.Signal)
	}
	if t.Reason == "OOMKilled" {
		how = "was ended for using more memory than its limit"
	}
	if s.RestartCount > 0 {
		how += fmt.Sprintf(" (%d restarts)", s.RestartCount)
	}
	return sentence(how, lastLine(t.Message))
}

func sentence(what, detail string) string {
	if detail = strings.TrimSpace(detail); detail == "" {
		return what
	}
	return what + ": " + detail
}

// lastLine of a program's last words is usually the one that says why.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	const most = 300
	last := strings.TrimSpace(lines[len(lines)-1])
	if len(last) > most {
		last = strings.ToValidUTF8(last[:most], "") + "..."
	}
	return last
}

// RouteConfirmed reports whether every parent of the route has accepted it as
// it is now, and can reach what it refers to.
func RouteConfirmed(r *gatewayv1.HTTPRoute) bool {
	accepted := 0
	for _, parent := range r.Status.Parents {
		if current(parent.Conditions, string(gatewayv1.RouteConditionAccepted), r.Generation) &&
			!meta.IsStatusConditionFalse(parent.Conditions, string(gatewayv1.RouteConditionResolvedRefs)) {
			accepted++
		}
	}
	return accepted > 0 && accepted >= len(r.Spec.ParentRefs)
}

func current(conditions []metav1.Condition, kind string, generation int64) bool {
	c := meta.FindStatusCondition(conditions, kind)
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration >= generation
}

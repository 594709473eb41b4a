package podstatus

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// container reads "kind:state" such as "main:running", "init:exit0",
// "sidecar:started", "main:ready", "main:crashloop".
func container(text string) Container {
	kind, state, _ := strings.Cut(text, ":")
	c := Container{Kind: map[string]Kind{"main": Main, "init": Init, "sidecar": Sidecar}[kind]}
	c.Status.Name = kind
	yes := true
	ended := func(code int32) *corev1.ContainerStateTerminated {
		return &corev1.ContainerStateTerminated{ExitCode: code}
	}
	switch state {
	case "waiting":
		c.Status.State.Waiting = &corev1.ContainerStateWaiting{}
	case "running":
		c.Status.State.Running = &corev1.ContainerStateRunning{}
	case "ready", "started":
		c.Status.State.Running = &corev1.ContainerStateRunning{}
		c.Status.Ready, c.Status.Started = true, &yes
	case "exit0":
		c.Status.State.Terminated = ended(0)
	case "exit1":
		c.Status.State.Terminated = ended(1)
	case "crashloop":
		c.Status.State.Waiting = &corev1.ContainerStateWaiting{}
		c.Status.LastTerminationState.Terminated = ended(1)
	}
	return c
}

func TestCompute(t *testing.T) {
	const always, onFailure, never = corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever
	for _, c := range []struct {
		policy     corev1.RestartPolicy
		containers string
		ended      bool
		deleting   bool
		want       string // phase and the true conditions
	}{
		{always, "main:waiting", false, false, "Pending start init"},
		{always, "init:running main:waiting", false, false, "Pending start"},
		{always, "init:exit1 main:waiting", false, false, "Pending start"},
		{never, "init:exit1 main:waiting", false, false, "Failed"},
		{always, "init:exit0 main:running", false, false, "Running start init"},
		{always, "init:exit0 main:ready", false, false, "Running start init containers ready"},
		{always, "init:exit0 main:ready", false, true, "Running start init containers"},
		{always, "main:ready main:running", false, false, "Running start init"},
		{always, "main:crashloop", false, false, "Running start init"},
		{always, "main:ready main:crashloop", false, false, "Running start init"},
		{always, "main:exit1", false, false, "Running start init"},
		{onFailure, "main:exit1", false, false, "Running start init"},
		{onFailure, "main:exit0", true, false, "Succeeded init"},
		{never, "main:exit0", true, false, "Succeeded init"},
		{never, "main:exit1", true, false, "Failed init"},
		{never, "main:exit0 main:running", false, false, "Running start init"},
		{always, "main:exit0", true, true, "Succeeded init"},
		{always, "main:exit1", true, true, "Failed init"},
		{always, "main:waiting", true, true, "Failed init"},
		{always, "sidecar:started main:ready", false, false, "Running start init containers ready"},
		{always, "sidecar:running main:waiting", false, false, "Pending start"},
		{always, "sidecar:crashloop main:ready", false, false, "Running start"},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{RestartPolicy: c.policy}}
		o := Observed{Prepared: true, Ended: c.ended, Deleting: c.deleting}
		for _, text := range strings.Fields(c.containers) {
			o.Containers = append(o.Containers, container(text))
		}
		s := Compute(pod, o, metav1.Now())
		got := string(s.Phase)
		for _, condition := range s.Conditions {
			if condition.Status == corev1.ConditionTrue {
				got += " " + map[corev1.PodConditionType]string{
					corev1.PodReadyToStartContainers: "start", corev1.PodInitialized: "init",
					corev1.ContainersReady: "containers", corev1.PodReady: "ready",
				}[condition.Type]
			}
		}
		if want := strings.Replace(c.want, "containers ready", "ready containers", 1); got != want {
			t.Errorf("%s %s: got %q want %q", c.policy, c.containers, got, want)
		}
	}
}

func TestConditionsKeepWhatDidNotChange(t *testing.T) {
	then := metav1.NewTime(time.Unix(1000, 0))
	now := metav1.NewTime(time.Unix(2000, 0))
	pod := &corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: then},
		{Type: corev1.PodInitialized, Status: corev1.ConditionTrue, LastTransitionTime: then},
		{Type: corev1.PodReady, Status: corev1.ConditionFalse, LastTransitionTime: then},
		{Type: "gate", Status: corev1.ConditionFalse, LastTransitionTime: then},
	}}}
	o := Observed{Containers: []Container{container("main:ready")}, PodIP: "10.1.1.1", HostIP: "127.0.0.1"}
	s := Compute(pod, o, now)
	for kind, want := range map[corev1.PodConditionType]metav1.Time{corev1.PodScheduled: then, corev1.PodInitialized: then, corev1.PodReady: now, "gate": then} {
		if got := find(s.Conditions, kind); !got.LastTransitionTime.Equal(&want) {
			t.Errorf("%s changed at %v", kind, got.LastTransitionTime)
		}
	}
	pod.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "gate"}}
	if got := find(Compute(pod, o, now).Conditions, corev1.PodReady); got.Status != corev1.ConditionFalse || got.Reason != "ReadinessGatesNotReady" {
		t.Errorf("with a gate: %+v", got)
	}
	if s.PodIPs[0].IP != "10.1.1.1" || s.HostIPs[0].IP != "127.0.0.1" {
		t.Errorf("%+v", s)
	}
}

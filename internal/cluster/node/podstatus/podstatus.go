// Package podstatus computes the status of a pod from what its node sees:
// phase, conditions and container statuses, by the rules of the kubelet. It is
// a function of its arguments.
package podstatus

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kind is what a container is for.
type Kind int

const (
	Main    Kind = iota
	Init         // runs to its end before the next one starts
	Sidecar      // an init container that stays
)

// Container is what the node sees of one container.
type Container struct {
	Kind   Kind
	Status corev1.ContainerStatus
}

// done says whether an init container lets the next one start.
func (c Container) done() bool {
	if c.Kind == Sidecar {
		return c.Status.Started != nil && *c.Status.Started
	}
	return c.Status.State.Terminated != nil && c.Status.State.Terminated.ExitCode == 0
}

// Observed is what the node sees of a pod.
type Observed struct {
	Containers []Container
	PodIP      string
	HostIP     string
	Prepared   bool // it has its address and its volumes
	Start      metav1.Time
	Deleting   bool // it will not come back
	Ended      bool // nothing runs, and nothing will be started again

	// FailReason and FailMessage are set when the node itself ended the pod.
	FailReason, FailMessage string
}

// Compute is the status to report. Conditions of others, and the times of those
// that did not change, are kept from the pod.
func Compute(pod *corev1.Pod, o Observed, now metav1.Time) corev1.PodStatus {
	old := pod.Status
	s := *old.DeepCopy()
	s.ObservedGeneration = pod.Generation
	s.Phase = phase(pod.Spec.RestartPolicy, o)
	s.HostIP, s.PodIP = o.HostIP, o.PodIP
	s.HostIPs, s.PodIPs = nil, nil
	s.StartTime = &o.Start
	s.Reason, s.Message = o.FailReason, o.FailMessage
	s.ContainerStatuses, s.InitContainerStatuses = nil, nil
	if o.HostIP != "" {
		s.HostIPs = []corev1.HostIP{{IP: o.HostIP}}
	}
	if o.PodIP != "" {
		s.PodIPs = []corev1.PodIP{{IP: o.PodIP}}
	}
	if old.Phase == corev1.PodSucceeded || old.Phase == corev1.PodFailed {
		s.Phase = old.Phase // final
		if o.FailReason == "" {
			s.Reason, s.Message = old.Reason, old.Message
		}
	}
	for _, c := range o.Containers {
		if c.Kind == Main {
			s.ContainerStatuses = append(s.ContainerStatuses, c.Status)
		} else {
			s.InitContainerStatuses = append(s.InitContainerStatuses, c.Status)
		}
	}
	s.Conditions = conditions(pod, s.Phase, o, now)
	return s
}

func phase(policy corev1.RestartPolicy, o Observed) corev1.PodPhase {
	if o.FailReason != "" && o.Ended {
		return corev1.PodFailed
	}
	var waiting, running, stopped, succeeded, initializing int
	for _, c := range o.Containers {
		st := c.Status
		if c.Kind != Main {
			if c.done() {
				continue
			}
			if c.Kind == Init && st.State.Terminated != nil && policy == corev1.RestartPolicyNever {
				return corev1.PodFailed
			}
			initializing++
			continue
		}
		switch {
		case st.State.Running != nil:
			running++
		case st.State.Terminated != nil:
			stopped++
			if st.State.Terminated.ExitCode == 0 {
				succeeded++
			}
		case st.LastTerminationState.Terminated != nil:
			stopped++
		default:
			waiting++
		}
	}
	switch {
	case o.Ended && waiting+running == 0 && stopped == succeeded && stopped > 0:
		return corev1.PodSucceeded
	case o.Ended:
		return corev1.PodFailed
	// A sidecar that is starting again must not make a running pod pending.
	case initializing > 0 && running+stopped == 0:
		return corev1.PodPending
	case waiting > 0:
		return corev1.PodPending
	case running > 0 || policy == corev1.RestartPolicyAlways:
		return corev1.PodRunning
	case stopped == succeeded:
		return corev1.PodSucceeded
	case policy == corev1.RestartPolicyNever:
		return corev1.PodFailed
	}
	return corev1.PodRunning
}

// owned are the conditions that the node decides.
var owned = []corev1.PodConditionType{
	corev1.PodReadyToStartContainers, corev1.PodInitialized, corev1.PodReady, corev1.ContainersReady,
}

func conditions(pod *corev1.Pod, phase corev1.PodPhase, o Observed, now metav1.Time) []corev1.PodCondition {
	var uninitialized, unready []string
	for _, c := range o.Containers {
		switch c.Kind {
		case Init:
			if !c.done() {
				uninitialized = append(uninitialized, c.Status.Name)
			}
			continue
		case Sidecar:
			if !c.done() {
				uninitialized = append(uninitialized, c.Status.Name)
			}
		}
		if !c.Status.Ready {
			unready = append(unready, c.Status.Name)
		}
	}
	final := phase == corev1.PodSucceeded || phase == corev1.PodFailed

	want := map[corev1.PodConditionType]corev1.PodCondition{
		corev1.PodReadyToStartContainers: condition(o.Prepared && !o.Ended && !final, "", ""),
		corev1.PodInitialized:            condition(len(uninitialized) == 0, "ContainersNotInitialized", list("containers with incomplete status: ", uninitialized)),
	}
	if phase == corev1.PodSucceeded {
		c := condition(true, "PodCompleted", "")
		c.Reason = "PodCompleted"
		want[corev1.PodInitialized] = c
	}
	ready := condition(len(unready) == 0, "ContainersNotReady", list("containers with unready status: ", unready))
	switch phase {
	case corev1.PodSucceeded:
		ready = condition(false, "PodCompleted", "")
	case corev1.PodFailed:
		ready = condition(false, "PodFailed", "")
	}
	want[corev1.ContainersReady] = ready
	if ready.Status == corev1.ConditionTrue {
		for _, gate := range pod.Spec.ReadinessGates {
			if find(pod.Status.Conditions, gate.ConditionType).Status != corev1.ConditionTrue {
				ready = condition(false, "ReadinessGatesNotReady", "the readiness gate "+string(gate.ConditionType)+" is not met")
				break
			}
		}
		if o.Deleting {
			// Out of the endpoints before anything is told to stop.
			ready = condition(false, "PodTerminating", "the pod is being deleted")
		}
	}
	want[corev1.PodReady] = ready

	var all []corev1.PodCondition
	for _, kind := range owned {
		c, before := want[kind], find(pod.Status.Conditions, kind)
		c.Type, c.LastTransitionTime, c.ObservedGeneration = kind, now, pod.Generation
		if before.Status == c.Status {
			c.LastTransitionTime, c.LastProbeTime = before.LastTransitionTime, before.LastProbeTime
		}
		all = append(all, c)
	}
	for _, c := range pod.Status.Conditions {
		if _, ours := want[c.Type]; !ours {
			all = append(all, c)
		}
	}
	return all
}

func condition(ok bool, reason, message string) corev1.PodCondition {
	if ok {
		return corev1.PodCondition{Status: corev1.ConditionTrue}
	}
	return corev1.PodCondition{Status: corev1.ConditionFalse, Reason: reason, Message: message}
}

func find(all []corev1.PodCondition, kind corev1.PodConditionType) corev1.PodCondition {
	for _, c := range all {
		if c.Type == kind {
			return c
		}
	}
	return corev1.PodCondition{}
}

// list is what kubectl describe shows: containers with unready status: [a b].
func list(prefix string, names []string) string {
	text := prefix + "["
	for i, n := range names {
		if i > 0 {
			text += " "
		}
		text += n
	}
	return text + "]"
}

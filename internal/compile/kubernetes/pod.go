package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// user is who programs run as: the one that the images without a shell call
// nonroot. No user of a node has the same number.
const user int64 = 65532

// podSecurity is what a pod may do: nothing that needs a privilege.
func podSecurity() *corev1.PodSecurityContext {
	yes, id := true, user
	return &corev1.PodSecurityContext{
		RunAsNonRoot:   &yes,
		RunAsUser:      &id,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// containerSecurity closes what Pod Security leaves open: the image's own files
// cannot be changed either.
func containerSecurity() *corev1.SecurityContext {
	yes, no := true, false
	return &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no,
		ReadOnlyRootFilesystem:   &yes,
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// probe asks over HTTP when there is a path, else for a TCP connection.
func probe(scheme corev1.URIScheme, port, path string, period, failures int32) *corev1.Probe {
	p := &corev1.Probe{PeriodSeconds: period, FailureThreshold: failures, TimeoutSeconds: 2}
	target := intstr.FromString(port)
	if path == "" {
		p.TCPSocket = &corev1.TCPSocketAction{Port: target}
	} else {
		p.HTTPGet = &corev1.HTTPGetAction{Path: path, Port: target, Scheme: scheme}
	}
	return p
}

// drain waits before the program is told to stop.
func drain(t target) *corev1.Lifecycle {
	return &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: t.drainSeconds}}}
}

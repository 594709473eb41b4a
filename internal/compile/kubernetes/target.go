package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// target is all in which a place differs where the objects run. What is not
// named here is the same on one machine and on AWS.
type target struct {
	// podSecurity is the standard that a namespace of services enforces
	// ("Pod Security Standards", Kubernetes documentation).
	podSecurity string
	// scheme in which pods are asked. On one machine the gateway ends TLS and
	// stands in the same memory; on AWS a call crosses networks, so TLS ends in
	// the pod.
	scheme corev1.URIScheme
	// drainSeconds is the pause between the moment when a pod stops being an
	// endpoint and the moment when it is told to stop: long enough for every
	// load balancer to have noticed.
	drainSeconds int64
	// graceSeconds bounds draining and stopping together.
	graceSeconds int64
	// progressSeconds is how long a new set of pods may take to become available.
	progressSeconds int32
	// surge is how many pods more than needed there may be during a release.
	surge intstr.IntOrString
	// serviceLinks puts the addresses of all services into the environment of
	// pods. On AWS addresses are names, and come from a ConfigMap.
	serviceLinks bool
	// quotaPercent is the room for services at their largest. One machine runs
	// releases side by side, as sets; on AWS a release replaces the one before,
	// with a quarter more pods for a while.
	quotaPercent int64
	// requestsCPU and requestsMemory are what a container asks for that says
	// nothing, limitMemory what it may take.
	requestsCPU, requestsMemory, limitMemory string
}

// pilotReplicas of a service run in the region that waits: enough to know that
// it starts. The autoscaler finds the rest when requests come.
const pilotReplicas = 1

var (
	oneMachine = target{
		podSecurity:  "baseline",
		scheme:       corev1.URISchemeHTTP,
		drainSeconds: 2, graceSeconds: 30, progressSeconds: 60,
		surge:        intstr.FromInt32(1),
		serviceLinks: true,
		quotaPercent: setsAtOnce * 100,
		requestsCPU:  "50m", requestsMemory: "32Mi", limitMemory: "256Mi",
	}
	onAWS = target{
		podSecurity: "restricted",
		scheme:      corev1.URISchemeHTTPS,
		// Target groups let go after 30 s (module service-balancer), then the
		// program has as long again for what is under way.
		drainSeconds: 35, graceSeconds: 75, progressSeconds: 600,
		surge:        intstr.FromString("25%"),
		quotaPercent: 125,
		requestsCPU:  "50m", requestsMemory: "64Mi", limitMemory: "256Mi",
	}
)

package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/model"
)

// setsAtOnce is how many sets of a service may run side by side: the current
// one, the one that arrives, and the one kept warm for the way back.
const setsAtOnce = 3

// Environment is what a namespace has before any service runs in it: the
// namespace, a quota and defaults for what asks for nothing, and policies that
// deny all traffic which no edge of the platform allows.
func Environment(p *model.Platform, env model.Environment) []client.Object {
	labels := environmentLabels(p, env.Name)
	namespace := environmentLabels(p, env.Name)
	namespace["pod-security.kubernetes.io/enforce"] = oneMachine.podSecurity
	namespace["paddock.dev/stage"] = string(env.Stage)
	return []client.Object{
		&corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: meta("", env.Name, namespace),
		},
		quota(oneMachine, env.Name, env.Services, labels),
		limits(oneMachine, env.Name, labels),
		defaultDeny(env.Name, labels),
		allowDNS(env.Name, labels),
	}
}

// limits are for containers that say nothing.
func limits(t target, namespace string, labels map[string]string) *corev1.LimitRange {
	return &corev1.LimitRange{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"},
		ObjectMeta: meta(namespace, "defaults", labels),
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer,
			DefaultRequest: corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse(t.requestsCPU),
				corev1.ResourceMemory: resource.MustParse(t.requestsMemory),
			},
			Default: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(t.limitMemory)},
		}}},
	}
}

// defaultDeny selects every pod of a namespace and allows nothing.
func defaultDeny(namespace string, labels map[string]string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: meta(namespace, "default-deny", labels),
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		},
	}
}

// allowDNS lets every pod of a namespace ask for names.
func allowDNS(namespace string, labels map[string]string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: meta(namespace, "allow-dns", labels),
		Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
			Egress: []networkingv1.NetworkPolicyEgressRule{{
				To: []networkingv1.NetworkPolicyPeer{{
					NamespaceSelector: inNamespace("kube-system"),
					PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}},
				}},
				Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolUDP, 53), port(corev1.ProtocolTCP, 53)},
			}},
		},
	}
}

// quota leaves room for all services at their largest, with what a target needs
// during a release, and for some hand-made pods.
func quota(t target, namespace string, services []model.Service, labels map[string]string) *corev1.ResourceQuota {
	const spare = 10
	var replicas, cpu, memory int64
	for _, s := range services {
		n := int64(s.Scale.Max)
		replicas += n
		cpu += n * s.Size.CPUMilli
		memory += n * s.Size.MemoryBytes
	}
	room := func(n int64) int64 { return (n*t.quotaPercent + 99) / 100 }
	replicas, cpu, memory = room(replicas), room(cpu), room(memory)
	own, _ := resource.ParseQuantity(t.requestsCPU)
	ownMemory, _ := resource.ParseQuantity(t.requestsMemory)
	return &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: meta(namespace, "environment", labels),
		Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
			corev1.ResourcePods:           *resource.NewQuantity(replicas+spare, resource.DecimalSI),
			corev1.ResourceRequestsCPU:    *resource.NewMilliQuantity(cpu+spare*own.MilliValue(), resource.DecimalSI),
			corev1.ResourceRequestsMemory: *resource.NewQuantity(memory+spare*ownMemory.Value(), resource.BinarySI),
		}},
	}
}

// inNamespace selects a namespace by the label that Kubernetes itself keeps.
func inNamespace(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}
}

func port(protocol corev1.Protocol, number int) networkingv1.NetworkPolicyPort {
	n := intstr.FromInt32(int32(number))
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &n}
}

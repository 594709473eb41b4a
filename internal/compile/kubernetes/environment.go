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
	namespace["pod-security.kubernetes.io/enforce"] = "baseline"
	namespace["paddock.dev/stage"] = string(env.Stage)
	return []client.Object{
		&corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: meta("", env.Name, namespace),
		},
		quota(env, labels),
		&corev1.LimitRange{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"},
			ObjectMeta: meta(env.Name, "defaults", labels),
			Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
				Type: corev1.LimitTypeContainer,
				DefaultRequest: corev1.ResourceList{
					corev1.ResourceCPU:    resource.MustParse("50m"),
					corev1.ResourceMemory: resource.MustParse("32Mi"),
				},
				Default: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("256Mi")},
			}}},
		},
		&networkingv1.NetworkPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
			ObjectMeta: meta(env.Name, "default-deny", labels),
			Spec: networkingv1.NetworkPolicySpec{
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			},
		},
		&networkingv1.NetworkPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
			ObjectMeta: meta(env.Name, "allow-dns", labels),
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
		},
	}
}

// quota leaves room for every service at its largest, times the sets that may
// stand side by side, and for some hand-made pods.
func quota(env model.Environment, labels map[string]string) *corev1.ResourceQuota {
	const spare = 10
	var replicas, cpu, memory int64
	for _, s := range env.Services {
		n := int64(s.Scale.Max) * setsAtOnce
		replicas += n
		cpu += n * s.Size.CPUMilli
		memory += n * s.Size.MemoryBytes
	}
	return &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: meta(env.Name, "environment", labels),
		Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{
			corev1.ResourcePods:           *resource.NewQuantity(replicas+spare, resource.DecimalSI),
			corev1.ResourceRequestsCPU:    *resource.NewMilliQuantity(cpu+spare*50, resource.DecimalSI),
			corev1.ResourceRequestsMemory: *resource.NewQuantity(memory+spare*(32<<20), resource.BinarySI),
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

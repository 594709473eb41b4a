package kubernetes

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// Service is what a service has once in an environment, whatever release runs:
// its identity, the address at which others reach it, the bound on voluntary
// disruption, and who may talk to it and to whom it may talk. A worker that
// listens nowhere has no address.
func Service(p *model.Platform, env model.Environment, s model.Service) []client.Object {
	labels := serviceLabels(p, env.Name, s.Name)
	noToken := false
	unavailable := intstr.FromInt32(int32(max(1, s.Scale.Unavailable)))
	http := "http"
	objects := []client.Object{
		&corev1.ServiceAccount{
			TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
			ObjectMeta:                   meta(env.Name, s.Name, labels),
			AutomountServiceAccountToken: &noToken,
		},
		&policyv1.PodDisruptionBudget{
			TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
			ObjectMeta: meta(env.Name, s.Name, labels),
			Spec: policyv1.PodDisruptionBudgetSpec{
				MaxUnavailable: &unavailable,
				Selector:       &metav1.LabelSelector{MatchLabels: pods(s.Name)},
			},
		},
		reach(env, s, labels),
	}
	if s.Port == 0 {
		return objects
	}
	address := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: meta(env.Name, s.Name, labels),
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: pods(s.Name),
			Ports: []corev1.ServicePort{{
				Name: httpPort, Protocol: corev1.ProtocolTCP, AppProtocol: &http,
				Port: int32(s.Port), TargetPort: intstr.FromString(httpPort),
			}},
		},
	}
	return slices.Insert(objects, 1, client.Object(address))
}

// reach is the network policy that follows from the edges: in from the gateway
// and from the services that use this one, out to the services that it uses.
func reach(env model.Environment, s model.Service, labels map[string]string) *networkingv1.NetworkPolicy {
	// The gateway carries the calls between services too (it shares them among
	// the sets), so it may always come in.
	from := []networkingv1.NetworkPolicyPeer{{NamespaceSelector: inNamespace(v1.SystemNamespace)}}
	for _, caller := range env.Services {
		for _, used := range caller.Uses {
			if used == s.Name {
				from = append(from, podPeer(caller.Name))
			}
		}
	}
	var egress []networkingv1.NetworkPolicyEgressRule
	for _, used := range s.Uses {
		callee, ok := env.Service(used)
		if !ok || callee.Port == 0 {
			continue
		}
		egress = append(egress, networkingv1.NetworkPolicyEgressRule{
			To:    []networkingv1.NetworkPolicyPeer{podPeer(used)},
			Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, callee.Port)},
		})
	}
	var ingress []networkingv1.NetworkPolicyIngressRule
	if s.Port != 0 {
		ingress = []networkingv1.NetworkPolicyIngressRule{{
			From:  from,
			Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, s.Port)},
		}}
	}
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: meta(env.Name, s.Name, labels),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: pods(s.Name)},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     ingress,
			Egress:      egress,
		},
	}
}

func podPeer(service string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: pods(service)}}
}

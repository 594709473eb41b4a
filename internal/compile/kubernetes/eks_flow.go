package kubernetes

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/graph/address"
)

// Addresses that are the same in every VPC.
var (
	// identityAgent gives pods their credentials ("EKS Pod Identity", Amazon EKS
	// User Guide). It answers on the node itself.
	identityAgent = netip.MustParsePrefix("169.254.170.23/32")
	// resolver is the VPC's name server ("Amazon DNS server", Amazon VPC User
	// Guide); the second address of the VPC is another way to it.
	resolver = netip.MustParsePrefix("169.254.169.253/32")
	anywhere = netip.MustParsePrefix("0.0.0.0/0")
)

// private is what the internet is not (RFC 1918, 6598, 3927).
var private = []string{"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}

// Ports of the platform's own.
const (
	metricsPort = 9464 // of services, as OpenTelemetry's exporter has it
	otlpGRPC    = 4317
	otlpHTTP    = 4318
	https       = 443
)

// flow is who is at the other end, and on which ports.
type flow struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func to(peers []networkingv1.NetworkPolicyPeer, ports ...int) flow {
	f := flow{peers: peers}
	for _, p := range ports {
		f.ports = append(f.ports, port(corev1.ProtocolTCP, p))
	}
	return f
}

func policy(namespace, name string, labels, pods map[string]string, in, out []flow) *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: meta(namespace, name, labels),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: pods},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		},
	}
	for _, f := range in {
		if len(f.peers) > 0 { // a rule without peers would mean everybody
			p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: f.peers, Ports: f.ports})
		}
	}
	for _, f := range out {
		if len(f.peers) > 0 {
			p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: f.peers, Ports: f.ports})
		}
	}
	return p
}

func block(cidr netip.Prefix) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr.String()}}
}

func blocks(subnets []address.Subnet) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, s := range subnets {
		peers = append(peers, block(s.CIDR))
	}
	return peers
}

// inside is pods of another namespace by their name.
func inside(namespace, name string) []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{{
		NamespaceSelector: inNamespace(namespace),
		PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{labelName: name}},
	}}
}

func everyPod() []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}
}

// everyService is the pods of all services, whatever the environment.
func everyService() []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{
		MatchExpressions: []metav1.LabelSelectorRequirement{{Key: v1.LabelEnvironment, Operator: metav1.LabelSelectorOpExists}},
	}}}
}

// internet is all that is not private. Which domains it is, the firewall says.
func internet() flow {
	return to([]networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: anywhere.String(), Except: private}}}, https)
}

// api is the way to Kubernetes' own API: its service address, which the policies
// of the network add-on see before it is replaced, and the control plane's
// interfaces behind it.
func (k EKS) api() flow {
	peers := []networkingv1.NetworkPolicyPeer{block(netip.PrefixFrom(k.cluster.Services.Addr().Next(), 32))}
	return to(append(peers, blocks(k.subnets(address.ControlPlane))...), https)
}

// control is the control plane, which calls webhooks.
func (k EKS) control(ports ...int) flow { return to(blocks(k.subnets(address.ControlPlane)), ports...) }

// endpoints are the interfaces of AWS services.
func (k EKS) endpoints() flow { return to(blocks(k.site.EndpointSubnets(k.vpc)), https) }

// identity is the agent that hands out credentials.
func identity() flow { return to([]networkingv1.NetworkPolicyPeer{block(identityAgent)}, 80) }

// scraped is the ingress from Prometheus.
func scraped(ports ...int) flow { return to(inside(nsMonitoring, "prometheus"), ports...) }

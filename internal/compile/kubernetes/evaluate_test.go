package kubernetes_test

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// end is one end of a connection: a pod, or an address outside the cluster.
type end struct {
	// namespace, with its labels, and labels of a pod; empty for an address.
	namespace       string
	namespaceLabels map[string]string
	labels          map[string]string
	addr            netip.Addr
}

func (e end) pod() bool { return e.namespace != "" }

// allows says whether policies let a connection be opened: out of the pod where
// it begins and into the pod where it ends ("Network Policies", Kubernetes
// documentation). A pod that no policy selects is closed, as with the strict mode
// of Amazon's network add-on.
func allows(policies []*networkingv1.NetworkPolicy, from, to end, port int) bool {
	return allowsProtocol(policies, from, to, corev1.ProtocolTCP, port)
}

func allowsProtocol(policies []*networkingv1.NetworkPolicy, from, to end, protocol corev1.Protocol, port int) bool {
	out, in := !from.pod(), !to.pod()
	for _, p := range policies {
		if selects(p, from) {
			for _, r := range p.Spec.Egress {
				out = out || matchesPorts(r.Ports, protocol, port) && matchesPeers(p, r.To, to)
			}
		}
		if selects(p, to) {
			for _, r := range p.Spec.Ingress {
				in = in || matchesPorts(r.Ports, protocol, port) && matchesPeers(p, r.From, from)
			}
		}
	}
	return out && in
}

func selects(p *networkingv1.NetworkPolicy, e end) bool {
	return e.pod() && p.Namespace == e.namespace && matches(&p.Spec.PodSelector, e.labels)
}

func matches(s *metav1.LabelSelector, set map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		panic(err)
	}
	return selector.Matches(labels.Set(set))
}

func matchesPorts(ports []networkingv1.NetworkPolicyPort, protocol corev1.Protocol, number int) bool {
	for _, p := range ports {
		if *p.Protocol == protocol && p.Port.IntValue() == number {
			return true
		}
	}
	return len(ports) == 0
}

func matchesPeers(p *networkingv1.NetworkPolicy, peers []networkingv1.NetworkPolicyPeer, e end) bool {
	for _, peer := range peers {
		switch {
		case peer.IPBlock != nil:
			if e.pod() || !netip.MustParsePrefix(peer.IPBlock.CIDR).Contains(e.addr) {
				continue
			}
			excepted := false
			for _, x := range peer.IPBlock.Except {
				excepted = excepted || netip.MustParsePrefix(x).Contains(e.addr)
			}
			if !excepted {
				return true
			}
		case !e.pod():
		case peer.NamespaceSelector == nil:
			if e.namespace == p.Namespace && matches(peer.PodSelector, e.labels) {
				return true
			}
		case matches(peer.NamespaceSelector, e.namespaceLabels) && (peer.PodSelector == nil || matches(peer.PodSelector, e.labels)):
			return true
		}
	}
	return len(peers) == 0
}

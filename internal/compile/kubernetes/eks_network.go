package kubernetes

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// edges is the network policy of a service: exactly the edges of the platform,
// as far as they begin or end at its pods.
func (k EKS) edges(s model.Service) *networkingv1.NetworkPolicy {
	in := []flow{scraped(metricsPort)}
	for _, caller := range k.services {
		for _, u := range caller.Edges {
			if u.Kind == model.UsesService && u.Name == s.Name {
				in = append(in, to([]networkingv1.NetworkPolicyPeer{podPeer(caller.Name)}, u.Ports...))
			}
		}
	}
	if k.site.Balanced(s) {
		in = append(in, to(blocks(k.subnets(address.Balancers)), s.AllPorts()...))
	}
	var out []flow
	for _, u := range s.Edges {
		switch u.Kind {
		case model.UsesService:
			if callee, ok := k.env.Service(u.Name); ok {
				out = append(out, to(k.way(callee), u.Ports...))
			}
		case model.UsesStore:
			if store, ok := k.env.Store(u.Name); ok && store.Engine != model.S3 && store.Engine != model.SQS {
				out = append(out, to(k.storePeers(store), u.Ports...))
			}
		}
	}
	if k.asksAWS(s) {
		out = append(out, k.endpoints())
	}
	if k.leaves(s) {
		out = append(out, internet())
	}
	return policy(k.env.Name, s.Name, k.serviceLabels(s), pods(s.Name), in, out)
}

// way is how pods of this cluster reach a service: its pods, or its load
// balancer.
func (k EKS) way(callee model.Service) []networkingv1.NetworkPolicyPeer {
	if k.here(callee) {
		return []networkingv1.NetworkPolicyPeer{podPeer(callee.Name)}
	}
	var peers []networkingv1.NetworkPolicyPeer
	for _, a := range k.site.Balancer(callee) {
		peers = append(peers, block(netip.PrefixFrom(a, 32)))
	}
	return peers
}

// storePeers are the addresses at which clients reach a store. Machines of ours
// have fixed ones, so that a service that uses one store reaches no other of the
// same engine beside it; what AWS runs has any address of its subnets.
func (k EKS) storePeers(store model.Store) []networkingv1.NetworkPolicyPeer {
	if store.Managed() {
		v, ok := k.site.VPC(store.Segment)
		if !ok {
			return nil
		}
		return blocks(ofPurpose(v, address.Data))
	}
	var peers []networkingv1.NetworkPolicyPeer
	for _, n := range k.site.Nodes(store.Name) {
		if serves(store, n) {
			peers = append(peers, block(netip.PrefixFrom(n.Addr, 32)))
		}
	}
	return peers
}

// serves reports whether clients talk to a node: the brokers of Kafka and the
// members of MongoDB, but the aggregators of SingleStore and what stands before
// them.
func serves(store model.Store, n address.Node) bool {
	if store.Engine == model.SingleStore {
		return n.Role != address.Member
	}
	return n.Role == address.Member
}

// asksAWS reports whether a service calls APIs of AWS by itself.
func (k EKS) asksAWS(s model.Service) bool { return k.usesEngine(s, model.SQS, model.S3) }

// leaves reports whether a service opens connections to addresses that are not
// private: to domains that it names, and to S3, whose gateway endpoint has no
// address of its own. There the route table, the security group and the firewall
// say the rest.
func (k EKS) leaves(s model.Service) bool {
	return len(s.Egress) > 0 || len(k.site.Platform().Network.Egress.Allow) > 0 || k.usesEngine(s, model.S3)
}

func (k EKS) usesEngine(s model.Service, engines ...model.Engine) bool {
	return slices.ContainsFunc(s.Edges, func(u model.Use) bool {
		store, ok := k.env.Store(u.Name)
		return u.Kind == model.UsesStore && ok && slices.Contains(engines, store.Engine)
	})
}

package kubernetes

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/graph/address"
)

// Namespaces of what runs in a cluster for all. The charts of layer 45-cluster
// are installed into them, and karpenter's by layer 40-eks, too.
const (
	nsKube       = "kube-system"
	nsKarpenter  = "karpenter"
	nsCerts      = "cert-manager"
	nsSecrets    = "external-secrets"
	nsMonitoring = "monitoring"
	nsAgents     = "monitoring-agents"
	nsLogging    = "logging"
)

// component is a group of pods of the platform, and all that they need. With
// the strict mode of the network add-on nothing of it may be forgotten: a pod
// without a policy reaches nobody, and a cluster whose name server reaches
// nobody never starts.
type component struct {
	name string
	pods map[string]string
	// figures is the port on which Prometheus is shown some; 0 where there are
	// none, or where a chart says so itself.
	figures int
	in, out []flow
}

func named(name string) map[string]string { return map[string]string{labelName: name} }

// room is a namespace of the platform.
type room struct {
	name string
	// security is the Pod Security standard that it enforces.
	security   string
	components []component
}

// rooms are all namespaces of the platform. Pods that share their node's network
// (the network add-on, kube-proxy, the identity agent, GuardDuty's agent, the
// exporters of nodes) are not subject to policies and therefore not here.
func (k EKS) rooms() []room {
	api, control, endpoints := k.api(), k.control, k.endpoints()
	kubelets := to(blocks(k.subnets(address.Pods)), 10250)
	return []room{
		{nsKube, "privileged", []component{
			{"coredns", map[string]string{"k8s-app": "kube-dns"}, 0,
				[]flow{names(everyPod()), scraped(9153)},
				[]flow{api, names([]networkingv1.NetworkPolicyPeer{block(resolver), block(k.vpcResolver())})}},
			{"metrics-server", named("metrics-server"), 0, []flow{control(10251)}, []flow{api, kubelets}},
			{"volumes-controller", map[string]string{"app": "ebs-csi-controller"}, 0, nil, []flow{api, endpoints, identity()}},
			{"volumes-node", map[string]string{"app": "ebs-csi-node"}, 0, nil, []flow{api}},
			{"snapshots", named("snapshot-controller"), 0, nil, []flow{api}},
			{"balancers", named("aws-load-balancer-controller"), 8080, []flow{control(9443)}, []flow{api, endpoints, identity()}},
		}},
		{nsKarpenter, "restricted", []component{
			{"karpenter", named("karpenter"), 8080, nil, []flow{api, endpoints, identity()}},
		}},
		{nsCerts, "restricted", []component{
			{"controller", named("cert-manager"), 9402, nil, []flow{api}},
			{"injector", named("cainjector"), 9402, nil, []flow{api}},
			{"webhook", named("webhook"), 9402, []flow{control(10250)}, []flow{api}},
			{"issuer", named("aws-privateca-issuer"), 8080, nil, []flow{api, endpoints, identity()}},
		}},
		{nsSecrets, "restricted", []component{
			{"controller", named("external-secrets"), 8080, nil, []flow{api, endpoints, identity()}},
			{"certificates", named("external-secrets-cert-controller"), 8080, nil, []flow{api}},
			{"webhook", named("external-secrets-webhook"), 8080, []flow{control(10250)}, []flow{api}},
		}},
		{nsMonitoring, "restricted", []component{
			{"prometheus", named("prometheus"), 0, []flow{to(inside(nsMonitoring, "prometheus-adapter"), 9090), scraped(9090)},
				append([]flow{
					api, kubelets,
					to(everyPod(), 2020, 8080, 8888, 9090, 9093, 9153, 9402, metricsPort),
					to(blocks(k.subnets(address.Pods)), 9100, networkFigures), // nodes
				}, k.watched()...)},
			{"operator", map[string]string{"app": "kube-prometheus-stack-operator"}, 0, []flow{control(10250), scraped(10250)}, []flow{api}},
			{"state", named("kube-state-metrics"), 0, []flow{scraped(8080)}, []flow{api}},
			{"alertmanager", named("alertmanager"), 0,
				[]flow{scraped(9093), to(inside(nsMonitoring, "alertmanager"), 9094)},
				append([]flow{endpoints, identity(), to(inside(nsMonitoring, "alertmanager"), 9094)}, k.told()...)},
			{"traces-agent", named(agentName), 8888, []flow{to(everyService(), otlpGRPC, otlpHTTP)}, []flow{api, to(inside(nsMonitoring, gatewayName), otlpGRPC)}},
			{"traces-gateway", named(gatewayName), 8888, []flow{to(inside(nsMonitoring, agentName), otlpGRPC)}, k.traces()},
			{"adapter", named("prometheus-adapter"), 0, []flow{control(6443)}, []flow{api, to(inside(nsMonitoring, "prometheus"), 9090)}},
		}},
		{nsAgents, "privileged", nil},
		{nsLogging, "privileged", []component{
			{"fluent-bit", named("fluent-bit"), 2020, nil, k.logs(api, kubelets, endpoints, identity())},
		}},
	}
}

// Collectors of traces: agents on every node, gateways behind them.
const (
	agentName   = "otel-agent"
	gatewayName = "otel-gateway"
)

// logs is where Fluent Bit goes: what it needs to name pods and to prove who it
// is, the archive in S3, and the store of logs of the tier.
func (k EKS) logs(out ...flow) []flow {
	out = append(out, internet()) // S3 has no private address; see the security group
	if o, ok := k.site.Observation(); ok {
		out = append(out, to(blocks(ofPurpose(o, address.Data)), https))
	}
	return out
}

// traces is where gateways go: to the internet, and only where a service on it
// takes traces.
func (k EKS) traces() []flow {
	if k.site.Platform().Observe.APM == "" {
		return nil
	}
	return []flow{internet()}
}

// told is where Alertmanager goes beside topics: to the services on the internet
// that chat and page.
func (k EKS) told() []flow {
	if len(k.site.AlertSecrets()) == 0 {
		return nil
	}
	return []flow{internet()}
}

// names is port 53 both ways that names are asked.
func names(peers []networkingv1.NetworkPolicyPeer) flow {
	return flow{peers, []networkingv1.NetworkPolicyPort{port(corev1.ProtocolUDP, 53), port(corev1.ProtocolTCP, 53)}}
}

// vpcResolver is the name server at the VPC's second address.
func (k EKS) vpcResolver() netip.Prefix {
	return netip.PrefixFrom(k.vpc.CIDR.Addr().Next().Next(), 32)
}

// roomObjects are a namespace of the platform and its policies.
func (k EKS) roomObjects(r room) []client.Object {
	labels := k.clusterLabels()
	namespace := k.clusterLabels()
	security(namespace, r.security)
	objects := []client.Object{
		&corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: meta("", r.name, namespace)},
		defaultDeny(r.name, labels),
		allowDNS(r.name, labels),
	}
	for _, c := range r.components {
		in := c.in
		if c.figures != 0 {
			in = append(in, scraped(c.figures))
		}
		objects = append(objects, policy(r.name, c.name, labels, c.pods, in, c.out))
	}
	return objects
}

// security labels a namespace with the standard that it enforces, and warns and
// records by the same.
func security(labels map[string]string, standard string) {
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = standard
	}
}

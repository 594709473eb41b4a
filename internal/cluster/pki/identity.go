package pki

import (
	"crypto/x509"
	"net/netip"
	"slices"
)

// Identity names one certificate, by what it is used for.
type Identity string

// The identities of a cluster.
const (
	// Admin may do everything. The supervisor and the user's kubeconfig have it.
	Admin Identity = "admin"
	// ControllerManager and Scheduler are the clients of those names.
	ControllerManager Identity = "controller-manager"
	Scheduler         Identity = "scheduler"
	// Node is the node agent as a client, restricted by the Node authorizer.
	Node Identity = "node"
	// NodeServer is the node agent's kubelet API.
	NodeServer Identity = "node-server"
	// APIServer is the API server towards its clients.
	APIServer Identity = "apiserver"
	// KubeletClient is the API server as the client of the kubelet API. The node
	// agent admits nobody else.
	KubeletClient Identity = "apiserver-kubelet-client"
	// FrontProxyClient is the API server as the client of aggregated APIs.
	FrontProxyClient Identity = "front-proxy-client"
)

// Common names that others compare with.
const (
	// NodeName is the name of the only node.
	NodeName = "local"
	// KubeletClientName is the common name of KubeletClient.
	KubeletClientName = "kube-apiserver-kubelet-client"
	// FrontProxyClientName is the common name of FrontProxyClient.
	FrontProxyClientName = "front-proxy-client"
)

const (
	authorityCluster    = "ca"
	authorityFrontProxy = "front-proxy-ca"
	serviceAccountKey   = "service-account"
)

// leaf is what the certificate of an identity says.
type leaf struct {
	identity   Identity
	commonName string
	groups     []string
	usage      []x509.ExtKeyUsage
	frontProxy bool
	hosts      func(Options) []string
}

var (
	asClient = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	asServer = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
)

var leaves = []leaf{
	{identity: Admin, commonName: "paddock-admin", groups: []string{"system:masters"}, usage: asClient, hosts: none},
	{identity: ControllerManager, commonName: "system:kube-controller-manager", usage: asClient, hosts: none},
	{identity: Scheduler, commonName: "system:kube-scheduler", usage: asClient, hosts: none},
	{identity: Node, commonName: "system:node:" + NodeName, groups: []string{"system:nodes"}, usage: asClient, hosts: none},
	{identity: NodeServer, commonName: "system:node:" + NodeName, groups: []string{"system:nodes"}, usage: asServer, hosts: nodeHosts},
	{identity: APIServer, commonName: "kube-apiserver", usage: asServer, hosts: apiHosts},
	{identity: KubeletClient, commonName: KubeletClientName, usage: asClient, hosts: none},
	{identity: FrontProxyClient, commonName: FrontProxyClientName, usage: asClient, frontProxy: true, hosts: none},
}

func none(Options) []string { return nil }

func nodeHosts(Options) []string { return []string{NodeName, "localhost", "127.0.0.1"} }

func apiHosts(o Options) []string {
	hosts := []string{
		"localhost",
		"kubernetes",
		"kubernetes.default",
		"kubernetes.default.svc",
		"kubernetes.default.svc.cluster.local",
		"127.0.0.1",
	}
	first := o.Services.Masked().Addr().Next()
	hosts = append(hosts, first.String())
	// At the isolation level "process" a cluster address is bound at the same
	// place in 127/8, and the client verifies the address it dialled.
	b := first.As4()
	b[0] = 127
	hosts = append(hosts, netip.AddrFrom4(b).String())
	for _, h := range o.Hosts {
		if !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

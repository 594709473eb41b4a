package kubernetes

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// networkFigures is the port of the network add-on on every node.
const networkFigures = 61678

// figures are what Prometheus asks beside services: the platform's own pods, and
// machines that are in no cluster.
func (k EKS) figures() []client.Object {
	objects := []client.Object{podMonitor(nsKube, "network", k.clusterLabels(), map[string]string{"k8s-app": "aws-node"}, networkFigures, "/metrics")}
	for _, r := range k.rooms() {
		for _, c := range r.components {
			path := "/metrics"
			if r.name == nsLogging {
				path = "/api/v2/metrics/prometheus" // of Fluent Bit
			}
			if c.figures != 0 {
				objects = append(objects, podMonitor(r.name, c.name, k.clusterLabels(), c.pods, c.figures, path))
			}
		}
	}
	for _, t := range k.machines() {
		objects = append(objects, t.scrape(k))
	}
	return objects
}

func podMonitor(namespace, name string, labels, pods map[string]string, port int, path string) client.Object {
	match := object{}
	for key, value := range pods {
		match[key] = value
	}
	return custom("monitoring.coreos.com/v1", "PodMonitor", namespace, name, labels, object{
		"selector":            object{"matchLabels": match},
		"podMetricsEndpoints": []any{object{"portNumber": int64(port), "path": path, "interval": "30s"}},
	})
}

// machines is one group of exporters outside of clusters that are asked alike.
type machines struct {
	name string
	// label says whose figures they are: store, service, or machine_of a service,
	// for that a machine is up says nothing of what should run on it.
	label, of string
	// sealed exporters speak TLS: those beside an engine, with the certificates of
	// its store. Those inside one do not, nor do machines without a store.
	sealed bool
	// targets of a store, whose machines have fixed addresses. Those of a service
	// come and go: ports says where they answer, and tags which they are.
	targets []netip.AddrPort
	ports   []int
}

// sealedFigures are the ports of exporters beside an engine.
var sealedFigures = []int{9100, 9216}

// machines that this cluster watches, in the order of the file.
func (k EKS) machines() []machines {
	var all []machines
	for _, s := range k.env.Stores {
		if k.site.StoreWatcher(s) != k.cluster.Segment {
			continue
		}
		for _, sealed := range []bool{true, false} {
			m := machines{name: "store-" + s.Name, label: "store", of: s.Name, sealed: sealed}
			if sealed {
				m.name += "-machines"
			}
			for _, n := range k.site.Nodes(s.Name) {
				for _, p := range exporters(s, n.Role) {
					if slices.Contains(sealedFigures, p) == sealed {
						m.targets = append(m.targets, netip.AddrPortFrom(n.Addr, uint16(p)))
					}
				}
			}
			if len(m.targets) > 0 {
				all = append(all, m)
			}
		}
	}
	for _, s := range k.env.Services {
		if k.site.MachineWatcher(s) == k.cluster.Segment {
			all = append(all,
				machines{name: "service-" + s.Name + "-machines", label: "machine_of", of: s.Name, ports: []int{9100}},
				machines{name: "service-" + s.Name, label: "service", of: s.Name, ports: []int{metricsPort}},
			)
		}
	}
	return all
}

// exporters are the ports on which a node of a store shows figures, as the roles
// of Ansible install them: of the machine, and of what runs on it.
func exporters(s model.Store, r address.Role) []int {
	switch {
	case r == address.Balancer:
		return nil
	case s.Engine == model.MongoDB:
		return []int{9100, 9216}
	case s.Engine == model.Kafka && s.Coordination == model.ZooKeeper && r == address.Coordinator:
		return []int{7000, 9100}
	case s.Engine == model.Kafka:
		return []int{7071, 9100}
	}
	return []int{9100}
}

// scrape has Prometheus ask them.
func (m machines) scrape(k EKS) client.Object {
	spec := object{"jobName": m.name, "scheme": "HTTP", "scrapeInterval": "30s"}
	if m.sealed {
		spec["scheme"] = "HTTPS"
		// Each store has an authority of its own, whose key nobody here may read:
		// figures are sealed, and where they come from the address says.
		spec["tlsConfig"] = object{"insecureSkipVerify": true}
	}
	relabelings := []any{object{"action": "replace", "targetLabel": m.label, "replacement": m.of}}
	if len(m.targets) > 0 {
		var targets []any
		for _, a := range m.targets {
			targets = append(targets, a.String())
		}
		spec["staticConfigs"] = []any{object{"targets": targets}}
	} else {
		var found []any
		for _, p := range m.ports {
			found = append(found, object{"region": k.site.Region(), "port": int64(p), "filters": []any{
				object{"name": "tag:paddock:service", "values": []any{m.of}},
				object{"name": "tag:paddock:env", "values": []any{k.env.Name}},
				object{"name": "instance-state-name", "values": []any{"running"}},
			}})
		}
		spec["ec2SDConfigs"] = found
		relabelings = append(relabelings, moved("__meta_ec2_tag_Name", "machine"), moved("__meta_ec2_availability_zone_id", "zone"))
	}
	spec["relabelings"] = relabelings
	return custom("monitoring.coreos.com/v1alpha1", "ScrapeConfig", nsMonitoring, m.name, k.clusterLabels(), spec)
}

// watched is where Prometheus goes outside of the cluster.
func (k EKS) watched() []flow {
	var out []flow
	asks := false
	for _, s := range k.env.Stores {
		if k.site.StoreWatcher(s) != k.cluster.Segment {
			continue
		}
		var peers []networkingv1.NetworkPolicyPeer
		for _, n := range k.site.Nodes(s.Name) {
			if n.Role != address.Balancer {
				peers = append(peers, block(netip.PrefixFrom(n.Addr, 32)))
			}
		}
		out = append(out, to(peers, aws.MetricPorts(s)...))
	}
	for _, s := range k.env.Services {
		if k.site.MachineWatcher(s) == k.cluster.Segment {
			out, asks = append(out, to(blocks(k.subnets(address.Machines)), aws.MachineMetricPorts()...)), true
		}
	}
	if asks { // EC2 which machines there are
		out = append(out, k.endpoints(), identity())
	}
	return out
}

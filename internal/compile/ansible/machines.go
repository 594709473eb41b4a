package ansible

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/model"
)

// machines are the nodes of one store in one region, as Terraform makes them.
type machines struct {
	store    model.Store
	env      model.Environment
	account  string
	region   string
	recovery bool
	args     aws.Args
	zone     string
	// primary are the store's machines in the primary region, for those that copy
	// them; nil in the primary region itself.
	primary *machines
}

// fact is one of the facts that Terraform keeps for playbooks.
func (m machines) fact(name string) string {
	facts, _ := object(m.args, "facts")
	return text(aws.Args(facts), name)
}

// node is one machine of a store.
type node struct {
	key, role, zone, address, cluster string
	index                             int
}

func (m machines) nodes() []node {
	list, _ := object(m.args, "nodes")
	nodes := make([]node, 0, len(list))
	for _, a := range list {
		o, ok := a.Value.(aws.Object)
		if !ok {
			continue
		}
		args := aws.Args(o)
		nodes = append(nodes, node{
			key: a.Key, role: text(args, "role"), zone: text(args, "zone"), address: text(args, "address"),
			cluster: text(args, "cluster"), index: number(args, "index"),
		})
	}
	slices.SortFunc(nodes, func(a, b node) int { return strings.Compare(a.key, b.key) })
	return nodes
}

// name of a node's host is its tag Name.
func (m machines) name(n node) string { return text(m.args, "name") + "-" + n.key }

// domain is the name of a node in the private zone.
func (m machines) domain(n node) string { return n.key + "." + m.store.Name + "." + m.zone }

// cluster is the group of the nodes that form one cluster. Those of the other
// region form one of their own, or none that has a vote.
func (m machines) cluster(n node) string {
	name := "cluster_" + word(n.cluster)
	if m.recovery {
		name += "_recovery"
	}
	return name
}

// kind is what a node runs, by its role tag.
func kind(role string) Kind {
	switch role {
	case "member":
		return MongoDB
	case "zookeeper":
		return ZooKeeper
	case "broker", "controller":
		return Kafka
	}
	return SingleStore
}

func (m machines) hosts() []Host {
	var hosts []Host
	for _, n := range m.nodes() {
		groups := []string{string(kind(n.role)), "role_" + n.role, storeGroup(m.store.Name), m.cluster(n), "az_" + n.zone}
		if m.recovery {
			groups = append(groups, "recovery")
		}
		slices.Sort(groups)
		hosts = append(hosts, Host{Name: m.name(n), Groups: groups, Vars: Vars{
			{"paddock_address", n.address},
			{"paddock_index", n.index},
			{"paddock_region", m.region},
			{"paddock_role", n.role},
			{"paddock_store", m.store.Name},
			{"paddock_zone", n.zone},
		}})
	}
	return hosts
}

// clusters are the groups of nodes that form one cluster, with the fixed
// addresses of all, so that no host has to be asked where the others are.
func (m machines) clusters() []Group {
	byName := map[string][]node{}
	for _, n := range m.nodes() {
		byName[m.cluster(n)] = append(byName[m.cluster(n)], n)
	}
	var groups []Group
	for name, nodes := range byName {
		about := "The nodes of one cluster of " + m.store.Name + " in " + m.region + "."
		groups = append(groups, Group{Name: name, About: about, Vars: append(Vars{{"paddock_domain", m.zone}}, m.clusterVars(name, nodes)...)})
	}
	slices.SortFunc(groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

func (m machines) clusterVars(name string, nodes []node) Vars {
	of := func(roles ...string) List {
		l := List{}
		for _, n := range nodes {
			if slices.Contains(roles, n.role) {
				l = append(l, Vars{{"name", m.name(n)}, {"index", n.index}, {"address", n.address}, {"domain", m.domain(n)}, {"zone", n.zone}})
			}
		}
		return l
	}
	switch m.store.Engine {
	case model.Kafka:
		v := Vars{{"kafka_brokers", of("broker")}, {"kafka_controllers", of("controller")}}
		if m.store.Coordination == model.ZooKeeper {
			v = append(v, Var{"zookeeper_servers", of("zookeeper")}, Var{"kafka_zookeepers", "{{ zookeeper_servers }}"})
		} else {
			v = append(v, Var{"kafka_cluster_id", identity(m.name(node{key: name}))})
		}
		if m.primary != nil {
			v = append(v, Var{"kafka_primary_bootstrap", m.primary.bootstrap()})
		}
		return v
	case model.SingleStore:
		v := Vars{{"singlestore_aggregators", of("aggregator")}, {"singlestore_leaves", of("leaf")}}
		if from := m.leader(name); from != "" {
			v = append(v, Var{"singlestore_primary", from})
		}
		return v
	}
	return Vars{}
}

// bootstrap is where clients of a Kafka cluster begin, by addresses: names of one
// region are not known in the other.
func (m machines) bootstrap() string {
	var at []string
	for _, n := range m.nodes() {
		if n.role == "broker" {
			at = append(at, fmt.Sprintf("%s:%d", n.address, m.store.Ports()[0]))
		}
	}
	return strings.Join(at, ",")
}

// leader is the address of the master aggregator of the cluster that a cluster
// copies; empty for the one that leads.
func (m machines) leader(cluster string) string {
	leads := m
	if m.primary != nil {
		leads = *m.primary
	}
	for _, n := range leads.nodes() {
		if n.role == "aggregator" && n.index == 0 && n.cluster == m.store.Name+"-a" && leads.cluster(n) != cluster {
			return n.address
		}
	}
	return ""
}

// identity is the id of a Kafka cluster that agrees by itself: sixteen bytes that
// follow from its name, so that it never changes.
func identity(name string) string {
	sum := sha256.Sum256([]byte(name))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// text is the text of an argument; empty when there is none.
func text(args aws.Args, key string) string {
	for _, a := range args {
		if a.Key == key {
			switch v := a.Value.(type) {
			case aws.String:
				return string(v)
			case aws.Text:
				if len(v) == 1 {
					s, _ := v[0].(aws.String)
					return string(s)
				}
			case aws.Number:
				return strconv.FormatInt(int64(v), 10)
			}
		}
	}
	return ""
}

func number(args aws.Args, key string) int {
	for _, a := range args {
		if n, ok := a.Value.(aws.Number); ok && a.Key == key {
			return int(n)
		}
	}
	return 0
}

func object(args aws.Args, key string) (aws.Object, bool) {
	for _, a := range args {
		if o, ok := a.Value.(aws.Object); ok && a.Key == key {
			return o, true
		}
	}
	return nil, false
}

package aws

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// gib is a size in whole GiB, at least one.
func gib(bytes int64) int64 { return max(1, bytes>>30) }

func (c *compiler) bucketArgs(s site, store model.Store) Args {
	args := Args{
		{"bucket", String(c.storeBucket(s.env.Name, store.Name, s.region))},
		{"account_id", c.accountID(s.account)},
		{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"access_log_bucket", String(c.bucket(s.account, "access", s.region))},
	}
	if store.Recovery && !s.recovery && c.platform.Recovery.Region != "" {
		args = append(args,
			Arg{"replica_bucket_arn", bucketARN(c.storeBucket(s.env.Name, store.Name, c.platform.Recovery.Region))},
			Arg{"replica_key_arn", Ref("data.aws_kms_alias.recovery.target_key_arn")},
			Arg{"replication_role_name", String(c.short(64, s.env.Name, store.Name, "replication"))},
		)
	}
	return append(args, Arg{"tags", c.storeTags(s, store)})
}

// instance is the type of a store's nodes, with the prefix or suffix of the
// service that runs them.
func instance(store model.Store, standard, prefix, suffix string) String {
	t := store.Instance
	if t == "" {
		t = standard
	}
	return String(prefix + t + suffix)
}

func (c *compiler) openSearchArgs(s site, store model.Store) Args {
	v, _ := c.Addresses.VPC(s.vpc(store.Segment))
	nodes := max(1, store.Nodes)
	zones := min(max(1, store.Zones), nodes, 3)
	subnets := c.dataSubnets(v, "id", zones)
	return Args{
		{"name", String(c.siteName(s, store.Name))},
		{"domain_name", String(fit(s.env.Name+"-"+store.Name, 28))},
		{"engine_version", String(store.Version)},
		{"account_id", c.accountID(s.account)},
		{"instance_type", instance(store, "r6g.large", "", ".search")},
		{"nodes", Number(nodes)},
		{"masters", Number(store.Coordinators)},
		{"standby", Bool(production(s.env) && !s.recovery && zones == 3 && nodes%3 == 0 && store.Coordinators == 3)},
		{"subnet_ids", values(subnets)},
		{"security_group_id", Ref("module." + store.Name + "-access.security_group_id")},
		{"disk_gib", Number(gib(store.DiskBytes))},
		{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
		{"master_role_name", String(fit(c.siteName(s, store.Name, "admin"), 64))},
		{"reader_role_arns", c.userRoles(s, store, func(m model.Mode) bool { return m != model.ReadWrite })},
		{"writer_role_arns", c.userRoles(s, store, func(m model.Mode) bool { return m == model.ReadWrite })},
		{"zone_id", Ref("data.aws_route53_zone.private.zone_id")},
		{"host", String(store.Name)},
		{"alarm_topics", topics(s.env)},
		{"tags", c.storeTags(s, store)},
	}
}

// userRoles are the roles of the services that use a store in a mode.
func (c *compiler) userRoles(s site, store model.Store, mode func(model.Mode) bool) List {
	roles := List{}
	for _, svc := range s.env.Services {
		for _, u := range svc.Edges {
			if u.Kind == model.UsesStore && u.Name == store.Name && mode(u.Mode) {
				roles = append(roles, c.roleARN(s.account, c.serviceRole(s, svc.Name)))
			}
		}
	}
	return roles
}

// serviceRole is the name of a service's role.
func (c *compiler) serviceRole(s site, service string) string {
	return fit(c.siteName(s, "svc", service), 64)
}

func (c *compiler) cacheArgs(s site, store model.Store) Args {
	v, _ := c.Addresses.VPC(s.vpc(store.Segment))
	users := Object{}
	for _, u := range sortedUsers(c.users(s.env, store.Name)) {
		users = append(users, Arg{u, String(fit(s.env.Name+"-"+store.Name+"-"+u, 40))})
	}
	engine, family := "valkey", "valkey"+major(store.Version)
	if store.Engine == model.Redis {
		engine, family = "redis", "redis"+major(store.Version)
	}
	return Args{
		{"name", String(c.siteName(s, store.Name))},
		{"group_id", String(c.cacheName(s, store.Name))},
		{"user_prefix", String(fit(s.env.Name+"-"+store.Name, 31))},
		{"engine", String(engine)},
		{"engine_version", String(store.Version)},
		{"family", String(family)},
		{"node_type", instance(store, "r6g.large", "cache.", "")},
		{"shards", Number(max(1, store.Nodes))},
		{"replicas", Number(store.Replicas)},
		{"subnet_ids", values(c.dataSubnets(v, "id", max(1, store.Zones)))},
		{"security_group_id", Ref("module." + store.Name + "-access.security_group_id")},
		{"users", users},
		{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
		{"zone_id", Ref("data.aws_route53_zone.private.zone_id")},
		{"host", String(store.Name)},
		{"alarm_topics", topics(s.env)},
		{"tags", c.storeTags(s, store)},
	}
}

func major(version string) string {
	m, _, _ := strings.Cut(version, ".")
	return m
}

func (c *compiler) databaseArgs(s site, store model.Store) Args {
	v, _ := c.Addresses.VPC(s.vpc(store.Segment))
	engine, family := "mysql", "mysql"+store.Version
	if store.Engine == model.Postgres {
		engine, family = "postgres", "postgres"+major(store.Version)
	}
	args := Args{
		{"identifier", String(c.databaseName(s, store.Name))},
		{"engine", String(engine)},
		{"engine_version", String(store.Version)},
		{"family", String(family)},
		{"instance_class", instance(store, "r6g.large", "db.", "")},
		{"disk_gib", Number(max(20, gib(store.DiskBytes)))},
		{"multi_az", Bool(store.Nodes > 1 || production(s.env))},
		{"keep_days", Number(min(35, max(1, days(store.Backup.Keep))))},
		{"protected", Bool(production(s.env))},
		{"subnet_ids", values(c.dataSubnets(v, "id", max(2, store.Zones)))},
		{"security_group_id", Ref("module." + store.Name + "-access.security_group_id")},
		{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"secret_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
		{"monitoring_role_name", String(fit(c.siteName(s, store.Name, "monitoring"), 64))},
		{"zone_id", Ref("data.aws_route53_zone.private.zone_id")},
		{"host", String(store.Name)},
		{"alarm_topics", topics(s.env)},
		{"tags", c.storeTags(s, store)},
	}
	if s.recovery {
		source := s
		source.recovery = false
		args = append(args, Arg{"replica_of", c.serviceARN("rds", c.platform.Cloud.Region, s.account, "db:"+c.databaseName(source, store.Name))})
	}
	return args
}

// machineArgs are the machines of a store that we run.
func (c *compiler) machineArgs(s site, store model.Store) Args {
	v, _ := c.Addresses.VPC(s.vpc(store.Segment))
	nodes, groups, balancers := Object{}, Object{}, Object{}
	records := map[string][]string{}
	have := map[string]bool{}
	group := func(name string, strategy string, partitions int) {
		if have[name] {
			return
		}
		have[name] = true
		g := Object{{"strategy", String(strategy)}}
		if partitions > 0 {
			g = append(g, Arg{"partitions", Number(partitions)})
		}
		groups = append(groups, Arg{name, g})
	}
	var balancerNodes []address.Node
	for _, n := range c.Addresses.Nodes {
		if n.Environment != s.env.Name || n.Store != store.Name || n.Recovery != s.recovery {
			continue
		}
		if n.Role == address.Balancer {
			balancerNodes = append(balancerNodes, n)
			continue
		}
		role, kind := nodeRole(store, n), store.Instance
		disk := gib(store.DiskBytes)
		cluster := "a"
		if n.Standby {
			cluster = "b"
		}
		if n.Role == address.Coordinator {
			disk = 50
			kind = coordinatorInstance(store)
		}
		name := fmt.Sprintf("%s-%d", role, n.Index)
		if store.Engine == model.SingleStore {
			name = fmt.Sprintf("%s-%s-%d", cluster, role, n.Index)
		}
		node := Object{
			{"role", String(role)}, {"index", Number(n.Index)}, {"zone", String(address.ZoneLetter(n.Zone))}, {"address", String(n.Addr.String())},
			{"instance_type", String(cmp.Or(kind, "m6i.large"))}, {"disk_gib", Number(disk)},
		}
		switch {
		case store.Engine == model.Kafka && role == "broker":
			group("brokers", "partition", 3)
			node = append(node, Arg{"group", String("brokers")}, Arg{"partition", Number(n.Index/3%3 + 1)})
		case store.Engine == model.SingleStore:
			group("cluster-"+cluster, "spread", 0)
			node = append(node, Arg{"group", String("cluster-" + cluster)})
		default:
			group(plural(role), "spread", 0)
			node = append(node, Arg{"group", String(plural(role))})
		}
		nodes = append(nodes, Arg{name, append(node, Arg{"cluster", String(store.Name + "-" + cluster)})})
		records[role+cluster] = append(records[role+cluster], n.Addr.String())
	}
	for _, n := range balancerNodes {
		cluster, title := "a", "a"
		if n.Standby {
			cluster, title = "b", "b"
		}
		targets := records["aggregator"+cluster]
		records["balancer"+cluster] = append(records["balancer"+cluster], n.Addr.String())
		balancers = append(balancers, Arg{title, Object{
			{"name", String(fit(s.env.Name+"-"+store.Name+"-"+cluster+map[bool]string{true: "-r"}[s.recovery], 32))},
			{"zone", String(address.ZoneLetter(n.Zone))}, {"address", String(n.Addr.String())}, {"port", Number(3306)}, {"targets", Strings(targets)},
		}})
	}
	facts := Object{
		{"engine", String(store.Engine)}, {"version", String(store.Version)}, {"tier", Text{String(fmt.Sprint(store.Tier))}},
		{"backup_bucket", String(c.bucket(s.env.Name, "copies", s.region))},
		{"secret_prefix", String(c.platform.Name + "/" + s.env.Name + "/" + store.Name)},
	}
	if store.Engine == model.Kafka {
		facts = append(facts, Arg{"coordination", String(store.Coordination)}, Arg{"replication", String(fmt.Sprint(store.Replication))}, Arg{"min_in_sync", String(fmt.Sprint(store.MinInSync))})
	}
	return Args{
		{"name", String(c.siteName(s, store.Name))},
		{"store", String(store.Name)},
		{"environment", String(s.env.Name)},
		{"region", String(s.region)},
		{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
		{"subnet_ids", c.dataSubnets(v, "id", 3)},
		{"zone_names", c.dataSubnets(v, "availability_zone", 3)},
		{"security_group_ids", List{Ref("module." + store.Name + "-access.security_group_id")}},
		{"instance_profile", Ref("module." + store.Name + "-access.instance_profile")},
		{"image_id", Ref("data.aws_ssm_parameter.image.value")},
		{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"groups", groups},
		{"nodes", nodes},
		{"names", c.storeNames(store, records)},
		{"zone_id", Ref("data.aws_route53_zone.private.zone_id")},
		{"balancers", balancers},
		{"facts", facts},
		{"facts_parameter", String(c.parameter(s.env.Name, store.Name, "facts"))},
		{"facts_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"protected", Bool(production(s.env))},
		{"alarm_topics", topics(s.env)},
		{"tags", c.storeTags(s, store)},
	}
}

func plural(role string) string { return role + "s" }

// nodeRole is what Ansible calls a node.
func nodeRole(store model.Store, n address.Node) string {
	coordinator := n.Role == address.Coordinator
	switch store.Engine {
	case model.Kafka:
		switch {
		case coordinator && store.Coordination == model.ZooKeeper:
			return "zookeeper"
		case coordinator:
			return "controller"
		}
		return "broker"
	case model.SingleStore:
		if coordinator {
			return "aggregator"
		}
		return "leaf"
	}
	return "member"
}

func coordinatorInstance(store model.Store) string {
	if store.Engine == model.SingleStore {
		return "m6i.2xlarge"
	}
	return "m6i.large"
}

// storeNames are the names under which clients find all members.
func (c *compiler) storeNames(store model.Store, records map[string][]string) Object {
	o := Object{}
	switch store.Engine {
	case model.MongoDB:
		o = append(o, Arg{store.Name, Object{{"type", String("A")}, {"records", Strings(sortedTexts(records["membera"]))}}})
	case model.Kafka:
		o = append(o, Arg{store.Name, Object{{"type", String("A")}, {"records", Strings(sortedTexts(records["brokera"]))}}})
	case model.SingleStore:
		// The first cluster's; the second one takes over by a change of this name.
		entry := records["balancera"]
		if len(entry) == 0 {
			entry = records["aggregatora"]
		}
		o = append(o, Arg{store.Name, Object{{"type", String("A")}, {"records", Strings(sortedTexts(entry))}}})
	}
	return o
}

func sortedTexts(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}

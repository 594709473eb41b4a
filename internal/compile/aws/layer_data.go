package aws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// stores is the layer 30-data: one root for each environment and region with
// stores.
func (c *compiler) stores() []Root {
	var roots []Root
	for _, env := range c.platform.Environments {
		for i, region := range c.regions() {
			s := site{env: env, region: region, recovery: i > 0, account: c.accountOf(env.Name)}
			if r, ok := c.storesOf(s); ok {
				roots = append(roots, r)
			}
		}
	}
	return roots
}

// site is one environment in one region.
type site struct {
	env      model.Environment
	region   string
	recovery bool
	account  string
}

// vpc is the name of the network of a segment.
func (s site) vpc(segment string) string {
	name := s.env.Name + "-" + segment
	if s.recovery {
		name += "-recovery"
	}
	return name
}

func (c *compiler) storesOf(s site) (Root, bool) {
	r := Root{Account: s.account, Scope: s.env.Name, Region: s.region, Layer: Data}
	segments := map[string]bool{}
	for _, store := range s.env.Stores {
		if s.recovery && (!store.Recovery || !store.Holds() && store.Engine == model.SQS) {
			continue
		}
		if _, ok := c.Addresses.VPC(s.vpc(store.Segment)); !ok {
			continue
		}
		segments[store.Segment] = true
		r.Modules = append(r.Modules, c.store(s, store)...)
	}
	if len(r.Modules) == 0 {
		return r, false
	}
	r.Modules = append([]Module{c.backupBucket(s)}, r.Modules...)
	r.Lookups = append(r.Lookups,
		c.keyLookup(s.account, KeyData, "data"), c.keyLookup(s.account, KeyLogs, "logs"), c.keyLookup(s.account, KeySecrets, "secrets"),
		topicLookup("critical", c.topic(s.account, "critical")), topicLookup("warning", c.topic(s.account, "warning")),
		Lookup{Type: "aws_route53_zone", Name: "private", Args: Args{{"name", String(c.siteZone(s))}, {"private_zone", Bool(true)}}},
		Lookup{Type: "aws_ec2_managed_prefix_list", Name: "s3", Blocks: []Block{filter("prefix-list-name", "com.amazonaws."+s.region+".s3")}},
		// The image of the first start; machines ignore later ones.
		parameterLookup("image", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
	)
	if !s.recovery && c.platform.Recovery.Region != "" && slices.ContainsFunc(s.env.Stores, func(st model.Store) bool { return st.Recovery }) {
		r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "recovery", Account: s.account, Region: c.platform.Recovery.Region})
		key := c.keyLookup(s.account, KeyData, "recovery")
		key.Provider = "aws.recovery"
		r.Lookups = append(r.Lookups, key)
	}
	for _, segment := range s.env.Segments {
		if !segments[segment] {
			continue
		}
		v, _ := c.Addresses.VPC(s.vpc(segment))
		r.Lookups = append(r.Lookups, c.vpcLookup(v.Name))
		for _, sub := range v.Subnets {
			if sub.Purpose == address.Data {
				r.Lookups = append(r.Lookups, c.subnetLookup(v.Name, sub))
			}
		}
	}
	return r, true
}

// siteZone is the private domain of a site.
func (c *compiler) siteZone(s site) string {
	if s.recovery {
		return c.zone(s.env.Name + "-recovery")
	}
	return c.zone(s.env.Name)
}

// subnetLookup finds one subnet by its name.
func (c *compiler) subnetLookup(vpc string, s address.Subnet) Lookup {
	return Lookup{
		Type: "aws_subnet", Name: word(vpc + "_" + subnetName(s)),
		Args: Args{{"tags", Object{{"Name", String(c.name(vpc, subnetName(s)))}}}},
	}
}

// dataSubnets are the ids of a network's data subnets by zone letter.
func (c *compiler) dataSubnets(v address.VPC, attribute string, zones int) Object {
	o := Object{}
	for _, s := range v.Subnets {
		if s.Purpose == address.Data && s.Zone < zones {
			o = append(o, Arg{address.ZoneLetter(s.Zone), Ref("data.aws_subnet." + word(v.Name+"_"+subnetName(s)) + "." + attribute)})
		}
	}
	sortArgs(o)
	return o
}

func values(o Object) List {
	l := List{}
	for _, a := range o {
		l = append(l, a.Value)
	}
	return l
}

// backupBucket takes what the engines copy by themselves.
func (c *compiler) backupBucket(s site) Module {
	return Module{
		Name: "copies", Source: "bucket-store", From: of("backup"),
		Args: Args{
			{"bucket", String(c.bucket(s.env.Name, "copies", s.region))},
			{"account_id", c.accountID(s.account)},
			{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"access_log_bucket", String(c.bucket(s.account, "access", s.region))},
			{"keep_days", Number(max(35, days(c.platform.Backup.Keep)))},
		},
	}
}

// store is the modules of one store.
func (c *compiler) store(s site, store model.Store) []Module {
	from := of("stores." + store.Name)
	switch store.Engine {
	case model.S3:
		return []Module{{Name: store.Name, Source: "bucket-store", From: from, Args: c.bucketArgs(s, store)}}
	case model.SQS:
		return []Module{{Name: store.Name, Source: "queue-store", From: from, Args: Args{
			{"name", String(c.short(75, s.env.Name, store.Name))},
			{"account_id", c.accountID(s.account)},
			{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"alarm_topics", topics(s.env)},
			{"tags", c.storeTags(s, store)},
		}}}
	}
	access := Module{Name: store.Name + "-access", Source: "data-access", From: from, Args: c.accessArgs(s, store)}
	switch store.Engine {
	case model.OpenSearch:
		return []Module{access, {Name: store.Name, Source: "opensearch", From: from, Args: c.openSearchArgs(s, store)}}
	case model.Redis, model.Valkey:
		return []Module{access, {Name: store.Name, Source: "valkey", From: from, Args: c.cacheArgs(s, store)}}
	case model.MySQL, model.Postgres:
		return []Module{access, {Name: store.Name, Source: "rds", From: from, Args: c.databaseArgs(s, store)}}
	}
	return []Module{access, {Name: store.Name, Source: "machines", From: from, Args: c.machineArgs(s, store)}}
}

// topics that a store's alarms are sent to.
func topics(env model.Environment) List {
	if production(env) {
		return List{Ref("data.aws_sns_topic.critical.arn")}
	}
	return List{Ref("data.aws_sns_topic.warning.arn")}
}

// storeTags reach what the provider's defaults do not: inventory, backup and
// automation select by them.
func (c *compiler) storeTags(s site, store model.Store) Object {
	return Object{
		{"paddock:backup", String(backupClass(store))},
		{"paddock:data", String(store.Data)},
		{"paddock:env", String(s.env.Name)},
		{"paddock:owner", String(store.Team)},
		{"paddock:platform", String(c.platform.Name)},
		{"paddock:store", String(store.Name)},
		{"paddock:tier", String(strconv.Itoa(store.Tier))},
	}
}

// backupClass is the plan that copies a store: by its tier, and none for what
// can be filled again.
func backupClass(store model.Store) string {
	if !store.Holds() || store.Backup.Every == 0 {
		return "none"
	}
	return "tier" + strconv.Itoa(min(max(store.Tier, 1), 3))
}

// users are the services that open connections to a store, by segment.
func (c *compiler) users(env model.Environment, store string) map[string][]model.Service {
	by := map[string][]model.Service{}
	for _, s := range env.Services {
		if slices.ContainsFunc(s.Edges, func(u model.Use) bool { return u.Kind == model.UsesStore && u.Name == store }) {
			by[s.Segment] = append(by[s.Segment], s)
		}
	}
	return by
}

// clients are the rules of a store's security group: the pods' subnets of every
// segment with a service that uses it, and the machines' subnets of services on
// EC2.
func (c *compiler) clients(s site, store model.Store) Object {
	o := Object{}
	by := c.users(s.env, store.Name)
	for _, segment := range s.env.Segments {
		v, ok := c.Addresses.VPC(s.vpc(segment))
		if !ok || len(by[segment]) == 0 {
			continue
		}
		for _, sub := range v.Subnets {
			var names []string
			for _, u := range by[segment] {
				on := address.Pods
				if u.Runtime == model.EC2 {
					on = address.Machines
				}
				if sub.Purpose == on {
					names = append(names, u.Name)
				}
			}
			if len(names) == 0 {
				continue
			}
			for _, port := range store.Ports() {
				o = append(o, Arg{fmt.Sprintf("%s-%s-%d", segment, subnetName(sub), port), Object{
					{"cidr", String(sub.CIDR.String())}, {"port", Number(port)}, {"why", String(fit("Used by "+strings.Join(names, ", "), 255))},
				}})
			}
		}
	}
	return o
}

// metricPorts are those of the exporters beside an engine.
func metricPorts(store model.Store) []int {
	switch store.Engine {
	case model.MongoDB:
		return []int{9100, 9216}
	case model.Kafka:
		return []int{7000, 7071, 9100}
	case model.SingleStore:
		return []int{9100, 9104}
	}
	return []int{}
}

func (c *compiler) accessArgs(s site, store model.Store) Args {
	v, _ := c.Addresses.VPC(s.vpc(store.Segment))
	endpoints := Object{}
	for _, sub := range c.endpointSubnets(v) {
		endpoints = append(endpoints, Arg{subnetName(sub), String(sub.CIDR.String())})
	}
	secrets := Object{}
	for _, u := range sortedUsers(c.users(s.env, store.Name)) {
		secrets = append(secrets, Arg{u, String("How " + u + " signs in at " + store.Name)})
	}
	if !store.Managed() {
		secrets = append(secrets, Arg{"cluster", String("What the nodes of " + store.Name + " share")})
	}
	args := Args{
		{"name", String(c.siteName(s, store.Name))},
		{"store", String(store.Name)},
		{"environment", String(s.env.Name)},
		{"region", String(s.region)},
		{"account_id", c.accountID(s.account)},
		{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
		{"clients", c.clients(s, store)},
		{"peer_ports", Numbers(store.PeerPorts())},
		{"replicas", c.replicas(s, store)},
		{"endpoints", endpoints},
		{"watchers", c.watchers(s, c.storeWatcher(s, store))},
		{"metric_ports", Numbers(metricPorts(store))},
		{"machines", Bool(!store.Managed())},
		{"secret_prefix", String(c.platform.Name + "/" + s.env.Name + "/" + store.Name)},
		{"secrets", secrets},
		{"secret_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
	}
	if s.recovery {
		// Secrets are replicas of those of the primary region.
		setArg(args, "secrets", Object{})
	} else if store.Recovery && c.platform.Recovery.Region != "" {
		args = append(args, Arg{"replica_region", String(c.platform.Recovery.Region)})
	}
	if !store.Managed() {
		args = append(args,
			Arg{"role_name", String(fit(c.siteName(s, store.Name), 64))},
			Arg{"log_group", String(c.machineLogs(s.env.Name, store.Name))},
			Arg{"log_days", Number(logGroupDays(days(c.platform.Observe.Logs.Hot)))},
			Arg{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			Arg{"s3_prefix_list_id", Ref("data.aws_ec2_managed_prefix_list.s3.id")},
			Arg{"backup_bucket", String(c.bucket(s.env.Name, "copies", s.region))},
			Arg{"key_arns", List{Ref("data.aws_kms_alias.data.target_key_arn"), Ref("data.aws_kms_alias.secrets.target_key_arn")}},
		)
	}
	return args
}

// siteName is the name of something of a site: kestrel-prod-mongo-core, with
// -recovery in the region that takes over, where roles would collide.
func (c *compiler) siteName(s site, parts ...string) string {
	all := append([]string{s.env.Name}, parts...)
	if s.recovery {
		all = append(all, "recovery")
	}
	return c.name(all...)
}

// replicas are the data subnets of the other region, for engines that copy
// between them.
func (c *compiler) replicas(s site, store model.Store) Object {
	o := Object{}
	if !store.Recovery || store.Managed() {
		return o
	}
	other := s
	other.recovery = !s.recovery
	v, ok := c.Addresses.VPC(other.vpc(store.Segment))
	if !ok {
		return o
	}
	port := store.Ports()[0]
	for _, sub := range v.Subnets {
		if sub.Purpose == address.Data {
			o = append(o, Arg{subnetName(sub), Object{{"cidr", String(sub.CIDR.String())}, {"port", Number(port)}}})
		}
	}
	return o
}

func sortedUsers(by map[string][]model.Service) []string {
	var names []string
	for _, list := range by {
		for _, s := range list {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

package aws

import (
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// disaster is the layer 80-dr: what sends names to the other region, and what
// brings production up there. All of it is of the recovery region, so that it
// can be read and run when the other one is gone.
func (c *compiler) disaster() []Root {
	if c.platform.Recovery.Region == "" {
		return nil
	}
	var roots []Root
	for _, env := range c.environmentsBy("prod") {
		s := site{env: env, region: c.platform.Recovery.Region, recovery: true, account: c.accountOf(env.Name)}
		if r, ok := c.runbook(s); ok {
			roots = append(roots, r)
		}
	}
	if r, ok := c.failover(); ok {
		roots = append(roots, r)
	}
	return roots
}

// failoverNames are the names that Route 53 sends to the region that serves. A
// content network has the public names, and decides by itself which region it
// asks (Global Traffic Manager, in the layer of third parties): one thing
// decides, never two. What is left here then is the signal that people see.
func (c *compiler) failoverNames() []string {
	names := []string{}
	if c.platform.Edge.Provider != "" {
		return names
	}
	for _, host := range c.publicHosts() {
		names = append(names, host.name)
	}
	return names
}

// whoSends says who sends public names to the region that takes over.
func (c *compiler) whoSends() string {
	if c.platform.Edge.Provider != "" {
		return "Akamai's Global Traffic Manager sends visitors here once its own tests of the other region fail; to send them by hand, turn that data centre off in it."
	}
	return "Route 53 sends the public names here once its checks of the other region fail; to send them by hand, invert the check of the region."
}

// publicHost is a public name, and a service of the most important tier behind
// it.
type publicHost struct {
	name    string
	service model.Service
}

// publicHosts of production, sorted by name.
func (c *compiler) publicHosts() []publicHost {
	by := map[string]publicHost{}
	for _, env := range c.environmentsBy("prod") {
		for _, svc := range env.Services {
			for _, r := range svc.Routes {
				if have, ok := by[r.Host]; !ok || svc.Tier < have.service.Tier {
					by[r.Host] = publicHost{r.Host, svc}
				}
			}
		}
	}
	var all []publicHost
	for _, h := range by {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b publicHost) int { return strings.Compare(a.name, b.name) })
	return all
}

func (c *compiler) failover() (Root, bool) {
	primary := c.platform.Cloud.Region
	r := Root{Account: Hub, Region: c.platform.Recovery.Region, Layer: Disaster, Order: 1}
	if _, ok := c.Addresses.VPC(c.egressOf(address.Tier("prod"), true)); !ok || len(c.publicHosts()) == 0 {
		return r, false
	}
	origins, deep := Object{}, Object{}
	for _, env := range c.environmentsBy("prod") {
		for _, svc := range env.Services {
			if len(svc.Routes) == 0 || svc.Tier != 1 {
				continue
			}
			name := word("origin_" + env.Name + "_" + svc.Name)
			r.Lookups = append(r.Lookups, Lookup{
				Type: "aws_lb_target_group", Name: name, Provider: "aws.primary", From: of("services." + svc.Name),
				Args: Args{{"name", String(fit("edge-"+env.Name+"-"+svc.Name, 32))}},
			})
			origins = append(origins, Arg{env.Name + "-" + svc.Name, Object{{"target_suffix", Ref("data.aws_lb_target_group." + name + ".arn_suffix")}}})
		}
	}
	if len(origins) == 0 {
		return r, false
	}
	for _, h := range c.publicHosts() {
		deep = append(deep, Arg{h.name, Object{{"host", String(h.name)}, {"path", String(deepPath)}, {"contains", String("ok")}}})
	}
	balancer := func(name, balancer, provider string) Lookup {
		return Lookup{Type: "aws_lb", Name: name, Provider: provider, Args: Args{{"name", String(balancer)}}}
	}
	topic := topicLookup("primary_critical", c.topic(r.Account, "critical"))
	topic.Provider = "aws.primary"
	r.Providers = []Provider{
		{Name: "aws", Alias: "global", Account: r.Account, Region: "us-east-1"},
		{Name: "aws", Alias: "primary", Account: r.Account, Region: primary},
	}
	r.Lookups = append(r.Lookups, balancer("primary", c.short(32, "edge", "prod"), "aws.primary"), topic)
	mail := List{}
	if m := c.platform.Alerts.Mail; m != "" {
		mail = append(mail, String(m))
	}
	r.Modules = []Module{{
		Name: "failover", Source: "failover", From: of("recovery"),
		Providers: []Pass{{"aws", "aws"}, {"aws.global", "aws.global"}, {"aws.primary", "aws.primary"}},
		Args: Args{
			{"name", String(c.name("failover"))},
			{"account_id", c.accountID(r.Account)},
			{"primary", Object{{"region", String(primary)}, {"suffix", Ref("data.aws_lb.primary.arn_suffix")}}},
			{"origins", origins},
			{"deep", deep},
			{"mail", mail},
			{"primary_topics", List{Ref("data.aws_sns_topic.primary_critical.arn")}},
		},
	}}
	if names := c.failoverNames(); len(names) > 0 {
		r.Lookups = append(r.Lookups,
			Lookup{Type: "aws_route53_zone", Name: "public", Args: Args{{"name", String(c.platform.Domain)}}},
			balancer("recovery", c.short(32, "edge", "prod-r"), ""),
		)
		target := func(name string) Object {
			return Object{{"dns_name", Ref("data.aws_lb." + name + ".dns_name")}, {"zone_id", Ref("data.aws_lb." + name + ".zone_id")}}
		}
		r.Modules[0].Args = append(r.Modules[0].Args, Arg{"names", Object{
			{"zone_id", Ref("data.aws_route53_zone.public.zone_id")}, {"hosts", Strings(names)}, {"primary", target("primary")}, {"recovery", target("recovery")},
		}})
	}
	return r, true
}

// runbook is what brings an environment up in the recovery region.
func (c *compiler) runbook(s site) (Root, bool) {
	things := c.recoveryThings(s)
	if len(things) == 0 {
		return Root{}, false
	}
	rto := time.Hour
	if t, ok := c.platform.Recovery.Target(1); ok {
		rto = t.RTO
	}
	deep := List{}
	for _, h := range c.publicHosts() {
		if _, ok := s.env.Service(h.service.Name); ok {
			deep = append(deep, String("https://"+h.name+deepPath))
		}
	}
	name := c.siteName(s)
	return Root{
		Account: s.account, Scope: s.env.Name, Region: s.region, Layer: Disaster,
		Lookups: []Lookup{
			c.keyLookup(s.account, KeyAlarms, "alarms"), c.keyLookup(s.account, KeyData, "data"), c.keyLookup(s.account, KeyLogs, "logs"),
			topicLookup("critical", c.topic(s.account, "critical")),
		},
		Modules: []Module{{
			Name: "runbook", Source: "recovery-runbook", From: []Origin{{Key: "recovery"}, {Key: "environments." + s.env.Name}},
			Args: Args{
				{"name", String(fit(name, 60))},
				{"environment", String(s.env.Name)},
				{"region", String(s.region)},
				{"account_id", c.accountID(s.account)},
				{"things", things},
				{"clusters", c.recoveryClusters(s)},
				{"rto_minutes", Number(max(1, int(rto/time.Minute)))},
				{"approvals", Number(max(1, s.env.Approve.Count))},
				{"approver_role_arns", List{c.roleARN(s.account, "paddock-operator"), c.roleARN(s.account, "break-glass")}},
				{"secret_prefix", String(c.platform.Name + "/" + s.env.Name)},
				{"names", String(c.whoSends())},
				{"deep_urls", deep},
				{"vault_name", String(c.vault(s.env.Name))},
				{"topic_arn", Ref("data.aws_sns_topic.critical.arn")},
				{"topic_key_arn", Ref("data.aws_kms_alias.alarms.target_key_arn")},
				{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
				{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
				{"machine_role_name", String(fit(name+"-machine", 64))},
				{"document_role_name", String(fit(name+"-document", 64))},
			},
		}},
	}, true
}

// recoveryThings are what the runbook brings up, each with its wave in the order
// of restoring. Every thing is there, also what brings itself up: buckets that
// are replicas, caches that fill again, services without a load balancer.
func (c *compiler) recoveryThings(s site) Object {
	o := Object{}
	for _, g := range c.Graphs {
		if g.Environment.Name != s.env.Name {
			continue
		}
		for i, wave := range g.Restore() {
			for _, a := range wave {
				thing := Object{{"wave", Number(i + 1)}}
				switch a.Kind {
				case addr.Store:
					store, ok := s.env.Store(a.Name)
					if !ok || !store.Recovery {
						continue
					}
					if engine, id := c.promoted(s, store); engine != "" {
						thing = append(thing, Arg{"engine", String(engine)})
						if id != "" {
							thing = append(thing, Arg{"id", String(id)})
						}
					}
				case addr.Service:
					svc, ok := s.env.Service(a.Name)
					if !ok {
						continue
					}
					if svc.Port != 0 && svc.Runtime != model.EC2 && c.balanced(s.env, svc) {
						thing = append(thing, Arg{"target_group", String(c.targetPrefix(s, svc.Name) + "-" + mainPort)})
					}
				default:
					continue
				}
				o = append(o, Arg{a.String(), thing})
			}
		}
	}
	sortArgs(o)
	return o
}

// promoted is the document by which a store is promoted, and the id of what AWS
// runs. OpenSearch is filled again from its snapshots and sources, buckets are
// replicas that can be written to, queues are empty.
func (c *compiler) promoted(s site, store model.Store) (engine, id string) {
	switch store.Engine {
	case model.MongoDB, model.Kafka, model.SingleStore:
		return string(store.Engine), ""
	case model.MySQL, model.Postgres:
		return "rds", c.databaseName(s, store.Name)
	case model.Redis, model.Valkey:
		return "valkey", c.cacheName(s, store.Name)
	}
	return "", ""
}

// recoveryClusters are the clusters that grow: the nodes for controllers come
// first, those for services follow from the pods that wait.
func (c *compiler) recoveryClusters(s site) Object {
	o := Object{}
	for _, cl := range c.Addresses.Clusters {
		if cl.Environment != s.env.Name || !cl.Recovery {
			continue
		}
		v, ok := c.Addresses.VPC(s.vpc(cl.Segment))
		if !ok {
			continue
		}
		zones := len(c.podSubnets(v))
		o = append(o, Arg{cl.Segment, Object{{"cluster", String(c.clusterName(s, cl.Segment))}, {"node_group", String("system")}, {"nodes", Number(2 * max(1, zones))}}})
	}
	sortArgs(o)
	return o
}

func (c *compiler) podSubnets(v address.VPC) []address.Subnet {
	return slices.DeleteFunc(slices.Clone(v.Subnets), func(sub address.Subnet) bool { return sub.Purpose != address.Pods })
}

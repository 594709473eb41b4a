package aws

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// observability is the layer 50-observability: what watches an account as a
// whole, the way of its alarms into the chat, and the logs of each tier. First
// come the log domains, then the accounts that send to them.
func (c *compiler) observability() []Root {
	if c.platform.Accounts.Single {
		return nil // one account has no place that others cannot reach
	}
	var roots []Root
	if r, ok := c.logDomains(); ok {
		roots = append(roots, r)
	}
	for i, region := range c.regions() {
		roots = append(roots, c.hubObservability(region, i > 0))
	}
	for _, env := range c.platform.Environments {
		for i, region := range c.regions() {
			s := site{env: env, region: region, recovery: i > 0, account: c.accountOf(env.Name)}
			if i == 0 || c.inRecovery(env.Name) {
				roots = append(roots, c.siteObservability(s))
			}
		}
	}
	return roots
}

// watched finds the topics of an account.
func (c *compiler) watched(r *Root, account string) {
	r.Lookups = append(r.Lookups, topicLookup("critical", c.topic(account, "critical")), topicLookup("warning", c.topic(account, "warning")))
}

func topicRef(severity string) Value { return Ref("data.aws_sns_topic." + severity + ".arn") }

// chat brings alarms into the channel of alerts.
func (c *compiler) chat(r *Root, account string) {
	if c.platform.Alerts.Slack == "" {
		return
	}
	r.Lookups = append(r.Lookups, parameterLookup("slack_workspace", c.parameter("slack", "workspace")), parameterLookup("slack_channel", c.parameter("slack", "alerts-channel")))
	r.Modules = append(r.Modules, Module{
		Name: "chat", Source: "chat", From: of("alerts.slack"),
		Args: Args{
			{"name", String(c.name(account, "alarms"))},
			{"account_id", c.accountID(account)},
			{"role_name", String(c.short(64, account, "chat"))},
			{"slack_workspace", Ref("data.aws_ssm_parameter.slack_workspace.value")},
			{"slack_channel", Ref("data.aws_ssm_parameter.slack_channel.value")},
			{"topics", List{topicRef("critical"), topicRef("warning")}},
		},
	})
}

// hubObservability watches the hub and the ways in and out.
func (c *compiler) hubObservability(region string, recovery bool) Root {
	r := Root{Account: Hub, Region: region, Layer: Observability, Order: 1}
	c.watched(&r, Hub)
	metrics := Object{}
	if c.platform.Network.Egress.Inspect {
		for _, v := range c.Addresses.VPCs {
			if v.Recovery == recovery && isEgress(v) {
				metrics = append(metrics, metricAlarm("firewall-"+v.Name+"-drops", catalogueAlarm{
					"AWS/NetworkFirewall", "DroppedPackets", "Sum", 300, 3, 2, 500, "GreaterThanThreshold", "notBreaching", "warning",
					"The firewall of " + v.Name + " drops far more than usual. Runbook: the table firewall_alerts says who asks for what; a name that is missing belongs under egress of the service.",
				}, Object{{"FirewallName", String(c.name(v.Name))}, {"Engine", String("Stateful")}}))
			}
		}
	}
	queries := Object{}
	for _, a := range hubQueries {
		queries = append(queries, queryAlarm(a))
	}
	r.Modules = append(r.Modules, c.alarms(Hub, region, "network", of("network"), queries, metrics, Object{}, Object{}), Module{
		Name: "dashboards", Source: "service-dashboards", From: of("network"),
		Args: Args{
			{"name", String(c.name("network"))}, {"region", String(region)},
			{"dashboards", Object{{"ways", dashboardOf("The hub, the ways out and the ways in. A packet that falls into a black hole tried to cross a wall.", networkWidgets)}}},
		},
	})
	if !recovery {
		c.chat(&r, Hub)
	}
	return r
}

// alarms is the module with the catalogue of an account and region.
func (c *compiler) alarms(account, region, name string, from []Origin, queries, metrics, paths, contributors Object) Module {
	events := Object{}
	for _, e := range accountEvents {
		events = append(events, Arg{e.name, Object{{"pattern", String(e.pattern)}, {"topic", topicRef(e.severity)}, {"description", String(e.description)}}})
	}
	for _, a := range accountQueries {
		queries = append(queries, queryAlarm(a))
	}
	sortArgs(queries)
	return Module{
		Name: "alarms", Source: "alarms", From: from,
		Args: Args{
			{"name", String(c.name(name))},
			{"queries", queries},
			{"metrics", metrics},
			{"quotas", watchedQuotas},
			{"quota_topic", topicRef("warning")},
			{"paths", paths},
			{"events", events},
			{"contributors", contributors},
		},
	}
}

// siteObservability watches one environment in one region.
func (c *compiler) siteObservability(s site) Root {
	r := Root{Account: s.account, Scope: s.env.Name, Region: s.region, Layer: Observability, Order: 1}
	from := of("environments." + s.env.Name)
	c.watched(&r, s.account)
	metrics, groups, widgets := Object{}, List{}, List{}
	for _, cl := range c.Addresses.Clusters {
		if cl.Environment != s.env.Name || cl.Recovery != s.recovery {
			continue
		}
		name := c.clusterName(s, cl.Segment)
		groups = append(groups, String("/aws/eks/"+name+"/cluster"))
		for _, a := range clusterAlarms {
			if production(s.env) && a.severity == "critical" {
				a.severity = "critical"
			} else {
				a.severity = "warning"
			}
			metrics = append(metrics, metricAlarm(cl.Segment+"-"+a.name, a.catalogueAlarm, Object{{"ClusterName", String(name)}}))
		}
	}
	sortArgs(metrics)
	contributors := Object{}
	if len(groups) > 0 {
		contributors = Object{
			{"api-callers", Object{{"log_groups", groups}, {"keys", List{String("$.user.username"), String("$.verb")}}, {"filters", List{Object{{"Match", String("$.kind")}, {"In", List{String("Event")}}}}}}},
			{"api-refused", Object{{"log_groups", groups}, {"keys", List{String("$.user.username"), String("$.objectRef.resource")}}, {"filters", List{Object{{"Match", String("$.responseStatus.code")}, {"In", List{String("403")}}}}}}},
		}
	}
	widgets = append(widgets, environmentWidgets...)
	queries := Object{}
	if len(groups) > 0 {
		queries = Object{
			{"who-was-refused", Object{{"log_groups", groups}, {"query", String("fields @timestamp, user.username, verb, objectRef.resource, objectRef.name\n| filter responseStatus.code = 403\n| sort @timestamp desc\n| limit 200")}}},
			{"who-changed-what", Object{{"log_groups", groups}, {"query", String("fields @timestamp, user.username, verb, objectRef.namespace, objectRef.resource, objectRef.name\n| filter verb in [\"create\", \"update\", \"patch\", \"delete\"] and user.username not like /^system:/\n| sort @timestamp desc\n| limit 500")}}},
		}
	}
	r.Modules = append(r.Modules,
		c.alarms(s.account, s.region, s.env.Name, from, Object{}, metrics, c.paths(s), contributors),
		Module{Name: "dashboards", Source: "service-dashboards", From: from, Args: Args{
			{"name", String(c.name(s.env.Name))}, {"region", String(s.region)},
			{"dashboards", Object{{"environment", dashboardOf("What AWS says of "+s.env.Name+". Services themselves are in Grafana.", widgets)}}},
			{"queries", queries},
		}},
	)
	if !s.recovery {
		c.canaries(&r, s)
		c.chat(&r, s.account)
		c.sendLogs(&r, s)
		if c.platform.Observe.APM == "newrelic" {
			r.Lookups = append(r.Lookups, parameterLookup("newrelic_account", c.parameter("newrelic", "account")))
			r.Modules = append(r.Modules, Module{Name: "apm-link", Source: "apm-link", From: of("observe.apm"), Args: Args{
				{"role_name", String(c.name("newrelic"))}, {"external_id", Ref("data.aws_ssm_parameter.newrelic_account.value")},
			}})
		}
	}
	return r
}

// canaries ask the public routes of an environment.
func (c *compiler) canaries(r *Root, s site) {
	routes := Object{}
	for _, svc := range s.env.Services {
		for _, route := range svc.Routes {
			path := strings.Trim(route.Path, "/")
			name := strings.Trim(svc.Name+"-"+strings.NewReplacer("/", "-", ".", "-").Replace(path), "-")
			routes = append(routes, Arg{name, Object{
				{"name", String(fit(s.env.Name+"-"+name, 60))}, {"url", String("https://" + route.Host + cmp.Or(svc.Health.Ready, route.Path))},
			}})
		}
	}
	sortArgs(routes)
	routes = slices.CompactFunc(routes, func(a, b Arg) bool { return a.Key == b.Key })
	if len(routes) == 0 {
		return
	}
	severity := "warning"
	if production(s.env) {
		severity = "critical"
	}
	r.Providers = append(r.Providers, Provider{Name: "archive"})
	r.Lookups = append(r.Lookups, c.keyLookup(s.account, KeyData, "data"))
	r.Modules = append(r.Modules, Module{
		Name: "canaries", Source: "canaries", From: of("environments." + s.env.Name),
		Args: Args{
			{"name", String(c.name(s.env.Name))},
			{"account_id", c.accountID(s.account)},
			{"region", String(s.region)},
			{"bucket", String(c.bucket(s.env.Name, "canaries", s.region))},
			{"access_log_bucket", String(c.bucket(s.account, "access", s.region))},
			{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"role_name", String(c.short(64, s.env.Name, "canaries"))},
			{"routes", routes},
			{"topic", topicRef(severity)},
		},
	})
}

// paths are the composite alarms of an environment: for every public service of
// the first tier, whatever it cannot do without.
func (c *compiler) paths(s site) Object {
	paths := Object{}
	balanced := map[string]bool{} // many ways lead through the same services
	severity := "warning"
	if production(s.env) {
		severity = "critical"
	}
	for _, svc := range s.env.Services {
		if svc.Tier != 1 || len(svc.Routes) == 0 {
			continue
		}
		var alarms []string
		services, stores := c.needs(s.env, svc)
		for _, name := range services {
			callee, _ := s.env.Service(name)
			v, ok := c.Addresses.VPC(s.vpc(callee.Segment))
			if _, known := balanced[name]; !known {
				balanced[name] = c.balanced(s.env, callee)
			}
			if !ok || !balanced[name] || callee.Port == 0 || callee.Runtime == model.EC2 || len(v.Subnets) == 0 {
				continue
			}
			alarms = append(alarms, fit(s.env.Name+"-"+name+map[bool]string{true: "-r"}[s.recovery], 32)+"-"+mainPort+"-unhealthy")
		}
		for _, name := range stores {
			store, _ := s.env.Store(name)
			if _, ok := c.Addresses.VPC(s.vpc(store.Segment)); !ok || s.recovery && !store.Recovery {
				continue
			}
			alarms = append(alarms, c.storeAlarms(s, store)...)
		}
		if len(alarms) == 0 {
			continue
		}
		slices.Sort(alarms)
		alarms = slices.Compact(alarms)
		paths = append(paths, Arg{svc.Name, Object{
			{"alarms", Strings(alarms[:min(len(alarms), 100)])}, {"topic", topicRef(severity)},
			{"description", String(fmt.Sprintf("Something on the way of customers through %s is broken. Runbook: the alarm below it that came first is the cause; paddock map %s shows the way.", svc.Name, svc.Name))},
		}})
	}
	return paths
}

// needs are all services and stores that a service cannot do without, itself
// included, sorted.
func (c *compiler) needs(env model.Environment, svc model.Service) (services, stores []string) {
	seen := map[string]bool{}
	var visit func(model.Service)
	visit = func(s model.Service) {
		if seen[s.Name] {
			return
		}
		seen[s.Name] = true
		services = append(services, s.Name)
		for _, u := range s.Edges {
			switch u.Kind {
			case model.UsesStore:
				stores = append(stores, u.Name)
			case model.UsesService:
				if callee, ok := env.Service(u.Name); ok && u.Mode != model.Optional {
					visit(callee)
				}
			}
		}
	}
	visit(svc)
	slices.Sort(services)
	slices.Sort(stores)
	return services, slices.Compact(stores)
}

// storeAlarms are the names of the alarms by which a store says that it does not
// serve; its module gives them.
func (c *compiler) storeAlarms(s site, store model.Store) []string {
	name := c.siteName(s, store.Name)
	switch store.Engine {
	case model.OpenSearch:
		return []string{name + "-red", name + "-blocked"}
	case model.Redis, model.Valkey:
		return []string{name + "-memory"}
	case model.SQS, model.S3, model.MySQL, model.Postgres:
		return nil
	}
	var alarms []string
	for _, a := range c.machineArgs(s, store) {
		if nodes, ok := a.Value.(Object); ok && a.Key == "nodes" {
			for _, n := range nodes {
				alarms = append(alarms, name+"-"+n.Key+"-instance")
			}
		}
	}
	return alarms
}

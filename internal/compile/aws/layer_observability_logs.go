package aws

import (
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// logDomains is the root of the shared account with the logs of both tiers.
func (c *compiler) logDomains() (Root, bool) {
	region := c.platform.Cloud.Region
	r := Root{Account: Shared, Region: region, Layer: Observability}
	c.watched(&r, Shared)
	r.Lookups = append(r.Lookups, c.keyLookup(Shared, KeyData, "data"), c.keyLookup(Shared, KeyLogs, "logs"), parameterLookup("authority", c.parameter("pki", "authority-arn")))
	from := of("observe.logs")
	for _, t := range []string{"nonprod", "prod"} {
		v, ok := c.Addresses.VPC("obs-" + t)
		envs := c.environmentsBy(t)
		if !ok || len(envs) == 0 {
			continue
		}
		r.Lookups = append(r.Lookups, c.vpcLookup(v.Name))
		for _, sub := range v.Subnets {
			if sub.Purpose == address.Data {
				r.Lookups = append(r.Lookups, c.subnetLookup(v.Name, sub))
			}
		}
		zones := min(3, max(1, c.platform.Cloud.Zones))
		nodes, masters, instance, disk := zones, 0, "m6g.large.search", 200
		if t == "prod" {
			nodes, masters, instance, disk = 2*zones, 3, "r6g.xlarge.search", 1000
		}
		writers, senders := List{}, List{}
		for _, env := range envs {
			senders = append(senders, c.accountID(env.Name))
			for _, cl := range c.Addresses.Clusters {
				if cl.Environment == env.Name && !cl.Recovery {
					writers = append(writers, c.roleARN(env.Name, fit(c.clusterName(site{env: env}, cl.Segment)+"-logs", 64)))
				}
			}
		}
		severity := "warning"
		if t == "prod" {
			severity = "critical"
		}
		name := c.name("logs", t)
		r.Modules = append(r.Modules, Module{Name: "refused-" + t, Source: "bucket-store", From: from, Args: Args{
			{"bucket", String(c.bucket(Shared, "refused-logs-"+t, region))},
			{"account_id", c.accountID(Shared)},
			{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"access_log_bucket", String(c.bucket(Shared, "access", region))},
			{"keep_days", Number(max(30, days(c.platform.Observe.Logs.Hot)))},
		}}, Module{Name: "logs-" + t, Source: "log-domain", From: from, After: []string{"refused-" + t}, Args: Args{
			{"name", String(name)},
			{"tier", String(t)},
			{"region", String(region)},
			{"account_id", c.accountID(Shared)},
			{"domain_name", String(c.logDomain(t))},
			{"engine_version", String("2.19")},
			{"instance_type", String(instance)},
			{"nodes", Number(nodes)},
			{"masters", Number(masters)},
			{"standby", Bool(t == "prod" && zones == 3)},
			{"disk_gib", Number(disk)},
			{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
			{"subnet_ids", values(c.dataSubnets(v, "id", zones))},
			{"clients", c.logClients(t)},
			{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			{"master_role_name", String(fit(name+"-admin", 64))},
			{"role_prefix", String(c.logRolePrefix(t))},
			{"reader_role_arns", List{c.roleARN(Shared, c.name("grafana", t))}},
			{"writer_role_arns", writers},
			{"sender_account_ids", senders},
			{"refused_bucket", String(c.bucket(Shared, "refused-logs-"+t, region))},
			{"endpoint_parameter", String(c.parameter("logs", t, "endpoint"))},
			{"topic", topicRef(severity)},
			{"host", String(c.logHost(t))},
			{"certificate_authority_arn", Ref("data.aws_ssm_parameter.authority.value")},
			{"tags", Object{{"paddock:tier", String(t)}, {"paddock:platform", String(c.platform.Name)}}},
		}})
		c.logNames(&r, t, v)
	}
	c.chat(&r, Shared)
	return r, len(r.Modules) > 1
}

// logZone is the private domain of a tier's logs, and logHost the one name in it.
// Every environment has the zone for its own networks.
func (c *compiler) logZone(t string) string {
	return "logs-" + t + "." + c.platform.Network.PrivateDomain
}
func (c *compiler) logHost(t string) string { return "search." + c.logZone(t) }

// logClients are the subnets that write or search in a tier's logs: the pods of
// its environments, and its tools.
func (c *compiler) logClients(t string) Object {
	o := Object{}
	for _, v := range c.Addresses.VPCs {
		if v.Recovery {
			continue
		}
		env, ok := c.platform.Environment(v.Environment)
		for _, sub := range v.Subnets {
			key := v.Name + "-" + subnetName(sub)
			switch {
			case ok && tier(env) == t && c.runsIn(env, v, sub.Purpose):
				o = append(o, Arg{key, Object{{"cidr", String(sub.CIDR.String())}, {"why", String("Logs of " + env.Name)}}})
			case sub.Purpose == address.Association && string(v.Tier) == t:
				o = append(o, Arg{key, Object{{"cidr", String(sub.CIDR.String())}, {"why", String("People on the VPN")}}})
			case v.Environment == "" && sub.Purpose == address.Purpose("tools-"+t):
				o = append(o, Arg{key, Object{{"cidr", String(sub.CIDR.String())}, {"why", String("Grafana of " + t)}}})
			}
		}
	}
	sortArgs(o)
	return o
}

// sendLogs is how the logs of an environment reach its tier's domain.
func (c *compiler) sendLogs(r *Root, s site) {
	t := tier(s.env)
	if _, ok := c.Addresses.VPC("obs-" + t); !ok {
		return
	}
	from := of("observe.logs")
	except := List{}
	r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "shared", Account: Shared, Region: s.region})
	r.Lookups = append(r.Lookups, Lookup{Type: "aws_opensearch_domain", Name: "logs", Provider: "aws.shared", Args: Args{{"domain_name", String(c.logDomain(t))}}})
	first, more := Value(nil), Object{}
	for _, segment := range s.env.Segments {
		v, ok := c.Addresses.VPC(s.vpc(segment))
		if !ok {
			continue
		}
		r.Lookups = append(r.Lookups, c.vpcLookup(v.Name))
		id := Ref("data.aws_vpc." + word(v.Name) + ".id")
		if first == nil {
			first = id
			continue
		}
		more = append(more, Arg{segment, id})
	}
	if first != nil {
		r.Modules = append(r.Modules, Module{Name: "log-zone", Source: "private-zone", From: from, Args: Args{
			{"name", String(c.name(s.env.Name, "logs"))},
			{"zone", String(c.logZone(t))},
			{"vpc_id", first},
			{"more_vpc_ids", more},
			{"records", Object{{"search", Object{{"type", String("CNAME")}, {"ttl", Number(60)}, {"values", List{Ref("data.aws_opensearch_domain.logs.endpoint")}}}}}},
		}})
	}
	for _, store := range s.env.Stores {
		if store.Engine == model.OpenSearch {
			for _, l := range []string{"index_slow_logs", "search_slow_logs"} {
				except = append(except, String("/paddock/opensearch/"+c.siteName(s, store.Name)+"/"+l))
			}
		}
	}
	r.Modules = append(r.Modules, Module{Name: "subscription", Source: "log-subscription", From: from, Args: Args{
		{"name", String(c.name(s.env.Name, "logs"))},
		{"destination_arn", c.serviceARN("logs", s.region, Shared, "destination:"+c.name("logs", t))},
		{"except", except},
	}})
}

// serviceARN is the ARN of something in a region of an account.
func (c *compiler) serviceARN(service, region, account, what string) Value {
	begin, end := "arn:aws:"+service+":"+region+":", ":"+what
	switch id := c.accountID(account).(type) {
	case String:
		return String(begin + string(id) + end)
	case Ref:
		return Text{String(begin), id, String(end)}
	}
	return nil
}

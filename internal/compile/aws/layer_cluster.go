package aws

import (
	"slices"
	"strings"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// inClusters is the layer 45-cluster: what runs in clusters for all. The registry
// caches the images of others; every environment and region with clusters has an
// authority for certificates, and in every cluster the same charts.
func (c *compiler) inClusters() []Root {
	var roots []Root
	for i, region := range c.regions() {
		roots = append(roots, c.imageCache(region, i > 0))
	}
	for _, env := range c.platform.Environments {
		for i, region := range c.regions() {
			s := site{env: env, region: region, recovery: i > 0, account: c.accountOf(env.Name)}
			if r, ok := c.inClustersOf(s); ok {
				roots = append(roots, r)
			}
		}
	}
	return roots
}

// Upstream registries by the prefix of their images in ours. GitHub's asks who
// pulls.
var upstreams = Object{
	{"ecr-public", Object{{"host", String("public.ecr.aws")}}},
	{"github", Object{{"host", String("ghcr.io")}, {"signs_in", Bool(true)}}},
	{"kubernetes", Object{{"host", String("registry.k8s.io")}}},
	{"quay", Object{{"host", String("quay.io")}}},
}

func (c *compiler) imageCache(region string, recovery bool) Root {
	role := c.name("image-cache")
	if recovery {
		role = c.name("image-cache", "recovery")
	}
	pull := List{}
	for _, a := range c.accounts() {
		if _, ok := c.platform.Environment(a); ok || c.platform.Accounts.Single {
			pull = append(pull, c.accountID(a))
		}
	}
	return Root{
		Account: Shared, Region: region, Layer: InCluster,
		Lookups: []Lookup{c.keyLookup(Shared, KeyData, "data"), c.keyLookup(Shared, KeySecrets, "secrets")},
		Modules: []Module{{Name: "image-cache", Source: "image-cache", From: of("cloud.kubernetes"), Args: Args{
			{"region", String(region)},
			{"account_id", c.accountID(Shared)},
			{"role_name", String(role)},
			{"upstreams", upstreams},
			{"pull_account_ids", pull},
			{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"secret_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
		}}},
	}
}

// controllers of a cluster that have a role of their own in AWS.
var controllers = []string{"alerts", "balancers", "issuer", "logs", "metrics", "secrets"}

func (c *compiler) inClustersOf(s site) (Root, bool) {
	r := Root{Account: s.account, Scope: s.env.Name, Region: s.region, Layer: InCluster, Order: 1}
	for _, cl := range c.Addresses.Clusters {
		if cl.Environment != s.env.Name || cl.Recovery != s.recovery {
			continue
		}
		v, ok := c.Addresses.VPC(s.vpc(cl.Segment))
		if !ok {
			continue
		}
		name, id := c.clusterName(s, cl.Segment), word(cl.Segment)
		r.Providers = append(r.Providers, Provider{Name: "helm", Alias: cl.Segment, Args: Args{{"kubernetes", Object{
			{"host", Ref("data.aws_eks_cluster." + id + ".endpoint")},
			{"cluster_ca_certificate", Ref("base64decode(data.aws_eks_cluster." + id + ".certificate_authority[0].data)")},
			{"token", Ref("data.aws_eks_cluster_auth." + id + ".token")},
		}}}})
		cluster := Args{{"name", String(name)}}
		r.Lookups = append(r.Lookups,
			Lookup{Type: "aws_eks_cluster", Name: id, Args: cluster},
			Lookup{Type: "aws_eks_cluster_auth", Name: id, Args: cluster},
			c.vpcLookup(v.Name),
			groupLookup(id+"_node", name+"-node"), groupLookup(id+"_control", name+"-control"),
		)
		for _, svc := range s.env.Services {
			if strict(svc, cl.Segment) {
				r.Lookups = append(r.Lookups, groupLookup("pods_"+word(svc.Name), c.groupName(s, cl.Segment, svc.Name)))
			}
		}
		r.Modules = append(r.Modules, c.clusterBase(s, cl, v))
	}
	if len(r.Modules) == 0 {
		return r, false
	}
	first := []Module{{Name: "authority", Source: "authority", From: of("environments." + s.env.Name), Args: Args{
		{"name", String(fit(c.siteName(s), 55))},
		{"organization", String(c.platform.Name)},
	}}}
	for _, a := range c.alertSecrets(s) {
		first = append(first, Module{Name: "alerts-" + strings.ReplaceAll(strings.ToLower(a.Key), "_", "-"), Source: "secret", From: of("alerts"), Args: Args{
			{"name", String(c.observeSecret(s, a.Key))},
			{"description", a.Value},
			{"kms_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
			{"account_id", c.accountID(s.account)},
		}})
	}
	if c.platform.Observe.APM != "" {
		first = append(first, Module{Name: "apm-key", Source: "secret", From: of("observe.apm"), Args: Args{
			{"name", String(c.apmSecret(s))},
			{"description", String("Key with which traces are sent to " + c.platform.Observe.APM)},
			{"kms_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
			{"account_id", c.accountID(s.account)},
		}})
	}
	r.Modules = append(first, r.Modules...)
	r.Lookups = append(r.Lookups,
		c.keyLookup(s.account, KeyAlarms, "alarms"), c.keyLookup(s.account, KeyData, "data"), c.keyLookup(s.account, KeySecrets, "secrets"),
		topicLookup("alarms", c.topic(s.account, heartbeatSeverity(s.env))),
	)
	if !c.logDomainOf(s) {
		r.Lookups = append(r.Lookups, c.keyLookup(s.account, KeyLogs, "logs"))
	}
	if c.logDomainOf(s) {
		// Whoever writes to the domain trusts the authority that signed its name.
		r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "shared", Account: Shared, Region: s.region})
		authority := parameterLookup("authority", c.parameter("pki", "authority-arn"))
		authority.Provider = "aws.shared"
		r.Lookups = append(r.Lookups, authority, Lookup{Type: "aws_acmpca_certificate_authority", Name: "logs", Provider: "aws.shared", Args: Args{
			{"arn", Ref("data.aws_ssm_parameter.authority.value")},
		}})
	}
	return r, true
}

// heartbeatSeverity is how bad it is that a cluster's alerts come no more.
func heartbeatSeverity(env model.Environment) string {
	if production(env) {
		return "critical"
	}
	return "warning"
}

// groupLookup finds a security group of the root's own account by its name.
func groupLookup(name, tag string) Lookup {
	return Lookup{Type: "aws_security_group", Name: name, Args: Args{{"tags", Object{{"Name", String(tag)}}}}}
}

// apmSecret is the name of the key with which traces leave.
func (c *compiler) apmSecret(s site) string { return c.observeSecret(s, "APM_LICENSE_KEY") }

// platformDomains are the names on the internet that the platform's own pods of a
// network need: those of the services that take traces and alerts.
func (c *compiler) platformDomains(env model.Environment, v address.VPC) []string {
	pods := slices.ContainsFunc(env.Services, func(s model.Service) bool { return s.Segment == v.Segment && s.Runtime != model.EC2 })
	if !pods {
		return nil
	}
	all := c.alertDomains(env)
	switch {
	case c.platform.Observe.APM == "":
	case c.platform.Observe.APMRegion == "eu":
		all = append(all, "otlp.eu01.nr-data.net")
	default:
		all = append(all, "otlp.nr-data.net")
	}
	return all
}

// logDomain is the name of the domain for logs of a tier.
func (c *compiler) logDomain(tier string) string { return fit("logs-"+tier, 28) }

func (c *compiler) clusterBase(s site, cl address.Cluster, v address.VPC) Module {
	name, id := c.clusterName(s, cl.Segment), word(cl.Segment)
	prefixes, secrets, groups := List{}, List{}, Object{}
	for _, svc := range s.env.Services {
		if svc.Segment != cl.Segment || svc.Runtime == model.EC2 {
			continue
		}
		if strict(svc, cl.Segment) {
			groups = append(groups, Arg{svc.Name, Ref("data.aws_security_group.pods_" + word(svc.Name) + ".id")})
		}
		if c.balanced(s.env, svc) {
			prefixes = append(prefixes, String(c.targetPrefix(s, svc.Name)))
		}
		for _, n := range c.secretsOf(s, svc) {
			secrets = append(secrets, String(n))
		}
	}
	if c.platform.Observe.APM != "" {
		secrets = append(secrets, String(c.apmSecret(s)))
	}
	for _, a := range c.alertSecrets(s) {
		secrets = append(secrets, String(c.observeSecret(s, a.Key)))
	}
	mail := List{}
	for _, a := range c.mailTopics(s.account) {
		mail = append(mail, c.serviceARN("sns", s.region, s.account, string(a.Value.(String))))
	}
	roles := Object{}
	for _, k := range controllers {
		roles = append(roles, Arg{k, String(fit(name+"-"+k, 64))})
	}
	metrics := max(1, days(c.platform.Observe.Metrics.Hot))
	m := Module{
		Name: cl.Segment, Source: "cluster-base", Providers: []Pass{{"helm", "helm." + cl.Segment}},
		From: []Origin{{Key: "environments." + s.env.Name}, {Key: "observe"}},
		Args: Args{
			{"name", String(name)},
			{"namespace", String(s.env.Name)},
			{"region", String(s.region)},
			{"account_id", c.accountID(s.account)},
			{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
			{"registry", c.registry(s.region)},
			{"chart_versions", chartVersions},
			{"role_names", roles},
			{"target_prefixes", prefixes},
			{"secrets", secrets},
			{"secret_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
			{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"alarm_key_arn", Ref("data.aws_kms_alias.alarms.target_key_arn")},
			{"authority_arn", Ref("module.authority.arn")},
			{"alarm_topic_arn", Ref("data.aws_sns_topic.alarms.arn")},
			{"mail_topic_arns", mail},
			{"heartbeat_topic", String(heartbeatTopic(name))},
			{"expects_heartbeat", Bool(s.env.Hours == nil)},
			{"alert_secrets", Bool(len(c.alertSecrets(s)) > 0)},
			{"log_archive", Object{
				{"bucket", String(c.logBucket(applicationLogs, s.region))}, {"account_id", c.accountID(c.archiveAccount())},
			}},
			{"node_role_name", String(nodeRoleName(name))},
			{"karpenter_role_name", String(fit(name+"-karpenter", 64))},
			{"interruption_queue", String(name + "-interruptions")},
			{"node_security_group_id", Ref("data.aws_security_group." + id + "_node.id")},
			{"control_security_group_id", Ref("data.aws_security_group." + id + "_control.id")},
			{"discovers_machines", Bool(slices.ContainsFunc(s.env.Services, func(svc model.Service) bool { return c.machineWatcher(s, svc) == cl.Segment }))},
			{"pod_security_groups", groups},
			{"metrics_days", Number(metrics)},
			{"metrics_gib", Number(metricsGiB(metrics))},
			{"apm", Bool(c.platform.Observe.APM != "")},
			{"labels", Object{{"cluster", String(name)}, {"env", String(s.env.Name)}, {"platform", String(c.platform.Name)}, {"region", String(s.region)}}},
		},
	}
	if c.logDomainOf(s) {
		m.Args = append(m.Args,
			Arg{"log_domain", String(c.logDomain(tier(s.env)))},
			Arg{"log_authority", List{Ref("data.aws_acmpca_certificate_authority.logs.certificate"), Ref("data.aws_acmpca_certificate_authority.logs.certificate_chain")}},
		)
	} else {
		m.Args = append(m.Args,
			Arg{"log_group", String(c.logGroup(s, cl.Segment))},
			Arg{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			Arg{"log_days", Number(logGroupDays(max(1, days(c.platform.Observe.Logs.Hot))))},
		)
	}
	return m
}

// metricsGiB is the disk of a Prometheus: 4 GiB for every day, enough for the
// figures of some hundred replicas. It follows from nothing that grows with the
// platform, for a volume does not shrink again.
func metricsGiB(days int) int { return max(20, 4*days) }

// registry is the host of the registry in a region.
func (c *compiler) registry(region string) Value {
	tail := String(".dkr.ecr." + region + ".amazonaws.com")
	if id, ok := c.accountID(Shared).(String); ok {
		return id + tail
	}
	return Text{c.accountID(Shared), tail}
}

// secretsOf are the names of all secrets that a service is given, sorted.
func (c *compiler) secretsOf(s site, svc model.Service) []string {
	var names []string
	for _, n := range svc.Secrets {
		names = append(names, c.secret(s.env.Name, svc.Name, n))
	}
	for _, u := range svc.Edges {
		if store, ok := s.env.Store(u.Name); ok && u.Kind == model.UsesStore && signsIn(store) {
			names = append(names, c.secret(s.env.Name, store.Name, svc.Name))
		}
	}
	slices.Sort(names)
	return names
}

// signsIn reports whether services sign in at a store with a secret; the others
// know roles of AWS.
func signsIn(store model.Store) bool {
	switch store.Engine {
	case model.S3, model.SQS, model.Redis, model.Valkey, model.OpenSearch:
		return false
	}
	return true
}

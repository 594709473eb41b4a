package aws

import (
	"fmt"
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// The tools of a tier: what they are called, where they answer, and how large
// their machine is.
var tools = []struct {
	name, health, instance string
	port, disk, priority   int
	// agents are the paths that build agents use without a sign-in: Jenkins asks
	// them for a token of its own.
	agents []string
}{
	{name: "jenkins", port: 8443, health: "/login", instance: "m6i.xlarge", disk: 200, priority: 10, agents: []string{"/wsagents/*", "/jnlpJars/*", "/tcpSlaveAgentListener/*"}},
}

// The ranges of service addresses of the clusters of agents. They are routed
// nowhere, and a cluster of agents has no service of its own.
var agentServices = map[string]string{"nonprod": "192.168.192.0/20", "prod": "192.168.208.0/20"}

// How many nodes agents have while people work.
const agentNodes = 6

// toolMachines is the layer 55-tools: the controllers of Jenkins, the clusters in
// which their agents run, and the door to them. The two tiers share the account,
// the bucket of packages and the vault, and no role, key, machine or cluster.
func (c *compiler) toolMachines() []Root {
	shared, ok := c.Addresses.VPC("shared")
	if !ok || c.platform.Delivery.Engine != "jenkins" {
		return nil
	}
	region := c.platform.Cloud.Region
	r := Root{Account: Shared, Region: region, Layer: Tools}
	r.Modules = []Module{
		{Name: "copies", Source: "bucket-store", From: of("delivery"), Args: Args{
			{"bucket", String(c.bucket(Shared, "copies", region))},
			{"account_id", c.accountID(Shared)},
			{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"access_log_bucket", String(c.bucket(Shared, "access", region))},
		}},
		{Name: "vault", Source: "backup-vault", From: of("backup"), Args: Args{
			{"name", String(c.vault(Shared))},
			{"account_id", c.accountID(Shared)},
			{"kms_key_arn", Ref("data.aws_kms_alias.backup.target_key_arn")},
			{"min_retention_days", Number(lockLeast)},
			{"max_retention_days", Number(monthlyKeep)},
			{"compliance", Bool(c.platform.Backup.Lock)},
			{"keeper_role_arns", List{c.roleARN(Shared, "break-glass"), c.roleARN(Shared, "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup")}},
			{"topic_arn", Ref("data.aws_sns_topic.warning.arn")},
		}},
	}
	r.Lookups = []Lookup{
		c.vpcLookup(shared.Name),
		c.keyLookup(Shared, KeyBackup, "backup"), c.keyLookup(Shared, KeyData, "data"), c.keyLookup(Shared, KeyLogs, "logs"), c.keyLookup(Shared, KeySecrets, "secrets"),
		topicLookup("warning", c.topic(Shared, "warning")),
		parameterLookup("authority", c.parameter("pki", "authority-arn")),
		parameterLookup("image", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
		{Type: "aws_ec2_managed_prefix_list", Name: "s3", Blocks: []Block{filter("prefix-list-name", "com.amazonaws."+region+".s3")}},
	}
	found := false
	for _, t := range []string{"nonprod", "prod"} {
		if len(c.environmentsBy(t)) > 0 {
			found = c.toolsOf(&r, t, shared) || found
		}
	}
	if !found {
		return nil
	}
	return []Root{r}
}

// toolsOf adds the tools of a tier. A tier without subnets of its own in the
// shared network has none.
func (c *compiler) toolsOf(r *Root, t string, shared address.VPC) bool {
	subnets, agents := c.subnetIDs(shared, address.Purpose("tools-"+t)), c.subnetIDs(shared, address.Purpose("agents-"+t))
	if len(subnets) < 2 || len(agents) == 0 {
		return false
	}
	home := -1
	for i, s := range shared.Subnets {
		if s.Purpose == address.Purpose("tools-"+t) || s.Purpose == address.Purpose("agents-"+t) {
			r.Lookups = append(r.Lookups, c.subnetLookup(shared.Name, s))
			if home < 0 && s.Purpose == address.Purpose("tools-"+t) {
				home = i
			}
		}
	}
	zone := "tools_" + t
	r.Lookups = append(r.Lookups, Lookup{Type: "aws_route53_zone", Name: zone, Args: Args{{"name", String(c.toolZone(t))}, {"private_zone", Bool(true)}}})
	balancer := "tools-" + t
	r.Modules = append(r.Modules, c.toolBalancer(r, t, shared, subnets))
	first := shared.Subnets[home]
	at := "data.aws_subnet." + word(shared.Name+"_"+subnetName(first))
	for i, tool := range tools {
		secret := "secret-" + tool.name + "-" + t
		r.Modules = append(r.Modules,
			Module{Name: secret, Source: "secret", From: of("delivery"), Args: Args{
				{"name", String(c.toolSecret(tool.name, t))},
				{"description", String("What " + tool.name + " of " + t + " needs to start: one key for each value of its configuration")},
				{"kms_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
				{"account_id", c.accountID(Shared)},
			}},
			Module{Name: tool.name + "-" + t, Source: "tool-machine", From: of("delivery"), After: []string{"copies", secret}, Args: Args{
				{"name", String(c.name(tool.name, t))},
				{"tool", String(tool.name)},
				{"tier", String(t)},
				{"region", String(r.Region)},
				{"account_id", c.accountID(Shared)},
				{"vpc_id", Ref("data.aws_vpc." + word(shared.Name) + ".id")},
				{"subnet_id", Ref(at + ".id")},
				{"zone_name", Ref(at + ".availability_zone")},
				{"address", String(address.Nth(first.CIDR, toolAddress+i).String())},
				{"port", Number(tool.port)},
				{"balancer_security_group_id", Ref("module." + balancer + ".security_group_id")},
				{"target_group_arn", Ref(fmt.Sprintf("module.%s.target_group_arns[%q]", balancer, tool.name))},
				{"targets", c.toolTargets(shared)},
				{"s3_prefix_list_id", Ref("data.aws_ec2_managed_prefix_list.s3.id")},
				{"image_id", Ref("data.aws_ssm_parameter.image.value")},
				{"instance_type", String(tool.instance)},
				{"disk_gib", Number(tool.disk)},
				{"role_name", String(c.toolRole(tool.name, t))},
				{"backup_role_name", String(fit(c.name(tool.name, t, "backup"), 64))},
				{"secret_name", String(c.toolSecret(tool.name, t))},
				{"copies_bucket", String(c.bucket(Shared, "copies", r.Region))},
				{"log_group", String(c.machineLogs(Shared, tool.name+"-"+t))},
				{"log_days", Number(logGroupDays(days(c.platform.Observe.Logs.Hot)))},
				{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
				{"cluster_arns", List{c.serviceARN("eks", r.Region, Shared, "cluster/"+c.agentCluster(t))}},
				{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
				{"key_arns", List{Ref("data.aws_kms_alias.data.target_key_arn"), Ref("data.aws_kms_alias.secrets.target_key_arn")}},
				{"zone_id", Ref("data.aws_route53_zone." + zone + ".zone_id")},
				{"vault_name", Ref("module.vault.name")},
				{"time_zone", String(c.timeZone().String())},
				{"alarm_topics", List{Ref("data.aws_sns_topic.warning.arn")}},
				{"tags", Object{{"paddock:data", String(model.Internal)}, {"paddock:platform", String(c.platform.Name)}, {"paddock:tier", String("1")}}},
			}},
		)
	}
	r.Modules = append(r.Modules, c.agentClusterModule(t, shared, agents), c.agentNodesModule(t, agents))
	return true
}

// toolAddress is the place of the first tool's machine in its subnet. Load
// balancers take theirs from the rest.
const toolAddress = 10

// toolBalancer is the door to the tools of a tier.
func (c *compiler) toolBalancer(r *Root, t string, shared address.VPC, subnets Object) Module {
	hosts := Object{}
	for _, tool := range tools {
		hosts = append(hosts, Arg{tool.name, Object{
			{"host", String(c.toolHost(tool.name, t))}, {"port", Number(tool.port)}, {"health_path", String(tool.health)}, {"priority", Number(tool.priority)},
			{"agent_paths", Strings(tool.agents)},
		}})
	}
	signIn := Object{}
	for _, key := range []string{"issuer", "authorization-endpoint", "token-endpoint", "user-info-endpoint", "client-id", "client-secret"} {
		name := "sign_in_" + t + "_" + word(key)
		r.Lookups = append(r.Lookups, parameterLookup(name, c.parameter("tools", t, "sign-in", key)))
		if key != "client-secret" {
			signIn = append(signIn, Arg{word(key), Ref("data.aws_ssm_parameter." + name + ".value")})
		}
	}
	return Module{Name: "tools-" + t, Source: "tool-balancer", From: of("delivery"), Args: Args{
		{"name", String(c.short(24, "tools", t))},
		{"tier", String(t)},
		{"vpc_id", Ref("data.aws_vpc." + word(shared.Name) + ".id")},
		{"subnet_ids", values(subnets)},
		{"tools", hosts},
		{"people", c.toolPeople(t, shared)},
		{"agents", toolRanges(shared, address.Purpose("agents-"+t), "Build agents of "+t)},
		{"sign_in", signIn},
		{"client_secret", Ref("data.aws_ssm_parameter.sign_in_" + t + "_client_secret.value")},
		{"authority_arn", Ref("data.aws_ssm_parameter.authority.value")},
		{"zone_id", Ref("data.aws_route53_zone.tools_" + t + ".zone_id")},
		{"log_bucket", String(c.logBucket("elb", r.Region))},
		{"alarm_topics", List{Ref("data.aws_sns_topic.warning.arn")}},
	}}
}

// toolPeople are the ranges from which people use tools: the VPN of the tier.
// Without one they come by sessions of Systems Manager, which machines beside
// the tools forward.
func (c *compiler) toolPeople(t string, shared address.VPC) Object {
	if v, ok := c.Addresses.VPC("vpn-" + t); ok {
		return toolRanges(v, address.Association, "People on the VPN")
	}
	return toolRanges(shared, address.Purpose("tools-"+t), "Sessions that machines forward")
}

func toolRanges(v address.VPC, p address.Purpose, why string) Object {
	o := Object{}
	for _, s := range v.Subnets {
		if s.Purpose == p {
			o = append(o, Arg{subnetName(s), Object{{"cidr", String(s.CIDR.String())}, {"why", String(why)}}})
		}
	}
	sortArgs(o)
	return o
}

// toolTargets are what tools reach beside the internet: the APIs of AWS.
func (c *compiler) toolTargets(shared address.VPC) Object {
	o := Object{}
	for _, s := range c.endpointSubnets(shared) {
		o = append(o, Arg{"aws-" + subnetName(s) + "-443", portRule(s.CIDR.String(), 443, "AWS APIs")})
	}
	sortArgs(o)
	return o
}

// agentClusterModule is the cluster in which the agents of a tier run. Its
// controller makes pods in their namespace, and can do nothing else in it.
func (c *compiler) agentClusterModule(t string, shared address.VPC, subnets Object) Module {
	name := c.agentCluster(t)
	clients := toolRanges(shared, address.Purpose("tools-"+t), "Controller of "+t)
	role := func(part string) String { return String(fit(name+"-"+part, 64)) }
	return Module{Name: "agents-" + t, Source: "eks", From: of("delivery"), After: []string{"jenkins-" + t}, Args: Args{
		{"name", String(name)},
		{"kubernetes_version", String(c.platform.Cloud.Kubernetes)},
		{"region", String(c.platform.Cloud.Region)},
		{"account_id", c.accountID(Shared)},
		{"vpc_id", Ref("data.aws_vpc." + word(shared.Name) + ".id")},
		{"control_subnet_ids", values(subnets)},
		{"pod_subnet_ids", values(subnets)},
		{"service_cidr", String(agentServices[t])},
		{"service_ports", Object{}},
		{"api_clients", clients},
		{"node_clients", Object{}},
		{"node_targets", c.toolTargets(shared)},
		{"internet", Bool(true)},
		{"s3_prefix_list_id", Ref("data.aws_ec2_managed_prefix_list.s3.id")},
		{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"secret_key_arn", Ref("data.aws_kms_alias.secrets.target_key_arn")},
		{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
		{"addon_versions", addonVersions},
		{"access", Object{
			{"auditors", Object{{"role_arn", c.roleARN(Shared, "paddock-auditor")}, {"policy", String("AmazonEKSViewPolicy")}}},
			{"break-glass", Object{{"role_arn", c.roleARN(Shared, "break-glass")}, {"policy", String("AmazonEKSClusterAdminPolicy")}}},
			{"controller", Object{{"role_arn", c.roleARN(Shared, c.toolRole("jenkins", t))}, {"policy", String("AmazonEKSEditPolicy")}, {"namespaces", List{String("agents-" + t)}}}},
			{"platform", Object{{"role_arn", c.roleARN(Shared, "paddock-apply-"+string(Tools))}, {"policy", String("AmazonEKSClusterAdminPolicy")}}},
		}},
		{"protected", Bool(true)},
		{"zonal_shift", Bool(false)},
		{"cluster_role_name", role("control")},
		{"node_role_name", String(nodeRoleName(name))},
		{"network_role_name", role("network")},
		{"volumes_role_name", role("volumes")},
		{"karpenter_role_name", role("karpenter")},
		{"tags", c.agentTags(t)},
	}}
}

func (c *compiler) agentTags(t string) Object {
	return Object{{"paddock:env", String(t)}, {"paddock:platform", String(c.platform.Name)}, {"paddock:role", String("agents")}}
}

// agentNodesModule are the nodes of the agents, and who agents are in AWS.
func (c *compiler) agentNodesModule(t string, subnets Object) Module {
	from, to, zone := 8*60, 20*60, c.timeZone()
	if i := slices.IndexFunc(c.environmentsBy(t), func(e model.Environment) bool { return e.Hours != nil }); i >= 0 {
		h := c.environmentsBy(t)[i].Hours
		from, to, zone = h.From, h.To, h.Zone
	}
	cron := func(minute int) String { return String(fmt.Sprintf("%d %d * * MON-FRI", minute%60, minute/60%24)) }
	cluster := "agents-" + t
	return Module{Name: "nodes-" + t, Source: "agent-nodes", From: of("delivery"), Args: Args{
		{"name", Ref("module." + cluster + ".name")},
		{"kubernetes_version", String(c.platform.Cloud.Kubernetes)},
		{"node_role_arn", Ref("module." + cluster + ".node_role_arn")},
		{"node_security_group_id", Ref("module." + cluster + ".node_security_group_id")},
		{"subnet_ids", values(subnets)},
		{"instance_types", Strings([]string{"m6i.xlarge", "m6a.xlarge", "m5.xlarge"})},
		// A build that is lost is built again; a release that is lost is half done.
		{"spot", Bool(t == "nonprod")},
		{"nodes_idle", Number(1)},
		{"nodes_busy", Number(agentNodes)},
		{"busy_from", cron(from)},
		{"busy_to", cron(to)},
		{"time_zone", String(zone.String())},
		{"namespace", String("agents-" + t)},
		{"service_account", String(c.agentRole(t))},
		{"agent_role_arn", c.roleARN(Shared, c.agentRole(t))},
		{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"tags", c.agentTags(t)},
	}}
}

package aws

import (
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// bootstrap is the layer 00-bootstrap: where states are kept and which roles
// apply. It is applied once by a person with rights of their own.
func (c *compiler) bootstrap() []Root {
	var roots []Root
	for _, account := range c.accounts() {
		r := Root{Account: account, Region: c.platform.Cloud.Region, Layer: Bootstrap}
		if account == Shared {
			r.Modules = append(r.Modules, c.agents())
		} else {
			r.Order = 1 // its roles name the agents' roles, which must exist
		}
		t := c.tierOfAccount(account)
		layers := Object{}
		for _, l := range applied {
			layers = append(layers, Arg{string(l.layer), String(l.policy)})
		}
		r.Modules = append(r.Modules, Module{
			Name: "state", Source: "state", From: c.accountOrigin(account),
			Args: Args{
				{"platform", String(c.platform.Name)},
				{"account", String(account)},
				{"account_id", c.accountID(account)},
				{"bucket", String(c.stateBucket(account))},
				{"layers", layers},
				{"agent_role_arns", List{c.roleARN(Shared, c.agentRole(t))}},
				{"external_id", String(c.name(account))},
				{"break_glass_principal_arns", List{c.rootARN(Management)}},
			},
		})
		if account == Shared {
			r.Modules[len(r.Modules)-1].After = []string{"agents"}
		}
		roots = append(roots, r)
	}
	return roots
}

// stateBucket holds the states of an account.
func (c *compiler) stateBucket(account string) string { return c.name(account, "terraform-state") }

// agentRole is the name of the role of a side's build agents.
func (c *compiler) agentRole(tier string) string { return c.name("agent", tier) }

// agents are the roles of the build agents of both sides.
func (c *compiler) agents() Module {
	agents := Object{}
	for _, t := range []string{"nonprod", "prod"} {
		ids := List{}
		for _, a := range c.accounts() {
			if c.tierOfAccount(a) == t || c.platform.Accounts.Single {
				ids = append(ids, c.accountID(a))
			}
		}
		if len(ids) == 0 {
			continue
		}
		agents = append(agents, Arg{t, Object{{"role_name", String(c.agentRole(t))}, {"account_ids", ids}, {"pushes", Bool(t == "nonprod")}}})
	}
	var repositories List
	for _, region := range c.regions() {
		begin, end := "arn:aws:ecr:"+region+":", ":repository/"+c.repository("*")
		switch id := c.accountID(Shared).(type) {
		case String:
			repositories = append(repositories, String(begin+string(id)+end))
		case Ref:
			repositories = append(repositories, Text{String(begin), id, String(end)})
		}
	}
	return Module{Name: "agents", Source: "agents", From: of("delivery"), Args: Args{
		{"account_id", c.accountID(Shared)},
		{"signing_alias", String(c.keyAlias("images", "signing"))},
		{"agents", agents},
		{"repository_arns", repositories},
	}}
}

// applied are the layers with the managed policy that suffices to apply each.
var applied = []struct {
	layer  Layer
	policy string
}{
	{Bootstrap, "AdministratorAccess"}, {Organization, "AdministratorAccess"}, {Security, "AdministratorAccess"}, {Logs, "AdministratorAccess"},
	{Network, "job-function/NetworkAdministrator"}, {Edge, "AdministratorAccess"}, {Data, "AdministratorAccess"}, {Clusters, "AdministratorAccess"},
	{InCluster, "AdministratorAccess"}, {Observability, "AdministratorAccess"}, {Tools, "AdministratorAccess"}, {Backups, "AdministratorAccess"}, {Automation, "AdministratorAccess"},
	{Disaster, "AdministratorAccess"}, {ThirdParties, "AdministratorAccess"}, {FinOps, "job-function/Billing"},
}

// tierOfAccount is the side of the wall on which an account stands. What serves
// all is as dangerous as production.
func (c *compiler) tierOfAccount(account string) string {
	if env, ok := c.platform.Environment(account); ok {
		return tier(env)
	}
	return "prod"
}

// accountOrigin is where the platform file speaks of an account.
func (c *compiler) accountOrigin(account string) []Origin {
	if _, ok := c.platform.Environment(account); ok {
		return of("environments." + account)
	}
	return of("accounts")
}

// roleARN is the ARN of a role of an account.
func (c *compiler) roleARN(account, role string) Value {
	return c.iamARN(account, "role/"+role)
}

func (c *compiler) rootARN(account string) Value { return c.iamARN(account, "root") }

func (c *compiler) iamARN(account, what string) Value {
	switch id := c.accountID(account).(type) {
	case String:
		return String("arn:aws:iam::" + string(id) + ":" + what)
	case Ref:
		return Text{String("arn:aws:iam::"), id, String(":" + what)}
	}
	return nil
}

// organization is the layer 05-org: accounts and the bounds of each.
func (c *compiler) organization() []Root {
	if c.platform.Accounts.Single {
		return nil
	}
	accounts, delegated := Object{}, Object{}
	for _, name := range c.accounts() {
		if name == Management {
			continue
		}
		unit := "Infrastructure"
		switch name {
		case LogArchive, Audit:
			unit = "Security"
		default:
			if env, ok := c.platform.Environment(name); ok {
				unit = "Workloads/NonProd"
				if production(env) {
					unit = "Workloads/Prod"
				}
			}
		}
		accounts = append(accounts, Arg{name, Object{{"mail", String(c.accountMail(name))}, {"unit", String(unit)}}})
	}
	for _, s := range []string{"access-analyzer.amazonaws.com", "config.amazonaws.com", "config-multiaccountsetup.amazonaws.com"} {
		delegated = append(delegated, Arg{s, String(Audit)})
	}
	r := Root{
		Account: Management, Region: c.platform.Cloud.Region, Layer: Organization,
		Modules: []Module{{
			Name: "organization", Source: "organization", From: of("accounts"),
			Args: Args{
				{"accounts", accounts},
				{"regions", Strings(c.regions())},
				{"security_account", String(Audit)},
				{"delegated", delegated},
			},
		}},
	}
	watcher := Args{{"account_id", Ref(`module.organization.account_ids["` + Audit + `"]`)}}
	r.Modules = append(r.Modules, Module{Name: "delegation", Source: "delegation", From: of("audit"), Args: watcher})
	if other := c.platform.Recovery.Region; other != "" {
		r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "recovery", Account: Management, Region: other})
		r.Modules = append(r.Modules, Module{
			Name: "delegation-recovery", Source: "delegation", From: of("recovery.region"),
			Providers: []Pass{{"aws", "aws.recovery"}}, Args: watcher,
		})
	}
	// IAM Identity Center is turned on by a person, who then writes down where.
	r.Lookups = append(r.Lookups,
		parameterLookup("people_instance", c.parameter("people", "instance-arn")),
		parameterLookup("people_store", c.parameter("people", "identity-store-id")))
	r.Modules = append(r.Modules, Module{Name: "people", Source: "sign-in", From: of("accounts"), Args: Args{
		{"groups", c.peopleGroups()},
		{"account_ids", Ref("module.organization.account_ids")},
		{"instance_arn", Ref("data.aws_ssm_parameter.people_instance.value")},
		{"identity_store_id", Ref("data.aws_ssm_parameter.people_store.value")},
	}})
	return []Root{r}
}

// peopleGroups are those who look into accounts. Nobody is among them who
// changes anything: that is done by the pipeline, and at night by breaking the
// glass.
func (c *compiler) peopleGroups() Object {
	var all []string
	for _, a := range c.accounts() {
		if a != Management {
			all = append(all, a)
		}
	}
	group := func(set, description string, hours int, role string) Object {
		return Object{
			{"description", String(description)}, {"set", String(set)}, {"hours", Number(hours)}, {"role", String(role)}, {"accounts", Strings(all)},
		}
	}
	return Object{
		{c.name("auditors"), group("paddock-auditor", "Reads settings and logs of all accounts", 4, "paddock-auditor")},
		{c.name("operators"), group("paddock-operator", "Looks into what runs, opens recorded sessions", 8, "paddock-operator")},
	}
}

// accountMail is the address of an account, which AWS wants to be its own.
func (c *compiler) accountMail(name string) string {
	pattern := c.platform.Accounts.Mail
	if pattern == "" {
		pattern = "aws+{account}@" + c.platform.Domain
	}
	return strings.ReplaceAll(pattern, "{account}", name)
}

// security is the layer 10-security: keys, guards and detection of every account
// and region.
func (c *compiler) security() []Root {
	var roots []Root
	for _, account := range c.accounts() {
		for i, region := range c.regions() {
			if i > 0 && !c.inRecovery(account) {
				continue
			}
			roots = append(roots, c.accountSecurity(account, region, i == 0))
		}
	}
	return roots
}

// inRecovery reports whether an account has anything in the region that takes
// over.
func (c *compiler) inRecovery(account string) bool {
	env, ok := c.platform.Environment(account)
	return !ok && account != Management && account != Shared || ok && production(env)
}

func (c *compiler) accountSecurity(account, region string, primary bool) Root {
	r := Root{Account: account, Region: region, Layer: Security}
	purposes := []string{KeyAlarms, KeyBackup, KeyData, KeyLogs, KeySecrets}
	keys := Module{
		Name: "keys", Source: "keys", From: c.accountOrigin(account),
		Args: Args{
			{"platform", String(c.platform.Name)},
			{"owner", String(account)},
			{"purposes", Strings(purposes)},
		},
	}
	if account == LogArchive {
		var writers List
		for _, a := range c.accounts() {
			if a != LogArchive {
				writers = append(writers, c.accountID(a))
			}
		}
		keys.Args = append(keys.Args, Arg{"writer_accounts", writers}, Arg{"shipped_buckets", List{bucketARN(c.logBucket(applicationLogs, region))}})
	}
	if account == Management {
		// The trail is written with the key of its own account.
		keys.Args = append(keys.Args, Arg{"trail_readers", List{c.accountID(LogArchive), c.accountID(Audit)}})
	}
	topics := Module{
		Name: "topics", Source: "topics", From: of("alerts"),
		Args: Args{
			{"account_id", c.accountID(account)},
			{"topics", c.topics(account)},
			{"kms_key_arn", Ref(`module.keys.arns["alarms"]`)},
		},
	}
	if c.wakes(account) {
		topics.Args = append(topics.Args, Arg{"page_parameters", String(c.parameter("pagerduty"))})
	}
	r.Modules = append(r.Modules, keys, topics)
	r.Modules = append(r.Modules, Module{
		Name: "baseline", Source: "account-baseline", From: c.accountOrigin(account),
		Args: Args{
			{"name", String(c.name(account))},
			{"global", Bool(primary)},
			{"data_key_arn", Ref(`module.keys.arns["data"]`)},
			{"quotas", Object{}}, // when all is counted
		},
	})
	r.Modules = append(r.Modules, Module{
		Name: "detection", Source: "detection", From: of("audit"),
		Args: Args{
			{"name", String(fit(c.name(account, region), 56))},
			{"account_id", c.accountID(account)},
			{"config_bucket", String(c.bucket(LogArchive, "config", region))},
			{"global_resources", Bool(primary)},
			{"standards", standards(region)},
			{"findings", c.findings(account)},
		},
	})
	if account == Audit {
		r.Modules = append(r.Modules, c.organizationDetection(region, primary))
	}
	return r
}

// organizationDetection is what the account that looks after security says for
// all accounts in a region.
func (c *compiler) organizationDetection(region string, primary bool) Module {
	rules, unrecorded := Object{}, List{}
	for _, rule := range configRules {
		parameters := Object{}
		for _, p := range rule.parameters {
			parameters = append(parameters, Arg{p[0], String(p[1])})
		}
		rules = append(rules, Arg{rule.name, Object{{"identifier", String(rule.identifier)}, {"description", String(rule.wants)}, {"parameters", parameters}}})
	}
	if !primary {
		for _, a := range c.accounts() {
			if !c.inRecovery(a) {
				unrecorded = append(unrecorded, c.accountID(a))
			}
		}
	}
	m := Module{Name: "organization", Source: "detection-organization", From: of("audit"), After: []string{"detection"}, Args: Args{
		{"name", String(c.platform.Name)},
		{"account_id", c.accountID(Audit)},
		{"primary", Bool(primary)},
		{"detector_id", Ref("module.detection.detector_id")},
		{"rules", rules},
		{"unrecorded_accounts", unrecorded},
	}}
	if primary {
		m.Args = append(m.Args, Arg{"other_regions", Strings(c.regions()[1:])})
	}
	return m
}

// configRules hold in every account, whoever made what is in it ("List of AWS
// Config Managed Rules").
var configRules = []struct {
	name, identifier, wants string
	parameters              [][2]string
}{
	{"alb-drops-bad-headers", "ALB_HTTP_DROP_INVALID_HEADER_ENABLED", "Load balancers drop headers that are not valid", nil},
	{"cluster-endpoint-private", "EKS_ENDPOINT_NO_PUBLIC_ACCESS", "The API of a cluster is not on the internet", nil},
	{"ebs-encrypted", "ENCRYPTED_VOLUMES", "Volumes are encrypted", nil},
	{"ebs-snapshots-private", "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", "Snapshots are not public", nil},
	{"flow-logs", "VPC_FLOW_LOGS_ENABLED", "Every network has flow logs", nil},
	{"iam-no-admin-policies", "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "No policy of ours allows everything", nil},
	{"iam-no-users", "IAM_USER_NO_POLICIES_CHECK", "Nobody has rights of their own beside a group or role", nil},
	{"imds-version-2", "EC2_IMDSV2_CHECK", "Machines answer version 2 of the metadata service only", nil},
	{"instances-managed", "EC2_INSTANCE_MANAGED_BY_SSM", "Machines are in the hands of Systems Manager", nil},
	{"instances-not-public", "EC2_INSTANCE_NO_PUBLIC_IP", "Machines have no public address", nil},
	{"keys-rotate", "CMK_BACKING_KEY_ROTATION_ENABLED", "Keys are rotated", nil},
	{"no-open-ssh", "INCOMING_SSH_DISABLED", "No security group lets SSH in from everywhere", nil},
	{"patches", "EC2_MANAGEDINSTANCE_PATCH_COMPLIANCE_STATUS_CHECK", "Machines have their patches", nil},
	{"root-mfa", "ROOT_ACCOUNT_MFA_ENABLED", "The root user has a second factor", nil},
	{"s3-encrypted-in-transit", "S3_BUCKET_SSL_REQUESTS_ONLY", "Buckets answer encrypted requests only", nil},
	{"s3-no-public-reads", "S3_BUCKET_PUBLIC_READ_PROHIBITED", "Nobody on the internet reads a bucket", nil},
	{"s3-no-public-writes", "S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "Nobody on the internet writes to a bucket", nil},
	{"secrets-used", "SECRETSMANAGER_SECRET_UNUSED", "Secrets that nobody reads are taken away", [][2]string{{"unusedForDays", "90"}}},
	{"security-groups-open-ports", "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", "Nothing but 443 is open to everybody", [][2]string{{"authorizedTcpPorts", "443"}}},
	{"trail-validated", "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "The files of trails can be proven", nil},
}

// topics of an account: critical wakes people, warning is read in the morning.
func (c *compiler) topics(account string) Object {
	mail := List{}
	if c.platform.Alerts.Mail != "" {
		mail = List{String(c.platform.Alerts.Mail)}
	}
	o := Object{
		{"critical", Object{{"name", String(c.topic(account, "critical"))}, {"mail", mail}, {"page", Bool(c.wakes(account))}}},
		{"warning", Object{{"name", String(c.topic(account, "warning"))}, {"mail", mail}}},
	}
	if _, ok := c.platform.Environment(account); ok || c.platform.Accounts.Single {
		for _, list := range c.mailTopics(account) {
			name := list.Value.(String)
			o = append(o, Arg{strings.TrimPrefix(string(name), c.topic(account, "")), Object{{"name", name}, {"mail", List{String(list.Key)}}}})
		}
	}
	sortArgs(o)
	return o
}

// wakes reports whether critical alarms of an account page somebody: those of
// what serves all environments, and of production. What Prometheus sees is paged
// by Alertmanager, and not told to topics.
func (c *compiler) wakes(account string) bool {
	env, ok := c.platform.Environment(account)
	return c.platform.Alerts.Page != "" && (!ok || production(env))
}

func standards(region string) Object {
	return Object{
		{"cis", String("arn:aws:securityhub:" + region + "::standards/cis-aws-foundations-benchmark/v/3.0.0")},
		{"fsbp", String("arn:aws:securityhub:" + region + "::standards/aws-foundational-security-best-practices/v/1.0.0")},
		{"pci", String("arn:aws:securityhub:" + region + "::standards/pci-dss/v/4.0.1")},
	}
}

// findings are what reaches people at once. What GuardDuty, Inspector and
// Security Hub find in any account reaches the one that looks after security, too
// ("Administrator account and EventBridge", Amazon GuardDuty User Guide): it
// tells people, and nobody is told twice.
func (c *compiler) findings(account string) Object {
	all := Object{healthEvents}
	if account == Audit || c.platform.Accounts.Single {
		all = append(all, securityFindings...)
		sortArgs(all)
	}
	return all
}

var healthEvents = Arg{"health", Object{
	{"description", String("AWS says that something of ours is affected")},
	{"pattern", String(`{"source":["aws.health"],"detail-type":["AWS Health Event"]}`)},
	{"topic", Ref(`module.topics.arns["warning"]`)},
}}

var securityFindings = Object{
	{"guardduty-high", Object{
		{"description", String("GuardDuty found something of severity 7 or more")},
		{"pattern", String(`{"source":["aws.guardduty"],"detail-type":["GuardDuty Finding"],"detail":{"severity":[{"numeric":[">=",7]}]}}`)},
		{"topic", Ref(`module.topics.arns["critical"]`)},
	}},
	{"inspector-critical", Object{
		{"description", String("Inspector found a critical or high vulnerability")},
		{"pattern", String(`{"source":["aws.inspector2"],"detail-type":["Inspector2 Finding"],"detail":{"severity":["CRITICAL","HIGH"],"status":["ACTIVE"]}}`)},
		{"topic", Ref(`module.topics.arns["warning"]`)},
	}},
	{"securityhub-critical", Object{
		{"description", String("Security Hub rates something as critical")},
		{"pattern", String(`{"source":["aws.securityhub"],"detail-type":["Security Hub Findings - Imported"],"detail":{"findings":{"Severity":{"Label":["CRITICAL"]},"Workflow":{"Status":["NEW"]},"RecordState":["ACTIVE"]}}}`)},
		{"topic", Ref(`module.topics.arns["critical"]`)},
	}},
}

// environmentsBy are the environments of a tier.
func (c *compiler) environmentsBy(t string) []model.Environment {
	return slices.DeleteFunc(slices.Clone(c.platform.Environments), func(e model.Environment) bool { return tier(e) != t })
}

// appliedOnly leaves every account the roles of the layers that it has.
func appliedOnly(roots []Root) {
	has := map[string]bool{}
	for _, r := range roots {
		has[r.Account+" "+string(r.Layer)] = true
		for _, p := range r.Providers {
			// A root works in other accounts, too, in the role of its layer there.
			has[p.Account+" "+string(r.Layer)] = true
		}
	}
	for i := range roots {
		if roots[i].Layer != Bootstrap {
			continue
		}
		for j := range roots[i].Modules {
			args := roots[i].Modules[j].Args
			for k := range args {
				if layers, ok := args[k].Value.(Object); ok && args[k].Key == "layers" {
					args[k].Value = slices.DeleteFunc(layers, func(a Arg) bool { return !has[roots[i].Account+" "+a.Key] })
				}
			}
		}
	}
}

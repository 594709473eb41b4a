package aws

import (
	"slices"
	"strings"

	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

// bootstrap is the layer 00-bootstrap: where states are kept and which roles
// apply. It is applied once by a person with rights of their own.
func (c *compiler) bootstrap() []Root {
	var roots []Root
	for _, account := range c.accounts() {
		r := Root{Account: account, Region: c.platform.Cloud.Region, Layer: Bootstrap}
		t := c.tierOfAccount(account)
		layers := Object{}
		for _, l := range applied {
			layers = append(layers, Arg{string(l.layer), String(l.policy)})
		}
		r.Modules = append(r.Modules, Module{
			Name: "state", Source: "state", From: c.accountOrigin(account),
			Args: Args{
				{"account", String(account)},
				{"account_id", c.accountID(account)},
				{"bucket", String(c.name(account, "terraform-state"))},
				{"layers", layers},
				{"agent_role_arns", List{c.roleARN(Shared, c.name("agent", t))}},
				{"external_id", String(c.name(account))},
				{"break_glass_principal_arns", List{c.rootARN(Management)}},
			},
		})
		roots = append(roots, r)
	}
	return roots
}

// applied are the layers with the managed policy that suffices to apply each.
var applied = []struct {
	layer  Layer
	policy string
}{
	{Bootstrap, "AdministratorAccess"}, {Organization, "AdministratorAccess"}, {Security, "AdministratorAccess"}, {Logs, "AdministratorAccess"},
	{Network, "job-function/NetworkAdministrator"}, {Edge, "AdministratorAccess"}, {Data, "AdministratorAccess"}, {Clusters, "AdministratorAccess"},
	{InCluster, "AdministratorAccess"}, {Observability, "AdministratorAccess"}, {Backups, "AdministratorAccess"}, {Automation, "AdministratorAccess"},
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
		switch {
		case name == LogArchive || name == Audit:
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
	return []Root{{
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
	}}
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
		keys.Args = append(keys.Args, Arg{"writer_accounts", writers})
	}
	r.Modules = append(r.Modules, keys, Module{
		Name: "topics", Source: "topics", From: of("alerts"),
		Args: Args{
			{"account_id", c.accountID(account)},
			{"topics", c.topics(account)},
			{"kms_key_arn", Ref(`module.keys.arns["alarms"]`)},
		},
	})
	r.Modules = append(r.Modules, Module{
		Name: "baseline", Source: "account-baseline", From: c.accountOrigin(account),
		Args: Args{
			{"name", String(c.name(account))},
			{"global", Bool(primary)},
			{"data_key_arn", Ref(`module.keys.arns["data"]`)},
			{"quotas", c.quotas(account)},
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
			{"findings", findings},
		},
	})
	return r
}

// topics of an account: critical wakes people, warning is read in the morning.
func (c *compiler) topics(account string) Object {
	mail := List{}
	if c.platform.Alerts.Mail != "" {
		mail = List{String(c.platform.Alerts.Mail)}
	}
	return Object{
		{"critical", Object{{"name", String(c.topic(account, "critical"))}, {"mail", mail}}},
		{"warning", Object{{"name", String(c.topic(account, "warning"))}, {"mail", mail}}},
	}
}

// quotas that the file raises, in the accounts with workloads.
func (c *compiler) quotas(account string) Object {
	o := Object{}
	if _, ok := c.platform.Environment(account); !ok {
		return o
	}
	for _, q := range c.platform.Cloud.Quotas {
		if known, ok := quota.Find(q.Name); ok {
			o = append(o, Arg{q.Name, Object{{"service", String(known.Service)}, {"code", String(known.Code)}, {"value", Number(q.Limit)}}})
		}
	}
	return o
}

func standards(region string) Object {
	return Object{
		{"cis", String("arn:aws:securityhub:" + region + "::standards/cis-aws-foundations-benchmark/v/3.0.0")},
		{"fsbp", String("arn:aws:securityhub:" + region + "::standards/aws-foundational-security-best-practices/v/1.0.0")},
		{"pci", String("arn:aws:securityhub:" + region + "::standards/pci-dss/v/4.0.1")},
	}
}

// findings that reach people at once.
var findings = Object{
	{"guardduty-high", Object{
		{"description", String("GuardDuty found something of severity 7 or more")},
		{"pattern", String(`{"source":["aws.guardduty"],"detail-type":["GuardDuty Finding"],"detail":{"severity":[{"numeric":[">=",7]}]}}`)},
		{"topic", Ref(`module.topics.arns["critical"]`)},
	}},
	{"health", Object{
		{"description", String("AWS says that something of ours is affected")},
		{"pattern", String(`{"source":["aws.health"],"detail-type":["AWS Health Event"]}`)},
		{"topic", Ref(`module.topics.arns["warning"]`)},
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

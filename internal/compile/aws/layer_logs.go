package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// logs is the layer 15-logs: the buckets of the log archive, one for each class
// and region, and the trail of the organization.
func (c *compiler) logs() []Root {
	archive := c.archiveAccount()
	var roots []Root
	for i, region := range c.regions() {
		r := Root{Account: archive, Region: region, Layer: Logs}
		r.Lookups = append(r.Lookups, c.keyLookup(archive, KeyLogs, "logs"), organizationLookup())
		access := c.bucket(LogArchive, "access", region)
		for _, class := range c.logClasses() {
			if class.name == "trail" && i > 0 {
				continue // one trail for all regions
			}
			args := Args{
				{"bucket", String(c.logBucket(class.name, region))},
				{"class", String(class.name)},
				{"sources", class.sources},
				{"organization_id", Ref("data.aws_organizations_organization.this.id")},
				{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
				{"hot_days", Number(class.hot)},
				{"cold_days", Number(class.cold)},
			}
			m := Module{Name: class.name, Source: "log-bucket", Args: args, From: of(class.from)}
			if class.name == "access" && i == 0 {
				m.Args = append(m.Args, Arg{"logged_buckets", List{String(c.stateBucket(archive))}})
			}
			if class.name != "access" {
				m.Args = append(m.Args, Arg{"access_log_bucket", String(access)})
				m.After = []string{"access"}
			}
			r.Modules = append(r.Modules, m)
		}
		if i == 0 {
			r.Modules = append(r.Modules, c.logTables(region))
		}
		roots = append(roots, r)
	}
	if !c.platform.Accounts.Single {
		roots = append(roots, c.trail())
		roots = append(roots, c.accessLogs()...)
	}
	return roots
}

// archiveAccount is the account of the log archive.
func (c *compiler) archiveAccount() string {
	if c.platform.Accounts.Single {
		return Shared
	}
	return LogArchive
}

// applicationLogs is the class of what services and the platform's pods write.
const applicationLogs = "application"

// logBucket is the name of the bucket of a class. WAF writes only to buckets
// whose names begin as it wants.
func (c *compiler) logBucket(class, region string) string {
	if class == "waf" {
		return fit("aws-waf-logs-"+c.name(region), 63)
	}
	return c.bucket(LogArchive, class, region)
}

// logClass is a kind of log with a bucket of its own.
type logClass struct {
	name      string
	sources   Value
	hot, cold int
	from      string
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// logClasses are kept as long as the file says: the trail by audit, the others
// by observe.logs, flow and load balancer logs long enough for a year's
// comparison.
func (c *compiler) logClasses() []logClass {
	var accounts List
	for _, a := range c.accounts() {
		accounts = append(accounts, c.accountID(a))
	}
	audit, logs := c.platform.Audit, c.platform.Observe.Logs
	hot := max(30, days(logs.Hot))
	long := max(hot, days(logs.Cold))
	return []logClass{
		{"access", accounts, hot, max(90, hot), "observe.logs"},
		{applicationLogs, accounts, hot, long, "observe.logs"},
		{"cdn", accounts, hot, long, "edge"},
		{"config", accounts, 90, max(365, days(audit.Cold)), "audit"},
		{"elb", accounts, hot, max(400, hot), "observe.logs"},
		{"firewall", accounts, hot, long, "network.egress"},
		{"flow", accounts, max(90, hot), max(400, hot), "observe.logs"},
		{"resolver", accounts, hot, max(180, hot), "network.egress"},
		{"trail", List{c.trailARN()}, max(90, days(audit.Hot)), max(365, days(audit.Cold)), "audit"},
		{"waf", accounts, hot, long, "edge.waf"},
	}
}

// trailARN is the ARN of the trail, which policies name before it exists.
func (c *compiler) trailARN() Value {
	begin, end := "arn:aws:cloudtrail:"+c.platform.Cloud.Region+":", ":trail/"+c.name("organization")
	switch id := c.accountID(Management).(type) {
	case String:
		return String(begin + string(id) + end)
	case Ref:
		return Text{String(begin), id, String(end)}
	}
	return nil
}

// trail is the root of the organization's trail.
func (c *compiler) trail() Root {
	region := c.platform.Cloud.Region
	alarms := Object{}
	for _, a := range trailAlarms {
		alarms = append(alarms, Arg{a.name, Object{
			{"pattern", String(a.pattern)}, {"description", String(a.description)}, {"topic", Ref("data.aws_sns_topic." + a.severity + ".arn")},
		}})
	}
	watched := List{bucketARN(c.logBucket("trail", region) + "/")}
	for _, env := range c.platform.Environments {
		for _, s := range env.Stores {
			if s.Engine == "s3" && (s.Data == "pii" || s.Data == "pci") {
				watched = append(watched, bucketARN(c.storeBucket(env.Name, s.Name, region)+"/"))
			}
		}
	}
	return Root{
		Account: Management, Region: region, Layer: Logs, Order: 1,
		Lookups: []Lookup{
			c.keyLookup(Management, KeyLogs, "logs"),
			topicLookup("critical", c.topic(Management, "critical")),
			topicLookup("warning", c.topic(Management, "warning")),
			organizationLookup(),
		},
		Modules: []Module{c.accessLog(Management, region, true), {
			Name: "trail", Source: "trail", From: of("audit"),
			Args: Args{
				{"name", String(c.name("organization"))},
				{"trail_arn", c.trailARN()},
				{"bucket", String(c.logBucket("trail", region))},
				{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
				{"watched_bucket_arns", watched},
				{"alarms", alarms},
			},
		}},
	}
}

// storeBucket is the bucket of an S3 store.
func (c *compiler) storeBucket(env, store, region string) string {
	return c.bucket(env, store, region)
}

// trailAlarms are the events of the CIS AWS Foundations Benchmark (section 4,
// "Monitoring") that people are told about.
var trailAlarms = []struct{ name, severity, pattern, description string }{
	{"config-changed", "warning", `{ ($.eventSource = config.amazonaws.com) && (($.eventName = StopConfigurationRecorder) || ($.eventName = DeleteDeliveryChannel) || ($.eventName = PutDeliveryChannel) || ($.eventName = PutConfigurationRecorder)) }`, "Somebody changed what AWS Config records. Runbook: find who in the trail; restore by applying 10-security."},
	{"console-failures", "warning", `{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`, "Console sign-ins fail. Runbook: one name means a forgotten password, many mean an attack."},
	{"console-without-mfa", "critical", `{ ($.eventName = ConsoleLogin) && ($.additionalEventData.MFAUsed != Yes) && ($.userIdentity.type = IAMUser) && ($.responseElements.ConsoleLogin = Success) }`, "Somebody signed in without a second factor. Runbook: end the session, ask the person by another channel."},
	{"gateway-changed", "critical", `{ ($.eventName = CreateCustomerGateway) || ($.eventName = DeleteCustomerGateway) || ($.eventName = AttachInternetGateway) || ($.eventName = CreateInternetGateway) || ($.eventName = DeleteInternetGateway) || ($.eventName = DetachInternetGateway) }`, "A way to the internet was changed outside the pipeline. Runbook: compare with the plan of 20-network."},
	{"iam-changed", "warning", `{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = DeletePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) }`, "Rights were changed. Runbook: expected while 00-bootstrap or 40-eks is applied, and at no other time."},
	{"keys-disabled", "critical", `{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }`, "A key is about to go, and with it what it protects. Runbook: cancel the deletion first, ask afterwards."},
	{"network-acl-changed", "critical", `{ ($.eventName = CreateNetworkAcl) || ($.eventName = CreateNetworkAclEntry) || ($.eventName = DeleteNetworkAcl) || ($.eventName = DeleteNetworkAclEntry) || ($.eventName = ReplaceNetworkAclEntry) || ($.eventName = ReplaceNetworkAclAssociation) }`, "A network's list was changed. Runbook: compare with the plan of 20-network."},
	{"organization-changed", "critical", `{ ($.eventSource = organizations.amazonaws.com) && (($.eventName = AcceptHandshake) || ($.eventName = AttachPolicy) || ($.eventName = CreateAccount) || ($.eventName = DetachPolicy) || ($.eventName = DisablePolicyType) || ($.eventName = LeaveOrganization) || ($.eventName = MoveAccount) || ($.eventName = RemoveAccountFromOrganization) || ($.eventName = UpdatePolicy)) }`, "The organization's bounds were changed. Runbook: compare with the plan of 05-org."},
	{"root-used", "critical", `{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != "AwsServiceEvent") }`, "Somebody used a root user. Runbook: nobody does; treat it as a break-in."},
	{"route-changed", "critical", `{ ($.eventSource = ec2.amazonaws.com) && (($.eventName = CreateRoute) || ($.eventName = CreateRouteTable) || ($.eventName = ReplaceRoute) || ($.eventName = ReplaceRouteTableAssociation) || ($.eventName = DeleteRouteTable) || ($.eventName = DeleteRoute) || ($.eventName = DisassociateRouteTable)) }`, "A route was changed. Runbook: compare with the plan of 20-network."},
	{"s3-policy-changed", "critical", `{ ($.eventSource = s3.amazonaws.com) && (($.eventName = PutBucketAcl) || ($.eventName = PutBucketPolicy) || ($.eventName = PutBucketCors) || ($.eventName = PutBucketLifecycle) || ($.eventName = PutBucketReplication) || ($.eventName = DeleteBucketPolicy) || ($.eventName = DeleteBucketCors) || ($.eventName = DeleteBucketLifecycle) || ($.eventName = DeleteBucketReplication)) }`, "Who may read a bucket was changed. Runbook: compare with the plan of the bucket's layer."},
	{"security-group-changed", "critical", `{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) }`, "A security group was changed. Runbook: expected while a layer is applied, and at no other time."},
	{"trail-changed", "critical", `{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }`, "Somebody touched the trail. Runbook: run paddock audit verify over the bucket; treat a gap as a break-in."},
	{"unauthorized-calls", "warning", `{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`, "Calls are refused. Runbook: paddock audit search --failed shows who tries what."},
	{"vpc-changed", "critical", `{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) || ($.eventName = AcceptVpcPeeringConnection) || ($.eventName = CreateVpcPeeringConnection) || ($.eventName = DeleteVpcPeeringConnection) || ($.eventName = RejectVpcPeeringConnection) }`, "A network was changed. Runbook: compare with the plan of 20-network."},
}

// logTables are the logs as tables, and the questions that are asked of them.
func (c *compiler) logTables(region string) Module {
	var ids List
	for _, a := range c.accounts() {
		ids = append(ids, c.accountID(a))
	}
	tables, queries := Object{}, Object{}
	for _, t := range logTables {
		bucket := c.logBucket(t.class, region)
		columns := List{}
		for _, col := range strings.Fields(t.columns) {
			name, kind, _ := strings.Cut(col, ":")
			columns = append(columns, Object{{"name", String(name)}, {"type", String(kind)}})
		}
		serde := serdes[t.format]
		parameters := Object{}
		if t.regex != "" {
			parameters = Object{{"input.regex", String(t.regex)}}
		}
		tables = append(tables, Arg{t.name, Object{
			{"location", String("s3://" + bucket + "/")},
			{"location_template", String("s3://" + bucket + "/" + t.template)},
			{"format", String(t.format)},
			{"input_format", String(serde.in)},
			{"output_format", String(serde.out)},
			{"serde", String(serde.library)},
			{"serde_parameters", parameters},
			{"parameters", Object{}},
			{"header_lines", Number(0)},
			{"columns", columns},
		}})
	}
	for _, q := range logQueries {
		queries = append(queries, Arg{q.name, Object{
			{"workgroup", String(c.name("security"))}, {"description", String(q.description)}, {"query", String(fmt.Sprintf(q.query, c.privateRange()))},
		}})
	}
	groups := Object{{c.name("security"), String("People who look after security, across all teams")}}
	teams := slices.Clone(c.platform.Teams)
	for _, t := range teams {
		groups = append(groups, Arg{c.name("team", t.Name), String("Logs of the team " + t.Name)})
	}
	return Module{
		Name: "tables", Source: "log-tables", From: of("observe.logs"), After: []string{"access"},
		Args: Args{
			{"database", String(strings.ReplaceAll(c.name("logs"), "-", "_"))},
			{"results_bucket", String(c.bucket(LogArchive, "answers", region))},
			{"access_log_bucket", String(c.bucket(LogArchive, "access", region))},
			{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			{"account_ids", ids},
			{"regions", Strings(c.regions())},
			{"tables", tables},
			{"workgroups", groups},
			{"queries", queries},
		},
	}
}

// privateRange is the beginning of the platform's addresses, for a pattern.
func (c *compiler) privateRange() string {
	return fmt.Sprint(c.Addresses.CIDR.Addr().As4()[0]) + "."
}

// accessLogs are the buckets that record who read the buckets of an account: S3
// writes them only to the same account and region.
func (c *compiler) accessLogs() []Root {
	var roots []Root
	for _, account := range c.accounts() {
		if account == LogArchive || account == Management {
			continue // these have roots of this layer already
		}
		for i, region := range c.regions() {
			if i > 0 && !c.inRecovery(account) {
				continue
			}
			roots = append(roots, Root{
				Account: account, Region: region, Layer: Logs,
				Lookups: []Lookup{c.keyLookup(account, KeyLogs, "logs"), organizationLookup()},
				Modules: []Module{c.accessLog(account, region, i == 0)},
			})
		}
	}
	return roots
}

// accessLog is the bucket that records who read the buckets of an account in a
// region; among them the one with the account's states, which is in the primary
// region and older than all others.
func (c *compiler) accessLog(account, region string, primary bool) Module {
	hot := max(30, days(c.platform.Observe.Logs.Hot))
	m := Module{Name: "access", Source: "log-bucket", From: of("observe.logs"), Args: Args{
		{"bucket", String(c.bucket(account, "access", region))},
		{"class", String("access")},
		{"sources", List{c.accountID(account)}},
		{"organization_id", Ref("data.aws_organizations_organization.this.id")},
		{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
		{"hot_days", Number(hot)},
		{"cold_days", Number(max(90, hot))},
	}}
	if primary {
		m.Args = append(m.Args, Arg{"logged_buckets", List{String(c.stateBucket(account))}})
	}
	return m
}

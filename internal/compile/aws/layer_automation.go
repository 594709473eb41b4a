package aws

import (
	"encoding/json"
	"strconv"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// automation is the layer 70-automation: functions that keep house, patches, and
// how people get onto machines.
func (c *compiler) automation() []Root {
	var roots []Root
	for _, env := range c.platform.Environments {
		for i, region := range c.regions() {
			s := site{env: env, region: region, recovery: i > 0, account: c.accountOf(env.Name)}
			if s.recovery && !production(env) {
				continue
			}
			r := Root{Account: s.account, Scope: env.Name, Region: region, Layer: Automation, Lookups: c.automationLookups(s.account)}
			if !s.recovery {
				r.Modules = append(r.Modules, c.archives(s), c.functions(s))
			}
			if m, ok := c.patching(s); ok {
				r.Modules = append(r.Modules, m)
			}
			if !c.platform.Accounts.Single {
				r.Modules = append(r.Modules, c.sessions(s.account, region, s.recovery)...)
			}
			if len(r.Modules) > 0 {
				roots = append(roots, r)
			}
		}
	}
	// The tools that all share live on machines too.
	roots = append(roots, Root{
		Account: Shared, Region: c.platform.Cloud.Region, Layer: Automation,
		Lookups: c.automationLookups(Shared), Modules: c.sessions(Shared, c.platform.Cloud.Region, false),
	})
	return roots
}

func (c *compiler) automationLookups(account string) []Lookup {
	return []Lookup{
		c.keyLookup(account, KeyData, "data"), c.keyLookup(account, KeyLogs, "logs"),
		topicLookup("warning", c.topic(account, "warning")),
	}
}

// archives is the bucket with the programs of an environment's functions, as
// they are rendered and as they are signed.
func (c *compiler) archives(s site) Module {
	return Module{Name: "archives", Source: "bucket-store", From: []Origin{{Key: "environments." + s.env.Name}}, Args: Args{
		{"bucket", String(c.bucket(s.env.Name, "functions", s.region))},
		{"account_id", c.accountID(s.account)},
		{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
		{"access_log_bucket", String(c.bucket(s.account, "access", s.region))},
	}}
}

// functions are those of an environment. In production they only report.
func (c *compiler) functions(s site) Module {
	var prod []string
	for _, e := range c.environmentsBy("prod") {
		prod = append(prod, e.Name)
	}
	list := Object{}
	from := []Origin{{Key: "cost"}, {Key: "environments." + s.env.Name}}
	if !production(s.env) {
		if s.env.Hours != nil && c.platform.Cost.OffHours {
			list = append(list, Arg{"off-hours", c.offHours(s, prod)})
		}
		if c.platform.Cost.Cleanup > 0 {
			list = append(list, Arg{"cleanup", c.cleanup(s, prod)})
		}
	}
	list = append(list, Arg{"expiry", c.expiry(s, prod)}, Arg{"rightsizing", c.rightsizing(s, prod)})
	if len(c.copied(s.env)) > 0 && c.restoreTest(s.env) != nil {
		list = append(list, Arg{"restore-check", c.restoreCheck(s, prod)})
		from = append(from, Origin{Key: "backup"})
	}
	sortArgs(list)
	return Module{
		Name: "functions", Source: "functions", From: from, After: []string{"archives"},
		Args: Args{
			{"name", String(c.name(s.env.Name))},
			{"environment", String(s.env.Name)},
			{"production", Strings(prod)},
			{"account_id", c.accountID(s.account)},
			{"archives", Text{Ref("path.root"), String("/../../../../functions")}},
			{"bucket", String(c.bucket(s.env.Name, "functions", s.region))},
			{"functions", list},
			{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			{"scheduler_role_name", String(fit(c.name(s.env.Name, "functions-clock"), 64))},
			{"alarm_topics", List{Ref("data.aws_sns_topic.warning.arn")}},
		},
	}
}

// settings that every function has: whose it is, and what it never touches.
func (c *compiler) settings(s site, prod []string, more ...Arg) Object {
	o := append(Object{
		{"PADDOCK_ENV", String(s.env.Name)},
		{"PADDOCK_PLATFORM", String(c.platform.Name)},
		{"PADDOCK_PRODUCTION", String(strings.Join(prod, ","))},
		{"PADDOCK_STAGE", String(s.env.Stage)},
	}, more...)
	sortArgs(o)
	return o
}

// startLead is how many minutes before the first working hour an environment is
// started: the slowest database needs twenty.
const startLead = 45

// offHours stops an environment outside its hours and starts it before them.
func (c *compiler) offHours(s site, prod []string) Object {
	h := *s.env.Hours
	schedule := func(minute int, action, what string) Object {
		input, _ := json.Marshal(map[string]any{"action": action, "dryRun": false})
		return Object{
			{"description", String(what)},
			{"expression", String(clockCron(minute, h.Days))},
			{"time_zone", String(h.Zone.String())},
			{"input", String(input)},
		}
	}
	return Object{
		{"description", String("Stops " + s.env.Name + " outside " + h.String() + ", consumers first and databases last, and starts it in the reverse order")},
		{"archive", String("off-hours")},
		{"role_name", String(fit(c.name(s.env.Name, "fn-off-hours"), 64))},
		{"timeout_seconds", Number(900)},
		{"settings", c.settings(s, prod, Arg{"PADDOCK_ORDER", String(c.startOrder(s.env))})},
		{"reads", Strings([]string{"autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "eks:DescribeNodegroup", "eks:ListClusters", "eks:ListNodegroups", "eks:DescribeCluster"})},
		{"changes", Strings([]string{"autoscaling:CreateOrUpdateTags", "autoscaling:UpdateAutoScalingGroup", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances", "eks:TagResource", "eks:UpdateNodegroupConfig"})},
		{"schedules", Object{
			{"start", schedule(h.From-startLead, "start", "Starts "+s.env.Name+" before its day")},
			{"stop", schedule(h.To, "stop", "Stops "+s.env.Name+" after its day")},
		}},
	}
}

// startOrder is the order in which the stores on machines start, wave by wave:
// those that others need first. Waves are apart by a bar, stores by a comma.
func (c *compiler) startOrder(env model.Environment) string {
	var waves []string
	for _, g := range c.Graphs {
		if g.Environment.Name != env.Name {
			continue
		}
		for _, wave := range g.Start() {
			var names []string
			for _, a := range wave {
				if store, ok := env.Store(a.Name); ok && a.Kind == addr.Store && !store.Managed() {
					names = append(names, a.Name)
				}
			}
			if len(names) > 0 {
				waves = append(waves, strings.Join(names, ","))
			}
		}
	}
	return strings.Join(waves, "|")
}

// daily calls a function once a day, when the environment is up.
func (c *compiler) daily(s site, minute int, description, input string) Object {
	zone := c.timeZone()
	all := [7]bool{true, true, true, true, true, true, true}
	if h := s.env.Hours; h != nil {
		all, zone = h.Days, h.Zone
		minute += h.From
	} else {
		minute += 8 * 60
	}
	return Object{{"daily", Object{
		{"description", String(description)},
		{"expression", String(clockCron(minute, all))},
		{"time_zone", String(zone.String())},
		{"input", String(input)},
	}}}
}

// cleanup takes away what nobody uses, after it has been marked for a while.
func (c *compiler) cleanup(s site, prod []string) Object {
	what := "Marks volumes, snapshots and addresses that nobody uses, and deletes them when they stayed marked"
	return Object{
		{"description", String(what)},
		{"archive", String("cleanup")},
		{"role_name", String(fit(c.name(s.env.Name, "fn-cleanup"), 64))},
		{"timeout_seconds", Number(300)},
		{"settings", c.settings(s, prod, Arg{"PADDOCK_GRACE_DAYS", String(strconv.Itoa(max(1, days(c.platform.Cost.Cleanup))))})},
		{"reads", Strings([]string{"ec2:DescribeAddresses", "ec2:DescribeImages", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"})},
		{"changes", Strings([]string{"ec2:CreateTags", "ec2:DeleteSnapshot", "ec2:DeleteTags", "ec2:DeleteVolume", "ec2:ReleaseAddress"})},
		// By the clock it marks, and says what it would delete. Deleting is turned
		// on by a person, who calls it with "delete": true.
		{"schedules", c.daily(s, 150, what, `{"dryRun":false,"delete":false}`)},
	}
}

func (c *compiler) expiry(s site, prod []string) Object {
	what := "Says which certificates end soon, and which keys and secrets are too old"
	return Object{
		{"description", String(what)},
		{"archive", String("expiry")},
		{"role_name", String(fit(c.name(s.env.Name, "fn-expiry"), 64))},
		{"timeout_seconds", Number(300)},
		{"settings", c.settings(s, prod)},
		{"reads", Strings([]string{"acm:ListCertificates", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:ListUsers", "secretsmanager:ListSecrets"})},
		{"changes", List{}},
		{"schedules", c.daily(s, 60, what, `{}`)},
	}
}

func (c *compiler) rightsizing(s site, prod []string) Object {
	what := "Says which machines and volumes are larger than what they do"
	return Object{
		{"description", String(what)},
		{"archive", String("rightsizing")},
		{"role_name", String(fit(c.name(s.env.Name, "fn-rightsizing"), 64))},
		{"timeout_seconds", Number(600)},
		{"settings", c.settings(s, prod)},
		{"reads", Strings([]string{"cloudwatch:GetMetricData", "ec2:DescribeInstances", "ec2:DescribeVolumes"})},
		{"changes", List{}},
		{"schedules", c.daily(s, 90, what, `{}`)},
	}
}

// restoreCheck judges what restore tests bring back. It reads what they made, and
// of the sources of buckets the objects that it compares.
func (c *compiler) restoreCheck(s site, prod []string) Object {
	buckets := List{String("arn:aws:s3:::awsbackup-restore-test-*")}
	for _, stores := range c.copied(s.env) {
		for _, store := range stores {
			if store.Engine == model.S3 {
				buckets = append(buckets, bucketARN(c.storeBucket(s.env.Name, store.Name, s.region)))
			}
		}
	}
	pattern, _ := json.Marshal(map[string]any{
		"source": []string{"aws.backup"}, "detail-type": []string{"Restore Job State Change"}, "detail": map[string]any{"status": []string{"COMPLETED"}},
	})
	return Object{
		{"description", String("Says of every restore that is tried whether it is what was copied: state, key, size, content")},
		{"archive", String("restore-check")},
		{"role_name", String(fit(c.name(s.env.Name, "fn-restore-check"), 64))},
		{"timeout_seconds", Number(900)},
		{"memory_mib", Number(256)},
		{"concurrency", Number(4)},
		{"settings", c.settings(s, prod, Arg{"PADDOCK_KEY", Ref("data.aws_kms_alias.data.target_key_arn")}, Arg{"PADDOCK_RESTORE_PLANS", String(c.restorePlan(s.env) + "-")})},
		{"reads", Strings([]string{"backup:DescribeRestoreJob", "backup:ListTags", "ec2:DescribeInstanceStatus", "ec2:DescribeInstances", "ec2:DescribeVolumes", "rds:DescribeDBInstances"})},
		{"changes", List{}},
		{"tells", Strings([]string{"backup:PutRestoreValidationResult"})},
		{"buckets", buckets},
		{"schedules", Object{}},
		{"events", Object{{"restored", Object{
			{"description", String("A restore ended")},
			{"pattern", String(pattern)},
		}}}},
		{"finding", Object{
			{"pattern", String(`{ $.msg = "validated" && $.status = "FAILED" }`)},
			{"description", String("A copy was restored, and it is not what was copied. Runbook: read the line in the function's log, and look at the copies before and after it; until one is restored well there is no copy of this resource.")},
		}},
	}
}

package aws

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// The days between which every vault's lock holds a copy. The longest is the
// monthly copy of the first tier, which stays for thirteen months.
const (
	lockLeast   = 3
	monthlyKeep = 400
)

// backups is the layer 60-backup: vaults in both regions, those of the recovery
// region first, and the plans that fill them.
func (c *compiler) backups() []Root {
	var roots []Root
	for n, env := range c.platform.Environments {
		if len(c.copied(env)) == 0 {
			continue
		}
		s := site{env: env, region: c.platform.Cloud.Region, account: c.accountOf(env.Name)}
		if c.copiesAway(env) {
			away := s
			away.region, away.recovery = c.platform.Recovery.Region, true
			r := c.vaultRoot(away)
			roots = append(roots, r)
		}
		r := c.vaultRoot(s)
		r.Order = 1
		// The settings of a region are of the account: one root owns them.
		r.Lookups = append(r.Lookups, c.keyLookup(s.account, KeyData, "data"))
		r.Modules = append(r.Modules, c.backupPlans(s, !c.platform.Accounts.Single || n == 0))
		roots = append(roots, r)
	}
	return roots
}

// copied are the stores of an environment that AWS Backup copies, by class. The
// others copy themselves or can be filled again.
func (c *compiler) copied(env model.Environment) map[string][]model.Store {
	by := map[string][]model.Store{}
	for _, s := range env.Stores {
		if class := backupClass(s); class != "none" && backupType(s) != "" {
			by[class] = append(by[class], s)
		}
	}
	return by
}

// backupType is what AWS Backup calls the thing that holds a store's data; empty
// when it has no part in it: OpenSearch makes its own snapshots every hour.
func backupType(s model.Store) string {
	switch {
	case !s.Managed():
		return "EBS"
	case s.Engine == model.S3:
		return "S3"
	case s.Engine == model.MySQL || s.Engine == model.Postgres:
		return "RDS"
	}
	return ""
}

// copiesAway reports whether an environment's copies also go to the other
// region: production's do, where the file asks for copies.
func (c *compiler) copiesAway(env model.Environment) bool {
	return c.platform.Backup.Copy && c.platform.Recovery.Region != "" && production(env)
}

// vault is the name of an environment's vault, the same in both regions.
func (c *compiler) vault(env string) string { return fit(c.name(env), 50) }

func (c *compiler) airGapped(env string) string { return fit(c.name(env, "apart"), 50) }

// lockMost is the longest time for which a copy of the environment may stay.
func (c *compiler) lockMost(env model.Environment) int {
	most := monthlyKeep
	for _, stores := range c.copied(env) {
		for _, s := range stores {
			most = max(most, days(s.Backup.Keep))
		}
	}
	return most
}

func (c *compiler) vaultRoot(s site) Root {
	args := Args{
		{"name", String(c.vault(s.env.Name))},
		{"account_id", c.accountID(s.account)},
		{"kms_key_arn", Ref("data.aws_kms_alias.backup.target_key_arn")},
		{"min_retention_days", Number(lockLeast)},
		{"max_retention_days", Number(c.lockMost(s.env))},
		{"compliance", Bool(c.platform.Backup.Lock && tier(s.env) == "prod")},
		{"keeper_role_arns", List{c.roleARN(s.account, "break-glass"), c.roleARN(s.account, "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup")}},
		{"topic_arn", Ref("data.aws_sns_topic.warning.arn")},
	}
	// Where copies go away, the second one leaves the account as well.
	if s.recovery {
		args = append(args, Arg{"air_gapped_name", String(c.airGapped(s.env.Name))})
	}
	return Root{
		Account: s.account, Scope: s.env.Name, Region: s.region, Layer: Backups,
		Lookups: []Lookup{c.keyLookup(s.account, KeyBackup, "backup"), topicLookup("warning", c.topic(s.account, "warning"))},
		Modules: []Module{{Name: "vault", Source: "backup-vault", From: of("backup"), Args: args}},
	}
}

// vaultARN is the ARN of a vault, which rules name before it exists.
func (c *compiler) vaultARN(account, region, vault string) Value {
	begin, end := "arn:aws:backup:"+region+":", ":backup-vault:"+vault
	switch id := c.accountID(account).(type) {
	case String:
		return String(begin + string(id) + end)
	case Ref:
		return Text{String(begin), id, String(end)}
	}
	return nil
}

func (c *compiler) backupPlans(s site, settings bool) Module {
	most := c.lockMost(s.env)
	copies := Object{}
	if c.copiesAway(s.env) {
		region := c.platform.Recovery.Region
		copies = Object{
			{"apart", Object{{"vault_arn", c.vaultARN(s.account, region, c.airGapped(s.env.Name))}, {"min_days", Number(7)}, {"max_days", Number(most)}}},
			{"recovery", Object{{"vault_arn", c.vaultARN(s.account, region, c.vault(s.env.Name))}, {"min_days", Number(lockLeast)}, {"max_days", Number(most)}}},
		}
	}
	args := Args{
		{"name", String(c.name(s.env.Name))},
		{"environment", String(s.env.Name)},
		{"account_id", c.accountID(s.account)},
		{"role_name", String(fit(c.name(s.env.Name, "backup"), 64))},
		{"vault_name", Ref("module.vault.name")},
		{"vault_arn", Ref("module.vault.arn")},
		{"lock", Object{{"min_days", Number(lockLeast)}, {"max_days", Number(most)}}},
		{"copies", copies},
		{"time_zone", String(c.timeZone().String())},
		{"classes", c.backupClasses(s.env)},
		{"resource_types", Strings([]string{"EBS", "EC2", "EKS", "RDS", "S3"})},
		{"region_settings", Bool(settings)},
	}
	if test := c.restoreTest(s.env); test != nil {
		args = append(args, Arg{"restore_test", test})
	}
	if target, ok := c.platform.Recovery.Target(1); ok {
		args = append(args, Arg{"restore_minutes", Number(int(target.RTO / time.Minute))})
	}
	args = append(args,
		Arg{"report_bucket", String(c.bucket(s.env.Name, "backup-reports", s.region))},
		Arg{"access_log_bucket", String(c.bucket(s.account, "access", s.region))},
		Arg{"topic_arn", Ref("data.aws_sns_topic.warning.arn")},
	)
	return Module{Name: "plans", Source: "backup-plans", From: append(of("backup"), c.backupOrigins(s.env)...), Args: args}
}

// backupOrigins are the stores whose retention the plans take up.
func (c *compiler) backupOrigins(env model.Environment) []Origin {
	var from []Origin
	for _, s := range env.Stores {
		if backupClass(s) != "none" && backupType(s) != "" {
			from = append(from, Origin{Key: "stores." + s.Name + ".backup"})
		}
	}
	return from
}

// dailyKeep is how many days a daily copy of a class stays when no store asks
// for more.
var dailyKeep = map[string]int{"tier1": 35, "tier2": 35, "tier3": 14}

// backupClasses are the plans. AWS Backup copies once an hour at most; recovery
// points below that are the work of the engines' own replication.
func (c *compiler) backupClasses(env model.Environment) Object {
	o := Object{}
	volumes := List{String("arn:aws:ec2:*:*:volume/*"), String("arn:aws:rds:*:*:db:*"), String("arn:aws:s3:::*")}
	copied := c.copied(env)
	pointInTime := false
	for _, class := range []string{"tier1", "tier2", "tier3"} {
		stores := copied[class]
		if len(stores) == 0 {
			continue
		}
		keep, often := dailyKeep[class], false
		for _, s := range stores {
			keep = max(keep, days(s.Backup.Keep))
			often = often || production(env) && s.Backup.Every < 24*time.Hour
			pointInTime = pointInTime || backupType(s) != "EBS"
		}
		copies := Bool(c.copiesAway(env))
		rules := Object{{"daily", Object{{"schedule", String("cron(30 1 ? * * *)")}, {"keep_days", Number(keep)}, {"copy", copies}}}}
		if often {
			rules = append(rules, Arg{"hourly", Object{{"schedule", String("cron(5 * ? * * *)")}, {"keep_days", Number(lockLeast)}, {"completion_minutes", Number(120)}}})
		}
		if class == "tier1" && production(env) {
			rules = append(rules, Arg{"monthly", Object{{"schedule", String("cron(0 3 1 * ? *)")}, {"keep_days", Number(monthlyKeep)}, {"cold_after_days", Number(30)}, {"copy", copies}}})
		}
		o = append(o, Arg{class, Object{{"match", String(class)}, {"resources", volumes}, {"rules", rules}}})
	}
	if pointInTime {
		o = append([]Arg{{"continuous", Object{
			{"match", String("tier*")}, {"resources", volumes[1:]},
			{"rules", Object{{"continuous", Object{{"schedule", String("cron(0 2 ? * * *)")}, {"keep_days", Number(35)}, {"continuous", Bool(true)}}}}},
		}}}, o...)
	}
	return o
}

// restorePlan is the name of an environment's restore tests, which has no dashes.
func (c *compiler) restorePlan(env model.Environment) string {
	return strings.ReplaceAll(fit(c.name(env.Name, "restore"), 50), "-", "_")
}

// restoreTest tries a restore of every type that an environment has.
func (c *compiler) restoreTest(env model.Environment) Value {
	every := c.platform.Backup.Test
	if every == 0 {
		return nil
	}
	schedule := "cron(0 5 1 * ? *)"
	switch {
	case every <= 24*time.Hour:
		schedule = "cron(0 5 ? * * *)"
	case every <= 7*24*time.Hour:
		schedule = "cron(0 5 ? * SUN *)"
	}
	var types []string
	for _, stores := range c.copied(env) {
		for _, s := range stores {
			types = append(types, backupType(s))
		}
	}
	slices.Sort(types)
	kinds := Object{}
	for _, t := range slices.Compact(types) {
		// What is restored is encrypted with the key of the environment's data,
		// whatever the account's default is ("Restore testing inferred metadata").
		key := Ref("data.aws_kms_alias.data.target_key_arn")
		overrides := Object{}
		switch t {
		case "EBS":
			overrides = Object{{"encrypted", String("true")}, {"kmsKeyId", key}}
		case "S3":
			overrides = Object{{"encryptionType", String("SSE-KMS")}, {"kmsKey", key}}
		}
		kinds = append(kinds, Arg{t, overrides})
	}
	return Object{
		{"name", String(c.restorePlan(env))},
		{"schedule", String(schedule)},
		{"types", kinds},
	}
}

// timeZone is the one in which the platform's people live: that of the first
// hours in the file, or UTC.
func (c *compiler) timeZone() *time.Location {
	for _, e := range c.platform.Environments {
		if e.Hours != nil {
			return e.Hours.Zone
		}
	}
	for _, e := range c.platform.Environments {
		for _, h := range e.Changes {
			return h.Zone
		}
	}
	return time.UTC
}

// clockCron is an expression of EventBridge and Systems Manager for a minute of
// the day on some days of the week. The minute may lie outside the day: then it
// is one of the day before or after.
func clockCron(minute int, days [7]bool) string {
	shift := 0
	for minute < 0 {
		minute, shift = minute+1440, shift-1
	}
	for minute >= 1440 {
		minute, shift = minute-1440, shift+1
	}
	names := [7]string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	var on []string
	for i := range 7 {
		if days[((i-shift)%7+7)%7] {
			on = append(on, names[i])
		}
	}
	if len(on) == 7 {
		return fmt.Sprintf("cron(%d %d ? * * *)", minute%60, minute/60)
	}
	return fmt.Sprintf("cron(%d %d ? * %s *)", minute%60, minute/60, strings.Join(on, ","))
}

package aws

import (
	"fmt"
	"slices"
	"time"

	"paddock.dev/internal/model"
)

// approveAfter is how many days after its appearance a patch is approved: what
// breaks something breaks it in development first.
var approveAfter = map[model.Stage]int{model.Development: 3, model.Test: 7, model.Acceptance: 10, model.Production: 14}

// patchedSystems are the operating systems of our machines with their rules.
var patchedSystems = Object{
	{"AMAZON_LINUX_2023", List{
		Object{{"filters", Object{{"CLASSIFICATION", Strings([]string{"Security"})}, {"SEVERITY", Strings([]string{"Critical", "Important"})}}}, {"level", String("CRITICAL")}, {"non_security", Bool(false)}},
		Object{{"filters", Object{{"CLASSIFICATION", Strings([]string{"Bugfix"})}}}, {"level", String("MEDIUM")}, {"non_security", Bool(false)}},
	}},
	{"UBUNTU", List{
		Object{{"filters", Object{{"PRIORITY", Strings([]string{"Required", "Important", "Standard"})}, {"SECTION", Strings([]string{"*"})}}}, {"level", String("HIGH")}, {"non_security", Bool(false)}},
	}},
}

// rejectedPatches are the packages of the engines: a newer mongod or broker is a
// decision of people, rolled out by a playbook.
var rejectedPatches = Strings([]string{"kafka*", "memsql*", "mongodb-org*", "mongosh*", "singlestore*", "zookeeper*"})

// healthCommands succeed on a machine when it may be the next one's turn: by the
// engine of its store, with what Ansible has put on the machine.
var healthCommands = map[model.Engine]string{
	model.MongoDB: `mongosh --quiet --tls --tlsCAFile /etc/mongodb/pki/authorities.pem --tlsCertificateKeyFile /etc/mongodb/pki/node.pem --host "$(hostname -f)" --eval 'const h = db.hello(); quit((h.isWritablePrimary || h.secondary) && h.primary ? 0 : 1)'`,
	// Brokers are well when no partition lacks a copy, coordinators when they run.
	model.Kafka:       `if systemctl cat kafka >/dev/null 2>&1; then lacking=$("$(dirname "$(systemctl show -p ExecStart --value kafka | grep -o '/[^ ;]*kafka-server-start.sh' | head -1)")/kafka-topics.sh" --bootstrap-server "$(hostname -f):9094" --command-config /etc/kafka/admin.properties --describe --under-replicated-partitions) && [ -z "$lacking" ]; else systemctl is-active --quiet zookeeper; fi`,
	model.SingleStore: `systemctl is-active --quiet singlestore`,
}

func (c *compiler) patching(s site) (Module, bool) {
	groups := Object{}
	for _, store := range s.env.Stores {
		if store.Managed() || s.recovery && !store.Recovery {
			continue
		}
		groups = append(groups, Arg{store.Name, Object{
			{"order", Number(len(groups) + 1)},
			{"tags", Object{{"paddock:store", String(store.Name)}, {"paddock:env", String(s.env.Name)}}},
			{"quorum", Bool(true)},
			{"health", String(healthCommands[store.Engine])},
		}})
	}
	if len(groups) == 0 {
		return Module{}, false
	}
	day, minute, zone, why := c.patchTime(s)
	return Module{
		Name: "patching", Source: "patching", From: of("environments." + s.env.Name),
		Args: Args{
			{"name", String(c.siteName(s))},
			{"environment", String(s.env.Name)},
			{"region", String(s.region)},
			{"account_id", c.accountID(s.account)},
			{"systems", c.baselines(s)},
			{"approve_after_days", Number(approveAfter[s.env.Stage])},
			{"rejected_patches", rejectedPatches},
			{"scan_schedule", String(c.scanSchedule(s, minute, zone))},
			{"windows", Object{{"stores", Object{
				{"description", String(why)},
				{"schedule", String(clockCron(minute, onDay(day)))},
				{"time_zone", String(zone.String())},
				{"hours", Number(patchHours)},
				{"groups", groups},
			}}}},
			{"role_name", String(fit(c.siteName(s, "patching"), 64))},
			{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			{"topic_arn", Ref("data.aws_sns_topic.warning.arn")},
		},
	}, true
}

// patchHours is the length of a window.
const patchHours = 4

// baselines are the account's. In a single account the first environment's days
// would hold for all, so that production's are taken.
func (c *compiler) baselines(s site) Object {
	if c.platform.Accounts.Single && !c.strictest(s.env) {
		return Object{}
	}
	return patchedSystems
}

// strictest reports whether an environment is the first of the last stage that
// there is.
func (c *compiler) strictest(env model.Environment) bool {
	last := c.platform.Environments[len(c.platform.Environments)-1]
	return env.Name == last.Name
}

// patchTime is when a site is patched. A machine that is switched off at night is
// not patched, so that the window of an environment with hours is the end of its
// day. Production comes on Sunday morning, the recovery region a day after it:
// never both at once.
func (c *compiler) patchTime(s site) (day time.Weekday, minute int, zone *time.Location, why string) {
	if production(s.env) {
		n := slices.IndexFunc(c.environmentsBy("prod"), func(e model.Environment) bool { return e.Name == s.env.Name })
		day, why = time.Sunday, "Sunday before dawn, when the fewest people are there"
		if s.recovery {
			day, why = time.Monday, "A day after the region that serves"
		}
		return day, 120 + n*patchHours*60, c.timeZone(), why
	}
	w := c.patchWindows()[s.env.Name]
	if s.env.Hours != nil {
		return w.day, w.minute, s.env.Hours.Zone, "The end of the day, while the machines are up"
	}
	return w.day, w.minute, c.timeZone(), "Before dawn, the stage before this one a day earlier"
}

// patchDay of a stage: each a day after the one before it.
var patchDay = map[model.Stage]time.Weekday{model.Development: time.Tuesday, model.Test: time.Wednesday, model.Acceptance: time.Thursday}

type patchWindow struct {
	stage  model.Stage
	day    time.Weekday
	minute int
}

// patchWindows of the environments that are not production. Two of one stage are
// never patched at once; where they meet, the one that stands earlier in the
// file stays, and the other one takes another day.
func (c *compiler) patchWindows() map[string]patchWindow {
	taken := map[string]patchWindow{}
	for _, env := range c.environmentsBy("nonprod") {
		w := patchWindow{stage: env.Stage, minute: 120}
		if h := env.Hours; h != nil {
			w.minute = max(h.From, h.To-patchHours*60-15)
		}
		var days []time.Weekday
		for i := range 7 {
			if day := (patchDay[env.Stage] + time.Weekday(i)) % 7; env.Hours == nil || env.Hours.Days[day] {
				days = append(days, day)
			}
		}
		w.day = days[0]
		if i := slices.IndexFunc(days, func(day time.Weekday) bool { return !meets(taken, patchWindow{w.stage, day, w.minute}) }); i >= 0 {
			w.day = days[i]
		}
		taken[env.Name] = w
	}
	return taken
}

// meets reports whether a window of the same stage is open at the same time.
func meets(taken map[string]patchWindow, w patchWindow) bool {
	for _, t := range taken {
		if t.stage == w.stage && t.day == w.day && t.minute < w.minute+patchHours*60 && w.minute < t.minute+patchHours*60 {
			return true
		}
	}
	return false
}

// onDay is a set of one day.
func onDay(day time.Weekday) (days [7]bool) {
	days[day] = true
	return days
}

// scanSchedule looks at machines once a day, when they are up. Associations
// know no time zone, and only whole days: the hour is given in UTC.
func (c *compiler) scanSchedule(s site, minute int, zone *time.Location) string {
	if s.env.Hours != nil {
		minute = s.env.Hours.From + 60
	}
	// The offset of a fixed winter day: an hour more or less does not matter.
	_, offset := time.Date(2026, time.January, 15, 0, 0, 0, 0, zone).Zone()
	minute = ((minute-offset/60)%1440 + 1440) % 1440
	return fmt.Sprintf("cron(%d %d ? * * *)", minute%60/30*30, minute/60)
}

// sessions are how people get onto machines, and the bucket with what they did.
func (c *compiler) sessions(account, region string, recovery bool) []Module {
	part := account
	if recovery {
		part += "-recovery"
	}
	bucket := c.bucket(account, "sessions", region)
	return []Module{
		{
			Name: "session-records", Source: "bucket-store", From: of("audit"),
			Args: Args{
				{"bucket", String(bucket)},
				{"account_id", c.accountID(account)},
				{"kms_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
				{"access_log_bucket", String(c.bucket(account, "access", region))},
				{"keep_days", Number(max(365, days(c.platform.Audit.Hot)))},
			},
		},
		{
			Name: "sessions", Source: "sessions", From: of("audit"), After: []string{"session-records"},
			Args: Args{
				{"name", String(c.name(part))},
				{"region", String(region)},
				{"account_id", c.accountID(account)},
				{"bucket", String(bucket)},
				{"data_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
				{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
				{"host_role_name", String(fit(c.name(part, "hosts"), 64))},
				{"topic_arn", Ref("data.aws_sns_topic.warning.arn")},
			},
		},
	}
}

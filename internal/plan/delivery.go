package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// place compares what an environment is as a whole.
func (c *comparison) place(e pair) {
	old, now := e.old.Environment, e.new.Environment
	at, key := "env/"+e.name, "environments."+e.name
	change := func(kind string, level Level, field, summary, detail string) {
		c.say("", Consequence{Kind: kind, Level: level, At: at, Key: key + field, Summary: summary, Detail: detail})
	}
	if old.Stage != now.Stage {
		change("stage", Warning, ".stage", fmt.Sprintf("%s is of the stage %s instead of %s", e.name, now.Stage, old.Stage), "Defaults of approvals, copies and protection follow from the stage.")
	}
	if was, is := approvers(old.Approve), approvers(now.Approve); was != is {
		kind, level := "approvals", Notice
		if now.Approve.Count < old.Approve.Count || old.Approve.Count > 0 && !slices.Equal(old.Approve.From, now.Approve.From) {
			kind, level = "approvals-weaker", Warning
		}
		change(kind, level, ".approve", fmt.Sprintf("A release enters %s after the yes of %s, instead of %s", e.name, is, was), "")
	}
	for _, w := range old.Freeze {
		if !slices.ContainsFunc(now.Freeze, func(n model.Window) bool { return n.String() == w.String() }) {
			c.say("", Consequence{Kind: "freeze-removed", Level: Warning, At: at, part: w.String(), Key: key + ".freeze", Summary: fmt.Sprintf("%s is no longer frozen in %s", e.name, w)})
		}
	}
	for _, w := range now.Freeze {
		if !slices.ContainsFunc(old.Freeze, func(n model.Window) bool { return n.String() == w.String() }) {
			c.say("", Consequence{Kind: "freeze-added", Level: Notice, At: at, part: w.String(), Key: key + ".freeze", Summary: fmt.Sprintf("%s is frozen in %s", e.name, w)})
		}
	}
	if was, is := windows(old.Changes), windows(now.Changes); was != is {
		change("change-window", Notice, ".changes", fmt.Sprintf("Releases enter %s %s, instead of %s", e.name, is, was), "")
	}
	if was, is := hours(old.Hours), hours(now.Hours); was != is {
		change("hours", Notice, ".hours", fmt.Sprintf("%s is up %s, instead of %s", e.name, is, was), "")
	}
	if now.Zones < old.Zones {
		change("fewer-zones", Warning, ".zones", fmt.Sprintf("%s uses %s instead of %d", e.name, count(now.Zones, "zone", "zones"), old.Zones), "Subnets and machines of the others are destroyed.")
	} else if now.Zones > old.Zones {
		change("more-zones", Notice, ".zones", fmt.Sprintf("%s uses %d zones instead of %d", e.name, now.Zones, old.Zones), "")
	}
}

func approvers(a model.Approve) string {
	if a.Count == 0 {
		return "nobody"
	}
	return fmt.Sprintf("%d of %s", a.Count, strings.Join(a.From, ", "))
}

func windows(all []model.Hours) string {
	if len(all) == 0 {
		return "at any time"
	}
	var words []string
	for _, h := range all {
		words = append(words, h.String())
	}
	return list(words)
}

func hours(h *model.Hours) string {
	if h == nil {
		return "always"
	}
	return h.String()
}

// delivery compares how releases travel, and who may say yes.
func (c *comparison) delivery() {
	old, now := c.old.Platform.Delivery, c.new.Platform.Delivery
	change := func(kind string, level Level, key, summary, detail string) {
		c.say("", Consequence{Kind: kind, Level: level, At: "delivery", Key: "delivery." + key, Summary: summary, Detail: detail})
	}
	if !slices.Equal(old.Path, now.Path) {
		change("path", Warning, "path", fmt.Sprintf("Releases travel %s instead of %s", strings.Join(now.Path, ", "), strings.Join(old.Path, ", ")), "")
	}
	if old.Branching != now.Branching || old.Branch != now.Branch {
		change("branching", Warning, "branching", fmt.Sprintf("Branches are %s with %s instead of %s with %s", now.Branching, now.Branch, old.Branching, old.Branch), "Protection of branches and the pipelines change with it.")
	}
	if !slices.Equal(old.Canary, now.Canary) {
		change("canary", Notice, "rollout.canary", fmt.Sprintf("A new release gets %s of the traffic instead of %s", steps(now.Canary), steps(old.Canary)), "")
	}
	was, is := hotfix(old.Hotfix), hotfix(now.Hotfix)
	if was != is {
		level := Notice
		if now.Hotfix != nil && (old.Hotfix == nil || len(now.Hotfix.Skip) > len(old.Hotfix.Skip) || now.Hotfix.Approve.Count < old.Hotfix.Approve.Count) {
			level = Warning
		}
		change("hotfix", level, "hotfix", fmt.Sprintf("A hotfix %s, instead of: %s", is, was), "")
	}
	for _, g := range c.new.Platform.Groups {
		before := c.old.Platform.Members([]string{g.Name})
		for _, m := range g.Members {
			if !slices.Contains(before, m) {
				c.say("", Consequence{Kind: "group-member-added", Level: Warning, At: "group/" + g.Name, part: m, Key: "groups." + g.Name, Summary: fmt.Sprintf("%s becomes a member of %s, and may approve what it approves", m, g.Name)})
			}
		}
	}
	for _, g := range c.old.Platform.Groups {
		after := c.new.Platform.Members([]string{g.Name})
		for _, m := range g.Members {
			if !slices.Contains(after, m) {
				c.say("", Consequence{Kind: "group-member-removed", Level: Notice, At: "group/" + g.Name, part: m, Key: "groups." + g.Name, Summary: fmt.Sprintf("%s is no longer a member of %s", m, g.Name)})
			}
		}
	}
	for _, t := range c.new.Platform.Teams {
		before, ok := c.old.Platform.Team(t.Name)
		if ok && before.OnCall != nil && t.OnCall == nil {
			c.say("", Consequence{Kind: "oncall-removed", Level: Warning, At: "team/" + t.Name, Key: "teams." + t.Name + ".oncall", Summary: fmt.Sprintf("The team %s is no longer on call", t.Name)})
		}
	}
}

func steps(percents []int) string {
	var words []string
	for _, p := range percents {
		words = append(words, fmt.Sprintf("%d%%", p))
	}
	return strings.Join(append(words, "100%"), ", ")
}

func hotfix(h *model.Hotfix) string {
	if h == nil {
		return "there is none"
	}
	skip := "skips nothing"
	if len(h.Skip) > 0 {
		skip = "skips " + list(h.Skip)
	}
	return skip + " after the yes of " + approvers(h.Approve)
}

// records compares what is kept and how it is protected.
func (c *comparison) records() {
	old, now := c.old.Platform, c.new.Platform
	say := func(kind string, level Level, at, key, summary, detail string) {
		c.say("", Consequence{Kind: kind, Level: level, At: at, Key: key, Summary: summary, Detail: detail})
	}
	for _, r := range []struct {
		name     string
		old, now model.Retention
	}{
		{"observe.metrics", old.Observe.Metrics, now.Observe.Metrics}, {"observe.logs", old.Observe.Logs, now.Observe.Logs},
		{"observe.traces", old.Observe.Traces, now.Observe.Traces}, {"audit", old.Audit.Retention, now.Audit.Retention},
	} {
		if r.now.Hot < r.old.Hot || r.now.Cold < r.old.Cold {
			_, what, _ := strings.Cut(r.name, ".")
			say("retention-reduced", Warning, r.name, r.name, fmt.Sprintf("Records of %s are kept %s at hand and %s in the archive, instead of %s and %s",
				cmp.Or(what, r.name), period(r.now.Hot), period(r.now.Cold), period(r.old.Hot), period(r.old.Cold)), "What is older is deleted.")
		}
	}
	if old.Audit.Lock && !now.Audit.Lock {
		say("lock-removed", Danger, "audit", "audit.lock", "The audit record can be deleted before its time", "")
	}
	if old.Backup.Lock && !now.Backup.Lock {
		say("lock-removed", Danger, "backup", "backup.lock", "Backups can be deleted before their time", "AWS keeps a lock in compliance mode whatever is asked of it; new vaults have none.")
	}
	if old.Backup.Copy && !now.Backup.Copy {
		say("backup-weaker", Warning, "backup", "backup.copy", "Backups are no longer copied to the recovery region", "")
	}
	if old.Backup.Test > 0 && (now.Backup.Test == 0 || now.Backup.Test > old.Backup.Test) {
		say("backup-weaker", Warning, "backup.test", "backup.test", fmt.Sprintf("Restores are tried %s instead of %s", each(now.Backup.Test), each(old.Backup.Test)), "")
	}
	for _, tier := range []int{1, 2, 3, 4} {
		was, had := old.Recovery.Target(tier)
		is, has := now.Recovery.Target(tier)
		if had && (!has || is.RPO > was.RPO || is.RTO > was.RTO) {
			say("recovery-weaker", Warning, fmt.Sprintf("recovery/tier-%d", tier), "recovery", fmt.Sprintf("Tier %d may lose %s and be away %s, instead of %s and %s", tier, period(is.RPO), period(is.RTO), period(was.RPO), period(was.RTO)), "")
		}
	}
	if was, is := old.Edge.WAF.Mode, now.Edge.WAF.Mode; was == "block" && is != "block" {
		say("waf-weaker", Warning, "edge", "edge.waf.mode", fmt.Sprintf("The firewall of the edge goes from block to %s", or(is, "off")), "Attacks come through.")
	}
	for _, w := range now.Waivers {
		if !slices.ContainsFunc(old.Waivers, func(o model.Waiver) bool { return o.Rule == w.Rule && o.At == w.At && o.Environment == w.Environment }) {
			say("waiver-added", Warning, "waiver/"+w.Rule+below(w.At)+below(w.Environment), "waivers", fmt.Sprintf("The rule %s is waived for %s until %s", w.Rule, or(w.At, "everything"), w.Until), w.Reason)
		}
	}
	for _, f := range old.Policies.Never {
		if !slices.Contains(now.Policies.Never, f) {
			say("policy-removed", Warning, "policy/"+f.From+"->"+f.To, "policies.never", fmt.Sprintf("%s -> %s is no longer forbidden", f.From, f.To), "")
		}
	}
}

func each[D ~int64](d D) string {
	if d == 0 {
		return "never"
	}
	return "every " + period(model.Duration(d))
}

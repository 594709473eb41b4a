package rules

import (
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

const (
	week = 7 * 24 * time.Hour
	// restoreRate is how fast a volume comes back from a snapshot: Amazon EBS
	// guarantees 100 to 300 MiB a second, and no rate unless it is paid for.
	restoreRate = 100 << 20
)

// backupRules are about copies and what they are worth.
var backupRules = []*Rule{
	{
		ID: "backup-missing", Severity: diag.Error,
		Title:  "Every store of production that holds data is backed up",
		Why:    "Replicas repeat a wrong delete within milliseconds. Only a copy from before brings it back.",
		Fix:    "Write backup on the store, or a time under backup.every.",
		Source: "AWS Well-Architected Framework, REL09-BP01 Identify and back up all data that needs to be backed up",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Production) {
				if s.Backup.Every > 0 || !s.Holds() {
					continue
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "backup")),
					Summary: fmt.Sprintf("The store %q is never backed up", s.Name),
					Detail:  fmt.Sprintf("It holds data of class %s, and %s.", s.Data, usersOf(e, s.Name)),
					Fix:     "Write backup: { every: 1h, keep: 35d }.",
				})
			}
		},
	},
	{
		ID: "backup-behind-promise", Severity: diag.Error,
		Title:  "Copies are made as often as the recovery promise says",
		Why:    "A store without a copy in the recovery region comes back from its last backup. What was written since is lost, and that may be more than was promised.",
		Fix:    "Make copies more often, write recovery: true on the store, or promise less.",
		Source: "AWS Well-Architected Framework, REL13-BP02 Use defined recovery strategies to meet the recovery objectives",
		check: func(f *Facts, report func(Finding)) {
			f.eachPromise(func(e *place, s *model.Store, t model.Target) {
				if s.Recovery || s.Backup.Every <= t.RPO {
					return
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "backup", "every")),
					Summary: fmt.Sprintf("The store %q may lose %s, and %s is promised for tier %d", s.Name, span(s.Backup.Every), span(t.RPO), s.Tier),
					Detail:  fmt.Sprintf("A copy is made every %s and nothing else leaves the region: up to %s more than promised is lost.", span(s.Backup.Every), span(s.Backup.Every-t.RPO)),
					Fix:     fmt.Sprintf("Write every: %s, or recovery: true.", span(t.RPO)),
					Related: []Note{{Place{Key: promiseKey(t, "rpo")}, "the promise"}},
				})
			})
		},
	},
	{
		ID: "backup-slower-than-promise", Severity: diag.Warning,
		Title:  "A wrong delete loses no more than the loss of the region",
		Why:    "The copy in the recovery region is as fresh as promised, and repeats every mistake. After a wrong delete, or an attacker with a password, the last backup is all there is.",
		Fix:    "Make copies as often as the promise says.",
		Source: "AWS Well-Architected Framework, REL09-BP03 Perform data backup automatically",
		check: func(f *Facts, report func(Finding)) {
			f.eachPromise(func(e *place, s *model.Store, t model.Target) {
				if !s.Recovery || s.Backup.Every <= t.RPO {
					return
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "backup", "every")),
					Summary: fmt.Sprintf("A wrong delete in %q loses up to %s, and %s is promised for tier %d", s.Name, span(s.Backup.Every), span(t.RPO), s.Tier),
					Detail:  fmt.Sprintf("Its copy in %s keeps the promise for the loss of the region, and repeats the delete.", f.Recovery.Region),
					Fix:     fmt.Sprintf("Write every: %s.", span(t.RPO)),
					Related: []Note{{Place{Key: promiseKey(t, "rpo")}, "the promise"}},
				})
			})
		},
	},
	{
		ID: "restore-slower-than-promise", Severity: diag.Warning,
		Title:  "What is restored is back in the time that was promised",
		Why:    "A restore copies the whole disk before the store is fast again. Large disks take hours.",
		Fix:    "Write recovery: true on the store, use more and smaller nodes, or promise less.",
		Source: "Amazon EBS User Guide, Initialize Amazon EBS volumes",
		check: func(f *Facts, report func(Finding)) {
			f.eachPromise(func(e *place, s *model.Store, t model.Target) {
				takes := (time.Duration(s.DiskBytes/restoreRate) * time.Second).Round(time.Minute)
				if s.Recovery || t.RTO == 0 || takes <= t.RTO {
					return
				}
				report(Finding{
					Place:   e.here(key("stores", s.Name, "disk")),
					Summary: fmt.Sprintf("The store %q takes longer to restore than the %s of tier %d", s.Name, span(t.RTO), s.Tier),
					Detail:  fmt.Sprintf("%s on a node / 100 MiB a second = %s, before anything else is started.", size(s.DiskBytes), strings.TrimSuffix(takes.String(), "0s")),
					Fix:     "Write recovery: true, so that a copy is there and running.",
					Related: []Note{{Place{Key: promiseKey(t, "rto")}, "the promise"}},
				})
			})
		},
	},
	{
		ID: "backup-keep-short", Severity: diag.Warning,
		Title:  "Copies are kept for a week or more",
		Why:    "Damage is often found days later. By then every copy that is kept has it.",
		Fix:    "Set keep to 35d, and to at least 7d.",
		Source: "AWS Well-Architected Framework, REL09-BP01; Amazon RDS, Backup retention period",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.stores(model.Production) {
				if s.Backup.Every == 0 || !s.Holds() || s.Backup.Keep >= max(week, s.Backup.Every) {
					continue
				}
				copies := int(s.Backup.Keep / s.Backup.Every)
				report(Finding{
					Place:   e.here(key("stores", s.Name, "backup", "keep")),
					Summary: fmt.Sprintf("Copies of %q are gone after %s", s.Name, span(s.Backup.Keep)),
					Detail:  fmt.Sprintf("One every %s, kept for %s: %s at any time.", span(s.Backup.Every), span(s.Backup.Keep), count(copies, "copy")),
					Fix:     "Write keep: 35d.",
				})
			}
		},
	},
	{
		ID: "restore-untested", Severity: diag.Warning,
		Title:  "Restores are tried",
		Why:    "A backup that was never restored is a hope. Keys, sizes and steps that are missing are found on the worst day.",
		Fix:    "Set backup.test to 7d or 30d.",
		Source: "AWS Well-Architected Framework, REL09-BP04 Perform periodic recovery of the data",
		check: func(f *Facts, report func(Finding)) {
			if f.Backup.Test > 0 {
				return
			}
			var names []string
			for _, s := range f.stores(model.Production) {
				if s.Holds() && s.Backup.Every > 0 {
					names = append(names, s.Name)
				}
			}
			if len(names) == 0 {
				return
			}
			report(Finding{
				Place:   Place{Key: "backup.test"},
				Summary: "No backup is ever restored",
				Detail:  fmt.Sprintf("%s backed up, and nobody has seen a copy come back.", isAre(names)),
				Fix:     "Write test: 7d.",
			})
		},
	},
	{
		ID: "backup-unlocked", Severity: diag.Warning,
		Title:  "Nobody can delete copies before their time",
		Why:    "Who blackmails a company deletes its copies first. A lock holds against everybody, the administrators too.",
		Fix:    "Set backup.lock to true.",
		Source: "AWS Backup Developer Guide, AWS Backup Vault Lock",
		check: func(f *Facts, report func(Finding)) {
			if f.Backup.Lock {
				return
			}
			for _, s := range f.stores(model.Production) {
				if s.Holds() {
					report(Finding{
						Place:   Place{Key: "backup.lock"},
						Summary: "Copies can be deleted before their time",
						Detail:  fmt.Sprintf("One stolen administrator's session is enough to lose %q and all its copies.", s.Name),
						Fix:     "Write lock: true, or remove the line.",
					})
					return
				}
			}
		},
	},
}

// eachPromise visits the stores of production that hold data and for whose tier
// something is promised.
func (f *Facts) eachPromise(visit func(*place, *model.Store, model.Target)) {
	for e, s := range f.stores(model.Production) {
		t, ok := f.Recovery.Target(s.Tier)
		if ok && t.RPO > 0 && s.Holds() && s.Backup.Every > 0 {
			visit(e, s, t)
		}
	}
}

// promiseKey is where the file promises something: that of tier 1 stands at the
// top of the block.
func promiseKey(t model.Target, what string) string {
	if t.Tier == 1 {
		return "recovery." + what
	}
	return fmt.Sprintf("recovery.tiers.%d.%s", t.Tier, what)
}

package aws

import (
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/model"
)

func TestClockCron(t *testing.T) {
	workdays := [7]bool{false, true, true, true, true, true, false}
	every := [7]bool{true, true, true, true, true, true, true}
	for _, c := range []struct {
		minute int
		days   [7]bool
		want   string
	}{
		{9 * 60, workdays, "cron(0 9 ? * MON,TUE,WED,THU,FRI *)"},
		{150, every, "cron(30 2 ? * * *)"},
		// Midnight at the end of the day is the next day's beginning, and what comes
		// before midnight is the day before's.
		{1440, workdays, "cron(0 0 ? * TUE,WED,THU,FRI,SAT *)"},
		{-15, workdays, "cron(45 23 ? * SUN,MON,TUE,WED,THU *)"},
	} {
		if got := clockCron(c.minute, c.days); got != c.want {
			t.Errorf("%d: %s, not %s", c.minute, got, c.want)
		}
	}
}

func TestPatchWindows(t *testing.T) {
	hours := &model.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 9 * 60, To: 21 * 60, Zone: time.UTC}
	of := func(envs ...model.Environment) map[string]patchWindow {
		return newCompiler(Target{Platform: &model.Platform{Environments: envs}}).patchWindows()
	}
	qa := model.Environment{Name: "qa", Stage: model.Test, Hours: hours}
	alone := of(qa)["qa"]
	if alone.day != time.Wednesday || alone.minute != 16*60+45 {
		t.Errorf("alone: %+v", alone)
	}
	both := of(model.Environment{Name: "load", Stage: model.Test}, qa, model.Environment{Name: "second", Stage: model.Test, Hours: hours})
	if both["qa"] != alone {
		t.Errorf("another environment moved it: %+v", both["qa"])
	}
	if w := both["second"]; w.day != time.Thursday {
		t.Errorf("two of a stage are patched at once: %+v", w)
	}
}

func TestBackupFitsLock(t *testing.T) {
	env := model.Environment{Name: "prod", Stage: model.Production, Stores: []model.Store{
		{Name: "ledger", Engine: model.MongoDB, Tier: 1, Backup: model.BackupPlan{Every: time.Hour, Keep: 500 * 24 * time.Hour}},
		{Name: "cache", Engine: model.Valkey, Tier: 1},
	}}
	c := newCompiler(Target{Platform: &model.Platform{Name: "shop", Environments: []model.Environment{env}}})
	if most := c.lockMost(env); most != 500 {
		t.Errorf("the lock ends after %d days, the longest copy after 500", most)
	}
	classes := c.backupClasses(env)
	if len(classes) != 1 || classes[0].Key != "tier1" {
		t.Errorf("%v: the cache is not copied, the ledger is", classes)
	}
}

// Every environment whose restores are tried has a function that judges them. It
// changes nothing, and reads no bucket of another environment.
func TestRestoresAreJudged(t *testing.T) {
	target := kestrel(t)
	roots := Roots(target)
	for _, r := range roots {
		for _, m := range r.Modules {
			if test := argument(m.Args, "restore_test"); m.Source != "backup-plans" || test == nil {
				continue
			}
			name, _ := argument(Args(argument(m.Args, "restore_test").(Object)), "name").(String)
			var check Object
			for _, other := range roots {
				for _, f := range other.Modules {
					if f.Source == "functions" && other.Scope == r.Scope {
						functions, _ := argument(f.Args, "functions").(Object)
						check, _ = argument(Args(functions), "restore-check").(Object)
					}
				}
			}
			if check == nil {
				t.Errorf("nobody judges what %s restores", name)
				continue
			}
			settings, _ := argument(Args(check), "settings").(Object)
			if plans, _ := argument(Args(settings), "PADDOCK_RESTORE_PLANS").(String); plans != name+"-" {
				t.Errorf("%s restores, and %q is judged", name, plans)
			}
			if changes, _ := argument(Args(check), "changes").(List); len(changes) > 0 {
				t.Errorf("%s: %v", r.Scope, changes)
			}
			buckets, _ := argument(Args(check), "buckets").(List)
			for _, b := range buckets {
				text := string(b.(String))
				if !strings.HasPrefix(text, "arn:aws:s3:::awsbackup-restore-test-") && !strings.HasPrefix(text, "arn:aws:s3:::kestrel-"+r.Scope+"-") {
					t.Errorf("%s reads %s", r.Scope, text)
				}
			}
		}
	}
}

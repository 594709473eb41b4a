package restorecheck_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/automationtest"
	"paddock.dev/internal/automation/restorecheck"
)

const key = "arn:aws:kms:ap-south-1:111111111111:key/data"

var (
	taken = time.Date(2026, time.November, 22, 1, 30, 0, 0, time.UTC)
	want  = restorecheck.Want{Environment: "prod", Key: key}
)

func volume() restorecheck.Thing {
	return restorecheck.Thing{
		Found: true, State: "available", Well: true, Tags: automation.Tags{restorecheck.TagTest: "t"},
		Disks: []restorecheck.Disk{{Name: "vol-2", Encrypted: true, Key: key, Bytes: 300 << 30}},
	}
}

func job(kind restorecheck.Kind) restorecheck.Job {
	return restorecheck.Job{ID: "j", Kind: kind, Restored: "arn:aws:ec2:ap-south-1:1:volume/vol-2", Taken: taken, Bytes: 300 << 30, Tags: automation.Tags{automation.TagEnvironment: "prod"}}
}

func TestDecide(t *testing.T) {
	object := func(change func(*restorecheck.Object)) func(*restorecheck.Job, *restorecheck.Thing) {
		return func(j *restorecheck.Job, th *restorecheck.Thing) {
			j.Kind, th.Disks = restorecheck.Bucket, nil
			o := restorecheck.Object{Name: "a", Bytes: 10, Key: key, Checksum: "CRC64NVME=x", Before: &restorecheck.Object{Bytes: 10, Checksum: "CRC64NVME=x"}}
			change(&o)
			th.Objects = []restorecheck.Object{{Name: "0", Key: key}, o}
		}
	}
	for name, c := range map[string]struct {
		change func(*restorecheck.Job, *restorecheck.Thing)
		want   string // what is wrong; empty for nothing
	}{
		"a volume":            {func(*restorecheck.Job, *restorecheck.Thing) {}, ""},
		"larger than it was":  {func(_ *restorecheck.Job, th *restorecheck.Thing) { th.Disks[0].Bytes *= 2 }, ""},
		"gone":                {func(_ *restorecheck.Job, th *restorecheck.Thing) { *th = restorecheck.Thing{} }, "exists: arn:aws:ec2:ap-south-1:1:volume/vol-2 does not exist"},
		"broken":              {func(_ *restorecheck.Job, th *restorecheck.Thing) { th.State, th.Well = "error", false }, "state: error"},
		"not encrypted":       {func(_ *restorecheck.Job, th *restorecheck.Thing) { th.Disks[0].Encrypted = false }, "encryption: vol-2 is not encrypted"},
		"another key":         {func(_ *restorecheck.Job, th *restorecheck.Thing) { th.Disks[0].Key = "arn:theirs" }, "encryption: vol-2 is encrypted with arn:theirs, not with " + key},
		"too small":           {func(_ *restorecheck.Job, th *restorecheck.Thing) { th.Disks[0].Bytes = 299 << 30 }, "size: has 299 GiB, what was copied had 300 GiB"},
		"of nobody":           {func(j *restorecheck.Job, _ *restorecheck.Thing) { j.Tags = nil }, `copy: the copy says that it is of "", not of prod`},
		"size unknown":        {func(j *restorecheck.Job, _ *restorecheck.Thing) { j.Bytes = 0 }, "size: neither the copy nor its source says how large it was"},
		"would stay":          {func(_ *restorecheck.Job, th *restorecheck.Thing) { th.Tags = nil }, "tags: has no tag awsbackup-restore-test: it would stay and cost"},
		"public":              {func(_ *restorecheck.Job, th *restorecheck.Thing) { th.Public = true }, "private: can be reached from the internet"},
		"a bucket":            {object(func(*restorecheck.Object) {}), ""},
		"an object is gone":   {object(func(o *restorecheck.Object) { o.Before = nil }), ""},
		"another algorithm":   {object(func(o *restorecheck.Object) { o.Before.Checksum = "SHA256=y" }), ""},
		"unreadable":          {object(func(o *restorecheck.Object) { o.Fault = "AccessDenied" }), "objects: a cannot be read: AccessDenied"},
		"cut":                 {object(func(o *restorecheck.Object) { o.Bytes = 9 }), "objects: a has 9 bytes, its source has 10"},
		"changed":             {object(func(o *restorecheck.Object) { o.Checksum = "CRC64NVME=z" }), "objects: a has the checksum CRC64NVME=z, its source has CRC64NVME=x"},
		"key of S3":           {object(func(o *restorecheck.Object) { o.Key = "" }), "encryption: a is encrypted with no key of ours, not with " + key},
		"empty, copy was not": {func(j *restorecheck.Job, th *restorecheck.Thing) { j.Kind, th.Disks = restorecheck.Bucket, nil }, "objects: the bucket is empty, the copy is not: 300 GiB"},
		"empty as it was": {func(j *restorecheck.Job, th *restorecheck.Thing) {
			j.Kind, j.Bytes, th.Disks = restorecheck.Bucket, 0, nil
		}, ""},
	} {
		j, th := job(restorecheck.Volume), volume()
		c.change(&j, &th)
		v := restorecheck.Judge(restorecheck.Decide(j, th, want))
		if v.Fine != (c.want == "") || c.want != "" && v.Message != c.want {
			t.Errorf("%s: %v %q, not %q", name, v.Fine, v.Message, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	if v := restorecheck.Judge(nil); v.Fine {
		t.Error("nothing was asked, and it is fine")
	}
	long := restorecheck.Judge([]restorecheck.Check{{Name: "state", Detail: strings.Repeat("ö", 900)}})
	if len(long.Message) > 1000 || !strings.HasSuffix(long.Message, "...") {
		t.Errorf("%d characters", len(long.Message))
	}
}

// A volume that is restored, over the wire.
func TestRun(t *testing.T) {
	const plan = "arn:aws:backup:ap-south-1:111111111111:restore-testing-plan:kestrel_prod_restore-0001"
	disk := func(id string, gib int, key string) *automationtest.Disk {
		return &automationtest.Disk{ID: id, Type: "gp3", GiB: gib, Key: key, Tags: map[string]string{restorecheck.TagTest: "x"}}
	}
	restore := func(id, plan, status, volume string) *automationtest.Restore {
		return &automationtest.Restore{
			ID: id, Kind: "EBS", Status: status, Plan: plan, Point: "arn:aws:ec2:ap-south-1::snapshot/snap-" + id, Taken: taken, Bytes: 300 << 30,
			Source: "arn:aws:ec2:ap-south-1:111111111111:volume/vol-source", Restored: "arn:aws:ec2:ap-south-1:111111111111:volume/" + volume, Tags: map[string]string{"paddock:env": "prod"},
		}
	}
	s := (&automationtest.Server{
		Disks: []*automationtest.Disk{disk("vol-source", 300, key), disk("vol-good", 300, key), disk("vol-plain", 300, "")},
		Restores: []*automationtest.Restore{
			restore("good", plan, "COMPLETED", "vol-good"), restore("plain", plan, "COMPLETED", "vol-plain"), restore("gone", plan, "COMPLETED", "vol-gone"),
			restore("early", plan, "RUNNING", "vol-good"), restore("hand", "", "COMPLETED", "vol-good"),
			restore("theirs", strings.ReplaceAll(plan, "prod", "uat"), "COMPLETED", "vol-good"),
		},
	}).Start(t)
	var log bytes.Buffer
	cfg := s.Config()
	f := restorecheck.Function{
		Cloud:       &restorecheck.AWS{Backup: backup.NewFromConfig(cfg), EC2: ec2.NewFromConfig(cfg)},
		Environment: "prod", Plans: "kestrel_prod_restore-", Key: key,
		Log: slog.New(slog.NewTextHandler(&log, nil)), Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	run := func(id string) (restorecheck.Result, error) {
		var e restorecheck.Event
		e.Detail.Job = id
		return f.Run(t.Context(), e)
	}
	for _, c := range []struct{ id, status, skipped string }{
		{"good", "SUCCESSFUL", ""}, {"plain", "FAILED", ""}, {"gone", "FAILED", ""},
		{"early", "", "it is RUNNING"}, {"hand", "", "somebody restored by hand"},
		{"theirs", "", "it is of the plan kestrel_uat_restore-0001, another environment's"},
	} {
		r, err := run(c.id)
		if err != nil || r.Status != c.status || r.Skipped != c.skipped {
			t.Errorf("%s: %+v, %v", c.id, r, err)
		}
	}
	if got := s.Changes(); len(got) != 3 || !strings.HasPrefix(got[0], "PutRestoreValidationResult good SUCCESSFUL exists: ") ||
		got[1] != "PutRestoreValidationResult plain FAILED encryption: vol-plain is not encrypted" ||
		got[2] != "PutRestoreValidationResult gone FAILED exists: arn:aws:ec2:ap-south-1:111111111111:volume/vol-gone does not exist" {
		t.Errorf("told:\n%s", strings.Join(got, "\n"))
	}
	// What the alarm counts.
	if n := strings.Count(log.String(), "level=ERROR msg=validated status=FAILED"); n != 2 {
		t.Errorf("%d failures in the log:\n%s", n, log.String())
	}
	// What nobody knows, and what cannot be told, is an error and no verdict.
	if _, err := run("never"); err == nil {
		t.Error("a restore that does not exist was judged")
	}
	s.Deny = map[string]bool{"PutRestoreValidationResult": true}
	if r, err := run("good"); err == nil {
		t.Errorf("nobody was told, and nobody says so: %+v", r)
	}
	if _, err := f.Run(t.Context(), restorecheck.Event{}); err == nil {
		t.Error("an event without a restore was judged")
	}
}

// A machine answers its status checks late.
func TestSettled(t *testing.T) {
	c := &slow{after: 3}
	pauses := 0
	f := restorecheck.Function{Cloud: c, Environment: "prod", Plans: "kestrel", Key: key, Log: slog.New(slog.DiscardHandler), Pause: func(context.Context, time.Duration) error { pauses++; return nil }}
	var e restorecheck.Event
	e.Detail.Job = "j"
	if r, err := f.Run(t.Context(), e); err != nil || r.Status != "SUCCESSFUL" || pauses != 3 {
		t.Errorf("%+v after %d pauses, %v", r, pauses, err)
	}
	// What never settles is bad after twenty looks.
	c.looked, c.after = 0, 1000
	if r, err := f.Run(t.Context(), e); err != nil || r.Status != "FAILED" || c.looked != 20 {
		t.Errorf("%+v after %d looks, %v", r, c.looked, err)
	}
	if want := []restorecheck.Verdict{{Fine: true}, {}}; !slices.EqualFunc(c.told, want, func(a, b restorecheck.Verdict) bool { return a.Fine == b.Fine }) {
		t.Errorf("told %+v", c.told)
	}
}

type slow struct {
	after, looked int
	told          []restorecheck.Verdict
}

func (s *slow) Job(context.Context, string) (restorecheck.Job, error) {
	j := job(restorecheck.Machine)
	j.Plan, j.Status = "kestrel-1", "COMPLETED"
	return j, nil
}

func (s *slow) Look(context.Context, restorecheck.Job) (restorecheck.Thing, error) {
	s.looked++
	th := volume()
	if s.looked <= s.after {
		th.State, th.Well, th.Pending = "running, system initializing, machine initializing", false, true
	}
	return th, nil
}

func (s *slow) SourceBytes(context.Context, restorecheck.Job) (int64, error) { return 0, nil }

func (s *slow) Report(_ context.Context, _ string, v restorecheck.Verdict) error {
	s.told = append(s.told, v)
	return nil
}

package rightsizing_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/automationtest"
	"paddock.dev/internal/automation/rightsizing"
)

var scope = automation.Scope{Environment: "dev"}

func flat(hours int, percent float64) []float64 {
	all := make([]float64, hours)
	for i := range all {
		all[i] = percent
	}
	return all
}

func TestDecide(t *testing.T) {
	dev, prod := automation.Tags{"paddock:env": "dev", "paddock:store": "mongo"}, automation.Tags{"paddock:env": "prod"}
	busyAtNoon := flat(240, 5)
	for i := range 30 {
		busyAtNoon[i*8] = 35
	}
	for name, c := range map[string]struct {
		machine rightsizing.Machine
		want    string
	}{
		"idle":             {rightsizing.Machine{Type: "m6i.2xlarge", Tags: dev, Average: flat(240, 8), Maximum: flat(240, 12)}, "m6i.xlarge"},
		"busy":             {rightsizing.Machine{Type: "m6i.2xlarge", Tags: dev, Average: flat(240, 30), Maximum: flat(240, 35)}, ""},
		"a peak":           {rightsizing.Machine{Type: "m6i.2xlarge", Tags: dev, Average: flat(240, 8), Maximum: append(flat(239, 12), 80)}, ""},
		"busy at noon":     {rightsizing.Machine{Type: "m6i.2xlarge", Tags: dev, Average: busyAtNoon, Maximum: busyAtNoon}, ""},
		"too new":          {rightsizing.Machine{Type: "m6i.2xlarge", Tags: dev, Average: flat(119, 8), Maximum: flat(119, 12)}, ""},
		"small already":    {rightsizing.Machine{Type: "m6i.large", Tags: dev, Average: flat(240, 8), Maximum: flat(240, 12)}, ""},
		"somebody else's":  {rightsizing.Machine{Type: "m6i.2xlarge", Tags: prod, Average: flat(240, 8), Maximum: flat(240, 12)}, ""},
		"never measured":   {rightsizing.Machine{Type: "m6i.2xlarge", Tags: dev}, ""},
		"an unknown size":  {rightsizing.Machine{Type: "m6i.metal", Tags: dev, Average: flat(240, 8), Maximum: flat(240, 12)}, ""},
		"the largest half": {rightsizing.Machine{Type: "r6i.16xlarge", Tags: dev, Average: flat(240, 8), Maximum: flat(240, 12)}, "r6i.8xlarge"},
	} {
		got := ""
		if advice := rightsizing.Decide(scope, []rightsizing.Machine{c.machine}, nil); len(advice) > 0 {
			got = advice[0].To
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	tags := map[string]string{"paddock:env": "dev", "paddock:store": "mongo"}
	s := (&automationtest.Server{
		Instances: []*automationtest.Instance{
			{ID: "i-idle", Type: "r6i.2xlarge", State: "running", Tags: tags, CPU: flat(200, 7)},
			{ID: "i-busy", Type: "r6i.2xlarge", State: "running", Tags: tags, CPU: flat(200, 60)},
			{ID: "i-stopped", Type: "r6i.2xlarge", State: "stopped", Tags: tags, CPU: flat(200, 7)},
			{ID: "i-other", Type: "r6i.2xlarge", State: "running", Tags: map[string]string{"paddock:env": "prod"}, CPU: flat(200, 7)},
		},
		Disks: []*automationtest.Disk{{ID: "vol-2", Type: "gp2", GiB: 100, Tags: tags}, {ID: "vol-3", Type: "gp3", GiB: 100, Tags: tags}},
	}).Start(t)
	var log bytes.Buffer
	f := rightsizing.Function{
		Scope: scope, Cloud: &rightsizing.AWS{Environment: "dev", EC2: ec2.NewFromConfig(s.Config()), CloudWatch: cloudwatch.NewFromConfig(s.Config())},
		Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return time.Date(2026, time.November, 25, 6, 30, 0, 0, time.UTC) },
	}
	r, err := f.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Machines != 2 || r.Volumes != 2 || len(r.Advice) != 2 || r.Advice[0].ID != "i-idle" || r.Advice[0].To != "r6i.xlarge" || r.Advice[1].ID != "vol-2" {
		t.Errorf("%+v", r)
	}
	if want := "in 200 hours, 95 of 100 used less than 7 % of the processors, and none more than 7 %"; r.Advice[0].Reason != want {
		t.Error(r.Advice[0].Reason)
	}
	if !strings.Contains(log.String(), "msg=report machines=2 volumes=2 advice=2") || len(s.Changes()) != 0 {
		t.Errorf("%s, %v", log.String(), s.Changes())
	}
}

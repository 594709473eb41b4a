package offhours_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/automationtest"
	"paddock.dev/internal/automation/offhours"
)

func tags(pairs ...string) map[string]string {
	all := map[string]string{}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		all[k] = v
	}
	return all
}

func environment() *automationtest.Server {
	return &automationtest.Server{
		Instances: []*automationtest.Instance{
			{ID: "i-broker", State: "running", Well: true, Tags: tags("paddock:env=dev", "paddock:store=kafka", "paddock:role=broker")},
			{ID: "i-zk", State: "running", Well: true, Tags: tags("paddock:env=dev", "paddock:store=kafka", "paddock:role=zookeeper")},
			{ID: "i-mongo", State: "running", Well: true, Tags: tags("paddock:env=dev", "paddock:store=mongo", "paddock:role=member")},
			{ID: "i-prod", State: "running", Well: true, Tags: tags("paddock:env=prod", "paddock:store=mongo", "paddock:role=member")},
			{ID: "i-node", State: "running", Well: true, Tags: tags("paddock:env=dev", "karpenter.sh/nodepool=general")},
		},
		Clusters: map[string]map[string]string{"dev-apps": tags("paddock:env=dev"), "prod-apps": tags("paddock:env=prod")},
		NodeGroups: []*automationtest.Group{
			{Cluster: "dev-apps", Name: "system", Min: 2, Desired: 2, Max: 4, Tags: tags("paddock:env=dev")},
			{Cluster: "prod-apps", Name: "system-prod", Min: 3, Desired: 3, Max: 6, Tags: tags("paddock:env=prod")},
		},
		Fleets: []*automationtest.Group{
			{Name: "invoicing", Min: 1, Desired: 2, Max: 3, Tags: tags("paddock:env=dev")},
			{Name: "eks-system", Min: 2, Desired: 2, Max: 4, Tags: tags("paddock:env=dev", "eks:nodegroup-name=system")},
		},
	}
}

func function(s *automationtest.Server, log *bytes.Buffer) *offhours.Function {
	cfg := s.Config()
	return &offhours.Function{
		Scope: automation.Scope{Platform: "kestrel", Environment: "dev", Production: []string{"prod"}},
		Waves: [][]string{{"mongo"}, {"kafka"}},
		Cloud: &offhours.AWS{Environment: "dev", EC2: ec2.NewFromConfig(cfg), EKS: eks.NewFromConfig(cfg), AutoScaling: autoscaling.NewFromConfig(cfg)},
		Log:   slog.New(slog.NewJSONHandler(log, nil)),
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func request(action string, dry bool) offhours.Request {
	return offhours.Request{Action: action, DryRun: &dry}
}

func TestNightAndMorning(t *testing.T) {
	s := environment().Start(t)
	var log bytes.Buffer
	f := function(s, &log)
	r, err := f.Run(t.Context(), request("stop", false))
	if err != nil {
		t.Fatal(err)
	}
	evening := []string{
		"TagResource system paddock:size=2/2/4",
		"UpdateNodegroupConfig system 0/0/4",
		"CreateOrUpdateTags invoicing paddock:size=1/2/3",
		"UpdateAutoScalingGroup invoicing 0/0/3",
		"TerminateInstances i-node",
		"StopInstances i-broker",
		"StopInstances i-zk",
		"StopInstances i-mongo",
	}
	if got := s.Changes(); !slices.Equal(got, evening) {
		t.Errorf("the evening was\n  %s", strings.Join(got, "\n  "))
	}
	if r.Actions != 6 || r.DryRun {
		t.Errorf("answered %+v", r)
	}
	// A second time there is nothing left to do.
	if _, err := f.Run(t.Context(), request("stop", false)); err != nil || len(s.Changes()) != len(evening) {
		t.Errorf("the second evening: %v, %v", err, s.Changes()[len(evening):])
	}
	if _, err := f.Run(t.Context(), request("start", false)); err != nil {
		t.Fatal(err)
	}
	if got := s.Changes()[len(evening):]; !slices.Equal(got, []string{
		"StartInstances i-mongo", "StartInstances i-zk", "StartInstances i-broker",
		"UpdateNodegroupConfig system 2/2/4", "UpdateAutoScalingGroup invoicing 1/2/3",
	}) {
		t.Errorf("the morning was\n  %s", strings.Join(got, "\n  "))
	}
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["msg"] == nil {
			t.Errorf("%q is no structured line: %v", line, err)
		}
	}
}

func TestDryRunIsTheDefault(t *testing.T) {
	s := environment().Start(t)
	var log bytes.Buffer
	r, err := function(s, &log).Run(t.Context(), offhours.Request{Action: "stop"})
	if err != nil || !r.DryRun || r.Actions != 6 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := s.Changes(); len(got) != 0 {
		t.Errorf("changed %v", got)
	}
	if n := strings.Count(log.String(), "would act"); n != 6 {
		t.Errorf("%d lines of %d actions:\n%s", n, r.Actions, log.String())
	}
}

func TestNeverProduction(t *testing.T) {
	s := environment().Start(t)
	var log bytes.Buffer
	f := function(s, &log)
	f.Scope.Environment = "prod"
	if _, err := f.Run(t.Context(), request("stop", false)); !errors.Is(err, automation.ErrProduction) {
		t.Errorf("production: %v", err)
	}
	if got := s.Changes(); len(got) != 0 {
		t.Errorf("changed %v", got)
	}
}

// The gate between two steps holds: what is not well keeps the next wave down.
func TestGate(t *testing.T) {
	s := environment()
	for _, i := range s.Instances {
		i.State, i.Well = "stopped", false
	}
	s.Start(t)
	var log bytes.Buffer
	f := function(s, &log)
	looks := 0
	f.Pause = func(context.Context, time.Duration) error {
		if looks++; looks == 1 {
			return errors.New("time is up")
		}
		return nil
	}
	_, err := f.Run(t.Context(), request("start", false))
	if err == nil || !strings.Contains(err.Error(), "still waiting for [i-mongo]") {
		t.Errorf("%v", err)
	}
	if got := s.Changes(); !slices.Equal(got, []string{"StartInstances i-mongo"}) {
		t.Errorf("went on: %v", got)
	}
}

func TestRefusedByAWS(t *testing.T) {
	s := environment()
	s.Deny = map[string]bool{"StopInstances": true}
	s.Start(t)
	var log bytes.Buffer
	_, err := function(s, &log).Run(t.Context(), request("stop", false))
	if err == nil || !strings.Contains(err.Error(), `step "brokers": stop machine i-broker`) || !strings.Contains(err.Error(), "UnauthorizedOperation") {
		t.Errorf("%v", err)
	}
	if _, err := function(s, &log).Run(t.Context(), request("pause", false)); err == nil {
		t.Error("an action that does not exist is accepted")
	}
}

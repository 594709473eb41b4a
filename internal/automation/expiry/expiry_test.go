package expiry_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"paddock.dev/internal/automation/automationtest"
	"paddock.dev/internal/automation/expiry"
)

var now = time.Date(2026, time.November, 25, 6, 0, 0, 0, time.UTC)

func in(days int) time.Time  { return now.AddDate(0, 0, days) }
func ago(days int) time.Time { return now.AddDate(0, 0, -days) }

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		thing expiry.Thing
		want  string // empty for nothing
	}{
		{expiry.Thing{Kind: expiry.Certificate, Ends: in(30)}, ""},
		{expiry.Thing{Kind: expiry.Certificate}, ""}, // not issued yet
		{expiry.Thing{Kind: expiry.Certificate, Ends: in(29)}, "warning: ends in 29 days"},
		{expiry.Thing{Kind: expiry.Certificate, Ends: in(29), Renewed: true}, "warning: ends in 29 days and AWS has not renewed it: are its validation records still there?"},
		{expiry.Thing{Kind: expiry.Certificate, Ends: in(1), Renewed: true}, "critical: ends in 1 day"},
		{expiry.Thing{Kind: expiry.Certificate, Ends: now}, "critical: ended on 2026-11-25"},
		{expiry.Thing{Kind: expiry.AccessKey, Since: ago(10), Active: true}, ""},
		{expiry.Thing{Kind: expiry.AccessKey, Since: ago(45), Active: true}, "warning: is 45 days old and was never used"},
		{expiry.Thing{Kind: expiry.AccessKey, Since: ago(80), Used: ago(50), Active: true}, "warning: was not used for 50 days"},
		{expiry.Thing{Kind: expiry.AccessKey, Since: ago(80), Used: ago(1), Active: true}, ""},
		{expiry.Thing{Kind: expiry.AccessKey, Since: ago(90), Used: ago(1), Active: true}, "critical: is 90 days old; roles need no keys"},
		{expiry.Thing{Kind: expiry.AccessKey, Since: ago(900)}, ""}, // cannot be used
		{expiry.Thing{Kind: expiry.Secret, Since: ago(179)}, ""},
		{expiry.Thing{Kind: expiry.Secret}, ""},
		{expiry.Thing{Kind: expiry.Secret, Since: ago(180)}, "warning: has not changed for 180 days"},
		{expiry.Thing{Kind: expiry.Secret, Since: ago(360)}, "critical: has not changed for 360 days"},
		{expiry.Thing{Kind: expiry.Secret, Since: ago(180), Renewed: true}, "critical: should rotate and did not for 180 days"},
	} {
		got := ""
		for _, f := range expiry.Decide([]expiry.Thing{c.thing}, now) {
			got = string(f.Severity) + ": " + f.Reason
		}
		if got != c.want {
			t.Errorf("%+v: %q, not %q", c.thing, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	s := (&automationtest.Server{
		Certificates: []automationtest.Certificate{{Domain: "www.kestrelcars.example", Ends: in(200), Type: "AMAZON_ISSUED"}, {Domain: "vpn.kestrelcars.example", Ends: in(3), Type: "IMPORTED"}},
		Users:        []automationtest.User{{Name: "legacy", Key: "AKIAEXAMPLE", Created: ago(400), Used: ago(2)}, {Name: "fresh", Key: "AKIAFRESH", Created: ago(4)}},
		Secrets:      []automationtest.Secret{{Name: "kestrel/dev/payments/PSP_ONE_KEY", Changed: ago(200)}, {Name: "kestrel/dev/redis", Changed: ago(20), Rotates: true}},
	}).Start(t)
	var log bytes.Buffer
	cfg := s.Config()
	f := expiry.Function{
		Cloud: &expiry.AWS{ACM: acm.NewFromConfig(cfg), IAM: iam.NewFromConfig(cfg), Secrets: secretsmanager.NewFromConfig(cfg)},
		Log:   slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now },
	}
	r, err := f.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range r.Findings {
		got = append(got, string(x.Severity)+" "+x.Name+" "+x.Reason)
	}
	if want := []string{
		"critical legacy/AKIAEXAMPLE is 400 days old; roles need no keys",
		"critical vpn.kestrelcars.example ends in 3 days",
		"warning kestrel/dev/payments/PSP_ONE_KEY has not changed for 200 days",
	}; r.Things != 6 || !slices.Equal(got, want) {
		t.Errorf("%d things:\n  %s", r.Things, strings.Join(got, "\n  "))
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 2 || len(s.Changes()) != 0 {
		t.Errorf("%d errors, %v\n%s", n, s.Changes(), log.String())
	}
}

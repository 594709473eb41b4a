package alertmanager_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	goccy "github.com/goccy/go-yaml"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/alertmanager"
	"paddock.dev/internal/model"
)

// The quiet times are exactly the minutes of the week in which an environment is
// down.
func TestQuietIsWhenStopped(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []model.Hours{
		{Days: [7]bool{false, true, true, true, true, true, false}, From: 540, To: 1260, Zone: kolkata},
		{Days: [7]bool{true, true, true, true, true, true, true}, From: 0, To: 1320, Zone: kolkata},
		{Days: [7]bool{false, true}, From: 480, To: 1440, Zone: kolkata},
	} {
		data := alertmanager.Config(observe.Routing{Quiet: []observe.Quiet{{Name: "stopped-dev", Up: h}}}, alertmanager.Options{})
		var c struct {
			Intervals []struct {
				Name  string
				Spans []struct {
					Weekdays []string
					Location string
					Times    []struct {
						Start string `yaml:"start_time"`
						End   string `yaml:"end_time"`
					}
				} `yaml:"time_intervals"`
			} `yaml:"time_intervals"`
		}
		if err := goccy.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 11, 22, 0, 0, 0, 0, kolkata) // a Sunday
		for range 7 * 24 * 60 {
			quiet := false
			for _, s := range c.Intervals[0].Spans {
				if s.Location != "Asia/Kolkata" {
					t.Fatalf("a time without its place: %+v", s)
				}
				if !slices.Contains(s.Weekdays, strings.ToLower(at.Weekday().String())) {
					continue
				}
				clock := fmt.Sprintf("%02d:%02d", at.Hour(), at.Minute())
				inside := len(s.Times) == 0
				for _, span := range s.Times {
					inside = inside || clock >= span.Start && clock < span.End
				}
				quiet = quiet || inside
			}
			if quiet == h.Covers(at) {
				t.Fatalf("%s: %s is quiet: %v", h, at.Format("Mon 15:04"), quiet)
			}
			at = at.Add(time.Minute)
		}
	}
}

// Credentials are read from files; none stands in the configuration.
func TestNoSecretsInside(t *testing.T) {
	data := string(alertmanager.Config(observe.Routing{Receivers: []observe.Receiver{{Name: "page", Page: true}, {Name: "beat", Beat: true}, {Name: "s", Slack: "#a", Mail: "a@b.example"}}}, alertmanager.Options{Heartbeat: "arn:aws:sns:ap-south-1:111122223333:CLUSTER-heartbeat", Mail: map[string]string{"a@b.example": "arn:aws:sns:ap-south-1:111122223333:mail"}}))
	for _, want := range []string{"routing_key_file:", "slack_api_url_file:", "topic_arn: \"arn:aws:sns:ap-south-1:111122223333:mail\"\n", "topic_arn: \"arn:aws:sns:ap-south-1:111122223333:{{ .CommonLabels.cluster }}-heartbeat\"\n"} {
		if !strings.Contains(data, want) {
			t.Errorf("no %s in\n%s", want, data)
		}
	}
	for _, never := range []string{"routing_key:", "api_url:", " url:", "auth_password:", "service_key:", "access_key:", "secret_key:"} {
		if strings.Contains(data, never) {
			t.Errorf("%s stands in\n%s", never, data)
		}
	}
}

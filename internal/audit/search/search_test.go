package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	trailEvent = `{"eventVersion":"1.09","userIdentity":{"type":"IAMUser","userName":"asha","arn":"arn:aws:iam::123456789012:user/asha","accountId":"123456789012","accessKeyId":"AKIAEXAMPLE"},"eventTime":"2026-11-02T09:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.10","userAgent":"aws-cli","requestParameters":{"userName":"backup"},"eventID":"e-1","recipientAccountId":"123456789012"}`
	auditEvent = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a-1","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/prod/pods/x/exec","verb":"create","user":{"username":"asha","groups":["g"]},"sourceIPs":["203.0.113.10"],"userAgent":"kubectl","objectRef":{"resource":"pods","subresource":"exec","namespace":"prod","name":"x"},"responseStatus":{"code":101},"requestReceivedTimestamp":"2026-11-02T09:00:01.5Z"}`
)

// lines are the events as one line each, and what was not read.
func lines(text string) (events, unread []string) {
	s := ReadFrom(strings.NewReader(text), "f", func(e *Event) {
		line := fmt.Sprintf("%s %s %s(%s)", e.Time.Format(time.RFC3339Nano), e.Source, e.Actor.Name, e.Actor.Kind)
		for _, part := range []string{e.Actor.Via, e.Action, e.Target, string(e.Result), e.Error, e.Address, e.Region, e.Account, e.Reason} {
			line += " | " + part
		}
		events = append(events, line)
	})
	for _, u := range s.Unread {
		unread = append(unread, fmt.Sprintf("%d: %s", u.Record, u.Reason))
	}
	return events, unread
}

func TestShapesOfFiles(t *testing.T) {
	trail := "2026-11-02T09:00:00Z cloudtrail asha(user) |  | iam:CreateUser | backup | ok |  | 203.0.113.10 | us-east-1 | 123456789012 | "
	audit := "2026-11-02T09:00:01.5Z kubernetes asha(user) |  | create pods/exec | prod/x | ok |  | 203.0.113.10 |  |  | "
	quoted, err := json.Marshal(trailEvent)
	if err != nil {
		t.Fatal(err)
	}
	var indented strings.Builder
	for _, line := range strings.Split(strings.ReplaceAll(auditEvent, ",", ",\n  "), "\n") {
		indented.WriteString(line + "\n")
	}
	for _, test := range []struct {
		name, text     string
		events, unread []string
	}{
		{"log file", `{"Records":[` + trailEvent + `, ` + trailEvent + `]}`, []string{trail, trail}, nil},
		{"array", `[` + trailEvent + "\n,\n" + auditEvent + `]`, []string{trail, audit}, nil},
		{"lines of both", trailEvent + "\n" + auditEvent + "\n", []string{trail, audit}, nil},
		{"one pretty event", indented.String(), []string{audit}, nil},
		{"event list", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + auditEvent + `],"more":1}`, []string{audit}, nil},
		{"event list sorted", `{"apiVersion":"audit.k8s.io/v1","items":[` + auditEvent + `],"kind":"EventList","metadata":{}}`, []string{audit}, nil},
		{"two log files in one", `{"Records":[` + trailEvent + `]}` + "\n" + `{"Records":[` + trailEvent + `]}`, []string{trail, trail}, nil},
		{"lookup-events", `{"Events":[{"EventId":"e-1","CloudTrailEvent":` + string(quoted) + `}],"NextToken":"t"}`, []string{trail}, nil},
		{"byte order mark", "\ufeff" + trailEvent, []string{trail}, nil},
		{"nothing", " \n", nil, nil},
		{"empty log file", `{"Records":[]}`, nil, nil},
		{"digest", `{"awsAccountId":"1","digestS3Bucket":"b","logFiles":[]}`, nil, nil},
		{"a broken line", trailEvent + "\n" + `{"eventName": oops}` + "\n" + trailEvent, []string{trail, trail}, []string{"2: a value cannot begin with o at byte 15"}},
		{"text between", trailEvent + "\nhello world\n" + trailEvent, []string{trail, trail}, []string{"2: a record begins with {, not 'h'"}},
		{"a broken element", `{"Records":[{"a":nul},` + trailEvent + `]}`, []string{trail}, []string{"1: an unknown word stands here; JSON has true, false and null at byte 6"}},
		{"cut in a record", `{"Records":[` + trailEvent + `,` + trailEvent[:200], []string{trail}, []string{"2: the file ends in the middle of the record; the rest of the file is not read"}},
		{"cut between records", `{"Records":[` + trailEvent, []string{trail}, []string{"2: the file ends in the middle of its list; the rest of the file is not read"}},
		{"cut line", trailEvent + "\n" + trailEvent[:100], []string{trail}, []string{"2: the file ends in the middle of the record; the rest of the file is not read"}},
		{"no comma", `[` + trailEvent + " " + trailEvent + `]`, []string{trail}, []string{"2: a comma or ] must stand between records, not {; the rest of the file is not read"}},
		{"not an event", `{"level":"info","msg":"hi"}`, nil, []string{"1: not an audit event: it has neither eventName and eventSource, as CloudTrail writes, nor auditID, as Kubernetes does (its keys: level, msg)"}},
		{"numbers", "[1]", nil, []string{"1: not an audit event: a record is an object"}},
		{"no time", `{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"}`, nil, []string{"1: it has no time"}},
		{"bad time", `{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventTime":"yesterday"}`, nil, []string{`1: its time "yesterday" is not a time such as 2026-11-02T09:00:00Z`}},
		{"an Event object", `{"kind":"Event","apiVersion":"v1","auditID":"x","verb":"get"}`, nil, []string{"1: it is of v1, not of audit.k8s.io"}},
		{"stages", strings.Replace(auditEvent, "ResponseComplete", "RequestReceived", 1) + "\n" + auditEvent, []string{audit}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, unread := lines(test.text)
			if !slices.Equal(events, test.events) {
				t.Errorf("events %q, want %q", events, test.events)
			}
			if !slices.Equal(unread, test.unread) {
				t.Errorf("unread %q, want %q", unread, test.unread)
			}
		})
	}
}

func TestKindsOfEvents(t *testing.T) {
	with := func(base string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(base) }
	user := `{"type":"IAMUser","userName":"asha","arn":"arn:aws:iam::123456789012:user/asha","accountId":"123456789012","accessKeyId":"AKIAEXAMPLE"}`
	for _, test := range []struct{ name, text, want string }{
		{"role", with(trailEvent, user, `{"type":"AssumedRole","principalId":"AROA:ci-7","arn":"arn:aws:sts::1:assumed-role/deploy/ci-7","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/deploy","userName":"deploy"}}}`), "deploy/ci-7(role) | deploy | iam:CreateUser | backup | ok"},
		{"identity center", with(trailEvent, user, `{"type":"AssumedRole","principalId":"AROA:asha@example.com","arn":"arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1/asha@example.com"}`), "asha@example.com(person) | AWSReservedSSO_Admin_1 | iam:CreateUser | backup | ok"},
		{"root", with(trailEvent, user, `{"type":"Root","arn":"arn:aws:iam::1:root"}`), "root(root) |  | iam:CreateUser | backup | ok"},
		{"service", with(trailEvent, user, `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`), "ec2.amazonaws.com(service) |  | iam:CreateUser | backup | ok"},
		{"anonymous", with(trailEvent, user, `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`), "anonymous(anonymous) |  | iam:CreateUser | backup | ok"},
		{"denied", with(trailEvent, `"eventID"`, `"errorCode":"AccessDenied","errorMessage":"no","eventID"`), "asha(user) |  | iam:CreateUser | backup | denied | AccessDenied: no"},
		{"failed", with(trailEvent, `"eventID"`, `"errorCode":"EntityAlreadyExists","eventID"`), "asha(user) |  | iam:CreateUser | backup | failed | EntityAlreadyExists"},
		{"sign-in", with(trailEvent, "iam.amazonaws", "signin.amazonaws", "CreateUser", "ConsoleLogin", `"eventID"`, `"responseElements":{"ConsoleLogin":"Failure"},"errorMessage":"Failed authentication","eventID"`), "asha(user) |  | signin:ConsoleLogin | backup | denied | Failed authentication"},
		{"own", with(trailEvent, "iam.amazonaws.com", "paddock.dev", "IAMUser", "PaddockUser", "CreateUser", "PromoteRelease", `"requestParameters":{"userName":"backup"}`, `"requestParameters":{"service":"booking"},"additionalEventData":{"reason":"the fix for the outage"}`), "asha(user) |  | paddock:PromoteRelease | booking | ok |  | 203.0.113.10 | us-east-1 | 123456789012 | the fix for the outage"},
		{"resource", with(trailEvent, `"eventID"`, `"resources":[{"type":"x"},{"ARN":"arn:aws:s3:::photos"}],"eventID"`), "asha(user) |  | iam:CreateUser | arn:aws:s3:::photos | ok"},
		{"impersonation", with(auditEvent, `"sourceIPs"`, `"impersonatedUser":{"username":"bob"},"sourceIPs"`), "bob(user) | asha | create pods/exec | prod/x | ok"},
		{"forbidden", with(auditEvent, `"code":101`, `"code":403,"message":"no"`), "asha(user) |  | create pods/exec | prod/x | denied | 403: no"},
		{"not found", with(auditEvent, `"code":101`, `"code":404`), "asha(user) |  | create pods/exec | prod/x | failed | 404"},
		{"begun", with(auditEvent, "ResponseComplete", "ResponseStarted"), "asha(user) |  | create pods/exec | prod/x | started"},
		{"panic", with(auditEvent, "ResponseComplete", "Panic"), "asha(user) |  | create pods/exec | prod/x | failed | the API server panicked"},
		{"v1alpha1", with(auditEvent, "audit.k8s.io/v1", "audit.k8s.io/v1alpha1", "requestReceivedTimestamp", "timestamp"), "asha(user) |  | create pods/exec | prod/x | ok"},
		{"path", with(auditEvent, `"objectRef":{"resource":"pods","subresource":"exec","namespace":"prod","name":"x"},`, "", "/api/v1/namespaces/prod/pods/x/exec", "/metrics?x=1"), "asha(user) |  | create | /metrics | ok"},
		{"kubelet", with(auditEvent, `"username":"asha"`, `"username":"system:node:a"`), "system:node:a(node) |  | create pods/exec | prod/x | ok"},
		{"pod", with(auditEvent, `"username":"asha"`, `"username":"system:serviceaccount:prod:booking"`), "system:serviceaccount:prod:booking(pod) |  | create pods/exec | prod/x | ok"},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, unread := lines(test.text)
			if len(events) != 1 || !strings.Contains(events[0], " "+test.want) {
				t.Errorf("%q (unread %q), want %q in it", events, unread, test.want)
			}
		})
	}
}

func TestQuery(t *testing.T) {
	var event Event
	ReadFrom(strings.NewReader(strings.Replace(trailEvent, `"eventID"`, `"errorCode":"AccessDenied","eventID"`, 1)), "f", func(e *Event) { event = e.Keep() })
	address := func(text string) []Address {
		a, err := ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		return []Address{a}
	}
	at := event.Time
	for _, test := range []struct {
		name string
		q    Query
		want bool
	}{
		{"nothing asked", Query{}, true},
		{"name", Query{Who: []string{"ASHA"}}, true},
		{"part of a name", Query{Who: []string{"ash"}}, false},
		{"pattern", Query{Who: []string{"as*"}}, true},
		{"key", Query{Who: []string{"AKIAEXAMPLE"}}, true},
		{"account", Query{Who: []string{"123456789012"}}, true},
		{"another", Query{Who: []string{"ravi"}}, false},
		{"either", Query{Who: []string{"ravi", "asha"}}, true},
		{"action", Query{What: []string{"iam:createuser"}}, true},
		{"operation", Query{What: []string{"CreateUser"}}, true},
		{"operations", Query{What: []string{"Create*"}}, true},
		{"service", Query{What: []string{"iam"}}, true},
		{"services", Query{What: []string{"s3:*"}}, false},
		{"target", Query{On: []string{"back"}}, true},
		{"target pattern", Query{On: []string{"back?"}}, false},
		{"address", Query{From: address("203.0.113.10")}, true},
		{"block", Query{From: address("203.0.113.0/24")}, true},
		{"other block", Query{From: address("10.0.0.0/8")}, false},
		{"since", Query{Since: at}, true},
		{"until", Query{Until: at}, false},
		{"failed", Query{Failed: true}, true},
		{"all at once", Query{Who: []string{"asha"}, What: []string{"iam:*"}, On: []string{"backup"}, Errors: true, Since: at.Add(-time.Hour), Until: at.Add(time.Hour)}, true},
		{"all but one", Query{Who: []string{"asha"}, What: []string{"iam:*"}, On: []string{"other"}}, false},
	} {
		if got := test.q.Match(&event); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	for _, text := range []string{"", "10.0.0.0/33", "not an address", "::/200"} {
		if a, err := ParseAddress(text); err == nil {
			t.Errorf("%q became %+v", text, a)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*c", "abc", true}, {"a*c", "abcd", false}, {"*b*", "abc", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"iam:*", "IAM:CreateUser", true}, {"*/x", "a/b/x", true}, {"**", "a", true},
		{strings.Repeat("a*", 50) + "b", strings.Repeat("a", 5000), false},
	} {
		if got := Glob(test.pattern, test.text); got != test.want {
			t.Errorf("Glob(%q, %q) = %v", test.pattern, test.text, got)
		}
	}
}

// A record longer than the window, and one longer than may be.
func TestLongRecords(t *testing.T) {
	long := strings.Replace(trailEvent, `"aws-cli"`, `"`+strings.Repeat("x", 3*readSize)+`"`, 1)
	tooLong := strings.Replace(trailEvent, `"aws-cli"`, `"`+strings.Repeat("x", maxRecord)+`"`, 1)
	for _, join := range []string{"%s\n%s\n%s\n%s", `{"Records":[%s,%s,%s,%s]}`} {
		events, unread := lines(fmt.Sprintf(join, trailEvent, long, tooLong, trailEvent))
		if len(events) != 3 || len(unread) != 1 || unread[0] != "3: longer than 16 MiB" {
			t.Errorf("%.20s: %d events, unread %q", join, len(events), unread)
		}
	}
}

// errorAfter fails as a broken disk does.
type errorAfter struct{ text string }

func (r *errorAfter) Read(p []byte) (int, error) {
	if r.text == "" {
		return 0, errors.New("the disk is broken")
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

func TestReadError(t *testing.T) {
	seen := 0
	s := ReadFrom(&errorAfter{trailEvent + "\n"}, "f", func(*Event) { seen++ })
	if seen != 1 || s.UnreadFiles != 1 || s.Whole() || s.Unread[0].Reason != "the disk is broken; the rest of the file is not read" {
		t.Errorf("%d events, %+v", seen, s)
	}
}

// Thousands of unreadable records are counted, and the first of them named.
func TestUnreadAreBounded(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", "a.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("{}\n", 1000)+trailEvent), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	events, s := readAll(t, dir)
	if len(events) != 2 || s.UnreadRecords != 2000 || len(s.Unread) != maxUnread {
		t.Fatalf("%d events, %d unread, %d named", len(events), s.UnreadRecords, len(s.Unread))
	}
	if first := s.Unread[0].Ref; first.File != filepath.Join(dir, "a.json") || first.Record != 1 {
		t.Errorf("the first unread is %v", first)
	}
}

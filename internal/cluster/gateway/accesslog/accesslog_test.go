package accesslog

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var sample = Record{
	Kind: "http", End: time.Date(2026, 11, 23, 22, 23, 0, 186641000, time.UTC),
	LoadBalancer: "app/paddock/gateway", Client: "192.0.2.7:2817", Target: "10.244.0.5:8080",
	TargetTime: 1500 * time.Microsecond, ResponseTime: 3 * time.Second,
	Status: 200, TargetStatus: 200, Received: 34, Sent: 366,
	Method: "GET", Authority: "api.kestrelcars.example", URI: "/v1/bookings?x=1", Proto: "HTTP/1.1",
	UserAgent: `curl/8.1 "quoted"`, TargetGroup: "targetgroup/prod/booking-1-13-0",
	TraceID: []byte("5833726236d228ad5d99923122bbe354"), Rule: 1,
	Created: time.Date(2026, 11, 23, 22, 22, 48, 364000000, time.UTC),
	Actions: "forward", ConnTrace: "TID_1234",
}

// The order of the fields is that of AWS's documentation:
// type time elb client:port target:port request_processing_time
// target_processing_time response_processing_time elb_status_code
// target_status_code received_bytes sent_bytes "request" "user_agent"
// ssl_cipher ssl_protocol target_group_arn "trace_id" "domain_name"
// "chosen_cert_arn" matched_rule_priority request_creation_time
// "actions_executed" "redirect_url" "error_reason" "target:port_list"
// "target_status_code_list" "classification" "classification_reason"
// conn_trace_id "transformed_host" "transformed_uri"
// "request_transform_status".
func TestLine(t *testing.T) {
	none := sample
	none.Target, none.TargetStatus, none.Status = "", 0, 503
	none.RequestTime, none.TargetTime, none.ResponseTime = -1, -1, -1
	none.TargetGroup, none.TraceID, none.Rule, none.Actions, none.UserAgent, none.ConnTrace = "", nil, -1, "fixed-response", "", ""
	none.Authority = "api.kestrelcars.example:8080"
	rewritten := sample
	rewritten.RewrittenURI = "/bookings"
	for _, c := range []struct {
		r    Record
		want string
	}{
		{sample, `http 2026-11-23T22:23:00.186641Z app/paddock/gateway 192.0.2.7:2817 10.244.0.5:8080 0.000 0.001 3.000 200 200 34 366 "GET http://api.kestrelcars.example:80/v1/bookings?x=1 HTTP/1.1" "curl/8.1 \x22quoted\x22" - - targetgroup/prod/booking-1-13-0 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 1 2026-11-23T22:22:48.364000Z "forward" "-" "-" "10.244.0.5:8080" "200" "-" "-" TID_1234 "-" "-" "-"`},
		{none, `http 2026-11-23T22:23:00.186641Z app/paddock/gateway 192.0.2.7:2817 - -1 -1 -1 503 - 34 366 "GET http://api.kestrelcars.example:8080/v1/bookings?x=1 HTTP/1.1" "-" - - - "-" "-" "-" - 2026-11-23T22:22:48.364000Z "fixed-response" "-" "-" "-" "-" "-" "-" - "-" "-" "-"`},
		{rewritten, `http 2026-11-23T22:23:00.186641Z app/paddock/gateway 192.0.2.7:2817 10.244.0.5:8080 0.000 0.001 3.000 200 200 34 366 "GET http://api.kestrelcars.example:80/v1/bookings?x=1 HTTP/1.1" "curl/8.1 \x22quoted\x22" - - targetgroup/prod/booking-1-13-0 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 1 2026-11-23T22:22:48.364000Z "forward" "-" "-" "10.244.0.5:8080" "200" "-" "-" TID_1234 "-" "/bookings" "TransformSuccess"`},
	} {
		if got := string(c.r.Append(nil)); got != c.want+"\n" {
			t.Errorf("got\n%swant\n%s", got, c.want)
		}
	}
}

var fields = regexp.MustCompile(`"[^"]*"|[^ "]+`)

// FuzzLine checks that nothing a client sends makes another line or field.
func FuzzLine(f *testing.F) {
	f.Add("GET", "api.example", "/", "curl")
	f.Add("G\"T", "a b", "/\n http", "\\\" - - \x00\xff")
	f.Fuzz(func(t *testing.T, method, host, uri, agent string) {
		r := sample
		r.Method, r.Authority, r.URI, r.UserAgent = method, host, uri, agent
		line := string(r.Append(nil))
		if strings.Count(line, "\n") != 1 || len(fields.FindAllString(strings.TrimSuffix(line, "\n"), -1)) != 33 {
			t.Fatalf("line %q", line)
		}
	})
}

// slow is a log that writes nothing until it may.
type slow struct {
	gate chan struct{}
	mu   sync.Mutex
	buf  bytes.Buffer
	err  error
}

func (s *slow) Write(p []byte) (int, error) {
	<-s.gate
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	return s.buf.Write(p)
}

func TestASlowLogDropsLinesAndNeverWaits(t *testing.T) {
	out := &slow{gate: make(chan struct{})}
	w := NewWriter(out)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	const n = 40000 // about 16 MB, four times the room
	for range n {
		w.Write(&sample)
	}
	if w.Dropped() == 0 {
		t.Error("nothing was dropped")
	}
	close(out.gate)
	cancel()
	<-done
	if got := int64(bytes.Count(out.buf.Bytes(), []byte("\n"))); got+w.Dropped() != n {
		t.Errorf("%d written and %d dropped of %d", got, w.Dropped(), n)
	}
}

func TestALogThatFailsIsCounted(t *testing.T) {
	out := &slow{gate: make(chan struct{}), err: errors.New("disk full")}
	close(out.gate)
	w := NewWriter(out)
	w.Write(&sample)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.Run(ctx)
	if w.Dropped() != 1 || w.Err() == nil {
		t.Errorf("dropped %d, error %v", w.Dropped(), w.Err())
	}
}

func BenchmarkWrite(b *testing.B) {
	w := NewWriter(discard{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	for b.Loop() {
		w.Write(&sample)
	}
	cancel()
	<-done
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

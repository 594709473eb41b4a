package drill

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
)

func TestMeasure(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	micro := func(seconds float64) *metav1.MicroTime { m := metav1.NewMicroTime(at(seconds)); return &m }
	answers := []Answer{
		{Sent: at(0), Status: 200, Release: "booking-1.1.0"},
		{Sent: at(1), Status: 200, Release: "booking-1.2.0"},
		{Sent: at(2), Status: 500, Release: "booking-1.2.0"},
		{Sent: at(3), Status: 503}, // nobody's: the platform's own failure
		{Sent: at(4), Status: 200, Release: "booking-1.1.0"},
		{Sent: at(5), Status: 200, Release: "booking-1.2.0"}, // after the flip
	}
	got := Report{Stable: "booking-1.1.0", Bad: "booking-1.2.0"}
	got.measure(answers, v1.RolloutStatus{DecidedAt: micro(3.5), FlippedAt: micro(4.5)})
	want := Report{
		Stable: "booking-1.1.0", Bad: "booking-1.2.0", ToVerdict: 2.5, ToRestored: 3.5,
		Requests: 6, Failed: 2, FailedElsewhere: 1, FromBad: 3, BadAfterFlip: 1,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Passed() {
		t.Error("a request that reached the bad release after the flip must fail the drill")
	}
}

// The rate holds although the server answers slower than requests are sent.
func TestLoadIsOpenLoop(t *testing.T) {
	var underWay, most atomic.Int64
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := underWay.Add(1)
		defer underWay.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		if n >= 5 {
			select {
			case <-release:
			default:
				close(release)
			}
		}
		<-release
		w.Header().Set("Paddock-Release", "x-1.0.0")
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{client: server.Client(), url: server.URL, host: "shop.example", rate: 500}
	go func() { <-release; cancel() }()
	l.run(ctx)
	if most.Load() < 5 {
		t.Errorf("at most %d requests at once; the load waited for answers", most.Load())
	}
	for _, a := range l.soFar() {
		if a.Failed() || a.Release != "x-1.0.0" {
			t.Errorf("answer %+v", a)
		}
	}
}

func TestPrint(t *testing.T) {
	var b strings.Builder
	r := Report{Service: "booking", Environment: "prod", Rate: 100, BadAfterFlip: 0, ImageRestored: true, ConfigRestored: false}
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"rollback of booking in prod at 100 requests/s", "image restored     yes", "config restored    NO"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

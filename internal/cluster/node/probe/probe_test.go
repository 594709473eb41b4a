package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestMachine(t *testing.T) {
	for _, c := range []struct {
		successes, failures int32
		answers, decided    string // + and -; d where an answer decides
	}{
		{1, 3, "+--- -", "d..dd"},
		{2, 2, "+-++-+--", "...d...d"},
		{0, 0, "+-", "dd"},
		{1, 3, "--+--+---", "..d..d..d"},
	} {
		m := newMachine(&corev1.Probe{SuccessThreshold: c.successes, FailureThreshold: c.failures})
		var got strings.Builder
		for _, a := range strings.ReplaceAll(c.answers, " ", "") {
			if m.observe(a == '+') {
				got.WriteByte('d')
			} else {
				got.WriteByte('.')
			}
		}
		if got.String() != c.decided {
			t.Errorf("%+v: %s", c, got.String())
		}
	}
}

// wellBetween answers well between two moments after the start.
func wellBetween(from, to time.Duration) func(context.Context) Answer {
	begin := time.Now()
	return func(context.Context) Answer {
		if d := time.Since(begin); d < from || d >= to {
			return errors.New("not well")
		}
		return nil
	}
}

func TestRun(t *testing.T) {
	p := &corev1.Probe{PeriodSeconds: 2, FailureThreshold: 3}
	for _, c := range []struct {
		name     string
		kind     Kind
		from, to time.Duration
		want     []string // "time decision"
	}{
		{"ready soon after it is", Readiness, 300 * time.Millisecond, time.Hour, []string{"0s +"}},
		{"unready after three periods", Readiness, 0, 10 * time.Second, []string{"0s +", "10s -", "12s -", "14s - decided", "16s - decided"}},
		{"early failures count once a period", Startup, time.Hour, time.Hour, []string{"2s -", "4s -", "6s - decided"}},
		{"liveness keeps to its period", Liveness, time.Hour, time.Hour, []string{"0s -", "2s -", "4s - decided", "6s - decided"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 17*time.Second)
				defer cancel()
				begin := time.Now()
				var got []string
				Run(ctx, c.kind, p, wellBetween(c.from, c.to), func(r Result) {
					line := fmt.Sprint(time.Since(begin).Truncate(time.Second))
					switch {
					case r.OK:
						line += " +"
					case r.Decided:
						line += " - decided"
					default:
						line += " -"
					}
					got = append(got, line)
				})
				if len(got) > len(c.want) {
					got = got[:len(c.want)]
				}
				if strings.Join(got, ", ") != strings.Join(c.want, ", ") {
					t.Errorf("got  %q\nwant %q", got, c.want)
				}
			})
		})
	}
}

func TestAsk(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bad":
			http.Error(w, "sick", http.StatusServiceUnavailable)
		case "/away":
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		case "/host":
			if r.Host != "named" || r.Header.Get("X-Q") != "1" || r.URL.RawQuery != "a=b" {
				w.WriteHeader(http.StatusTeapot)
			}
		}
	}))
	defer server.Close()
	address := server.Listener.Addr().(*net.TCPAddr)
	target := Target{
		Address: netip.MustParseAddr("127.0.0.1"),
		Ports:   []corev1.ContainerPort{{Name: "http", ContainerPort: int32(address.Port)}},
		Exec: func(_ context.Context, command []string, out io.Writer) (int, error) {
			fmt.Fprint(out, "said")
			return len(command) - 1, nil
		},
	}
	named := intstr.FromString("http")
	get := func(path string) corev1.ProbeHandler {
		return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: named, HTTPHeaders: []corev1.HTTPHeader{{Name: "host", Value: "named"}, {Name: "X-Q", Value: "1"}}}}
	}
	client := NewClient()
	for _, c := range []struct {
		name string
		h    corev1.ProbeHandler
		want string // in the error; "" is well
	}{
		{"get", get("/ok"), ""},
		{"get with host and query", get("/host?a=b"), ""},
		{"get bad", get("/bad"), "503: sick"},
		{"get redirected away", get("/away"), ""},
		{"tcp", corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt(address.Port)}}, ""},
		{"tcp of an unknown port", corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString("none")}}, `no port "none"`},
		{"exec", corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"x"}}}, ""},
		{"exec bad", corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"x", "y"}}}, "ended with 1: said"},
	} {
		err := client.Ask(t.Context(), c.h, target)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

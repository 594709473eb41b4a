package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadyz(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   string // empty: ready
	}{
		"ready":   {status: 200, body: "[+]ping ok\nreadyz check passed\n"},
		"missing": {status: 500, body: "[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac/bootstrap-roles failed: not finished\nreadyz check failed\n", want: "waiting for etcd, poststarthook/rbac/bootstrap-roles"},
		"refused": {status: 403, body: `{"kind":"Status"}`, want: "the API server answers 403 Forbidden"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.String() != "/readyz?verbose" {
					t.Errorf("asked for %s", r.URL)
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			defer s.Close()
			pool := x509.NewCertPool()
			pool.AddCert(s.Certificate())
			address := netip.MustParseAddrPort(s.Listener.Addr().String())
			err := readyz(address, &tls.Config{RootCAs: pool})(t.Context())
			if got := message(err); got != test.want {
				t.Errorf("readyz = %q, want %q", got, test.want)
			}
		})
	}
}

func TestBindWaitsOnlyForAnAddressInUse(t *testing.T) {
	l, err := bind(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := bind(ctx, l.Addr().String()); err == nil {
		t.Error("an address was bound twice")
	}
	freed := make(chan error, 1)
	go func() {
		again, err := bind(t.Context(), l.Addr().String())
		if err == nil {
			err = again.Close()
		}
		freed <- err
	}()
	l.Close()
	if err := <-freed; err != nil {
		t.Errorf("the address is free and bind = %v", err)
	}
	if _, err := bind(t.Context(), "nonsense"); err == nil {
		t.Error("nonsense was bound")
	}
}

func TestNotReadyErrorShowsLog(t *testing.T) {
	err := &NotReadyError{Name: "kubernetes", After: 60e9, Reason: Missing{"etcd"}, LogFile: "engine.log", Tail: "two\nthree"}
	want := "engine kubernetes is not ready after 1m0s: waiting for etcd\nlast lines of engine.log:\ntwo\nthree"
	if err.Error() != want {
		t.Errorf("error = %q", err)
	}
	if missing := (Missing)(nil); !errors.As(err, &missing) || !slices.Equal(missing, Missing{"etcd"}) {
		t.Errorf("missing = %v", missing)
	}
}

func TestTail(t *testing.T) {
	long := strings.Repeat(strings.Repeat("x", 99)+"\n", 1000)
	for _, test := range []struct {
		text  string
		lines int
		want  string
	}{
		{"", 2, ""},
		{"one", 2, "one"},
		{"one\ntwo\n", 2, "one\ntwo"},
		{"one\ntwo\nthree\n\n", 2, "two\nthree"},
		{long + "last\n", 1, "last"},
	} {
		name := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(name, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := tail(name, test.lines); got != test.want {
			t.Errorf("tail(%.20q, %d) = %q, want %q", test.text, test.lines, got, test.want)
		}
	}
	if got := tail(filepath.Join(t.TempDir(), "none"), 1); got != "" {
		t.Errorf("tail of no file = %q", got)
	}
}

func TestLogIsSetAside(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new", "log")
	for i := range 3 {
		f, err := openLog(name)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			err = f.Truncate(maxLog + 1)
		} else {
			_, err = f.WriteString("x")
		}
		if e := f.Close(); err != nil || e != nil {
			t.Fatal(err, e)
		}
	}
	old, err := os.Stat(name + ".1")
	if err != nil || old.Size() != maxLog+1 {
		t.Errorf("older log: %v %v", old, err)
	}
	if now, err := os.Stat(name); err != nil || now.Size() != 2 || now.Mode().Perm() != 0o600 {
		t.Errorf("log: %v %v", now, err)
	}
}

func FuzzFailing(f *testing.F) {
	f.Add("[-]etcd failed\n[+]ping ok\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range failing(strings.NewReader(text)) {
			if name == "" || strings.ContainsAny(name, " \n") {
				t.Errorf("check %q", name)
			}
		}
	})
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

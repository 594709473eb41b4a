package network

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

var (
	podCIDR     = netip.MustParsePrefix("10.244.0.0/16")
	serviceCIDR = netip.MustParsePrefix("10.96.0.0/16")
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func open(t *testing.T, cfg LoopbackConfig) *Loopback {
	t.Helper()
	if !cfg.PodCIDR.IsValid() {
		cfg.PodCIDR = podCIDR
	}
	cfg.ServiceCIDR = serviceCIDR
	l, err := NewLoopback(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func attach(t *testing.T, l *Loopback, uid string) netip.Addr {
	t.Helper()
	a, err := l.Attach(t.Context(), PodRef{Namespace: "prod", Name: "pod-" + uid, UID: types.UID(uid)})
	if err != nil {
		t.Fatal(err)
	}
	if a.Bind != l.Local(a.API) || a.Bind.As4()[0] != 127 {
		t.Fatalf("address %+v", a)
	}
	return a.API
}

func TestAddressesSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node", "addresses.json")
	first := open(t, LoopbackConfig{Path: path})
	a, b := attach(t, first, "a"), attach(t, first, "b")
	if a == b {
		t.Fatalf("two pods have %s", a)
	}
	if again := attach(t, first, "a"); again != a {
		t.Fatalf("the same pod got %s, then %s", a, again)
	}
	second := open(t, LoopbackConfig{Path: path})
	if got := attach(t, second, "b"); got != b {
		t.Fatalf("after a restart %s instead of %s", got, b)
	}
	if got := attach(t, second, "c"); got == a || got == b {
		t.Fatalf("a new pod got the address %s of another", got)
	}
}

func TestAddressesRestAMinute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "addresses.json")
	now := &clock{now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
	// Five addresses: 10.244.0.2 to .6.
	l := open(t, LoopbackConfig{Path: path, Now: now.Now, PodCIDR: netip.MustParsePrefix("10.244.0.0/29")})
	for _, uid := range []string{"1", "2", "3", "4", "5"} {
		attach(t, l, uid)
	}
	pod := PodRef{Namespace: "prod", Name: "six", UID: "6"}
	if a, err := l.Attach(t.Context(), pod); err == nil {
		t.Fatalf("a full range gave %v", a)
	}
	gone := attach(t, l, "3")
	if err := l.Detach(t.Context(), PodRef{UID: "3"}); err != nil {
		t.Fatal(err)
	}
	now.pass(59 * time.Second)
	// A restart must not shorten the rest.
	l = open(t, LoopbackConfig{Path: path, Now: now.Now, PodCIDR: netip.MustParsePrefix("10.244.0.0/29")})
	if a, err := l.Attach(t.Context(), pod); err == nil {
		t.Fatalf("%v was given out again after 59 s", a)
	}
	now.pass(time.Second)
	if a := attach(t, l, "6"); a != gone {
		t.Fatalf("got %s, the free one is %s", a, gone)
	}
	if _, err := l.Attach(t.Context(), PodRef{UID: "3"}); err == nil {
		t.Fatal("the pod that left got an address of a full range")
	}
}

func TestKeepDetachesTheOthers(t *testing.T) {
	now := &clock{now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
	l := open(t, LoopbackConfig{Path: filepath.Join(t.TempDir(), "a.json"), Now: now.Now, PodCIDR: netip.MustParsePrefix("10.244.0.0/29")})
	for _, uid := range []string{"1", "2", "3", "4", "5"} {
		attach(t, l, uid)
	}
	kept := attach(t, l, "4")
	if err := l.Keep(map[types.UID]bool{"4": true}); err != nil {
		t.Fatal(err)
	}
	now.pass(2 * time.Minute)
	for _, uid := range []string{"6", "7", "8", "9"} {
		if a := attach(t, l, uid); a == kept {
			t.Fatalf("%s was taken from a living pod", a)
		}
	}
	if got := attach(t, l, "4"); got != kept {
		t.Fatalf("the living pod moved from %s to %s", kept, got)
	}
}

func TestLocal(t *testing.T) {
	l := open(t, LoopbackConfig{Path: filepath.Join(t.TempDir(), "a.json")})
	for in, want := range map[string]string{
		"10.244.3.9":        "127.244.3.9",
		"10.96.0.1":         "127.96.0.1",
		"::ffff:10.244.3.9": "127.244.3.9",
		"10.97.0.1":         "10.97.0.1",
		"192.0.2.1":         "192.0.2.1",
		"2001:db8::1":       "2001:db8::1",
	} {
		if got := l.Local(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s is reached at %s, want %s", in, got, want)
		}
	}
}

func TestRangesAreChecked(t *testing.T) {
	for _, bad := range [][2]string{
		{"10.0.0.0/16", "10.96.0.0/16"},
		{"10.244.0.0/16", "10.244.128.0/17"},
		{"192.168.0.0/16", "10.96.0.0/16"},
		{"10.0.0.0/8", "10.96.0.0/16"},
	} {
		if _, err := NewLoopback(LoopbackConfig{PodCIDR: netip.MustParsePrefix(bad[0]), ServiceCIDR: netip.MustParsePrefix(bad[1]), Path: "unused"}); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

// TestKilled kills a process that gives out addresses as fast as it can; what
// it had said is true after the restart.
func TestKilled(t *testing.T) {
	if path := os.Getenv("LOOPBACK_CHILD"); path != "" {
		l := open(t, LoopbackConfig{Path: path})
		for i := 0; ; i++ {
			fmt.Printf("gave %d %s\n", i, attach(t, l, fmt.Sprint(i)))
		}
	}
	path := filepath.Join(t.TempDir(), "a.json")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "LOOPBACK_CHILD="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "gave" {
			given[f[1]] = f[2]
		}
		if len(given) == 50 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	if len(given) < 50 {
		t.Fatalf("the child gave %d addresses", len(given))
	}
	l := open(t, LoopbackConfig{Path: path})
	for uid, want := range given {
		if got := attach(t, l, uid); got.String() != want {
			t.Fatalf("pod %s had %s, after the kill it has %s", uid, want, got)
		}
	}
}

func TestAttachIsSafeForConcurrentUse(t *testing.T) {
	l := open(t, LoopbackConfig{Path: filepath.Join(t.TempDir(), "a.json")})
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := map[netip.Addr]bool{}
	for i := range 40 {
		all.Go(func() {
			a, err := l.Attach(context.Background(), PodRef{UID: types.UID(fmt.Sprint(i))})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || seen[a.API] {
				t.Errorf("pod %d: %v %v", i, a, err)
			}
			seen[a.API] = true
		})
	}
	all.Wait()
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte(`{"version":1,"last":"10.244.0.2","entries":[{"uid":"a","address":"10.244.0.2"}]}`))
	f.Add([]byte(`{"version":1,"entries":[{"uid":"a","address":"10.244.0.2"},{"uid":"b","address":"10.244.0.2"}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := NewLoopback(LoopbackConfig{PodCIDR: podCIDR, ServiceCIDR: serviceCIDR, Path: path})
		if err != nil {
			return
		}
		one := attach(t, l, "fuzz-1")
		if two := attach(t, l, "fuzz-2"); one == two || !podCIDR.Contains(one) || !podCIDR.Contains(two) {
			t.Fatalf("got %s and %s", one, two)
		}
	})
}

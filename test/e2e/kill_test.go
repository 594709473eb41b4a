package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "paddock.dev/api/v1"
)

// Killing the supervisor (and with it the node agent), the engine, or both, at
// random moments of a rollout loses nothing: the next start comes to the right
// end.
func TestKill(t *testing.T) {
	kills := 3
	if os.Getenv("PADDOCK_TEST_ALL") != "" {
		kills = 10
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("PADDOCK_TEST_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PADDOCK_TEST_SEED=%d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))

	p := newPlatform(t, "testdata/shop", "shop")
	replace(t, p.file, ", approve: [testers]", "")
	replace(t, p.file, ", approve: { from: [owners], count: 1 }", "")
	replace(t, p.file, "bake: 2s", "bake: 1s, noData: proceed")
	p.up()

	said := "stock"
	for n := 1; n <= kills; n++ {
		release := fmt.Sprintf("shop-1.%d.0", n)
		next := fmt.Sprintf("stock%d", n)
		p.push("shop", "Say "+next, func(dir string) {
			replace(t, filepath.Join(dir, "main.go"), `"`+said+`": stock`, `"`+next+`": stock`)
		})
		said = next

		moment := time.Duration(chance.Int64N(int64(9 * time.Second)))
		victim := []string{"supervisor", "engine", "both"}[chance.IntN(3)]
		time.Sleep(moment)
		t.Logf("%s: kill %s after %s", release, victim, moment.Round(time.Millisecond))
		if victim != "supervisor" {
			killEngine(t, p)
		}
		if victim != "engine" {
			if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			<-p.done
			p.up()
		}
		p.wantRollout(release, "prod", v1.RolloutSucceeded)
		p.wantPage("www.shop.example", fmt.Sprintf(`"version":"1.%d.0"`, n), `"`+next+`":"42"`)
	}
	p.interrupt()
	if left := p.leftovers(); len(left) > 0 {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
}

// killEngine kills the engine's process, found by its command line.
func killEngine(t *testing.T, p *platform) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err != nil {
			continue
		}
		args := strings.Split(string(text), "\x00")
		if len(args) > 1 && filepath.Base(args[0]) == "paddock-engine" && strings.Contains(string(text), p.data) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return
		}
	}
	t.Log("the engine was not running")
}

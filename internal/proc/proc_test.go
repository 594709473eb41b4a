package proc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is also the child: "sleep" waits for its end, "parent" starts
// another sleeper, "spin" burns CPU in a child, "keeper" is a Keeper that will
// be killed.
func TestMain(m *testing.M) {
	if role := os.Getenv("PROC_TEST_ROLE"); role != "" {
		play(role)
		return
	}
	os.Exit(m.Run())
}

func play(role string) {
	switch role {
	case "sleep":
		fmt.Println(os.Getpid())
	case "parent", "escape":
		child := self("sleep")
		child.Stdout = os.Stdout
		if role == "escape" {
			child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		}
		if err := child.Start(); err != nil {
			panic(err)
		}
	case "spin":
		fmt.Println(os.Getpid())
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		}
	case "keeper":
		k, err := NewKeeper(os.Getenv("PROC_TEST_DIR"))
		if err != nil {
			panic(err)
		}
		cmd := self("parent")
		cmd.Stdout = os.Stdout
		if _, err := k.Start("pod/x", cmd); err != nil {
			panic(err)
		}
	}
	time.Sleep(time.Minute)
}

func self(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PROC_TEST_ROLE="+role)
	return cmd
}

// firstLine is the number that the child prints once it runs.
func firstLine(t *testing.T, r io.Reader) int {
	t.Helper()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func gone(pid int) func() bool {
	return func() bool { _, alive := StartTime(pid); return !alive }
}

func keeper(t *testing.T, dir string) *Keeper {
	t.Helper()
	k, err := NewKeeper(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func start(t *testing.T, k *Keeper, role string) (*Process, int) {
	t.Helper()
	cmd := self(role)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	p, err := k.Start(role, cmd)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return p, firstLine(t, r)
}

func TestKillEndsTheWholeGroup(t *testing.T) {
	dir := t.TempDir()
	p, grandchild := start(t, keeper(t, dir), "parent")
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err == nil {
		t.Error("a killed process ended well")
	}
	eventually(t, "the grandchild is gone", gone(grandchild))
	if err := p.Kill(); err != nil {
		t.Errorf("killing what is gone: %v", err)
	}
	if files, _ := filepath.Glob(dir + "/*"); len(files) > 0 {
		t.Errorf("records stay: %v", files)
	}
}

func TestTheEndOfTheLeaderEndsItsDescendants(t *testing.T) {
	for _, role := range []string{"parent", "escape"} {
		t.Run(role, func(t *testing.T) {
			p, grandchild := start(t, keeper(t, t.TempDir()), role)
			if err := p.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = p.Wait()
			eventually(t, "the grandchild is gone", gone(grandchild))
		})
	}
}

func TestCloseKills(t *testing.T) {
	k := keeper(t, t.TempDir())
	p, _ := start(t, k, "sleep")
	k.Close()
	_ = p.Wait()
	if _, err := k.Start("late", self("sleep")); err == nil {
		t.Error("started after Close")
	}
}

func TestRecoverAfterKill(t *testing.T) {
	dir := t.TempDir()
	cmd := self("keeper")
	cmd.Env = append(cmd.Env, "PROC_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	grandchild := firstLine(t, out)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	k := keeper(t, dir)
	found, err := k.Recover(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Name != "pod/x" {
		t.Errorf("found %v", found)
	}
	if _, alive := StartTime(grandchild); alive {
		t.Error("the grandchild lives")
	}
	if again, err := k.Recover(ctx); err != nil || len(again) > 0 {
		t.Errorf("second time: %v, %v", again, err)
	}
}

// A record of an earlier process must not kill the one that has its number now.
func TestRecoverSparesStrangers(t *testing.T) {
	dir := t.TempDir()
	started, _ := StartTime(os.Getpid())
	for i, r := range []Record{
		{Name: "reused", Pid: os.Getpid(), Started: started + 1, Boot: bootID(), Token: "x1"},
		{Name: "rebooted", Pid: os.Getpid(), Started: started, Boot: "before", Token: "x2"},
	} {
		if err := writeRecord(filepath.Join(dir, fileName(r.Name)), r); err != nil {
			t.Fatal(i, err)
		}
	}
	found, err := keeper(t, dir).Recover(t.Context())
	if err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestSample(t *testing.T) {
	k := keeper(t, t.TempDir())
	p, _ := start(t, k, "spin")
	q, _ := start(t, k, "parent")
	defer func() { _ = p.Kill(); _ = p.Wait(); _ = q.Kill(); _ = q.Wait() }()
	var s Sampler
	roots := []int{p.Pid(), q.Pid()}
	eventually(t, "CPU is counted", func() bool {
		usage, err := s.Sample(roots)
		if err != nil {
			t.Skip(err)
		}
		return usage[p.Pid()].CPU > 30*time.Millisecond && usage[p.Pid()].Resident > 1<<20
	})
	usage, _ := s.Sample(roots)
	if n := usage[q.Pid()].Processes; n != 2 {
		t.Errorf("%d processes in a tree of 2", n)
	}
}

func BenchmarkSample(b *testing.B) {
	var s Sampler
	for b.Loop() {
		if _, err := s.Sample([]int{os.Getpid()}); err != nil {
			b.Skip(err)
		}
	}
}

package runtime

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is the container.
func TestMain(m *testing.M) {
	if role := os.Getenv("RUNTIME_TEST_ROLE"); role != "" {
		play(role)
	}
	os.Exit(m.Run())
}

func play(role string) {
	switch role {
	case "print":
		dir, _ := os.Getwd()
		fmt.Println("args", os.Args[1:])
		fmt.Println("dir", filepath.Base(dir))
		fmt.Fprintln(os.Stderr, "trouble")
		os.Exit(3)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "wait":
		if len(os.Args) > 1 { // run by Exec
			fmt.Print(strings.Join(os.Args[1:], " "))
			os.Exit(len(os.Args) - 1)
		}
		fmt.Println("ready")
		time.Sleep(time.Minute)
	}
	os.Exit(0)
}

// rootfs has the test binary as /bin/app.
func rootfs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"bin", "work"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(self, filepath.Join(dir, "bin", "app")); err != nil {
		data, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "bin", "app"), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func newProcess(t *testing.T, dir string) *Process {
	t.Helper()
	r, err := NewProcess(ProcessConfig{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func run(t *testing.T, role string, words ...string) (Container, string) {
	t.Helper()
	r := newProcess(t, t.TempDir())
	log := filepath.Join(t.TempDir(), "0.log")
	c, err := r.Start(t.Context(), Spec{
		ID: "pod/app/0", Rootfs: rootfs(t), Command: append([]string{"app"}, words...),
		Env: []string{"RUNTIME_TEST_ROLE=" + role, "PATH=/nowhere:/bin"}, Dir: "/work", Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, log
}

func waitFor(t *testing.T, c Container) Exit {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("still runs")
	}
	return c.Exit()
}

func waitLog(t *testing.T, path, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		data, _ := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q in %q", text, data)
		}
	}
}

func TestRun(t *testing.T) {
	c, log := run(t, "print", "one", "two")
	exit := waitFor(t, c)
	if exit.Code != 3 || exit.Signal != 0 || exit.Err != nil || exit.At.IsZero() {
		t.Errorf("exit %+v", exit)
	}
	data, _ := os.ReadFile(log)
	for _, want := range []string{" stdout F args [one two]\n", " stdout F dir work\n", " stderr F trouble\n"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in\n%s", want, data)
		}
	}
}

func TestStop(t *testing.T) {
	for _, tc := range []struct {
		role  string
		grace time.Duration
		code  int
	}{
		{"wait", time.Minute, 143},
		{"deaf", 50 * time.Millisecond, 137},
		{"wait", 0, 137},
	} {
		c, log := run(t, tc.role)
		waitLog(t, log, "ready")
		Stop(c, tc.grace)
		if exit := c.Exit(); exit.Code != tc.code {
			t.Errorf("%s after %s: %+v", tc.role, tc.grace, exit)
		}
		if err := c.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("signal after the end: %v", err)
		}
	}
}

func TestExec(t *testing.T) {
	c, _ := run(t, "wait")
	var out bytes.Buffer
	code, err := c.Exec(t.Context(), []string{"/bin/app", "a", "b"}, &out)
	if code != 2 || err != nil || out.String() != "a b" {
		t.Errorf("%d, %v, %q", code, err, out.String())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Exec(ctx, []string{"app"}, io.Discard); err == nil {
		t.Error("a command that does not end ended well")
	}
	if _, err := c.Exec(t.Context(), []string{"/bin/sh"}, io.Discard); err == nil {
		t.Error("found a command outside of the image")
	}
}

func TestUsage(t *testing.T) {
	c, log := run(t, "wait")
	waitLog(t, log, "ready")
	u, err := c.Usage()
	if err != nil || u.MemoryBytes < 1<<20 {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestStartFails(t *testing.T) {
	r, root := newProcess(t, t.TempDir()), rootfs(t)
	if err := os.WriteFile(filepath.Join(root, "bin", "text"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"":          "no command",
		"nothing":   "not in the image",
		"/bin/sh":   "not in the image",
		"/bin/text": "not executable",
		"/bin":      "not a file",
	} {
		_, err := r.Start(t.Context(), Spec{ID: "x", Rootfs: root, Command: []string{command}, Log: filepath.Join(t.TempDir(), "l")})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", command, err)
		}
	}
}

func TestWithin(t *testing.T) {
	root := t.TempDir()
	for link, target := range map[string]string{
		"abs": "/real", "up": "../../../../real", "loop": "loop", "chain": "abs/x",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"/a/b": "/a/b", "../../etc": "/etc", "abs/f": "/real/f", "/up": "/real", "chain": "/real/x", "": "",
	} {
		got, err := Within(root, name)
		if err != nil || got != filepath.Clean(root+want) {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
	if _, err := Within(root, "loop"); err == nil {
		t.Error("a loop ended")
	}
}

package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// harness runs one engine that this test binary plays.
type harness struct {
	*Engine
	address string
	log     string
	exits   chan Exit
	stop    func() error // cancels Run and waits for it
}

func startEngine(t *testing.T, role string, change func(*Config)) *harness {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{address: l.Addr().String(), log: filepath.Join(t.TempDir(), "log", "engine.log"), exits: make(chan Exit, 100)}
	cfg := Config{
		Name:       "test",
		Path:       os.Args[0],
		Env:        []string{envRole + "=" + role},
		Listener:   l.(*net.TCPListener),
		LogFile:    h.log,
		Probe:      func(ctx context.Context) error { _, err := ask(ctx, h.address); return err },
		OnExit:     func(e Exit) { h.exits <- e },
		Logger:     slog.New(slog.DiscardHandler),
		MinBackoff: time.Millisecond,
		MaxBackoff: 10 * time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	if h.Engine, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { h.stop() })
	return h
}

// ask returns the process id of the child that answers.
func ask(ctx context.Context, address string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	if err != nil {
		return 0, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

func TestRestartKeepsAddress(t *testing.T) {
	h := startEngine(t, "serve", nil)
	if err := h.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, err := ask(t.Context(), h.address)
	if err != nil || first != h.Pid() {
		t.Fatalf("child %d answers, %d was started: %v", first, h.Pid(), err)
	}
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	exit := <-h.exits
	if exit.Count != 1 || exit.Err == nil || !strings.Contains(exit.Err.Error(), "killed") {
		t.Errorf("exit = %+v", exit)
	}
	if err := h.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := ask(t.Context(), h.address)
	if err != nil || second == first {
		t.Fatalf("after the restart %d answers: %v", second, err)
	}
	if err := h.stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if h.Pid() != 0 {
		t.Errorf("pid after the stop = %d", h.Pid())
	}
	if _, err := net.DialTimeout("tcp", h.address, time.Second); err == nil {
		t.Error("the address is still open after the stop")
	}
}

func TestStopKillsWholeGroup(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	h := startEngine(t, "stubborn", func(c *Config) {
		c.Env = append(c.Env, envLock+"="+lock)
		c.Grace = 50 * time.Millisecond
	})
	waitHeld(t, lock+".child")
	if err := h.stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	waitReleased(t, lock)
	waitReleased(t, lock+".child")
}

func TestKilledSupervisorLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	lock := filepath.Join(dir, "lock")
	supervisor := exec.Command(os.Args[0])
	supervisor.Env = append(os.Environ(), envRole+"=supervise", envLock+"="+lock, envLog+"="+filepath.Join(dir, "log"))
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	waitHeld(t, lock+".child")
	if err := supervisor.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	supervisor.Wait()
	waitReleased(t, lock+".child")
}

func TestReadyGivesUpOnDyingChildren(t *testing.T) {
	h := startEngine(t, "die", nil)
	err := h.Ready(t.Context())
	var not *NotReadyError
	if !errors.As(err, &not) {
		t.Fatalf("Ready = %v", err)
	}
	if !strings.Contains(not.Reason.Error(), "exit status 3") || !strings.Contains(not.Tail, "the disk is on fire") {
		t.Errorf("Ready = %v", err)
	}
}

func TestReadyEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := startEngine(t, "sleep", func(c *Config) {
		c.Grace = time.Millisecond
		c.Probe = func(context.Context) error { cancel(); return Missing{"etcd"} }
	})
	if err := h.Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Ready = %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Config{Name: "n", Path: "p", LogFile: "l", Probe: func(context.Context) error { return nil }, Logger: slog.New(slog.DiscardHandler)}
	for name, spoil := range map[string]func(*Config){
		"name":     func(c *Config) { c.Name = "" },
		"program":  func(c *Config) { c.Path = "" },
		"log file": func(c *Config) { c.LogFile = "" },
		"probe":    func(c *Config) { c.Probe = nil },
		"logger":   func(c *Config) { c.Logger = nil },
	} {
		c := good
		spoil(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// waitHeld waits until a process says that it holds a lock.
func waitHeld(t *testing.T, name string) {
	t.Helper()
	for t.Context().Err() == nil {
		if text, _ := os.ReadFile(name); len(text) > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// waitReleased waits until no process holds a lock.
func waitReleased(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err == nil {
			return
		} else if !errors.Is(err, syscall.EINTR) {
			t.Fatal(err)
		}
	}
}

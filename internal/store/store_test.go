package store

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestRoot(t *testing.T) {
	for _, test := range []struct {
		name, flag string
		env        map[string]string
		want       string
	}{
		{"flag wins", "/flag", map[string]string{"PADDOCK_DATA": "/env"}, "/flag"},
		{"environment", "", map[string]string{"PADDOCK_DATA": "/env", "XDG_DATA_HOME": "/xdg"}, "/env"},
		{"xdg", "", map[string]string{"XDG_DATA_HOME": "/xdg", "HOME": "/home/a"}, "/xdg/paddock"},
		{"relative xdg is ignored", "", map[string]string{"XDG_DATA_HOME": "xdg", "HOME": "/home/a"}, "/home/a/.local/share/paddock"},
		{"home", "", map[string]string{"HOME": "/home/a"}, "/home/a/.local/share/paddock"},
		{"nothing", "", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Root(test.flag, func(k string) string { return test.env[k] })
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestWriteFileReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	for _, text := range []string{"a longer first text", "short"} {
		if err := WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Fatalf("got %q, %v; want %q", got, err, text)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files in the directory, %v; want only the one", len(entries), err)
	}
	if err := WriteFile(filepath.Join(dir, "none", "x"), nil, 0o600); err == nil {
		t.Error("writing below a directory that does not exist succeeded")
	}
}

func TestStateComesBack(t *testing.T) {
	l := At(t.TempDir(), "kestrel")
	if _, ok, err := l.ReadState(); ok || err != nil {
		t.Fatalf("before the first start: ok %v, %v", ok, err)
	}
	if err := os.MkdirAll(l.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	want := State{Name: "kestrel", Process: self, Gateway: "127.0.0.1:8080", Console: "127.0.0.1:8081", APIServer: "https://127.0.0.1:6443", File: "/p/platform.yaml", StartedAt: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	if err := l.WriteState(want); err != nil {
		t.Fatal(err)
	}
	got, ok, err := l.ReadState()
	if err != nil || !ok || got != want {
		t.Errorf("got %+v, %v, %v; want %+v", got, ok, err, want)
	}
	if !got.Alive() {
		t.Error("this process is recorded and lives, but Alive says no")
	}
	if err := l.RemoveState(); err != nil {
		t.Fatal(err)
	}
	if err := l.RemoveState(); err != nil {
		t.Errorf("removing it again: %v", err)
	}
}

func TestOnlyOneHolds(t *testing.T) {
	root := t.TempDir()
	l := At(root, "kestrel")
	if _, held, err := l.Holder(); held || err != nil {
		t.Fatalf("before the first start: held %v, %v", held, err)
	}
	since := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	lock, err := l.Acquire(since)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Acquire(since)
	var held *HeldError
	if !errors.As(err, &held) || held.Holder.PID != os.Getpid() || !held.Holder.Since.Equal(since) {
		t.Fatalf("second Acquire: %v; want a HeldError that names this process", err)
	}
	if holder, held, err := l.Holder(); err != nil || !held || holder.PID != os.Getpid() {
		t.Errorf("Holder: %+v, %v, %v", holder, held, err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, held, err := l.Holder(); held || err != nil {
		t.Errorf("after Release: held %v, %v", held, err)
	}
	again, err := l.Acquire(since)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Release()

	if err := os.MkdirAll(filepath.Join(root, "not-a-platform"), 0o700); err != nil {
		t.Fatal(err)
	}
	if names, err := Platforms(root); err != nil || !slices.Equal(names, []string{"kestrel"}) {
		t.Errorf("Platforms: %v, %v", names, err)
	}
	if names, err := Platforms(filepath.Join(root, "none")); err != nil || names != nil {
		t.Errorf("Platforms of nothing: %v, %v", names, err)
	}
}

func TestAliveTellsIncarnationsApart(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Skip("no sleep program")
	}
	p, err := Lookup(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Alive() {
		t.Error("a running process is said to be dead")
	}
	if (Process{PID: p.PID, StartTicks: p.StartTicks + 1}).Alive() {
		t.Error("another incarnation of the same number is said to live")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if p.Alive() {
		t.Error("a process that ended is said to live")
	}
	if (Process{}).Alive() {
		t.Error("no process is said to live")
	}
}

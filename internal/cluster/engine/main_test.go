package engine

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// What the test binary plays when it is started again as a child.
const (
	envRole = "PADDOCK_TEST_ROLE"
	envLock = "PADDOCK_TEST_LOCK" // held while the process lives
	envLog  = "PADDOCK_TEST_LOG"
)

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(envRole)]
	if !ok {
		os.Exit(m.Run())
	}
	if name := os.Getenv(envLock); name != "" {
		holdLock(name)
	}
	role()
}

var roles = map[string]func(){
	// A good engine: serves on the inherited listener, stops with its input.
	"serve": func() {
		l, err := net.FileListener(os.NewFile(3, "listener"))
		if err != nil {
			panic(err)
		}
		go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, os.Getpid())
		}))
		io.Copy(io.Discard, os.Stdin)
		fmt.Fprintln(os.Stderr, "input ended")
	},
	// Never stops, and neither does its child.
	"stubborn": func() {
		signal.Ignore(syscall.SIGTERM)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), envRole+"=sleep", envLock+"="+os.Getenv(envLock)+".child")
		if err := child.Start(); err != nil {
			panic(err)
		}
		select {}
	},
	"sleep": func() { select {} },
	"die": func() {
		fmt.Fprintln(os.Stderr, "the disk is on fire")
		os.Exit(3)
	},
	// Runs an engine until it is killed.
	"supervise": func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		e, err := New(Config{
			Name: "test", Path: os.Args[0], Listener: l.(*net.TCPListener), LogFile: os.Getenv(envLog),
			Env:    []string{envRole + "=serve", envLock + "=" + os.Getenv(envLock) + ".child"},
			Probe:  func(context.Context) error { return nil },
			Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			panic(err)
		}
		if err := e.Run(context.Background()); err != nil {
			panic(err)
		}
	},
}

// holdLock takes a lock that the kernel releases when the process ends.
func holdLock(name string) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil {
		_, err = f.WriteString("held")
	}
	if err != nil {
		panic(err)
	}
	lockFile = f // not to be collected
}

var lockFile *os.File

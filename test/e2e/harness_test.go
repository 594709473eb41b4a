package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/cluster/pki"
	"paddock.dev/internal/kube"
)

// shared is one control plane without a node, for the tests of controllers. It
// starts with the first test that asks for it.
var shared struct {
	once   sync.Once
	err    error
	dir    string
	stdin  io.Closer
	done   chan struct{}
	config *rest.Config
}

// restConfig is the administrator's way into the shared control plane.
func restConfig(t *testing.T) *rest.Config {
	t.Helper()
	shared.once.Do(func() { shared.err = startShared() })
	if shared.err != nil {
		t.Fatalf("shared control plane: %v", shared.err)
	}
	return rest.CopyConfig(shared.config)
}

// clusterPKI is where the shared control plane keeps its keys.
func clusterPKI(t *testing.T) string {
	t.Helper()
	restConfig(t)
	return filepath.Join(shared.dir, "pki")
}

// installCRDs gives the shared control plane the resources of Paddock and of
// Gateway API.
func installCRDs(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := kube.Install(ctx, apiClient(t)); err != nil {
		t.Fatal(err)
	}
}

// apiClient is a client of the shared control plane that knows every kind of
// Paddock's.
func apiClient(t *testing.T) client.Client {
	t.Helper()
	scheme, err := kube.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(restConfig(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func startShared() error {
	dir, err := os.MkdirTemp("", "pk")
	if err != nil {
		return err
	}
	shared.dir = dir
	address, err := freeAddress()
	if err != nil {
		return err
	}
	services := netip.MustParsePrefix("10.250.0.0/16")
	keys, err := pki.Ensure(pki.Options{Dir: filepath.Join(dir, "pki"), Services: services})
	if err != nil {
		return err
	}
	cmd := exec.Command("paddock-engine", "kubernetes", "--data", dir, "--run", dir, "--listen", address, "--service-cidr", services.String())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	shared.stdin, shared.done = stdin, make(chan struct{})
	go func() { _ = cmd.Wait(); close(shared.done) }()

	shared.config = keys.RESTConfig(pki.Admin, address)
	deadline := time.Now().Add(90 * time.Second)
	for {
		if err = ready(shared.config); err == nil {
			return nil
		}
		select {
		case <-shared.done:
			return fmt.Errorf("the engine ended: %s", output.String())
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Signal(syscall.SIGKILL)
			return fmt.Errorf("not ready after 90 s: %w\n%s", err, output.String())
		}
	}
}

func ready(cfg *rest.Config) error {
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return err
	}
	resp, err := client.Get(cfg.Host + "/readyz")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("readyz: %s", resp.Status)
	}
	return nil
}

// stopShared closes the engine's standard input, as a supervisor that dies
// does, and waits.
func stopShared() {
	if shared.stdin == nil {
		return
	}
	_ = shared.stdin.Close()
	select {
	case <-shared.done:
	case <-time.After(15 * time.Second):
		fmt.Fprintln(os.Stderr, "the shared control plane did not stop in 15 s")
	}
	_ = os.RemoveAll(shared.dir)
}

// freeAddress is a loopback address that was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

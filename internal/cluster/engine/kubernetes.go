package engine

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// rebind is how long New waits for an engine of an earlier supervisor, which is
// still stopping, to let go of the port.
const rebind = 15 * time.Second

// Kubernetes describes the engine that runs the control plane.
type Kubernetes struct {
	// Path is the program, as found by Locate.
	Path string
	// Data is the directory of the platform, with the keys in its pki. Run is
	// the directory of unix sockets.
	Data, Run string
	// Listen is the address of the API server. Port 0 takes a free one.
	Listen string
	// Services is the range of cluster addresses of Services.
	Services netip.Prefix
	// Figures is the unix socket of the node agent's figures.
	Figures string
	// TLS reaches the API server as somebody who may see /readyz.
	TLS *tls.Config
	// LogFile, OnExit, Logger and Env are those of Config.
	LogFile string
	OnExit  func(Exit)
	Logger  *slog.Logger
	Env     []string
}

// NewKubernetes binds the address of the API server and makes the engine. The
// address is that of the engine for as long as it runs, restarts included.
func NewKubernetes(ctx context.Context, k Kubernetes) (*Engine, netip.AddrPort, error) {
	l, err := bind(ctx, k.Listen)
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("engine kubernetes: %w", err)
	}
	address := l.Addr().(*net.TCPAddr).AddrPort()
	e, err := New(Config{
		Name: "kubernetes",
		Path: k.Path,
		Args: []string{
			"kubernetes",
			"--data=" + k.Data,
			"--run=" + k.Run,
			"--listen=fd:3",
			"--service-cidr=" + k.Services.String(),
			"--figures=" + k.Figures,
		},
		Env:      k.Env,
		Listener: l,
		LogFile:  k.LogFile,
		Probe:    readyz(address, k.TLS),
		OnExit:   k.OnExit,
		Logger:   k.Logger,
	})
	if err != nil {
		l.Close()
		return nil, netip.AddrPort{}, err
	}
	return e, address, nil
}

func bind(ctx context.Context, address string) (*net.TCPListener, error) {
	ctx, cancel := context.WithTimeout(ctx, rebind)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err == nil {
			return l.(*net.TCPListener), nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}

// readyz asks an API server whether it is ready. The error is Missing when it
// answers and is not.
func readyz(address netip.AddrPort, security *tls.Config) func(context.Context) error {
	client := &http.Client{
		Timeout: 2 * time.Second,
		// A connection to a child that died would be found out only by using it.
		Transport: &http.Transport{TLSClientConfig: security, DisableKeepAlives: true},
	}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address.String()+"/readyz?verbose", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("the API server does not answer: %w", err)
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		if missing := failing(io.LimitReader(resp.Body, 1<<20)); len(missing) > 0 {
			return missing
		}
		return fmt.Errorf("the API server answers %s", resp.Status)
	}
}

// failing reads the verbose answer of /readyz: a line for each check, those that
// fail begin with a minus in brackets.
func failing(r io.Reader) Missing {
	var m Missing
	for s := bufio.NewScanner(r); s.Scan(); {
		if check, ok := strings.CutPrefix(s.Text(), "[-]"); ok {
			name, _, _ := strings.Cut(check, " ")
			if name != "" {
				m = append(m, name)
			}
		}
	}
	return m
}

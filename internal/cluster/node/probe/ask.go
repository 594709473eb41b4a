package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Exec runs a command in a container and returns its exit code.
type Exec func(ctx context.Context, command []string, output io.Writer) (int, error)

// Client is what all probes of a node share.
type Client struct {
	http   *http.Client
	dialer net.Dialer
}

// NewClient makes the client. Connections are not kept: a probe asks whether
// the container accepts one.
func NewClient() *Client {
	return &Client{http: &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives:  true,
			DisableCompression: true,
			// The name on the certificate of a pod is not known, as for the kubelet.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Hostname() != via[0].URL.Hostname() || len(via) >= 10 {
				return http.ErrUseLastResponse // elsewhere: somebody answered, that is enough
			}
			return nil
		},
	}}
}

// maxOutput is how much of an answer goes into a message.
const maxOutput = 512

// Target is the container that is asked.
type Target struct {
	Address netip.Addr // where it is bound on this host
	Ports   []corev1.ContainerPort
	Exec    Exec
}

// Ask makes one attempt.
func (c *Client) Ask(ctx context.Context, h corev1.ProbeHandler, t Target) Answer {
	switch {
	case h.HTTPGet != nil:
		return c.Get(ctx, h.HTTPGet, t)
	case h.TCPSocket != nil:
		port, err := t.port(h.TCPSocket.Port)
		if err != nil {
			return err
		}
		conn, err := c.dialer.DialContext(ctx, "tcp", t.host(h.TCPSocket.Host, port))
		if err != nil {
			return err
		}
		return conn.Close()
	case h.Exec != nil:
		return t.run(ctx, h.Exec.Command)
	case h.GRPC != nil:
		return errors.New("probes over gRPC are not supported by this node; use httpGet, tcpSocket or exec")
	}
	return nil
}

func (t Target) run(ctx context.Context, command []string) error {
	var out tail
	code, err := t.Exec(ctx, command, &out)
	if err != nil {
		return fmt.Errorf("command %q: %w", command, err)
	}
	if code != 0 {
		return fmt.Errorf("command %q ended with %d: %s", command, code, strings.TrimSpace(out.String()))
	}
	return nil
}

// Get asks over HTTP; 200 to 399 is well.
func (c *Client) Get(ctx context.Context, action *corev1.HTTPGetAction, t Target) error {
	port, err := t.port(action.Port)
	if err != nil {
		return err
	}
	u, err := url.Parse(action.Path)
	if err != nil { // any text may be a path
		u = &url.URL{Path: action.Path}
	}
	u.Scheme = strings.ToLower(string(action.Scheme))
	if u.Scheme == "" {
		u.Scheme = "http"
	}
	u.Host = t.host(action.Host, port)
	if !strings.HasPrefix(u.Path, "/") {
		u.Path = "/" + u.Path
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "kube-probe/1.37")
	req.Header.Set("Accept", "*/*")
	for _, h := range action.HTTPHeaders {
		if http.CanonicalHeaderKey(h.Name) == "Host" {
			req.Host = h.Value
			continue
		}
		req.Header.Add(h.Name, h.Value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxOutput))
	if resp.StatusCode < 200 || resp.StatusCode >= 400 {
		return fmt.Errorf("HTTP probe failed with statuscode: %d: %s", resp.StatusCode, bytes.TrimSpace(body))
	}
	return nil
}

// Hook runs a lifecycle handler.
func (c *Client) Hook(ctx context.Context, h *corev1.LifecycleHandler, t Target) error {
	switch {
	case h.Sleep != nil:
		timer := time.NewTimer(time.Duration(h.Sleep.Seconds) * time.Second)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	case h.Exec != nil:
		return t.run(ctx, h.Exec.Command)
	case h.HTTPGet != nil:
		return c.Get(ctx, h.HTTPGet, t)
	}
	return nil
}

func (t Target) host(host string, port int) string {
	if host == "" {
		host = t.Address.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func (t Target) port(p intstr.IntOrString) (int, error) {
	port := p.IntValue()
	if p.Type == intstr.String {
		for _, named := range t.Ports {
			if named.Name == p.StrVal {
				port = int(named.ContainerPort)
			}
		}
	}
	if port <= 0 || port > 65535 {
		return 0, fmt.Errorf("the container has no port %q", p.String())
	}
	return port, nil
}

// tail keeps the end of what is written to it.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if n > maxOutput {
		p = p[n-maxOutput:]
	}
	t.Buffer.Write(p)
	if extra := t.Len() - maxOutput; extra > 0 {
		t.Next(extra)
	}
	return n, nil
}

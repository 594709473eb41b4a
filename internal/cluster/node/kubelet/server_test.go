package kubelet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"paddock.dev/internal/cluster/runtime/crilog"
)

// authority signs certificates for the test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	made := a.issue(&x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	a.cert, a.key = made.Leaf, made.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

func (a *authority) issue(template *x509.Certificate) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.NotAfter = time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

type onePod struct{ log Log }

func (p onePod) Pods() []corev1.Pod { return []corev1.Pod{{}} }
func (p onePod) Log(_, pod, _ string, _ bool) (Log, error) {
	if pod != "x" {
		return Log{}, &ErrNotFound{"pod is not here"}
	}
	return p.log, nil
}

func TestServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "0.log")
	file, err := crilog.Create(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Copy(crilog.Stdout, strings.NewReader("a\nb\n"))

	ca := newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := New(Config{
		Listener: listener, Pods: onePod{Log{Path: path, Open: file}}, Logger: slog.New(slog.DiscardHandler),
		TLS: TLS{Certificate: ca.issue(&x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: []net.IP{{127, 0, 0, 1}}}), ClientCA: pool},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()

	client := func(subject pkix.Name) *http.Client {
		cert := ca.issue(&x509.Certificate{SerialNumber: big.NewInt(3), Subject: subject, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}}}}
	}
	api := client(pkix.Name{CommonName: "kube-apiserver-kubelet-client"})
	admin := client(pkix.Name{CommonName: "me", Organization: []string{"system:masters"}})
	pod := client(pkix.Name{CommonName: "system:node:other", Organization: []string{"system:nodes"}})
	base := "https://" + listener.Addr().String()
	for _, c := range []struct {
		client *http.Client
		path   string
		code   int
		want   string
	}{
		{api, "/healthz", 200, "ok"},
		{admin, "/pods", 200, `"kind":"PodList"`},
		{pod, "/healthz", 403, "may not"},
		{api, "/containerLogs/ns/x/c", 200, "a\nb\n"},
		{api, "/containerLogs/ns/x/c?tailLines=1", 200, "b\n"},
		{api, "/containerLogs/ns/x/c?tailLines=-1", 422, "tailLines"},
		{api, "/containerLogs/ns/other/c", 404, "not here"},
		{api, "/exec/ns/x/c", 501, "not supported"},
	} {
		resp, err := c.client.Get(base + c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.code || !strings.Contains(string(body), c.want) {
			t.Errorf("%s: %d %q", c.path, resp.StatusCode, body)
		}
	}
	nobody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	if _, err := nobody.Get(base + "/healthz"); err == nil {
		t.Error("let in without a certificate")
	}

	resp, err := api.Get(base + "/containerLogs/ns/x/c?follow=true")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	start := make([]byte, 4)
	if _, err := io.ReadFull(resp.Body, start); err != nil || string(start) != "a\nb\n" {
		t.Fatalf("%q, %v", start, err)
	}
	_ = file.Copy(crilog.Stderr, strings.NewReader("late\n"))
	file.Close()
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "late\n" {
		t.Errorf("followed %q, %v", rest, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func FuzzOptions(f *testing.F) {
	f.Add("tailLines=1&follow=true&sinceTime=2026-01-02T15:04:05Z&stream=Stdout")
	f.Fuzz(func(_ *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.RawQuery = query
		_, _, _ = parseOptions(r, time.Now())
	})
}

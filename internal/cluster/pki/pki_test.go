package pki

import (
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func options(dir string, now time.Time) Options {
	return Options{
		Dir:      dir,
		Hosts:    []string{"paddock.example", "192.0.2.7"},
		Services: netip.MustParsePrefix("10.96.0.0/16"),
		Now:      func() time.Time { return now },
	}
}

func ensure(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Ensure(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// contents reads every file of a directory.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[d.Name()] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// changed are the names of files that differ, sorted.
func changed(before, after map[string]string) []string {
	var names []string
	for name, text := range after {
		if before[name] != text {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestIdentities(t *testing.T) {
	s := ensure(t, options(filepath.Join(t.TempDir(), "pki"), start))
	client, server := x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth
	tests := []struct {
		id      Identity
		subject string
		usage   x509.ExtKeyUsage
		front   bool
		hosts   []string
	}{
		{id: Admin, subject: "CN=paddock-admin,O=system:masters", usage: client},
		{id: ControllerManager, subject: "CN=system:kube-controller-manager", usage: client},
		{id: Scheduler, subject: "CN=system:kube-scheduler", usage: client},
		{id: Node, subject: "CN=system:node:local,O=system:nodes", usage: client},
		{id: NodeServer, subject: "CN=system:node:local,O=system:nodes", usage: server, hosts: []string{"local", "127.0.0.1"}},
		{id: APIServer, subject: "CN=kube-apiserver", usage: server, hosts: []string{
			"localhost", "127.0.0.1", "10.96.0.1", "127.96.0.1", "kubernetes.default.svc.cluster.local", "paddock.example", "192.0.2.7"}},
		{id: KubeletClient, subject: "CN=kube-apiserver-kubelet-client", usage: client},
		{id: FrontProxyClient, subject: "CN=front-proxy-client", usage: client, front: true},
	}
	if len(tests) != len(leaves) {
		t.Errorf("%d identities are tested, there are %d", len(tests), len(leaves))
	}
	for _, test := range tests {
		t.Run(string(test.id), func(t *testing.T) {
			pair, err := s.Certificate(test.id)
			if err != nil {
				t.Fatal(err)
			}
			leaf := pair.Leaf
			if got := leaf.Subject.String(); got != test.subject {
				t.Errorf("subject = %s, want %s", got, test.subject)
			}
			own, other := s.AuthorityFile(), s.FrontProxyAuthorityFile()
			if test.front {
				own, other = other, own
			}
			verify := func(ca string, usage x509.ExtKeyUsage) error {
				text, err := os.ReadFile(ca)
				if err != nil {
					t.Fatal(err)
				}
				pool := x509.NewCertPool()
				pool.AppendCertsFromPEM(text)
				_, err = leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: start, KeyUsages: []x509.ExtKeyUsage{usage}})
				return err
			}
			if err := verify(own, test.usage); err != nil {
				t.Errorf("verify: %v", err)
			}
			if verify(other, test.usage) == nil {
				t.Error("the other authority vouches for it")
			}
			if verify(own, client+server-test.usage) == nil {
				t.Error("it is good for the other side too")
			}
			for _, h := range test.hosts {
				if err := leaf.VerifyHostname(h); err != nil {
					t.Errorf("host %s: %v", h, err)
				}
			}
		})
	}
}

func TestFilesAreForTheOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	ensure(t, options(dir, start))
	if err := os.Chmod(filepath.Join(dir, "admin.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	ensure(t, options(dir, start))
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		if strings.HasPrefix(d.Name(), ".") {
			t.Errorf("%s was left behind", path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestEnsureChangesOnlyWhatItMust(t *testing.T) {
	all := []string{
		"admin.pem", "apiserver-kubelet-client.pem", "apiserver.pem", "controller-manager.pem", "front-proxy-client.pem",
		"node-server.pem", "node.pem", "scheduler.pem",
	}
	tests := map[string]struct {
		later  time.Duration
		change func(t *testing.T, o *Options)
		want   []string
	}{
		"nothing":     {},
		"a month on":  {later: 30 * 24 * time.Hour},
		"last month":  {later: LeafLifetime - RenewBefore + time.Hour, want: all},
		"expired":     {later: 2 * LeafLifetime, want: all},
		"clock back":  {later: -30 * time.Minute},
		"other hosts": {change: func(_ *testing.T, o *Options) { o.Hosts = nil }, want: []string{"apiserver.pem"}},
		"other range": {change: func(_ *testing.T, o *Options) { o.Services = netip.MustParsePrefix("10.97.0.0/16") }, want: []string{"apiserver.pem"}},
		"file lost": {change: func(t *testing.T, o *Options) {
			if err := os.Remove(filepath.Join(o.Dir, "node.pem")); err != nil {
				t.Fatal(err)
			}
		}, want: []string{"node.pem"}},
		"file cut": {change: func(t *testing.T, o *Options) {
			if err := os.Truncate(filepath.Join(o.Dir, "admin.pem"), 100); err != nil {
				t.Fatal(err)
			}
		}, want: []string{"admin.pem"}},
		"public copy lost": {change: func(t *testing.T, o *Options) {
			if err := os.Remove(filepath.Join(o.Dir, "ca.crt")); err != nil {
				t.Fatal(err)
			}
		}},
		"authority old": {
			later: AuthorityLifetime - LeafLifetime,
			want: slices.Sorted(slices.Values(append([]string{
				"ca.crt", "ca.pem", "front-proxy-ca.crt", "front-proxy-ca.pem"}, all...))),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pki")
			o := options(dir, start)
			ensure(t, o)
			before := contents(t, dir)
			o.Now = func() time.Time { return start.Add(test.later) }
			if test.change != nil {
				test.change(t, &o)
			}
			ensure(t, o)
			after := contents(t, dir)
			if got := changed(before, after); !slices.Equal(got, test.want) {
				t.Errorf("changed = %v, want %v", got, test.want)
			}
			ensure(t, o)
			if got := changed(after, contents(t, dir)); len(got) != 0 {
				t.Errorf("a second time changed %v", got)
			}
		})
	}
}

func TestServiceAccountKey(t *testing.T) {
	s := ensure(t, options(filepath.Join(t.TempDir(), "pki"), start))
	text, err := os.ReadFile(s.ServiceAccountKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no PEM block")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if key.N.BitLen() != 2048 || !key.PublicKey.Equal(key.Public().(*rsa.PublicKey)) {
		t.Errorf("key of %d bits", key.N.BitLen())
	}
}

// TestHandshake reaches a server that admits only clients of the cluster.
func TestHandshake(t *testing.T) {
	s := ensure(t, options(filepath.Join(t.TempDir(), "pki"), time.Now()))
	pool, err := s.Authority()
	if err != nil {
		t.Fatal(err)
	}
	own, err := s.Certificate(APIServer)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(r.TLS.PeerCertificates[0].Subject.CommonName))
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{own}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	address := server.Listener.Addr().String()

	fromFile := func(id Identity) *http.Client {
		text, err := s.Kubeconfig(id, address, "kestrel")
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(text, []byte("kestrel")) < 4 {
			t.Errorf("kubeconfig does not say its name:\n%s", text)
		}
		cfg, err := clientcmd.RESTConfigFromKubeConfig(text)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(cfg.CertData, []byte("PRIVATE")) || bytes.Contains(cfg.KeyData, []byte("CERTIFICATE")) {
			t.Error("certificate and key are not apart")
		}
		c, err := rest.HTTPClientFor(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fromConfig, err := rest.HTTPClientFor(s.RESTConfig(Node, address))
	if err != nil {
		t.Fatal(err)
	}
	security, err := s.ClientTLS(Scheduler)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]*http.Client{
		"paddock-admin":         fromFile(Admin),
		"system:node:local":     fromConfig,
		"system:kube-scheduler": {Transport: &http.Transport{TLSClientConfig: security}},
	} {
		resp, err := c.Get("https://" + address)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		var got bytes.Buffer
		_, err = got.ReadFrom(resp.Body)
		resp.Body.Close()
		if err != nil || got.String() != want {
			t.Errorf("server saw %q (%v), want %s", got.String(), err, want)
		}
	}
	front, err := s.Certificate(FrontProxyClient)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{front}})
	if err == nil {
		_, err = conn.Read(make([]byte, 1)) // in TLS 1.3 the refusal comes with the first read
		conn.Close()
	}
	if err == nil {
		t.Error("a client of the front proxy was admitted")
	}
}

func TestWriteKubeconfig(t *testing.T) {
	dir := t.TempDir()
	s := ensure(t, options(filepath.Join(dir, "pki"), start))
	name := filepath.Join(dir, "kubeconfig")
	if err := s.WriteKubeconfig(name, Admin, net.JoinHostPort("127.0.0.1", "6443"), "kestrel"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("kubeconfig: %v %v", info, err)
	}
}

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	if _, err := Open(dir); err == nil {
		t.Error("opened what is not there")
	}
	ensure(t, options(dir, start))
	if _, err := Open(dir); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(dir, "scheduler.pem")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "scheduler.pem") {
		t.Errorf("Open = %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"no directory": {Services: netip.MustParsePrefix("10.96.0.0/16")},
		"no range":     {Dir: t.TempDir()},
		"IPv6 range":   {Dir: t.TempDir(), Services: netip.MustParsePrefix("fd00::/64")},
	} {
		if _, err := Ensure(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkEnsureUnchanged(b *testing.B) {
	o := options(filepath.Join(b.TempDir(), "pki"), start)
	for b.Loop() {
		if _, err := Ensure(o); err != nil {
			b.Fatal(err)
		}
	}
}

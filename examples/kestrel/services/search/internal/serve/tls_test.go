package serve

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for the test.
type authority struct {
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	pem    []byte
	serial int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test services"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &authority{cert: c, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), serial: 1}
}

// write puts a certificate for a name into a folder, as cert-manager does, and
// returns its number.
func (a *authority) write(t *testing.T, dir, name string) int64 {
	t.Helper()
	a.serial++
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name, "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{
		"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"ca.crt":  a.pem,
	} {
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
		// Certificates of one test are of one second: the number tells them apart.
		at := time.Unix(1_800_000_000+a.serial, 0)
		if err := os.Chtimes(filepath.Join(dir, file), at, at); err != nil {
			t.Fatal(err)
		}
	}
	return a.serial
}

func files(dir string, more map[string]string) map[string]string {
	values := map[string]string{"TLS_CERT_FILE": filepath.Join(dir, "tls.crt"), "TLS_KEY_FILE": filepath.Join(dir, "tls.key"), "TLS_CA_FILE": filepath.Join(dir, "ca.crt")}
	for k, v := range more {
		values[k] = v
	}
	return values
}

// start runs a service with these settings until the test ends.
func start(t *testing.T, values map[string]string) (port, metrics string) {
	t.Helper()
	var ports [2]string
	for i := range ports {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, ports[i], _ = net.SplitHostPort(free.Addr().String())
		free.Close()
	}
	values["HOST"], values["PORT"], values["METRICS_PORT"] = "127.0.0.1", ports[0], ports[1]
	a := app(t, values)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
	for {
		res, err := http.Get("http://127.0.0.1:" + ports[1] + "/healthz/ready")
		if err == nil {
			res.Body.Close()
			return ports[0], ports[1]
		}
		select {
		case err := <-done:
			done <- err // for the end of the test
			t.Fatalf("stopped before it was ready: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

// answer asks over a connection of its own and returns the number of the
// certificate that answered.
func answer(t *testing.T, url string, c *tls.Config) (int64, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}}
	res, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 200 || !strings.Contains(string(body), "world") {
		t.Errorf("%s: %d %s (%v)", url, res.StatusCode, body, err)
	}
	return res.TLS.PeerCertificates[0].SerialNumber.Int64(), nil
}

func (a *authority) trusting() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{RootCAs: pool, ServerName: "booking.test"}
}

func TestServesTLSAndReadsCertificatesAgain(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	first := ca.write(t, dir, "booking.test")
	port, metrics := start(t, files(dir, nil))
	url := "https://127.0.0.1:" + port + "/v1/hello"
	if got, err := answer(t, url, ca.trusting()); err != nil || got != first {
		t.Fatalf("certificate %d: %v", got, err)
	}
	if res, err := http.Get("http://127.0.0.1:" + port + "/v1/hello"); err == nil {
		if res.StatusCode == 200 {
			t.Error("it also answers in the clear")
		}
		res.Body.Close()
	}
	second := ca.write(t, dir, "booking.test")
	if got, err := answer(t, url, ca.trusting()); err != nil || got != second {
		t.Errorf("certificate %d after the second was written: %v", got, err)
	}
	// What does not fit together is not taken.
	if err := os.WriteFile(filepath.Join(dir, "tls.key"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := answer(t, url, ca.trusting()); err != nil || got != second {
		t.Errorf("certificate %d after a broken key: %v", got, err)
	}
	for path, status := range map[string]int{"/metrics": 200, "/healthz/live": 200, "/v1/hello": 404} {
		res, err := http.Get("http://127.0.0.1:" + metrics + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("the port of figures answers %s with %d", path, res.StatusCode)
		}
	}
}

func TestOnlyNamedServicesCall(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	ca.write(t, dir, "booking.test")
	stranger := newAuthority(t)
	for _, c := range []struct {
		auth, caller string
		by           *authority
		in           bool
	}{
		{"require", "web-bff.test", ca, true},
		{"require", "search.test", ca, false},
		{"require", "web-bff.test", stranger, false},
		{"require", "", ca, false},
		{"optional", "", ca, true},
		{"optional", "search.test", ca, false},
	} {
		t.Run(c.auth+" "+c.caller, func(t *testing.T) {
			port, _ := start(t, files(dir, map[string]string{"TLS_CLIENT_AUTH": c.auth, "TLS_CLIENT_NAMES": "web-bff.test,mobile-bff.test"}))
			config := ca.trusting()
			if c.caller != "" {
				own := t.TempDir()
				c.by.write(t, own, c.caller)
				pair, err := tls.LoadX509KeyPair(filepath.Join(own, "tls.crt"), filepath.Join(own, "tls.key"))
				if err != nil {
					t.Fatal(err)
				}
				config.Certificates = []tls.Certificate{pair}
			}
			if _, err := answer(t, "https://127.0.0.1:"+port+"/v1/hello", config); (err == nil) != c.in {
				t.Errorf("gets in: %v", err)
			}
		})
	}
}

// Two services with certificates of one authority call one another.
func TestCallsWithItsCertificate(t *testing.T) {
	ca, own, others := newAuthority(t), t.TempDir(), t.TempDir()
	ca.write(t, others, "fleet.test")
	port, _ := start(t, files(others, map[string]string{"TLS_CLIENT_AUTH": "require", "TLS_CLIENT_NAMES": "booking.test"}))
	ca.write(t, own, "booking.test")
	for name, call := range map[string]struct {
		values map[string]string
		ok     bool
	}{
		"with its certificate": {files(own, nil), true},
		"without one":          {map[string]string{}, false},
	} {
		a := app(t, call.values)
		client, err := a.Client("fleet", env(map[string]string{"FLEET_URL": "https://localhost:" + port}))
		if err != nil {
			t.Fatal(err)
		}
		var out struct{ Hello string }
		if err := client.Do(t.Context(), Call{Method: "GET", Path: "/v1/hello", Out: &out}); (err == nil) != call.ok {
			t.Errorf("%s: %v", name, err)
		} else if call.ok && out.Hello != "world" {
			t.Errorf("%s: answered %+v", name, out)
		}
	}
}

func TestBadCertificatesStopTheStart(t *testing.T) {
	dir := t.TempDir()
	for _, values := range []map[string]string{
		files(dir, nil), // nothing is there
		{"TLS_CERT_FILE": "a", "TLS_KEY_FILE": "b", "TLS_CLIENT_AUTH": "require"},
	} {
		if _, err := New("test", env(values)); err == nil {
			t.Errorf("%v was accepted", values)
		}
	}
}

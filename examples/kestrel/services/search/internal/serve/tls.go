package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
)

// identity is who a service is to others: a certificate, its key, and the
// authority that signed the certificates of all. The files change while the
// service runs and are read again when they have.
type identity struct {
	cert, key, ca string
	// clients are the names of those who may call; empty lets everybody in.
	clients []string
	// required refuses callers without a certificate.
	required bool
	log      *slog.Logger

	mu      sync.Mutex
	state   string // of the files when they were read
	current *tls.Certificate
	roots   *x509.CertPool
}

// newIdentity reads TLS_CERT_FILE, TLS_KEY_FILE, TLS_CA_FILE, TLS_CLIENT_NAMES and
// TLS_CLIENT_AUTH. Without the first there is none, and the service speaks plain
// HTTP, as it does on one machine.
func newIdentity(getenv func(string) string, log *slog.Logger) (*identity, error) {
	if getenv("TLS_CERT_FILE") == "" {
		return nil, nil
	}
	i := &identity{
		cert: getenv("TLS_CERT_FILE"), key: getenv("TLS_KEY_FILE"), ca: getenv("TLS_CA_FILE"),
		required: getenv("TLS_CLIENT_AUTH") == "require", log: log,
	}
	if names := getenv("TLS_CLIENT_NAMES"); names != "" {
		i.clients = strings.Split(names, ",")
	}
	if i.ca == "" && (i.required || len(i.clients) > 0) {
		return nil, errors.New("TLS_CA_FILE is needed to know callers by")
	}
	if err := i.read(); err != nil {
		return nil, err
	}
	return i, nil
}

// read takes the files as they are now.
func (i *identity) read() error {
	state, err := i.look()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(i.cert, i.key)
	if err != nil {
		return err
	}
	var roots *x509.CertPool
	if i.ca != "" {
		text, err := os.ReadFile(i.ca)
		if err != nil {
			return err
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(text) {
			return fmt.Errorf("%s has no certificate", i.ca)
		}
	}
	i.state, i.current, i.roots = state, &pair, roots
	return nil
}

// look says how the files are, so that a change is seen.
func (i *identity) look() (string, error) {
	var b strings.Builder
	for _, name := range []string{i.cert, i.key, i.ca} {
		if name == "" {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&b, info.ModTime().UnixNano(), info.Size())
	}
	return b.String(), nil
}

// now is the certificate and the authority of this moment. While new files do not
// fit together, the old ones serve on.
func (i *identity) now() (*tls.Certificate, *x509.CertPool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	state, err := i.look()
	if err == nil && state != i.state {
		err = i.read()
	}
	if err != nil {
		i.log.Error("certificate is not read again", "error", err)
	}
	return i.current, i.roots
}

// server is how the service answers.
func (i *identity) server() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		cert, roots := i.now()
		c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{*cert}}
		if i.required || len(i.clients) > 0 {
			c.ClientCAs, c.ClientAuth, c.VerifyConnection = roots, tls.VerifyClientCertIfGiven, i.known
		}
		if i.required {
			c.ClientAuth = tls.RequireAndVerifyClientCert
		}
		return c, nil
	}}
}

// known refuses callers who proved to be somebody else.
func (i *identity) known(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 || len(i.clients) == 0 {
		return nil
	}
	for _, name := range s.PeerCertificates[0].DNSNames {
		if slices.Contains(i.clients, name) {
			return nil
		}
	}
	return fmt.Errorf("%q may not call", s.PeerCertificates[0].Subject.CommonName)
}

// dial opens a connection to another service and proves who calls.
func (i *identity) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	cert, roots := i.now()
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: roots, Certificates: []tls.Certificate{*cert}}}
	return d.DialContext(ctx, network, addr)
}

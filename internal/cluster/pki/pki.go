// Package pki keeps the keys and certificates of one embedded cluster: two
// certificate authorities, a leaf for every component that speaks to another,
// and the key that signs service account tokens.
//
// It knows X.509, the names Kubernetes gives to its own components, and how to
// keep such files safely on disk. It refuses to know who listens where, when a
// component is started, or how a pod gets its token.
package pki

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// Lifetimes. A leaf is renewed by the first Ensure in the last RenewBefore of
// its life, so a platform that is started once a month never sees one expire.
const (
	AuthorityLifetime = 10 * 365 * 24 * time.Hour
	LeafLifetime      = 365 * 24 * time.Hour
	RenewBefore       = 30 * 24 * time.Hour

	// backdate tolerates a clock that steps back a little, as it does when a
	// laptop wakes up.
	backdate = time.Hour
)

// Options say what the certificates are for.
type Options struct {
	// Dir holds the files. It is created with mode 0700.
	Dir string
	// Hosts are further names and addresses under which the API server is
	// reached, besides 127.0.0.1, localhost and its names inside the cluster.
	Hosts []string
	// Services is the range of cluster addresses. The API server has the first.
	Services netip.Prefix
	// Now reads the clock. Nil means time.Now.
	Now func() time.Time
}

func (o *Options) validate() error {
	if o.Dir == "" {
		return errors.New("pki: no directory given")
	}
	if !o.Services.IsValid() || !o.Services.Addr().Is4() {
		return fmt.Errorf("pki: services range %q is not an IPv4 prefix", o.Services)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// Store is the set of files of one cluster. All methods read the disk, so a
// Store stays right after another process renewed a leaf.
type Store struct {
	dir string
}

// Open gives access to files made earlier by Ensure. The error names the first
// one that is missing or unreadable.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir}
	names := []string{authorityCluster, authorityFrontProxy, serviceAccountKey}
	for _, l := range leaves {
		names = append(names, string(l.identity))
	}
	for _, n := range names {
		if _, err := os.Stat(s.path(n)); err != nil {
			return nil, fmt.Errorf("open keys: %w", err)
		}
	}
	return s, nil
}

// Ensure makes what is missing, renews what is about to expire or no longer
// fits the options, and leaves the rest alone. It may be interrupted at any
// instant: a key and its certificate are one file, replaced in one step.
//
// The caller must be the only one that writes the directory.
func Ensure(o Options) (*Store, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	// An existing directory may have been made by a wider umask.
	if err := os.Chmod(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	s := &Store{dir: o.Dir}
	now := o.Now()
	cluster, err := s.ensureAuthority(authorityCluster, "paddock", now)
	if err != nil {
		return nil, err
	}
	front, err := s.ensureAuthority(authorityFrontProxy, "paddock-front-proxy", now)
	if err != nil {
		return nil, err
	}
	for _, l := range leaves {
		ca := cluster
		if l.frontProxy {
			ca = front
		}
		if err := s.ensureLeaf(l, ca, l.hosts(o), now); err != nil {
			return nil, err
		}
	}
	if err := s.ensureServiceAccountKey(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name+".pem") }

// File is the path of the PEM file with the certificate and the private key of
// an identity. It can be given wherever a certificate or a key file is wanted.
func (s *Store) File(id Identity) string { return s.path(string(id)) }

// AuthorityFile is the cluster's certificate authority, without its key.
func (s *Store) AuthorityFile() string { return filepath.Join(s.dir, authorityCluster+".crt") }

// AuthorityKeyFile is the cluster's certificate authority with its key. Only
// what signs certificates may read it.
func (s *Store) AuthorityKeyFile() string { return s.path(authorityCluster) }

// FrontProxyAuthorityFile is the authority whose clients may say on whose
// behalf they act. It is another than the cluster's: with one for both, any
// client certificate of the right name could impersonate everybody.
func (s *Store) FrontProxyAuthorityFile() string {
	return filepath.Join(s.dir, authorityFrontProxy+".crt")
}

// ServiceAccountKeyFile is the RSA key that signs service account tokens.
func (s *Store) ServiceAccountKeyFile() string { return s.path(serviceAccountKey) }

// Certificate is the certificate and key of an identity.
func (s *Store) Certificate(id Identity) (tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(s.File(id), s.File(id))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load certificate of %s: %w", id, err)
	}
	return c, nil
}

// Authority is a pool with the cluster's authority as its only root.
func (s *Store) Authority() (*x509.CertPool, error) {
	text, err := os.ReadFile(s.AuthorityFile())
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("load authority: %s holds no certificate", s.AuthorityFile())
	}
	return pool, nil
}

// writeFile replaces name in one step, readable by its owner only.
func writeFile(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// readPair reads a certificate and its key. It returns nil without an error
// when there is no usable one, so that it is made anew.
func readPair(name string) (*tls.Certificate, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, nil
	}
	// Files copied or restored by hand may have become readable by others.
	return &c, os.Chmod(name, 0o600)
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

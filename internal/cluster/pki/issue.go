package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// authority signs leaves.
type authority struct {
	certificate *x509.Certificate
	key         crypto.PrivateKey
}

// ensureAuthority loads or makes an authority, and writes its certificate once
// more alone, for those who must not see the key. An authority that could not
// outlive a leaf is replaced, and every leaf with it, because the leaves no
// longer verify.
func (s *Store) ensureAuthority(name, commonName string, now time.Time) (*authority, error) {
	pair, err := readPair(s.path(name))
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", name, err)
	}
	if pair == nil || !pair.Leaf.IsCA || now.Add(LeafLifetime+RenewBefore).After(pair.Leaf.NotAfter) || now.Before(pair.Leaf.NotBefore) {
		if pair, err = s.issue(name, &x509.Certificate{
			Subject:               pkix.Name{CommonName: commonName},
			NotBefore:             now.Add(-backdate),
			NotAfter:              now.Add(AuthorityLifetime),
			KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
			BasicConstraintsValid: true,
			IsCA:                  true,
		}, nil); err != nil {
			return nil, err
		}
	}
	public := filepath.Join(s.dir, name+".crt")
	text := encode("CERTIFICATE", pair.Leaf.Raw)
	if old, err := os.ReadFile(public); err != nil || !bytes.Equal(old, text) {
		if err := writeFile(public, text); err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
	}
	return &authority{certificate: pair.Leaf, key: pair.PrivateKey}, nil
}

// ensureLeaf keeps a leaf that still verifies, has time left and is for exactly
// these hosts, and issues another one otherwise.
func (s *Store) ensureLeaf(l leaf, ca *authority, hosts []string, now time.Time) error {
	pair, err := readPair(s.File(l.identity))
	if err != nil {
		return fmt.Errorf("load certificate of %s: %w", l.identity, err)
	}
	want := &x509.Certificate{
		Subject:     pkix.Name{CommonName: l.commonName, Organization: l.groups},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(LeafLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: l.usage,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			want.IPAddresses = append(want.IPAddresses, ip)
		} else {
			want.DNSNames = append(want.DNSNames, h)
		}
	}
	if pair != nil && fits(pair.Leaf, want, ca, now) {
		return nil
	}
	_, err = s.issue(string(l.identity), want, ca)
	return err
}

func fits(have, want *x509.Certificate, ca *authority, now time.Time) bool {
	return have.CheckSignatureFrom(ca.certificate) == nil &&
		!now.Before(have.NotBefore) &&
		now.Before(have.NotAfter.Add(-RenewBefore)) &&
		have.Subject.String() == want.Subject.String() &&
		slices.Equal(have.ExtKeyUsage, want.ExtKeyUsage) &&
		slices.Equal(have.DNSNames, want.DNSNames) &&
		slices.EqualFunc(have.IPAddresses, want.IPAddresses, net.IP.Equal)
}

// issue makes a key, signs the template with ca (or itself when ca is nil) and
// writes both as one file.
func (s *Store) issue(name string, template *x509.Certificate, ca *authority) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of %s: %w", name, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make key of %s: %w", name, err)
	}
	template.SerialNumber = serial
	if ca == nil {
		ca = &authority{certificate: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate of %s: %w", name, err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key of %s: %w", name, err)
	}
	text := append(encode("CERTIFICATE", der), encode("PRIVATE KEY", private)...)
	if err := writeFile(s.path(name), text); err != nil {
		return nil, fmt.Errorf("write certificate of %s: %w", name, err)
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("read back certificate of %s: %w", name, err)
	}
	return &pair, nil
}

// ensureServiceAccountKey never replaces a usable key: every token in use would
// become invalid.
func (s *Store) ensureServiceAccountKey() error {
	name := s.ServiceAccountKeyFile()
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("load service account key: %w", err)
	}
	if block, _ := pem.Decode(text); block != nil {
		if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return os.Chmod(name, 0o600)
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make service account key: %w", err)
	}
	if err := writeFile(name, encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))); err != nil {
		return fmt.Errorf("write service account key: %w", err)
	}
	return nil
}

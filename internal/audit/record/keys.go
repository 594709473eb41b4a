package record

import (
	"crypto"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/store"
)

// keyBits is the size of CloudTrail's own keys.
const keyBits = 2048

// keyring is the signing key and the public keys that were ever signed with. The
// private key of the past is destroyed when it is rotated away: what it signed
// stays provable, and nobody can sign the past again.
type keyring struct {
	dir     string
	private *rsa.PrivateKey
	// fingerprint names the signing key.
	fingerprint string
	list        publicKeys
	// loose says that others could read the signing key when it was opened.
	loose bool
}

// publicKeys is the form of `aws cloudtrail list-public-keys`.
type publicKeys struct {
	Keys []publicKey `json:"PublicKeyList"`
}

type publicKey struct {
	Value       []byte     `json:"Value"`
	From        time.Time  `json:"ValidityStartTime"`
	Until       *time.Time `json:"ValidityEndTime,omitempty"`
	Fingerprint string     `json:"Fingerprint"`
}

func (k *keyring) listPath() string { return filepath.Join(k.dir, "public.json") }
func (k *keyring) path(fingerprint string) string {
	return filepath.Join(k.dir, fingerprint+".pem")
}

// openKeys reads the keys, or makes the first.
func openKeys(dir string, now time.Time) (*keyring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	k := &keyring{dir: dir}
	text, err := os.ReadFile(k.listPath())
	if errors.Is(err, os.ErrNotExist) {
		first, err := newKey()
		if err != nil {
			return nil, err
		}
		return k, k.adopt(first, now)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &k.list); err != nil {
		return nil, fmt.Errorf("%s is no list of public keys: %w", k.listPath(), err)
	}
	if len(k.list.Keys) == 0 {
		return nil, fmt.Errorf("%s has no key", k.listPath())
	}
	// The last one signs: rotation adds it to the list when all else is done.
	k.fingerprint = k.list.Keys[len(k.list.Keys)-1].Fingerprint
	if err := k.load(); err != nil {
		return nil, err
	}
	return k, k.forget()
}

func (k *keyring) load() error {
	path := k.path(k.fingerprint)
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("the signing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		k.loose = true
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("the signing key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("%s is no private key", path)
	}
	if k.private, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if fingerprint(&k.private.PublicKey) != k.fingerprint {
		return fmt.Errorf("%s is not the key that its name says", path)
	}
	return nil
}

func newKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }

// adopt lets a key sign from now on. The private key is on disk before the list
// names it.
func (k *keyring) adopt(private *rsa.PrivateKey, now time.Time) error {
	f := fingerprint(&private.PublicKey)
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
	if err := store.WriteFile(k.path(f), block, 0o600); err != nil {
		return err
	}
	list := publicKeys{Keys: append([]publicKey(nil), k.list.Keys...)}
	now = now.UTC().Truncate(time.Second)
	if n := len(list.Keys); n > 0 {
		list.Keys[n-1].Until = &now
	}
	list.Keys = append(list.Keys, publicKey{Value: x509.MarshalPKCS1PublicKey(&private.PublicKey), From: now, Fingerprint: f})
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := store.WriteFile(k.listPath(), append(text, '\n'), 0o644); err != nil {
		return err
	}
	k.list, k.private, k.fingerprint = list, private, f
	return k.forget()
}

// forget destroys private keys that sign no more, also those of a rotation that
// was cut short.
func (k *keyring) forget() error {
	names, err := filepath.Glob(filepath.Join(k.dir, "*.pem"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.TrimSuffix(filepath.Base(name), ".pem") == k.fingerprint {
			continue
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// sign makes the PKCS #1 v1.5 signature of a text. The same text has always the
// same one, so that signing may be repeated after a crash.
func (k *keyring) sign(text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	raw, err := rsa.SignPKCS1v15(nil, k.private, crypto.SHA256, sum[:])
	return hex.EncodeToString(raw), err
}

// public is the list as the verifier takes it.
func (k *keyring) public() (trail.Keys, error) {
	f, err := os.Open(k.listPath())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return trail.ReadKeys(f)
}

// fingerprint names a public key by the MD5 of its PKCS #1 form, as long as
// CloudTrail's are. It is a name; nothing rests on it.
func fingerprint(key *rsa.PublicKey) string {
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(key))
	return hex.EncodeToString(sum[:])
}

package trail

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Key is a public key that digests are signed for.
type Key struct {
	Fingerprint string
	// From and Until are when CloudTrail signed with it; zero when not said.
	From, Until time.Time
	Public      *rsa.PublicKey
}

// Keys finds public keys by fingerprint. Two keys may share a region and an
// hour, so that it is the fingerprint that counts.
type Keys map[string]Key

// keyList is what `aws cloudtrail list-public-keys` prints.
type keyList struct {
	Keys []struct {
		Value       string          `json:"Value"`
		Fingerprint string          `json:"Fingerprint"`
		From        json.RawMessage `json:"ValidityStartTime"`
		Until       json.RawMessage `json:"ValidityEndTime"`
	} `json:"PublicKeyList"`
}

// ReadKeys reads what `aws cloudtrail list-public-keys` printed. Several answers
// may follow one another, as when a loop over regions wrote them.
func ReadKeys(r io.Reader) (Keys, error) {
	keys := Keys{}
	dec := json.NewDecoder(r)
	for {
		var list keyList
		err := dec.Decode(&list)
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return nil, fmt.Errorf("this is not what `aws cloudtrail list-public-keys` prints: %w", err)
		}
		for i, k := range list.Keys {
			der, err := base64.StdEncoding.DecodeString(k.Value)
			if err != nil {
				return nil, fmt.Errorf("key %d: its value is not base64: %w", i+1, err)
			}
			if err := keys.Add(k.Fingerprint, der, moment(k.From), moment(k.Until)); err != nil {
				return nil, fmt.Errorf("key %d: %w", i+1, err)
			}
		}
	}
}

// Add takes up a key in the form that ListPublicKeys has it: PKCS #1, DER.
func (k Keys) Add(fingerprint string, der []byte, from, until time.Time) error {
	public, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		return fmt.Errorf("%s is not a PKCS #1 public key: %w", fingerprint, err)
	}
	if fingerprint == "" {
		return fmt.Errorf("it has no fingerprint")
	}
	k[fingerprint] = Key{Fingerprint: fingerprint, From: from, Until: until, Public: public}
	return nil
}

// moment reads a time as the versions of the AWS CLI write it: seconds since
// 1970 or RFC 3339. Anything else is no time at all, and then no limit.
func moment(raw json.RawMessage) time.Time {
	if seconds, err := strconv.ParseFloat(string(raw), 64); err == nil {
		return time.UnixMilli(int64(seconds * 1000)).UTC()
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// keySlack is how far outside of its stated time a key is still accepted: a
// digest is signed some time after the hour that it is about.
const keySlack = 2 * time.Hour

// covers reports whether the key was in use when the digest was signed.
func (k Key) covers(end time.Time) bool {
	return (k.From.IsZero() || !end.Before(k.From.Add(-keySlack))) &&
		(k.Until.IsZero() || !end.After(k.Until.Add(keySlack)))
}

package trail

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Digest is the content of a digest file ("CloudTrail digest file structure" in
// the CloudTrail user guide). The previous digest's fields are nil in the first
// digest after logging or validation was switched on.
type Digest struct {
	Account               string    `json:"awsAccountId"`
	Start                 string    `json:"digestStartTime"`
	End                   string    `json:"digestEndTime"`
	Bucket                string    `json:"digestS3Bucket"`
	Object                string    `json:"digestS3Object"`
	NewestEventTime       *string   `json:"newestEventTime"`
	OldestEventTime       *string   `json:"oldestEventTime"`
	PreviousBucket        *string   `json:"previousDigestS3Bucket"`
	PreviousObject        *string   `json:"previousDigestS3Object"`
	PreviousHash          *string   `json:"previousDigestHashValue"`
	PreviousHashAlgorithm *string   `json:"previousDigestHashAlgorithm"`
	PreviousSignature     *string   `json:"previousDigestSignature"`
	Fingerprint           string    `json:"digestPublicKeyFingerprint"`
	SignatureAlgorithm    string    `json:"digestSignatureAlgorithm"`
	Logs                  []LogFile `json:"logFiles"`
	startTime, endTime    time.Time
}

// LogFile is one log file in a digest. Hash is that of the uncompressed content.
type LogFile struct {
	Bucket          string `json:"s3Bucket"`
	Object          string `json:"s3Object"`
	Hash            string `json:"hashValue"`
	HashAlgorithm   string `json:"hashAlgorithm"`
	NewestEventTime string `json:"newestEventTime"`
	OldestEventTime string `json:"oldestEventTime"`
}

// parseDigest reads an uncompressed digest file. CloudTrail adds fields at
// times, so unknown ones are no error; those that the proof needs must be there.
func parseDigest(text []byte) (*Digest, error) {
	var d Digest
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	for field, value := range map[string]string{
		"digestStartTime": d.Start, "digestEndTime": d.End, "digestS3Bucket": d.Bucket,
		"digestS3Object": d.Object, "digestPublicKeyFingerprint": d.Fingerprint,
	} {
		if value == "" {
			return nil, fmt.Errorf("it has no %s", field)
		}
	}
	var err error
	if d.startTime, err = time.Parse(time.RFC3339, d.Start); err != nil {
		return nil, fmt.Errorf("digestStartTime: %w", err)
	}
	if d.endTime, err = time.Parse(time.RFC3339, d.End); err != nil {
		return nil, fmt.Errorf("digestEndTime: %w", err)
	}
	if a := d.SignatureAlgorithm; a != "" && a != signatureAlgorithm {
		return nil, fmt.Errorf("it is signed by %q, which is not %s", a, signatureAlgorithm)
	}
	if (d.PreviousObject == nil) != (d.PreviousSignature == nil) {
		return nil, errors.New("it names a previous digest without its signature, or the other way round")
	}
	for _, l := range d.Logs {
		if l.Object == "" || len(l.Hash) != hex.EncodedLen(sha256.Size) {
			return nil, errors.New("it names a log file without a key or without a SHA-256 hash")
		}
		if l.HashAlgorithm != "" && l.HashAlgorithm != "SHA-256" {
			return nil, fmt.Errorf("it has a log file hashed by %q, which is not SHA-256", l.HashAlgorithm)
		}
	}
	return &d, nil
}

const signatureAlgorithm = "SHA256withRSA"

// StringToSign is the text that a digest's signature signs; sum is the hash of
// its uncompressed content. A digest without a previous one signs the word null.
func (d *Digest) StringToSign(sum [sha256.Size]byte) string {
	previous := "null"
	if d.PreviousSignature != nil {
		previous = *d.PreviousSignature
	}
	return d.End + "\n" + d.Bucket + "/" + d.Object + "\n" + hex.EncodeToString(sum[:]) + "\n" + previous
}

// verify checks a hexadecimal signature of the digest.
func (d *Digest) verify(key *rsa.PublicKey, sum [sha256.Size]byte, signature string) error {
	raw, err := hex.DecodeString(strings.TrimSpace(signature))
	if err != nil {
		return fmt.Errorf("the signature is not hexadecimal: %w", err)
	}
	hash := sha256.Sum256([]byte(d.StringToSign(sum)))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], raw)
}

// ReadDigest reads a digest file as it is stored, and returns the hash of its
// unpacked content with it. It checks the form and no signature.
func ReadDigest(r io.Reader) (*Digest, [sha256.Size]byte, error) {
	var text bounded
	h, err := unpack(r, &text)
	if err != nil {
		return nil, h.all, err
	}
	d, err := parseDigest(text.Bytes())
	return d, h.all, err
}

// ReadLog reads a log file as it is stored and returns its records as they
// stand there.
func ReadLog(r io.Reader) ([]json.RawMessage, error) {
	var text bounded
	if _, err := unpack(r, &text); err != nil {
		return nil, err
	}
	var log struct{ Records []json.RawMessage }
	if err := json.Unmarshal(text.Bytes(), &log); err != nil {
		return nil, fmt.Errorf("it is no log file: %w", err)
	}
	return log.Records, nil
}

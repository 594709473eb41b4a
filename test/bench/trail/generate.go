package trail

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Shape says what trail to make.
type Shape struct {
	Bucket, Prefix, Organization string
	Account, Region, Home, Name  string
	// Start is when the first digest's hour begins.
	Start time.Time
	// Hours is how many digests there are, Logs how many log files each names at
	// most, and Events how many events each log file has.
	Hours, Logs, Events int
	Seed                uint64
	// Backfill makes one more digest, in the chain that CloudTrail keeps for late
	// log files.
	Backfill bool
	// Off are hours, counted from 0, in which validation was off: their log files
	// are delivered and no digest names them.
	Off []int
	// Quiet keeps log files from being delivered while validation is off.
	Quiet bool
}

// Small is a trail of a few hours that a test reads in no time.
func Small() Shape {
	return Shape{
		Bucket: "trail-bucket", Account: "111122223333", Region: "eu-west-1", Home: "eu-west-1", Name: "every_event",
		Start: time.Date(2026, 3, 1, 0, 1, 31, 0, time.UTC), Hours: 12, Logs: 3, Events: 4, Seed: 1,
	}
}

// Week is a trail of 7 days: about 190 MB, unpacked, in 420 log files.
func Week() Shape {
	s := Small()
	s.Hours, s.Logs, s.Events = 7*24, 4, 320
	return s
}

// Object is an object in a bucket.
type Object struct {
	Body     []byte
	Metadata map[string]string
}

// Trail is a trail in a bucket.
type Trail struct {
	Shape
	Objects map[string]*Object
	// Digests are the digests' keys, the oldest first, and Named the log files of
	// each.
	Digests  []string
	Backfill string
	Named    map[string][]string
	key      *Signer
}

// Signer is a key pair as CloudTrail's.
type Signer struct {
	private     *rsa.PrivateKey
	Fingerprint string
}

// NewSigner makes a key pair.
func NewSigner() *Signer {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	sum := md5.Sum(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	return &Signer{private, hex.EncodeToString(sum[:])}
}

// Public is the public key as ListPublicKeys has it: PKCS #1, DER.
func (s *Signer) Public() []byte { return x509.MarshalPKCS1PublicKey(&s.private.PublicKey) }

// KeyList is what `aws cloudtrail list-public-keys` prints.
func (s *Signer) KeyList() []byte {
	text, err := json.Marshal(map[string]any{"PublicKeyList": []any{map[string]any{
		"Value": s.Public(), "Fingerprint": s.Fingerprint,
		"ValidityStartTime": "2026-01-01T00:00:00Z", "ValidityEndTime": "2026-12-31T00:00:00Z",
	}}})
	if err != nil {
		panic(err)
	}
	return text
}

// Generate makes a trail. The same shape makes the same log files; the key is
// the caller's.
func Generate(s Shape, key *Signer) *Trail {
	t := &Trail{Shape: s, Objects: map[string]*Object{}, Named: map[string][]string{}, key: key}
	random := mathrand.New(mathrand.NewPCG(s.Seed, 2))
	var previous map[string]any
	for hour := range s.Hours {
		start := s.Start.Add(time.Duration(hour) * time.Hour)
		off := slices.Contains(s.Off, hour)
		if off && s.Quiet {
			previous = nil
			continue
		}
		var logs []any
		var keys []string
		for range 1 + random.IntN(s.Logs) {
			at := start.Add(time.Minute + time.Duration(random.IntN(57*60))*time.Second)
			key, text := t.log(at, random)
			keys = append(keys, key)
			logs = append(logs, logEntry(s.Bucket, key, text, at))
		}
		if off {
			previous = nil
			continue
		}
		key := t.digestKey(start.Add(time.Hour), "")
		previous = t.digest(key, start, previous, logs)
		t.Digests = append(t.Digests, key)
		t.Named[key] = keys
	}
	if s.Backfill {
		start := s.Start.Add(2 * time.Hour)
		at := start.Add(9 * time.Minute)
		log, text := t.log(at, random)
		t.Backfill = t.digestKey(start.Add(time.Hour), "_backfill")
		t.digest(t.Backfill, start, nil, []any{logEntry(s.Bucket, log, text, at)})
		t.Objects[t.Backfill].Metadata["backfill-generation-timestamp"] = start.Add(50 * time.Hour).Format(time.RFC3339)
		t.Named[t.Backfill] = []string{log}
	}
	return t
}

func logEntry(bucket, key string, text []byte, at time.Time) map[string]any {
	sum := sha256.Sum256(text)
	return map[string]any{
		"s3Bucket": bucket, "s3Object": key, "hashValue": hex.EncodeToString(sum[:]), "hashAlgorithm": "SHA-256",
		"newestEventTime": at.Add(-time.Minute).Format(time.RFC3339), "oldestEventTime": at.Add(-6 * time.Minute).Format(time.RFC3339),
	}
}

func (s Shape) dir(kind string, at time.Time) string {
	parts := []string{"AWSLogs", s.Account, kind, s.Region, at.Format("2006/01/02")}
	if s.Organization != "" {
		parts = slices.Insert(parts, 1, s.Organization)
	}
	if s.Prefix != "" {
		parts = slices.Insert(parts, 0, s.Prefix)
	}
	return strings.Join(parts, "/") + "/"
}

func (s Shape) digestKey(end time.Time, suffix string) string {
	return s.dir("CloudTrail-Digest", end) + s.Account + "_CloudTrail-Digest_" + s.Region + "_" + s.Name + "_" + s.Home + "_" + end.Format("20060102T150405Z") + suffix + ".json.gz"
}

func (s Shape) logKey(at time.Time, unique string) string {
	return s.dir("CloudTrail", at) + s.Account + "_CloudTrail_" + s.Region + "_" + at.Format("20060102T1504Z") + "_" + unique + ".json.gz"
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func word(random *mathrand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[random.IntN(len(letters))]
	}
	return string(b)
}

// log makes a log file and returns its key and its text.
func (t *Trail) log(at time.Time, random *mathrand.Rand) (key string, text []byte) {
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for i := range t.Events {
		if i > 0 {
			b.WriteByte(',')
		}
		t.event(&b, at.Add(-time.Duration(random.IntN(300))*time.Second), random)
	}
	b.WriteString(`]}`)
	key = t.logKey(at, word(random, 16))
	t.Objects[key] = &Object{Body: compress(b.Bytes(), gzip.DefaultCompression)}
	return key, b.Bytes()
}

var calls = [][2]string{
	{"ec2.amazonaws.com", "DescribeInstances"}, {"s3.amazonaws.com", "PutObject"}, {"sts.amazonaws.com", "AssumeRole"},
	{"kms.amazonaws.com", "Decrypt"}, {"logs.amazonaws.com", "CreateLogStream"}, {"iam.amazonaws.com", "GetRole"},
	{"elasticloadbalancing.amazonaws.com", "DescribeTargetHealth"}, {"ssm.amazonaws.com", "GetParameter"},
}

func (t *Trail) event(b *bytes.Buffer, at time.Time, random *mathrand.Rand) {
	call := calls[random.IntN(len(calls))]
	user := fmt.Sprintf("deploy-%02d", random.IntN(40))
	id := func(n int) string { return fmt.Sprintf("%0*x", n, random.Uint64())[:n] }
	uuid := func() string { return id(8) + "-" + id(4) + "-" + id(4) + "-" + id(4) + "-" + id(12) }
	fmt.Fprintf(b, `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/ci/%s","accountId":"%s","accessKeyId":"ASIA%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%s","arn":"arn:aws:iam::%s:role/ci","accountId":"%s","userName":"ci"},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}},`,
		word(random, 16), user, t.Account, user, t.Account, word(random, 16), word(random, 16), t.Account, t.Account, at.Add(-time.Hour).Format(time.RFC3339))
	fmt.Fprintf(b, `"eventTime":"%s","eventSource":"%s","eventName":"%s","awsRegion":"%s","sourceIPAddress":"10.%d.%d.%d","userAgent":"aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 exec-env/AWS_ECS_FARGATE",`,
		at.Format(time.RFC3339), call[0], call[1], t.Region, random.IntN(256), random.IntN(256), random.IntN(256))
	fmt.Fprintf(b, `"requestParameters":{"resource":"arn:aws:%s:%s:%s:%s","maxResults":%d},"responseElements":null,"requestID":"%s","eventID":"%s","readOnly":%t,"resources":[{"accountId":"%s","type":"AWS::KMS::Key","ARN":"arn:aws:kms:%s:%s:key/%s"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s"}}`,
		strings.TrimSuffix(call[0], ".amazonaws.com"), t.Region, t.Account, word(random, 20), random.IntN(1000), uuid(), uuid(), random.IntN(2) == 0, t.Account, t.Region, t.Account, uuid(), t.Account, call[0])
}

// digest makes a digest file, and returns what the next one says of it.
func (t *Trail) digest(key string, start time.Time, previous map[string]any, logs []any) map[string]any {
	end := start.Add(time.Hour)
	d := map[string]any{
		"awsAccountId": t.Account, "digestStartTime": start.Format(time.RFC3339), "digestEndTime": end.Format(time.RFC3339),
		"digestS3Bucket": t.Bucket, "digestS3Object": key, "digestPublicKeyFingerprint": t.key.Fingerprint, "digestSignatureAlgorithm": "SHA256withRSA",
		"newestEventTime": end.Add(-5 * time.Minute).Format(time.RFC3339), "oldestEventTime": start.Add(-5 * time.Minute).Format(time.RFC3339),
		"previousDigestS3Bucket": nil, "previousDigestS3Object": nil, "previousDigestHashValue": nil, "previousDigestHashAlgorithm": nil, "previousDigestSignature": nil,
		"logFiles": logs,
	}
	maps.Copy(d, previous)
	return t.sign(key, d, t.key)
}

// sign writes a digest's object with its signature.
func (t *Trail) sign(key string, d map[string]any, signer *Signer) map[string]any {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(text)
	before, _ := d["previousDigestSignature"].(string)
	if before == "" {
		before = "null"
	}
	toSign := sha256.Sum256(fmt.Appendf(nil, "%s\n%s/%s\n%x\n%s", d["digestEndTime"], d["digestS3Bucket"], d["digestS3Object"], sum, before))
	raw, err := rsa.SignPKCS1v15(nil, signer.private, crypto.SHA256, toSign[:])
	if err != nil {
		panic(err)
	}
	signature := hex.EncodeToString(raw)
	t.Objects[key] = &Object{Body: compress(text, gzip.DefaultCompression), Metadata: map[string]string{"signature": signature, "signature-algorithm": "SHA256withRSA"}}
	return map[string]any{
		"previousDigestS3Bucket": d["digestS3Bucket"], "previousDigestS3Object": d["digestS3Object"], "previousDigestHashValue": hex.EncodeToString(sum[:]),
		"previousDigestHashAlgorithm": "SHA-256", "previousDigestSignature": signature,
	}
}

func compress(text []byte, level int) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// WriteDir writes a copy of the bucket, signatures in files of their own.
func (t *Trail) WriteDir(dir string) error {
	for key, o := range t.Objects {
		path := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, o.Body, 0o644); err != nil {
			return err
		}
		if s := o.Metadata["signature"]; s != "" {
			if err := os.WriteFile(path+".sig", []byte(s+"\n"), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

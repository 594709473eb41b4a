package trail

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	digestKey = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/111122223333_CloudTrail-Digest_eu-west-1_every_event_us-east-1_20260301T010131Z.json.gz"
	logKey    = "central/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T0035Z_LZsEDSkU0tVw56A8.json.gz"
)

func TestParseName(t *testing.T) {
	hour := time.Date(2026, 3, 1, 1, 1, 31, 0, time.UTC)
	minute := time.Date(2026, 3, 1, 0, 35, 0, 0, time.UTC)
	digest := name{digest: true, account: "111122223333", region: "eu-west-1", trail: "every_event", home: "us-east-1", at: hour}
	backfill := digest
	backfill.backfill = true
	for key, want := range map[string]name{
		digestKey: digest,
		strings.Replace(digestKey, "Z.json", "Z_backfill.json", 1): backfill,
		logKey: {account: "111122223333", region: "eu-west-1", at: minute},
		strings.ReplaceAll(logKey, "CloudTrail", "CloudTrail-Insight"): {account: "111122223333", region: "eu-west-1", at: minute},
	} {
		if got, ok := parseName(key); !ok || got != want {
			t.Errorf("%s\n%+v %t, want\n%+v", key, got, ok, want)
		}
	}
	for _, key := range []string{"", ".json.gz", "AWSLogs/notes.txt", digestKey + ".sig", strings.Replace(logKey, "T0035Z", "T2535Z", 1), strings.Replace(digestKey, "_every_event_us-east-1", "", 1), strings.Replace(logKey, "_LZsEDSkU0tVw56A8", "", 1)} {
		if n, ok := parseName(key); ok {
			t.Errorf("%s is read as %+v", key, n)
		}
	}
	if organization(logKey) != "o-abc" || organization(digestKey) != "" {
		t.Error("the organization is not found")
	}
}

func FuzzParseName(f *testing.F) {
	f.Add(digestKey)
	f.Add(logKey)
	f.Fuzz(func(t *testing.T, key string) {
		n, ok := parseName(key)
		if ok && (n.at.IsZero() || n.account == "" || n.region == "" || n.digest && (n.trail == "" || n.home == "" && strings.Count(key, "_") > 5)) {
			t.Errorf("%q is read as %+v", key, n)
		}
		prefix, below := place(key)
		if prefix+below != key {
			t.Errorf("%q comes apart as %q and %q", key, prefix, below)
		}
	})
}

func FuzzParseDigest(f *testing.F) {
	f.Add([]byte(`{"digestStartTime":"2026-03-01T00:01:31Z","digestEndTime":"2026-03-01T01:01:31Z","digestS3Bucket":"b","digestS3Object":"k","digestPublicKeyFingerprint":"f","previousDigestSignature":null,"logFiles":[{"s3Object":"l","hashValue":"` + strings.Repeat("0", 64) + `"}]}`))
	f.Add([]byte(`{"previousDigestS3Object":"k"}`))
	f.Add([]byte(`{"logFiles":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := parseDigest(text)
		if err != nil {
			return
		}
		if d.endTime.IsZero() && d.End != "0001-01-01T00:00:00Z" && !strings.HasPrefix(d.End, "0001-01-01T") {
			t.Errorf("%q is no time", d.End)
		}
		if strings.Count(d.StringToSign([32]byte{}), "\n") < 3 {
			t.Error("the text to sign is too short")
		}
		if _, err := json.Marshal(d); err != nil {
			t.Error(err)
		}
	})
}

// A file from outside never crashes the reader, and what is hashed is what is
// unpacked.
func FuzzReadLog(f *testing.F) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(`{"Records":[{"eventID":"1"}]}`))
	_ = w.Close()
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:20])
	f.Add(append(bytes.Clone(b.Bytes()), b.Bytes()...))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = ReadLog(bytes.NewReader(body))
		_, _, _ = ReadDigest(bytes.NewReader(body))
		var text bounded
		h, err := unpack(bytes.NewReader(body), &text)
		again, err2 := unpack(bytes.NewReader(body), nil)
		if h != again || (err == nil) != (err2 == nil) {
			t.Error("the same bytes have two hashes")
		}
	})
}

func FuzzReadKeys(f *testing.F) {
	f.Add([]byte(`{"PublicKeyList":[{"Value":"MAA=","Fingerprint":"f","ValidityStartTime":1.7e9,"ValidityEndTime":"2026-01-01T00:00:00+00:00"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ReadKeys(bytes.NewReader(text))
		for name, k := range keys {
			if err == nil && (k.Public == nil || name == "") {
				t.Errorf("%q is a key", name)
			}
		}
	})
}

func FuzzReadMoment(f *testing.F) {
	f.Add([]byte("1.7e9"))
	f.Add([]byte(`"2026-01-01T00:00:00.5+05:30"`))
	f.Fuzz(func(_ *testing.T, text []byte) { moment(text) })
}

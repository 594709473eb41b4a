package search

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"paddock.dev/internal/audit/search/fields"
)

// FuzzRead reads any file: it ends, it finds the same whatever the pieces in
// which the bytes come, and of well-formed lines none is lost.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		trailEvent, auditEvent, `{"Records":[` + trailEvent + `]}`, `[` + auditEvent + `,{}]`, `{"kind":"EventList","items":[` + auditEvent + `]}`,
		`{"Records":[{"a":nul},{}]`, "{}\n{\"a\":\nx\n{}", "[1,]", "[,]", `{"Records":[],"x":`, "\ufeff{}", `{"Events":[{"CloudTrailEvent":"{}"}]}`, "]", "[[", `{"Records":[]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func(s Summary, events []Event) string {
			out, err := json.Marshal([]any{s, events})
			if err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		var events, again []Event
		s := ReadFrom(bytes.NewReader(text), "f", func(e *Event) { events = append(events, e.Keep()) })
		pieces := ReadFrom(iotest.OneByteReader(bytes.NewReader(text)), "f", func(e *Event) { again = append(again, e.Keep()) })
		if a, b := read(s, events), read(pieces, again); a != b {
			t.Fatalf("at once: %s\nin pieces: %s", a, b)
		}
		if s.Events != len(events) || s.Events+s.UnreadRecords+s.Stages > s.Records {
			t.Fatalf("%+v does not add up", s)
		}
		whole := 0
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "{") || !json.Valid([]byte(line)) {
				whole = -1
				break
			}
			if n, err := wrapped([]byte(line)); n > 0 || err != nil {
				whole = -1
				break
			}
			whole++
		}
		if whole > 0 && s.Records != whole && !deep(text) {
			t.Fatalf("%d records of %d lines: %+v", s.Records, whole, s)
		}
	})
}

func deep(text []byte) bool {
	return bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) > 400
}

// FuzzNormalise makes an event of any object that is JSON.
func FuzzNormalise(f *testing.F) {
	f.Add([]byte(trailEvent))
	f.Add([]byte(auditEvent))
	f.Add([]byte(`{"eventSource":1,"eventName":null,"userIdentity":[]}`))
	f.Add([]byte(`{"auditID":{},"verb":"get","objectRef":"x","user":1,"timestamp":"2026-11-02T09:00:00Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if end, err := fields.Skip(text, 0); err != nil || end != len(text) {
			t.Skip()
		}
		var n normaliser
		e, err := n.event(text)
		if err != nil {
			return
		}
		if e.Time.IsZero() || e.Action == "" || e.Result == "" || e.Actor.Kind == "" {
			t.Fatalf("an event without when, what, how or who: %+v", e)
		}
		for _, name := range Names {
			if _, ok := e.Field(name); !ok {
				t.Fatalf("no field %s", name)
			}
		}
	})
}

// benchText is a log of so many bytes of ordinary events.
func benchText(b *testing.B, size int) []byte {
	b.Helper()
	var text bytes.Buffer
	text.WriteString(`{"Records":[`)
	for text.Len() < size {
		if text.Len() > 20 {
			text.WriteByte(',')
		}
		text.WriteString(strings.Replace(trailEvent, `"requestParameters":{"userName":"backup"}`, `"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"}]},"filterSet":{}},"responseElements":{"requestId":"3a1c9f5e-0000","instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0","currentState":{"code":16,"name":"running"},"previousState":{"code":0,"name":"pending"}}]}},"readOnly":false,"managementEvent":true,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.eu-west-1.amazonaws.com"}`, 1))
	}
	text.WriteString(`]}`)
	return text.Bytes()
}

func BenchmarkReadFrom(b *testing.B) {
	text := benchText(b, 8<<20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s := ReadFrom(bytes.NewReader(text), "f", func(*Event) {})
		if !s.Whole() {
			b.Fatal(s.Unread)
		}
	}
}

// BenchmarkEncodingJSON is the yardstick: the same text decoded into a struct
// with the fields alone.
func BenchmarkEncodingJSON(b *testing.B) {
	text := benchText(b, 8<<20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var log struct {
			Records []struct {
				EventTime, EventSource, EventName, AwsRegion, SourceIPAddress, UserAgent, ErrorCode, EventID, RecipientAccountID string
				UserIdentity                                                                                                     struct{ Type, Arn, UserName, AccountID string }
			}
		}
		if err := json.Unmarshal(text, &log); err != nil {
			b.Fatal(err)
		}
	}
}

// A file that nobody may read and a broken gzip do not stop the others.
func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.json", trailEvent)
	write("b.json.gz", "\x1f\x8b\x08\x00broken")
	write("c.json", auditEvent)
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "AWSLogs/1/CloudTrail-Digest/eu"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("AWSLogs/1/CloudTrail-Digest/eu/d.json", `{"digestS3Bucket":"b"}`)
	events, s := readAll(t, dir)
	if len(events) != 2 || s.UnreadFiles != 2 || s.Digests != 1 {
		t.Errorf("%d events; %+v", len(events), s)
	}
}

// What is there of a gzip file that was cut off is answered, and the cut named.
func TestTruncatedGzip(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for i := range 2000 {
		if _, err := io.WriteString(z, strings.Replace(trailEvent, "e-1", strconv.Itoa(i*7919), 1)+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cut.json.gz"), packed.Bytes()[:packed.Len()*3/4], 0o600); err != nil {
		t.Fatal(err)
	}
	events, s := readAll(t, dir)
	if len(events) < 500 || len(events) >= 2000 || s.UnreadFiles != 1 || len(s.Unread) != 1 || !strings.Contains(s.Unread[0].Reason, "cut off") {
		t.Errorf("%d events; %+v", len(events), s)
	}
}

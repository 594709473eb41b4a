package trail

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"strings"
	"time"
)

// Variant is a trail after something was done to it.
type Variant struct {
	Name string
	// Do tampers and returns the key of the file that it is about.
	Do func(t *Trail) (about string)
}

// Variants are the ways to tamper, and two ways not to.
func Variants() []Variant {
	return []Variant{
		{"ok", func(*Trail) string { return "" }},
		{"recompressed-log", recompressed},
		{"tampered-log", tampered},
		{"corrupt-gzip", corrupt},
		{"missing-log", missingLog},
		{"missing-digest", missingDigest},
		{"backdated-digest", backdated},
		{"no-signature", noSignature},
		{"replayed-digest", replayed},
		{"rogue-key", rogueKey},
		{"broken-link", brokenLink},
		{"extra-log", extraLog},
		{"truncated-tail", truncatedTail},
	}
}

// Clone copies the trail, so that a variant leaves the original alone. Bodies
// are shared: variants replace them.
func (t *Trail) Clone() *Trail {
	c := *t
	c.Objects = map[string]*Object{}
	for key, o := range t.Objects {
		c.Objects[key] = &Object{Body: o.Body, Metadata: maps.Clone(o.Metadata)}
	}
	return &c
}

// middle is a digest in the middle, and a log file that it names.
func (t *Trail) middle() (digest, log string) {
	digest = t.Digests[len(t.Digests)/2]
	return digest, t.Named[digest][0]
}

func recompressed(t *Trail) string {
	_, log := t.middle()
	t.Objects[log].Body = compress(expand(t.Objects[log].Body), gzip.BestSpeed)
	return log
}

func tampered(t *Trail) string {
	_, log := t.middle()
	text := bytes.Replace(expand(t.Objects[log].Body), []byte(`"sourceIPAddress":"10.`), []byte(`"sourceIPAddress":"11.`), 1)
	t.Objects[log].Body = compress(text, gzip.DefaultCompression)
	return log
}

func corrupt(t *Trail) string {
	_, log := t.middle()
	body := bytes.Clone(t.Objects[log].Body)
	t.Objects[log].Body = body[:len(body)/2]
	return log
}

func missingLog(t *Trail) string {
	_, log := t.middle()
	delete(t.Objects, log)
	return log
}

func missingDigest(t *Trail) string {
	digest, _ := t.middle()
	delete(t.Objects, digest)
	return digest
}

// edit changes the fields of a digest, and leaves its signature as it was.
func (t *Trail) edit(key string, change func(d map[string]any)) map[string]any {
	var d map[string]any
	if err := json.Unmarshal(expand(t.Objects[key].Body), &d); err != nil {
		panic(err)
	}
	change(d)
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	t.Objects[key].Body = compress(text, gzip.DefaultCompression)
	return d
}

func backdated(t *Trail) string {
	digest, _ := t.middle()
	t.edit(digest, func(d map[string]any) {
		for _, field := range []string{"digestStartTime", "digestEndTime"} {
			at, err := time.Parse(time.RFC3339, d[field].(string))
			if err != nil {
				panic(err)
			}
			d[field] = at.Add(-24 * time.Hour).Format(time.RFC3339)
		}
	})
	return digest
}

func noSignature(t *Trail) string {
	digest, _ := t.middle()
	t.Objects[digest].Metadata = nil
	return digest
}

func replayed(t *Trail) string {
	i := len(t.Digests) / 2
	earlier := t.Objects[t.Digests[i-1]]
	t.Objects[t.Digests[i]] = &Object{Body: earlier.Body, Metadata: maps.Clone(earlier.Metadata)}
	return t.Digests[i]
}

func rogueKey(t *Trail) string {
	digest, _ := t.middle()
	rogue := NewSigner()
	d := t.edit(digest, func(d map[string]any) { d["digestPublicKeyFingerprint"] = rogue.Fingerprint })
	t.sign(digest, d, rogue)
	return digest
}

// brokenLink takes a log file out of its digest and signs that again, as only
// one with CloudTrail's own key can.
func brokenLink(t *Trail) string {
	digest, log := t.middle()
	d := t.edit(digest, func(d map[string]any) { d["logFiles"] = d["logFiles"].([]any)[1:] })
	t.sign(digest, d, t.key)
	delete(t.Objects, log)
	return digest
}

func extraLog(t *Trail) string {
	_, log := t.middle()
	text := bytes.ReplaceAll(expand(t.Objects[log].Body), []byte("deploy-"), []byte("nobody-"))
	dot := strings.LastIndex(log, "_")
	extra := log[:dot] + "_" + strings.Repeat("x", 16) + ".json.gz"
	t.Objects[extra] = &Object{Body: compress(text, gzip.DefaultCompression)}
	return extra
}

// truncatedTail removes the last 6 hours, or the last half of fewer than 12.
func truncatedTail(t *Trail) string {
	n := min(6, len(t.Digests)/2)
	for _, digest := range t.Digests[len(t.Digests)-n:] {
		for _, log := range t.Named[digest] {
			delete(t.Objects, log)
		}
		delete(t.Objects, digest)
	}
	return t.Digests[len(t.Digests)-n-1]
}

func expand(body []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return text
}

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/store"
	bench "paddock.dev/test/bench/trail"
)

// command runs the command line far from any platform.
func command(t *testing.T, data string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), args, Config{
		In: strings.NewReader(""), Out: &out, Err: &errs, Env: []string{"PADDOCK_DATA=" + data, "USER=asha"},
		Now: func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) },
	})
	return code, out.String(), errs.String()
}

// copied is a trail on disk, after variants were done to it.
func copied(t *testing.T, variants ...string) (dir, keys string) {
	t.Helper()
	signer := bench.NewSigner()
	tr := bench.Generate(bench.Small(), signer)
	for _, v := range bench.Variants() {
		for _, name := range variants {
			if v.Name == name {
				v.Do(tr)
			}
		}
	}
	dir = t.TempDir()
	if err := tr.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	keys = filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(keys, signer.KeyList(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, keys
}

func TestAuditVerify(t *testing.T) {
	for name, c := range map[string]struct {
		variants []string
		args     []string
		code     int
	}{
		"trail-proved":    {nil, nil, exitOK},
		"trail-recovered": {[]string{"no-signature"}, nil, exitOK},
		"trail-problems":  {[]string{"tampered-log", "missing-digest"}, []string{"--end", "2026-03-01T14:00:00Z"}, exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			dir, keys := copied(t, c.variants...)
			code, stdout, stderr := command(t, t.TempDir(), append([]string{"audit", "verify", dir, "--keys", keys}, c.args...)...)
			if code != c.code || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			golden(t, name+".txt", []byte(stdout))
		})
	}
}

// A second run with a state reads no log file again, and still sees one that
// was touched.
func TestAuditVerifyState(t *testing.T) {
	dir, keys := copied(t)
	state := filepath.Join(t.TempDir(), "state.json")
	run := func(code int) trail.Report {
		t.Helper()
		got, stdout, stderr := command(t, t.TempDir(), "audit", "verify", dir, "--keys", keys, "--state", state, "-o", "json")
		var r trail.Report
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || got != code {
			t.Fatalf("exit code %d, %v\n%s%s", got, err, stdout, stderr)
		}
		return r
	}
	first := run(exitOK)
	if second := run(exitOK); first.Logs.Known != 0 || second.Logs.Known != second.Logs.Found || second.Logs.Proved != first.Logs.Proved {
		t.Errorf("first %+v, second %+v", first.Logs, second.Logs)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "AWSLogs/*/CloudTrail/*/*/*/*/*.json.gz"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	if err := os.WriteFile(logs[3], []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if third := run(exitFailed); len(third.Findings) != 1 || third.Findings[0].Kind != trail.LogCorrupt || third.Logs.Known == 0 {
		t.Errorf("%+v", third)
	}
}

// ownRecord makes the record of a platform that does not run.
func ownRecord(t *testing.T, events ...string) (data, dir string) {
	t.Helper()
	data = t.TempDir()
	layout := store.At(data, "kestrel")
	lock, err := layout.Acquire(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	dir = record.Dir(layout.Dir())
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	r, err := record.Open(record.Options{
		Dir: dir, Trail: "kestrel", Account: record.LocalAccount, Region: record.LocalRegion, Bucket: record.LocalBucket,
		Agent: "paddock/test", Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range events {
		if _, err := r.Append(record.Event{Key: name, Name: name, By: "asha", Why: "because"}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		if err := r.Seal(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return data, dir
}

func TestAuditVerifyOwnRecord(t *testing.T) {
	data, dir := ownRecord(t, "PromoteRelease", "ApproveRollout", "RollbackRelease")
	code, stdout, stderr := command(t, data, "audit", "verify")
	if code != exitOK || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	golden(t, "record-proved.txt", []byte(stdout))

	// Somebody cuts the end off, and the head that lies beside it as well; the
	// one that was published still knows.
	head, err := os.ReadFile(record.HeadFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(t.TempDir(), "head.json")
	if err := os.WriteFile(kept, head, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"CloudTrail", "CloudTrail-Digest"} {
		files, err := filepath.Glob(filepath.Join(record.Bucket(dir), "AWSLogs", record.LocalAccount, kind, "*/2026/05/01/*T0903*"))
		if err != nil || len(files) == 0 {
			t.Fatal(kind, files, err)
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(record.HeadFile(dir)); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := command(t, data, "audit", "verify"); code != exitOK {
		t.Error("a chain that is only shorter is not a broken chain")
	}
	code, stdout, _ = command(t, data, "audit", "verify", "--head", kept)
	if code != exitFailed || !strings.Contains(stdout, "the record had 3 events; there are 2 now: the last 1 are gone.") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

func TestAuditProve(t *testing.T) {
	data, dir := ownRecord(t, "PromoteRelease", "ApproveRollout", "RollbackRelease")
	var id string
	err := record.Entries(context.Background(), record.Bucket(dir), func(text []byte) error {
		var e struct{ EventName, EventID string }
		err := json.Unmarshal(text, &e)
		if e.EventName == "ApproveRollout" {
			id = e.EventID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	code, proof, stderr := command(t, data, "audit", "prove", id, "-o", "json")
	if code != exitOK {
		t.Fatal(stderr)
	}
	path := filepath.Join(t.TempDir(), "proof.json")
	check := func(text string) (int, string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := command(t, t.TempDir(), "audit", "prove", "--check", path, "--keys", record.PublicKeys(dir))
		return code, stdout + stderr
	}
	if code, out := check(proof); code != exitOK || !strings.Contains(out, "Event 2 of 3 is in the record kestrel") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if code, out := check(strings.Replace(proof, "because", "of course", 1)); code != exitFailed || !strings.Contains(out, "does not lead to this root") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if code, out := check(strings.Replace(proof, `"size": 3`, `"size": 4`, 1)); code != exitFailed {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// The key of a platform that does not run is changed in place, and the record is
// still proved.
func TestAuditRotate(t *testing.T) {
	data, dir := ownRecord(t, "PromoteRelease")
	code, stdout, stderr := command(t, data, "audit", "rotate", "--reason", "yearly")
	if code != exitOK || !strings.HasPrefix(stdout, "The record is signed with the key ") || stderr != "" {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
	if code, stdout, _ := command(t, data, "audit", "verify"); code != exitOK || !strings.Contains(stdout, "2 of 2 digest files") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	if keys, err := readKeyFile(record.PublicKeys(dir)); err != nil || len(keys) != 2 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

package trail

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/objects"
)

// standIn starts one and points AWS's settings at it.
func standIn(t testing.TB, region string) *StandIn {
	t.Helper()
	s := NewStandIn()
	t.Cleanup(s.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_PAGER": "",
	} {
		t.Setenv(name, value)
	}
	if os.Getenv("AWS_PROFILE") == "" {
		if err := os.Unsetenv("AWS_PROFILE"); err != nil { // an empty name is one too
			t.Fatal(err)
		}
	}
	return s
}

// The verifier reads a bucket by S3's protocol, signatures from the objects'
// metadata and keys from CloudTrail's API.
func TestOverHTTP(t *testing.T) {
	s := standIn(t, "eu-west-1")
	shape := Small()
	shape.Prefix, shape.Organization, shape.Backfill = "central", "o-abcdefghij", true
	tr := Generate(shape, NewSigner())
	if err := s.Serve(tr); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"s3://" + tr.Bucket, "s3://" + tr.Bucket + "/central"} {
		store, err := objects.At(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		locations := []trail.Location{{Name: name, Store: store}}
		spans, err := trail.Chains(t.Context(), locations, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(spans) != 1 || spans[0].Region != "eu-west-1" || !spans[0].From.Equal(tr.Start.Add(time.Hour)) || time.Since(spans[0].To) > time.Hour {
			t.Errorf("%+v", spans) // a backfill digest makes it go on until now
		}
		keys, err := trail.FetchKeys(t.Context(), spans)
		if err != nil {
			t.Fatal(err)
		}
		report := verify(t, tr, trail.Options{Locations: locations, Keys: keys})
		if !report.Proved || len(report.Findings) > 0 || report.Digests.Proved != tr.Hours+1 || report.Logs.Proved != report.Logs.Found {
			t.Errorf("%s: %+v", name, report)
		}
		if c := report.Chains[0]; c.Organization != "o-abcdefghij" {
			t.Errorf("%+v", c)
		}
	}
}

// validate runs the stock AWS CLI.
func validate(t testing.TB, arguments ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		if os.Getenv("PADDOCK_TEST_ALL") != "" {
			t.Fatal("the AWS CLI is needed: pip install awscli==1.46.3")
		}
		t.Skip("the AWS CLI is not here")
	}
	cmd := exec.CommandContext(t.Context(), "aws", append([]string{"cloudtrail", "validate-logs", "--verbose"}, arguments...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The AWS CLI accepts the trails that we test with: else the tests would prove
// nothing.
func TestAWSCLIAcceptsGenerated(t *testing.T) {
	s := standIn(t, "eu-west-1")
	shape := Small()
	shape.Backfill, shape.Prefix = true, "central"
	tr := Generate(shape, NewSigner())
	recompressed(tr)
	if err := s.Serve(tr); err != nil {
		t.Fatal(err)
	}
	out, err := validate(t, "--trail-arn", tr.ARN(), "--start-time", tr.Start.Format(time.RFC3339), "--end-time", tr.Start.Add(13*time.Hour).Format(time.RFC3339))
	logs := 0
	for _, named := range tr.Named {
		logs += len(named)
	}
	for _, line := range []string{"12/12 digest files valid", "1/1 backfill digest files valid", fmt.Sprintf("%d/%d log files valid", logs, logs)} {
		if err != nil || !strings.Contains(out, line) {
			t.Fatalf("%v: no %q in\n%s", err, line, out)
		}
	}
}

// The AWS CLI accepts our own record, also across a change of keys.
func TestAWSCLIAcceptsRecord(t *testing.T) {
	s := standIn(t, record.LocalRegion)
	dir := t.TempDir()
	now := time.Now().Add(-time.Hour)
	r, err := record.Open(record.Options{
		Dir: dir, Trail: "kestrel", Account: record.LocalAccount, Region: record.LocalRegion, Bucket: record.LocalBucket,
		Agent: "paddock/test", Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if _, err := r.Append(record.Event{Name: "PromoteRelease", By: "asha", Why: "it is time", Parameters: map[string]any{"number": i}}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		if err := r.Seal(); err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			if err := r.Rotate("asha", "yearly"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if s.Keys, err = os.ReadFile(record.PublicKeys(dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(record.LocalBucket, uploaded(t, record.Bucket(dir))); err != nil {
		t.Fatal(err)
	}
	out, err := validate(t, "--trail-arn", "arn:aws:cloudtrail:"+record.LocalRegion+":"+record.LocalAccount+":trail/kestrel", "--s3-bucket", record.LocalBucket,
		"--start-time", now.Add(-2*time.Hour).UTC().Format(time.RFC3339), "--end-time", now.Add(time.Hour).UTC().Format(time.RFC3339))
	for _, line := range []string{"6/6 digest files valid", "6/6 log files valid"} {
		if err != nil || !strings.Contains(out, line) {
			t.Fatalf("%v: no %q in\n%s", err, line, out)
		}
	}
}

// uploaded is a record's folder as it is in a bucket: the signatures become
// metadata.
func uploaded(t *testing.T, dir string) map[string]*Object {
	t.Helper()
	all := map[string]*Object{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".sig") {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		o := &Object{}
		if o.Body, err = os.ReadFile(path); err != nil {
			return err
		}
		if signature, err := os.ReadFile(path + ".sig"); err == nil {
			o.Metadata = map[string]string{"signature": string(bytes.TrimSpace(signature)), "signature-algorithm": "SHA256withRSA"}
		}
		all[filepath.ToSlash(key)] = o
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

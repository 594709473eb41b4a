package trail

import (
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/objects"
)

// The yardsticks unpack and hash the same log files and do nothing else: with
// the standard library on one goroutine, and with gzip and sha256sum as a shell
// has them. Compare cpu-ms.
//
//	go test ./test/bench/trail -run '^$' -bench .

func week(b *testing.B) (*Trail, string) {
	b.Helper()
	t := Generate(Week(), NewSigner())
	dir := b.TempDir()
	if err := t.WriteDir(dir); err != nil {
		b.Fatal(err)
	}
	return t, dir
}

// cpu is what this process, or the children it waited for, or both have used.
func cpu(whose ...int) time.Duration {
	var all time.Duration
	for _, who := range whose {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			all += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return all
}

// measure runs the loop and reports CPU time, which a loaded machine disturbs
// less than the wall's.
func measure(b *testing.B, do func() error, whose ...int) {
	if len(whose) == 0 {
		whose = []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN}
	}
	before := cpu(whose...)
	for b.Loop() {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(whose...)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

func BenchmarkVerify(b *testing.B) {
	t, dir := week(b)
	keys := trail.Keys{}
	if err := keys.Add(t.key.Fingerprint, t.key.Public(), time.Time{}, time.Time{}); err != nil {
		b.Fatal(err)
	}
	store, err := objects.At(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	measure(b, func() error {
		report, err := trail.Verify(b.Context(), trail.Options{Locations: []trail.Location{{Name: dir, Store: store}}, Keys: keys, Now: time.Now()})
		if err == nil && !report.Proved {
			err = errors.New("the trail is not proved")
		}
		return err
	})
}

func BenchmarkVerifyAgain(b *testing.B) {
	t, dir := week(b)
	keys := trail.Keys{}
	if err := keys.Add(t.key.Fingerprint, t.key.Public(), time.Time{}, time.Time{}); err != nil {
		b.Fatal(err)
	}
	store, err := objects.At(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	state := trail.NewState()
	verify := func() error {
		_, err := trail.Verify(b.Context(), trail.Options{Locations: []trail.Location{{Name: dir, Store: store}}, Keys: keys, State: state, Now: time.Now()})
		return err
	}
	if err := verify(); err != nil {
		b.Fatal(err)
	}
	measure(b, verify)
}

func BenchmarkFloorStandardLibrary(b *testing.B) {
	_, dir := week(b)
	var bytes int64
	measure(b, func() error {
		bytes = 0
		return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".gz") {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			r, err := gzip.NewReader(f)
			if err != nil {
				return err
			}
			n, err := io.Copy(sha256.New(), r)
			bytes += n
			return err
		})
	})
	b.ReportMetric(float64(bytes)/1e6, "MB")
}

func BenchmarkFloorShell(b *testing.B) {
	for _, tool := range []string{"sh", "gzip", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skip(err)
		}
	}
	_, dir := week(b)
	measure(b, func() error {
		return exec.CommandContext(b.Context(), "sh", "-c", `find "$1" -name '*.gz' | xargs gzip -dc | openssl sha256`, "sh", dir).Run()
	})
}

// BenchmarkAWSCLI counts the CLI's own CPU and not the stand-in's.
func BenchmarkAWSCLI(b *testing.B) {
	if _, err := exec.LookPath("aws"); err != nil {
		b.Skip(err)
	}
	s := standIn(b, "eu-west-1")
	t := Generate(Week(), NewSigner())
	if err := s.Serve(t); err != nil {
		b.Fatal(err)
	}
	measure(b, func() error {
		_, err := validate(b, "--trail-arn", t.ARN(), "--start-time", t.Start.Format(time.RFC3339), "--end-time", t.Start.Add(8*24*time.Hour).Format(time.RFC3339))
		return err
	}, syscall.RUSAGE_CHILDREN)
}

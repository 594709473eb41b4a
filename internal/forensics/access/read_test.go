package access_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/access"
	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/internal/objects"
	"paddock.dev/test/bench/access/albgen"
)

func stores(t testing.TB, locations ...string) []objects.Store {
	t.Helper()
	var list []objects.Store
	for _, l := range locations {
		s, err := objects.At(context.Background(), l)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadAccountsForEveryLineOfEveryFile(t *testing.T) {
	dir := t.TempDir()
	text, truth := log(t, albgen.Options{Seed: 4, Lines: 60000, Duration: 6 * time.Hour}) // more than one piece
	write(t, filepath.Join(dir, "a.log"), text)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(text[:bytes.LastIndexByte(text[:1<<20], '\n')]); err != nil { // no newline at the end
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "b.log.gz"), packed.Bytes())
	write(t, filepath.Join(dir, "c.log.gz"), packed.Bytes()[:packed.Len()/2])
	var rejects bytes.Buffer
	want := ""
	for _, workers := range []int{1, 3} {
		rejects.Reset()
		r, err := access.Read(context.Background(), access.Input{Stores: stores(t, dir), Workers: workers, Rejects: &rejects}, access.Asking{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Read.Lines != r.Read.Requests+r.Read.Rejected+r.Read.Empty+r.Read.Left || r.Read.Files != 3 {
			t.Errorf("%+v", r.Read)
		}
		if len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Error, "cut off") || !strings.HasSuffix(r.Failed[0].File, "c.log.gz") {
			t.Errorf("failed: %+v", r.Failed)
		}
		var numbers []int64
		for _, x := range r.Rejects {
			if strings.HasSuffix(x.File, "a.log") {
				numbers = append(numbers, x.Line)
			}
		}
		if len(numbers) != len(truth.Malformed) {
			t.Fatalf("rejected %v, want %v", numbers, truth.Malformed)
		}
		for i, n := range numbers {
			if n != truth.Malformed[i] {
				t.Errorf("rejected %v, want %v", numbers, truth.Malformed)
			}
		}
		if want == "" {
			want = rejects.String()
		}
		if rejects.String() != want || strings.Count(want, "\n") != int(r.Read.Rejected) {
			t.Errorf("the list of rejects depends on the workers, or is not whole:\n%s", rejects.String())
		}
	}
}

func TestBoundsAndFilterLeaveOut(t *testing.T) {
	dir := t.TempDir()
	text, truth := log(t, albgen.Options{Seed: 4, Lines: 4000, Duration: 2 * time.Hour, Quiet: true})
	write(t, filepath.Join(dir, "a.log"), text)
	read := func(in access.Input) *access.Report {
		in.Stores = stores(t, dir)
		r, err := access.Read(context.Background(), in, access.Asking{})
		if err != nil {
			t.Fatal(err)
		}
		if int64(r.Read.Requests+r.Read.Left) != truth.Requests {
			t.Errorf("%+v", r.Read)
		}
		return r
	}
	f, err := access.ParseFilter(`status = 404 or status in (500-599)`)
	if err != nil {
		t.Fatal(err)
	}
	if r := read(access.Input{Filter: f}); int64(r.Read.Requests) != truth.Status["404"]+truth.Status["500"] {
		t.Errorf("%d requests, truth %v", r.Read.Requests, truth.Status)
	}
	first, second := read(access.Input{Until: day.Add(time.Hour)}), read(access.Input{Since: day.Add(time.Hour)})
	if first.Read.Requests+second.Read.Requests != uint64(truth.Requests) || first.Read.Last.After(day.Add(time.Hour)) || second.Read.First.Before(day.Add(time.Hour)) {
		t.Errorf("%+v and %+v", first.Read, second.Read)
	}
}

func TestAnInterruptedReadAnswers(t *testing.T) {
	dir := t.TempDir()
	text, _ := log(t, albgen.Options{Seed: 4, Lines: 400, Duration: time.Hour})
	write(t, filepath.Join(dir, "a.log"), text)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := access.Read(ctx, access.Input{Stores: stores(t, dir)}, access.Asking{})
	if err != nil || !r.Read.Interrupted {
		t.Errorf("%v %+v", err, r.Read)
	}
}

func TestCloudFrontInPieces(t *testing.T) {
	var b strings.Builder
	b.WriteString("#Version: 1.0\n#Fields: sc-status c-ip date time cs-uri-stem x-pad\n")
	n := 0
	for b.Len() < 25<<20 {
		b.WriteString("200\t192.0.2.9\t2026-11-23\t07:25:11\t/x\t" + strings.Repeat("p", 400) + "\n")
		n++
	}
	path := filepath.Join(t.TempDir(), "cf.log")
	write(t, path, []byte(b.String()))
	r, err := access.Read(context.Background(), access.Input{Stores: stores(t, path)}, access.Asking{})
	if err != nil || r.Read.Requests != uint64(n) || r.Read.Empty != 2 || r.Read.Rejected != 0 {
		t.Errorf("%v %+v %+v", err, r.Read, r.Rejects)
	}
}

func TestALongLineIsNamed(t *testing.T) {
	text, _ := log(t, albgen.Options{Seed: 4, Lines: 100, Duration: time.Hour, Quiet: true})
	lines := bytes.SplitAfterN(text, []byte("\n"), 11)
	long := append(bytes.Repeat([]byte("x"), 3<<20), '\n')
	path := filepath.Join(t.TempDir(), "long.log")
	write(t, path, bytes.Join([][]byte{bytes.Join(lines[:10], nil), long, lines[10]}, nil))
	in := access.Input{Stores: stores(t, path)}
	r, err := access.Read(context.Background(), in, access.Asking{})
	if err != nil {
		t.Fatal(err)
	}
	f := access.NewFollower(in)
	defer f.Close()
	if _, err := f.Poll(context.Background()); err != nil {
		t.Fatal(err)
	}
	followed, _ := f.Report(context.Background(), access.Asking{})
	for _, r := range []*access.Report{r, followed} {
		if len(r.Rejects) != 1 || r.Rejects[0].Line != 11 || !strings.Contains(r.Rejects[0].Reason, "3145729 bytes") && !strings.Contains(r.Rejects[0].Reason, "3145728 bytes") {
			t.Errorf("%d requests, %.300v", r.Read.Requests, r.Rejects)
		}
		if int(r.Read.Requests) != bytes.Count(text, []byte("\n")) {
			t.Errorf("%d requests", r.Read.Requests)
		}
	}
}

// TestFollowing writes in odd pieces, rotates the log, and adds a file.
func TestFollowing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "access.log")
	text, truth := log(t, albgen.Options{Seed: 4, Lines: 3000, Duration: time.Hour})
	write(t, path, nil)
	f := access.NewFollower(access.Input{Stores: stores(t, path)})
	defer f.Close()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	rest := text
	for n := 1; len(rest) > 0; n++ {
		piece := rest[:min(len(rest), 7777*n)]
		rest = rest[len(piece):]
		if n == 5 { // at a line's end, as the gateway does
			end := bytes.IndexByte(rest, '\n') + 1
			piece, rest = append(bytes.Clone(piece), rest[:end]...), rest[end:]
		}
		if _, err := file.Write(piece); err != nil {
			t.Fatal(err)
		}
		if n == 5 { // nobody has read the last piece yet
			file.Close()
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
			if file, err = os.Create(path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if news, err := f.Poll(context.Background()); err != nil || !news {
			t.Fatalf("piece %d: %v %v", n, news, err)
		}
	}
	file.Close()
	if news, err := f.Poll(context.Background()); err != nil || news {
		t.Errorf("there is news: %v %v", news, err)
	}
	r, err := f.Report(context.Background(), access.Asking{})
	if err != nil || int64(r.Read.Requests) != truth.Requests || int(r.Read.Rejected) != len(truth.Malformed) {
		t.Errorf("%v: %+v, truth %d and %v: %+v", err, r.Read, truth.Requests, truth.Malformed, r.Rejects)
	}
}

func TestFilters(t *testing.T) {
	const line = `https 2026-11-23T22:23:00.186641Z app/kestrel/50 192.0.2.7:2817 10.0.3.5:8080 0.001 0.142 0.000 502 - 34 366 "GET https://www.Kestrelcars.example:443/cars/8123?x=1 HTTP/2.0" "curl/8.1" - - arn "Root=1" "-" "-" 0 2026-11-23T22:22:48.364000Z "forward" "-" "-" "10.0.3.5:8080" "-" "-" "-" -`
	var e entry.Entry
	var p entry.Parser
	if reason := p.Parse([]byte(line), &e); reason != "" {
		t.Fatal(reason)
	}
	for text, want := range map[string]bool{
		"status >= 500": true, "status < 500": false, "status in (200, 500-599)": true, "status != 502": false,
		"targetstatus = -": true, "targetstatus != -": false, "targetstatus > 0": false,
		"path = /cars/{id}": true, "url = /cars/8123": true, "url ~ 81": true, "host = www.kestrelcars.example": true,
		"client in 192.0.2.0/24": true, "client not in 192.0.2.0/24": false, "client = 192.0.2.7": true, "client in (10.0.0.0/8, 192.0.2.7)": true,
		"latency > 142.5": true, "latency > 143": false, "targettime = 142": true, "bytes = 366": true,
		"not (method = POST or method = PUT)": true, "method = GET and class = 5xx": true, `agent = "curl/8.1"`: true, "kind = bot": true,
		"error = -": true, "query ~ x and type = https": true,
	} {
		f, err := access.ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := f.Keep(&e); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
	for text, want := range map[string]string{
		"": "A comparison is missing", "stats = 200": `Requests have no field "stats"`, "status 200": "A comparison is missing after status",
		"status = ok": `"ok" is not a number, as status is`, "status = 200 path = /": `"path" does not belong here`, "(status = 200": "A closing parenthesis is missing",
		"status ~ 2": "status is a number and has no parts", "status in (200": "The list has no end", "status not 3": "After not only in can follow", "path =": "A value is missing",
	} {
		_, err := access.ParseFilter(text)
		var problem diag.Problem
		if !errors.As(err, &problem) || problem.Summary != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(`status in (200, 500-599) and not client in 10.0.0.0/8 or path ~ "/x"`)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := access.ParseFilter(text)
		if err == nil {
			filter.Keep(&entry.Entry{Latency: -1})
		}
	})
}

// TestSamples reads real samples, which are not in the repository.
func TestSamples(t *testing.T) {
	dir := os.Getenv("PADDOCK_SHARED")
	if dir == "" {
		t.Skip("PADDOCK_SHARED names no directory with sample data")
	}
	for name, want := range map[string]uint64{"albaccesslog.log.gz": 2, "nlbaccesslog.log.gz": 2, "cloudfront.log.gz": 2} {
		r, err := access.Read(context.Background(), access.Input{Stores: stores(t, filepath.Join(dir, "data", "elb", name))}, access.Asking{})
		if err != nil || r.Read.Requests != want || r.Read.Rejected != 0 {
			t.Errorf("%s: %v %+v %+v", name, err, r.Read, r.Rejects)
		}
		if name == "albaccesslog.log.gz" && (len(r.Noted) != 1 || r.Noted[0].Requests != 2) {
			t.Errorf("%s: the addresses of five octets are not noted: %+v", name, r.Noted)
		}
	}
	r, err := access.Read(context.Background(), access.Input{Stores: stores(t, filepath.Join(dir, "data", "elb", "waflog.log.gz"))}, access.Asking{})
	if err != nil || r.Read.Requests != 0 || r.Read.Rejected != 1 {
		t.Errorf("a log of the WAF: %v %+v", err, r.Read)
	}
}

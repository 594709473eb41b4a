package flows_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/objects"
)

const header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"

// files writes files and returns the store of their directory.
func files(t testing.TB, content map[string]string) (string, objects.Store) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := objects.At(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func run(t testing.TB, opt flows.Options, content map[string]string) *flows.Report {
	t.Helper()
	_, s := files(t, content)
	opt.Stores = append(opt.Stores, s)
	r, err := flows.Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// chance writes a log with everything that can be in one, whole and broken.
func chance(seed uint64, n int) string {
	rnd := rand.New(rand.NewPCG(seed, 1))
	pick := func(s ...string) string { return s[rnd.IntN(len(s))] }
	addr := func() string {
		switch rnd.IntN(12) {
		case 0:
			return fmt.Sprintf("2001:db8::%x", rnd.IntN(40))
		case 1:
			return pick("-", "10.0.0.256", "10.0.0", "010.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "1.2.3.4.5", "", "0.0.0.0", "255.255.255.255")
		}
		return fmt.Sprintf("10.0.%d.%d", rnd.IntN(4), rnd.IntN(256))
	}
	num := func(most int) string {
		if rnd.IntN(60) == 0 {
			return pick("-", "-1", "+5", "1e9", "99999999999999999999999", "9223372036854775807", "9223372036854775808", "18446744073709551615", "0x10", "٣", "00012", "")
		}
		return fmt.Sprint(rnd.IntN(most))
	}
	var b strings.Builder
	if rnd.IntN(2) == 0 {
		b.WriteString(header)
	} else { // a file without a header is known by its first line
		b.WriteString("2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK\n")
	}
	for range n {
		switch rnd.IntN(60) {
		case 0:
			fmt.Fprintf(&b, "2 123456789012 eni-0a1b - - - - - - - %d %d - %s\n", 1764000000+rnd.IntN(9000), 1764000060, pick("NODATA", "SKIPDATA"))
		case 1:
			b.WriteString(pick("\n", header, "garbage\n", " \n", strings.Repeat("x", 70_000)+"\n", "2 1 2\n"))
		default:
			fmt.Fprintf(&b, "%s 123456789012 eni-%x %s %s %s %s %s %s %s %s %s %s %s%s\n", pick("2", "2", "2", "5"), rnd.Uint32(), addr(), addr(), num(65600), num(65540), pick("6", "6", "6", "6", "17", "17", "1", "58", "6", "256"),
				num(1000), num(1_000_000), fmt.Sprint(1764000000+rnd.IntN(90_000)), fmt.Sprint(1764000060), pick("ACCEPT", "ACCEPT", "ACCEPT", "ACCEPT", "REJECT", "REJECT", "REJECT", "-", "ACCEPTED"), pick("OK", "OK", "OK", "OK", "OK", "OK", "OK", "ok"), pick("", "", "", "", "", "", "", "\r", " "))
		}
	}
	return b.String()
}

// Every sum is that of the plainest program there is, whatever the order in
// which workers read.
func TestAgainstTheReference(t *testing.T) {
	for seed := range uint64(12) {
		text := chance(seed, 2000)
		want := refer(text)
		for _, workers := range []int{1, 3} {
			got := run(t, flows.Options{Workers: workers, Top: 25}, map[string]string{"flows.log": text})
			wrong := want.differences(got)
			if len(wrong) > 0 {
				t.Fatalf("seed %d: %s", seed, strings.Join(wrong, "\n"))
			}
		}
	}
}

// A large file is read in pieces by several workers, and still every line has
// its number.
func TestPiecesOfALargeFile(t *testing.T) {
	if testing.Short() {
		t.Skip("40 MB")
	}
	var b strings.Builder
	b.WriteString(header)
	interfaceID := "eni-" + strings.Repeat("0", 560) // longer than any, for fewer lines
	for i := range 60_000 {
		if i%9_000 == 8_999 {
			b.WriteString("broken\n")
		}
		fmt.Fprintf(&b, "2 123456789012 %s 10.0.%d.%d 192.0.2.%d %d 443 6 %d %d %d 1764000060 ACCEPT OK\n", interfaceID, i%7, i%251, i%13, 32768+i%20000, i%90, i, 1764000000+i/10)
	}
	text := b.String()
	want := refer(text)
	var first *flows.Report
	for _, workers := range []int{1, 2, 5} {
		var rejects bytes.Buffer
		got := run(t, flows.Options{Workers: workers, Top: 25, Rejects: &rejects}, map[string]string{"flows.log": text})
		if wrong := want.differences(got); len(wrong) > 0 {
			t.Fatalf("%d workers: %s", workers, strings.Join(wrong, "\n"))
		}
		if n := strings.Count(rejects.String(), ": 1 fields instead of 14: broken\n"); n != 6 {
			t.Errorf("rejects\n%s", rejects.String())
		}
		for i := range got.Rejects {
			got.Rejects[i].File = ""
		}
		if first == nil {
			first = got
		} else if !reflect.DeepEqual(first, got) {
			t.Error("the report depends on the number of workers")
		}
	}
}

func packed(t *testing.T, how, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if how == "zstd" {
		var err error
		if w, err = zstd.NewWriter(&b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestForms(t *testing.T) {
	text := chance(7, 2000)
	want := refer(text)
	for name, content := range map[string]string{
		"text": text, "gzip": packed(t, "gzip", text), "zstd": packed(t, "zstd", text),
		"members": packed(t, "gzip", text[:len(text)/2]) + packed(t, "gzip", text[len(text)/2:]),
	} {
		if wrong := want.differences(run(t, flows.Options{Top: 25}, map[string]string{"f": content})); len(wrong) > 0 {
			t.Errorf("%s: %s", name, strings.Join(wrong, "\n"))
		}
	}
}

// row is a flow log as AWS's guide types its Parquet columns.
type row struct {
	Version   int32   `parquet:"version"`
	Account   string  `parquet:"account_id"`
	Interface string  `parquet:"interface_id"`
	Src       *string `parquet:"srcaddr,optional"`
	Dst       *string `parquet:"dstaddr,optional"`
	SrcPort   int32   `parquet:"srcport"`
	DstPort   int32   `parquet:"dstport"`
	Protocol  int32   `parquet:"protocol"`
	Packets   int64   `parquet:"packets"`
	Bytes     int64   `parquet:"bytes"`
	Start     int64   `parquet:"start"`
	End       int64   `parquet:"end"`
	Action    string  `parquet:"action,dict"`
	Status    string  `parquet:"log_status,dict"`
}

func TestParquet(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	text.WriteString(header)
	var rows []row
	for i := range 5000 {
		src, dst := fmt.Sprintf("10.0.0.%d", rnd.IntN(200)), fmt.Sprintf("192.0.2.%d", rnd.IntN(100))
		if i%50 == 0 {
			src, dst = "2001:db8::1", fmt.Sprintf("2001:db8::%x", i)
		}
		r := row{2, "1", "eni-1", &src, &dst, int32(rnd.IntN(65536)), 443, 6, int64(rnd.IntN(100)), int64(rnd.IntN(100000)), 1764000000 + int64(i), 1764000060 + int64(i), "ACCEPT", "OK"}
		switch i % 1000 {
		case 998:
			r.Src, r.Status, r.Action = nil, "NODATA", "-"
		case 999:
			r.Bytes = -5
		}
		rows = append(rows, r)
		show := func(s *string) string {
			if s == nil {
				return "-"
			}
			return *s
		}
		fmt.Fprintln(&text, r.Version, r.Account, r.Interface, show(r.Src), show(r.Dst), r.SrcPort, r.DstPort, r.Protocol, r.Packets, r.Bytes, r.Start, r.End, r.Action, r.Status)
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.PageBufferSize(1<<12), parquet.MaxRowsPerRowGroup(1500))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := refer(text.String())
	want.lines, want.headers = want.lines-1, 0
	for i := range want.rejected {
		want.rejected[i]--
	}
	for name, opt := range map[string]flows.Options{"plain": {Top: 25}, "grouped": {Top: 25, GroupBy: []string{"interface-id"}}} {
		got := run(t, opt, map[string]string{"f.parquet": b.String()})
		if wrong := want.differences(got); len(wrong) > 0 {
			t.Errorf("%s: %s", name, strings.Join(wrong, "\n"))
		}
	}
	// A pipe cannot be read at any place, so it goes through a file.
	r, err := flows.Run(t.Context(), flows.Options{Top: 25, Stores: []objects.Store{objects.Stream(bytes.NewReader(b.Bytes()))}})
	if err != nil {
		t.Fatal(err)
	}
	if wrong := want.differences(r); len(wrong) > 0 {
		t.Errorf("stream: %s", strings.Join(wrong, "\n"))
	}
	cut := b.String()[:b.Len()/2]
	if got := run(t, flows.Options{}, map[string]string{"cut.parquet": cut}); len(got.Failed) != 1 || got.Sound() {
		t.Errorf("a Parquet file without its end: %v", got.Failed)
	}
}

func TestTroubleIsNamedAndTheRestAnswered(t *testing.T) {
	good := header + "2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK\n"
	var long strings.Builder
	long.WriteString(header)
	long.WriteString(strings.Repeat("x", 100<<20))
	long.WriteString("\n" + strings.SplitAfter(good, "\n")[1])
	var many strings.Builder
	many.WriteString(header)
	for i := range 20_000 {
		fmt.Fprintf(&many, "2 1 eni-1 10.1.%d.%d 10.2.0.2 40000 443 6 10 %d 1764000000 1764000060 ACCEPT OK\n", i%7, i%251, i)
	}
	whole := packed(t, "gzip", many.String())
	dir, s := files(t, map[string]string{"a.log": good, "long.log": long.String(), "cut.log.gz": whole[:len(whole)-400], "empty.log": "", "unknown.log": "some text\nof another kind\n", "z.log": good})
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	r, err := flows.Run(t.Context(), flows.Options{Stores: []objects.Store{s}, Top: 5000})
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range r.Failed {
		failed = append(failed, filepath.Base(f.Name))
	}
	if !slices.Equal(failed, []string{"cut.log.gz", "loop"}) {
		t.Errorf("failed: %v", r.Failed)
	}
	reasons := map[string]int{}
	for _, x := range r.Rejects {
		reasons[fmt.Sprintf("%s:%d: %s", filepath.Base(x.File), x.Line, x.Reason)]++
	}
	for _, want := range []string{
		"long.log:2: 104857600 bytes long; lines of more than 65536 are no records",
		"unknown.log:1: of an unknown format: the file has no header line, and it is neither default format; give --format",
		"unknown.log:2: of an unknown format: the file has no header line, and it is neither default format; give --format",
	} {
		if reasons[want] != 1 {
			t.Errorf("no %s in %v", want, reasons)
		}
	}
	found := false
	for _, p := range r.Pairs.ByFlows {
		found = found || p.Source.Address == "10.0.0.1" && p.Destination.Address == "10.0.0.2" && p.Flows == 3
	}
	if !found {
		t.Errorf("the good lines are not there, of %d pairs", r.Pairs.Distinct)
	}
	read := r.Read
	if read.Lines != read.Records+read.NoData+read.SkipData+read.Headers+read.Blank+read.Outside+read.Filtered+read.Rejected {
		t.Errorf("lines without an account: %+v", read)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, s := files(t, map[string]string{"a": chance(1, 100)})
	r, err := flows.Run(ctx, flows.Options{Stores: []objects.Store{s}})
	if err != nil || !r.Read.Interrupted || r.Sound() {
		t.Errorf("got %+v, %v", r, err)
	}
}

// Sums that do not fit stay at the most and are named; nothing wraps around.
func TestSaturation(t *testing.T) {
	line := "2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 9223372036854775807 9223372036854775807 1764000000 1764000060 ACCEPT OK\n"
	r := run(t, flows.Options{}, map[string]string{"a": header + strings.Repeat(line, 5)})
	if r.Totals.Bytes != 1<<64-1 || r.Pairs.ByBytes[0].Bytes != 1<<64-1 || r.Pairs.ByBytes[0].Packets != 1<<64-1 || !strings.Contains(strings.Join(r.Notes, "\n"), "do not fit into 64 bits") {
		t.Errorf("%+v %v", r.Pairs.ByBytes, r.Notes)
	}
	r = run(t, flows.Options{}, map[string]string{"a": header + line + strings.Replace(line, "9223372036854775807 9223372036854775807", "4294967295 7", 1)})
	if p := r.Pairs.ByBytes[0]; p.Packets != 9223372036854775807+4294967295 || p.Bytes != 9223372036854775814 || len(r.Notes) != 0 {
		t.Errorf("%+v %v", p, r.Notes)
	}
}

func TestPolicy(t *testing.T) {
	plan := flows.Plan{
		Names: []flows.NamedPrefix{
			{Prefix: netip.MustParsePrefix("10.10.0.0/16"), Name: "apps", Environment: "dev"},
			{Prefix: netip.MustParsePrefix("10.40.0.0/16"), Name: "apps", Environment: "prod"},
			{Prefix: netip.MustParsePrefix("10.40.9.0/24"), Name: "db", Environment: "prod"},
			{Prefix: netip.MustParsePrefix("2001:db8:1::/48"), Name: "apps", Environment: "dev"},
			{Prefix: netip.MustParsePrefix("2001:db8:4::/48"), Name: "apps", Environment: "prod"},
		},
		Allowed: []flows.Allowance{{From: "dev", To: "prod/db", Port: 5432, Why: "reports"}, {From: "prod", To: "dev", Why: "never"}},
	}
	lines := []string{
		"2 1 e 10.10.0.1 10.40.9.1 40000 5432 6 10 1000 1764000000 1764000060 ACCEPT OK", // allowed
		"2 1 e 10.40.9.1 10.10.0.1 5432 40000 6 10 1000 1764000000 1764000060 ACCEPT OK", // its answer
		"2 1 e 10.10.0.1 10.40.9.1 40000 22 6 10 1000 1764000000 1764000060 ACCEPT OK",   // forbidden: port
		"2 1 e 10.40.0.1 10.10.0.1 8080 40000 6 10 2000 1764000000 1764000060 ACCEPT OK", // forbidden: an answer
		"2 1 e 10.10.0.2 10.40.0.1 40000 8080 6 1 40 1764000000 1764000060 REJECT OK",    // forbidden and refused
		"2 1 e 10.10.0.1 10.10.0.2 40000 22 6 10 1000 1764000000 1764000060 ACCEPT OK",   // one environment
		"2 1 e 2001:db8:1::1 2001:db8:4::1 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK",
		"2 1 e 10.99.0.1 10.10.0.2 40000 22 6 10 1000 1764000000 1764000060 ACCEPT OK", // unknown
	}
	r := run(t, flows.Options{Plan: plan}, map[string]string{"a.log": header + strings.Join(lines, "\n") + "\n"})
	var places []string
	for _, l := range r.Policy.Lines {
		places = append(places, fmt.Sprintf("%d %s", l.Line, l.Text))
	}
	if want := []string{"4 " + lines[2], "5 " + lines[3], "8 " + lines[6]}; !slices.Equal(places, want) || r.Policy.ForbiddenLines != 3 || r.Sound() {
		t.Errorf("lines %q", places)
	}
	var found []string
	for _, f := range r.Policy.Forbidden {
		found = append(found, fmt.Sprintf("%s>%s:%d %d/%d", f.From, f.To, f.Port, f.Accepted.Flows, f.Rejected.Flows))
	}
	want := []string{"dev/apps (10.10.0.1)>prod/apps (10.40.0.1):8080 1/0", "dev/apps (10.10.0.1)>prod/db (10.40.9.1):22 1/0", "dev/apps (2001:db8:1::1)>prod/apps (2001:db8:4::1):443 1/0", "dev/apps (10.10.0.2)>prod/apps (10.40.0.1):8080 0/1"}
	if !slices.Equal(found, want) {
		t.Errorf("forbidden %q", found)
	}
	if len(r.Policy.Unused) != 1 || r.Policy.Unused[0].Why != "never" {
		t.Errorf("unused %v", r.Policy.Unused)
	}
	if len(r.Unknown) != 1 || r.Unknown[0].Address != "10.99.0.1" {
		t.Errorf("unknown %v", r.Unknown)
	}
}

// A file that grows, is rotated, and is cut short is read to its last line.
func TestFollow(t *testing.T) {
	line := func(n int) string {
		return fmt.Sprintf("2 1 eni-1 10.0.0.%d 10.0.0.2 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK\n", n)
	}
	path := filepath.Join(t.TempDir(), "flows.log")
	write := func(how int, text string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|how, 0o644)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(0, header+line(1)+line(2)[:20])
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tick, told := make(chan time.Time), make(chan int64)
	done := make(chan *flows.Report)
	go func() {
		r, err := flows.Follow(ctx, path, flows.Options{}, tick, func(r *flows.Report) { told <- r.Read.Records })
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	step := func(want int64) {
		t.Helper()
		if got := <-told; got != want {
			t.Fatalf("got %d records, want %d", got, want)
		}
	}
	step(1)
	write(os.O_APPEND, line(2)[20:]+"broken\n")
	tick <- time.Time{}
	step(2)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(0, header+line(3))
	tick <- time.Time{}
	step(3)
	write(os.O_TRUNC, header)
	tick <- time.Time{}
	step(3)
	write(os.O_APPEND, strings.TrimSuffix(line(4), "\n"))
	tick <- time.Time{}
	step(3)
	cancel()
	r := <-done
	if r.Read.Records != 4 || r.Read.Headers != 3 || r.Read.Rejected != 1 || r.Rejects[0].Line != 4 || r.Read.Files != 3 {
		t.Errorf("got %+v %+v", r.Read, r.Rejects)
	}
}

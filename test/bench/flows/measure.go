package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/objects"
)

// plan keeps the environments of the generated company apart.
func plan() flows.Plan {
	p := flows.Plan{}
	for i, name := range []string{"dev", "qa", "uat", "prod"} {
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(environments[i])}), 16)
		p.Names = append(p.Names, flows.NamedPrefix{Prefix: prefix, Name: "vpc", Environment: name})
	}
	return p
}

// answers runs the analysis as paddock flows does and prints the JSON report.
func answers(args []string) error {
	flags := flag.NewFlagSet("answers", flag.ExitOnError)
	workers := flags.Int("workers", 0, "0 is one for each processor")
	profile := flags.String("profile", "", "file for a CPU profile")
	planned := flags.Bool("plan", true, "with the plan that keeps environments apart")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	debug.SetGCPercent(25) // as the command does
	opt := flows.Options{Workers: *workers, Top: 25}
	if *planned {
		opt.Plan = plan()
	}
	for _, name := range flags.Args() {
		s, err := objects.At(context.Background(), name)
		if err != nil {
			return err
		}
		opt.Stores = append(opt.Stores, s)
	}
	r, err := flows.Run(context.Background(), opt)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// check compares the report with the truth.
func check(args []string) error {
	flags := flag.NewFlagSet("check", flag.ExitOnError)
	dir := flags.String("dir", "flows-bench", "where gen wrote")
	if err := flags.Parse(args); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(*dir, "truth.json"))
	if err != nil {
		return err
	}
	var t truth
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	s, err := objects.At(context.Background(), filepath.Join(*dir, "flows.log"))
	if err != nil {
		return err
	}
	r, err := flows.Run(context.Background(), flows.Options{Stores: []objects.Store{s}, Top: 25, Plan: plan()})
	if err != nil {
		return err
	}
	wrong := compare(&t, r)
	for _, w := range wrong {
		fmt.Println("wrong:", w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d answers are wrong", len(wrong))
	}
	fmt.Printf("all answers are right: %d lines, %d rejected, %d forbidden\n", t.Lines, len(t.Malformed), len(t.Forbidden))
	return nil
}

// compare lists what a report gets wrong.
func compare(t *truth, r *flows.Report) (wrong []string) {
	equal := func(what string, got, want any) {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			wrong = append(wrong, fmt.Sprintf("%s: got %s, want %s", what, g, w))
		}
	}
	shape := func(s flows.Sum) [3]uint64 { return [3]uint64{s.Flows, s.Packets, s.Bytes} }
	equal("lines", r.Read.Lines, t.Lines)
	equal("records", r.Read.Records, t.Records)
	equal("NODATA", r.Read.NoData, t.NoData)
	equal("SKIPDATA", r.Read.SkipData, t.SkipData)
	equal("headers", r.Read.Headers, t.Headers)
	equal("accepted", shape(r.Totals.Accepted), t.Accepted)
	equal("rejected", shape(r.Totals.Rejected), t.Rejected)
	got := map[string]uint64{}
	for _, h := range r.Sources.ByBytes {
		got[h.Address] = h.Bytes
	}
	equal("sources", got, t.Sources)
	got = map[string]uint64{}
	for _, p := range r.Pairs.ByBytes {
		got[p.Source.Address+" "+p.Destination.Address] = p.Bytes
	}
	equal("pairs", got, t.Pairs)
	var places []string
	for _, x := range r.Rejects {
		places = append(places, fmt.Sprintf("%s:%d", filepath.Base(x.File), x.Line))
	}
	equal("malformed", places, t.Malformed)
	places = nil
	for _, x := range r.Policy.Lines {
		places = append(places, fmt.Sprintf("%s:%d", filepath.Base(x.File), x.Line))
	}
	equal("forbidden", places, t.Forbidden)
	scans := map[string]string{}
	for _, s := range r.Scans {
		scans[s.Source.Address] += fmt.Sprintf("%s %d hosts %d ports slow %v;", s.Kind, s.Hosts, s.Ports, s.Slow)
	}
	equal("scans", scans, map[string]string{
		t.Vertical:   "vertical 1 hosts 1500 ports slow false;",
		t.Horizontal: "horizontal 200 hosts 1 ports slow false;",
		t.Slow:       "vertical 1 hosts 144 ports slow true;",
	})
	found := map[string]bool{}
	for _, b := range r.Beacons {
		found[b.Source.Address+" "+b.Destination.Address] = true
	}
	equal("beacons", found, map[string]bool{t.Beacon: true})
	found = map[string]bool{}
	for _, e := range r.Egress {
		found[e.Host.Address] = true
	}
	equal("egress", found, map[string]bool{t.Egress: true})
	found = map[string]bool{}
	for _, o := range r.OneWay {
		found[o.Source.Address+" "+o.Destination.Address] = true
	}
	// The planted connections that have no answers either.
	equal("one way", found, map[string]bool{t.OneWay: true, "10.30.1.44 198.51.100.99": true, "10.10.2.22 10.40.3.60": true})
	return wrong
}

// usage is what a program took.
type usage struct {
	wall, cpu time.Duration
	rss       int64 // bytes
}

func run(args ...string) (usage, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	c := exec.Command(self, args...)
	c.Stderr = os.Stderr
	began := time.Now()
	if err := c.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w", args[0], err)
	}
	u := usage{wall: time.Since(began), cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
	if ru, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.rss = ru.Maxrss * 1024
	}
	return u, nil
}

// measure runs every program a few times in turn and prints medians, and ratios
// to the yardstick of the same round.
func measure(args []string) error {
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	dir := flags.String("dir", "flows-bench", "where gen wrote")
	rounds := flags.Int("rounds", 3, "how often")
	if err := flags.Parse(args); err != nil {
		return err
	}
	text := filepath.Join(*dir, "flows.log")
	packed, err := filepath.Glob(filepath.Join(*dir, "gz", "*.gz"))
	if err != nil || len(packed) == 0 {
		return fmt.Errorf("%s: no files; run gen first", *dir)
	}
	type program struct {
		name, yardstick string
		args            []string
	}
	programs := []program{
		{"find the fields, text", "", []string{"fields", text}},
		{"all answers, text, 1 worker", "find the fields, text", []string{"answers", "-workers", "1", text}},
		{"all answers, text", "find the fields, text", []string{"answers", text}},
		{"gunzip, compress/gzip", "", append([]string{"gunzip", "std"}, packed...)},
		{"gunzip, klauspost", "", append([]string{"gunzip"}, packed...)},
		{"all answers, gzip, 1 worker", "gunzip, klauspost", append([]string{"answers", "-workers", "1"}, packed...)},
		{"all answers, gzip", "gunzip, klauspost", append([]string{"answers"}, packed...)},
	}
	took := map[string][]usage{}
	for range *rounds {
		for _, p := range programs {
			u, err := run(p.args...)
			if err != nil {
				return err
			}
			took[p.name] = append(took[p.name], u)
		}
	}
	fmt.Printf("%d processors, %s, %s\n\n", runtime.NumCPU(), runtime.Version(), runtime.GOARCH)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "program\tCPU s\twall s\tRSS MiB\tCPU / yardstick")
	for _, p := range programs {
		us := took[p.name]
		ratio := ""
		if y := took[p.yardstick]; y != nil {
			var rs []float64
			for i := range us {
				rs = append(rs, us[i].cpu.Seconds()/y[i].cpu.Seconds())
			}
			ratio = strconv.FormatFloat(median(rs), 'f', 2, 64) + " of " + strings.SplitN(p.yardstick, ",", 2)[0]
		}
		pick := func(f func(usage) float64) float64 {
			var all []float64
			for _, u := range us {
				all = append(all, f(u))
			}
			return median(all)
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.0f\t%s\n", p.name, pick(func(u usage) float64 { return u.cpu.Seconds() }), pick(func(u usage) float64 { return u.wall.Seconds() }), pick(func(u usage) float64 { return float64(u.rss) / (1 << 20) }), ratio)
	}
	return w.Flush()
}

func median(all []float64) float64 {
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2]
}

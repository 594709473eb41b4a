package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// contestant is a program that is measured.
type contestant struct {
	name string
	args []string
	dir  string
	runs []usage
}

type usage struct {
	cpu, wall time.Duration
	rss       int64 // KiB
}

// query answers in DuckDB what paddock access answers without judging: statuses,
// clients, paths, agents, targets, and quantiles by path and by path and time.
const query = `
create temp table r as
select try_cast(c2 as timestamp) as t, c4 as client, c5 as target, try_cast(c7 as double) as took, c9 as status, try_cast(c12 as bigint) as sent,
 regexp_replace(regexp_replace(regexp_extract(c13, '://[^/ ]*([^? ]*)', 1), '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', '{uuid}', 'g'), '/[0-9]+', '/{id}', 'g') as path, c14 as agent
from read_csv('%[1]s', delim=' ', quote='"', escape='"', header=false, auto_detect=false, null_padding=true, ignore_errors=true, columns={%[2]s});
select status, count(*) from r group by 1 order by 1;
select client, count(*), sum(sent) from r group by 1 order by 2 desc limit 10;
select agent, count(*) from r group by 1 order by 2 desc limit 10;
select target, count(*), count(*) filter (status like '5%%') from r group by 1 order by 2 desc limit 10;
select path, count(*), quantile_cont(took, [0.5, 0.9, 0.99, 0.999]) from r group by 1 order by 2 desc limit 10;
select path, time_bucket(interval '5 minutes', t) as at, count(*), quantile_cont(took, [0.5, 0.99]) from r group by 1, 2 order by 3 desc limit 10;
`

// columns are the 30 fields of the generated lines.
func columns() string {
	var list []string
	for i := range 30 {
		list = append(list, fmt.Sprintf("'c%d': 'VARCHAR'", i+1))
	}
	return strings.Join(list, ", ")
}

// compare runs everybody in turn and prints the medians.
func compare(args []string) error {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	runs := f.Int("runs", 3, "how often each is run")
	paddock := f.String("paddock", "", "paddock binary (default: it is built)")
	duckdb := f.String("duckdb", "", "directory in which node finds @duckdb/node-api; none leaves DuckDB out")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return errors.New("name one log file")
	}
	log, err := filepath.Abs(f.Arg(0))
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "paddock-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *paddock == "" {
		*paddock = filepath.Join(dir, "paddock")
		if out, err := exec.Command("go", "build", "-o", *paddock, "./cmd/paddock").CombinedOutput(); err != nil {
			return fmt.Errorf("build paddock: %w\n%s", err, out)
		}
	}
	list := []*contestant{
		{name: "lines: read, count newlines", args: []string{self, "lines", log}},
		{name: "fields: find every field", args: []string{self, "fields", log}},
		{name: "bytes: the same, byte by byte", args: []string{self, "bytes", log}},
		{name: "paddock access", args: []string{*paddock, "access", log, "-o", "json"}},
	}
	if *duckdb != "" {
		script := filepath.Join(dir, "duck.mjs")
		text := fmt.Sprintf("import { createRequire } from 'node:module';\nconst { DuckDBInstance } = createRequire(%q)('@duckdb/node-api');\nconst db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();\nfor (const q of %q.split(';')) if (q.trim()) { const r = await db.runAndReadAll(q); if (r.currentRowCount < 20) console.log(JSON.stringify(r.getRowsJson())); }\n",
			filepath.Join(*duckdb, "x.js"), fmt.Sprintf(query, log, columns()))
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			return err
		}
		list = append(list, &contestant{name: "DuckDB, 1 thread", args: []string{"node", script}, dir: *duckdb})
	}
	for range *runs {
		for _, c := range list {
			if err := c.measure(); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	info, err := os.Stat(log)
	if err != nil {
		return err
	}
	return show(os.Stdout, list, float64(info.Size())/1e6)
}

// measure runs it once. Exit code 1 is that of a log with rejected lines.
func (c *contestant) measure() error {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	var said strings.Builder
	cmd.Stderr = &said
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(strings.Join(c.args, " "), " access ")) {
		return fmt.Errorf("%w\n%s", err, said.String())
	}
	s := cmd.ProcessState
	u := usage{cpu: s.UserTime() + s.SystemTime(), wall: took}
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		u.rss = r.Maxrss
	}
	c.runs = append(c.runs, u)
	return nil
}

func show(w io.Writer, list []*contestant, megabytes float64) error {
	median := func(c *contestant, of func(usage) float64) float64 {
		var values []float64
		for _, u := range c.runs {
			values = append(values, of(u))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	cpu := func(u usage) float64 { return u.cpu.Seconds() }
	var b strings.Builder
	fmt.Fprintf(&b, "%.0f MB, median of %d runs in turn\n\n| program | CPU s | wall s | peak RSS MiB | MB per CPU s | CPU / fields | CPU / bytes |\n| --- | --- | --- | --- | --- | --- | --- |\n", megabytes, len(list[0].runs))
	for _, c := range list {
		s := median(c, cpu)
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.0f | %.0f | %.2f | %.2f |\n", c.name, s, median(c, func(u usage) float64 { return u.wall.Seconds() }),
			median(c, func(u usage) float64 { return float64(u.rss) / 1024 }), megabytes/s, c.beside(list[1]), c.beside(list[2]))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// beside is the median of the ratios of processor time, each of one round.
func (c *contestant) beside(o *contestant) float64 {
	var ratios []float64
	for i, u := range c.runs {
		ratios = append(ratios, u.cpu.Seconds()/o.runs[i].cpu.Seconds())
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

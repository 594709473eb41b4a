package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/forensics/flows/view"
	"paddock.dev/internal/forensics/lines"
)

// flowsOptions are the arguments of `paddock flows`.
type flowsOptions struct {
	locations             []string
	format, filter, plan  string
	since, until, rejects string
	groupBy               []string
	top, workers          int
	follow, live          bool
	out                   reportOutput
}

func newFlows(a *app) *cobra.Command {
	var o flowsOptions
	cmd := &cobra.Command{
		Use:   "flows LOCATION...",
		Short: "Say what VPC flow logs show: talkers, scans, beacons, forbidden flows",
		Long: `Reads VPC flow logs and answers in one pass: who talks to whom, what was refused,
who scans, calls home or sends out too much, whose answers are missing; and with a
plan, which flows it forbids and which allowances nobody used. A platform file is a
plan: its addresses get their names, and who may talk to whom follows from its uses.

A LOCATION is a file, a directory, s3://bucket/prefix, or - for standard input.
Files may be text, gzip, zstd or Parquet, with a header line, in a default format,
or in the one of --format. Every line is summed, or counted with its place and the
reason why not.

A filter compares fields by their names in the log, with = != < <= > >= in ~ and
joins them with and, or, not. Numbers may be ranges, addresses blocks.

The exit code is 1 when a file could not be read, a line is no record, the plan
forbids a flow that was let through, or the reading was interrupted.`,
		Example: `  paddock flows vpcflowlogs/

  # straight from the bucket, one day, as a page for the browser
  paddock flows s3://logs/AWSLogs/123456789012/vpcflowlogs/ap-south-1/2026/11/25/ -o html > flows.html

  # who reaches the databases, and is refused
  paddock flows flows.log.gz --filter 'dstport in (5432, 27017) and action = REJECT' --group-by srcaddr,dstport

  # the pods of the platform that runs here
  paddock flows --live --group-by interface-id

  # what the platform file does not allow
  paddock flows vpcflowlogs/ --plan platform.yaml

  # a format of your own, and a plan of who may talk to whom
  paddock flows flows/ --format '${srcaddr} ${dstaddr} ${dstport} ${bytes} ${packets} ${start} ${action}' --plan plan.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !o.live {
				return usage("missing-argument", "LOCATION is missing", "Write: "+cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.locations = args
			return a.flows(cmd.Context(), &o)
		},
	}
	o.out.flag(cmd)
	f := cmd.Flags()
	f.StringVar(&o.filter, "filter", "", "only records that this is true of, such as 'srcaddr in 10.0.0.0/8 and dstport = 443'")
	f.StringVar(&o.since, "since", "", "only flows that began then or later: a time (2026-11-25T08:00:00Z, 2026-11-25) or how long ago (2h)")
	f.StringVar(&o.until, "until", "", "only flows that began before, in the same forms")
	f.StringSliceVar(&o.groupBy, "group-by", nil, "also add up by these fields, such as vpc-id,dstport")
	f.IntVar(&o.top, "top", 10, "how long rankings are")
	f.StringVar(&o.format, "format", "", "the fields of files without a header line, as AWS writes them: '${version} ${account-id} …'")
	f.StringVar(&o.plan, "plan", "", "platform file, or a file with the names of addresses and who may talk to whom")
	f.StringVar(&o.rejects, "rejects", "", "file to write every line to that is no record")
	f.BoolVarP(&o.follow, "follow", "f", false, "go on with what is appended to the file, until interrupted")
	f.BoolVar(&o.live, "live", false, "read what the network of a platform of this machine writes")
	f.IntVar(&o.workers, "workers", 0, "how many files, or parts of one, are read at once (default one for each processor)")
	return cmd
}

func (a *app) flows(ctx context.Context, o *flowsOptions) error {
	var live flows.Plan
	if o.live {
		var err error
		if live, err = a.liveFlows(ctx, o); err != nil {
			return err
		}
	}
	opt, err := a.flowsAsked(o)
	if err != nil {
		return err
	}
	if o.live {
		opt.Plan = live
	}
	if o.rejects != "" {
		f, err := os.Create(o.rejects)
		if err != nil {
			return usage("rejects-file", "The file for rejected lines cannot be written", err.Error())
		}
		defer f.Close()
		opt.Rejects = f
	}
	// Tables of counters have no pointers, so collecting often costs next to
	// nothing and keeps the memory near what is in use.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	if o.follow {
		return a.followFlows(ctx, o, opt)
	}
	if opt.Stores, err = a.storesAt(ctx, o.locations); err != nil {
		return err
	}
	opt.Progress = &lines.Progress{}
	stop := a.showProgress(opt.Progress)
	r, err := flows.Run(ctx, opt)
	stop()
	if err != nil {
		return err
	}
	if r.Read.Files == 0 && len(r.Failed) == 0 && !r.Read.Interrupted {
		return usage("no-files", "There are no files in "+strings.Join(o.locations, ", "), "Look what is there, and name the directory or prefix that has the logs.")
	}
	if err := a.printFlows(o, r); err != nil {
		return err
	}
	return a.flowsVerdict(r)
}

// flowsAsked turns the flags into questions.
func (a *app) flowsAsked(o *flowsOptions) (flows.Options, error) {
	opt := flows.Options{Format: o.format, Top: o.top, Workers: o.workers}
	if o.top < 1 {
		return opt, usage("bad-flag", "--top must be at least 1", "Write --top 10")
	}
	if o.format != "" {
		if err := flows.CheckFormat(o.format); err != nil {
			return opt, asInput(err)
		}
	}
	var err error
	if o.filter != "" {
		if opt.Filter, err = flows.ParseFilter(o.filter); err != nil {
			return opt, asInput(err)
		}
	}
	if opt.GroupBy, err = flows.GroupFields(o.groupBy); err != nil {
		return opt, usage("unknown-field", "--group-by: "+err.Error(), "Fields are called as in flow logs, such as srcaddr, dstport, vpc-id.")
	}
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"--since", o.since, &opt.Since}, {"--until", o.until, &opt.Until}} {
		if *t.to, err = moment(t.flag, t.text, a.cfg.Now()); err != nil {
			return opt, err
		}
	}
	if !opt.Since.IsZero() && !opt.Until.IsZero() && !opt.Since.Before(opt.Until) {
		return opt, usage("bad-time", "--since is not before --until", "Exchange them.")
	}
	if o.plan != "" {
		if opt.Plan, err = a.planOf(o.plan); err != nil {
			return opt, err
		}
	}
	return opt, nil
}

// asInput makes a problem one of the user's input.
func asInput(err error) error {
	var p diag.Problem
	if errors.As(err, &p) {
		return inputError{p}
	}
	return err
}

func (a *app) printFlows(o *flowsOptions, r *flows.Report) error {
	switch o.out.format {
	case "json", "yaml":
		return o.out.encode(a.streams.Out, r)
	case "html":
		return view.HTML(a.streams.Out, r)
	case "csv":
		return flowsCSV(a.streams.Out, r)
	}
	columns := 0
	if a.streams.OutTerminal {
		columns, _ = a.streams.size()
	}
	return view.Text(a.streams.Out, r, view.TextOptions{Color: a.streams.OutColor, Columns: columns})
}

// flowsCSV writes the groups when there are some, else the pairs by bytes.
func flowsCSV(out io.Writer, r *flows.Report) error {
	w := newSheet(out)
	sums := func(s flows.Sum) []string {
		return []string{strconv.FormatUint(s.Bytes, 10), strconv.FormatUint(s.Packets, 10), strconv.FormatUint(s.Flows, 10)}
	}
	if len(r.GroupBy) > 0 {
		w.row(append(slices.Clone(r.GroupBy), "bytes", "packets", "flows")...)
		for _, g := range r.Groups {
			w.row(append(slices.Clone(g.Values), sums(g.Sum)...)...)
		}
	} else {
		w.row("srcaddr", "source", "dstaddr", "destination", "bytes", "packets", "flows")
		for _, p := range r.Pairs.ByBytes {
			w.row(append([]string{p.Source.Address, p.Source.Name, p.Destination.Address, p.Destination.Name}, sums(p.Sum)...)...)
		}
	}
	return w.end()
}

// flowsVerdict says on stderr what makes the exit code 1.
func (a *app) flowsVerdict(r *flows.Report) error {
	if r.Sound() {
		return nil
	}
	var problems []diag.Problem
	add := func(s diag.Severity, id, summary, detail, fix string) {
		problems = append(problems, diag.Problem{Severity: s, ID: id, Summary: summary, Detail: detail, Fix: fix})
	}
	if r.Read.Interrupted {
		add(diag.Warning, "interrupted", "Interrupted: the report is of what was read so far", "", "")
	}
	for i, f := range r.Failed {
		if i == 10 {
			add(diag.Error, "unreadable-file", fmt.Sprintf("%d more files were not read to their end", len(r.Failed)-i), "", "See them all: -o json")
			break
		}
		if f.Misread {
			add(diag.Error, "misread-file", f.Name+" was read in a format that is not all of its own", f.Reason+".", "")
			continue
		}
		add(diag.Error, "unreadable-file", f.Name+" was not read to its end", strings.TrimPrefix(f.Reason, f.Name+": ")+". Everything else is in the report.", "")
	}
	if n := r.Read.Rejected; n > 0 {
		first := r.Rejects[0]
		add(diag.Warning, "rejected-lines", count(int(n), "line")+" could not be understood and are in no sum", fmt.Sprintf("The first is %s:%d: %s.", first.File, first.Line, first.Reason), "Write them all to a file: --rejects FILE")
	}
	if n := r.Read.Beyond; n > 0 {
		add(diag.Error, "too-many-conversations", "There were more conversations than have room: "+count(int(n), "record")+" in no sum", "They are in the chart over time and in groups.", "Ask about less at a time: --filter, --since.")
	}
	if r.Policy != nil && r.Policy.ForbiddenLines > 0 {
		add(diag.Error, "forbidden-flows", "Flows that the plan forbids were let through: "+count(int(r.Policy.ForbiddenLines), "record"), "", "Close the way, or allow it in the plan with its reason.")
	}
	if err := diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
		return err
	}
	return errProblems
}

// followFlows prints the report anew whenever the file has grown; without a
// terminal once, at the end.
func (a *app) followFlows(ctx context.Context, o *flowsOptions, opt flows.Options) error {
	if len(o.locations) != 1 || o.locations[0] == "-" || strings.HasPrefix(o.locations[0], "s3://") {
		return usage("cannot-follow", "--follow wants one file on this machine", "Name the file that is written to.")
	}
	if info, err := os.Stat(o.locations[0]); err != nil || !info.Mode().IsRegular() {
		return usage("cannot-follow", o.locations[0]+" is no file that could grow", "Name the file that is written to.")
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	redraw := a.streams.OutTerminal && o.out.format == "table"
	r, err := flows.Follow(ctx, o.locations[0], opt, tick.C, func(r *flows.Report) {
		if redraw {
			fmt.Fprint(a.streams.Out, "\x1b[H\x1b[2J")
			_ = a.printFlows(o, r)
		}
	})
	if err != nil {
		return err
	}
	if !redraw {
		if err := a.printFlows(o, r); err != nil {
			return err
		}
	}
	return a.flowsVerdict(r)
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/access"
	"paddock.dev/internal/forensics/access/entry"
	"paddock.dev/internal/forensics/agents"
	"paddock.dev/internal/forensics/lines"
)

// accessFlags are what paddock access is asked.
type accessFlags struct {
	out                   reportOutput
	format, since, until  string
	filter, rejects       string
	groupBy               []string
	top                   int
	follow, live, withDNS bool
}

func newAccess(a *app) *cobra.Command {
	var f accessFlags
	cmd := &cobra.Command{
		Use:   "access LOCATION...",
		Short: "Say from access logs what is slow, what fails, and who is not a visitor",
		Long: `Reads access logs of Application, Network and Classic Load Balancers and of
CloudFront, and those of our own gateway, as files, directories, "-" or
s3://bucket/prefix, packed or not. In one pass it counts statuses, paths, hosts,
clients, user agents and targets, measures latencies by path and over time, and
looks for targets that fail, paths that got worse and when, scanners, scrapers
that say they are browsers, and crawlers that are not what they say.

Counts are exact, and every line is accounted for: one that is no request is
named with file, line and reason, and the exit code is 1. So it is when a file
cannot be read to its end; the rest is answered all the same.

Fields of --filter and --group-by:
` + accessFieldHelp(),
		Example: `  paddock access access.log.gz

  # a day from S3, as a report to send around
  paddock access s3://acme-logs/AWSLogs/111122223333/elasticloadbalancing/ap-south-1/2026/11/23 -o html > day.html

  # what the errors of the API have in common
  paddock access logs/ --filter 'status >= 500 and host = api.kestrelcars.example' --group-by path,target

  # the gateway of the platform that runs here, for as long as you watch
  paddock access --live --follow`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.access(cmd.Context(), &f, args) },
	}
	flags := cmd.Flags()
	f.out.flag(cmd)
	flags.StringVar(&f.format, "format", "", "what all files are: alb, nlb, elb or cloudfront (default: found out for each)")
	flags.StringVar(&f.since, "since", "", "only requests that ended from this time on: 24h, 7d, 2026-11-02 or 2026-11-02T09:00:00Z")
	flags.StringVar(&f.until, "until", "", "only requests that ended before this time")
	flags.StringVar(&f.filter, "filter", "", "only requests for which this is true: 'status >= 500 and path ~ /v1/'")
	flags.StringSliceVar(&f.groupBy, "group-by", nil, "also add up by these fields")
	flags.IntVar(&f.top, "top", 10, "how many of each list")
	flags.StringVar(&f.rejects, "rejects", "", "write every line that is no request to this `FILE`")
	flags.BoolVarP(&f.follow, "follow", "f", false, "go on with what is appended and with new files, until interrupted")
	flags.BoolVar(&f.live, "live", false, "read what the gateway of a platform of this machine writes")
	flags.BoolVar(&f.withDNS, "dns", false, "ask the DNS whether crawlers are what they say")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"alb", "nlb", "elb", "cloudfront"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("group-by", cobra.FixedCompletions(access.FieldNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func accessFieldHelp() string {
	var b strings.Builder
	for _, f := range access.Fields {
		fmt.Fprintf(&b, "  %-13s %s\n", f.Name, f.About)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) access(ctx context.Context, f *accessFlags, locations []string) (err error) {
	in, err := a.accessInput(ctx, f, locations)
	if err != nil {
		return err
	}
	if f.rejects != "" {
		file, err := os.Create(f.rejects)
		if err != nil {
			return usage("bad-flag", "--rejects: the file cannot be written", err.Error())
		}
		defer func() {
			if cerr := file.Close(); err == nil {
				err = cerr
			}
		}()
		in.Rejects = file
	}
	ask := access.Asking{Top: f.top}
	if f.withDNS {
		ask.DNS = resolver{}
	}
	var r *access.Report
	if f.follow {
		r, err = a.followAccess(ctx, f, in, ask)
	} else {
		in.Progress = &lines.Progress{}
		stop := a.showProgress(in.Progress)
		r, err = access.Read(ctx, in, ask)
		stop()
	}
	if err != nil {
		return fmt.Errorf("write the rejected lines: %w", err)
	}
	if err := a.printAccess(f, r); err != nil {
		return err
	}
	return a.accessProblems(f, r)
}

// accessInput checks everything before anything is read.
func (a *app) accessInput(ctx context.Context, f *accessFlags, locations []string) (in access.Input, err error) {
	now := a.cfg.Now()
	if in.Since, err = moment("--since", f.since, now); err != nil {
		return in, err
	}
	if in.Until, err = moment("--until", f.until, now); err != nil {
		return in, err
	}
	if !in.Since.IsZero() && !in.Until.IsZero() && !in.Since.Before(in.Until) {
		return in, usage("bad-flag", "--since is not before --until", "There is no time between them.")
	}
	if in.Format = entry.Format(f.format); f.format != "" && !slices.Contains(entry.Formats, in.Format) {
		return in, unknown("format", f.format, []string{"alb", "nlb", "elb", "cloudfront"})
	}
	if f.top < 1 {
		return in, usage("bad-flag", "--top is less than 1", "Write how many of each list you want to see, such as --top 20.")
	}
	for _, name := range f.groupBy {
		field, ok := access.FieldOf(name)
		if !ok {
			return in, unknown("field", name, access.FieldNames())
		}
		in.GroupBy = append(in.GroupBy, field)
	}
	if f.filter != "" {
		if in.Filter, err = access.ParseFilter(f.filter); err != nil {
			var problem diag.Problem
			if errors.As(err, &problem) {
				return in, inputError{problem}
			}
			return in, err
		}
	}
	if f.live {
		if len(locations) > 0 {
			return in, usage("flags-exclude", "--live reads the gateway's log and no other", "Leave out --live, or the locations.")
		}
		if locations, err = a.gatewayLogs(); err != nil {
			return in, err
		}
	}
	if len(locations) == 0 {
		return in, usage("missing-argument", "LOCATION is missing", "Write a file, a directory, s3://bucket/prefix or - for standard input; or --live for the platform that runs here.")
	}
	in.Stores, err = a.storesAt(ctx, locations)
	return in, err
}

// gatewayLogs are the files that the gateway of the platform writes, the older
// one first.
func (a *app) gatewayLogs() ([]string, error) {
	name, layout, err := a.locate()
	if err != nil {
		return nil, err
	}
	files, there := written(filepath.Join(layout.Logs(), "access.log"))
	if !there {
		return nil, usage("no-access-log", fmt.Sprintf("The gateway of the platform %q has written no access log", name), "Start the platform: paddock up platform.yaml")
	}
	return files, nil
}

func (a *app) printAccess(f *accessFlags, r *access.Report) error {
	switch f.out.format {
	case "table":
		columns := 0
		if a.streams.OutTerminal {
			columns, _ = a.streams.size()
		}
		return writeAccess(a.streams.Out, r, paint(a.streams.OutColor), columns)
	case "csv":
		return writeAccessCSV(a.streams.Out, r)
	case "html":
		return writeAccessPage(a.streams.Out, r)
	}
	return f.out.encode(a.streams.Out, r)
}

// accessProblems says on stderr what was not counted, and makes the exit code.
func (a *app) accessProblems(f *accessFlags, r *access.Report) error {
	var b strings.Builder
	color := paint(a.streams.ErrColor)
	for _, x := range r.Failed {
		fmt.Fprintf(&b, "%s %s: %s\n", color.as(red, "not read:"), safe(x.File), safe(x.Error))
	}
	if n := r.Read.Rejected; n > 0 {
		fmt.Fprintf(&b, "%s that are no requests and were not counted:\n", color.as(yellow, counted(n, "line")))
		for _, x := range r.Rejects {
			fmt.Fprintf(&b, "  %s:%d: %s\n", safe(x.File), x.Line, safe(x.Reason))
		}
		if rest := n - uint64(len(r.Rejects)); rest > 0 {
			if f.rejects == "" {
				fmt.Fprintf(&b, "  and %s; --rejects FILE writes all of them\n", counted(rest, "more line"))
			} else {
				fmt.Fprintf(&b, "  and %s in %s\n", counted(rest, "more line"), f.rejects)
			}
		}
	}
	if r.Read.Interrupted {
		fmt.Fprintf(&b, "interrupted: the answers are about what was read until then\n")
	}
	if b.Len() == 0 {
		return nil
	}
	if _, err := io.WriteString(a.streams.Err, b.String()); err != nil {
		return err
	}
	return errProblems
}

// resolver is the machine's, which gets two seconds for each question.
type resolver struct{}

var _ agents.Resolver = resolver{}

const dnsPatience = 2 * time.Second

func (resolver) LookupAddr(ctx context.Context, address string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, dnsPatience)
	defer cancel()
	return net.DefaultResolver.LookupAddr(ctx, address)
}

func (resolver) LookupHost(ctx context.Context, host string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, dnsPatience)
	defer cancel()
	return net.DefaultResolver.LookupHost(ctx, host)
}

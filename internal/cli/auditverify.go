package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/objects"
)

// auditVerifyOptions are the arguments of `paddock audit verify`.
type auditVerifyOptions struct {
	locations  []string
	keys       []string
	fetch      bool
	signatures string
	start, end string
	state      string
	full       bool
	heads      []string
	parallel   int
}

func newAuditVerify(a *app) *cobra.Command {
	var o auditVerifyOptions
	var out output
	cmd := &cobra.Command{
		Use:   "verify [FILE|DIR|s3://BUCKET/PREFIX...]",
		Short: "Prove that log files are what was written, and that all are there",
		Long: `Follows the signed digest files of CloudTrail ("Validating CloudTrail log file
integrity" in its user guide), and holds each digest against what the next one says
of it, and every log file against the digests. Several accounts, regions, trails and
organization trails may lie together; several places may be given.

Without a place it proves the platform's own record, and holds it against the heads
that the platform published in its environments.

A copy on disk has no S3 metadata, where signatures are kept. They are looked for in
a file of the same name with .sig, in the file given with --signatures, and in the
next digest, which has a copy.

Exit codes: 0 everything is proved; 1 something is not; 2 the command line or an
input is wrong.`,
		Example: `  # a bucket; public keys come from CloudTrail
  paddock audit verify s3://trail-bucket --fetch-keys

  # offline, a copy of it
  aws cloudtrail list-public-keys --start-time 2026-01-01 --end-time 2026-02-01 > keys.json
  paddock audit verify ./copy --keys keys.json --start 2026-01-01 --end 2026-02-01

  # every night, only what is new
  paddock audit verify s3://trail-bucket --fetch-keys --state trail.state

  # the platform's own record, against a head that somebody kept
  paddock audit verify --head head.json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.locations = args
			report, err := a.auditVerify(cmd.Context(), &o)
			if err != nil {
				return err
			}
			if out.text() {
				err = writeTrail(a.streams.Out, report, paint(a.streams.OutColor))
			} else {
				err = out.encode(a.streams.Out, report)
			}
			if err == nil && !report.Proved {
				err = errProblems
			}
			return err
		},
	}
	out.flag(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&o.keys, "keys", nil, "`FILE` with what aws cloudtrail list-public-keys printed; may be given for each region")
	f.BoolVar(&o.fetch, "fetch-keys", false, "ask CloudTrail for the public keys of every region that has digests")
	f.StringVar(&o.signatures, "signatures", "", "JSON `FILE` with signatures by key or file name, for a copy without metadata")
	f.StringVar(&o.start, "start", "", "prove what was delivered from this `TIME` on: 2026-01-31 or 2026-01-31T15:04:05Z")
	f.StringVar(&o.end, "end", "", "prove what was delivered until this `TIME`, and miss digests that should be there by then")
	f.StringVar(&o.state, "state", "", "`FILE` that remembers what is proved: the next run reads only log files that are new or touched")
	f.BoolVar(&o.full, "full", false, "read everything again in spite of --state")
	f.StringArrayVar(&o.heads, "head", nil, "`FILE` with a published head of an own record; may be given several times")
	f.IntVar(&o.parallel, "parallel", 0, "read so many files at once (default one for each CPU, 16 for buckets)")
	return cmd
}

// auditVerify does the work; what the user gave wrong is an inputError.
func (a *app) auditVerify(ctx context.Context, o *auditVerifyOptions) (*trail.Report, error) {
	if len(o.locations) == 0 {
		return a.auditOwn(ctx, o)
	}
	t, err := o.options(ctx, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	if len(o.keys) == 0 && !o.fetch {
		return nil, usage("no-keys", "There are no public keys to prove digests with",
			"Give --fetch-keys, or --keys FILE with what this prints:\naws cloudtrail list-public-keys --start-time TIME --end-time TIME")
	}
	if t.Keys, err = o.readKeys(ctx, t.Locations, t.Now); err != nil {
		return nil, err
	}
	heads, err := o.readHeads()
	if err != nil {
		return nil, err
	}
	if len(heads) > 0 && len(o.locations) != 1 {
		return nil, usage("which-record", "A head is of one record", "Give the record's folder alone: paddock audit verify DIR --keys FILE --head FILE")
	}
	return a.prove(ctx, o, t, o.locations[0], heads)
}

// prove runs the proof, keeps the state, also of a run that was interrupted, and
// holds heads against the record.
func (a *app) prove(ctx context.Context, o *auditVerifyOptions, t trail.Options, bucket string, heads map[string]record.Head) (*trail.Report, error) {
	if a.streams.ErrTerminal {
		t.Progress = func(done, total int) {
			if done%100 == 0 || done == total {
				fmt.Fprintf(a.streams.Err, "\r%d of %d files\x1b[K", done, total)
			}
		}
	}
	report, err := trail.Verify(ctx, t)
	if a.streams.ErrTerminal {
		fmt.Fprint(a.streams.Err, "\r\x1b[K")
	}
	if o.state != "" {
		if kept := t.State.Write(o.state); kept != nil {
			return nil, errors.Join(err, fmt.Errorf("keep the state: %w", kept))
		}
	}
	if errors.Is(err, trail.ErrNothing) && len(heads) == 0 {
		return nil, usage("no-digests", "There are no CloudTrail digest files in "+strings.Join(o.locations, ", "), "Without digests nothing is proved. Give the place that has AWSLogs/ACCOUNT/CloudTrail-Digest below it, and switch on log file validation for the trail. ("+err.Error()+")")
	}
	if errors.Is(err, trail.ErrNothing) {
		report, err = &trail.Report{}, nil
		report.Add()
	}
	if err != nil || len(heads) == 0 {
		return report, err
	}
	findings, err := record.CheckHeads(ctx, bucket, t.Keys, heads)
	if err != nil {
		findings = []trail.Finding{{Severity: trail.Problem, Kind: trail.HeadMismatch, File: bucket, Detail: "The record cannot be held against its heads: " + err.Error() + "."}}
	}
	report.Add(findings...)
	return report, nil
}

// options reads everything but the keys.
func (o *auditVerifyOptions) options(ctx context.Context, now time.Time) (t trail.Options, err error) {
	t = trail.Options{Now: now, Full: o.full, Parallel: o.parallel}
	for _, name := range o.locations {
		s, err := objects.At(ctx, name)
		if err != nil {
			return t, usage("no-location", "There is nothing to prove at "+name, "Give a file, a directory or s3://BUCKET/PREFIX. ("+err.Error()+")")
		}
		t.Locations = append(t.Locations, trail.Location{Name: name, Store: s})
		if strings.HasPrefix(name, "s3://") && t.Parallel == 0 {
			t.Parallel = 16 // the answers take longer than the work
		}
	}
	if t.Start, err = flagTime("--start", o.start); err != nil {
		return t, err
	}
	if t.End, err = flagTime("--end", o.end); err != nil {
		return t, err
	}
	if !t.End.IsZero() && !t.Start.Before(t.End) {
		return t, usage("bad-flag", "--start is not before --end", "Write: --start 2026-01-01 --end 2026-02-01")
	}
	if o.signatures != "" {
		text, err := os.ReadFile(o.signatures)
		if err == nil {
			err = json.Unmarshal(text, &t.Signatures)
		}
		if err != nil {
			return t, usage("bad-signatures", "The signatures cannot be read", `Write a JSON object: {"AWSLogs/…/name.json.gz": "hexadecimal signature"}. (`+err.Error()+")")
		}
	}
	if o.state != "" {
		if t.State, err = trail.ReadState(o.state); err != nil {
			return t, usage("bad-state", "The state of an earlier run cannot be read", "Remove it to prove everything again. ("+err.Error()+")")
		}
	} else {
		t.State = trail.NewState()
	}
	return t, nil
}

func flagTime(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, usage("bad-flag", fmt.Sprintf("%s %q is no time", flag, text), "Write 2026-01-31 or 2026-01-31T15:04:05Z.")
}

func (o *auditVerifyOptions) readKeys(ctx context.Context, locations []trail.Location, now time.Time) (trail.Keys, error) {
	keys := trail.Keys{}
	for _, path := range o.keys {
		some, err := readKeyFile(path)
		if err != nil {
			return nil, usage("bad-keys", "The public keys cannot be read", "Write what `aws cloudtrail list-public-keys` prints into the file. ("+err.Error()+")")
		}
		for name, key := range some {
			keys[name] = key
		}
	}
	if !o.fetch {
		return keys, nil
	}
	spans, err := trail.Chains(ctx, locations, now)
	if err != nil {
		return nil, err
	}
	some, err := trail.FetchKeys(ctx, spans)
	if err != nil {
		return nil, usage("no-keys", "CloudTrail did not give its public keys", "The call is cloudtrail:ListPublicKeys. Offline, give --keys FILE. ("+err.Error()+")")
	}
	for name, key := range some {
		keys[name] = key
	}
	return keys, nil
}

func readKeyFile(path string) (trail.Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	keys, err := trail.ReadKeys(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

func (o *auditVerifyOptions) readHeads() (map[string]record.Head, error) {
	heads := map[string]record.Head{}
	for _, path := range o.heads {
		h, err := readHeadFile(path)
		if err != nil {
			return nil, err
		}
		heads[path] = h
	}
	return heads, nil
}

func readHeadFile(path string) (record.Head, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return record.Head{}, usage("bad-head", "The head cannot be read", "Give the head.json that was published. ("+err.Error()+")")
	}
	h, err := record.ParseHead(text)
	if err != nil {
		return h, usage("bad-head", path+" is no head of a record", "Give the head.json that was published. ("+err.Error()+")")
	}
	return h, nil
}

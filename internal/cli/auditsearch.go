package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/audit/detect"
	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/diag"
)

// searchFlags are what audit search is asked.
type searchFlags struct {
	out             searchOutput
	who, what, on   []string
	from            []string
	since, until    string
	failed, errors  bool
	detections      bool
	rules, ruleFile []string
	failOn          string
	limit           int
}

// searchOutput is --output with csv beside the others.
type searchOutput struct{ output }

// Set refuses other words at once.
func (o *searchOutput) Set(s string) error {
	if s == "csv" {
		o.format = s
		return nil
	}
	if o.output.Set(s) != nil {
		return fmt.Errorf("write text, json, yaml or csv")
	}
	return nil
}

func newAuditSearch(a *app) *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   "search [LOCATION...]",
		Short: "Say who did what, and what of it looks like an attack",
		Long: `Reads AWS CloudTrail log files, Kubernetes audit logs and Paddock's own record, as
they are stored (compressed or not), and puts what they say on one timeline. A
LOCATION is a file, a directory, - for standard input, or s3://bucket/prefix. Without
one it is the record of the platform on this machine.

Rules look for the traces of known techniques of attack; the reference page of
detections lists them. What cannot be read is named, and the rest is answered all
the same.

Exit codes: 0 all was read; 1 something was not, or --fail-on found something;
2 the command line or a rule file is wrong.`,
		Example: `  # what happened to this platform today
  paddock audit search --since 24h

  # who touched this bucket last week
  paddock audit search s3://acme-trail/AWSLogs --on photos --since 7d

  # everything that one person was refused
  paddock audit search ./trail ./kube-audit.log --who asha --failed

  # for a pipeline: fail when something looks like an attack
  paddock audit search ./trail --detections --fail-on high -o json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.auditSearch(cmd, &f, args) },
	}
	flags := cmd.Flags()
	f.out.format = "text"
	flags.VarP(&f.out, "output", "o", "how to print the result: text, json, yaml or csv")
	flags.StringArrayVar(&f.who, "who", nil, "only this actor: a name, role, session, access key or account; * and ? stand for any text")
	flags.StringArrayVar(&f.what, "what", nil, "only this action, such as iam:*, CreateUser, 'create pods/exec' or secrets")
	flags.StringArrayVar(&f.on, "on", nil, "only this target: part of its name, or a pattern with * and ?")
	flags.StringArrayVar(&f.from, "from", nil, "only from this address or block of addresses")
	flags.StringVar(&f.since, "since", "", "only from this time on: 24h, 7d, 2026-11-02 or 2026-11-02T09:00:00Z")
	flags.StringVar(&f.until, "until", "", "only before this time")
	flags.BoolVar(&f.failed, "failed", false, "only what was refused: no permission, or a failed sign-in")
	flags.BoolVar(&f.errors, "errors", false, "only what went wrong, refused or not")
	flags.BoolVar(&f.detections, "detections", false, "only what rules find, not the events")
	flags.StringArrayVar(&f.rules, "rule", nil, "only what this rule finds")
	flags.StringArrayVar(&f.ruleFile, "rules", nil, "use the rules in this file or directory as well")
	flags.StringVar(&f.failOn, "fail-on", "", "exit with 1 when a finding is this severe: low, medium, high or critical")
	flags.IntVarP(&f.limit, "limit", "n", 1000, "show at most so many events, the latest; 0 shows all")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json", "yaml", "csv"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions([]string{"low", "medium", "high", "critical"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("rule", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		rules, _ := detect.Builtin()
		return ruleIDs(rules), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func (a *app) auditSearch(cmd *cobra.Command, f *searchFlags, locations []string) (err error) {
	query, err := f.query(a.cfg.Now())
	if err != nil {
		return err
	}
	rules, err := a.searchRules(f)
	if err != nil {
		return err
	}
	failOn := detect.Severity(-1)
	if f.failOn != "" {
		if err := failOn.UnmarshalText([]byte(f.failOn)); err != nil {
			return usage("bad-flag", "--fail-on: "+err.Error(), "Write for example: --fail-on high")
		}
	}
	if len(locations) == 0 {
		dir, _, err := a.ownRecord()
		var none inputError
		if errors.As(err, &none) && none.ID == "no-platform" && a.platform == "" {
			return usage("missing-argument", "LOCATION is missing, and there is no platform here whose record could be meant", "Write: "+cmd.UseLine())
		}
		if err != nil {
			return err
		}
		locations = []string{record.Bucket(dir)}
	}
	stores, err := a.storesAt(cmd.Context(), locations)
	if err != nil {
		return err
	}
	answer, err := detect.Ask(cmd.Context(), stores, detect.Inquiry{
		Query: query, Rules: rules, Limit: f.limit, FindingsOnly: f.detections,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	if err := a.printSearch(f, answer); err != nil {
		return err
	}
	severe := 0
	for _, found := range answer.Findings {
		if f.failOn != "" && found.Severity >= failOn {
			severe++
		}
	}
	if severe > 0 {
		fmt.Fprintf(a.streams.Err, "%s of severity %s or above.\n", count(severe, "finding"), failOn)
	}
	if severe > 0 || !answer.Summary.Whole() || answer.Folded > 0 {
		return errProblems
	}
	return nil
}

// query reads the flags that pick events.
func (f *searchFlags) query(now time.Time) (search.Query, error) {
	q := search.Query{Who: f.who, What: f.what, On: f.on, Failed: f.failed, Errors: f.errors}
	for _, text := range f.from {
		address, err := search.ParseAddress(text)
		if err != nil {
			return q, usage("bad-flag", "--from: "+err.Error(), "Write for example: --from 203.0.113.0/24")
		}
		q.From = append(q.From, address)
	}
	var err error
	if q.Since, err = moment("--since", f.since, now); err != nil {
		return q, err
	}
	if q.Until, err = moment("--until", f.until, now); err != nil {
		return q, err
	}
	switch {
	case !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until):
		return q, usage("bad-flag", "--since is not before --until", "There is no time between them.")
	case f.limit < 0:
		return q, usage("bad-flag", fmt.Sprintf("--limit %d is no number of events", f.limit), "Write a number from 1, or 0 for all.")
	}
	f.detections = f.detections || len(f.rules) > 0
	return q, nil
}

// moment reads a time, or how long ago it is.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 100_000 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usage("bad-flag", fmt.Sprintf("%s: %q is no time", flag, text), "Write for example 24h, 7d, 2026-11-02 or 2026-11-02T09:00:00Z; times without a zone are UTC.")
}

// searchRules are ours and the user's, or those of them that are asked for.
func (a *app) searchRules(f *searchFlags) ([]*detect.Rule, error) {
	rules, problems := detect.Builtin()
	for _, name := range f.ruleFile {
		own, bad, err := readRules(name)
		if err != nil {
			return nil, usage("rules-unreadable", "The rules cannot be read: "+err.Error(), "Name a YAML file with rules, or a directory of them.")
		}
		problems = append(problems, bad...)
		joined, bad := detect.Join(rules, own)
		rules, problems = joined, append(problems, bad...)
	}
	if len(problems) > 0 {
		if err := diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
			return nil, err
		}
		return nil, usage("bad-rules", "The rules have problems, so nothing was searched", "See the problems above.")
	}
	if len(f.rules) == 0 {
		return rules, nil
	}
	ids := ruleIDs(rules)
	for _, id := range f.rules {
		if !slices.Contains(ids, id) {
			fix := "The reference page of detections lists the rules."
			if near := diag.Nearest(id, ids); len(near) > 0 {
				fix = "Did you mean " + strings.Join(near, " or ") + "?"
			}
			return nil, usage("unknown-rule", fmt.Sprintf("There is no rule %q", id), fix)
		}
	}
	return slices.DeleteFunc(rules, func(r *detect.Rule) bool { return !slices.Contains(f.rules, r.ID) }), nil
}

// readRules reads a rule file, or those of a directory, and runs the rules on
// their own examples.
func readRules(name string) (rules []*detect.Rule, problems []diag.Problem, err error) {
	files := []string{name}
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		if files, err = fs.Glob(os.DirFS(name), "*.yaml"); err != nil {
			return nil, nil, err
		}
		for i := range files {
			files[i] = filepath.Join(name, files[i])
		}
		if len(files) == 0 {
			return nil, nil, fmt.Errorf("%s has no *.yaml", name)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		some, bad := detect.Parse(file, text)
		for _, r := range some {
			bad = append(bad, detect.Check(r)...)
		}
		diag.Sources{file: string(text)}.Excerpt(bad)
		rules, problems = append(rules, some...), append(problems, bad...)
	}
	return rules, problems, nil
}

func ruleIDs(rules []*detect.Rule) []string {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	return ids
}

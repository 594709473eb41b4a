package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"paddock.dev/internal/diag"
)

// inputError is a problem with what the user gave us: exit code 2.
type inputError struct{ diag.Problem }

// errProblems says that the problems are printed already: exit code 1.
var errProblems = errors.New("problems were found")

// errInput says the same of problems with what the user gave us: exit code 2.
var errInput = errors.New("the input has problems")

// report prints an error, the only place that does, and picks the exit code.
func (a *app) report(err error) int {
	var input inputError
	var problem diag.Problem
	code := exitFailed
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errProblems):
		return exitFailed
	case errors.Is(err, errInput):
		return exitUsage
	case errors.As(err, &input):
		problem, code = input.Problem, exitUsage
	case errors.As(err, &problem):
	default:
		problem = explain(err)
	}
	_ = diag.WriteText(a.streams.Err, []diag.Problem{problem}, diag.TextOptions{Color: a.streams.ErrColor})
	return code
}

// explain says in our words what other people's errors mean.
func explain(err error) diag.Problem {
	p := diag.Problem{Severity: diag.Error, ID: "failed", Summary: "The command could not do its work", Detail: err.Error() + "."}
	// Not net.Error: the operating system's errors of files are of that kind, too.
	var request *url.Error
	var network *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		p.ID, p.Summary, p.Detail = "interrupted", "Interrupted", ""
	case apierrors.IsForbidden(err):
		p.ID, p.Summary = "forbidden", "The platform refused it"
	case errors.As(err, &request), errors.As(err, &network):
		p.ID, p.Summary = "no-answer", "The platform's API does not answer"
		p.Fix = "See what this machine lacks: paddock doctor"
	}
	return p
}

func usage(id, summary, fix string) error {
	return inputError{diag.Problem{Severity: diag.Error, ID: id, Summary: summary, Fix: fix}}
}

func noData(err error) error {
	return usage("no-data-directory", "There is no place for data", "Set PADDOCK_DATA, or give --data DIRECTORY. ("+err.Error()+")")
}

// unknown says that there is no thing of that name, and what there is.
func unknown(kind, name string, known []string) error {
	p := diag.Problem{Severity: diag.Error, ID: "unknown-" + kind, Summary: fmt.Sprintf("There is no %s %q", kind, name)}
	if near := diag.Nearest(name, known); len(near) > 0 {
		p.Fix = "Did you mean " + strings.Join(near, " or ") + "?"
	}
	if len(known) > 0 {
		p.Detail = "There is: " + strings.Join(known, ", ") + "."
	}
	return inputError{p}
}

func badFlag(cmd *cobra.Command, err error) error {
	text := err.Error()
	return usage("bad-flag", strings.ToUpper(text[:1])+text[1:], fmt.Sprintf("See the flags: %s --help", cmd.CommandPath()))
}

// unknownCommand is the Args of a command that has commands below it.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	slices.Sort(names)
	p := diag.Problem{Severity: diag.Error, ID: "unknown-command", Summary: fmt.Sprintf("There is no command %q", cmd.CommandPath()+" "+args[0])}
	if near := diag.Nearest(args[0], names); len(near) > 0 {
		p.Fix = "Did you mean " + strings.Join(near, " or ") + "?"
	} else {
		p.Fix = fmt.Sprintf("See the commands: %s --help", cmd.CommandPath())
	}
	return inputError{p}
}

// exactly wants one argument for each name.
func exactly(names ...string) cobra.PositionalArgs { return between(len(names), names...) }

// atMost makes the arguments optional.
func atMost(names ...string) cobra.PositionalArgs { return between(0, names...) }

func between(least int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("missing-argument", fmt.Sprintf("%s is missing", names[len(args)]), "Write: "+cmd.UseLine())
		case len(args) > len(names):
			return usage("extra-argument", fmt.Sprintf("%q is one argument too many", args[len(names)]), "Write: "+cmd.UseLine())
		}
		return nil
	}
}

package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/store"
)

// Results of a check.
const (
	checkOK      = "ok"
	checkInfo    = "info"
	checkWarning = "warning"
	checkFailed  = "failed"
)

func newDoctor(a *app) *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether this machine can run a platform",
		Long: `Looks at everything that a platform needs of its machine and at how pods would be
kept apart here. A line that failed says what to do. The exit code is 1 when one
failed; warnings and information change nothing.`,
		Example: "  paddock doctor\n  paddock doctor -o json",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := store.Root(a.data, a.getenv)
			if err != nil {
				return noData(err)
			}
			report := examine(cmd.Context(), root)
			if out.text() {
				err = writeDoctor(a.streams.Out, report, paint(a.streams.OutColor))
			} else {
				err = out.encode(a.streams.Out, report)
			}
			if err == nil && !report.OK {
				err = errProblems
			}
			return err
		},
	}
	out.flag(cmd)
	return cmd
}

// examine runs every check, in the order in which they are printed.
func examine(ctx context.Context, root string) v1.Doctor {
	d := v1.Doctor{OK: true, Isolation: "process"}
	for _, check := range []func(context.Context, string) v1.DoctorCheck{
		checkSystem, checkIsolation, checkLoopback, checkGateway, checkConsole, checkGit, checkGo,
		checkProcessors, checkMemory, checkDisk, checkNamespaces, checkCgroups, checkPlatforms,
	} {
		c := check(ctx, root)
		d.OK = d.OK && c.Result != checkFailed
		d.Checks = append(d.Checks, c)
	}
	return d
}

func writeDoctor(w io.Writer, d v1.Doctor, p paint) error {
	colors := map[string]string{checkOK: green, checkWarning: yellow, checkFailed: red}
	for _, c := range d.Checks {
		if _, err := fmt.Fprintf(w, "%s  %-11s  %s\n", p.as(colors[c.Result], fmt.Sprintf("%-7s", c.Result)), c.Name, safe(c.Found)); err != nil {
			return err
		}
		if c.Remedy != "" {
			if _, err := fmt.Fprintf(w, "%22s%s\n", "", safe(c.Remedy)); err != nil {
				return err
			}
		}
	}
	return nil
}

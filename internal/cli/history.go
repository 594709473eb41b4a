package cli

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
)

func newHistory(a *app) *cobra.Command {
	var out output
	var env string
	var limit int
	cmd := &cobra.Command{
		Use:   "history [SERVICE]",
		Short: "Show builds, releases, approvals and rollouts in one timeline",
		Example: `  # everything that happened to booking in production
  paddock history booking --env prod`,
		Args:              atMost("SERVICE"),
		ValidArgsFunction: a.completeFirst(completeServices),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := a.snapshot(cmd.Context())
			if err != nil {
				return err
			}
			f := matrix.Filter{Environment: env}
			if len(args) > 0 {
				f.Service = args[0]
			}
			if err := cmp.Or(knownService(in, f.Service), knownEnvironment(in, f.Environment)); err != nil {
				return err
			}
			h := matrix.History(in, f)
			if limit > 0 && len(h.Entries) > limit {
				h.Entries = h.Entries[:limit]
			}
			if !out.text() {
				return out.encode(a.streams.Out, h)
			}
			if len(h.Entries) == 0 {
				fmt.Fprintln(a.streams.Err, "Nothing happened yet.")
				return nil
			}
			columns, _ := a.streams.size()
			return writeHistory(a.streams.Out, h, time.Local, paint(a.streams.OutColor), columns)
		},
	}
	out.flag(cmd)
	a.environmentFlag(cmd, &env)
	cmd.Flags().IntVarP(&limit, "limit", "n", 50, "show at most so many entries; 0 shows all")
	return cmd
}

// writeHistory prints one line per entry, the newest first.
func writeHistory(w io.Writer, h v1.History, zone *time.Location, p paint, columns int) error {
	var t table
	t.add(cell{"WHEN", dim}, cell{"SERVICE", dim}, cell{"WHAT", dim}, cell{"WHO", dim}, cell{"RESULT", dim}, cell{"WHY", dim})
	for _, e := range h.Entries {
		result, why := plain(matrix.Words(e.Result)), e.Why
		switch e.Result {
		case string(v1.RolloutSucceeded), "Approved":
			result.color = green
		case string(v1.BuildFailed), "Blocked", string(v1.RolloutRolledBack):
			result.color, why = red, cmp.Or(e.Message, why)
		default:
			why = cmp.Or(why, e.Message)
		}
		t.add(plain(e.Time.In(zone).Format(time.DateTime)), cell{e.Service, bold}, plain(e.What), plain(matrix.Person(e.Who)), result, plain(why))
	}
	return t.write(w, p, columns)
}

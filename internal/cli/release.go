package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
)

func newRelease(a *app) *cobra.Command {
	list := newReleaseList(a)
	cmd := &cobra.Command{
		Use:     "release",
		Aliases: []string{"releases"},
		Short:   "List releases, or show one",
		Example: "  paddock release list --service booking\n  paddock release show booking-1.13.0",
		Args:    unknownCommand,
		RunE:    list.RunE,
	}
	cmd.Flags().AddFlagSet(list.Flags())
	cmd.AddCommand(list, newReleaseShow(a))
	return cmd
}

func newReleaseList(a *app) *cobra.Command {
	var out output
	var service string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List releases, the newest first, and where they run",
		Example: "  paddock release list\n  paddock release list --service booking -o json",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := a.snapshot(cmd.Context())
			if err != nil {
				return err
			}
			if err := knownService(in, service); err != nil {
				return err
			}
			releases := matrix.Releases(in, service)
			if !out.text() {
				return out.encode(a.streams.Out, releases)
			}
			if len(releases.Releases) == 0 {
				fmt.Fprintln(a.streams.Err, "There are no releases yet: git push makes one.")
				return nil
			}
			columns, _ := a.streams.size()
			return writeReleases(a.streams.Out, releases, in.Now, paint(a.streams.OutColor), columns)
		},
	}
	out.flag(cmd)
	a.serviceFlag(cmd, &service)
	return cmd
}

func newReleaseShow(a *app) *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:               "show RELEASE",
		Short:             "Show what a release is made of and what happened to it",
		Example:           "  paddock release show booking-1.13.0",
		Args:              exactly("RELEASE"),
		ValidArgsFunction: a.completeFirst(completeReleases),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := a.snapshot(cmd.Context())
			if err != nil {
				return err
			}
			r, ok := matrix.Release(in, args[0])
			if !ok {
				return unknownRelease(in, args[0])
			}
			if !out.text() {
				return out.encode(a.streams.Out, r)
			}
			return writeRelease(a.streams.Out, r, paint(a.streams.OutColor))
		},
	}
	out.flag(cmd)
	return cmd
}

// unknownRelease offers the nearest names; the list of all would be long.
func unknownRelease(in matrix.Input, name string) error {
	var known []string
	service := name[:max(0, strings.LastIndexByte(name, '-'))]
	for _, r := range in.Releases {
		if r.Spec.Service == service {
			known = append(known, r.Name)
		}
	}
	slices.Sort(known)
	return unknown("release", name, known)
}

func writeReleases(w io.Writer, releases v1.ReleaseSummaries, now time.Time, p paint, columns int) error {
	var t table
	t.add(cell{"RELEASE", dim}, cell{"RUNS IN", dim}, cell{"MADE", dim}, cell{"COMMIT", dim}, cell{"CHANGE", dim})
	for _, r := range releases.Releases {
		change := plain(r.Subject)
		if r.Blocked != "" {
			change = cell{"blocked: " + r.Blocked, red}
		}
		name := r.Name
		if r.Drill {
			name += " (drill)"
		}
		t.add(cell{name, bold}, cell{strings.Join(r.Environments, " "), green}, plain(matrix.Ago(now.Sub(r.CreatedAt))), plain(matrix.Short(r.Commit)), change)
	}
	return t.write(w, p, columns)
}

func writeRelease(w io.Writer, r v1.ReleaseDetail, p paint) error {
	var facts table
	fact := func(name, value string) {
		if value != "" {
			facts.add(cell{name, dim}, plain(value))
		}
	}
	fact("release", r.Name)
	fact("change", r.Subject)
	fact("by", r.Author)
	fact("made", r.CreatedAt.Local().Format(time.DateTime))
	fact("commit", r.Commit)
	fact("image", r.Image)
	fact("config", r.ConfigDigest)
	fact("build", r.Build)
	fact("runs in", strings.Join(r.Environments, ", "))
	if r.Blocked != "" {
		facts.add(cell{"blocked", dim}, cell{r.Blocked, red})
	}
	if err := facts.write(w, p, 0); err != nil {
		return err
	}
	if len(r.History) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return writeHistory(w, v1.History{Entries: r.History}, time.Local, p, 0)
}

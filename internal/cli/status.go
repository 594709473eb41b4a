package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
)

func newStatus(a *app) *cobra.Command {
	var out output
	var watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what runs where, what is on its way, and what waits for people",
		Example: `  paddock status

  # redraw as it changes; without a terminal, print a line for each change
  paddock status --watch

  # the release that production points at
  paddock status -o json | jq -r '.environments[] | select(.name == "prod").services[] | "\(.service) \(.release)"'`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := a.connect()
			if err != nil {
				return err
			}
			read := func(ctx context.Context) (v1.Status, error) {
				in, err := p.Snapshot(ctx, a.cfg.Now())
				if err != nil {
					return v1.Status{}, err
				}
				return matrix.Status(in), nil
			}
			if watch {
				return a.watchStatus(cmd.Context(), &out, read, p.State.Alive)
			}
			s, err := read(cmd.Context())
			if err != nil {
				return err
			}
			if !out.text() {
				return out.encode(a.streams.Out, s)
			}
			columns, _ := a.streams.size()
			return writeStatus(a.streams.Out, s, paint(a.streams.OutColor), columns)
		},
	}
	out.flag(cmd)
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "keep going until interrupted")
	return cmd
}

// watchStatus goes on while the supervisor is alive, also when the API does not
// answer.
func (a *app) watchStatus(ctx context.Context, out *output, read func(context.Context) (v1.Status, error), alive func() bool) error {
	if out.text() && a.streams.OutTerminal {
		return a.redrawStatus(ctx, read, alive)
	}
	wait := patience{alive: alive, say: func(text string) {
		fmt.Fprintf(a.streams.Err, "%s %s\n", a.cfg.Now().Local().Format(time.TimeOnly), text)
	}}
	var last v1.Status
	first := true
	return repeat(ctx, func(ctx context.Context) error {
		s, err := read(ctx)
		if err != nil {
			return wait.failed(ctx, err)
		}
		wait.answered()
		defer func() { last, first = s, false }()
		if !out.text() {
			return printIfChanged(a, out, first, last, s)
		}
		if first {
			return writeStatus(a.streams.Out, s, false, 0)
		}
		for _, line := range statusChanges(last, s) {
			if _, err := fmt.Fprintf(a.streams.Out, "%s %s\n", s.Time.Local().Format(time.TimeOnly), safe(line)); err != nil {
				return err
			}
		}
		return nil
	})
}

func printIfChanged(a *app, out *output, first bool, last, s v1.Status) error {
	last.Time = s.Time
	was, err := json.Marshal(last)
	if err != nil {
		return err
	}
	is, err := json.Marshal(s)
	if err != nil {
		return err
	}
	switch {
	case !first && bytes.Equal(was, is):
		return nil
	case out.format == "yaml":
		if _, err := fmt.Fprintln(a.streams.Out, "---"); err != nil {
			return err
		}
		return out.encode(a.streams.Out, s)
	}
	_, err = fmt.Fprintf(a.streams.Out, "%s\n", is) // a document per line
	return err
}

// redrawStatus uses the terminal's second screen, and leaves the last picture on
// the first one. While the API does not answer, the last picture stays, with a
// line that says so.
func (a *app) redrawStatus(ctx context.Context, read func(context.Context) (v1.Status, error), alive func() bool) error {
	const enter, leave, home, clearLine, clearRest = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H", "\x1b[K", "\x1b[J"
	var picture bytes.Buffer
	wait := patience{alive: alive, say: func(string) {}} // the picture says it
	fmt.Fprint(a.streams.Out, enter)
	err := repeat(ctx, func(ctx context.Context) error {
		s, err := read(ctx)
		columns, lines := a.streams.size()
		if err != nil {
			if err := wait.failed(ctx, err); err != nil {
				return err
			}
			lines-- // for the line that says so
		} else {
			wait.answered()
			picture.Reset()
			if err := writeStatus(&picture, s, paint(a.streams.OutColor), columns); err != nil {
				return err
			}
		}
		var frame bytes.Buffer
		frame.WriteString(home)
		for i, line := range bytes.Split(bytes.TrimRight(picture.Bytes(), "\n"), []byte("\n")) {
			if lines > 0 && i >= lines-1 {
				break
			}
			frame.Write(line)
			frame.WriteString(clearLine + "\r\n")
		}
		if wait.waiting {
			frame.WriteString(paint(a.streams.OutColor).as(red, noAnswer) + clearLine + "\r\n")
		}
		frame.WriteString(clearRest)
		_, err = a.streams.Out.Write(frame.Bytes()) // one write, so that it does not flicker
		return err
	})
	fmt.Fprint(a.streams.Out, leave)
	if _, werr := a.streams.Out.Write(picture.Bytes()); err == nil {
		err = werr
	}
	return err
}

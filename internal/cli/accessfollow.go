package cli

import (
	"bytes"
	"context"
	"fmt"

	"paddock.dev/internal/forensics/access"
)

// followAccess reads until it is interrupted. On a terminal the table is drawn
// again and again; elsewhere each finding is said once, and the answers come at
// the end.
func (a *app) followAccess(ctx context.Context, f *accessFlags, in access.Input, ask access.Asking) (*access.Report, error) {
	follower := access.NewFollower(in)
	defer follower.Close()
	watching := a.streams.OutTerminal && f.out.format == "table"
	const enter, leave, home, rest = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l", "\x1b[H", "\x1b[J"
	if watching {
		fmt.Fprint(a.streams.Out, enter)
	}
	said := map[string]bool{}
	err := repeat(ctx, func(ctx context.Context) error {
		news, err := follower.Poll(ctx)
		if err != nil || !news {
			return err
		}
		r, err := follower.Report(ctx, ask)
		if err != nil {
			return err
		}
		if !watching {
			for _, x := range r.Findings {
				if key := x.Kind + " " + x.Subject; !said[key] {
					said[key] = true
					fmt.Fprintf(a.streams.Err, "%s  %s\n", x.Kind, safe(x.Summary))
				}
			}
			return nil
		}
		return a.drawAccess(r, home, rest)
	})
	if watching {
		fmt.Fprint(a.streams.Out, leave)
	}
	if err != nil {
		return nil, err
	}
	return follower.Report(context.WithoutCancel(ctx), ask)
}

// drawAccess shows as much of the answers as the screen has room for.
func (a *app) drawAccess(r *access.Report, home, rest string) error {
	var picture, frame bytes.Buffer
	columns, rows := a.streams.size()
	if err := writeAccess(&picture, r, paint(a.streams.OutColor), columns); err != nil {
		return err
	}
	frame.WriteString(home)
	for i, line := range bytes.Split(picture.Bytes(), []byte("\n")) {
		if rows > 0 && i >= rows-1 {
			break
		}
		frame.Write(line)
		frame.WriteString("\x1b[K\r\n")
	}
	frame.WriteString(rest)
	_, err := a.streams.Out.Write(frame.Bytes()) // one write, so that it does not flicker
	return err
}

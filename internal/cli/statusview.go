package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
)

// writeStatus is the matrix for people, cut to so many columns when that is not
// 0.
func writeStatus(w io.Writer, s v1.Status, p paint, columns int) error {
	var b strings.Builder
	b.WriteString(p.as(bold, s.Platform))
	if s.GatewayURL != "" {
		fmt.Fprintf(&b, "   gateway %s   console %s", s.GatewayURL, s.ConsoleURL)
	}
	b.WriteString("\n\n")
	t := statusTable(s)
	_ = t.write(&b, p, columns) // a Builder takes everything

	for _, part := range []struct {
		title string
		lines table
	}{{"Waiting for people", waitingTable(s)}, {"On its way", movingTable(s)}, {"Needs a fix", troubleTable(s)}} {
		if len(part.lines.rows) > 0 {
			b.WriteString("\n" + p.as(bold, part.title) + "\n")
			_ = part.lines.write(&b, p, columns)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// statusTable has a line for what runs, and below it one for what is on its way
// or was taken back.
func statusTable(s v1.Status) table {
	var t table
	head := []cell{{"", ""}}
	for _, env := range s.Environments {
		head = append(head, cell{env.Name, bold})
	}
	t.add(head...)
	for _, service := range s.Services {
		first, second, third := []cell{{service, bold}}, []cell{{}}, []cell{{}}
		for _, env := range s.Environments {
			running, moving, failed := statusCells(service, env)
			if moving.text == "" {
				moving, failed = failed, cell{}
			}
			first, second, third = append(first, running), append(second, moving), append(third, failed)
		}
		t.add(first...)
		for _, extra := range [][]cell{second, third} {
			if anyText(extra) {
				t.add(extra...)
			}
		}
	}
	return t
}

func anyText(cells []cell) bool {
	for _, c := range cells {
		if c.text != "" {
			return true
		}
	}
	return false
}

func statusCells(service string, env v1.EnvironmentStatus) (running, moving, failed cell) {
	for _, c := range env.Services {
		if c.Service != service {
			continue
		}
		running = cell{"nothing yet", dim}
		if c.Release != "" {
			running = cell{fmt.Sprintf("%s %d/%d", c.Version, c.Ready, c.Desired), ""}
			if !matrix.Serving(c) {
				running.color = red
			}
		}
		if r := c.Rollout; r != nil {
			moving = cell{r.Version + " " + matrix.Phrase(r), blue}
			switch r.Phase {
			case string(v1.RolloutAwaitingApproval), "Queued":
				moving.color = yellow
			case string(v1.RolloutRollingBack):
				moving.color = red
			}
		}
		if c.Failed != nil {
			failed = cell{c.Failed.Version + " rolled back", red}
		}
		return running, moving, failed
	}
	return cell{"-", dim}, moving, failed
}

func waitingTable(s v1.Status) table {
	t := table{indent: "  "}
	for _, a := range s.Approvals {
		t.add(plain(fmt.Sprintf("%s %s to %s", a.Service, a.Version, a.Environment)), plain(matrix.Needs(a)), cell{matrix.Ago(s.Time.Sub(a.Since)), dim})
		t.add(cell{}, cell{a.Command, green})
	}
	return t
}

func movingTable(s v1.Status) table {
	t := table{indent: "  "}
	for _, b := range s.Builds {
		if b.Phase != string(v1.BuildFailed) {
			t.add(plain(b.Service+" "+matrix.Short(b.Commit)), plain("build "+strings.ToLower(b.Phase)), plain(b.Message))
		}
	}
	for _, env := range s.Environments {
		for _, c := range env.Services {
			if r := c.Rollout; r != nil && r.Phase != string(v1.RolloutAwaitingApproval) {
				t.add(plain(fmt.Sprintf("%s %s to %s", c.Service, r.Version, env.Name)), cell{matrix.Phrase(r), blue}, plain(r.Message))
			}
		}
	}
	return t
}

func troubleTable(s v1.Status) table {
	t := table{indent: "  "}
	for _, b := range s.Builds {
		if b.Phase == string(v1.BuildFailed) {
			t.add(plain(b.Service+" "+matrix.Short(b.Commit)), cell{"does not build", red}, plain(b.Message))
		}
	}
	for _, b := range s.Blocked {
		t.add(plain(b.Service+" "+b.Version), cell{"blocked", red}, plain(b.Reason))
	}
	for _, env := range s.Environments {
		for _, c := range env.Services {
			if c.Release != "" && !matrix.Serving(c) {
				t.add(plain(c.Service+" in "+env.Name), cell{fmt.Sprintf("%d of %d pods", c.Ready, c.Desired), red}, plain("paddock logs "+c.Service+" --env "+env.Name))
			}
		}
	}
	return t
}

// statusChanges says in lines what is different between two looks.
func statusChanges(was, is v1.Status) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	type at struct{ env, service string }
	before := map[at]v1.ServiceStatus{}
	for _, env := range was.Environments {
		for _, c := range env.Services {
			before[at{env.Name, c.Service}] = c
		}
	}
	for _, env := range is.Environments {
		for _, c := range env.Services {
			b := before[at{env.Name, c.Service}]
			where := c.Service + " in " + env.Name + ":"
			if c.Release != b.Release {
				say("%s runs %s", where, cmp.Or(c.Version, "nothing"))
			}
			if c.Release != "" && (c.Ready != b.Ready || c.Desired != b.Desired) {
				say("%s %d of %d pods are ready", where, c.Ready, c.Desired)
			}
			if r := c.Rollout; r != nil && rolloutLine(r) != rolloutLine(b.Rollout) {
				say("%s %s", where, rolloutLine(r))
			}
			if f := c.Failed; f != nil && (b.Failed == nil || b.Failed.Name != f.Name) {
				say("%s %s was rolled back: %s", where, f.Version, f.Message)
			}
		}
	}
	builds := map[string]string{}
	for _, b := range was.Builds {
		builds[b.Name] = b.Phase
	}
	for _, b := range is.Builds {
		if builds[b.Name] != b.Phase {
			say("%s %s: build %s %s", b.Service, matrix.Short(b.Commit), strings.ToLower(b.Phase), b.Message)
		}
	}
	blocked := map[string]bool{}
	for _, b := range was.Blocked {
		blocked[b.Release] = true
	}
	for _, b := range is.Blocked {
		if !blocked[b.Release] {
			say("%s %s is blocked: %s", b.Service, b.Version, b.Reason)
		}
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

func rolloutLine(r *v1.RunningRollout) string {
	if r == nil {
		return ""
	}
	line := r.Version + " " + matrix.Phrase(r)
	if r.Message != "" {
		line += ": " + r.Message
	}
	return line
}

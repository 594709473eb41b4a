package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/audit/trail"
)

// shownLost and shownAlike are how many names and findings of a kind the text
// has. JSON has all.
const (
	shownLost  = 10
	shownAlike = 5
)

// writeTrail prints a proof for people: the verdict, the chains, and what is not
// proved.
func writeTrail(w io.Writer, r *trail.Report, p paint) error {
	var b strings.Builder
	verdict := p.as(green, "Everything is proved")
	if !r.Proved {
		verdict = p.as(red, "Not everything is proved")
	}
	fmt.Fprintf(&b, "%s: %d of %s, %d of %s.\n", verdict,
		r.Digests.Proved, count(r.Digests.Found+r.Digests.Missing, "digest file"), r.Logs.Proved, count(r.Logs.Found+r.Logs.Missing, "log file"))
	if r.Logs.Known > 0 {
		fmt.Fprintf(&b, "Log files that an earlier run proved and nobody touched since: %d.\n", r.Logs.Known)
	}
	if r.Digests.Recovered > 0 {
		fmt.Fprintf(&b, "Signatures recovered from the next digest: %d.\n", r.Digests.Recovered)
	}
	if len(r.Chains) > 0 {
		b.WriteByte('\n')
		t := table{}
		t.add(cell{"CHAIN", dim}, cell{"PROVED FROM", dim}, cell{"TO", dim}, cell{"DIGESTS", dim}, cell{"LOG FILES", dim})
		for _, c := range r.Chains {
			tint := green
			if c.Proved < c.Digests {
				tint = red
			}
			t.add(cell{c.Name, bold}, plain(trailTime(c.From)), plain(trailTime(c.To)), cell{fmt.Sprintf("%d of %d", c.Proved, c.Digests), tint}, plain(fmt.Sprint(c.Logs)))
		}
		if err := t.write(&b, p, 0); err != nil {
			return err
		}
	}
	alike := map[trail.Kind]int{}
	for _, f := range byWeight(r.Findings) {
		if alike[f.Kind]++; alike[f.Kind] <= shownAlike {
			writeFinding(&b, f, p)
		}
	}
	var more []string
	for kind, n := range alike {
		if n > shownAlike {
			more = append(more, fmt.Sprintf("%d more of %s", n-shownAlike, kind))
		}
	}
	if len(more) > 0 {
		slices.Sort(more)
		fmt.Fprintf(&b, "\nand %s; -o json has all.\n", strings.Join(more, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// byWeight puts problems before notes.
func byWeight(findings []trail.Finding) []trail.Finding {
	all := slices.Clone(findings)
	slices.SortStableFunc(all, func(a, b trail.Finding) int {
		return cmp.Compare(b.Severity, a.Severity) // "problem" comes after "note"
	})
	return all
}

func writeFinding(b *strings.Builder, f trail.Finding, p paint) {
	tint := red
	if f.Severity == trail.Note {
		tint = yellow
	}
	fmt.Fprintf(b, "\n%s %s", p.as(tint, string(f.Severity)), p.as(bold, string(f.Kind)))
	if f.File != "" {
		b.WriteString(" " + safe(f.File))
	}
	fmt.Fprintf(b, "\n  %s\n", safe(f.Detail))
	if len(f.Lost) == 0 || len(f.Lost) == 1 && f.Lost[0] == f.File {
		return
	}
	fmt.Fprintf(b, "  Without proof because of it, %s:\n", count(len(f.Lost), "log file"))
	for i, lost := range f.Lost {
		if i == shownLost {
			fmt.Fprintf(b, "    and %d more; -o json has all\n", len(f.Lost)-shownLost)
			break
		}
		fmt.Fprintf(b, "    %s\n", safe(lost))
	}
}

func trailTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

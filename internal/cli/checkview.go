package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// checkOutput is the flag --output with one format more.
type checkOutput struct{ output }

func (o *checkOutput) flag(cmd *cobra.Command) {
	o.output.flag(cmd)
	f := cmd.Flags().Lookup("output")
	f.Value, f.Usage = o, "how to print the result: text, json, yaml or sarif"
}

// Set takes what output takes, and sarif.
func (o *checkOutput) Set(s string) error {
	if s == "sarif" {
		o.format = s
		return nil
	}
	if o.output.Set(s) != nil {
		return fmt.Errorf("write text, json, yaml or sarif")
	}
	return nil
}

// checkAnswer is the result for programs.
type checkAnswer struct {
	Problems []diag.Problem `json:"problems"`
	// Waived are the findings that somebody accepted.
	Waived []waived `json:"waived,omitempty"`
	// Idle are the parts of the file on which paddock up does not act yet.
	Idle []string `json:"idle,omitempty"`
}

// printCheck puts problems on stderr for people, and on stdout for programs,
// whose answer they are.
func (a *app) printCheck(o *checkFlags, c *checked) error {
	switch {
	case o.out.format == "sarif":
		return o.out.encode(a.streams.Out, sarifOf(c))
	case !o.out.text():
		answer := checkAnswer{Problems: c.problems, Waived: c.waived, Idle: idlePaths(c.idle)}
		if answer.Problems == nil {
			answer.Problems = []diag.Problem{}
		}
		return o.out.encode(a.streams.Out, answer)
	}
	if err := diag.WriteText(a.streams.Err, c.problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
		return err
	}
	if c.platform == nil {
		return nil
	}
	var b strings.Builder
	b.WriteString(summary(c))
	if o.waived {
		for _, w := range c.waived {
			fmt.Fprintf(&b, "waived until %s: %s: %s [%s]\n   because %s\n", w.Until, w.Pos, w.Summary, w.ID, w.Reason)
		}
	} else if len(c.waived) > 0 {
		fmt.Fprintf(&b, "%s waived; see them with --waived\n", isAre(len(c.waived), "finding"))
	}
	b.WriteString(idleText(c.idle))
	_, err := io.WriteString(a.streams.Out, safeLines(b.String()))
	return err
}

// summary is the last word on a file: one line.
func summary(c *checked) string {
	things := fmt.Sprintf("%s in %s", count(services(c.platform), "service"), count(len(c.platform.Environments), "environment"))
	errors, warnings := 0, 0
	for _, p := range c.problems {
		if p.Severity == diag.Error {
			errors++
		} else {
			warnings++
		}
	}
	if errors+warnings == 0 {
		return fmt.Sprintf("%s: the platform %s is well-formed: %s\n", c.file, c.platform.Name, things)
	}
	var found []string
	if errors > 0 {
		found = append(found, count(errors, "error"))
	}
	if warnings > 0 {
		found = append(found, count(warnings, "warning"))
	}
	return fmt.Sprintf("%s: %s about the platform %s: %s\n", c.file, strings.Join(found, " and "), c.platform.Name, things)
}

// services counts the different services of all environments.
func services(p *model.Platform) int {
	names := map[string]bool{}
	for _, env := range p.Environments {
		for _, s := range env.Services {
			names[s.Name] = true
		}
	}
	return len(names)
}

func isAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return count(n, noun) + " are"
}

// safeLines is safe for a text of several lines.
func safeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = safe(lines[i])
	}
	return strings.Join(lines, "\n")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/reference"
)

func newExplain(a *app) *cobra.Command {
	var out output
	var recursive bool
	cmd := &cobra.Command{
		Use:   "explain [KEY]",
		Short: "Explain a key of the platform file",
		Long: `Explains a key of the platform file: its type, default and an example, and the keys
below it. Without KEY it is the file as a whole.

Names that you choose may be left out, written, or written as <name>: services.port,
services.booking.port and services.<name>.port are the same key.`,
		Example: `  paddock explain services.scale.replicas

  # everything that can be said about a store
  paddock explain stores --recursive`,
		Args: atMost("KEY"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeKeys(prefix), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		},
		RunE: func(_ *cobra.Command, args []string) error {
			path := strings.Join(args, "")
			key, near := reference.Find(path)
			if key == nil {
				return unknownKey(path, near)
			}
			if !out.text() {
				return out.encode(a.streams.Out, key)
			}
			columns, _ := a.streams.size()
			return writeKey(a.streams.Out, key, recursive, paint(a.streams.OutColor), min(columns, 100))
		},
	}
	out.flag(cmd)
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "show the keys below those below, too")
	return cmd
}

// completeKeys offers the keys that a path can go on with, and what they are.
func completeKeys(prefix string) []string {
	head := prefix[:strings.LastIndexByte(prefix, '.')+1]
	var all []string
	for _, k := range reference.Complete(prefix) {
		all = append(all, head+k.Name+"\t"+strings.TrimSuffix(k.Summary(), "."))
	}
	return all
}

func unknownKey(path string, near []string) error {
	p := diag.Problem{Severity: diag.Error, ID: "unknown-key", Summary: fmt.Sprintf("There is no key %q in a platform file", path)}
	if len(near) > 0 {
		p.Fix = "Did you mean " + strings.Join(near, " or ") + "?"
	} else {
		p.Fix = "See all of them: paddock explain --recursive"
	}
	return inputError{p}
}

// writeKey prints what is known about a key.
func writeKey(w io.Writer, k *reference.Key, recursive bool, p paint, columns int) error {
	var b strings.Builder
	row := func(title, text string) {
		if text != "" {
			b.WriteString(p.as(bold, fmt.Sprintf("%-10s", title+":")) + text + "\n")
		}
	}
	row("KEY", cmp.Or(k.Path, "platform.yaml"))
	row("TYPE", k.Type+bounds(k))
	row("DEFAULT", k.Default)
	var marks []string
	if k.Required {
		marks = append(marks, "required")
	}
	if k.Fixed {
		marks = append(marks, "the same in every environment")
	}
	if k.SameAs() != "" {
		marks = append(marks, "any key of "+k.SameAs()+", laid over it")
	}
	row("NOTE", strings.Join(marks, "; "))
	b.WriteString("\n" + p.as(bold, "DESCRIPTION:") + "\n")
	for i, paragraph := range strings.Split(k.Description, "\n\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(wrapped(paragraph, 4, columns))
	}
	if k.Form != "" {
		b.WriteString("\n" + p.as(bold, "FORM:") + "\n" + wrapped(k.Form, 4, columns))
	}
	if k.Example != "" {
		b.WriteString("\n" + p.as(bold, "EXAMPLE:") + "\n    " + k.Name + ": " + k.Example + "\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil || len(k.Below()) == 0 {
		return err
	}
	t := &table{indent: "    "}
	title := p.as(bold, "KEYS:")
	if addKeys(t, k.Below(), "", recursive) {
		title += " (* is required)"
	}
	if _, err := io.WriteString(w, "\n"+title+"\n"); err != nil {
		return err
	}
	return t.write(w, p, columns)
}

// addKeys adds a row for every key, and says whether one of them is required.
func addKeys(t *table, keys []*reference.Key, indent string, recursive bool) (required bool) {
	for _, k := range keys {
		name := k.Name
		if k.Required {
			name, required = name+" *", true
		}
		t.add(plain(indent+name), cell{k.Summary(), dim})
		if recursive {
			below := addKeys(t, k.Below(), indent+"  ", true)
			required = required || below
		}
	}
	return required
}

func bounds(k *reference.Key) string {
	switch {
	case k.Least != "" && k.Most != "":
		return " from " + k.Least + " to " + k.Most
	case k.Least != "":
		return " from " + k.Least + " on"
	case k.Most != "":
		return " up to " + k.Most
	}
	return ""
}

// wrapped breaks a paragraph into lines of at most so many columns.
func wrapped(text string, indent, columns int) string {
	var b strings.Builder
	used := 0
	for word := range strings.FieldsSeq(text) {
		n := len([]rune(word))
		switch {
		case used == 0:
			b.WriteString(strings.Repeat(" ", indent))
			used = indent
		case used+1+n > columns:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	b.WriteByte('\n')
	return b.String()
}

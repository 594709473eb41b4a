package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// The page of all commands is made of the commands themselves.
func TestCommandsPageIsFresh(t *testing.T) {
	a := &app{cfg: Config{Now: time.Now, Up: func(context.Context, UpOptions, Streams) error { return nil }}}
	a.look = a.snapshot
	root := newRoot(a)
	var page bytes.Buffer
	writeCommandsPage(&page, root)
	path := filepath.Join("..", "..", "docs", "reference", "commands.md")
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page.Bytes(), want) {
		t.Error("docs/reference/commands.md is stale; run: go test ./internal/cli -run CommandsPage -update")
	}
}

// Every command says what it does, how it is written, and shows it.
func TestCommandsAreDocumented(t *testing.T) {
	a := &app{cfg: Config{Now: time.Now, Up: func(context.Context, UpOptions, Streams) error { return nil }}}
	eachCommand(newRoot(a), func(c *cobra.Command) {
		switch {
		case c.Short == "":
			t.Errorf("%s has no short description", c.CommandPath())
		case c.Runnable() && !c.HasSubCommands() && c.Example == "":
			t.Errorf("%s has no example", c.CommandPath())
		}
	})
}

func eachCommand(c *cobra.Command, visit func(*cobra.Command)) {
	if c.Hidden || c.Name() == "help" {
		return
	}
	visit(c)
	for _, below := range c.Commands() {
		eachCommand(below, visit)
	}
}

func writeCommandsPage(b *bytes.Buffer, root *cobra.Command) {
	b.WriteString(`<!-- Made from the commands: go test ./internal/cli -run CommandsPage -update -->
# Commands

The answer of a command is on stdout; progress, questions and problems are on stderr.
Where there is a result, ` + "`-o json` and `-o yaml`" + ` print it for programs. Colours are for
terminals only, and ` + "`NO_COLOR`" + ` turns them off.

| exit code | means |
|---|---|
| 0 | all is well |
| 1 | problems were found, or the work could not be done |
| 2 | the command line or an input file is wrong |

` + "`source <(paddock completion bash)`" + ` completes commands, flags and the names in the platform
file; zsh and fish have the same.

`)
	fmt.Fprintf(b, "These flags are understood by every command:\n\n```\n%s```\n", root.PersistentFlags().FlagUsages())
	for _, group := range append(root.Groups(), &cobra.Group{Title: "Other:"}) {
		var names []string
		for _, c := range root.Commands() {
			if c.GroupID == group.ID && !c.Hidden {
				names = append(names, fmt.Sprintf("- [%s](#%s): %s", c.CommandPath(), anchor(c), lower(c.Short)))
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(b, "\n%s\n\n%s\n", group.Title, strings.Join(names, "\n"))
		}
	}
	eachCommand(root, func(c *cobra.Command) {
		if c == root {
			return
		}
		level := "##"
		if c.Parent() != root {
			level = "###"
		}
		fmt.Fprintf(b, "\n%s %s\n\n", level, c.CommandPath())
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		for line := range strings.Lines(strings.TrimSpace(text) + "\n") {
			if strings.HasPrefix(line, "  ") {
				line = "  " + line // four spaces make it code
			}
			b.WriteString(line)
		}
		if c.Runnable() {
			fmt.Fprintf(b, "\n```\n%s\n```\n", c.UseLine())
		}
		if c.Example != "" {
			fmt.Fprintf(b, "\n```bash\n%s\n```\n", outdent(c.Example))
		}
		if flags := c.NonInheritedFlags().FlagUsages(); flags != "" {
			fmt.Fprintf(b, "\n```\n%s```\n", flags)
		}
	})
}

// anchor is what a heading is called in an address.
func anchor(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// outdent takes away the two spaces that examples have in --help.
func outdent(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.TrimPrefix(strings.TrimRight(line, "\n"), "  "))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

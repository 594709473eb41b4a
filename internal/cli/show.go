package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/spec"
)

// shown are the kinds of things that `paddock show` knows.
var shown = []addr.Kind{addr.Service, addr.Store, addr.Environment, addr.Team, addr.Person, addr.Group}

// showFlags are the flags of `paddock show`.
type showFlags struct {
	out output
	env string
	why bool
}

func newShow(a *app) *cobra.Command {
	var o showFlags
	cmd := &cobra.Command{
		Use:   "show [ADDRESS] [FILE]",
		Short: "Print the platform as it is resolved, and where every value comes from",
		Long: `Prints the file, or one thing of it, with all defaults filled in and the overrides of an
environment laid over. Without --env, services and stores are shown as they are in the
last environment of the path.

What holds, the first of these that is there: the override of the environment; the
block itself; what the environment says for all; the default. --why tells for every
value which of them it was, with the line of the file.

Addresses are service/NAME, store/NAME, env/NAME, team/NAME, person/NAME and group/NAME;
a name alone will do where only one thing has it.`,
		Example: `  paddock show service/booking
  paddock show service/booking --env dev --why
  paddock show store/bookings other/platform.yaml -o json

  # everything
  paddock show --env prod`,
		Args: atMost("ADDRESS", "FILE"),
		RunE: func(_ *cobra.Command, args []string) error { return a.show(args, &o) },
	}
	cmd.ValidArgsFunction = completeShow
	cmd.AddCommand(newShowNetwork(a))
	o.out.flag(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.env, "env", "e", "", "environment (default: the last of the path)")
	f.BoolVar(&o.why, "why", false, "say of every value where it comes from")
	_ = cmd.RegisterFlagCompletionFunc("env", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return namesInFile("platform.yaml", "environments"), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func (a *app) show(args []string, o *showFlags) error {
	address, path := "", "platform.yaml"
	for _, arg := range args {
		if isFile(arg) {
			path = arg
		} else if address == "" {
			address = arg
		} else {
			return usage("extra-argument", fmt.Sprintf("%q is a second address", arg), "Write one, or none for everything.")
		}
	}
	file, problems := spec.LoadFile(path)
	if file == nil {
		if err := diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
			return err
		}
		return errInput
	}
	env, err := chosenEnvironment(file, o.env)
	if err != nil {
		return err
	}
	answer := shownThing{Environment: env}
	outline := file.Whole(env)
	if address != "" {
		at, err := shownAt(file, address)
		if err != nil {
			return err
		}
		if !slices.Contains(shown, at.Kind) {
			return usage("bad-address", fmt.Sprintf("A %s is not a part of the file", at.Kind), "Show a service, store, env, team, person or group.")
		}
		found, ok := file.Outline(env, at)
		if !ok {
			return notShown(file, env, at)
		}
		outline, answer.Address = found, at.String()
		if at.Kind != addr.Service && at.Kind != addr.Store {
			answer.Environment = ""
		}
	}
	if o.out.text() {
		return writeOutline(a.streams.Out, outline, o.why)
	}
	answer.Value = outline.Value
	if o.why {
		for _, l := range outline.Lines {
			if l.Leaf {
				answer.Why = append(answer.Why, shownReason{
					Key: l.Key, Value: l.Origin.Value, From: l.Origin.String(), File: l.Origin.Range.File, Line: l.Origin.Range.Line, Rule: l.Origin.Rule,
				})
			}
		}
	}
	return o.out.encode(a.streams.Out, answer)
}

// shownThing is the answer for programs.
type shownThing struct {
	// Address of what is shown; empty for the whole file.
	Address string `json:"address,omitempty"`
	// Environment that it is shown in; empty for what is the same in all.
	Environment string        `json:"environment,omitempty"`
	Value       any           `json:"value"`
	Why         []shownReason `json:"why,omitempty"`
}

// shownReason is where one value comes from.
type shownReason struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	// From in a few words; File, Line and Rule are its parts.
	From string `json:"from"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Rule string `json:"rule,omitempty"`
}

// isFile tells a file from an address: kinds are words without a point.
func isFile(arg string) bool {
	kind, _, ok := strings.Cut(arg, "/")
	if ok && slices.Contains(addr.Kinds(), addr.Kind(kind)) {
		return false
	}
	if strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml") || strings.HasPrefix(arg, ".") || strings.HasPrefix(arg, "/") {
		return true
	}
	_, err := os.Stat(filepath.Join(arg, "platform.yaml")) // the reader says which file to name
	return err == nil
}

// shownAt finds an address, or the one thing that has a name.
func shownAt(file *spec.File, text string) (addr.Address, error) {
	if strings.Contains(text, "/") {
		at, err := addr.Parse(text)
		if err != nil {
			return at, badAddress(text, err)
		}
		return at, nil
	}
	var found []addr.Address
	var known []string
	for _, kind := range shown {
		for _, name := range namesOf(file, kind) {
			known = append(known, name)
			if at := (addr.Address{Kind: kind, Name: name}); name == text && !slices.Contains(found, at) {
				found = append(found, at)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		p := diag.Problem{Severity: diag.Error, ID: "unknown-thing", Summary: fmt.Sprintf("The file has nothing called %q", text), Fix: "Write an address such as service/NAME, or nothing to see everything."}
		if near := diag.Nearest(text, known); len(near) > 0 {
			p.Fix = "Did you mean " + strings.Join(near, " or ") + "?"
		}
		return addr.Address{}, inputError{p}
	}
	return addr.Address{}, usage("which-thing", fmt.Sprintf("%q is the name of several things", text), fmt.Sprintf("Write %s or %s.", found[0], found[1]))
}

// badAddress says why a text is no address.
func badAddress(text string, err error) error {
	why := strings.ToUpper(err.Error()[:1]) + err.Error()[1:]
	if !strings.HasSuffix(why, "?") {
		why += "."
	}
	return usage("bad-address", fmt.Sprintf("%q is the address of nothing", text), why)
}

func chosenEnvironment(file *spec.File, name string) (string, error) {
	all := file.Platform.EnvironmentNames()
	if name == "" {
		path := file.Platform.Delivery.Path
		return path[len(path)-1], nil
	}
	name = strings.TrimPrefix(name, "env/")
	if !slices.Contains(all, name) {
		return "", unknown("environment", name, all)
	}
	return name, nil
}

// notShown says that there is no such thing, or none in this environment.
func notShown(file *spec.File, env string, a addr.Address) error {
	known := namesOf(file, a.Kind)
	if slices.Contains(known, a.Name) {
		return usage("not-in-environment", fmt.Sprintf("%s does not have %s", env, a), "It is left out there (without). Choose another environment: --env NAME")
	}
	return unknown(string(a.Kind), a.Name, known)
}

func namesOf(file *spec.File, kind addr.Kind) []string {
	p := file.Platform
	var names []string
	switch kind {
	case addr.Environment:
		for _, e := range p.Environments {
			names = append(names, e.Name)
		}
	case addr.Team:
		for _, t := range p.Teams {
			names = append(names, t.Name)
		}
	case addr.Person:
		for _, who := range p.People {
			names = append(names, who.Name)
		}
	case addr.Group:
		for _, g := range p.Groups {
			names = append(names, g.Name)
		}
	}
	for _, e := range p.Environments {
		switch kind {
		case addr.Service:
			for _, s := range e.Services {
				names = append(names, s.Name)
			}
		case addr.Store:
			for _, s := range e.Stores {
				names = append(names, s.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// longestAligned is the longest line whose comment stands in line with the
// others; those of longer ones follow two spaces behind.
const longestAligned = 60

func writeOutline(w io.Writer, o *spec.Outline, why bool) error {
	width := 0
	if why {
		for _, l := range o.Lines {
			if n := len([]rune(l.Text)); l.Leaf && n <= longestAligned {
				width = max(width, n)
			}
		}
	}
	var b strings.Builder
	for _, l := range o.Lines {
		b.WriteString(l.Text)
		if why && l.Leaf {
			b.WriteString(strings.Repeat(" ", max(0, width-len([]rune(l.Text)))) + "  # " + l.Origin.String())
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// completeShow offers the addresses of ./platform.yaml, and then files.
func completeShow(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return completeYAML(nil, nil, "")
	}
	return addressesOfFile("platform.yaml", prefix), cobra.ShellCompDirectiveNoFileComp
}

// addressesOfFile are the addresses that begin with prefix.
func addressesOfFile(path, prefix string) []string {
	var found []string
	for kind, key := range map[addr.Kind]string{
		addr.Service: "services", addr.Store: "stores", addr.Environment: "environments",
		addr.Team: "teams", addr.Person: "people", addr.Group: "groups",
	} {
		for _, name := range namesInFile(path, key) {
			if a := (addr.Address{Kind: kind, Name: name}).String(); strings.HasPrefix(a, prefix) {
				found = append(found, a)
			}
		}
	}
	slices.Sort(found)
	return found
}

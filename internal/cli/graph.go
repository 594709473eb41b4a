package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/diagram"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/spec"
)

// graphViews are the pictures that have no address.
var graphViews = []string{"architecture", "network", "delivery"}

// graphFormat is the flag --output of pictures.
type graphFormat string

// String, Set and Type make it a flag.Value that refuses other words at once.
func (f *graphFormat) String() string { return string(*f) }
func (f *graphFormat) Type() string   { return "format" }
func (f *graphFormat) Set(s string) error {
	if !slices.Contains(diagram.Formats(), s) {
		return fmt.Errorf("write %s", either(diagram.Formats()))
	}
	*f = graphFormat(s)
	return nil
}

func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

type graphFlags struct {
	view, env string
	format    graphFormat
}

func newGraph(a *app) *cobra.Command {
	var o graphFlags
	cmd := &cobra.Command{
		Use:   "graph [FILE]",
		Short: "Draw the platform, and answer what follows from who uses what",
		Long: `Draws the platform of a file: its services by segment, its networks, the way of a
release, or one service with what is around it. Pictures are made here, without any
other program, and need nothing else to be shown; they are light or dark as their
reader prefers. The same file gives the same bytes. On a terminal the default is text,
elsewhere svg.

The commands below it answer questions about the same graph: who may reach whom, what
breaks with what, and in which order things start.`,
		Example: `  paddock graph > architecture.svg
  paddock graph --view network -o html > networks.html
  paddock graph --view service/booking --env uat -o mermaid
  paddock graph --view delivery examples/kestrel/platform.yaml > delivery.svg`,
		Args: func(cmd *cobra.Command, args []string) error {
			// A word that is no file is more likely a command that was mistyped.
			if len(args) > 0 && !isFile(args[0]) && !strings.Contains(args[0], "/") {
				return unknownCommand(cmd, args)
			}
			return atMost("FILE")(cmd, args)
		},
		ValidArgsFunction: completeYAML,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.graph(fileArgument(args), &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.view, "view", "architecture", "what to draw: architecture, network, delivery, or an address such as service/booking")
	f.VarP(&o.format, "output", "o", "how to write it: "+either(diagram.Formats()))
	fileEnvironmentFlag(cmd, &o.env)
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(diagram.Formats(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("view", func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return append(slices.Clone(graphViews), thingsOfFile("platform.yaml", prefix)...), cobra.ShellCompDirectiveNoFileComp
	})
	cmd.AddCommand(newGraphReach(a), newGraphBlast(a), newGraphOrder(a))
	return cmd
}

func (a *app) graph(path string, o *graphFlags) error {
	file, err := a.loadGraphFile(path)
	if err != nil {
		return err
	}
	var d diagram.Diagram
	switch o.view {
	case "delivery":
		d = diagram.Delivery(file.Platform)
	case "network":
		plan, conflicts := address.Of(file.Platform)
		if err := a.printConflicts(file, conflicts); err != nil {
			return err
		}
		d = diagram.Network(file.Platform, plan)
	default:
		g, err := graphOf(file, o.env)
		if err != nil {
			return err
		}
		if o.view == "architecture" {
			d = diagram.Architecture(file.Platform, g)
			break
		}
		at, err := thingOf(g, o.view)
		if err != nil && !strings.Contains(o.view, "/") {
			return unknown("view", o.view, append(slices.Clone(graphViews), "service/NAME"))
		}
		if err != nil {
			return err
		}
		d = diagram.Neighbourhood(file.Platform, g, at, 0)
	}
	format := string(o.format)
	switch {
	case format == "" && a.streams.OutTerminal:
		format = "text"
	case format == "":
		format = "svg"
	}
	var b bytes.Buffer
	if err := diagram.Write(&b, d, format); err != nil {
		return err
	}
	_, err = a.streams.Out.Write(b.Bytes())
	return err
}

// loadGraphFile reads a platform file; what keeps it from being read is printed.
func (a *app) loadGraphFile(path string) (*spec.File, error) {
	file, problems := spec.LoadFile(path)
	if file == nil {
		if err := diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
			return nil, err
		}
		return nil, errInput
	}
	return file, nil
}

// graphOf is the graph of an environment; without a name, of the last one of the
// path.
func graphOf(file *spec.File, name string) (*graph.Graph, error) {
	chosen, err := chosenEnvironment(file, name)
	if err != nil {
		return nil, err
	}
	env, _ := file.Platform.Environment(chosen)
	return graph.Of(file.Platform, env), nil
}

// thingOf finds a thing of the graph by its address, or by its name alone when
// only one service, store or topic has it.
func thingOf(g *graph.Graph, text string) (addr.Address, error) {
	if strings.Contains(text, "/") || text == addr.Everybody.String() {
		at, err := addr.Parse(text)
		if err != nil {
			return at, badAddress(text, err)
		}
		if _, ok := g.Thing(at); ok || at.Kind == addr.Domain {
			return at, nil
		}
		var known []string
		for _, t := range g.Things {
			if t.Address.Kind == at.Kind {
				known = append(known, t.Address.Name)
			}
		}
		if len(known) == 0 {
			return at, usage("unknown-address", fmt.Sprintf("There is no %s in %s", at.Kind, g.Environment.Name), "Ask about something else, such as a service.")
		}
		return at, unknown(string(at.Kind), at.Name, known)
	}
	var found []addr.Address
	var known []string
	for _, t := range g.Things {
		switch t.Address.Kind {
		case addr.Service, addr.Store, addr.Topic, addr.Site, addr.VPN, addr.Segment:
			known = append(known, t.Address.Name)
			if t.Address.Name == text {
				found = append(found, t.Address)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return addr.Address{}, unknown("thing", text, known)
	}
	return addr.Address{}, usage("which-thing", fmt.Sprintf("%q is the name of several things", text), fmt.Sprintf("Write %s or %s.", found[0], found[1]))
}

// splitFile takes the platform file out of the arguments.
func splitFile(args []string) (rest []string, path string) {
	path = "platform.yaml"
	for _, arg := range args {
		if isFile(arg) {
			path = arg
		} else {
			rest = append(rest, arg)
		}
	}
	return rest, path
}

// fileEnvironmentFlag is --env for commands that read a file.
func fileEnvironmentFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVarP(into, "env", "e", "", "environment (default: the last of the path)")
	_ = cmd.RegisterFlagCompletionFunc("env", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return namesInFile("platform.yaml", "environments"), cobra.ShellCompDirectiveNoFileComp
	})
}

// thingsOfFile are the addresses of services and stores that begin with prefix.
func thingsOfFile(path, prefix string) []string {
	return slices.DeleteFunc(addressesOfFile(path, prefix), func(s string) bool {
		return !strings.HasPrefix(s, "service/") && !strings.HasPrefix(s, "store/")
	})
}

func completeThings(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return thingsOfFile("platform.yaml", prefix), cobra.ShellCompDirectiveNoFileComp
}

// line is where the file states an edge: platform.yaml:31.
func line(file *spec.File, env string, e graph.Edge) string {
	at, ok := file.Locate(env, e.Key)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d", at.File, at.Line)
}

// shortName is a thing as people say it: services by their name, all
// else with its kind.
func shortName(a addr.Address) string {
	if a.Kind == addr.Service {
		return a.Name
	}
	return a.String()
}

// edgeWords says an edge as a part of a sentence.
func edgeWords(e graph.Edge) string {
	switch e.Kind {
	case graph.Calls:
		if e.Mode == "optional" {
			return "can do without " + e.To.Name
		}
		return "calls " + e.To.Name
	case graph.Stores:
		switch e.Mode {
		case "read":
			return "reads " + e.To.Name
		case "secondary":
			return "reads secondaries of " + e.To.Name
		}
		return "uses " + e.To.Name
	case graph.Consumes:
		return "reads the topic " + e.To.Name
	case graph.Produces:
		return "writes the topic " + e.To.Name
	case graph.Egress:
		return "reaches " + e.To.Name
	case graph.Exposes:
		return "is served by " + e.To.Name
	case graph.Private, graph.Reaches:
		return "reaches " + e.To.Name
	case graph.Peers:
		return "talks to its own nodes"
	}
	return string(e.Kind) + " " + e.To.Name
}

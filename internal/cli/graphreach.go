package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/spec"
)

type reachFlags struct {
	out      output
	env      string
	port     int
	into     bool
	platform bool
}

func newGraphReach(a *app) *cobra.Command {
	var o reachFlags
	cmd := &cobra.Command{
		Use:   "reach [FROM [TO]] [FILE]",
		Short: "Say who may open a connection to whom, on which port, and which line says so",
		Long: `Without an end, prints every connection that the file allows in an environment; with
one, those from it (with --into: those to it); with two, whether the first may reach
the second. Whatever is not printed is denied.

Ends are addresses such as service/booking, store/ledger, site/office, vpn/developers,
domain/api.example.com or internet; a name alone will do when only one thing has it.

The exit code is 1 when two ends are given and the connection is denied.`,
		Example: `  paddock graph reach booking
  paddock graph reach --into store/mongo-pci --env uat
  paddock graph reach web-bff payments && echo allowed`,
		Args:              atMost("FROM", "TO", "FILE"),
		ValidArgsFunction: completeThings,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.graphReach(args, &o)
		},
	}
	o.out.flag(cmd)
	f := cmd.Flags()
	f.IntVar(&o.port, "port", 0, "only this port")
	f.BoolVar(&o.into, "into", false, "the connections to the end instead of those from it")
	f.BoolVar(&o.platform, "platform-own", false, "also what the platform itself needs: names, figures, traces, probes")
	fileEnvironmentFlag(cmd, &o.env)
	return cmd
}

// reachRow is one connection for programs.
type reachRow struct {
	From string `json:"from"`
	To   string `json:"to"`
	Port int    `json:"port"`
	// Kind and Via of the edge that allows it.
	Kind string `json:"kind"`
	Via  string `json:"via,omitempty"`
	// Key and Line of the file that states it; Why is set instead for what the
	// platform itself needs.
	Key  string `json:"key,omitempty"`
	Line string `json:"line,omitempty"`
	Why  string `json:"why,omitempty"`
}

// reachAnswer is the answer for programs.
type reachAnswer struct {
	Environment string `json:"environment"`
	// Allowed is set when two ends were given.
	Allowed     *bool      `json:"allowed,omitempty"`
	Connections []reachRow `json:"connections"`
}

func (a *app) graphReach(args []string, o *reachFlags) error {
	ends, path := splitFile(args)
	if len(ends) > 2 {
		return usage("extra-argument", fmt.Sprintf("%q is one argument too many", ends[2]), "Write: paddock graph reach FROM TO [FILE]")
	}
	file, err := a.loadGraphFile(path)
	if err != nil {
		return err
	}
	g, err := graphOf(file, o.env)
	if err != nil {
		return err
	}
	var at []addr.Address
	for _, end := range ends {
		found, err := thingOf(g, end)
		if err != nil {
			return err
		}
		at = append(at, found)
	}
	rows := reachRows(file, g, at, o)
	answer := reachAnswer{Environment: g.Environment.Name, Connections: rows}
	if len(at) == 2 {
		allowed := len(rows) > 0
		answer.Allowed = &allowed
	}
	if !o.out.text() {
		err = o.out.encode(a.streams.Out, answer)
	} else {
		err = a.printReach(at, answer)
	}
	if err == nil && answer.Allowed != nil && !*answer.Allowed {
		return errProblems
	}
	return err
}

func reachRows(file *spec.File, g *graph.Graph, ends []addr.Address, o *reachFlags) []reachRow {
	wanted := func(from, to addr.Address, port int) bool {
		switch {
		case o.port != 0 && port != o.port:
			return false
		case len(ends) == 0:
			return true
		case len(ends) == 1 && o.into:
			return to == ends[0]
		case len(ends) == 1:
			return from == ends[0]
		}
		covered := to.Kind == addr.Domain && ends[1].Kind == addr.Domain && graph.Covers(to.Name, ends[1].Name)
		return from == ends[0] && (to == ends[1] || covered)
	}
	rows := []reachRow{}
	for _, c := range g.Reach() {
		if !wanted(c.From, c.To, c.Port) {
			continue
		}
		row := reachRow{From: c.From.String(), To: c.To.String(), Port: c.Port, Kind: string(c.Edge.Kind), Key: c.Edge.Key, Line: line(file, g.Environment.Name, c.Edge)}
		if c.Edge.Via != (addr.Address{}) {
			row.Via = c.Edge.Via.String()
		}
		rows = append(rows, row)
	}
	if !o.platform {
		return rows
	}
	for _, own := range g.Platform() {
		if wanted(own.From, own.To, own.Port) {
			rows = append(rows, reachRow{From: own.From.String(), To: own.To.String(), Port: own.Port, Kind: "platform", Why: own.Why})
		}
	}
	return rows
}

func (a *app) printReach(ends []addr.Address, answer reachAnswer) error {
	if len(ends) == 2 && len(answer.Connections) == 0 {
		_, err := fmt.Fprintf(a.streams.Out, "denied in %s: no line of the file lets %s reach %s\n", answer.Environment, ends[0], ends[1])
		return err
	}
	if len(answer.Connections) == 0 {
		_, err := fmt.Fprintf(a.streams.Out, "nothing: the file allows no such connection in %s\n", answer.Environment)
		return err
	}
	p := paint(a.streams.OutColor)
	t := table{}
	t.add(cell{"FROM", dim}, cell{"TO", dim}, cell{"PORT", dim}, cell{"BECAUSE", dim}, cell{"LINE", dim})
	before := ""
	for _, r := range answer.Connections {
		from := r.From
		if from == before {
			from = ""
		}
		before = r.From
		because := r.Key
		if r.Why != "" {
			because = r.Why
		}
		if r.Via != "" {
			because += " by " + r.Via
		}
		t.add(plain(from), plain(r.To), plain(fmt.Sprint(r.Port)), cell{because, dim}, cell{r.Line, dim})
	}
	columns, _ := a.streams.size()
	if !a.streams.OutTerminal {
		columns = 0
	}
	return t.write(a.streams.Out, p, columns)
}

// routesOf are the public addresses of the services among the things.
func routesOf(g *graph.Graph, lost []addr.Address) []string {
	var routes []string
	for _, s := range g.Environment.Services {
		if !slices.Contains(lost, addr.Address{Kind: addr.Service, Name: s.Name}) {
			continue
		}
		for _, r := range s.Routes {
			routes = append(routes, r.Host+r.Path)
		}
	}
	slices.Sort(routes)
	return slices.Compact(routes)
}

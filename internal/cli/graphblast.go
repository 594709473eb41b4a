package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/graph"
)

type blastFlags struct {
	out output
	env string
}

func newGraphBlast(a *app) *cobra.Command {
	var o blastFlags
	cmd := &cobra.Command{
		Use:   "blast ADDRESS [FILE]",
		Short: "Say what breaks when something is down",
		Long: `Prints what fails and what degrades when a service, store, topic, segment, domain or the
whole environment is lost, and by which way. A service fails with the services that it
requires and the stores that it uses; it degrades without an optional service, without
the primary of a store whose secondaries it reads, without a domain on the internet,
and when nobody writes a topic that it reads any more.`,
		Example: `  paddock graph blast store/mongo-core
  paddock graph blast payments --env uat -o json
  paddock graph blast segment/pci examples/kestrel/platform.yaml`,
		Args:              between(1, "ADDRESS", "FILE"),
		ValidArgsFunction: completeThings,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.graphBlast(args, &o)
		},
	}
	o.out.flag(cmd)
	fileEnvironmentFlag(cmd, &o.env)
	return cmd
}

// blastAnswer is the answer for programs.
type blastAnswer struct {
	Environment string     `json:"environment"`
	Lost        string     `json:"lost"`
	Fails       []blastHit `json:"fails"`
	Degrades    []blastHit `json:"degrades"`
	// Routes are the public addresses that stop answering.
	Routes []string `json:"routes"`
}

// blastHit is one thing that is hit.
type blastHit struct {
	Address string `json:"address"`
	Team    string `json:"team,omitempty"`
	Tier    int    `json:"tier,omitempty"`
	// Path leads to what was lost.
	Path []blastStep `json:"path"`
}

type blastStep struct {
	From string `json:"from"`
	To   string `json:"to"`
	Kind string `json:"kind"`
	Mode string `json:"mode,omitempty"`
	Line string `json:"line,omitempty"`
}

func (a *app) graphBlast(args []string, o *blastFlags) error {
	rest, path := splitFile(args)
	if len(rest) != 1 {
		return usage("missing-argument", "ADDRESS is missing", "Say what is lost: paddock graph blast service/NAME")
	}
	file, err := a.loadGraphFile(path)
	if err != nil {
		return err
	}
	g, err := graphOf(file, o.env)
	if err != nil {
		return err
	}
	lost, err := thingOf(g, rest[0])
	if err != nil {
		return err
	}
	impacts := g.Blast(lost)
	answer := blastAnswer{Environment: g.Environment.Name, Lost: lost.String(), Fails: []blastHit{}, Degrades: []blastHit{}, Routes: []string{}}
	gone := []addr.Address{lost}
	for _, i := range impacts {
		t, _ := g.Thing(i.Address)
		hit := blastHit{Address: i.Address.String(), Team: t.Team, Tier: t.Tier, Path: []blastStep{}}
		for _, e := range i.Path {
			hit.Path = append(hit.Path, blastStep{From: e.From.String(), To: e.To.String(), Kind: string(e.Kind), Mode: string(e.Mode), Line: line(file, g.Environment.Name, e)})
		}
		if i.Hard {
			answer.Fails = append(answer.Fails, hit)
			gone = append(gone, i.Address)
		} else {
			answer.Degrades = append(answer.Degrades, hit)
		}
	}
	answer.Routes = append(answer.Routes, routesOf(g, gone)...)
	if !o.out.text() {
		return o.out.encode(a.streams.Out, answer)
	}
	return a.printBlast(g, impacts, answer)
}

func (a *app) printBlast(g *graph.Graph, impacts []graph.Impact, answer blastAnswer) error {
	p := paint(a.streams.OutColor)
	if _, err := fmt.Fprintf(a.streams.Out, "When %s is down in %s, %s and %s.\n", answer.Lost, answer.Environment, verb(len(answer.Fails), "fail"), verb(len(answer.Degrades), "degrade")); err != nil {
		return err
	}
	if len(impacts) > 0 {
		t := table{}
		for _, i := range impacts {
			word, color := "degrades", yellow
			if i.Hard {
				word, color = "fails", red
			}
			thing, _ := g.Thing(i.Address)
			tier := ""
			if thing.Tier > 0 {
				tier = fmt.Sprintf("tier %d", thing.Tier)
			}
			t.add(cell{word, color}, plain(shortName(i.Address)), cell{tier, dim}, cell{thing.Team, dim}, plain(pathWords(i)))
		}
		if _, err := io.WriteString(a.streams.Out, "\n"); err != nil {
			return err
		}
		if err := t.write(a.streams.Out, p, 0); err != nil {
			return err
		}
	}
	if len(answer.Routes) > 0 {
		_, err := fmt.Fprintf(a.streams.Out, "\nCustomers get no answer from %s.\n", strings.Join(answer.Routes, ", "))
		return err
	}
	return nil
}

func verb(n int, word string) string {
	switch n {
	case 0:
		return "nothing " + word + "s"
	case 1:
		return "1 thing " + word + "s"
	}
	return fmt.Sprintf("%d things %s", n, word)
}

// pathWords reads a path aloud: calls booking, which uses mongo-core.
func pathWords(i graph.Impact) string {
	if len(i.Path) == 0 {
		return "is inside"
	}
	words := edgeWords(i.Path[0])
	for _, e := range i.Path[1:] {
		// A topic does not write; the service that does is the next subject.
		if e.Kind == graph.Produces {
			words += ", written by " + e.From.Name
		} else {
			words += ", which " + edgeWords(e)
		}
	}
	return words
}

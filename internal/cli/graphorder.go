package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

type orderFlags struct {
	out     output
	env     string
	restore bool
}

func newGraphOrder(a *app) *cobra.Command {
	var o orderFlags
	cmd := &cobra.Command{
		Use:   "order [FILE]",
		Short: "Say in which order services and stores start, or are restored",
		Long: `Prints services and stores in waves: all that a wave needs is in waves before it. With
--restore, what the most important tier needs comes first, by the recovery targets of
the file.`,
		Example: `  paddock graph order
  paddock graph order --restore --env prod`,
		Args:              atMost("FILE"),
		ValidArgsFunction: completeYAML,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.graphOrder(fileArgument(args), &o)
		},
	}
	o.out.flag(cmd)
	cmd.Flags().BoolVar(&o.restore, "restore", false, "the order after everything was lost")
	fileEnvironmentFlag(cmd, &o.env)
	return cmd
}

// orderAnswer is the answer for programs.
type orderAnswer struct {
	Environment string     `json:"environment"`
	Waves       [][]string `json:"waves"`
	// Rings are services that call one another in a circle.
	Rings [][]string `json:"rings"`
}

func (a *app) graphOrder(path string, o *orderFlags) error {
	file, err := a.loadGraphFile(path)
	if err != nil {
		return err
	}
	g, err := graphOf(file, o.env)
	if err != nil {
		return err
	}
	waves := g.Start()
	if o.restore {
		waves = g.Restore()
	}
	answer := orderAnswer{Environment: g.Environment.Name, Waves: [][]string{}, Rings: [][]string{}}
	t := table{}
	for i, wave := range waves {
		var all, names []string
		for _, at := range wave {
			all = append(all, at.String())
			names = append(names, shortName(at))
		}
		answer.Waves = append(answer.Waves, all)
		t.add(cell{fmt.Sprint(i + 1), dim}, plain(strings.Join(names, "  ")))
	}
	var rings []string
	for _, ring := range g.Cycles() {
		var all, names []string
		for _, at := range ring {
			all = append(all, at.String())
			names = append(names, at.Name)
		}
		answer.Rings = append(answer.Rings, all)
		rings = append(rings, strings.Join(append(names, names[0]), " calls "))
	}
	if !o.out.text() {
		return o.out.encode(a.streams.Out, answer)
	}
	if err := t.write(a.streams.Out, paint(a.streams.OutColor), 0); err != nil {
		return err
	}
	for _, ring := range rings {
		if _, err := fmt.Fprintf(a.streams.Out, "\nin a ring: %s\n", ring); err != nil {
			return err
		}
	}
	return nil
}

package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

func newCheck(a *app) *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Say what is wrong with a platform file",
		Long: `Reads the file strictly and prints every problem with its place and the way out.
Nothing is started and nothing is changed. The exit code is 1 when a problem is an
error.`,
		Example: `  paddock check platform.yaml

  # for an editor or a pipeline
  paddock check platform.yaml -o json`,
		Args:              exactly("FILE"),
		ValidArgsFunction: completeYAML,
		RunE: func(_ *cobra.Command, args []string) error {
			platform, problems := spec.Load(args[0])
			if err := a.printCheck(&out, args[0], platform, problems); err != nil {
				return err
			}
			if diag.HasErrors(problems) {
				return errProblems
			}
			return nil
		},
	}
	out.flag(cmd)
	return cmd
}

// printCheck puts problems on stderr for people, and on stdout for programs,
// whose answer they are.
func (a *app) printCheck(out *output, file string, p *model.Platform, problems []diag.Problem) error {
	if !out.text() {
		var b bytes.Buffer
		if err := diag.WriteJSON(&b, problems); err != nil {
			return err
		}
		data := b.Bytes()
		if out.format == "yaml" {
			var err error
			if data, err = yaml.JSONToYAML(data); err != nil {
				return err
			}
		}
		_, err := a.streams.Out.Write(data)
		return err
	}
	if err := diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor}); err != nil {
		return err
	}
	if p == nil {
		return nil
	}
	services := map[string]bool{}
	for _, env := range p.Environments {
		for _, s := range env.Services {
			services[s.Name] = true
		}
	}
	_, err := fmt.Fprintf(a.streams.Out, "%s: the platform %s is well-formed: %s in %s\n", file, p.Name, count(len(services), "service"), count(len(p.Environments), "environment"))
	return err
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

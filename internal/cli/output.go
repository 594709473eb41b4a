package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// output is the flag --output.
type output struct{ format string }

func (o *output) flag(cmd *cobra.Command) { o.flagNamed(cmd, "output", "o") }

// flagNamed is for commands whose -o is a place to write to.
func (o *output) flagNamed(cmd *cobra.Command, name, short string) {
	cmd.Flags().VarP(o, name, short, "how to print the result: text, json or yaml")
	o.format = "text"
	cmd.Flags().Lookup(name).DefValue = "text"
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions([]string{"text", "json", "yaml"}, cobra.ShellCompDirectiveNoFileComp))
}

// String, Set and Type make it a flag.Value that refuses other words at once.
func (o *output) String() string { return o.format }
func (o *output) Type() string   { return "format" }
func (o *output) Set(s string) error {
	switch s {
	case "text", "json", "yaml":
		o.format = s
		return nil
	}
	return fmt.Errorf("write text, json or yaml")
}

func (o *output) text() bool { return o.format == "text" }

// encode prints a value for programs.
func (o *output) encode(w io.Writer, value any) error {
	if o.format == "yaml" {
		data, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

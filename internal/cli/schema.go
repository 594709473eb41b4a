package cli

import (
	"github.com/spf13/cobra"

	"paddock.dev/internal/reference"
)

func newSchema(a *app) *cobra.Command {
	var included bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the platform file",
		Long: `Prints the JSON Schema (draft 2020-12) of the platform file. Editors with a YAML
language server complete, explain and check with it. Name it in the first line of the
file:

  # yaml-language-server: $schema=./platform.schema.json

The schema knows keys and forms of values; paddock check also knows what they mean.`,
		Example: `  paddock schema > platform.schema.json

  # for the files that it includes, in which nothing is required
  paddock schema --included > services.schema.json`,
		Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			text, err := reference.Schema(included)
			if err != nil {
				return err
			}
			_, err = a.streams.Out.Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&included, "included", false, "the schema of included files")
	return cmd
}

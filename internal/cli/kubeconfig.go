package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func newKubeconfig(a *app) *cobra.Command {
	var path bool
	cmd := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the administrator's way to the platform's Kubernetes API",
		Example: `  # let kubectl talk to the platform
  export KUBECONFIG=$(paddock kubeconfig --print-path)
  kubectl get rollouts -n paddock-system`,
		Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			p, err := a.connect()
			if err != nil {
				return err
			}
			if path {
				_, err := fmt.Fprintln(a.streams.Out, p.Layout.Kubeconfig())
				return err
			}
			data, err := os.ReadFile(p.Layout.Kubeconfig())
			if err != nil {
				return err
			}
			_, err = a.streams.Out.Write(data)
			return err
		},
	}
	cmd.Flags().BoolVar(&path, "print-path", false, "print the file's path instead of its text")
	return cmd
}

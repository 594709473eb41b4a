package cli

import (
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/store"
)

// UpOptions are the arguments of `paddock up`.
type UpOptions struct {
	// File is the platform file as it was written on the command line.
	File string
	// Data is the absolute directory with the data of all platforms.
	Data string
	// Gateway and Console are addresses to listen on, host:port.
	Gateway, Console string
	// Detach returns when the platform serves and leaves it running.
	Detach bool
	// Isolation is the level that pods get.
	Isolation string
	// Wait is how long the platform may take until it serves.
	Wait time.Duration
	// Person who runs the command.
	Person string
}

func newUp(a *app) *cobra.Command {
	var o UpOptions
	cmd := &cobra.Command{
		Use:   "up FILE",
		Short: "Start the platform of a file and keep it running",
		Long: `Reads the file, starts a Kubernetes control plane, a node, a gateway, a git host
and a registry, builds every service and brings it into every environment. Ctrl-C
stops it in order; the next start goes on where this one was.

Running it again with a changed file, while the platform runs, is done by pushing
or by restarting: one supervisor holds a platform's data.`,
		Example: `  paddock up platform.yaml

  # in the background, on other ports
  paddock up platform.yaml --detach --gateway 127.0.0.1:9080 --console 127.0.0.1:9081`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File, o.Person = args[0], a.person("")
			var err error
			if o.Data, err = store.Root(a.data, a.getenv); err != nil {
				return noData(err)
			}
			for flag, address := range map[string]string{"gateway": o.Gateway, "console": o.Console} {
				if _, _, err := net.SplitHostPort(address); err != nil {
					return usage("bad-address", fmt.Sprintf("--%s %q is no address", flag, address), "Write host:port, such as 127.0.0.1:8080; port 0 picks a free one.")
				}
			}
			if o.Isolation != "process" {
				return usage("unknown-isolation", fmt.Sprintf("There is no isolation level %q", o.Isolation), "Write --isolation process, which needs no privilege.")
			}
			return a.cfg.Up(cmd.Context(), o, a.streams)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Gateway, "gateway", "127.0.0.1:8080", "address for customers' requests")
	f.StringVar(&o.Console, "console", "127.0.0.1:8081", "address of dashboard, git host and registry")
	f.BoolVarP(&o.Detach, "detach", "d", false, "return when everything serves and leave it running")
	f.StringVar(&o.Isolation, "isolation", "process", "how pods are kept apart: process")
	f.DurationVar(&o.Wait, "wait", 5*time.Minute, "how long it may take until everything serves")
	cmd.ValidArgsFunction = completeYAML
	return cmd
}

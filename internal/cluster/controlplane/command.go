package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"paddock.dev/internal/cluster/pki"
)

// Main is the command paddock-engine: it returns the exit code. The context
// stands for the signals of the operating system. It is a function, so that a
// test binary can take its place in a child process.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "paddock-engine",
		Short:         "The heavy engines of Paddock, one per process; paddock starts them",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	// Linked in by Kubernetes, without a meaning here.
	if f := pflag.CommandLine.Lookup("version"); f != nil {
		f.Hidden = true
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(kubernetesCommand(), versionCommand())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(stderr, "paddock-engine:", err)
		return 1
	}
	return 0
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of the engines",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "kubernetes", Version())
			return err
		},
	}
}

// flags of paddock-engine kubernetes.
type flags struct {
	data, run, listen, services, figures string
	standalone, verbose                  bool
}

func kubernetesCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "kubernetes",
		Short: "Run etcd, API server, controller manager and scheduler",
		Long: `Run etcd, API server, controller manager and scheduler in this process, until
it is told to stop by SIGTERM, SIGINT or the end of its standard input: whoever
started it holds that pipe, and when he dies the control plane stops as well.

The keys are expected in DATA/pki. With --standalone they are made there, an
administrator's kubeconfig is written to DATA/kubeconfig, and standard input is
not looked at.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.start(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
		},
	}
	s := cmd.Flags()
	s.StringVar(&f.data, "data", "", "directory of the platform; pki and etcd are below it")
	s.StringVar(&f.run, "run", "", "directory of the unix sockets, with a short path")
	s.StringVar(&f.listen, "listen", "127.0.0.1:0", "address of the API server, or fd:3 for an inherited listener")
	s.StringVar(&f.services, "service-cidr", "10.96.0.0/16", "range of cluster addresses of Services")
	s.StringVar(&f.figures, "figures", "", "unix socket of the node agent's figures (default RUN/figures.sock)")
	s.BoolVar(&f.standalone, "standalone", false, "make keys and DATA/kubeconfig, for running it by hand")
	s.BoolVarP(&f.verbose, "verbose", "v", false, "log what the components say, not only their errors")
	for _, name := range []string{"data", "run"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // a name that is not defined above
		}
	}
	return cmd
}

func (f flags) start(ctx context.Context, stdin io.Reader, stderr io.Writer) error {
	services, err := netip.ParsePrefix(f.services)
	if err != nil {
		return fmt.Errorf("--service-cidr: %w", err)
	}
	data, err := filepath.Abs(f.data)
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	run, err := filepath.Abs(f.run)
	if err != nil {
		return fmt.Errorf("--run: %w", err)
	}
	if f.figures == "" {
		f.figures = filepath.Join(run, "figures.sock")
	}
	listener, err := listen(f.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer listener.Close()
	if f.standalone {
		if err := standalone(data, services, listener.Addr().String()); err != nil {
			return err
		}
	} else {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		// This goroutine ends with the process: a read cannot be interrupted.
		go func() {
			_, _ = io.Copy(io.Discard, stdin) // an error is an end as well
			stop()
		}()
	}
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelInfo
	}
	return Run(ctx, Config{
		Data:       data,
		Run:        run,
		Listener:   listener,
		Services:   services,
		Figures:    f.figures,
		Logger:     slog.New(slog.NewTextHandler(stderr, nil)).With("component", "engine"),
		Components: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})).With("component", "kubernetes"),
		Now:        time.Now,
	})
}

// listen opens a TCP listener, or takes over the one that a supervisor bound.
// Such a one keeps its port while the control plane is restarted.
func listen(address string) (net.Listener, error) {
	number, inherited := strings.CutPrefix(address, "fd:")
	if !inherited {
		return net.Listen("tcp", address)
	}
	fd, err := strconv.Atoi(number)
	if err != nil || fd < 3 {
		return nil, errors.New("a file descriptor above 2 is wanted after fd:")
	}
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), address)
	defer f.Close() // FileListener has its own copy
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	if _, ok := l.Addr().(*net.TCPAddr); !ok {
		l.Close()
		return nil, fmt.Errorf("%s is not a TCP listener", address)
	}
	return l, nil
}

// standalone makes what a supervisor would have made.
func standalone(data string, services netip.Prefix, address string) error {
	keys, err := pki.Ensure(pki.Options{Dir: filepath.Join(data, "pki"), Services: services})
	if err != nil {
		return err
	}
	return keys.WriteKubeconfig(filepath.Join(data, "kubeconfig"), pki.Admin, address, "paddock")
}

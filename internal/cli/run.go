package cli

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/delivery/matrix"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command found problems, or could not do its work
	exitUsage  = 2 // the command line or an input file is wrong
)

// Config is what a command gets from the process it runs in.
type Config struct {
	In       io.Reader
	Out, Err io.Writer
	// Env are the environment's variables as NAME=value.
	Env []string
	// Now is the clock.
	Now func() time.Time
	// Up runs or detaches a platform. Without it there is no such command.
	Up func(context.Context, UpOptions, Streams) error
}

// Run executes the command line in the calling process's environment and
// returns the exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Main(ctx, args, Config{In: stdin, Out: stdout, Err: stderr, Env: os.Environ(), Now: time.Now, Up: up})
}

// Main executes the command line with everything given and returns the exit
// code.
func Main(ctx context.Context, args []string, cfg Config) int {
	a := &app{cfg: cfg}
	a.look = a.snapshot
	a.streams = newStreams(cfg.In, cfg.Out, cfg.Err, a.getenv)
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(cfg.In)
	root.SetOut(cfg.Out)
	root.SetErr(cfg.Err)
	return a.report(root.ExecuteContext(ctx))
}

// app is what all commands of one execution share.
type app struct {
	cfg     Config
	streams Streams
	// data and platform are the flags of the same names.
	data, platform string
	// look reads the names that a completion offers.
	look func(context.Context) (matrix.Input, error)
}

func (a *app) getenv(name string) string {
	// The last one counts, as for the C library.
	for i := len(a.cfg.Env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(a.cfg.Env[i], name+"="); ok {
			return value
		}
	}
	return ""
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "paddock",
		Short: "Your platform in one file: proven before it is built, running before you pay for it",
		Long: `Your platform in one file: proven before it is built, running before you pay for it.

Exit codes: 0 all is well; 1 problems were found or the work could not be done;
2 the command line or an input file is wrong.`,
		Example: `  # start the platform of this file; the first time builds everything
  paddock up platform.yaml

  # what runs where, redrawn as it changes
  paddock status --watch

  # say yes to what waits
  paddock approve booking --env prod`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return badFlag(cmd, err) })
	root.PersistentFlags().StringVar(&a.data, "data", "", "directory with the data of all platforms (default $PADDOCK_DATA, else ~/.local/share/paddock)")
	root.PersistentFlags().StringVarP(&a.platform, "platform", "p", "", "platform to talk to (default: the one of ./platform.yaml, else the only one there is)")
	_ = root.RegisterFlagCompletionFunc("platform", a.completePlatforms)

	root.AddGroup(
		&cobra.Group{ID: "file", Title: "Write a platform file:"},
		&cobra.Group{ID: "run", Title: "Run a platform:"},
		&cobra.Group{ID: "deliver", Title: "Deliver:"},
		&cobra.Group{ID: "look", Title: "Look:"},
		&cobra.Group{ID: "cloud", Title: "Build it on AWS:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	if a.cfg.Up != nil {
		add("run", newUp(a))
	}
	add("run", newDown(a), newCheck(a), newDoctor(a))
	add("file", newInit(a), newFmt(a), newExplain(a), newSchema(a), newRules(a), newShow(a), newGraph(a))
	add("deliver", newPromote(a), newApprove(a), newRollback(a), newRelease(a), newDrill(a))
	add("look", newStatus(a), newHistory(a), newLogs(a), newKubeconfig(a))
	add("look", newAudit(a))
	add("look", newFlows(a))
	add("look", newAccess(a))
	add("cloud", newRender(a), newPlan(a), newCost(a), newApply(a))
	root.AddCommand(newCompletion(), newVersion(a))
	return root
}

// newHelp is for those who type `paddock help status`; --help says the same.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Show the help of a command",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

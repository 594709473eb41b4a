package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/delivery/snapshot"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/kube"
	"paddock.dev/internal/spec"
	"paddock.dev/internal/store"
)

// Platform is a running platform and the way to it.
type Platform struct {
	State  store.State
	Layout store.Layout
	// Config is the administrator's.
	Config *rest.Config
	Client client.Client
}

// locate finds out which platform is meant: --platform, else the name in
// ./platform.yaml, else the only one there is.
func (a *app) locate() (name string, layout store.Layout, err error) {
	root, err := store.Root(a.data, a.getenv)
	if err != nil {
		return "", store.Layout{}, noData(err)
	}
	known, err := store.Platforms(root)
	if err != nil {
		return "", store.Layout{}, err
	}
	switch here := nameInFile("platform.yaml"); {
	case a.platform != "" && !slices.Contains(known, a.platform):
		if len(known) == 0 {
			return "", store.Layout{}, usage("no-platform", fmt.Sprintf("There is no platform %q in %s", a.platform, root), "Start one: paddock up platform.yaml")
		}
		return "", store.Layout{}, unknown("platform", a.platform, known)
	case a.platform != "":
		name = a.platform
	case here != "" && !slices.Contains(known, here):
		return "", store.Layout{}, usage("not-running", fmt.Sprintf("The platform %q of ./platform.yaml was never started", here), "Start it: paddock up platform.yaml")
	case here != "":
		name = here
	case len(known) == 0:
		return "", store.Layout{}, usage("no-platform", "There is no platform in "+root, "Start one: paddock up platform.yaml")
	case len(known) > 1:
		return "", store.Layout{}, usage("which-platform", "There are several platforms: "+strings.Join(known, ", "), "Say which one: --platform "+known[0])
	default:
		name = known[0]
	}
	return name, store.At(root, name), nil
}

// nameInFile is the platform's name in a file; empty when there is no file or
// it is not one of ours.
func nameInFile(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if f, _ := spec.ParseFile(path, text, os.DirFS(filepath.Dir(path))); f != nil {
		return f.Platform.Name
	}
	return ""
}

// connect reaches the platform that is meant.
func (a *app) connect() (*Platform, error) {
	name, layout, err := a.locate()
	if err != nil {
		return nil, err
	}
	state, ok, err := layout.ReadState()
	if err != nil {
		return nil, err
	}
	if !ok || !state.Alive() {
		return nil, diag.Problem{
			Severity: diag.Error, ID: "not-running", Summary: fmt.Sprintf("The platform %q does not run", name),
			Fix: "Start it: paddock up " + cmp.Or(state.File, "platform.yaml"),
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", layout.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", layout.Kubeconfig(), err)
	}
	config.QPS = -1 // one person on one machine
	config.UserAgent = "paddock"
	p := &Platform{State: state, Layout: layout, Config: config}
	p.Client, err = newClient(config)
	return p, err
}

func newClient(config *rest.Config) (client.Client, error) {
	ctrllog.SetLogger(logr.Discard()) // else it complains on stderr after half a minute
	scheme, err := kube.NewScheme()
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.Timeout = 15 * time.Second
	return client.New(config, client.Options{Scheme: scheme})
}

// Snapshot reads the delivery resources.
func (p *Platform) Snapshot(ctx context.Context, now time.Time) (matrix.Input, error) {
	in, err := snapshot.Read(ctx, p.Client, now)
	in.Gateway, in.Console = p.State.Gateway, p.State.Console
	return in, err
}

// person is who acts: the flag's value, else the user of this machine.
func (a *app) person(flag string) string {
	if name := cmp.Or(flag, a.getenv("USER"), a.getenv("LOGNAME")); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil { // a container often has no USER
		return u.Username
	}
	return ""
}

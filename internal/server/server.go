package server

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
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"paddock.dev/internal/cluster/engine"
	"paddock.dev/internal/cluster/gateway"
	"paddock.dev/internal/cluster/githost"
	"paddock.dev/internal/cluster/network"
	"paddock.dev/internal/cluster/pki"
	"paddock.dev/internal/cluster/registry"
	"paddock.dev/internal/delivery"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/kube"
	"paddock.dev/internal/store"
	"paddock.dev/internal/web"
)

// RegistryName is the registry's name in image references. It is a mirror name:
// the node agent and the builder are given the real address.
const RegistryName = "registry.paddock.internal"

// stopPatience is how long one part may take to stop.
const stopPatience = 8 * time.Second

// logLimit bounds each log file in bytes; one more of that size is kept.
const logLimit = 64 << 20

// Config describes one run of a platform.
type Config struct {
	// File is the absolute path of the platform file.
	File string
	// Root is the directory with the data of all platforms.
	Root string
	// Gateway and Console are the addresses to listen on.
	Gateway, Console string
	// By is who runs the command.
	By string
	// Wait bounds the time until everything serves.
	Wait time.Duration
	// Engine says where the engine is looked for.
	Engine engine.Options
	// Say is told what happens, in a sentence each.
	Say func(string)
	// Ready is called once, when everything serves that can.
	Ready func(Ready)
	Now   func() time.Time
}

// Ready is where a platform that serves can be reached.
type Ready struct {
	Name             string
	Gateway, Console string
	Kubeconfig       string
	// Took since Run was called; APIServer until the API server answered.
	Took, APIServer time.Duration
	// Waiting names what does not serve, each with its reason.
	Waiting []string
	// Declared are the services without source: they are in the file only.
	Declared []string
}

// Run starts the platform and keeps it running until ctx is done or a part of it
// fails. Nothing of it runs any more when Run returns.
func Run(ctx context.Context, cfg Config) (err error) {
	r := &run{Config: cfg, began: cfg.Now()}
	if err := r.open(); err != nil {
		return err
	}
	defer r.close()
	r.stack = newStack(r.logger)
	defer func() {
		stopping := cfg.Now()
		stopErr := r.stack.stop(stopPatience)
		r.logger.Info("stopped", "took", cfg.Now().Sub(stopping))
		err = errors.Join(err, stopErr, r.layout.RemoveState())
	}()
	// Starting is given up when a part fails, and not only when somebody asks.
	starting, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	failed := make(chan error, 1)
	go func() {
		select {
		case err := <-r.stack.failed:
			failed <- err
			giveUp(err)
		case <-starting.Done():
		}
	}()
	if err := r.start(starting); err != nil {
		if ctx.Err() != nil {
			return nil // somebody asked; it is no failure
		}
		if cause := context.Cause(starting); cause != nil && !errors.Is(cause, context.Canceled) {
			return cause
		}
		return err
	}
	select {
	case <-ctx.Done():
		cfg.Say("stopping")
		return nil
	case err := <-failed:
		return err
	}
}

// run is what the parts of one run share.
type run struct {
	Config
	began   time.Time
	layout  store.Layout
	lock    *store.Lock
	file    *platformFile
	logger  *slog.Logger
	closers []io.Closer
	sockets string
	stack   *stack

	gatewayAt, consoleAt net.Listener
	plan                 addresses
	keys                 *pki.Store
	admin                *rest.Config
	engine               *engine.Engine
	mgr                  manager.Manager
	git                  *githost.Host
	registry             *registry.Registry
	network              *network.Loopback
	services             *network.Services
	flows                *network.FlowLog
	gateway              *gateway.Gateway
	delivery             *delivery.Delivery
	// client reads and writes past the cache, for the steps of the start.
	client    client.Client
	apiAnswer time.Duration
}

// open takes what must be there before anything starts: the file, the lock, the
// logs, the addresses.
func (r *run) open() (err error) {
	if r.file, err = readPlatformFile(r.File); err != nil {
		return err
	}
	r.layout = store.At(r.Root, r.file.Platform().Name)
	if r.lock, err = r.layout.Acquire(r.Now()); err != nil {
		var held *store.HeldError
		if errors.As(err, &held) {
			return diag.Problem{
				Severity: diag.Error, ID: "platform-runs",
				Summary: fmt.Sprintf("%s is running already", r.file.Platform().Name),
				Detail:  held.Error() + ".",
				Fix:     "Changes of the file and pushes are taken up by the one that runs; `paddock status` shows it, and `paddock down` stops it.",
			}
		}
		return err
	}
	r.closers = append(r.closers, closer(r.lock.Release))
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if err := os.MkdirAll(r.layout.Logs(), 0o700); err != nil {
		return err
	}
	log, err := store.OpenRotating(filepath.Join(r.layout.Logs(), "paddock.log"), logLimit)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, log)
	r.logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	ctrllog.SetLogger(logr.FromSlogHandler(r.logger.Handler()))

	if r.gatewayAt, err = listen("gateway", "gateway", r.Gateway); err != nil {
		return err
	}
	r.closers = append(r.closers, r.gatewayAt)
	if r.consoleAt, err = listen("console", "console", r.Console); err != nil {
		return err
	}
	r.closers = append(r.closers, r.consoleAt)
	// Sockets have a short path (108 bytes) and a directory that only we can read.
	if r.sockets, err = os.MkdirTemp("", "pk-"); err != nil {
		return err
	}
	r.closers = append(r.closers, closer(func() error { return os.RemoveAll(r.sockets) }))
	r.plan, err = planAddresses(r.layout)
	return err
}

// close gives everything back, the last first. Listeners that a part owns are
// closed by then; closing them again does no harm.
func (r *run) close() {
	for i := len(r.closers) - 1; i >= 0; i-- {
		_ = r.closers[i].Close()
	}
	r.closers = nil
}

// start brings the parts up in the order in which they need one another.
func (r *run) start(ctx context.Context) error {
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"engine", r.startEngine},
		{"sources", r.startSources},
		{"control plane", r.awaitEngine},
		{"network", r.startNetwork},
		{"delivery", r.startDelivery},
		{"console", r.startConsole},
		{"audit", r.startAudit},
		{"controllers", r.startManager},
		{"node", r.startNode},
		{"entrance", r.openEntrance},
		{"state", r.writeState},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	ready, err := r.settle(ctx)
	if err != nil {
		return err
	}
	r.Ready(ready)
	return nil
}

// startEngine makes the keys and starts the control plane. It takes seconds to
// answer, in which the sources are looked at.
func (r *run) startEngine(ctx context.Context) error {
	path, err := engine.Locate(ctx, r.Engine)
	if err != nil {
		return err
	}
	r.began = r.Now() // the build of the engine is not the platform's start
	r.keys, err = pki.Ensure(pki.Options{Dir: r.layout.PKI(), Services: r.plan.Services, Now: r.Now})
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	security, err := r.keys.ClientTLS(pki.Admin)
	if err != nil {
		return err
	}
	kubernetes := engine.Kubernetes{
		Path: path, Data: r.layout.Dir(), Run: r.sockets, TLS: security,
		Services: r.plan.Services, Figures: r.figuresSocket(),
		LogFile: filepath.Join(r.layout.Logs(), "kubernetes.log"), Logger: r.logger.With("part", "engine"),
	}
	// The port of the last time keeps copied kubeconfigs right; any will do when
	// somebody else has it by now.
	var at netip.AddrPort
	for _, port := range []uint16{r.plan.APIServer, 0} {
		kubernetes.Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))
		if r.engine, at, err = engine.NewKubernetes(ctx, kubernetes); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	r.plan.APIServer = at.Port()
	if err := r.plan.keep(r.layout); err != nil {
		return err
	}
	kubeconfig, err := r.keys.Kubeconfig(pki.Admin, at.String(), r.file.Platform().Name)
	if err != nil {
		return err
	}
	if err := store.WriteFile(r.layout.Kubeconfig(), kubeconfig, 0o600); err != nil {
		return err
	}
	r.admin = r.keys.RESTConfig(pki.Admin, at.String())
	r.admin.QPS = -1 // one client of one local server: its own queues are enough
	r.stack.start("engine", r.engine.Run)
	return nil
}

func (r *run) figuresSocket() string { return filepath.Join(r.sockets, "figures.sock") }

// awaitEngine waits for the API server and gives it the kinds that it needs.
func (r *run) awaitEngine(ctx context.Context) error {
	if err := r.engine.Ready(ctx); err != nil {
		return err
	}
	r.apiAnswer = r.Now().Sub(r.began)
	r.Say("the Kubernetes API answers")
	scheme, err := kube.NewScheme()
	if err != nil {
		return err
	}
	if r.client, err = client.New(r.admin, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	if err := kube.Install(ctx, r.client); err != nil {
		return err
	}
	r.mgr, err = ctrl.NewManager(r.admin, ctrl.Options{
		Scheme:  scheme,
		Logger:  logr.FromSlogHandler(r.logger.Handler()),
		Metrics: metricsserver.Options{BindAddress: "0"}, // the console serves them
		Cache:   cacheOptions(),
	})
	return err
}

func (r *run) startNetwork(context.Context) (err error) {
	if r.network, err = network.NewLoopback(network.LoopbackConfig{
		PodCIDR: r.plan.Pods, ServiceCIDR: r.plan.Services,
		Path: filepath.Join(r.layout.Node(), "addresses.json"), Now: r.Now,
	}); err != nil {
		return err
	}
	if err := r.openFlowLog(); err != nil {
		return err
	}
	if r.services, err = network.NewServices(network.ServicesConfig{
		Local: r.network.Local, HTTP: r.serviceHandler, Flows: r.flows, Logger: r.logger.With("part", "services"),
	}); err != nil {
		return err
	}
	if err := r.services.SetupWithManager(r.mgr); err != nil {
		return err
	}
	access, err := store.OpenRotating(filepath.Join(r.layout.Logs(), "access.log"), logLimit)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, access)
	if r.gateway, err = gateway.New(gateway.Config{
		Listener: r.gatewayAt, Local: r.network.Local, AccessLog: access, Watch: r.watchGateway,
		Logger: r.logger.With("part", "gateway"), Now: r.Now,
	}); err != nil {
		return err
	}
	return r.gateway.SetupWithManager(r.mgr)
}

// openEntrance lets requests in. It is the last step, so that it is the first to
// be undone: what still answers when the platform stops can finish.
func (r *run) openEntrance(context.Context) error {
	r.stack.start("flow log", r.flows.Run) // stopped after what it is about
	r.stack.start("gateway", r.gateway.Run)
	r.stack.start("services", r.services.Run)
	return nil
}

func (r *run) startConsole(context.Context) error {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(r.gateway.Collector(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	console, err := web.New(web.Config{
		Listener: r.consoleAt,
		Status:   r.status, History: r.history,
		Git: r.git, Registry: r.registry,
		Metrics: promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}),
		Now:     r.Now, Logger: r.logger.With("part", "console"),
	})
	if err != nil {
		return err
	}
	r.stack.start("console", console.Run)
	return nil
}

// startManager runs the controllers, and waits until they know what there is.
func (r *run) startManager(ctx context.Context) error {
	if err := r.recordPlatform(ctx); err != nil {
		return err
	}
	r.stack.start("controllers", r.mgr.Start)
	if !r.mgr.GetCache().WaitForCacheSync(ctx) {
		return errors.New("the cache did not fill")
	}
	r.stack.start("platform file", r.watchFile)
	return nil
}

func (r *run) writeState(context.Context) error {
	self, err := store.Self()
	if err != nil {
		return err
	}
	return r.layout.WriteState(store.State{
		Name: r.file.Platform().Name, Process: self,
		Gateway: r.gatewayAt.Addr().String(), Console: r.consoleAt.Addr().String(),
		APIServer: r.admin.Host, File: r.File, StartedAt: r.began,
	})
}

type closer func() error

func (c closer) Close() error { return c() }

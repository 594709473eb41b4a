package network

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// LabelProxy on a Service hands it to another proxy, as kube-proxy has it.
	LabelProxy = "service.kubernetes.io/service-proxy-name"

	// drainTime is what connections get when a Service or the process goes away.
	drainTime = 3 * time.Second
)

// ServicesConfig of the Services' addresses.
type ServicesConfig struct {
	// Local turns an address of the API into one of this host; see Network.
	Local func(netip.Addr) netip.Addr
	// HTTP returns what serves a Service that has routes, and false for one that
	// has none: its connections are relayed byte by byte. It is asked for each
	// connection and each request. Nil means that no Service has routes.
	HTTP func(types.NamespacedName) (http.Handler, bool)
	// Flows notes the connections that are relayed, nil for nobody.
	Flows  *FlowLog
	Logger *slog.Logger
}

// Services listens on the address of every Service and passes what comes to
// its ready endpoints, as kube-proxy does with rules of the kernel.
type Services struct {
	cfg    ServicesConfig
	log    *slog.Logger
	events events.EventRecorder // nil before SetupWithManager

	ctx    context.Context // of the connections
	cancel context.CancelFunc

	mu       sync.Mutex
	stopped  bool
	vips     map[types.NamespacedName]map[netip.AddrPort]*vip
	reported map[types.NamespacedName]string
	closing  sync.WaitGroup
}

// NewServices makes the proxy; it listens once a manager drives it.
func NewServices(cfg ServicesConfig) (*Services, error) {
	if cfg.Local == nil {
		return nil, errors.New("services: no Local")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Services{
		cfg: cfg, log: cfg.Logger.With("component", "services"),
		vips:     map[types.NamespacedName]map[netip.AddrPort]*vip{},
		reported: map[types.NamespacedName]string{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// SetupWithManager adds the controller that follows Services and their
// EndpointSlices.
func (s *Services) SetupWithManager(mgr manager.Manager) error {
	s.events = mgr.GetEventRecorder("paddock-network")
	owner := handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []reconcile.Request {
		name := o.GetLabels()[discoveryv1.LabelServiceName]
		if name == "" {
			return nil
		}
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: name}}}
	})
	skip := true // the names are global, and a test may run two
	err := builder.ControllerManagedBy(mgr).Named("services").
		WithOptions(controller.Options{SkipNameValidation: &skip}).
		For(&corev1.Service{}).
		Watches(&discoveryv1.EndpointSlice{}, owner).
		Complete(reconcile.Func(func(ctx context.Context, r reconcile.Request) (reconcile.Result, error) {
			return s.reconcile(ctx, mgr.GetClient(), r.NamespacedName)
		}))
	if err != nil {
		return fmt.Errorf("services controller: %w", err)
	}
	return nil
}

// Run waits for the end of ctx; then it stops listening, gives connections
// three seconds, and returns.
func (s *Services) Run(ctx context.Context) error {
	<-ctx.Done()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	s.mu.Lock()
	s.stopped = true
	all := s.vips
	s.vips = map[types.NamespacedName]map[netip.AddrPort]*vip{}
	s.mu.Unlock()
	var closed sync.WaitGroup
	for _, vips := range all {
		for _, v := range vips {
			closed.Go(func() { v.close(drain) })
		}
	}
	closed.Wait()
	s.cancel()
	s.closing.Wait()
	return nil
}

func (s *Services) reconcile(ctx context.Context, cache client.Reader, name types.NamespacedName) (reconcile.Result, error) {
	var svc corev1.Service
	var endpoints discoveryv1.EndpointSliceList
	err := cache.Get(ctx, name, &svc)
	if apierrors.IsNotFound(err) {
		return reconcile.Result{}, s.apply(name, nil, nil)
	}
	if err == nil {
		err = cache.List(ctx, &endpoints, client.InNamespace(name.Namespace), client.MatchingLabels{discoveryv1.LabelServiceName: name.Name}, client.UnsafeDisableDeepCopy)
	}
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("read Service %s: %w", name, err)
	}
	err = s.apply(name, &svc, endpoints.Items)
	s.report(&svc, err)
	switch {
	case err == nil:
		return reconcile.Result{}, nil
	case errors.Is(err, syscall.EACCES):
		// It will not be allowed by itself; look again now and then.
		return reconcile.Result{RequeueAfter: time.Minute}, nil
	}
	// Taken, by what an earlier run has left for instance.
	return reconcile.Result{RequeueAfter: 2 * time.Second}, nil
}

// report makes an Event of ports that cannot be served, once for each cause.
func (s *Services) report(svc *corev1.Service, err error) {
	name, text := types.NamespacedName{Namespace: svc.Namespace, Name: svc.Name}, ""
	if err != nil {
		text = err.Error()
	}
	s.mu.Lock()
	same := s.reported[name] == text
	if s.reported[name] = text; text == "" {
		delete(s.reported, name)
	}
	s.mu.Unlock()
	if same || text == "" {
		return
	}
	s.log.Warn("service port not served", "service", name.String(), "err", err)
	if s.events != nil {
		s.events.Eventf(svc, nil, corev1.EventTypeWarning, "ListenFailed", "Listen", "%s", text)
	}
}

// port is what one address of a Service should be.
type port struct {
	http      bool
	endpoints []netip.AddrPort
}

// apply brings the listeners of a Service to what it asks for. What cannot be
// listened on is in the error; the rest works.
func (s *Services) apply(name types.NamespacedName, svc *corev1.Service, endpoints []discoveryv1.EndpointSlice) error {
	want := ports(svc, endpoints, s.cfg.Local)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	have := s.vips[name]
	for at, v := range have {
		if w, ok := want[at]; !ok || w.http != v.http {
			delete(have, at)
			_ = v.listener.Close() // at once: the address may be wanted again
			s.closing.Go(func() {
				drain, cancel := context.WithTimeout(s.ctx, drainTime)
				defer cancel()
				v.close(drain)
			})
		}
	}
	var failures []error
	for at, w := range want {
		v := have[at]
		if v == nil {
			var err error
			if v, err = listen(s.ctx, at, name, w.http, s.cfg.HTTP, s.cfg.Flows, s.log); err != nil {
				failures = append(failures, explain(at, err))
				continue
			}
			if have == nil {
				have = map[netip.AddrPort]*vip{}
				s.vips[name] = have
			}
			have[at] = v
		}
		v.relay.set(w.endpoints)
	}
	if len(have) == 0 {
		delete(s.vips, name)
	}
	return errors.Join(failures...)
}

func explain(at netip.AddrPort, err error) error {
	if errors.Is(err, syscall.EACCES) && at.Port() < 1024 {
		return fmt.Errorf("port %d needs a privilege that paddock does not have; use a port from 1024 up: %w", at.Port(), err)
	}
	return err
}

// ports are the addresses of this host on which a Service is served, with the
// endpoints that are ready. Headless Services, those of another proxy and
// ExternalNames have none.
func ports(svc *corev1.Service, all []discoveryv1.EndpointSlice, local func(netip.Addr) netip.Addr) map[netip.AddrPort]port {
	if svc == nil || svc.DeletionTimestamp != nil || svc.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	if _, other := svc.Labels[LabelProxy]; other {
		return nil
	}
	out := map[netip.AddrPort]port{}
	for _, ip := range svc.Spec.ClusterIPs {
		api, err := netip.ParseAddr(ip) // "None" and "" are not addresses
		if err != nil || local(api) == api {
			continue // not ours to serve
		}
		for _, p := range svc.Spec.Ports {
			if p.Protocol != "" && p.Protocol != corev1.ProtocolTCP {
				continue
			}
			at := netip.AddrPortFrom(local(api), uint16(p.Port))
			out[at] = port{http: speaksHTTP(p), endpoints: ready(all, p.Name, local)}
		}
	}
	return out
}

// speaksHTTP reports whether routes may serve the port: one that declares
// another protocol is relayed in any case.
func speaksHTTP(p corev1.ServicePort) bool {
	return p.AppProtocol == nil || slices.Contains([]string{"", "http", "kubernetes.io/ws"}, *p.AppProtocol)
}

// ready are the addresses of this host that reach the ready endpoints of a
// port, sorted.
func ready(all []discoveryv1.EndpointSlice, name string, local func(netip.Addr) netip.Addr) []netip.AddrPort {
	var out []netip.AddrPort
	for _, slice := range all {
		for _, p := range slice.Ports {
			if (p.Name == nil && name != "") || (p.Name != nil && *p.Name != name) || p.Port == nil {
				continue
			}
			for _, e := range slice.Endpoints {
				if e.Conditions.Ready != nil && !*e.Conditions.Ready {
					continue
				}
				for _, a := range e.Addresses {
					if ip, err := netip.ParseAddr(a); err == nil {
						out = append(out, netip.AddrPortFrom(local(ip), uint16(*p.Port)))
					}
				}
			}
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return slices.Compact(out)
}

// Addresses are where the proxy listens now, as host:port, sorted; for people
// who look.
func (s *Services) Addresses() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, vips := range s.vips {
		for at := range vips {
			out = append(out, at.Addr().String()+":"+strconv.Itoa(int(at.Port())))
		}
	}
	slices.Sort(out)
	return out
}

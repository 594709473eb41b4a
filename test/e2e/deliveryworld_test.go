package e2e_test

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/kube"
	"paddock.dev/internal/model"
)

// deliveryWorld runs the delivery controllers against a real API server and
// real Kubernetes controllers. Nodes, gateway, code and customers are played.
type deliveryWorld struct {
	t      *testing.T
	client client.Client
	path   []string

	mu       sync.Mutex
	platform *model.Platform
	head     string
	sample   func(set string) verdict.Sample
	delivery *delivery.Delivery
}

func newDeliveryWorld(t *testing.T, c client.Client) *deliveryWorld {
	w := &deliveryWorld{t: t, client: c, path: []string{"t-dev", "t-qa", "t-uat", "t-prod"}}
	w.sample = func(string) verdict.Sample { return verdict.Sample{Requests: 1000} }
	w.platform = w.file(nil, true)

	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var players sync.WaitGroup
	for _, play := range []func(context.Context) error{w.playNode, w.playGateway} {
		players.Go(func() {
			for ctx.Err() == nil {
				if err := play(ctx); err != nil && ctx.Err() == nil {
					t.Logf("a player missed its line: %v", err)
				}
				select {
				case <-ctx.Done():
				case <-time.After(50 * time.Millisecond):
				}
			}
		})
	}
	t.Cleanup(func() { cancel(); players.Wait() })
	return w
}

// file is the platform as its file would say it.
func (w *deliveryWorld) file(settings []model.Setting, declared bool) *model.Platform {
	p := &model.Platform{
		Name: "tuck", Domain: "tuck.example", Groups: []model.Group{{Name: "leads", Members: []string{"asha", "meera"}}},
		Delivery: model.Delivery{Path: w.path, Branch: "main", Canary: []int{5, 50}, Bake: time.Second, KeepWarm: time.Hour, NoData: model.Hold},
	}
	for i, name := range w.path {
		env := model.Environment{Name: name, Stage: []model.Stage{model.Development, model.Test, model.Acceptance, model.Production}[i]}
		if name == w.path[2] {
			env.Approve = model.Approve{From: []string{"leads"}, Count: 1}
		}
		if declared {
			env.Services = []model.Service{{
				Name: "shop", Source: &model.Source{Dir: "shop", Language: "go"}, Port: 8080,
				Routes:    []model.Route{{Host: "shop." + name + ".tuck.example", Path: "/"}},
				Scale:     model.Scale{Min: 1, Max: 1},
				Size:      model.Size{CPUMilli: 10, MemoryBytes: 16 << 20},
				Objective: model.Objective{Availability: "99.9"}, Settings: settings,
			}}
		}
		p.Environments = append(p.Environments, env)
	}
	return p
}

// start runs the controllers until stop is called, as one process would.
func (w *deliveryWorld) start() (stop func()) {
	w.t.Helper()
	yes := true
	mgr, err := manager.New(restConfig(w.t), manager.Options{
		Scheme: w.client.Scheme(), Metrics: server.Options{BindAddress: "0"}, Controller: config.Controller{SkipNameValidation: &yes},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := delivery.New(delivery.Options{
		Platform: func() *model.Platform { w.mu.Lock(); defer w.mu.Unlock(); return w.platform },
		Source:   w, Builder: w, GatewayPort: 8080, BuildLogDir: w.t.TempDir(),
		Figures: func(namespace, set string, _ time.Time, _ time.Duration) verdict.Sample {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.sample(set)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := d.SetupWithManager(mgr); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.delivery = d
	w.mu.Unlock()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				w.t.Errorf("controllers: %v", err)
			}
		})
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *deliveryWorld) Head(context.Context, string, string) (delivery.Commit, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return delivery.Commit{ID: w.head, Author: "Asha Rao <asha@tuck.example>", Subject: "sell more"}, nil
}

func (w *deliveryWorld) Build(_ context.Context, r delivery.BuildRequest) (string, error) {
	fmt.Fprintln(r.Log, "building", r.Build.Spec.Commit)
	return "registry.paddock.internal/shop@sha256:" + fmt.Sprintf("%x", sha256.Sum256([]byte(r.Build.Spec.Commit))), nil
}

func (w *deliveryWorld) push(text string) {
	w.mu.Lock()
	w.head = fmt.Sprintf("%x", sha1.Sum([]byte(text)))
	d := w.delivery
	w.mu.Unlock()
	d.Notify("shop")
}

func (w *deliveryWorld) set(name, value string) {
	w.accept(w.file([]model.Setting{{Name: name, Value: value}}, true))
}
func (w *deliveryWorld) remove(string) { w.accept(w.file(nil, false)) }

func (w *deliveryWorld) accept(p *model.Platform) {
	w.mu.Lock()
	w.platform = p
	d := w.delivery
	w.mu.Unlock()
	d.Notify()
}

func (w *deliveryWorld) figures(sample func(set string) verdict.Sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sample = sample
}

// as is a client that acts as a person.
func (w *deliveryWorld) as(person string) client.Client {
	cfg := restConfig(w.t)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: person, Groups: []string{kube.ApproversGroup}}
	c, err := client.New(cfg, client.Options{Scheme: w.client.Scheme()})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// expect waits until the rollout is in the phase.
func (w *deliveryWorld) expect(name string, phase v1.RolloutPhase) *v1.Rollout {
	w.t.Helper()
	r := &v1.Rollout{}
	eventually(w.t, time.Minute, name+" "+string(phase), func() error {
		if err := w.client.Get(w.t.Context(), system(name), r); err != nil {
			return err
		}
		if r.Status.Phase != phase {
			return fmt.Errorf("it is %s: %s", r.Status.Phase, r.Status.Message)
		}
		return nil
	})
	return r
}

// only wants exactly these sets in the environment, and a route to match.
func (w *deliveryWorld) only(environment string, sets ...string) error {
	var deployments appsv1.DeploymentList
	var routes gatewayv1.HTTPRouteList
	for _, list := range []client.ObjectList{&deployments, &routes} {
		if err := w.client.List(w.t.Context(), list, client.InNamespace(environment)); err != nil {
			return err
		}
	}
	var have []string
	for _, d := range deployments.Items {
		have = append(have, d.Name)
	}
	slices.Sort(have)
	if !slices.Equal(have, sets) {
		return fmt.Errorf("sets %v, want %v", have, sets)
	}
	for _, r := range routes.Items {
		for _, ref := range r.Spec.Rules[0].BackendRefs {
			if !slices.Contains(sets, string(ref.Name)) {
				return fmt.Errorf("route %s leads to %s", r.Name, ref.Name)
			}
		}
	}
	if len(sets) == 0 && len(routes.Items) > 0 {
		return fmt.Errorf("%d routes are left", len(routes.Items))
	}
	return nil
}

// playNode is a node on which every pod runs at once.
func (w *deliveryWorld) playNode(ctx context.Context) error {
	const name = "delivery-test"
	now := metav1.NewMicroTime(time.Now())
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-node-lease", Name: name}}
	holder, seconds := name, int32(40)
	if err := w.client.Get(ctx, client.ObjectKeyFromObject(lease), lease); err != nil {
		lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: &holder, LeaseDurationSeconds: &seconds, RenewTime: &now}
		if err := client.IgnoreNotFound(err); err != nil {
			return err
		}
		if err := w.client.Create(ctx, lease); err != nil {
			return err
		}
	} else if lease.Spec.RenewTime == nil || time.Since(lease.Spec.RenewTime.Time) > 5*time.Second {
		lease.Spec.RenewTime = &now
		if err := w.client.Update(ctx, lease); err != nil {
			return err
		}
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := w.client.Get(ctx, client.ObjectKeyFromObject(node), node); client.IgnoreNotFound(err) != nil {
		return err
	} else if err != nil {
		if err := w.client.Create(ctx, node); err != nil {
			return err
		}
	}
	if len(node.Status.Allocatable) == 0 {
		node.Status.Allocatable = corev1.ResourceList{"cpu": resource.MustParse("8"), "memory": resource.MustParse("8Gi"), "pods": resource.MustParse("100")}
		node.Status.Capacity = node.Status.Allocatable
		node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Played"}}
		if err := w.client.Status().Update(ctx, node); err != nil {
			return err
		}
	}

	var pods corev1.PodList
	if err := w.client.List(ctx, &pods, client.MatchingFields{"spec.nodeName": name}); err != nil {
		return err
	}
	for i := range pods.Items {
		p := &pods.Items[i]
		if p.DeletionTimestamp != nil {
			if err := w.client.Delete(ctx, p, client.GracePeriodSeconds(0)); client.IgnoreNotFound(err) != nil {
				return err
			}
			continue
		}
		if p.Status.Phase == corev1.PodRunning {
			continue
		}
		p.Status.Phase = corev1.PodRunning
		p.Status.PodIP = fmt.Sprintf("10.77.%d.%d", len(p.UID)%200, i+1)
		p.Status.PodIPs = []corev1.PodIP{{IP: p.Status.PodIP}}
		p.Status.Conditions = []corev1.PodCondition{
			{Type: corev1.PodReady, Status: corev1.ConditionTrue}, {Type: corev1.ContainersReady, Status: corev1.ConditionTrue},
			{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}, {Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
		}
		if err := w.client.Status().Update(ctx, p); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

// playGateway accepts every route as it is.
func (w *deliveryWorld) playGateway(ctx context.Context) error {
	var routes gatewayv1.HTTPRouteList
	if err := w.client.List(ctx, &routes); err != nil {
		return err
	}
	for i := range routes.Items {
		r := &routes.Items[i]
		if !slices.Contains(w.path, r.Namespace) {
			continue
		}
		before := r.Status.DeepCopy()
		parents := r.Status.Parents
		if len(parents) != len(r.Spec.ParentRefs) {
			parents = nil
			for _, ref := range r.Spec.ParentRefs {
				parents = append(parents, gatewayv1.RouteParentStatus{ParentRef: ref, ControllerName: delivery.GatewayController})
			}
		}
		for j := range parents {
			for _, kind := range []string{"Accepted", "ResolvedRefs"} {
				meta.SetStatusCondition(&parents[j].Conditions, metav1.Condition{
					Type: kind, Status: metav1.ConditionTrue, Reason: kind, ObservedGeneration: r.Generation,
				})
			}
		}
		r.Status.Parents = parents
		if equality.Semantic.DeepEqual(*before, r.Status) {
			continue
		}
		if err := w.client.Status().Update(ctx, r); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

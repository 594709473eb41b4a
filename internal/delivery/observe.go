package delivery

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/delivery/rollout"
	"paddock.dev/internal/delivery/verdict"
	"paddock.dev/internal/kube"
	"paddock.dev/internal/model"
)

// observe gathers all that a decision about the place may depend on.
func (d *Delivery) observe(ctx context.Context, p *model.Platform, place types.NamespacedName) (*rollout.Observation, error) {
	env, _ := p.Environment(place.Namespace)
	_, declared := env.Service(place.Name)
	now := d.opts.Clock.Now()
	o := &rollout.Observation{
		Now: now, Since: d.awake.look(now), Declared: declared, Rules: d.rules(p, env, place),
		Releases: map[string]*v1.Release{}, Sets: map[string]rollout.Set{},
	}
	var rollouts v1.RolloutList
	if err := d.client.List(ctx, &rollouts, client.InNamespace(v1.SystemNamespace), client.MatchingFields{byPlace: place.String()}); err != nil {
		return nil, fmt.Errorf("list rollouts: %w", err)
	}
	o.Rollouts = rollouts.Items
	var releases v1.ReleaseList
	if err := d.client.List(ctx, &releases, client.InNamespace(v1.SystemNamespace), client.MatchingFields{byService: place.Name}); err != nil {
		return nil, fmt.Errorf("list releases: %w", err)
	}
	for i := range releases.Items {
		o.Releases[releases.Items[i].Name] = &releases.Items[i]
	}
	var approvals v1.ApprovalList
	if err := d.client.List(ctx, &approvals, client.InNamespace(v1.SystemNamespace)); err != nil {
		return nil, fmt.Errorf("list approvals: %w", err)
	}
	o.Approvals = approvals.Items

	if err := d.observeSets(ctx, place, o); err != nil {
		return nil, err
	}
	if err := d.observeRoute(ctx, place, o); err != nil {
		return nil, err
	}
	d.observeFigures(place, o)
	return o, nil
}

func (d *Delivery) rules(p *model.Platform, env model.Environment, place types.NamespacedName) rollout.Rules {
	r := rollout.Rules{
		Environment: env.Name, Bake: p.Delivery.Bake, KeepWarm: p.Delivery.KeepWarm, NoData: p.Delivery.NoData,
		Approve: env.Approve.Count, Groups: env.Approve.From, Approvers: p.Members(env.Approve.From),
		Grace: d.opts.Grace, Deadline: d.opts.Deadline,
	}
	if env.Stage == model.Production {
		for _, step := range p.Delivery.Canary {
			r.Canary = append(r.Canary, int32(step))
		}
	}
	for _, s := range env.Services {
		if s.Name == place.Name && len(s.Routes) > 0 || slices.Contains(s.Uses, place.Name) {
			r.Traffic = true
		}
	}
	return r
}

func (d *Delivery) observeSets(ctx context.Context, place types.NamespacedName, o *rollout.Observation) error {
	here := []client.ListOption{client.InNamespace(place.Namespace), client.MatchingLabels{v1.LabelService: place.Name}}
	var deployments appsv1.DeploymentList
	var pods corev1.PodList
	var slices discoveryv1.EndpointSliceList
	for _, list := range []client.ObjectList{&deployments, &pods, &slices} {
		if err := d.client.List(ctx, list, here...); err != nil {
			return fmt.Errorf("list what runs: %w", err)
		}
	}
	endpoints := map[string]int32{}
	for _, s := range slices.Items {
		for _, e := range s.Endpoints {
			if e.Conditions.Ready == nil || *e.Conditions.Ready {
				endpoints[s.Labels[discoveryv1.LabelServiceName]]++
			}
		}
	}
	for i := range deployments.Items {
		dep := &deployments.Items[i]
		release := dep.Labels[v1.LabelRelease]
		if release == "" || dep.DeletionTimestamp != nil {
			continue
		}
		set := rollout.Set{Stalled: kube.DeploymentStalled(dep)}
		set.Ready, set.State = kube.DeploymentReady(dep)
		// A pod can be ready a moment before the network knows it; requests that
		// were sent to the set then would find nobody.
		if want := *dep.Spec.Replicas; set.Ready && endpoints[dep.Name] < want {
			set.Ready = false
			set.State = fmt.Sprintf("%d of %d pods are known to the network", endpoints[dep.Name], want)
		}
		for j := range pods.Items {
			if pods.Items[j].Labels[v1.LabelRelease] == release && set.Failure == "" {
				set.Failure = kube.PodFailure(&pods.Items[j])
			}
		}
		o.Sets[release] = set
	}
	return nil
}

func (d *Delivery) observeRoute(ctx context.Context, place types.NamespacedName, o *rollout.Observation) error {
	var routes gatewayv1.HTTPRouteList
	if err := d.client.List(ctx, &routes, client.InNamespace(place.Namespace), client.MatchingLabels{v1.LabelService: place.Name}); err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	releaseOf := map[string]string{}
	for name, r := range o.Releases {
		releaseOf[kubernetes.SetName(r.Spec.Service, r.Spec.Version)] = name
	}
	o.Route = rollout.Route{Exists: len(routes.Items) > 0, Confirmed: len(routes.Items) > 0}
	for i := range routes.Items {
		route := &routes.Items[i]
		shares := sharesOf(route, releaseOf)
		if o.Route.Shares == nil {
			o.Route.Shares = shares
		}
		// Until all routes say the same, nothing is known of the whole.
		if !kube.RouteConfirmed(route) || !sameShares(o.Route.Shares, shares) {
			o.Route.Confirmed = false
		}
	}
	return nil
}

func sharesOf(route *gatewayv1.HTTPRoute, releaseOf map[string]string) map[string]int32 {
	shares := map[string]int32{}
	for _, rule := range route.Spec.Rules {
		for _, ref := range rule.BackendRefs {
			weight := int32(1)
			if ref.Weight != nil {
				weight = *ref.Weight
			}
			name := string(ref.Name)
			if release, ok := releaseOf[name]; ok {
				name = release
			}
			shares[name] = weight
		}
	}
	return shares
}

func sameShares(a, b map[string]int32) bool {
	if len(a) != len(b) {
		return false
	}
	for release, share := range a {
		if other, ok := b[release]; !ok || other != share {
			return false
		}
	}
	return true
}

func (d *Delivery) observeFigures(place types.NamespacedName, o *rollout.Observation) {
	running, current := rollout.Running(o.Rollouts), rollout.Current(o.Rollouts)
	if running == nil || running.Status.Phase != v1.RolloutCanary || running.Status.StepStartedAt == nil {
		return
	}
	arriving := o.Releases[running.Spec.Release]
	if arriving == nil {
		return
	}
	since := running.Status.StepStartedAt.Time
	slower := verdict.ObjectiveOf(arriving.Spec.Config[place.Namespace]).Latency
	o.Canary = d.opts.Figures(place.Namespace, kubernetes.SetName(arriving.Spec.Service, arriving.Spec.Version), since, slower)
	if current == nil {
		return
	}
	if stable := o.Releases[current.Spec.Release]; stable != nil {
		o.Stable = d.opts.Figures(place.Namespace, kubernetes.SetName(stable.Spec.Service, stable.Spec.Version), since, slower)
	}
}

package server

import (
	"context"
	"fmt"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/delivery/snapshot"
	"paddock.dev/internal/model"
)

// settlePoll is how often the start looks whether everything serves.
const settlePoll = 100 * time.Millisecond

// settle waits until every service that has a source serves in every
// environment, or until it is plain that some will not.
func (r *run) settle(ctx context.Context) (Ready, error) {
	platform := r.file.Platform()
	ready := Ready{
		Name: platform.Name, Gateway: r.gatewayAt.Addr().String(), Console: r.consoleAt.Addr().String(),
		Kubeconfig: r.layout.Kubeconfig(), APIServer: r.apiAnswer,
	}
	all := map[string]bool{}
	for _, env := range platform.Environments {
		for _, s := range env.Services {
			if s.Source == nil && !all[s.Name] {
				ready.Declared = append(ready.Declared, s.Name)
			}
			all[s.Name] = true
		}
	}
	limit := time.NewTimer(r.Wait)
	defer limit.Stop()
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	serving := map[string]bool{}
	for {
		status, err := r.status(ctx)
		if err != nil {
			return ready, fmt.Errorf("read the status: %w", err)
		}
		fresh, err := r.freshPods(ctx)
		if err != nil {
			return ready, err
		}
		waiting, final := r.waiting(ctx, status, fresh, serving)
		if len(waiting) == 0 || final {
			ready.Waiting, ready.Took = waiting, r.Now().Sub(r.began)
			return ready, nil
		}
		select {
		case <-ctx.Done():
			return ready, ctx.Err()
		case <-limit.C:
			ready.Waiting, ready.Took = waiting, r.Now().Sub(r.began)
			return ready, nil
		case <-poll.C:
		}
	}
}

// waiting names what does not serve yet. It is final when nothing will change
// that by itself: every build that is missing has failed.
func (r *run) waiting(ctx context.Context, status v1.Status, fresh map[setName]int32, serving map[string]bool) (waiting []string, final bool) {
	failed := map[string]string{}
	for _, b := range status.Builds {
		if b.Phase == string(v1.BuildFailed) {
			failed[b.Service] = b.Message
		}
	}
	final = true
	for _, env := range status.Environments {
		rest := 0
		for _, cell := range env.Services {
			s, ok := modelService(r.file.Platform(), env.Name, cell.Service)
			if !ok || s.Source == nil {
				continue
			}
			if cell.Release != "" && cell.Desired > 0 && fresh[setName{env.Name, cell.Release}] >= min(cell.Desired, int32(s.Scale.Min)) &&
				(serving[env.Name] || judged(cell) || r.answers(ctx, env.Name, s)) {
				continue
			}
			rest++
			why := "not ready yet"
			if message, bad := failed[cell.Service]; bad && cell.Release == "" {
				why = "the build failed: " + message
			} else {
				final = false
			}
			waiting = append(waiting, fmt.Sprintf("%s in %s: %s", cell.Service, env.Name, why))
		}
		if rest == 0 && !serving[env.Name] {
			serving[env.Name] = true
			r.Say(env.Name + " serves")
		}
	}
	return waiting, final
}

// setName is a release in an environment.
type setName struct{ env, release string }

// freshPods counts the pods of each set that became ready in this run. What the
// API says of a pod right after a start may be a memory of the last run: its
// processes ended with it.
func (r *run) freshPods(ctx context.Context) (map[setName]int32, error) {
	var pods corev1.PodList
	if err := r.mgr.GetClient().List(ctx, &pods, client.HasLabels{v1.LabelRelease, v1.LabelEnvironment}); err != nil {
		return nil, fmt.Errorf("list pods: %w", err)
	}
	began := r.began.Truncate(time.Second) // the precision of times in the API
	fresh := map[setName]int32{}
	for _, p := range pods.Items {
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && !c.LastTransitionTime.Time.Before(began) {
				fresh[setName{p.Labels[v1.LabelEnvironment], p.Labels[v1.LabelRelease]}]++
			}
		}
	}
	return fresh, nil
}

// judged reports whether requests for the service are evidence at the moment: a
// question of ours that comes too early must not count against a canary.
func judged(cell v1.ServiceStatus) bool {
	return cell.Rollout != nil && v1.RolloutPhase(cell.Rollout.Phase).Started()
}

func modelService(p *model.Platform, env, name string) (model.Service, bool) {
	e, ok := p.Environment(env)
	if !ok {
		return model.Service{}, false
	}
	return e.Service(name)
}

// sourced are the services whose code is here, once each.
func sourced(p *model.Platform) []model.Service {
	var found []model.Service
	seen := map[string]bool{}
	for _, env := range p.Environments {
		for _, s := range env.Services {
			if s.Source != nil && !seen[s.Name] {
				seen[s.Name] = true
				found = append(found, s)
			}
		}
	}
	return found
}

// snapshot reads the delivery resources out of the shared cache.
func (r *run) snapshot(ctx context.Context) (matrix.Input, error) {
	in, err := snapshot.Read(ctx, r.mgr.GetClient(), r.Now())
	in.Platform = r.file.Platform()
	in.Gateway, in.Console = r.gatewayAt.Addr().String(), r.consoleAt.Addr().String()
	return in, err
}

func (r *run) status(ctx context.Context) (v1.Status, error) {
	in, err := r.snapshot(ctx)
	if err != nil {
		return v1.Status{}, err
	}
	return matrix.Status(in), nil
}

func (r *run) history(ctx context.Context) (v1.History, error) {
	in, err := r.snapshot(ctx)
	if err != nil {
		return v1.History{}, err
	}
	return matrix.History(in, matrix.Filter{}), nil
}

func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

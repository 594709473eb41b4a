package delivery

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
)

// history is what happened to one service.
type history struct {
	releases []v1.Release
	rollouts []v1.Rollout
}

// readHistory reads without indexes, so that it works with any client.
func readHistory(ctx context.Context, c client.Client, service string) (history, error) {
	var h history
	var releases v1.ReleaseList
	var rollouts v1.RolloutList
	for _, list := range []client.ObjectList{&releases, &rollouts} {
		if err := c.List(ctx, list, client.InNamespace(v1.SystemNamespace)); err != nil {
			return h, fmt.Errorf("read the history of %s: %w", service, err)
		}
	}
	for _, r := range releases.Items {
		if r.Spec.Service == service {
			h.releases = append(h.releases, r)
		}
	}
	for _, r := range rollouts.Items {
		if r.Spec.Service == service {
			h.rollouts = append(h.rollouts, r)
		}
	}
	return h, nil
}

func (h history) release(name string) *v1.Release { return h.byName()[name] }

func (h history) byName() map[string]*v1.Release {
	all := map[string]*v1.Release{}
	for i := range h.releases {
		all[h.releases[i].Name] = &h.releases[i]
	}
	return all
}

package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/policy"
)

// prune removes a service's old releases and builds, a build's log before the
// build: dying in between leaves the build, which is found again.
func (d *Delivery) prune(ctx context.Context, code policy.Code, releases []v1.Release) error {
	var rollouts v1.RolloutList
	if err := d.client.List(ctx, &rollouts, client.InNamespace(v1.SystemNamespace), client.MatchingFields{byService: code.Service}); err != nil {
		return fmt.Errorf("list the rollouts of %s: %w", code.Service, err)
	}
	oldReleases, oldBuilds := policy.Surplus(code, releases, rollouts.Items, d.opts.Clock.Now())
	for _, name := range oldReleases {
		r := &v1.Release{ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: name}}
		if err := d.client.Delete(ctx, r); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("remove release %s: %w", name, err)
		}
	}
	for _, name := range oldBuilds {
		if err := os.Remove(d.logFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the log of build %s: %w", name, err)
		}
		b := &v1.Build{ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: name}}
		if err := d.client.Delete(ctx, b); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("remove build %s: %w", name, err)
		}
	}
	if len(oldReleases)+len(oldBuilds) > 0 {
		d.log.Info("removed what is old", "service", code.Service, "releases", len(oldReleases), "builds", len(oldBuilds))
	}
	return nil
}

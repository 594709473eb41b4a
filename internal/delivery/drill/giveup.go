package drill

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery"
	"paddock.dev/internal/delivery/policy"
	"paddock.dev/internal/delivery/rollout"
)

// afterwards bounds what a drill does to leave no trace, also when it was
// interrupted.
const afterwards = 10 * time.Second

// givenUp is the reason on the record.
const givenUp = "the drill was given up"

// giveUp takes the bad release back when the drill did not see it come back.
func (d *Rollback) giveUp(ctx context.Context, stable, bad *v1.Release) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	if err := d.takeBack(ctx, stable, bad); err != nil {
		d.Progress(fmt.Sprintf("%s may still run: %v; look at it with: paddock status; go back with: paddock rollback %s --env %s --to %s --reason TEXT",
			bad.Name, err, d.Service, d.Environment, stable.Name))
	}
}

// takeBack blocks the release, which ends a rollout that is under way or has
// not begun, and orders the way back from one that has succeeded.
func (d *Rollback) takeBack(ctx context.Context, stable, bad *v1.Release) error {
	if err := d.block(ctx, bad.Name); err != nil {
		return err
	}
	r, err := d.done(ctx, d.rolloutName(bad))
	if err != nil || r == nil || r.Status.Phase != v1.RolloutSucceeded {
		return err
	}
	var rollouts v1.RolloutList
	if err := d.Client.List(ctx, &rollouts, client.InNamespace(v1.SystemNamespace)); err != nil {
		return fmt.Errorf("list rollouts: %w", err)
	}
	current := rollout.Current(policy.In(d.Service, d.Environment, rollouts.Items))
	if current == nil || current.Spec.Release != bad.Name {
		return nil // somebody brought in another one
	}
	back, err := delivery.RequestRollback(ctx, d.Client, delivery.Rollback{
		Service: d.Service, Environment: d.Environment, To: stable.Name, By: d.By, Reason: givenUp,
	})
	if err != nil {
		return err
	}
	r, err = d.done(ctx, back.Name)
	if err == nil && (r == nil || r.Status.Phase != v1.RolloutSucceeded) {
		return fmt.Errorf("rollout %s did not succeed", back.Name)
	}
	return err
}

// block keeps trying, also against other writers and an API that is away for a
// moment.
func (d *Rollback) block(ctx context.Context, name string) error {
	var last error
	err := until(ctx, "release "+name, func() (bool, error) {
		var r v1.Release
		if last = d.Client.Get(ctx, key(name), &r); last != nil {
			return false, nil
		}
		if r.Status.Blocked != "" {
			return true, nil
		}
		now := metav1.Now()
		r.Status.Blocked, r.Status.BlockedAt = givenUp, &now
		if last = d.Client.Status().Update(ctx, &r); last != nil {
			return false, nil
		}
		d.Progress(fmt.Sprintf("%s: blocked %s", givenUp, name))
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("block release %s: %w", name, last)
	}
	return nil
}

// done waits until the rollout is; nil when there is none.
func (d *Rollback) done(ctx context.Context, name string) (*v1.Rollout, error) {
	var r v1.Rollout
	var said v1.RolloutPhase
	var last error
	missing := false
	err := until(ctx, "rollout "+name, func() (bool, error) {
		last = d.Client.Get(ctx, key(name), &r)
		if missing = apierrors.IsNotFound(last); missing {
			return true, nil
		}
		if last != nil {
			return false, nil
		}
		if r.Status.Phase != said {
			said = r.Status.Phase
			d.Progress(fmt.Sprintf("%s: %s", r.Status.Phase, r.Status.Message))
		}
		return r.Status.Phase.Done(), nil
	})
	switch {
	case missing:
		return nil, nil
	case err != nil && last != nil:
		return nil, fmt.Errorf("rollout %s: %w", name, last)
	case err != nil:
		return nil, err
	}
	return &r, nil
}

// removeBranch leaves the git host as it was.
func (d *Rollback) removeBranch(ctx context.Context, c *clone) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	if err := c.unpush(ctx); err != nil {
		d.Progress(fmt.Sprintf("the branch %s could not be removed: %v", c.branch, err))
	}
}

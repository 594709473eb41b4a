package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/policy"
	"paddock.dev/internal/delivery/rollout"
	"paddock.dev/internal/diag"
)

// Promotion is a person's order to bring a release into an environment.
type Promotion struct {
	Release, Environment string
	// By is the person, Reason in their words.
	By, Reason string
	// Path of the environments; when given, the release must have succeeded in
	// the one before.
	Path []string
	// SkipApproval is for drills.
	SkipApproval bool
}

// RequestPromotion creates the rollout, or refuses with a diag.Problem that
// says what to do instead. A rollout of that release that is under way already
// is returned as it is.
func RequestPromotion(ctx context.Context, c client.Client, order Promotion) (*v1.Rollout, error) {
	release, err := readRelease(ctx, c, order.Release)
	if err != nil {
		return nil, err
	}
	service := release.Spec.Service
	h, err := readHistory(ctx, c, service)
	if err != nil {
		return nil, err
	}
	here := policy.In(service, order.Environment, h.rollouts)
	if release.Status.Blocked != "" {
		return nil, refuse("release-blocked", release.Name+" is blocked: "+release.Status.Blocked,
			"A blocked release enters no further environment.", "Push a fix; it becomes a new release.")
	}
	if err := configured(release, order.Environment); err != nil {
		return nil, err
	}
	for i := range here {
		if r := &here[i]; r.Spec.Release == release.Name && r.Spec.Kind != v1.RolloutRollback && !r.Status.Phase.Done() {
			return r, nil
		}
	}
	kind := v1.RolloutBootstrap
	if current := rollout.Current(here); current != nil {
		kind = v1.RolloutPromotion
		runs := h.release(current.Spec.Release)
		switch {
		case current.Spec.Release == release.Name:
			return nil, refuse("release-runs", release.Name+" runs in "+order.Environment+" already", "", "Nothing needs to be done.")
		case runs != nil && runs.Spec.Number > release.Spec.Number:
			return nil, refuse("release-older", release.Name+" is older than "+runs.Name+", which runs in "+order.Environment,
				"Promotion only goes forward.", "To go back: paddock rollback "+service+" --env "+order.Environment+" --to "+release.Name+" --reason TEXT")
		}
		if before := previousEnvironment(order.Path, order.Environment, release); before != "" &&
			!release.Spec.Drill && !rollout.Verified(policy.In(service, before, h.rollouts), release.Name) {
			return nil, refuse("release-unproven", release.Name+" has not succeeded in "+before+" yet",
				"A release reaches "+order.Environment+" through "+strings.Join(order.Path, ", ")+".",
				"First: paddock promote "+release.Name+" --to "+before)
		}
	}
	return create(ctx, c, v1.RolloutSpec{
		Service: service, Environment: order.Environment, Release: release.Name, Kind: kind,
		RequestedBy: order.By, Reason: order.Reason, SkipApproval: order.SkipApproval,
	}, here)
}

// Rollback is a person's order to go back.
type Rollback struct {
	Service, Environment string
	// To is the release to go back to; empty for the last one that was verified
	// there.
	To         string
	By, Reason string
}

// RequestRollback creates the rollout, or refuses with a diag.Problem that says
// what to do instead. While a newer release is on its way in, going back means
// to the one that runs.
func RequestRollback(ctx context.Context, c client.Client, order Rollback) (*v1.Rollout, error) {
	h, err := readHistory(ctx, c, order.Service)
	if err != nil {
		return nil, err
	}
	here := policy.In(order.Service, order.Environment, h.rollouts)
	current := rollout.Current(here)
	if current == nil {
		return nil, refuse("never-ran", order.Service+" never ran in "+order.Environment, "There is nothing to go back to.",
			"See what runs where: paddock status")
	}
	running := rollout.Running(here)
	arriving := running != nil && running.Spec.Kind != v1.RolloutRollback
	if order.To == "" {
		if order.To = rollout.Previous(here, h.byName()); arriving {
			order.To = current.Spec.Release
		}
		if order.To == "" {
			return nil, refuse("no-way-back", "there is nothing to go back to from "+current.Spec.Release+" in "+order.Environment,
				"No other release that is not blocked has succeeded there.", "Push a fix; it becomes a new release.")
		}
	}
	target, err := readRelease(ctx, c, order.To)
	if err != nil {
		return nil, err
	}
	switch {
	case target.Spec.Service != order.Service:
		return nil, refuse("wrong-service", target.Name+" is a release of "+target.Spec.Service, "", "Name a release of "+order.Service+".")
	case target.Name == current.Spec.Release && !arriving:
		return nil, refuse("release-runs", target.Name+" runs in "+order.Environment+" already", "", "Name an older release with --to.")
	case !rollout.Verified(here, target.Name):
		return nil, refuse("never-verified", target.Name+" never succeeded in "+order.Environment,
			"A way back leads only to what was verified there.", "Choose one of: "+strings.Join(verified(here), ", "))
	case target.Status.Blocked != "":
		return nil, refuse("release-blocked", target.Name+" is blocked: "+target.Status.Blocked, "", "Choose another release with --to.")
	}
	if err := configured(target, order.Environment); err != nil {
		return nil, err
	}
	for i := range here {
		if r := &here[i]; r.Spec.Release == target.Name && r.Spec.Kind == v1.RolloutRollback && !r.Status.Phase.Done() {
			return r, nil
		}
	}
	return create(ctx, c, v1.RolloutSpec{
		Service: order.Service, Environment: order.Environment, Release: target.Name, Kind: v1.RolloutRollback,
		RequestedBy: order.By, Reason: order.Reason, SkipApproval: true,
	}, here)
}

// RequestApproval says yes in the name of a person. The client must act as that
// person (user = By, group = kube.ApproversGroup): the API server refuses
// anything else. Saying yes twice is once.
func RequestApproval(ctx context.Context, c client.Client, rolloutName, by, comment string) (*v1.Approval, error) {
	r := &v1.Rollout{}
	if err := c.Get(ctx, system(rolloutName), r); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, refuse("no-rollout", "there is no rollout "+rolloutName, "", "See what waits: paddock status")
		}
		return nil, fmt.Errorf("read rollout %s: %w", rolloutName, err)
	}
	switch {
	case r.Status.Phase.Done():
		return nil, refuse("rollout-done", r.Name+" is over: "+r.Status.Message, "", "Nothing needs to be done.")
	case r.Status.Phase.Started():
		return nil, refuse("rollout-started", r.Name+" has begun already", "", "Nothing needs to be done.")
	}
	release, err := readRelease(ctx, c, r.Spec.Release)
	if err != nil {
		return nil, err
	}
	if rollout.IsAuthor(release.Spec.Author, by) {
		return nil, refuse("own-commit", by+" wrote the commit of "+release.Name, "Nobody approves their own change.",
			"Ask somebody else: "+r.Status.Message)
	}
	a := &v1.Approval{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: ApprovalName(r.Name, by)},
		Spec:       v1.ApprovalSpec{Rollout: r.Name, By: by, Comment: comment},
	}
	err = c.Create(ctx, a)
	if apierrors.IsAlreadyExists(err) {
		return given(ctx, c, r, by, a.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("approve %s as %s: %w", r.Name, by, err)
	}
	return a, nil
}

// given is the approval that is there already. It must be this person's yes to
// this very rollout: to be told of a yes that does not count helps nobody.
func given(ctx context.Context, c client.Client, r *v1.Rollout, by, name string) (*v1.Approval, error) {
	a := &v1.Approval{}
	if err := c.Get(ctx, system(name), a); err != nil {
		return nil, fmt.Errorf("read approval %s: %w", name, err)
	}
	switch {
	case a.Spec.By != by || a.Spec.Rollout != r.Name:
		return nil, refuse("approval-taken", "approval "+name+" is the yes of "+a.Spec.By+" to "+a.Spec.Rollout, "It does not count for "+by+".",
			"Remove it and approve again: kubectl delete approval "+name+" -n "+v1.SystemNamespace)
	case a.CreationTimestamp.Before(&r.CreationTimestamp):
		return nil, refuse("approval-stale", "approval "+name+" is older than "+r.Name, "It was for an earlier rollout of the same name.",
			"Remove it and approve again: kubectl delete approval "+name+" -n "+v1.SystemNamespace)
	}
	return a, nil
}

// ApprovalName is <rollout>-<person>-<hash>: the person in letters that a name
// of an object may have, for people to read, and a hash, because j.doe and j-doe
// are two and some names have none of these letters.
func ApprovalName(rolloutName, person string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, person)
	sum := sha256.Sum256([]byte(person))
	hash := hex.EncodeToString(sum[:4])
	const most = 40 // of the name's 253
	if plain = strings.Trim(plain[:min(most, len(plain))], "-"); plain == "" {
		return rolloutName + "-" + hash
	}
	return rolloutName + "-" + plain + "-" + hash
}

// RequestBuild asks for a build of any commit, such as the head of a drill's
// branch. Releases are made only of the delivery branch.
func RequestBuild(ctx context.Context, c client.Client, spec v1.BuildSpec) (*v1.Build, error) {
	if len(spec.Commit) < 12 {
		return nil, refuse("short-commit", "commit "+spec.Commit+" is not a full object name", "", "Give all 40 digits: git rev-parse HEAD")
	}
	b := newBuild(spec)
	err := c.Create(ctx, b)
	if apierrors.IsAlreadyExists(err) {
		return b, c.Get(ctx, client.ObjectKeyFromObject(b), b)
	}
	if err != nil {
		return nil, fmt.Errorf("create build %s: %w", b.Name, err)
	}
	return b, nil
}

func create(ctx context.Context, c client.Client, spec v1.RolloutSpec, here []v1.Rollout) (*v1.Rollout, error) {
	r := policy.New(spec, here)
	if err := c.Create(ctx, &r); err != nil {
		if apierrors.IsAlreadyExists(err) {
			return nil, refuse("rollout-exists", "somebody just ordered "+r.Name, "", "Look at it and order again if needed: paddock status")
		}
		return nil, fmt.Errorf("create rollout %s: %w", r.Name, err)
	}
	return &r, nil
}

func readRelease(ctx context.Context, c client.Client, name string) (*v1.Release, error) {
	r := &v1.Release{}
	if err := c.Get(ctx, system(name), r); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, refuse("no-release", "there is no release "+name, "A release is named <service>-<version>, such as booking-1.13.0.",
				"See what there is: paddock release list")
		}
		return nil, fmt.Errorf("read release %s: %w", name, err)
	}
	return r, nil
}

func configured(r *v1.Release, environment string) error {
	if _, ok := r.Spec.Config[environment]; ok {
		return nil
	}
	var known []string
	for name := range r.Spec.Config {
		known = append(known, name)
	}
	slices.Sort(known)
	return refuse("no-configuration", r.Name+" has no configuration for "+environment,
		"A release carries the configuration of the environments that the platform file had when it was made.",
		"Choose one of: "+strings.Join(known, ", "))
}

// previousEnvironment is the one that a release passes before, among those it
// is made for.
func previousEnvironment(path []string, environment string, r *v1.Release) string {
	before := ""
	for _, name := range path {
		if name == environment {
			return before
		}
		if _, ok := r.Spec.Config[name]; ok {
			before = name
		}
	}
	return ""
}

func verified(here []v1.Rollout) []string {
	var names []string
	for _, r := range here {
		if r.Status.Phase == v1.RolloutSucceeded && !slices.Contains(names, r.Spec.Release) {
			names = append(names, r.Spec.Release)
		}
	}
	slices.Sort(names)
	return names
}

func refuse(id, summary, detail, fix string) error {
	return diag.Problem{Severity: diag.Error, ID: id, Summary: summary, Detail: detail, Fix: fix}
}

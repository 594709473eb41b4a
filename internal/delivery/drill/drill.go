// Package drill makes failures happen on purpose and measures what the platform
// does about them. A drill is a client like any other: it pushes, creates
// resources and sends requests, and knows nothing of the controllers that answer.
package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
)

// Rollback describes a rollback drill.
type Rollback struct {
	Client client.Client
	// Gateway is the address of the public gateway, host:port.
	Gateway string
	// Repository is the URL of the service's git repository, for the push.
	Repository string
	// Host and Path of the request that is sent.
	Host, Path string

	Service, Environment string
	// Rate in requests per second.
	Rate float64
	// Settings are what makes the release bad.
	Settings map[string]string
	// By is who runs the drill.
	By string
	// Progress is told what happens, in a sentence each.
	Progress func(string)
}

// deadline bounds a drill: the build of a release, its start, and the verdict.
const deadline = 5 * time.Minute

// poll is how often the drill looks at the resources it waits for.
const poll = 50 * time.Millisecond

// Run lets a bad release in and reports how the platform got rid of it. When it
// fails or is interrupted, it takes the release back itself.
func (d *Rollback) Run(ctx context.Context) (report Report, err error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	report = Report{Service: d.Service, Environment: d.Environment, Rate: d.Rate}

	stable, err := d.stable(ctx)
	if err != nil {
		return report, err
	}
	report.Stable = stable.Name
	requests := &load{
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
		url:    "http://" + d.Gateway + d.Path, host: d.Host, rate: d.Rate,
	}
	switch a := requests.send(ctx); {
	case a.Err != nil:
		return report, fmt.Errorf("GET http://%s%s failed before the drill began: %w", d.Host, d.Path, a.Err)
	case a.Status != http.StatusOK:
		return report, fmt.Errorf("GET http://%s%s answered %d before the drill began: give a path that answers 200 with --path", d.Host, d.Path, a.Status)
	}

	dir, err := tempDir()
	if err != nil {
		return report, err
	}
	defer dir.remove()
	repository := &clone{dir: dir, repository: d.Repository, branch: "drill/" + time.Now().UTC().Format("20060102-150405")}
	defer d.removeBranch(ctx, repository)
	bad, err := d.badRelease(ctx, stable, repository)
	if err != nil {
		return report, err
	}
	report.Bad = bad.Name
	d.Progress(fmt.Sprintf("made %s: a new image and %s", bad.Name, settings(d.Settings)))

	loadCtx, stopLoad := context.WithCancel(ctx)
	var loading sync.WaitGroup
	loading.Go(func() { requests.run(loadCtx) })
	defer func() {
		stopLoad()
		if err != nil { // now, not when the last request is answered
			d.giveUp(ctx, stable, bad)
		}
		loading.Wait()
	}()
	d.Progress(fmt.Sprintf("sending %.0f requests/s to %s%s", d.Rate, d.Host, d.Path))
	if err := sleep(ctx, 2*time.Second); err != nil { // stable's own rate, to compare with
		return report, err
	}

	rollout, err := d.rollOut(ctx, bad)
	if err != nil {
		return report, err
	}
	if err := sleep(ctx, 3*time.Second); err != nil { // would a request still reach it?
		return report, err
	}
	stopLoad()
	loading.Wait()

	report.measure(requests.soFar(), rollout.Status)
	if rollout.Status.Verdict != nil {
		report.Verdict = rollout.Status.Verdict.Reason
	}
	err = d.verify(ctx, stable, bad, &report)
	return report, err
}

// stable is the release that the environment's set with traffic belongs to.
func (d *Rollback) stable(ctx context.Context) (*v1.Release, error) {
	var rollouts v1.RolloutList
	if err := d.Client.List(ctx, &rollouts, client.InNamespace(v1.SystemNamespace)); err != nil {
		return nil, fmt.Errorf("list rollouts: %w", err)
	}
	var newest *v1.Rollout
	for i := range rollouts.Items {
		r := &rollouts.Items[i]
		if r.Spec.Service != d.Service || r.Spec.Environment != d.Environment {
			continue
		}
		if !r.Status.Phase.Done() {
			return nil, fmt.Errorf("rollout %s is under way (%s): wait until it is done", r.Name, r.Status.Message)
		}
		if r.Status.Phase != v1.RolloutSucceeded || r.Status.FinishedAt == nil {
			continue
		}
		if newest == nil || newest.Status.FinishedAt.Before(r.Status.FinishedAt) {
			newest = r
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%s does not run in %s yet", d.Service, d.Environment)
	}
	var release v1.Release
	if err := d.Client.Get(ctx, key(newest.Spec.Release), &release); err != nil {
		return nil, fmt.Errorf("release %s: %w", newest.Spec.Release, err)
	}
	return &release, nil
}

// badRelease pushes a commit of its own, so that the image differs, lets the
// platform build it, and makes a release with the settings that break it.
func (d *Rollback) badRelease(ctx context.Context, stable *v1.Release, repository *clone) (*v1.Release, error) {
	commit, err := repository.push(ctx)
	if err != nil {
		return nil, err
	}
	build := &v1.Build{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: d.Service + "-" + commit[:12]},
		Spec: v1.BuildSpec{
			Service: d.Service, Commit: commit, Ref: "refs/heads/" + repository.branch,
			Author: authorName + " <" + authorMail + ">", Subject: subject, PushedBy: d.By,
		},
	}
	if err := d.Client.Create(ctx, build); err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, fmt.Errorf("create build: %w", err)
	}
	d.Progress("building commit " + commit[:12])
	err = until(ctx, "build "+build.Name, func() (bool, error) {
		if err := d.Client.Get(ctx, client.ObjectKeyFromObject(build), build); err != nil {
			return false, err
		}
		if build.Status.Phase == v1.BuildFailed {
			return false, fmt.Errorf("build %s failed: %s", build.Name, build.Status.Message)
		}
		return build.Status.Phase == v1.BuildSucceeded, nil
	})
	if err != nil {
		return nil, err
	}

	config := map[string]v1.ServiceConfig{}
	for env, cfg := range stable.Spec.Config {
		cfg.Settings = maps.Clone(cfg.Settings)
		if cfg.Settings == nil {
			cfg.Settings = map[string]string{}
		}
		maps.Copy(cfg.Settings, d.Settings)
		config[env] = cfg
	}
	for {
		number, err := d.nextNumber(ctx)
		if err != nil {
			return nil, err
		}
		version := fmt.Sprintf("1.%d.0", number)
		release := &v1.Release{
			ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: d.Service + "-" + version},
			Spec: v1.ReleaseSpec{
				Service: d.Service, Version: version, Number: number,
				Image: build.Status.Image, Commit: commit, Author: build.Spec.Author, Subject: build.Spec.Subject,
				Build: build.Name, Config: config, ConfigDigest: kubernetes.Digest(config), Drill: true,
			},
		}
		err = d.Client.Create(ctx, release)
		if apierrors.IsAlreadyExists(err) {
			continue // somebody took the number
		}
		if err != nil {
			return nil, fmt.Errorf("create release: %w", err)
		}
		return release, nil
	}
}

func (d *Rollback) nextNumber(ctx context.Context) (int64, error) {
	var releases v1.ReleaseList
	if err := d.Client.List(ctx, &releases, client.InNamespace(v1.SystemNamespace)); err != nil {
		return 0, fmt.Errorf("list releases: %w", err)
	}
	next := int64(0)
	for _, r := range releases.Items {
		if r.Spec.Service == d.Service && r.Spec.Number >= next {
			next = r.Spec.Number + 1
		}
	}
	return next, nil
}

// rollOut sends the release into the environment and waits for the end of it.
func (d *Rollback) rollOut(ctx context.Context, bad *v1.Release) (*v1.Rollout, error) {
	rollout := &v1.Rollout{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: d.rolloutName(bad)},
		Spec: v1.RolloutSpec{
			Service: d.Service, Environment: d.Environment, Release: bad.Name,
			Kind: v1.RolloutPromotion, RequestedBy: d.By, Reason: "drill rollback", SkipApproval: true,
		},
	}
	if err := d.Client.Create(ctx, rollout); err != nil {
		return nil, fmt.Errorf("create rollout: %w", err)
	}
	said := ""
	err := until(ctx, "rollout "+rollout.Name, func() (bool, error) {
		if err := d.Client.Get(ctx, client.ObjectKeyFromObject(rollout), rollout); err != nil {
			return false, err
		}
		if phase := string(rollout.Status.Phase); phase != said && phase != "" {
			said = phase
			d.Progress(fmt.Sprintf("%s: %s", phase, rollout.Status.Message))
		}
		if rollout.Status.Phase == v1.RolloutSucceeded {
			return false, errors.New("the bad release was promoted: either the settings do not make it bad, or the verdict failed")
		}
		return rollout.Status.Phase.Done(), nil
	})
	return rollout, err
}

func (d *Rollback) rolloutName(bad *v1.Release) string { return bad.Name + "-" + d.Environment + "-1" }

// verify looks at what runs now, not at what a status says.
func (d *Rollback) verify(ctx context.Context, stable, bad *v1.Release, report *Report) error {
	set := kubernetes.SetName(stable.Spec.Service, stable.Spec.Version)
	var deployment appsv1.Deployment
	if err := d.Client.Get(ctx, client.ObjectKey{Namespace: d.Environment, Name: set}, &deployment); err != nil {
		return fmt.Errorf("deployment of the stable release: %w", err)
	}
	report.Image = deployment.Spec.Template.Spec.Containers[0].Image
	report.ImageRestored = report.Image == stable.Spec.Image && deployment.Status.AvailableReplicas > 0

	var config corev1.ConfigMap
	if err := d.Client.Get(ctx, client.ObjectKey{Namespace: d.Environment, Name: set}, &config); err != nil {
		return fmt.Errorf("configuration of the stable release: %w", err)
	}
	report.ConfigDigest = stable.Spec.ConfigDigest
	report.ConfigRestored = maps.Equal(config.Data, stable.Spec.Config[d.Environment].Settings)

	if err := d.Client.Get(ctx, client.ObjectKeyFromObject(bad), bad); err != nil {
		return fmt.Errorf("release %s: %w", bad.Name, err)
	}
	report.Blocked = bad.Status.Blocked
	return nil
}

func key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: v1.SystemNamespace, Name: name}
}

// until looks every poll interval until done or wrong.
func until(ctx context.Context, what string, done func() (bool, error)) error {
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		if err := sleep(ctx, poll); err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Package snapshot reads the delivery resources of a running platform, all at
// about the same moment, for those who show them. It knows which resources
// matter and where they are; it decides nothing and changes nothing.
package snapshot

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

// Read takes the picture. Addresses of gateway and console are the caller's to
// fill in.
func Read(ctx context.Context, from client.Reader, now time.Time) (matrix.Input, error) {
	p, err := Platform(ctx, from)
	if err != nil {
		return matrix.Input{}, err
	}
	in := matrix.Input{Platform: p, Now: now}

	var builds v1.BuildList
	var releases v1.ReleaseList
	var rollouts v1.RolloutList
	var approvals v1.ApprovalList
	for _, list := range []client.ObjectList{&builds, &releases, &rollouts, &approvals} {
		if err := from.List(ctx, list, client.InNamespace(v1.SystemNamespace)); err != nil {
			return matrix.Input{}, fmt.Errorf("list %T: %w", list, err)
		}
	}
	in.Builds, in.Releases, in.Rollouts, in.Approvals = builds.Items, releases.Items, rollouts.Items, approvals.Items

	var deployments appsv1.DeploymentList
	if err := from.List(ctx, &deployments, client.HasLabels{v1.LabelRelease, v1.LabelEnvironment}); err != nil {
		return matrix.Input{}, fmt.Errorf("list deployments: %w", err)
	}
	for i := range deployments.Items {
		in.Sets = append(in.Sets, matrix.SetOf(&deployments.Items[i]))
	}
	return in, nil
}

// Platform is the platform file as the running platform last accepted it, and
// as it runs it: on one machine.
func Platform(ctx context.Context, from client.Reader) (*model.Platform, error) {
	var platforms v1.PlatformList
	if err := from.List(ctx, &platforms, client.InNamespace(v1.SystemNamespace)); err != nil {
		return nil, fmt.Errorf("read the platform's file: %w", err)
	}
	if len(platforms.Items) == 0 {
		return nil, diag.Problem{
			Severity: diag.Error, ID: "platform-starting",
			Summary: "The platform has not read its file yet",
			Detail:  "The API server answers, and the supervisor is still starting the rest.",
			Fix:     "wait a few seconds and run the command again.",
		}
	}
	file := platforms.Items[0].Spec
	p, problems := spec.Parse(file.Path, []byte(file.File))
	if diag.HasErrors(problems) {
		// It was accepted once: another version of Paddock runs the platform.
		return nil, fmt.Errorf("the running platform's file cannot be read by this version of paddock: %w", problems[0])
	}
	local, _ := kubernetes.Local(p)
	return local, nil
}

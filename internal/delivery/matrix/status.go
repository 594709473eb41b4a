package matrix

import (
	"cmp"
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// Status is the platform as it stands.
func Status(in Input) v1.Status {
	x := indexed(in)
	s := v1.Status{
		Platform:   in.Platform.Name,
		Time:       in.Now.UTC(),
		GatewayURL: url(in.Gateway),
		ConsoleURL: url(in.Console),
		Services:   serviceNames(in.Platform),
		Approvals:  x.waiting(),
		Builds:     x.builds(),
		Blocked:    x.blocked(),
	}
	s.Environments = make([]v1.EnvironmentStatus, 0, len(in.Platform.Environments))
	for _, env := range in.Platform.Environments {
		e := v1.EnvironmentStatus{Name: env.Name, Stage: string(env.Stage), Services: make([]v1.ServiceStatus, 0, len(s.Services))}
		for _, name := range s.Services {
			if service, ok := env.Service(name); ok {
				e.Services = append(e.Services, x.cell(env, service))
			}
		}
		s.Environments = append(s.Environments, e)
	}
	return s
}

func url(address string) string {
	if address == "" {
		return ""
	}
	return "http://" + address
}

func serviceNames(p *model.Platform) []string {
	names := []string{}
	for _, env := range p.Environments {
		for _, s := range env.Services {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (x *index) cell(env model.Environment, service model.Service) v1.ServiceStatus {
	at := place{env.Name, service.Name}
	c := v1.ServiceStatus{Service: service.Name, URLs: x.urls(service)}
	if current := x.current[at]; current != nil {
		name := current.Spec.Release
		c.Release, c.Version, c.Since = name, x.version(service.Name, name), microMoment(current.Status.FinishedAt)
		if r := x.releases[name]; r != nil {
			c.Commit, c.ImageDigest, c.ConfigDigest = r.Spec.Commit, imageDigest(r.Spec.Image), r.Spec.ConfigDigest
		}
		set := x.sets[[2]string{env.Name, name}]
		c.Ready, c.Desired = set.Ready, set.Desired
	}
	c.Rollout = x.running(at)
	c.Failed = x.failed(at)
	return c
}

// urls are where the gateway of this machine serves the service: the public
// hosts, made to resolve here by the suffix .localhost.
func (x *index) urls(service model.Service) []string {
	if x.Gateway == "" {
		return nil
	}
	port := ""
	if i := strings.LastIndexByte(x.Gateway, ':'); i >= 0 && x.Gateway[i:] != ":80" {
		port = x.Gateway[i:]
	}
	var urls []string
	for _, r := range service.Routes {
		urls = append(urls, "http://"+r.Host+".localhost"+port+r.Path)
	}
	return urls
}

// running is the rollout that people want to see of those not over: the one
// that changes the environment, else the newest that waits.
func (x *index) running(at place) *v1.RunningRollout {
	var shown *v1.Rollout
	for i := range x.byPlace[at] {
		r := &x.byPlace[at][i]
		if !r.Status.Phase.Done() && (shown == nil || !shown.Status.Phase.Started()) {
			shown = r
		}
	}
	if shown == nil {
		return nil
	}
	status := &shown.Status
	set := x.sets[[2]string{at.environment, shown.Spec.Release}]
	out := &v1.RunningRollout{
		Name: shown.Name, Kind: shown.Spec.Kind,
		Release: shown.Spec.Release, Version: x.version(at.service, shown.Spec.Release),
		Phase: phase(status.Phase), Weight: status.Weight, Message: status.Message, Verdict: status.Verdict,
		Ready: set.Ready, Desired: set.Desired,
		StartedAt: microMoment(status.StartedAt),
	}
	if status.Phase == v1.RolloutCanary {
		out.Steps = int32(len(x.Platform.Delivery.Canary))
		out.Step = min(status.Step+1, out.Steps)
	}
	return out
}

// failed is the newest rollout that is over, when it was taken back and nothing
// succeeded after it.
func (x *index) failed(at place) *v1.FailedRollout {
	var last *v1.Rollout
	for i := range x.byPlace[at] {
		r := &x.byPlace[at][i]
		if r.Status.FinishedAt == nil || r.Status.Phase == v1.RolloutSuperseded {
			continue
		}
		if last == nil || r.Status.FinishedAt.After(last.Status.FinishedAt.Time) {
			last = r
		}
	}
	if last == nil || last.Status.Phase != v1.RolloutRolledBack {
		return nil
	}
	return &v1.FailedRollout{
		Name: last.Name, Release: last.Spec.Release, Version: x.version(at.service, last.Spec.Release),
		Message: last.Status.Message, FinishedAt: microMoment(last.Status.FinishedAt),
	}
}

// phase spells out the first phase, which is empty in the resource.
func phase(p v1.RolloutPhase) string {
	if p == v1.RolloutQueued {
		return "Queued"
	}
	return string(p)
}

func imageDigest(image string) string {
	_, digest, _ := strings.Cut(image, "@")
	return digest
}

// builds are those that run, and each service's newest when it failed.
func (x *index) builds() []v1.BuildSummary {
	newest := map[string]*v1.Build{}
	for i := range x.Builds {
		b := &x.Builds[i]
		n := newest[b.Spec.Service]
		if n == nil || cmp.Or(b.CreationTimestamp.Compare(n.CreationTimestamp.Time), cmp.Compare(b.Name, n.Name)) > 0 {
			newest[b.Spec.Service] = b
		}
	}
	out := []v1.BuildSummary{}
	for i := range x.Builds {
		b := &x.Builds[i]
		switch b.Status.Phase {
		case v1.BuildSucceeded:
			continue
		case v1.BuildFailed:
			if newest[b.Spec.Service] != b {
				continue
			}
		}
		out = append(out, v1.BuildSummary{
			Name: b.Name, Service: b.Spec.Service, Commit: b.Spec.Commit, Subject: b.Spec.Subject,
			Phase: buildPhase(b.Status.Phase), Message: b.Status.Message,
			StartedAt: moment(b.Status.StartedAt), FinishedAt: moment(b.Status.FinishedAt),
		})
	}
	slices.SortFunc(out, func(a, b v1.BuildSummary) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), newestFirst(a.StartedAt, b.StartedAt), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func buildPhase(p v1.BuildPhase) string {
	if p == v1.BuildPending {
		return "Pending"
	}
	return string(p)
}

// blocked are the blocked releases that are newer than what runs at the end of
// the path: the ones that somebody may still be waiting for.
func (x *index) blocked() []v1.BlockedRelease {
	out := []v1.BlockedRelease{}
	for i := range x.Releases {
		r := &x.Releases[i]
		if r.Status.Blocked == "" || r.Spec.Drill {
			continue
		}
		if last := len(x.Platform.Environments) - 1; last >= 0 {
			current := x.current[place{x.Platform.Environments[last].Name, r.Spec.Service}]
			if current != nil {
				if runs := x.releases[current.Spec.Release]; runs != nil && runs.Spec.Number >= r.Spec.Number {
					continue
				}
			}
		}
		out = append(out, v1.BlockedRelease{Release: r.Name, Service: r.Spec.Service, Version: r.Spec.Version, Reason: r.Status.Blocked, Since: moment(r.Status.BlockedAt)})
	}
	slices.SortFunc(out, func(a, b v1.BlockedRelease) int {
		return cmp.Or(newestFirst(a.Since, b.Since), cmp.Compare(a.Release, b.Release))
	})
	return out
}

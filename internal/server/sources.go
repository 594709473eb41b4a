package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"paddock.dev/internal/cluster/githost"
	"paddock.dev/internal/cluster/registry"
	"paddock.dev/internal/delivery"
	"paddock.dev/internal/delivery/build"
	"paddock.dev/internal/delivery/verdict"
)

// startSources opens git host and registry, and brings the services' directories
// into their repositories.
func (r *run) startSources(ctx context.Context) (err error) {
	platform := r.file.Platform()
	if r.git, err = githost.New(ctx, githost.Config{
		Dir: r.layout.Git(), Branch: platform.Delivery.Branch, OnPush: r.pushed,
		Reply: r.reply, Now: r.Now, Logger: r.logger.With("part", "git host"),
	}); err != nil {
		return err
	}
	if r.registry, err = registry.New(registry.Config{Dir: r.layout.Registry(), Logger: r.logger.With("part", "registry"), Now: r.Now}); err != nil {
		return err
	}
	return r.seed(ctx)
}

// seed brings the services' directories into their repositories, and makes the
// repositories that are missing.
func (r *run) seed(ctx context.Context) error {
	platform := r.file.Platform()
	for _, service := range sourced(platform) {
		seeded, err := r.git.Seed(ctx, service.Name, filepath.Join(platform.Dir, service.Source.Dir), r.By)
		if err != nil {
			return err
		}
		if seeded.Outcome == githost.SeedDiverged {
			r.Say(fmt.Sprintf("%s changed, but %s has newer pushes: push the change, or pull first", service.Source.Dir, service.Name))
		}
	}
	return nil
}

// pushed is called by the git host after a ref moved.
func (r *run) pushed(p githost.Push) {
	r.logger.Info("push", "service", p.Service, "ref", p.Ref, "commit", p.New, "by", p.By)
	if r.delivery != nil {
		r.delivery.Notify(p.Service)
	}
}

// reply is what somebody who pushed reads.
func (r *run) reply(p githost.Push) string {
	if p.New == "" || p.Branch() != r.file.Platform().Delivery.Branch {
		return ""
	}
	return fmt.Sprintf("paddock builds %s at %s; follow it with: paddock status -w", p.Service, p.New[:12])
}

func (r *run) startDelivery(ctx context.Context) error {
	builder, err := build.New(ctx, build.Config{
		Dir: filepath.Join(r.layout.Builds(), "work"), Source: r.git,
		Registry: r.consoleAt.Addr().String(), Logger: r.logger.With("part", "builder"),
	})
	if err != nil {
		return err
	}
	r.closers = append(r.closers, builder)
	r.delivery, err = delivery.New(delivery.Options{
		Platform: r.file.Platform,
		Source:   sourceHeads{r.git},
		Builder:  imageBuilder{builder},
		Figures: func(namespace, set string, since time.Time, slower time.Duration) verdict.Sample {
			f := r.gateway.Figures(namespace, set, since)
			sample := verdict.Sample{Requests: f.Requests, Errors: f.Errors}
			if slower > 0 {
				sample.Slow = f.Slower(slower)
			}
			return sample
		},
		GatewayPort: int32(port(r.gatewayAt)),
		BuildLogDir: r.layout.Builds(),
		Logger:      r.logger.With("part", "delivery"),
	})
	if err != nil {
		return err
	}
	return r.delivery.SetupWithManager(r.mgr)
}

// sourceHeads is the git host as delivery sees it.
type sourceHeads struct{ git *githost.Host }

func (s sourceHeads) Head(ctx context.Context, service, branch string) (delivery.Commit, error) {
	c, err := s.git.Head(ctx, service, branch)
	if errors.Is(err, githost.ErrNotFound) {
		return delivery.Commit{}, nil
	}
	return delivery.Commit{ID: c.ID, Author: c.Author, Subject: c.Subject, PushedBy: c.PushedBy}, err
}

// imageBuilder is the builder as delivery sees it.
type imageBuilder struct{ builder *build.Builder }

func (b imageBuilder) Build(ctx context.Context, r delivery.BuildRequest) (string, error) {
	result, err := b.builder.Build(ctx, build.Request{
		Service: r.Build.Spec.Service, Commit: r.Build.Spec.Commit,
		Language: r.Source.Language, Package: r.Source.Package, Log: r.Log,
	})
	return result.Image, err
}

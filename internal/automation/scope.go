// Package automation is what the functions that keep house share: whose
// resources they look after, what they never touch, and how they say what they
// did. The functions themselves are the packages below it; their decisions are
// plain functions over values, so that they can be read and tested without a
// cloud.
package automation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// The tags that resources carry.
const (
	TagEnvironment = "paddock:env"
	TagStore       = "paddock:store"
	TagRole        = "paddock:role"
	// TagKeep set to true protects a resource from every function.
	TagKeep = "paddock:keep"
)

// Tags of a resource.
type Tags map[string]string

// Scope is the environment whose resources a function looks after.
type Scope struct {
	Platform, Environment string
	// Production are the environments that no function may change.
	Production []string
}

// ScopeFrom reads the scope from the settings of the function: PADDOCK_PLATFORM,
// PADDOCK_ENV and PADDOCK_PRODUCTION, environments apart by commas.
func ScopeFrom(getenv func(string) string) (Scope, error) {
	s := Scope{Platform: getenv("PADDOCK_PLATFORM"), Environment: getenv("PADDOCK_ENV")}
	for name := range strings.SplitSeq(getenv("PADDOCK_PRODUCTION"), ",") {
		if name != "" {
			s.Production = append(s.Production, name)
		}
	}
	if s.Environment == "" {
		return s, errors.New("PADDOCK_ENV is not set: a function without an environment would look after everything")
	}
	return s, nil
}

// ErrProduction is why a function that changes things does not run at all.
var ErrProduction = errors.New("the environment is production: functions report there and change nothing")

// MayChange says whether anything in the scope may be changed. It stands beside
// the denial in the function's role: either one suffices.
func (s Scope) MayChange() error {
	if slices.Contains(s.Production, s.Environment) {
		return fmt.Errorf("%s: %w", s.Environment, ErrProduction)
	}
	return nil
}

// Refuse says why a resource with these tags is not touched; empty when it may
// be.
func (s Scope) Refuse(t Tags) string {
	env, ok := t[TagEnvironment]
	switch {
	case !ok || env == "":
		return "has no tag " + TagEnvironment
	case slices.Contains(s.Production, env):
		return "belongs to production (" + env + ")"
	case env != s.Environment:
		return "belongs to " + env
	case t[TagKeep] == "true":
		return "is to be kept (" + TagKeep + ")"
	}
	return ""
}

// Action is one change to one resource.
type Action struct {
	// Verb such as stop, scale or delete.
	Verb string `json:"verb"`
	// Kind of the resource such as machine or volume, and its id.
	Kind string `json:"kind"`
	ID   string `json:"id"`
	// Detail such as the new size; may be empty.
	Detail string `json:"detail,omitempty"`
	Reason string `json:"reason"`
}

// Act does the action, or only says so in a dry run: one line for each either
// way.
func (a Action) Act(ctx context.Context, log *slog.Logger, dry bool, do func(context.Context) error) error {
	log = log.With("verb", a.Verb, "kind", a.Kind, "id", a.ID, "detail", a.Detail, "reason", a.Reason, "dryRun", dry)
	if dry {
		log.InfoContext(ctx, "would act")
		return nil
	}
	if err := do(ctx); err != nil {
		return fmt.Errorf("%s %s %s: %w", a.Verb, a.Kind, a.ID, err)
	}
	log.InfoContext(ctx, "acted")
	return nil
}

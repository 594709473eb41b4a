package automation

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func settings(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestScopeFrom(t *testing.T) {
	s, err := ScopeFrom(settings(map[string]string{"PADDOCK_PLATFORM": "kestrel", "PADDOCK_ENV": "dev", "PADDOCK_PRODUCTION": "prod,,eu"}))
	if err != nil || s.Environment != "dev" || len(s.Production) != 2 || s.MayChange() != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := ScopeFrom(settings(nil)); err == nil {
		t.Error("a function without an environment")
	}
	s.Environment = "eu"
	if err := s.MayChange(); !errors.Is(err, ErrProduction) {
		t.Errorf("production may be changed: %v", err)
	}
}

func TestRefuse(t *testing.T) {
	s := Scope{Environment: "dev", Production: []string{"prod"}}
	for _, c := range []struct {
		tags Tags
		want string
	}{
		{Tags{TagEnvironment: "dev"}, ""},
		{Tags{TagEnvironment: "dev", TagKeep: "false"}, ""},
		{nil, "has no tag paddock:env"},
		{Tags{TagEnvironment: ""}, "has no tag paddock:env"},
		{Tags{TagEnvironment: "prod"}, "belongs to production (prod)"},
		{Tags{TagEnvironment: "qa"}, "belongs to qa"},
		{Tags{TagEnvironment: "dev", TagKeep: "true"}, "is to be kept (paddock:keep)"},
	} {
		if got := s.Refuse(c.tags); got != c.want {
			t.Errorf("%v: %q, not %q", c.tags, got, c.want)
		}
	}
	// A scope that was given production by mistake still refuses it.
	s.Environment = "prod"
	if got := s.Refuse(Tags{TagEnvironment: "prod"}); got == "" {
		t.Error("production is not refused")
	}
}

func TestAct(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	a := Action{Verb: "stop", Kind: "machine", ID: "i-1", Reason: "night"}
	called := 0
	do := func(context.Context) error { called++; return nil }
	if err := a.Act(t.Context(), log, true, do); err != nil || called != 0 || !strings.Contains(out.String(), `msg="would act"`) {
		t.Errorf("dry: %v, %d, %s", err, called, out.String())
	}
	if err := a.Act(t.Context(), log, false, do); err != nil || called != 1 || !strings.Contains(out.String(), "msg=acted verb=stop kind=machine id=i-1") {
		t.Errorf("wet: %v, %d, %s", err, called, out.String())
	}
	err := a.Act(t.Context(), log, false, func(context.Context) error { return errors.New("no") })
	if err == nil || err.Error() != "stop machine i-1: no" {
		t.Error(err)
	}
}

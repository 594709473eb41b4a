package aws_test

import (
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/model"
)

// A path that bots come for and that the edge does not watch is found by them.
func TestEverySensitivePathIsWatched(t *testing.T) {
	p, roots := watched(t, nil)
	for tier, production := range map[string]bool{"prod": true, "nonprod": false} {
		sensitive := arg(moduleOf(t, roots, aws.ThirdParties, "edge", "cdn-"+tier).Args, "sensitive").(aws.Object)
		n := 0
		for _, env := range p.Environments {
			if (env.Stage == model.Production) != production {
				continue
			}
			for _, s := range env.Services {
				for _, r := range s.Routes {
					for _, path := range s.Sensitive {
						n++
						entry, ok := arg(sensitive, r.Host+path).(aws.Object)
						if !ok || arg(entry, "path") != aws.String(path) {
							t.Errorf("%s: nobody watches %s%s", tier, r.Host, path)
							continue
						}
						if strings.HasSuffix(path, "login") != (arg(entry, "purpose") == aws.String("login")) {
							t.Errorf("%s: %s is a %s", tier, path, arg(entry, "purpose"))
						}
					}
				}
			}
		}
		if n == 0 {
			t.Errorf("%s has no such path", tier)
		}
	}
}

// What production refuses, the environments before it only say: so it is found
// there, and no test fails of it.
func TestEdgeIsMilderBeforeProduction(t *testing.T) {
	for _, c := range []struct{ waf, bots, prodWAF, prodBots, waf2, bots2 string }{
		{"block", "challenge", "block", "challenge", "monitor", "monitor"},
		{"monitor", "block", "monitor", "block", "monitor", "monitor"},
		{"off", "off", "off", "off", "off", "off"},
	} {
		_, roots := watched(t, func(p *model.Platform) { p.Edge.WAF.Mode, p.Edge.Bots.Mode = c.waf, c.bots })
		for tier, want := range map[string][2]string{"prod": {c.prodWAF, c.prodBots}, "nonprod": {c.waf2, c.bots2}} {
			m := moduleOf(t, roots, aws.ThirdParties, "edge", "cdn-"+tier)
			if have := [2]string{string(arg(m.Args, "waf_mode").(aws.String)), string(arg(m.Args, "bot_mode").(aws.String))}; have != want {
				t.Errorf("%s with %s and %s: %v, not %v", tier, c.waf, c.bots, have, want)
			}
		}
	}
}

func TestBotsThatAreLetIn(t *testing.T) {
	for _, c := range []struct {
		allow, in, out []string
	}{
		{nil, []string{"Web Search Engine Bots", "Site Monitoring and Web Development Bots"}, []string{"Web Archiver Bots"}},
		{[]string{"Twitterbot"}, []string{"Social Media or Blog Bots", "Site Monitoring and Web Development Bots"}, []string{"Web Search Engine Bots"}},
		{[]string{"googlebot", "Kites of Ours"}, []string{"Web Search Engine Bots", "Kites of Ours"}, []string{"Artificial Intelligence (AI) Bots"}},
	} {
		_, roots := watched(t, func(p *model.Platform) { p.Edge.Bots.Allow = c.allow })
		m := moduleOf(t, roots, aws.ThirdParties, "edge", "cdn-prod")
		allowed, refused := arg(m.Args, "bot_categories_allowed").(aws.List), arg(m.Args, "bot_categories_refused").(aws.List)
		for _, name := range c.in {
			if !slices.Contains(allowed, aws.Value(aws.String(name))) || slices.Contains(refused, aws.Value(aws.String(name))) {
				t.Errorf("%v: %s is not let in", c.allow, name)
			}
		}
		for _, name := range c.out {
			if slices.Contains(allowed, aws.Value(aws.String(name))) || !slices.Contains(refused, aws.Value(aws.String(name))) {
				t.Errorf("%v: %s is let in", c.allow, name)
			}
		}
	}
}

// The traffic manager asks what matters most for everything behind it, by the
// names that customers use.
func TestHealthOfTheEdgeIsDeep(t *testing.T) {
	p, roots := watched(t, nil)
	health := arg(moduleOf(t, roots, aws.ThirdParties, "edge", "cdn-prod").Args, "health").(aws.Object)
	if len(health) == 0 {
		t.Fatal("nothing is asked")
	}
	for _, h := range health {
		o := h.Value.(aws.Object)
		if arg(o, "path") != aws.String("/healthz/deep") {
			t.Errorf("%s is asked for %s", h.Key, arg(o, "path"))
		}
		first := slices.ContainsFunc(p.Environments, func(env model.Environment) bool {
			return env.Stage == model.Production && slices.ContainsFunc(env.Services, func(s model.Service) bool {
				return s.Tier == 1 && slices.ContainsFunc(s.Routes, func(r model.Route) bool { return r.Host == h.Key })
			})
		})
		if !first {
			t.Errorf("%s is asked, and nothing of tier 1 is behind it", h.Key)
		}
	}
}

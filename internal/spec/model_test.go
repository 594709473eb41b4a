package spec_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

func TestExamples(t *testing.T) {
	for _, name := range []string{"kestrel", "minimal"} {
		t.Run(name, func(t *testing.T) {
			platform, problems := spec.Load(filepath.Join("..", "..", "examples", name, "platform.yaml"))
			for _, p := range problems {
				t.Errorf("%v: %s", p, p.Detail)
			}
			if platform == nil {
				t.Fatal("no platform")
			}
			if !filepath.IsAbs(platform.Dir) || filepath.Base(platform.Dir) != name {
				t.Errorf("Dir is %s", platform.Dir)
			}
			platform.Dir = ""
			text, err := json.MarshalIndent(platform, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", append(text, '\n'))
		})
	}
}

// parse reads a file that must be without errors.
func parse(t *testing.T, text string) *model.Platform {
	t.Helper()
	platform, problems := spec.Parse("dir/platform.yaml", []byte(text))
	if platform == nil {
		var b bytes.Buffer
		_ = diag.WriteText(&b, problems, diag.TextOptions{})
		t.Fatal(b.String())
	}
	return platform
}

const head = "paddock: v1\nname: kestrel\ndomain: kestrelcars.example\n"

func TestDefaults(t *testing.T) {
	p := parse(t, head+`
environments:
  dev:  { stage: development }
  prod: { stage: production }
services:
  booking: { port: 8443, source: ./booking, health: /healthz, routes: [kestrelcars.example, partner.example/x] }
`)
	if want := (model.Delivery{Path: []string{"dev", "prod"}, Branch: "main", Canary: []int{5, 25, 50}, Bake: 10 * time.Second, KeepWarm: 10 * time.Minute, NoData: model.Hold,
		Branching: model.Trunk, Engine: "jenkins", Hosting: "github", Organization: "kestrel"}); !reflect.DeepEqual(p.Delivery, want) {
		t.Errorf("delivery is %+v, want %+v", p.Delivery, want)
	}
	want := model.Service{
		Name: "booking", Port: 8443, Source: &model.Source{Dir: "booking", Language: "go", Package: "."},
		Health:   model.Health{Live: "/healthz", Ready: "/healthz"},
		Routes:   []model.Route{{Host: "dev.kestrelcars.example", Path: "/"}, {Host: "dev.partner.example", Path: "/x"}},
		Scale:    model.Scale{Min: 1, Max: 1, Unavailable: 1},
		Size:     model.Size{CPUMilli: 100, MemoryBytes: 64 << 20},
		Language: "go", Runtime: model.Kubernetes, Tier: 3, Data: model.Internal, Segment: "apps", Encryption: model.TLS,
	}
	if got := p.Environments[0].Services[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("in dev it is\n%+v, want\n%+v", got, want)
	}
	want.Scale = model.Scale{Min: 2, Max: 2, Unavailable: 1}
	want.Routes = []model.Route{{Host: "kestrelcars.example", Path: "/"}, {Host: "partner.example", Path: "/x"}}
	if got := p.Environments[1].Services[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("in prod it is\n%+v, want\n%+v", got, want)
	}
	if p.Dir != "dir" {
		t.Errorf("Dir is %q", p.Dir)
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		env, service, override string
		want                   model.Scale
	}{
		{"{ stage: development", "", "", model.Scale{Min: 1, Max: 1}},
		{"{ stage: test", "", "", model.Scale{Min: 1, Max: 1}},
		{"{ stage: acceptance", "", "", model.Scale{Min: 2, Max: 2}},
		{"{ stage: production", "", "", model.Scale{Min: 2, Max: 2}},
		{"{ stage: production", "scale: 3", "", model.Scale{Min: 3, Max: 3}},
		{"{ stage: production", "scale: { replicas: 2..20, cpu: 60% }", "", model.Scale{Min: 2, Max: 20, CPU: 60}},
		{"{ stage: production", "scale: { replicas: 2..20 }", "", model.Scale{Min: 2, Max: 20, CPU: 70}},
		{"{ stage: development, scale: 1", "scale: { replicas: 2..20, cpu: 60% }", "", model.Scale{Min: 1, Max: 1}},
		{"{ stage: development, scale: { replicas: 1..3 }", "scale: { replicas: 2..20, cpu: 60% }", "", model.Scale{Min: 2, Max: 3, CPU: 60}},
		{"{ stage: development, scale: { replicas: 2 }", "", "", model.Scale{Min: 2, Max: 2}},
		{"{ stage: development, scale: 1", "scale: 2..20", "scale: 3", model.Scale{Min: 3, Max: 3}},
		{"{ stage: development, scale: 1", "scale: { replicas: 2..20, cpu: 60% }", "scale: { cpu: 80% }", model.Scale{Min: 1, Max: 1}},
		{"{ stage: production", "scale: { replicas: 2..20, cpu: 60% }", "scale: { cpu: 80% }", model.Scale{Min: 2, Max: 20, CPU: 80}},
		{"{ stage: production", "scale: 2..20", "scale: { replicas: 4..5, cpu: 50% }", model.Scale{Min: 4, Max: 5, CPU: 50}},
	} {
		service := strings.TrimPrefix(strings.Join([]string{"port: 8443", c.service}, ", "), "")
		p := parse(t, head+fmt.Sprintf("environments:\n  only: %s, services: { booking: { %s } } }\nservices:\n  booking: { %s }\n",
			c.env, c.override, strings.TrimSuffix(service, ", ")))
		c.want.Unavailable = 1
		if got := p.Environments[0].Services[0].Scale; got != c.want {
			t.Errorf("%s / %s / %s: %+v, want %+v", c.env, c.service, c.override, got, c.want)
		}
	}
}

func TestOverridesAreLaidOver(t *testing.T) {
	p := parse(t, head+`
environments:
  dev:
    stage: development
    services:
      booking:
        port: 9000
        health: { ready: /ready }
        size: { memory: 1Gi }
        settings: { CURRENCY: USD, DEBUG: true }
        args: [-v]
        uses: []
        objective: { latency: { p99: 1s } }
  prod: { stage: production }
services:
  booking:
    port: 8443
    health: /healthz
    size: { cpu: 250m, memory: 64Mi }
    settings: { CURRENCY: INR, RATE: 1.50, ZIP: 00501 }
    args: [-a, -b]
    uses: [fleet]
    objective: { availability: 99.9%, latency: { p99: 300ms } }
    team: rentals
  fleet: { port: 8446 }
`)
	want := model.Service{
		Name: "booking", Port: 9000, Health: model.Health{Live: "/healthz", Ready: "/ready"},
		Size: model.Size{CPUMilli: 250, MemoryBytes: 1 << 30}, Scale: model.Scale{Min: 1, Max: 1, Unavailable: 1},
		Settings:  []model.Setting{{Name: "CURRENCY", Value: "USD"}, {Name: "DEBUG", Value: "true"}, {Name: "RATE", Value: "1.50"}, {Name: "ZIP", Value: "00501"}},
		Args:      []string{"-v"},
		Objective: model.Objective{Availability: "99.9", LatencyP99: time.Second}, Team: "rentals",
		Runtime: model.Kubernetes, Tier: 3, Data: model.Internal, Segment: "apps", Encryption: model.TLS,
	}
	if got := p.Environments[0].Services[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("in dev:\n%+v, want\n%+v", got, want)
	}
	prod := p.Environments[1].Services[0]
	if prod.Port != 8443 || !slices.Equal(prod.Args, []string{"-a", "-b"}) || !slices.Equal(prod.Uses, []string{"fleet"}) || len(prod.Settings) != 3 {
		t.Errorf("in prod: %+v", prod)
	}
}

func TestOrder(t *testing.T) {
	p := parse(t, head+`
groups: { z: [a], b: [c] }
environments:
  prod: { stage: production, approve: { from: [z, b], count: 2 } }
  aside: { stage: development }
  dev: { stage: development }
delivery: { path: [dev, prod], rollout: { canary: [], noData: proceed } }
services: { z: { port: 8443 }, a: { port: 8444, uses: [z, m] }, m: { port: 8445 } }
`)
	var envs, services []string
	for _, e := range p.Environments {
		envs = append(envs, e.Name)
	}
	for _, s := range p.Environments[0].Services {
		services = append(services, s.Name)
	}
	if got := fmt.Sprint(envs, services, p.Groups, p.Environments[0].Services[0].Uses, p.Delivery.Canary, string(p.Delivery.NoData), p.Environments[1].Approve); got != "[dev prod aside] [a m z] [{b [c]} {z [a]}] [m z] []proceed{[z b] 2}" {
		t.Error(got)
	}
}

func TestTwoProductions(t *testing.T) {
	p := parse(t, head+`
environments: { blue: { stage: production }, green: { stage: production } }
services: { booking: { port: 8443, routes: [api.kestrelcars.example/v1] } }
`)
	if got := fmt.Sprint(p.Environments[0].Services[0].Routes, p.Environments[1].Services[0].Routes); got != "[{api.blue.kestrelcars.example /v1}] [{api.kestrelcars.example /v1}]" {
		t.Error(got)
	}
}

func TestYAMLForms(t *testing.T) {
	plain := parse(t, head+"environments: { prod: { stage: production } }\nservices:\n  a: { port: 8443, size: { cpu: 250m, memory: 64Mi } }\n  b: { port: 8444, size: { cpu: 250m, memory: 64Mi } }\n")
	for name, text := range map[string]string{
		"byte order mark": "\ufeff" + head + "environments: { prod: { stage: production } }\nservices:\n  a: { port: 8443, size: { cpu: 250m, memory: 64Mi } }\n  b: { port: 8444, size: { cpu: 250m, memory: 64Mi } }\n",
		"Windows lines":   strings.ReplaceAll(head+"environments: { prod: { stage: production } }\nservices:\n  a: { port: 8443, size: { cpu: 250m, memory: 64Mi } }\n  b: { port: 8444, size: { cpu: 250m, memory: 64Mi } }\n", "\n", "\r\n"),
		"document marks":  "---\n" + head + "environments: { prod: { stage: production } }\nservices:\n  a: { port: 8443, size: { cpu: 250m, memory: 64Mi } }\n  b: { port: 8444, size: { cpu: 250m, memory: 64Mi } }\n...\n",
		"alias":           head + "environments: { prod: { stage: production } }\nservices:\n  a: { port: 8443, size: &s { cpu: 250m, memory: 64Mi } }\n  b: { port: 8444, size: *s }\n",
		"merge key":       head + "environments: { prod: { stage: production } }\nservices:\n  a: &a\n    port: 8443\n    size: { cpu: 250m, memory: 64Mi }\n  b:\n    <<: *a\n    port: 8444\n",
		"merge list":      head + "environments: { prod: { stage: production } }\nservices:\n  a: &a\n    port: 8443\n    size: { cpu: 250m, memory: 64Mi }\n  b:\n    port: 8444\n    <<: [*a]\n",
		"JSON":            `{"paddock": "v1", "name": "kestrel", "domain": "kestrelcars.example", "environments": {"prod": {"stage": "production"}}, "services": {"a": {"port": 8443, "size": {"cpu": "250m", "memory": "64Mi"}}, "b": {"port": "8444", "size": {"cpu": "250m", "memory": "64Mi"}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := parse(t, text); !reflect.DeepEqual(got, plain) {
				t.Errorf("got %+v, want %+v", got, plain)
			}
		})
	}
}

func TestLoadLooksForSources(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	for _, d := range []string{"services/booking", "services/fleet"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "services", "link")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "platform.yaml")
	write := func(sources ...string) {
		text := head + "environments: { prod: { stage: production } }\nservices:\n"
		for i, s := range sources {
			text += fmt.Sprintf("  s%c: { port: 8443, source: %s }\n", 'a'+i, s)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("./services/booking", "./services/fleet", ".")
	if p, problems := spec.Load(path); p == nil || len(problems) != 0 {
		t.Fatal(problems)
	}
	write("./services/bookng", "./nowhere/at/all", "./file", "./services/link")
	p, problems := spec.Load(path)
	if p != nil || len(problems) != 4 {
		t.Fatal(problems)
	}
	for i, want := range []string{"Did you mean ./services/booking?", "Create the directory", "is not a directory", "is a symbolic link to"} {
		if got := all(problems[i]); !strings.Contains(got, want) || problems[i].Pos.Line != 6+i || problems[i].Pos.Text == "" {
			t.Errorf("%v: %s, want %q", problems[i].Pos, got, want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "platform.yaml"): "There is no platform file here",
		dir:                                 "It is a directory. Name the file in it",
	} {
		p, problems := spec.Load(path)
		if p != nil || len(problems) != 1 || problems[0].ID != "file-unreadable" || !strings.Contains(all(problems[0]), want) {
			t.Errorf("%s: %v", path, problems)
		}
	}
}

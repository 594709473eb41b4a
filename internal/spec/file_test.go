package spec_test

import (
	"strings"
	"testing"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/spec"
)

const whyFile = head + `cloud: { region: ap-south-1 }
environments:
  dev:
    stage: development
    scale: 1
    services:
      booking: { settings: { CURRENCY: USD } }
  prod: { stage: production }
stores:
  events: { engine: kafka, topics: { booking.created: 12 }, backup: 2h }
services:
  booking:
    port: 8443
    health: /healthz
    uses: [events, fleet:optional]
    scale: { replicas: 2..20 }
    topics: { produce: [booking.created] }
    settings: { CURRENCY: INR, "A B": x }
  fleet: { port: 8446, egress: ["*.maps.example"] }
`

func read(t *testing.T, text string) *spec.File {
	t.Helper()
	f, problems := spec.ParseFile("platform.yaml", []byte(strings.ReplaceAll(text, `, "A B": x`, "")), nil)
	if f == nil {
		t.Fatal(problems)
	}
	return f
}

func TestLocate(t *testing.T) {
	f := read(t, whyFile)
	for _, c := range []struct {
		env, key, at string
		ok           bool
	}{
		{"", "services.booking.port", "platform.yaml:16:11", true},
		{"prod", "services.booking.port", "platform.yaml:16:11", true},
		{"dev", "services.booking.settings.CURRENCY", "platform.yaml:10:40", true},
		{"prod", "services.booking.settings.CURRENCY", "platform.yaml:21:27", true},
		{"dev", "services.booking.uses[1]", "platform.yaml:18:20", true},
		{"", "services.booking.health.live", "platform.yaml:17:13", true},
		{"", "services.booking", "platform.yaml:15:3", true},
		{"", "stores.events.topics.booking.created", "platform.yaml:13:55", true},
		{"", "stores.events.topics.booking.created.partitions", "platform.yaml:13:55", true},
		{"", "services.booking.size.cpu", "platform.yaml:15:3", false},
		{"", "services.booking.uses[7]", "platform.yaml:18:11", false},
		{"", "environments.dev.scale.replicas", "platform.yaml:8:12", true},
		{"", "delivery.path", "platform.yaml:1:1", false},
		{"prod", "services.nobody", "platform.yaml:14:1", false},
	} {
		at, ok := f.Locate(c.env, c.key)
		if at.String() != c.at || ok != c.ok {
			t.Errorf("%s %s: %v %v, want %s %v", c.env, c.key, at, ok, c.at, c.ok)
		}
	}
	if at, _ := f.Locate("", "services.booking.port"); at.Text != "    port: 8443" {
		t.Errorf("the excerpt is %q", at.Text)
	}
}

func TestWhy(t *testing.T) {
	f := read(t, whyFile)
	for _, c := range []struct{ env, key, value, from string }{
		{"dev", "services.booking.settings.CURRENCY", "USD", "platform.yaml:10"},
		{"prod", "services.booking.settings.CURRENCY", "INR", "platform.yaml:21"},
		{"dev", "services.booking.scale.replicas", "1", "platform.yaml:19, kept within the scale of dev"},
		{"prod", "services.booking.scale.replicas", "2..20", "platform.yaml:19"},
		{"prod", "services.booking.scale.cpu", "70%", "default: with bounds and without another measure"},
		{"dev", "services.fleet.scale.replicas", "1", "default: the scale of dev"},
		{"prod", "services.fleet.scale.replicas", "2", "default: in production"},
		{"prod", "services.fleet.segment", "apps", "default: the first segment"},
		{"prod", "services.fleet.tier", "3", "default"},
		{"dev", "stores.events.nodes", "1", "default: of kafka in development"},
		{"prod", "stores.events.topics.booking.created.partitions", "12", "platform.yaml:13"},
		{"prod", "stores.events.topics.booking.created.retain", "7d", "default"},
		{"prod", "stores.events.topics.booking.created.replication", "3", "default: that of events"},
		{"prod", "stores.events.backup.every", "2h", "platform.yaml:13"},
		{"prod", "stores.events.backup.keep", "35d", "default: as the backup block says"},
		{"", "cloud.region", "ap-south-1", "platform.yaml:4"},
		{"", "cloud.zones", "3", "default"},
		{"", "network.private", "kestrel.internal", "default: the name of the platform, followed by .internal"},
		{"", "environments.prod.zones", "3", "default: cloud.zones in production"},
		{"", "delivery.path", "[dev, prod]", "default: the order of the environments"},
	} {
		got, ok := f.Why(c.env, c.key)
		if !ok || got.Value != c.value || got.String() != c.from {
			t.Errorf("%s %s: %q from %q (%v), want %q from %q", c.env, c.key, got.Value, got, ok, c.value, c.from)
		}
	}
	for _, key := range []string{"services.booking.team", "services.nobody.port", "nothing"} {
		if got, ok := f.Why("prod", key); ok {
			t.Errorf("%s has the value %q", key, got.Value)
		}
	}
}

// What an outline says can be read again, and means the same.
func TestOutlineIsAFile(t *testing.T) {
	f := read(t, whyFile)
	for _, env := range []string{"dev", "prod"} {
		var b strings.Builder
		for _, l := range f.Whole(env).Lines {
			b.WriteString(l.Text + "\n")
		}
		again, problems := spec.ParseFile("platform.yaml", []byte(b.String()), nil)
		if again == nil {
			t.Fatalf("%v\n%s", problems, b.String())
		}
		before, _ := f.Platform.Environment(env)
		after, _ := again.Platform.Environment(env)
		if before.Services[1].Name != after.Services[1].Name || len(before.Stores) != len(after.Stores) || before.Services[0].Scale != after.Services[0].Scale {
			t.Errorf("%s is\n%+v, and after\n%+v\n%s", env, before, after, b.String())
		}
	}
	if _, ok := f.Outline("prod", addr.Address{Kind: addr.Service, Name: "nobody"}); ok {
		t.Error("there is no such service")
	}
	o, ok := f.Outline("dev", addr.Address{Kind: addr.Service, Name: "fleet"})
	if !ok {
		t.Fatal("no outline")
	}
	var b strings.Builder
	for _, l := range o.Lines {
		b.WriteString(l.Text + "\n")
	}
	want := `runtime: kubernetes
port: 8446
egress: ['*.maps.example']
scale:
  replicas: 1
  unavailable: 1
size:
  cpu: 100m
  memory: 64Mi
tier: 3
data: internal
segment: apps
isolation: shared
encryption: tls
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

func TestIdleNamesWhatNothingActsOn(t *testing.T) {
	f := read(t, whyFile)
	var paths []string
	for _, part := range f.Idle() {
		paths = append(paths, part.Path)
	}
	if got := strings.Join(paths, " "); got != "stores services.<name>.topics services.<name>.egress" {
		t.Errorf("idle are %s", got)
	}
	parts := f.Unacted()
	if len(parts) != 3 || parts[1].Key != "services.booking.topics" || parts[1].Range.Line != 20 || parts[1].What == "" {
		t.Errorf("%+v", parts)
	}
}

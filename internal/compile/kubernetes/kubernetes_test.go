package kubernetes_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// platform is two services, one of which uses the other, in one environment.
func platform() (*model.Platform, model.Environment) {
	env := model.Environment{Name: "prod", Stage: model.Production, Services: []model.Service{
		{
			Name: "booking", Port: 8443, Args: []string{"-listen", "$(HOST):$(PORT)"},
			Health:    model.Health{Live: "/healthz/live", Ready: "/healthz/ready"},
			Routes:    []model.Route{{Host: "api.kestrelcars.example", Path: "/v1/bookings"}, {Host: "api.kestrelcars.example", Path: "/v1/quotes"}, {Host: "www.kestrelcars.example", Path: "/book"}},
			Uses:      []string{"fleet"},
			Scale:     model.Scale{Min: 2, Max: 6, CPU: 60},
			Size:      model.Size{CPUMilli: 100, MemoryBytes: 64 << 20},
			Objective: model.Objective{Availability: "99.9", LatencyP99: 300 * time.Millisecond},
			Settings:  []model.Setting{{Name: "CURRENCY", Value: "INR"}},
		},
		{Name: "fleet", Port: 8446, Scale: model.Scale{Min: 1, Max: 1}, Size: model.Size{CPUMilli: 50, MemoryBytes: 32 << 20}},
	}}
	return &model.Platform{Name: "kestrel", Domain: "kestrelcars.example", Environments: []model.Environment{env}}, env
}

func release(p *model.Platform, service string, number int64, version string) *v1.Release {
	config, digest := kubernetes.ReleaseConfig(p, service)
	return &v1.Release{
		ObjectMeta: metav1.ObjectMeta{Name: service + "-" + version},
		Spec: v1.ReleaseSpec{
			Service: service, Version: version, Number: number, Commit: "0123456789abcdef0123456789abcdef01234567",
			Image:  "registry.paddock.internal/" + service + "@sha256:00",
			Config: config, ConfigDigest: digest,
		},
	}
}

func TestGolden(t *testing.T) {
	p, env := platform()
	booking, _ := env.Service("booking")
	fleet, _ := env.Service("fleet")
	stable, canary := release(p, "booking", 3, "1.3.0"), release(p, "booking", 4, "1.4.0")
	for name, objects := range map[string][]client.Object{
		"environment":   kubernetes.Environment(p, env),
		"booking":       kubernetes.Service(p, env, booking),
		"fleet":         kubernetes.Service(p, env, fleet),
		"booking-set":   kubernetes.Set(p, "prod", canary),
		"fleet-set":     kubernetes.Set(p, "prod", release(p, "fleet", 0, "1.0.0")),
		"booking-route": kubernetes.Routes(p, env, booking, []kubernetes.Share{{Release: stable, Percent: 95}, {Release: canary, Percent: 5}}),
	} {
		t.Run(name, func(t *testing.T) {
			got := text(t, objects)
			if again := text(t, objects); !bytes.Equal(got, again) {
				t.Fatal("the same objects gave different bytes")
			}
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs from the golden file; run with -update and read the diff\n%s", golden, got)
			}
		})
	}
}

func text(t *testing.T, objects []client.Object) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, o := range objects {
		if o.GetObjectKind().GroupVersionKind().Kind == "" {
			t.Errorf("%s has no kind: server-side apply needs it", o.GetName())
		}
		y, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("---\n")
		b.Write(y)
	}
	return b.Bytes()
}

func TestSetWithoutConfiguration(t *testing.T) {
	p, _ := platform()
	if got := kubernetes.Set(p, "qa", release(p, "fleet", 0, "1.0.0")); got != nil {
		t.Errorf("a release without configuration for an environment makes no objects there, got %d", len(got))
	}
}

func TestConfigDigest(t *testing.T) {
	p, _ := platform()
	_, before := kubernetes.ReleaseConfig(p, "booking")
	_, again := kubernetes.ReleaseConfig(p, "booking")
	if before != again {
		t.Error("the same configuration has two digests")
	}
	p.Environments[0].Services[0].Settings[0].Value = "EUR"
	if _, after := kubernetes.ReleaseConfig(p, "booking"); after == before {
		t.Error("a changed setting kept the digest")
	}
}

func BenchmarkCompile(b *testing.B) {
	p, env := platform()
	r := release(p, "booking", 4, "1.4.0")
	for b.Loop() {
		kubernetes.Environment(p, env)
		for _, s := range env.Services {
			kubernetes.Service(p, env, s)
			kubernetes.Routes(p, env, s, []kubernetes.Share{{Release: r, Percent: 100}})
		}
		kubernetes.Set(p, "prod", r)
	}
}

// A worker that listens nowhere has no address, and nobody may come in.
func TestWorkerHasNoAddress(t *testing.T) {
	p, env := platform()
	worker := model.Service{Name: "worker", Scale: model.Scale{Min: 1, Max: 3, Unavailable: 2}}
	for _, o := range kubernetes.Service(p, env, worker) {
		switch o := o.(type) {
		case *corev1.Service:
			t.Errorf("there is a Service with the ports %v", o.Spec.Ports)
		case *networkingv1.NetworkPolicy:
			if len(o.Spec.Ingress) > 0 || len(o.Spec.PolicyTypes) != 2 {
				t.Errorf("the policy is %+v", o.Spec)
			}
		case *policyv1.PodDisruptionBudget:
			if o.Spec.MaxUnavailable.IntValue() != 2 {
				t.Errorf("%v may be unavailable", o.Spec.MaxUnavailable)
			}
		}
	}
	env.Services = append(env.Services, worker)
	booking, _ := env.Service("booking")
	booking.Uses = append(booking.Uses, "worker")
	for _, o := range kubernetes.Service(p, env, booking) {
		if policy, ok := o.(*networkingv1.NetworkPolicy); ok {
			for _, rule := range policy.Spec.Egress {
				if rule.Ports[0].Port.IntValue() == 0 {
					t.Error("a way to port 0 is open")
				}
			}
		}
	}
}

package otel_test

import (
	"strings"
	"testing"

	goccy "github.com/goccy/go-yaml"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/otel"
)

// A pipeline that names a component which is not configured keeps the collector
// from starting.
func TestPipelinesNameWhatIsThere(t *testing.T) {
	options := otel.Options{Platform: "kestrel", Environment: "prod", Cluster: "kestrel-prod-apps", Sample: 5, Redact: observe.Redactions([]string{"pan", "phone"})}
	with := options
	with.APM, with.Host = "newrelic", "otlp.nr-data.net"
	for name, data := range map[string][]byte{
		"agent": otel.Agent(options), "gateway": otel.Gateway(options), "gateway with apm": otel.Gateway(with),
	} {
		var c struct {
			Extensions, Receivers, Processors, Exporters map[string]any
			Service                                      struct {
				Extensions []string
				Pipelines  map[string]struct{ Receivers, Processors, Exporters []string }
			}
		}
		if err := goccy.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, data)
		}
		used := map[string]bool{}
		check := func(kind string, names []string, there map[string]any) {
			for _, n := range names {
				used[kind+n] = true
				if _, ok := there[n]; !ok {
					t.Errorf("%s: there is no %s %s", name, kind, n)
				}
			}
		}
		check("extension", c.Service.Extensions, c.Extensions)
		for signal, p := range c.Service.Pipelines {
			if len(p.Processors) == 0 || p.Processors[0] != "memory_limiter" || p.Processors[len(p.Processors)-1] != "batch" {
				t.Errorf("%s: %s is bounded first and batched last: %v", name, signal, p.Processors)
			}
			check("receiver", p.Receivers, c.Receivers)
			check("processor", p.Processors, c.Processors)
			check("exporter", p.Exporters, c.Exporters)
		}
		for kind, there := range map[string]map[string]any{"processor": c.Processors, "exporter": c.Exporters, "receiver": c.Receivers} {
			for n := range there {
				if !used[kind+n] {
					t.Errorf("%s: nothing uses the %s %s", name, kind, n)
				}
			}
		}
	}
	if !strings.Contains(string(otel.Gateway(with)), "https://otlp.nr-data.net") || strings.Contains(string(otel.Gateway(options)), "nr-data") {
		t.Error("only a gateway with a monitoring service has a way out")
	}
}

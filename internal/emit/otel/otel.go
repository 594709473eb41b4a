// Package otel writes the configuration of the OpenTelemetry collectors of a
// cluster: agents beside the pods, and gateways that decide which traces are
// kept and that alone may leave. It knows the collector's file and refuses to
// know what services trace.
package otel

import (
	"strconv"
	"strings"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/yaml"
)

// Options of one cluster.
type Options struct {
	Platform, Environment, Cluster string
	// APM is newrelic, or empty when traces stay in the cluster; Host takes them.
	APM, Host string
	// Sample is the share of ordinary traces that are kept, in percent.
	Sample float64
	Redact []observe.Redaction
}

func limiter() yaml.Map {
	return yaml.Map{{"check_interval", "1s"}, {"limit_percentage", 80}, {"spike_limit_percentage", 25}}
}

func otlp() yaml.Map {
	return yaml.Map{{"protocols", yaml.Map{{"grpc", yaml.Map{{"endpoint", "0.0.0.0:4317"}}}, {"http", yaml.Map{{"endpoint", "0.0.0.0:4318"}}}}}}
}

func service(pipelines yaml.Map) yaml.Map {
	return yaml.Map{
		{"extensions", []string{"health_check"}},
		{"pipelines", pipelines},
		{"telemetry", yaml.Map{{"metrics", yaml.Map{{"level", "detailed"}, {"readers", yaml.List{yaml.Map{{"pull", yaml.Map{{"exporter", yaml.Map{{"prometheus", yaml.Map{{"host", "0.0.0.0"}, {"port", 8888}}}}}}}}}}}}}},
	}
}

// Agent is the configuration of the collector on every node.
func Agent(o Options) []byte {
	return yaml.Document("Rendered by paddock from the platform file.", yaml.Map{
		{"extensions", yaml.Map{{"health_check", yaml.Map{{"endpoint", "0.0.0.0:13133"}}}}},
		{"receivers", yaml.Map{{"otlp", otlp()}}},
		{"processors", yaml.Map{
			{"memory_limiter", limiter()},
			{"k8sattributes", yaml.Map{
				{"auth_type", "serviceAccount"}, {"filter", yaml.Map{{"node_from_env_var", "K8S_NODE_NAME"}}},
				{"extract", yaml.Map{
					{"metadata", []string{"k8s.namespace.name", "k8s.pod.name", "k8s.deployment.name", "k8s.node.name", "container.image.tag"}},
					{"labels", yaml.List{yaml.Map{{"tag_name", "service.name"}, {"key", "paddock.dev/service"}, {"from", "pod"}}, yaml.Map{{"tag_name", "service.version"}, {"key", "app.kubernetes.io/version"}, {"from", "pod"}}}},
				}},
				{"pod_association", yaml.List{yaml.Map{{"sources", yaml.List{yaml.Map{{"from", "connection"}}}}}}},
			}},
			{"resourcedetection", yaml.Map{{"detectors", []string{"env", "eks", "ec2"}}, {"timeout", "2s"}, {"override", false}}},
			{"resource", yaml.Map{{"attributes", yaml.List{
				yaml.Map{{"key", "deployment.environment.name"}, {"value", o.Environment}, {"action", "upsert"}},
				yaml.Map{{"key", "k8s.cluster.name"}, {"value", o.Cluster}, {"action", "upsert"}},
				yaml.Map{{"key", "paddock.platform"}, {"value", o.Platform}, {"action", "upsert"}},
			}}}},
			{"batch", yaml.Map{{"send_batch_size", 2048}, {"timeout", "1s"}}},
		}},
		// All spans of a trace go to the same gateway: only there is it known
		// whether one of them failed.
		{"exporters", yaml.Map{{"loadbalancing", yaml.Map{
			{"routing_key", "traceID"},
			{"protocol", yaml.Map{{"otlp", yaml.Map{{"timeout", "5s"}, {"tls", yaml.Map{{"ca_file", "/etc/paddock/ca.crt"}}}}}}},
			{"resolver", yaml.Map{{"dns", yaml.Map{{"hostname", "otel-gateway-headless.monitoring.svc.cluster.local"}, {"port", "4317"}}}}},
		}}, {"otlp/gateway", yaml.Map{{"endpoint", "otel-gateway.monitoring.svc.cluster.local:4317"}, {"tls", yaml.Map{{"ca_file", "/etc/paddock/ca.crt"}}}}}}},
		{"service", service(yaml.Map{
			{"traces", yaml.Map{{"receivers", []string{"otlp"}}, {"processors", []string{"memory_limiter", "k8sattributes", "resourcedetection", "resource", "batch"}}, {"exporters", []string{"loadbalancing"}}}},
			{"metrics", yaml.Map{{"receivers", []string{"otlp"}}, {"processors", []string{"memory_limiter", "k8sattributes", "resource", "batch"}}, {"exporters", []string{"otlp/gateway"}}}},
		})},
	})
}

// Gateway is the configuration of the collectors that keep and send traces.
func Gateway(o Options) []byte {
	statements := yaml.List{}
	for _, r := range o.Redact {
		statements = append(statements, `replace_all_patterns(span.attributes, "value", `+strconv.Quote(r.Regexp)+`, "[`+r.Name+`]")`)
	}
	processors := yaml.Map{
		{"memory_limiter", limiter()},
		{"tail_sampling", yaml.Map{
			{"decision_wait", "10s"}, {"num_traces", 100000}, {"expected_new_traces_per_sec", 2000},
			{"policies", yaml.List{
				yaml.Map{{"name", "errors"}, {"type", "status_code"}, {"status_code", yaml.Map{{"status_codes", []string{"ERROR"}}}}},
				yaml.Map{{"name", "slow"}, {"type", "latency"}, {"latency", yaml.Map{{"threshold_ms", 1000}}}},
				yaml.Map{{"name", "ordinary"}, {"type", "probabilistic"}, {"probabilistic", yaml.Map{{"sampling_percentage", o.Sample}}}},
			}},
		}},
		{"batch", yaml.Map{{"send_batch_size", 4096}, {"send_batch_max_size", 8192}, {"timeout", "2s"}}},
	}
	before := []string{"memory_limiter", "tail_sampling"}
	if len(statements) > 0 {
		processors = append(processors, yaml.Pair{"transform/redact", yaml.Map{
			{"error_mode", "propagate"}, // rather no trace than one with a card number
			{"trace_statements", yaml.List{yaml.Map{{"context", "span"}, {"statements", statements}}}},
		}})
		before = append(before, "transform/redact")
	}
	exporter, exporters := "debug", yaml.Map{{"debug", yaml.Map{{"verbosity", "basic"}}}}
	if o.APM != "" {
		exporter = "otlphttp/" + o.APM
		exporters = yaml.Map{{exporter, yaml.Map{
			{"endpoint", "https://" + o.Host}, {"compression", "gzip"}, {"headers", yaml.Map{{"api-key", "${env:APM_LICENSE_KEY}"}}},
			{"tls", yaml.Map{{"min_version", "1.2"}}},
			{"retry_on_failure", yaml.Map{{"enabled", true}, {"max_elapsed_time", "5m"}}}, {"sending_queue", yaml.Map{{"enabled", true}, {"queue_size", 5000}}},
		}}}
		// New Relic wants increments; the SDKs send totals.
		processors = append(processors, yaml.Pair{"cumulativetodelta", yaml.Map{}})
	}
	metrics := []string{"memory_limiter"}
	if o.APM != "" {
		metrics = append(metrics, "cumulativetodelta")
	}
	return yaml.Document(strings.TrimSpace("Rendered by paddock from the platform file: observe.apm, observe.sample, observe.redact."), yaml.Map{
		{"extensions", yaml.Map{{"health_check", yaml.Map{{"endpoint", "0.0.0.0:13133"}}}}},
		// Agents come by TLS, and nobody else comes.
		{"receivers", yaml.Map{{"otlp", yaml.Map{{"protocols", yaml.Map{{"grpc", yaml.Map{
			{"endpoint", "0.0.0.0:4317"},
			{"tls", yaml.Map{{"cert_file", "/etc/paddock/tls.crt"}, {"key_file", "/etc/paddock/tls.key"}, {"reload_interval", "1h"}}},
		}}}}}}}},
		{"processors", processors},
		{"exporters", exporters},
		{"service", service(yaml.Map{
			{"traces", yaml.Map{{"receivers", []string{"otlp"}}, {"processors", append(before, "batch")}, {"exporters", []string{exporter}}}},
			{"metrics", yaml.Map{{"receivers", []string{"otlp"}}, {"processors", append(metrics, "batch")}, {"exporters", []string{exporter}}}},
		})},
	})
}

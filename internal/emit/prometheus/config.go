package prometheus

import (
	"fmt"

	"paddock.dev/internal/emit/yaml"
)

// Options of the configuration of one Prometheus: that of an environment.
type Options struct {
	Platform, Environment, Account, Region string
	// Alertmanager is the name under which all its replicas are found.
	Alertmanager string
	// Stores whose machines are read, with the ports of their exporters.
	Stores []StoreTargets
	// Public addresses that are asked from outside.
	Public []string
	// EC2 services with figures on the port of services.
	Machines []string
}

// StoreTargets are the exporters of a store's machines.
type StoreTargets struct {
	Store string
	Ports []int
}

// Config is prometheus.yml.
func Config(o Options) []byte {
	jobs := yaml.List{pods(o.Environment), kubelet("cadvisor", "/metrics/cadvisor"), kubelet("kubelet", "/metrics"), kubeState(), nodes()}
	for _, s := range o.Stores {
		jobs = append(jobs, machines(o, "store-"+s.Store, "paddock:store", s.Store, "store", s.Ports))
	}
	for _, s := range o.Machines {
		jobs = append(jobs, machines(o, "service-"+s, "paddock:service", s, "service", []int{9464, 9100}))
	}
	if len(o.Public) > 0 {
		jobs = append(jobs, probes(o.Public))
	}
	return yaml.Document("Rendered by paddock from the platform file.", yaml.Map{
		{"global", yaml.Map{
			{"scrape_interval", "30s"}, {"scrape_timeout", "10s"}, {"evaluation_interval", "30s"},
			{"external_labels", yaml.Map{{"platform", o.Platform}, {"env", o.Environment}, {"region", o.Region}}},
			// A service that shows a series for each customer must not take the
			// memory of all others.
			{"sample_limit", 50000}, {"label_limit", 40}, {"label_value_length_limit", 400},
		}},
		{"rule_files", []string{"rules/*.yml"}},
		{"alerting", yaml.Map{{"alertmanagers", yaml.List{yaml.Map{
			{"scheme", "https"}, {"tls_config", yaml.Map{{"ca_file", "/etc/paddock/ca.crt"}}},
			{"dns_sd_configs", yaml.List{yaml.Map{{"names", []string{o.Alertmanager}}, {"type", "A"}, {"port", 9093}}}},
		}}}}},
		{"scrape_configs", jobs},
	})
}

func kept(source, regex string) yaml.Map {
	return yaml.Map{{"source_labels", []string{source}}, {"regex", regex}, {"action", "keep"}}
}

func moved(source, target string) yaml.Map {
	return yaml.Map{{"source_labels", []string{source}}, {"target_label", target}}
}

// pods reads every service of the environment. The label of the status code has
// two names in the wild; the rules know one.
func pods(namespace string) yaml.Map {
	return yaml.Map{
		{"job_name", "services"},
		{"scheme", "http"},
		{"kubernetes_sd_configs", yaml.List{yaml.Map{{"role", "pod"}, {"namespaces", yaml.Map{{"names", []string{namespace}}}}}}},
		{"relabel_configs", yaml.List{
			kept("__meta_kubernetes_pod_label_paddock_dev_service", ".+"),
			kept("__meta_kubernetes_pod_phase", "Running"),
			yaml.Map{{"source_labels", []string{"__meta_kubernetes_pod_ip"}}, {"target_label", "__address__"}, {"replacement", "$1:9464"}},
			moved("__meta_kubernetes_namespace", "namespace"), moved("__meta_kubernetes_pod_name", "pod"), moved("__meta_kubernetes_pod_node_name", "node"),
			moved("__meta_kubernetes_pod_label_paddock_dev_service", "service"), moved("__meta_kubernetes_pod_label_app_kubernetes_io_version", "version"),
			yaml.Map{{"action", "labeldrop"}, {"regex", "__meta_kubernetes_pod_container_.*"}},
		}},
		{"metric_relabel_configs", yaml.List{
			yaml.Map{{"source_labels", []string{"http_response_status_code"}}, {"regex", "(.+)"}, {"target_label", "code"}},
			yaml.Map{{"source_labels", []string{"http_route"}}, {"regex", "(.+)"}, {"target_label", "route"}},
			yaml.Map{{"action", "labeldrop"}, {"regex", "http_response_status_code|http_route"}},
		}},
	}
}

func kubelet(job, path string) yaml.Map {
	return yaml.Map{
		{"job_name", job}, {"scheme", "https"}, {"metrics_path", path},
		{"authorization", yaml.Map{{"credentials_file", "/var/run/secrets/kubernetes.io/serviceaccount/token"}}},
		{"tls_config", yaml.Map{{"ca_file", "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"}}},
		{"kubernetes_sd_configs", yaml.List{yaml.Map{{"role", "node"}}}},
		{"relabel_configs", yaml.List{moved("__meta_kubernetes_node_name", "node")}},
	}
}

func kubeState() yaml.Map {
	return yaml.Map{
		{"job_name", "cluster"},
		// What it says of pods is about other pods than itself: its own labels
		// must not win.
		{"honor_labels", true},
		{"kubernetes_sd_configs", yaml.List{yaml.Map{{"role", "endpointslice"}, {"namespaces", yaml.Map{{"names", []string{"monitoring", "kube-system", "logging", "cert-manager"}}}}}}},
		{"relabel_configs", yaml.List{
			kept("__meta_kubernetes_endpointslice_port_name", "metrics|http-metrics"),
			moved("__meta_kubernetes_service_name", "job"), moved("__meta_kubernetes_pod_name", "pod"),
		}},
	}
}

func nodes() yaml.Map {
	return yaml.Map{
		{"job_name", "nodes"}, {"scheme", "https"}, {"tls_config", yaml.Map{{"ca_file", "/etc/paddock/ca.crt"}}},
		{"kubernetes_sd_configs", yaml.List{yaml.Map{{"role", "node"}}}},
		{"relabel_configs", yaml.List{
			yaml.Map{{"source_labels", []string{"__meta_kubernetes_node_address_InternalIP"}}, {"target_label", "__address__"}, {"replacement", "$1:9100"}},
			moved("__meta_kubernetes_node_name", "node"),
		}},
	}
}

func machines(o Options, job, tag, name, label string, ports []int) yaml.Map {
	sd := yaml.List{}
	for _, p := range ports {
		sd = append(sd, yaml.Map{
			{"region", o.Region}, {"port", p},
			{"filters", yaml.List{
				yaml.Map{{"name", "tag:" + tag}, {"values", []string{name}}},
				yaml.Map{{"name", "tag:paddock:env"}, {"values", []string{o.Environment}}},
				yaml.Map{{"name", "instance-state-name"}, {"values", []string{"running"}}},
			}},
		})
	}
	return yaml.Map{
		{"job_name", job}, {"scheme", "https"}, {"tls_config", yaml.Map{{"ca_file", "/etc/paddock/ca.crt"}}},
		{"ec2_sd_configs", sd},
		{"relabel_configs", yaml.List{
			yaml.Map{{"target_label", label}, {"replacement", name}},
			moved("__meta_ec2_tag_Name", "machine"), moved("__meta_ec2_availability_zone_id", "zone"),
		}},
	}
}

func probes(public []string) yaml.Map {
	return yaml.Map{
		{"job_name", "public"}, {"metrics_path", "/probe"}, {"scrape_interval", "1m"},
		{"params", yaml.Map{{"module", []string{"http_2xx"}}}},
		{"static_configs", yaml.List{yaml.Map{{"targets", public}}}},
		{"relabel_configs", yaml.List{
			moved("__address__", "__param_target"), moved("__param_target", "instance"),
			yaml.Map{{"target_label", "__address__"}, {"replacement", "blackbox.monitoring.svc:9115"}},
		}},
	}
}

// Flags are the arguments of the program: how long figures stay is not in its
// file. Budgets look back thirty days.
func Flags(keepDays int) []byte {
	return fmt.Appendf(nil, "--config.file=/etc/prometheus/prometheus.yml\n--storage.tsdb.path=/prometheus\n--storage.tsdb.retention.time=%dd\n--web.enable-lifecycle\n--web.config.file=/etc/prometheus/web.yml\n", max(32, keepDays))
}

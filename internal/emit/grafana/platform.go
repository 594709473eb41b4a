package grafana

import "paddock.dev/internal/model"

func lines(title, unit, expr, legend string) Panel {
	return Panel{Title: title, Kind: Lines, Unit: unit, Queries: []Query{{Expr: expr, Legend: legend}}}
}

func metric(title, unit, namespace, name, statistic string, dimensions ...string) Panel {
	d := map[string]string{}
	for _, k := range dimensions {
		d[k] = "*"
	}
	return Panel{Title: title, Kind: Lines, Unit: unit, Queries: []Query{{Metric: &Metric{Namespace: namespace, Name: name, Statistic: statistic, Dimensions: d}}}}
}

// Overview is the page that people open first.
func Overview(platform string) Dashboard {
	return Dashboard{UID: UID(platform + "-overview"), Title: "Platform", Tags: []string{"platform"}, Rows: []Row{
		{"Promises", []Panel{
			{Title: "Budget left", Kind: Table, Unit: "percentunit", Width: 12, Low: true, Bounds: []float64{0.01, 0.25}, Queries: []Query{{Expr: `sort(slo:budget_left:30d)`}}},
			{Title: "Alerts", Kind: Table, Unit: "short", Width: 12, Queries: []Query{{Expr: `ALERTS{alertstate="firing", alertname!="Watchdog"}`}}},
		}},
		{"Traffic", []Panel{
			lines("Requests", "reqps", `sum by (service) (rate(http_server_request_duration_seconds_count[$__rate_interval]))`, "{{service}}"),
			lines("Errors", "percentunit", `sum by (service) (rate(http_server_request_duration_seconds_count{code=~"5.."}[$__rate_interval])) / sum by (service) (rate(http_server_request_duration_seconds_count[$__rate_interval]))`, "{{service}}"),
			lines("95th percentile", "s", `histogram_quantile(0.95, sum by (le, service) (rate(http_server_request_duration_seconds_bucket[$__rate_interval])))`, "{{service}}"),
		}},
	}}
}

// Capacity is the page of clusters and nodes.
func Capacity(platform string) Dashboard {
	return Dashboard{UID: UID(platform + "-capacity"), Title: "Capacity", Tags: []string{"platform"}, Rows: []Row{
		{"Cluster", []Panel{
			lines("Processor asked for", "percentunit", `sum(kube_pod_container_resource_requests{resource="cpu"}) / sum(kube_node_status_allocatable{resource="cpu"})`, "asked"),
			lines("Memory asked for", "percentunit", `sum(kube_pod_container_resource_requests{resource="memory"}) / sum(kube_node_status_allocatable{resource="memory"})`, "asked"),
			lines("Pods without a place", "short", `sum by (namespace) (kube_pod_status_phase{phase="Pending"})`, "{{namespace}}"),
			lines("Quota used", "percentunit", `max by (namespace, resource) (kube_resourcequota{type="used"} / ignoring (type) (kube_resourcequota{type="hard"} > 0))`, "{{namespace}} {{resource}}"),
			lines("Pod addresses left", "short", `sum(awscni_ip_max) - sum(awscni_assigned_ip_addresses)`, "left"),
			lines("Node claims", "short", `sum by (nodepool) (karpenter_nodes_total_pod_requests{resource_type="cpu"})`, "{{nodepool}}"),
		}},
		{"Asked for and not used", []Panel{
			lines("Processor", "short", `sum by (namespace) (kube_pod_container_resource_requests{resource="cpu"}) - sum by (namespace) (rate(container_cpu_usage_seconds_total{container!=""}[$__rate_interval]))`, "{{namespace}}"),
			lines("Memory", "bytes", `sum by (namespace) (kube_pod_container_resource_requests{resource="memory"}) - sum by (namespace) (container_memory_working_set_bytes{container!=""})`, "{{namespace}}"),
		}},
		{"Nodes", []Panel{
			lines("Processor", "percentunit", `1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))`, "{{node}}"),
			lines("Memory", "percentunit", `1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes`, "{{node}}"),
			lines("Disk", "percentunit", `1 - min by (node) (node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes)`, "{{node}}"),
		}},
	}}
}

// Pipelines is the page of logs and traces on their way.
func Pipelines(platform string) Dashboard {
	return Dashboard{UID: UID(platform + "-pipelines"), Title: "Logs and traces", Tags: []string{"platform"}, Rows: []Row{
		{"Fluent Bit", []Panel{
			lines("Lines read", "short", `sum(rate(fluentbit_input_records_total[$__rate_interval]))`, "read"),
			lines("Lines delivered", "short", `sum by (name) (rate(fluentbit_output_proc_records_total[$__rate_interval]))`, "{{name}}"),
			lines("Dropped and retried", "short", `sum by (name) (rate(fluentbit_output_dropped_records_total[$__rate_interval])) + sum by (name) (rate(fluentbit_output_retries_total[$__rate_interval]))`, "{{name}}"),
		}},
		{"Collectors", []Panel{
			lines("Spans in", "short", `sum by (receiver) (rate(otelcol_receiver_accepted_spans_total[$__rate_interval]))`, "{{receiver}}"),
			lines("Spans out", "short", `sum by (exporter) (rate(otelcol_exporter_sent_spans_total[$__rate_interval]))`, "{{exporter}}"),
			lines("Refused and failed", "short", `sum(rate(otelcol_receiver_refused_spans_total[$__rate_interval])) + sum(rate(otelcol_exporter_send_failed_spans_total[$__rate_interval]))`, "lost"),
		}},
	}}
}

// stores are the pages of engines.
var stores = map[model.Engine]func(uid, title string) Dashboard{
	model.MongoDB: func(uid, title string) Dashboard {
		return Dashboard{UID: uid, Title: title, Tags: []string{"store"}, Rows: []Row{{"MongoDB", []Panel{
			lines("State of members", "short", `mongodb_rs_members_state{store=~".+"}`, "{{store}} {{member_idx}}"),
			lines("Operations", "ops", `sum by (store, legacy_op_type) (rate(mongodb_ss_opcounters[$__rate_interval]))`, "{{store}} {{legacy_op_type}}"),
			lines("Connections", "short", `sum by (store) (mongodb_ss_connections{conn_type="current"})`, "{{store}}"),
			lines("Tickets left", "short", `min by (store) (mongodb_ss_wt_concurrentTransactions_available)`, "{{store}}"),
			lines("Cache used", "bytes", `sum by (instance) (mongodb_ss_wt_cache_bytes_currently_in_the_cache)`, "{{instance}}"),
			lines("Disk", "percentunit", diskUsed, "{{instance}}"),
		}}}}
	},
	model.Kafka: func(uid, title string) Dashboard {
		return Dashboard{UID: uid, Title: title, Tags: []string{"store"}, Rows: []Row{{"Brokers", []Panel{
			lines("Messages in", "short", `sum by (topic) (rate(kafka_server_brokertopicmetrics_messagesin_total[$__rate_interval]))`, "{{topic}}"),
			lines("Bytes in", "Bps", `sum by (instance) (rate(kafka_server_brokertopicmetrics_bytesin_total[$__rate_interval]))`, "{{instance}}"),
			lines("Too few copies", "short", `sum(kafka_server_replicamanager_underreplicatedpartitions)`, "partitions"),
			lines("Without a leader", "short", `sum(kafka_controller_kafkacontroller_offlinepartitionscount)`, "partitions"),
			lines("Messages that wait", "short", `sum by (consumergroup, topic) (kafka_consumergroup_lag)`, "{{consumergroup}} {{topic}}"),
			lines("Disk", "percentunit", diskUsed, "{{instance}}"),
		}}, {"ZooKeeper", []Panel{
			lines("Outstanding requests", "short", `max by (instance) (zookeeper_outstanding_requests)`, "{{instance}}"),
			lines("Time of fsync", "ms", `max by (instance) (zookeeper_fsynctime{quantile="0.99"})`, "{{instance}}"),
			lines("Size of the quorum", "short", `max(zookeeper_quorum_size)`, "servers"),
		}}}}
	},
	model.SingleStore: func(uid, title string) Dashboard {
		return Dashboard{UID: uid, Title: title, Tags: []string{"store"}, Rows: []Row{{"SingleStore", []Panel{
			lines("Nodes online", "short", `sum by (store, role) (memsql_node_state_online)`, "{{store}} {{role}}"),
			lines("Queries", "ops", `sum by (store) (rate(memsql_status_questions_total[$__rate_interval]))`, "{{store}}"),
			lines("Memory", "percentunit", `memsql_status_total_server_memory / on (instance) memsql_variables_maximum_memory`, "{{instance}}"),
			lines("Offline partitions", "short", `sum by (store) (memsql_partitions_offline)`, "{{store}}"),
			lines("Pipeline errors", "short", `sum by (pipeline) (increase(memsql_pipelines_errors_total[$__rate_interval]))`, "{{pipeline}}"),
			lines("Disk", "percentunit", diskUsed, "{{instance}}"),
		}}}}
	},
	model.OpenSearch: func(uid, title string) Dashboard {
		return Dashboard{UID: uid, Title: title, Tags: []string{"store"}, CloudWatch: true, Rows: []Row{{"OpenSearch", []Panel{
			metric("Red", "short", "AWS/ES", "ClusterStatus.red", "Maximum", "DomainName", "ClientId"),
			metric("Free space", "decmbytes", "AWS/ES", "FreeStorageSpace", "Minimum", "DomainName", "ClientId"),
			metric("Memory", "percent", "AWS/ES", "JVMMemoryPressure", "Maximum", "DomainName", "ClientId"),
			metric("Search latency", "ms", "AWS/ES", "SearchLatency", "Average", "DomainName", "ClientId"),
			metric("Indexing", "short", "AWS/ES", "IndexingRate", "Sum", "DomainName", "ClientId"),
		}}}}
	},
	model.Valkey: cachePage, model.Redis: cachePage,
}

func cachePage(uid, title string) Dashboard {
	return Dashboard{UID: uid, Title: title, Tags: []string{"store"}, CloudWatch: true, Rows: []Row{{"Cache", []Panel{
		metric("Memory", "percent", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum", "CacheClusterId"),
		metric("Evictions", "short", "AWS/ElastiCache", "Evictions", "Sum", "CacheClusterId"),
		metric("Hits", "percent", "AWS/ElastiCache", "CacheHitRate", "Average", "CacheClusterId"),
		metric("Lag of replicas", "s", "AWS/ElastiCache", "ReplicationLag", "Maximum", "CacheClusterId"),
		metric("Connections", "short", "AWS/ElastiCache", "CurrConnections", "Maximum", "CacheClusterId"),
	}}}}
}

const diskUsed = `1 - min by (instance) (node_filesystem_avail_bytes{store=~".+", mountpoint=~"/var/lib/.*"} / node_filesystem_size_bytes)`

// Engine is the page of an engine; false when there is none.
func Engine(platform string, e model.Engine) (Dashboard, bool) {
	page, ok := stores[e]
	if !ok {
		return Dashboard{}, false
	}
	return page(UID(platform+"-store-"+string(e)), string(e)), true
}

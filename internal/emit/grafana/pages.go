package grafana

// Pages are the pages of a platform by the names of their files.
func Pages(platform string) map[string]Dashboard {
	return map[string]Dashboard{
		"overview": Overview(platform), "capacity": Capacity(platform), "nodes": Nodes(platform), "pipelines": Pipelines(platform), "releases": Releases(platform),
		"network": Network(platform), "edge": Edge(platform), "recovery": Recovery(platform), "cost": Cost(platform),
	}
}

// Nodes is the page of machines, of clusters and of stores.
func Nodes(platform string) Dashboard {
	return Dashboard{UID: UID(platform + "-nodes"), Title: "Nodes", Tags: []string{"platform"}, Rows: []Row{
		{"Processor and memory", []Panel{
			lines("Processor", "percentunit", `1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))`, "{{instance}}"),
			lines("Waiting for disks", "percentunit", `avg by (instance) (rate(node_cpu_seconds_total{mode="iowait"}[$__rate_interval]))`, "{{instance}}"),
			lines("Memory", "percentunit", `1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes`, "{{instance}}"),
		}},
		{"Disks", []Panel{
			lines("Full", "percentunit", `1 - min by (instance, mountpoint) (node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes)`, "{{instance}} {{mountpoint}}"),
			lines("Full in, at the pace of six hours", "s", `min by (instance, mountpoint) (node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / (- deriv(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}[6h]) > 0))`, "{{instance}} {{mountpoint}}"),
			lines("Busy", "percentunit", `max by (instance, device) (rate(node_disk_io_time_seconds_total[$__rate_interval]))`, "{{instance}} {{device}}"),
			lines("Read and written", "Bps", `sum by (instance) (rate(node_disk_read_bytes_total[$__rate_interval]) + rate(node_disk_written_bytes_total[$__rate_interval]))`, "{{instance}}"),
		}},
		{"Network", []Panel{
			lines("In", "Bps", `sum by (instance) (rate(node_network_receive_bytes_total{device!~"lo|veth.*|eni.*"}[$__rate_interval]))`, "{{instance}}"),
			lines("Out", "Bps", `sum by (instance) (rate(node_network_transmit_bytes_total{device!~"lo|veth.*|eni.*"}[$__rate_interval]))`, "{{instance}}"),
			lines("Dropped", "pps", `sum by (instance) (rate(node_network_receive_drop_total[$__rate_interval]) + rate(node_network_transmit_drop_total[$__rate_interval]))`, "{{instance}}"),
		}},
	}}
}

// Releases is the page of what runs in which version, and how it fares.
func Releases(platform string) Dashboard {
	return Dashboard{UID: UID(platform + "-releases"), Title: "Deployments", Tags: []string{"platform"}, Rows: []Row{
		{"Now", []Panel{
			{Title: "Versions", Kind: Table, Unit: "short", Width: 12, Note: "Two versions of a service: a release is on its way", Queries: []Query{{Expr: `count by (service, version) (up{version!=""})`}}},
			{Title: "Not there yet", Kind: Table, Unit: "short", Width: 12, Queries: []Query{{Expr: `kube_deployment_spec_replicas - kube_deployment_status_replicas_updated > 0`}}},
		}},
		{"By version", []Panel{
			lines("Requests", "reqps", `sum by (service, version) (rate(http_server_request_duration_seconds_count[$__rate_interval]))`, "{{service}} {{version}}"),
			lines("Errors", "percentunit", `sum by (service, version) (rate(http_server_request_duration_seconds_count{code=~"5.."}[$__rate_interval])) / sum by (service, version) (rate(http_server_request_duration_seconds_count[$__rate_interval]))`, "{{service}} {{version}}"),
			lines("95th percentile", "s", `histogram_quantile(0.95, sum by (le, service, version) (rate(http_server_request_duration_seconds_bucket[$__rate_interval])))`, "{{service}} {{version}}"),
		}},
		{"On the way", []Panel{
			lines("Replicas that are not available", "short", `sum by (deployment) (kube_deployment_status_replicas_unavailable)`, "{{deployment}}"),
			lines("Restarts", "short", `sum by (namespace, container) (increase(kube_pod_container_status_restarts_total[$__rate_interval]))`, "{{container}}"),
			lines("Changes", "short", `sum by (deployment) (changes(kube_deployment_status_observed_generation[1h]))`, "{{deployment}}"),
		}},
	}}
}

// Network is the page of what lies between the networks, as CloudWatch sees it.
func Network(platform string) Dashboard {
	return Dashboard{UID: UID(platform + "-network"), Title: "Network", Tags: []string{"platform"}, CloudWatch: true, Rows: []Row{
		{"Hub", []Panel{
			metric("Bytes in", "bytes", "AWS/TransitGateway", "BytesIn", "Sum", "TransitGateway"),
			metric("Dropped: black hole", "short", "AWS/TransitGateway", "PacketDropCountBlackhole", "Sum", "TransitGateway"),
			metric("Dropped: no route", "short", "AWS/TransitGateway", "PacketDropCountNoRoute", "Sum", "TransitGateway"),
		}},
		{"Way out", []Panel{
			metric("NAT: no ports", "short", "AWS/NATGateway", "ErrorPortAllocation", "Sum", "NatGatewayId"),
			metric("NAT: connections", "short", "AWS/NATGateway", "ActiveConnectionCount", "Maximum", "NatGatewayId"),
			metric("NAT: bytes out", "bytes", "AWS/NATGateway", "BytesOutToDestination", "Sum", "NatGatewayId"),
			metric("Firewall: dropped", "short", "AWS/NetworkFirewall", "DroppedPackets", "Sum", "FirewallName", "AvailabilityZone", "Engine"),
			metric("Firewall: passed", "short", "AWS/NetworkFirewall", "PassedPackets", "Sum", "FirewallName", "AvailabilityZone", "Engine"),
		}},
		{"From elsewhere", []Panel{
			metric("Tunnels", "short", "AWS/VPN", "TunnelState", "Minimum", "VpnId"),
			metric("VPN: connections", "short", "AWS/ClientVPN", "ActiveConnectionsCount", "Maximum", "Endpoint"),
			metric("VPN: failed sign-ins", "short", "AWS/ClientVPN", "AuthenticationFailures", "Sum", "Endpoint"),
		}},
	}}
}

// Edge is the page of what customers meet first: what they see from outside,
// through the content network, and what of it arrives.
func Edge(platform string) Dashboard {
	health := metric("Regions that serve", "short", "AWS/Route53", "HealthCheckStatus", "Minimum", "HealthCheckId")
	health.Queries[0].Metric.Region = "us-east-1"
	return Dashboard{UID: UID(platform + "-edge"), Title: "Edge", Tags: []string{"platform"}, CloudWatch: true, Rows: []Row{
		{"From outside, through the content network", []Panel{
			metric("Public routes", "percent", "CloudWatchSynthetics", "SuccessPercent", "Average", "CanaryName"),
			metric("Time to answer", "ms", "CloudWatchSynthetics", "Duration", "Average", "CanaryName"),
			health,
		}},
		{"Load balancers", []Panel{
			metric("Requests", "short", "AWS/ApplicationELB", "RequestCount", "Sum", "LoadBalancer"),
			metric("Errors of services", "short", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", "LoadBalancer"),
			metric("Errors of its own", "short", "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", "LoadBalancer"),
			metric("Time to answer", "s", "AWS/ApplicationELB", "TargetResponseTime", "p99", "LoadBalancer"),
			metric("Targets that are ill", "short", "AWS/ApplicationELB", "UnHealthyHostCount", "Maximum", "LoadBalancer", "TargetGroup"),
			metric("Turned away", "short", "AWS/ApplicationELB", "RejectedConnectionCount", "Sum", "LoadBalancer"),
		}},
		{"Firewall behind the content network", []Panel{
			metric("Blocked", "short", "AWS/WAFV2", "BlockedRequests", "Sum", "WebACL", "Rule", "Region"),
			metric("Counted", "short", "AWS/WAFV2", "CountedRequests", "Sum", "WebACL", "Rule", "Region"),
			metric("Allowed", "short", "AWS/WAFV2", "AllowedRequests", "Sum", "WebACL", "Rule", "Region"),
		}},
	}}
}

// Recovery is the page of what the other region has, and how old it is.
func Recovery(platform string) Dashboard {
	return Dashboard{UID: UID(platform + "-recovery"), Title: "Recovery", Tags: []string{"platform"}, CloudWatch: true, Rows: []Row{
		{"Copies on their way", []Panel{
			metric("Buckets: how far behind", "s", "AWS/S3", "ReplicationLatency", "Maximum", "SourceBucket", "DestinationBucket", "RuleId"),
			metric("Buckets: waiting", "short", "AWS/S3", "OperationsPendingReplication", "Maximum", "SourceBucket", "DestinationBucket", "RuleId"),
			metric("Buckets: failed", "short", "AWS/S3", "OperationsFailedReplication", "Sum", "SourceBucket", "DestinationBucket", "RuleId"),
			metric("Databases: how far behind", "s", "AWS/RDS", "ReplicaLag", "Maximum", "DBInstanceIdentifier"),
			metric("Caches: how far behind", "s", "AWS/ElastiCache", "GlobalDatastoreReplicationLag", "Maximum", "PrimaryReplicationGroupId"),
		}},
		{"Backups", []Panel{
			metric("Made", "short", "AWS/Backup", "NumberOfBackupJobsCompleted", "Sum", "BackupVaultName"),
			metric("Failed", "short", "AWS/Backup", "NumberOfBackupJobsFailed", "Sum", "BackupVaultName"),
			metric("Copied to the other region", "short", "AWS/Backup", "NumberOfCopyJobsCompleted", "Sum", "BackupVaultName"),
			metric("Copies that failed", "short", "AWS/Backup", "NumberOfCopyJobsFailed", "Sum", "BackupVaultName"),
			metric("Restored as a test", "short", "AWS/Backup", "NumberOfRestoreJobsCompleted", "Sum", "BackupVaultName"),
		}},
	}}
}

// Cost is the page of the month's bill so far, which AWS estimates a few times a
// day.
func Cost(platform string) Dashboard {
	bill := func(title string, dimensions ...string) Panel {
		p := metric(title, "currencyUSD", "AWS/Billing", "EstimatedCharges", "Maximum", dimensions...)
		p.Queries[0].Metric.Region = "us-east-1"
		return p
	}
	return Dashboard{UID: UID(platform + "-cost"), Title: "Cost", Tags: []string{"platform"}, CloudWatch: true, Rows: []Row{
		{"This month", []Panel{
			{Title: "So far", Kind: Stat, Unit: "currencyUSD", Queries: bill("", "Currency").Queries},
			bill("In sum", "Currency"), bill("By service", "ServiceName", "Currency"),
		}},
		{"What is paid by the amount", []Panel{
			metric("NAT: bytes", "bytes", "AWS/NATGateway", "BytesOutToDestination", "Sum", "NatGatewayId"),
			metric("Hub: bytes", "bytes", "AWS/TransitGateway", "BytesIn", "Sum", "TransitGateway"),
			metric("Logs: bytes", "bytes", "AWS/Logs", "IncomingBytes", "Sum", "LogGroupName"),
			metric("Buckets: bytes", "bytes", "AWS/S3", "BucketSizeBytes", "Average", "BucketName", "StorageType"),
		}},
	}}
}

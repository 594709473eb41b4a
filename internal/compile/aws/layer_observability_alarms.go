package aws

// catalogueAlarm is an alarm over one metric.
type catalogueAlarm struct {
	namespace, metric, statistic string
	period, periods, datapoints  int
	threshold                    int
	comparison, missing          string
	severity                     string
	description                  string
}

func metricAlarm(name string, a catalogueAlarm, dimensions Object) Arg {
	return Arg{name, Object{
		{"namespace", String(a.namespace)}, {"metric", String(a.metric)}, {"dimensions", dimensions}, {"statistic", String(a.statistic)},
		{"period", Number(a.period)}, {"periods", Number(a.periods)}, {"datapoints", Number(a.datapoints)}, {"threshold", Number(a.threshold)},
		{"comparison", String(a.comparison)}, {"missing", String(a.missing)}, {"topic", topicRef(a.severity)}, {"description", String(a.description)},
	}}
}

// queried is an alarm over a query of CloudWatch Metrics Insights ("Create
// alarms on Metrics Insights queries", Amazon CloudWatch User Guide).
type queried struct {
	name, query                 string
	period, periods, datapoints int
	threshold                   int
	comparison, missing         string
	severity, description       string
}

func queryAlarm(q queried) Arg {
	return Arg{q.name, Object{
		{"query", String(q.query)}, {"period", Number(q.period)}, {"periods", Number(q.periods)}, {"datapoints", Number(q.datapoints)}, {"threshold", Number(q.threshold)},
		{"comparison", String(q.comparison)}, {"missing", String(q.missing)}, {"topic", topicRef(q.severity)}, {"description", String(q.description)},
	}}
}

const (
	above   = "GreaterThanThreshold"
	atLeast = "GreaterThanOrEqualToThreshold"
	below   = "LessThanThreshold"
	quiet   = "notBreaching" // no figure is good news: AWS counts nothing when nothing happens
)

// hubQueries watch the network account.
var hubQueries = []queried{
	{"hub-black-hole", `SELECT SUM(PacketDropCountBlackhole) FROM SCHEMA("AWS/TransitGateway", TransitGateway)`, 300, 1, 1, 0, above, quiet, "critical",
		"Something tried to cross from one environment or segment to another, and fell into a black hole. Runbook: the table rejected-between-environments names source and target; treat the source as broken into until it is explained."},
	{"hub-no-route", `SELECT SUM(PacketDropCountNoRoute) FROM SCHEMA("AWS/TransitGateway", TransitGateway)`, 300, 3, 3, 100, above, quiet, "warning",
		"Packets find no route at the hub. Runbook: was a network added whose root is not applied yet? Compare with the plan of 20-network."},
	{"nat-no-ports", `SELECT SUM(ErrorPortAllocation) FROM SCHEMA("AWS/NATGateway", NatGatewayId)`, 300, 1, 1, 0, above, quiet, "critical",
		"A NAT gateway has no port left: connections to the internet fail. Runbook: one address of the internet is asked too often at once; reuse connections, or give the gateway more addresses."},
	{"nat-drops", `SELECT SUM(PacketsDropCount) FROM SCHEMA("AWS/NATGateway", NatGatewayId)`, 300, 3, 2, 100, above, quiet, "warning",
		"A NAT gateway drops packets. Runbook: look at the health dashboard of AWS for the zone, then at the bandwidth of the gateway."},
	{"nat-connections", `SELECT MAX(ActiveConnectionCount) FROM SCHEMA("AWS/NATGateway", NatGatewayId)`, 300, 3, 3, 44000, above, quiet, "warning",
		"A NAT gateway holds four fifths of the connections that it can to one address. Runbook: as for no ports, before it happens."},
	{"vpn-sign-in", `SELECT SUM(AuthenticationFailures) FROM SCHEMA("AWS/ClientVPN", Endpoint)`, 300, 2, 2, 20, above, quiet, "warning",
		"Sign-ins to the VPN fail. Runbook: one name means an expired certificate, many mean an attack; the connection log of the endpoint says which."},
	{"vpn-revocation-list", `SELECT MIN(CrlDaysToExpiry) FROM SCHEMA("AWS/ClientVPN", Endpoint)`, 86400, 1, 1, 14, below, quiet, "warning",
		"The list of withdrawn certificates ends within two weeks, and then nobody gets in. Runbook: import a new one."},
	{"firewall-unbalanced", `SELECT SUM(StreamExceptionPolicyPackets) FROM SCHEMA("AWS/NetworkFirewall", FirewallName, AvailabilityZone, Engine)`, 300, 3, 3, 1000, above, quiet, "warning",
		"The firewall sees the middle of connections whose beginning it did not see. Runbook: a route that is not symmetric; appliance mode of the attachment, routes per zone."},
	{"resolver-endpoint", `SELECT MIN(EndpointHealthyENICount) FROM SCHEMA("AWS/Route53Resolver", EndpointId)`, 300, 3, 3, 2, below, quiet, "warning",
		"A resolver endpoint has lost an interface. Runbook: look at its subnets; one more loss and names are not resolved."},
}

// accountQueries watch every account.
var accountQueries = []queried{
	{"certificate-expiring", `SELECT MIN(DaysToExpiry) FROM SCHEMA("AWS/CertificateManager", CertificateArn)`, 86400, 1, 1, 21, below, quiet, "warning",
		"A certificate ends within three weeks although ACM renews it after thirteen months. Runbook: the validation record is gone from the zone; apply 25-edge."},
	{"alarm-undelivered", `SELECT SUM(NumberOfNotificationsFailed) FROM SCHEMA("AWS/SNS", TopicName)`, 300, 1, 1, 0, above, quiet, "critical",
		"An alarm did not reach its receiver. Runbook: subscription withdrawn, or a key that forbids publishing; send a test message to each topic."},
	{"events-undelivered", `SELECT SUM(FailedInvocations) FROM SCHEMA("AWS/Events", RuleName)`, 300, 1, 1, 0, above, quiet, "warning",
		"An event did not reach its target. Runbook: rights of the target, see the rule in the console."},
	{"backup-failed", `SELECT SUM(NumberOfBackupJobsFailed) FROM SCHEMA("AWS/Backup", BackupVaultName)`, 3600, 1, 1, 0, above, quiet, "critical",
		"A copy failed. Runbook: the job says why; start it again by hand, the next one comes in a day."},
	{"function-errors", `SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)`, 300, 1, 1, 5, above, quiet, "warning",
		"Functions fail. Runbook: the log group of the function with the most errors."},
	{"function-throttles", `SELECT SUM(Throttles) FROM SCHEMA("AWS/Lambda", FunctionName)`, 300, 3, 2, 0, above, quiet, "warning",
		"Functions are held back. Runbook: concurrency of the account, see cloud.quotas."},
	{"function-dead-letters", `SELECT SUM(DeadLetterErrors) FROM SCHEMA("AWS/Lambda", FunctionName)`, 300, 1, 1, 0, above, quiet, "warning",
		"What a function could not do was not even kept. Runbook: rights of its role to the dead-letter queue."},
	{"volume-stalled", `SELECT MAX(VolumeStalledIOCheck) FROM SCHEMA("AWS/EBS", VolumeId, InstanceId)`, 60, 3, 3, 1, atLeast, quiet, "critical",
		"A volume answers nothing. Runbook: fail the member over, then replace the volume from its last copy."},
	{"volume-queue", `SELECT MAX(VolumeQueueLength) FROM SCHEMA("AWS/EBS", VolumeId)`, 300, 3, 3, 64, above, quiet, "warning",
		"Requests queue before a volume. Runbook: raise its throughput; look for what began to read so much."},
	{"replication-behind", `SELECT MAX(ReplicationLatency) FROM SCHEMA("AWS/S3", SourceBucket, DestinationBucket, RuleId)`, 300, 3, 3, 900, above, quiet, "warning",
		"Objects reach the other region a quarter of an hour late: more is lost than promised when the region goes. Runbook: rights and key of the bucket they go to."},
	{"command-failed", `SELECT SUM(CommandsFailed) FROM SCHEMA("AWS/SSM-RunCommand", DocumentName)`, 300, 1, 1, 0, above, quiet, "warning",
		"A command on machines failed: patches or a play-book. Runbook: the command's output in its log group."},
}

// clusterAlarm is one of EKS's own figures of a control plane ("View control
// plane metrics in Amazon CloudWatch", Amazon EKS User Guide).
type clusterAlarm struct {
	name string
	catalogueAlarm
}

var clusterAlarms = []clusterAlarm{
	{"api-errors", catalogueAlarm{"AWS/EKS", "apiserver_request_total_5XX", "Sum", 300, 3, 3, 50, above, quiet, "critical", "The API of the cluster fails. Runbook: webhooks first, they are asked on every write; then the health dashboard of AWS."}},
	{"api-overloaded", catalogueAlarm{"AWS/EKS", "apiserver_request_total_429", "Sum", 300, 3, 3, 200, above, quiet, "warning", "The API of the cluster turns callers away. Runbook: the contributor rule api-callers names the loudest."}},
	{"api-slow", catalogueAlarm{"AWS/EKS", "apiserver_request_duration_seconds_PUT_P99", "Maximum", 300, 3, 3, 2, above, quiet, "warning", "Writes to the API take seconds. Runbook: size of the store below, webhooks, the loudest caller."}},
	{"webhooks-failing", catalogueAlarm{"AWS/EKS", "apiserver_admission_webhook_request_total_FAILURE", "Sum", 300, 3, 2, 10, above, quiet, "critical", "An admission webhook fails, and with it deployments. Runbook: its pods in the namespace of its controller."}},
	{"store-growing", catalogueAlarm{"AWS/EKS", "apiserver_storage_size_bytes", "Maximum", 3600, 1, 1, 6442450944, above, quiet, "warning", "The store of the cluster has 6 of 8 GiB. Runbook: which kind has the most objects? Jobs and replica sets that nobody deletes."}},
	{"pods-unschedulable", catalogueAlarm{"AWS/EKS", "scheduler_pending_pods_UNSCHEDULABLE", "Maximum", 300, 3, 3, 0, above, quiet, "warning", "Pods find no node. Runbook: limits of the node pool, quota of vCPU, spread over zones."}},
}

// watchedQuotas by the metrics of AWS/Usage ("CloudWatch usage metrics").
var watchedQuotas = Object{
	{"application-load-balancers", usage("Elastic Load Balancing", "ApplicationLoadBalancersPerRegion", "ResourceCount", "Resource")},
	{"customer-managed-keys", usage("KMS", "CustomerManagedKeys", "ResourceCount", "Resource")},
	{"instances-on-demand", usageClass("EC2", "vCPU", "Standard/OnDemand")},
	{"instances-spot", usageClass("EC2", "vCPU", "Standard/Spot")},
	{"network-load-balancers", usage("Elastic Load Balancing", "NetworkLoadBalancersPerRegion", "ResourceCount", "Resource")},
	{"target-groups", usage("Elastic Load Balancing", "TargetGroupsPerRegion", "ResourceCount", "Resource")},
}

func usage(service, resource, metric, kind string) Object {
	return Object{{"metric", String(metric)}, {"dimensions", Object{{"Service", String(service)}, {"Type", String(kind)}, {"Resource", String(resource)}, {"Class", String("None")}}}}
}

func usageClass(service, resource, class string) Object {
	return Object{{"metric", String("ResourceCount")}, {"dimensions", Object{{"Service", String(service)}, {"Type", String("Resource")}, {"Resource", String(resource)}, {"Class", String(class)}}}}
}

// accountEvents are what AWS says happened. GuardDuty, Inspector, Security Hub
// and Health are in 10-security.
var accountEvents = []struct{ name, severity, pattern, description string }{
	{"backup-job", "critical", `{"source":["aws.backup"],"detail-type":["Backup Job State Change","Copy Job State Change","Restore Job State Change"],"detail":{"state":["FAILED","EXPIRED","ABORTED"]}}`, "A backup, copy or restore did not succeed."},
	{"certificate", "warning", `{"source":["aws.acm"],"detail-type":["ACM Certificate Approaching Expiration","ACM Certificate Expired","ACM Certificate Renewal Action Required"]}`, "A certificate needs somebody."},
	{"image-scan", "warning", `{"source":["aws.ecr"],"detail-type":["ECR Image Scan"],"detail":{"finding-severity-counts":{"CRITICAL":[{"numeric":[">",0]}]}}}`, "An image has critical vulnerabilities."},
	{"launch-failed", "critical", `{"source":["aws.autoscaling"],"detail-type":["EC2 Instance Launch Unsuccessful","EC2 Instance Terminate Unsuccessful"]}`, "A group cannot start or end a machine."},
	{"volume-event", "critical", `{"source":["aws.ec2"],"detail-type":["EBS Volume Notification"],"detail":{"result":["failed"]}}`, "Something with a volume failed: a key that cannot be used."},
	{"window-failed", "warning", `{"source":["aws.ssm"],"detail-type":["Maintenance Window Execution State-change Notification"],"detail":{"status":["FAILED","TIMED_OUT"]}}`, "A maintenance window did not do its work."},
	{"key-deletion", "critical", `{"source":["aws.kms"],"detail-type":["KMS CMK Deletion","KMS Imported Key Material Expiration"]}`, "A key is gone."},
}

// networkWidgets and environmentWidgets are searches, so that what is added shows
// by itself.
var networkWidgets = List{
	widget("Black hole", `SEARCH('{AWS/TransitGateway,TransitGateway} MetricName="PacketDropCountBlackhole"', 'Sum', 300)`, "Sum"),
	widget("No route", `SEARCH('{AWS/TransitGateway,TransitGateway} MetricName="PacketDropCountNoRoute"', 'Sum', 300)`, "Sum"),
	widget("Bytes through the hub", `SEARCH('{AWS/TransitGateway,TransitGateway,TransitGatewayAttachment} MetricName="BytesIn"', 'Sum', 300)`, "Sum"),
	widget("NAT: no ports", `SEARCH('{AWS/NATGateway,NatGatewayId} MetricName="ErrorPortAllocation"', 'Sum', 300)`, "Sum"),
	widget("NAT: bytes out", `SEARCH('{AWS/NATGateway,NatGatewayId} MetricName="BytesOutToDestination"', 'Sum', 300)`, "Sum"),
	widget("Firewall: dropped", `SEARCH('{AWS/NetworkFirewall,FirewallName,AvailabilityZone,Engine} MetricName="DroppedPackets"', 'Sum', 300)`, "Sum"),
	widget("Public load balancers", `SEARCH('{AWS/ApplicationELB,LoadBalancer} MetricName="RequestCount"', 'Sum', 300)`, "Sum"),
	widget("Errors of services", `SEARCH('{AWS/ApplicationELB,LoadBalancer} MetricName="HTTPCode_Target_5XX_Count"', 'Sum', 300)`, "Sum"),
	widget("Blocked by the web firewall", `SEARCH('{AWS/WAFV2,Region,Rule,WebACL} MetricName="BlockedRequests"', 'Sum', 300)`, "Sum"),
	widget("Tunnels", `SEARCH('{AWS/VPN,VpnId} MetricName="TunnelState"', 'Minimum', 300)`, "Minimum"),
	widget("VPN sign-ins that fail", `SEARCH('{AWS/ClientVPN,Endpoint} MetricName="AuthenticationFailures"', 'Sum', 300)`, "Sum"),
}

var environmentWidgets = List{
	widget("API of the clusters: errors", `SEARCH('{AWS/EKS,ClusterName} MetricName="apiserver_request_total_5XX"', 'Sum', 300)`, "Sum"),
	widget("Pods without a node", `SEARCH('{AWS/EKS,ClusterName} MetricName="scheduler_pending_pods"', 'Maximum', 300)`, "Maximum"),
	widget("Unhealthy targets", `SEARCH('{AWS/NetworkELB,LoadBalancer,TargetGroup} MetricName="UnHealthyHostCount"', 'Maximum', 300)`, "Maximum"),
	widget("Connections of load balancers", `SEARCH('{AWS/NetworkELB,LoadBalancer} MetricName="ActiveFlowCount"', 'Average', 300)`, "Average"),
	widget("Machines: processor", `SEARCH('{AWS/EC2,InstanceId} MetricName="CPUUtilization"', 'Average', 300)`, "Average"),
	widget("Volumes: queue", `SEARCH('{AWS/EBS,VolumeId} MetricName="VolumeQueueLength"', 'Maximum', 300)`, "Maximum"),
	widget("Search: memory", `SEARCH('{AWS/ES,ClientId,DomainName} MetricName="JVMMemoryPressure"', 'Maximum', 300)`, "Maximum"),
	widget("Caches: memory", `SEARCH('{AWS/ElastiCache,CacheClusterId} MetricName="DatabaseMemoryUsagePercentage"', 'Maximum', 300)`, "Maximum"),
	widget("Queues: oldest message", `SEARCH('{AWS/SQS,QueueName} MetricName="ApproximateAgeOfOldestMessage"', 'Maximum', 300)`, "Maximum"),
	widget("Functions: errors", `SEARCH('{AWS/Lambda,FunctionName} MetricName="Errors"', 'Sum', 300)`, "Sum"),
	widget("Backups that failed", `SEARCH('{AWS/Backup,BackupVaultName} MetricName="NumberOfBackupJobsFailed"', 'Sum', 3600)`, "Sum"),
	widget("From outside", `SEARCH('{CloudWatchSynthetics,CanaryName} MetricName="SuccessPercent"', 'Average', 300)`, "Average"),
}

func widget(title, expression, statistic string) Object {
	return Object{{"title", String(title)}, {"expression", String(expression)}, {"statistic", String(statistic)}}
}

func dashboardOf(about string, widgets List) Object {
	return Object{{"about", String(about)}, {"widgets", widgets}}
}

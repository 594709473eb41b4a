package observe

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// Watchdog is the alert that always fires.
const Watchdog = "Watchdog"

// platformGroup is conditions of one part that all services stand on. Control
// plane targets do not exist on EKS, so that nothing is said of them: AWS's own
// alarms do. Nor is anything said of public addresses: a cluster does not see what
// customers see, canaries outside do.
type platformGroup struct {
	name       string
	conditions []condition
}

var platformGroups = []platformGroup{
	{"nodes", []condition{
		{Ticket, 5 * time.Minute, `kube_node_status_condition{condition="Ready", status="true"} == 0`, "{{ $labels.node }} is not ready",
			Runbook{Alert: "NodeNotReady", Means: "Pods of the node are moved away after five minutes.", Checks: []string{"Is the machine there? EC2 status checks.", "Disk or memory pressure?"}, Relief: "Drain it and let Karpenter bring another."}},
		{Ticket, 15 * time.Minute, `min by (node, mountpoint) (node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes) < 0.1`, "{{ $labels.mountpoint }} of {{ $labels.node }} is nearly full",
			Runbook{Alert: "NodeDiskFilling", Means: "The kubelet soon evicts pods.", Checks: []string{"Images, logs or an emptyDir?"}, Relief: "Drain the node."}},
		{Ticket, 15 * time.Minute, `avg by (node) (rate(node_vmstat_oom_kill[15m])) > 0`, "{{ $labels.node }} kills processes for memory",
			Runbook{Alert: "NodeOutOfMemory", Means: "Containers use more than they asked for.", Checks: []string{"Which pods restart there?"}, Relief: "Raise size.memory of that service."}},
	}},
	{"workloads", []condition{
		{Ticket, 15 * time.Minute, `sum by (namespace) (kube_pod_status_phase{phase="Pending"}) > 0`, "{{ $value }} pods of {{ $labels.namespace }} find no place",
			Runbook{Alert: "PodsPending", Means: "No node has room, or none may take them.", Checks: []string{"Events of the pods.", "Limits of the node pool, quota of vCPU."}, Relief: "Raise the limit of the node pool."}},
		{Ticket, 15 * time.Minute, `kube_poddisruptionbudget_status_current_healthy < kube_poddisruptionbudget_status_desired_healthy`, "{{ $labels.poddisruptionbudget }} has too few healthy pods",
			Runbook{Alert: "DisruptionBudgetShort", Means: "Nodes cannot be drained: upgrades and patches hang.", Checks: []string{"Which pods are not ready?"}, Relief: "Heal the service first."}},
		{Ticket, 15 * time.Minute, `max by (namespace, resource) (kube_resourcequota{type="used"} / ignoring (type) (kube_resourcequota{type="hard"} > 0)) > 0.9`, "{{ $labels.resource }} of {{ $labels.namespace }} is nine tenths used",
			Runbook{Alert: "QuotaNearlyUsed", Means: "The next replicas are refused.", Checks: []string{"Is the sum of the maxima within the quota? `paddock check` says so."}, Relief: "Apply the rendered quota; it follows from the platform file."}},
		{Ticket, 30 * time.Minute, `min by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes) < 0.1`, "{{ $labels.persistentvolumeclaim }} is nearly full",
			Runbook{Alert: "VolumeFilling", Means: "What writes there fails soon.", Checks: []string{"How fast does it grow?"}, Relief: "Grow the claim; the class allows it."}},
	}},
	{"network", []condition{
		{Page, 5 * time.Minute, `sum(rate(coredns_dns_responses_total{rcode="SERVFAIL"}[5m])) / sum(rate(coredns_dns_responses_total[5m])) > 0.05`, "{{ $value | humanizePercentage }} of the names are not resolved",
			Runbook{Alert: "NamesFailing", Means: "Services do not find one another.", Checks: []string{"Do the CoreDNS pods run, in each zone?", "Does the resolver of the network refuse?"}, Relief: "Restart CoreDNS one pod at a time."}},
		{Ticket, 10 * time.Minute, `sum(awscni_ip_max) - sum(awscni_assigned_ip_addresses) < 50`, "{{ $value }} pod addresses are left",
			Runbook{Alert: "AddressesRunningOut", Means: "New pods get no address.", Checks: []string{"Are pods left over from a failed roll-out?"}, Relief: "Scale in what is not needed; the pods' subnets are in the address plan."}},
	}},
	{"pipelines", []condition{
		{Ticket, 10 * time.Minute, `sum by (pod) (rate(fluentbit_output_dropped_records_total[5m])) > 0`, "{{ $labels.pod }} drops log lines",
			Runbook{Alert: "LogsDropped", Means: "Log lines are lost.", Checks: []string{"Does OpenSearch take writes?", "Is one namespace far louder than the others?"}, Relief: "Throttle that namespace."}},
		{Ticket, 15 * time.Minute, `sum by (pod) (rate(fluentbit_output_retries_total[5m])) > 1`, "{{ $labels.pod }} tries again and again",
			Runbook{Alert: "LogsRetried", Means: "Log lines arrive late; when the buffer on the disk is full they are lost.", Checks: []string{"Status of the domain, and its thread pools."}, Relief: "Heal the domain: lines wait on the nodes meanwhile."}},
		{Ticket, 10 * time.Minute, `sum(rate(otelcol_exporter_send_failed_spans_total[5m])) > 0`, "traces are not delivered",
			Runbook{Alert: "TracesFailing", Means: "What happens now cannot be looked up later.", Checks: []string{"Does the firewall let the collector out?", "Is the licence key valid?"}, Relief: "Nothing is lost for customers; heal it in working hours."}},
		{Ticket, 10 * time.Minute, `sum(rate(otelcol_receiver_refused_spans_total[5m])) > 0`, "the collector refuses traces",
			Runbook{Alert: "TracesRefused", Means: "The collector is out of memory.", Checks: []string{"Which service sends so many?"}, Relief: "More collectors, or a smaller sample."}},
	}},
	{"certificates", []condition{
		{Ticket, time.Hour, `min by (name, namespace) (certmanager_certificate_expiration_timestamp_seconds - time()) < 7 * 86400`, "{{ $labels.namespace }}/{{ $labels.name }} ends within a week",
			Runbook{Alert: "CertificateExpiring", Means: "cert-manager does not renew it.", Checks: []string{"Events of the certificate and of its request."}, Relief: "Renew it by hand: `cmctl renew`."}},
	}},
	{"targets", []condition{
		{Ticket, 10 * time.Minute, `count by (job) (up == 0) / count by (job) (up) > 0.1`, "{{ $value | humanizePercentage }} of {{ $labels.job }} cannot be read",
			Runbook{Alert: "TargetsDown", Means: "What cannot be read is not watched.", Checks: []string{"One node, one zone, or a policy that keeps Prometheus out?"}, Relief: "Take back the last change of policies."}},
	}},
}

// platformFile is the rules for what all services of an environment stand on.
func platformFile(p *model.Platform, env model.Environment) File {
	team := PlatformTeam(p)
	f := File{Name: "platform", Groups: []Group{{Name: "heartbeat", Every: 30 * time.Second, Rules: []Rule{{
		Alert: Watchdog, Expr: "vector(1)",
		Labels:  []Label{{"env", env.Name}, {"severity", string(Heartbeat)}, {"team", team}},
		Summary: "Always fires: when it is missing, no alert of " + env.Name + " can be trusted",
		Runbook: &Runbook{Alert: Watchdog, Means: "The way from Prometheus over Alertmanager to people works. An alarm of CloudWatch, which expects this alert, calls when it does not come.",
			Checks: []string{"Does Prometheus run, and does it reach Alertmanager?", "Does Alertmanager reach its topics, and the internet?"}, Relief: "Look at dashboards by hand until it is back."},
	}}}}}
	for _, g := range platformGroups {
		group := Group{Name: g.name, Every: 30 * time.Second}
		for _, c := range g.conditions {
			group.Rules = append(group.Rules, Rule{
				Alert: c.book.Alert, Expr: c.expr, For: c.wait, Runbook: &c.book, Summary: fmt.Sprintf("%s: %s", env.Name, c.summary),
				Labels: []Label{{"env", env.Name}, {"severity", string(severity(env, c.urgency))}, {"team", team}},
			})
		}
		f.Groups = append(f.Groups, group)
	}
	return f
}

// PlatformTeam answers for what no other team owns: the team that has the
// channel or the list of alerts, else the one with most stores, else "platform".
func PlatformTeam(p *model.Platform) string {
	for _, t := range p.Teams {
		if t.Slack != "" && t.Slack == p.Alerts.Slack || t.Mail != "" && t.Mail == p.Alerts.Mail {
			return t.Name
		}
	}
	count := map[string]int{}
	for _, e := range p.Environments {
		for _, s := range e.Stores {
			count[s.Team]++
		}
	}
	best := ""
	for _, name := range slices.Sorted(maps.Keys(count)) {
		if name != "" && count[name] > count[best] {
			best = name
		}
	}
	if best == "" {
		return "platform"
	}
	return best
}

// Files are the rules of an environment: one file for the platform, one for each
// service and one for each store, in the order of their names.
func Files(p *model.Platform, env model.Environment) []File {
	files := []File{platformFile(p, env)}
	for _, s := range env.Services {
		files = append(files, service(env, owned(p, s)))
	}
	for _, s := range env.Stores {
		if s.Team == "" {
			s.Team = PlatformTeam(p)
		}
		if f, ok := storeFile(env, s); ok {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files
}

// owned gives a service that nobody owns to the platform's team.
func owned(p *model.Platform, s model.Service) model.Service {
	if s.Team == "" {
		s.Team = PlatformTeam(p)
	}
	return s
}

// Runbooks are the pages of all alerts, one for each name, in their order.
func Runbooks(files []File) []Runbook {
	seen := map[string]Runbook{}
	for _, f := range files {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				if r.Runbook != nil {
					seen[r.Runbook.Alert] = *r.Runbook
				}
			}
		}
	}
	var all []Runbook
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		all = append(all, seen[name])
	}
	return all
}

package observe

import (
	"fmt"
	"strconv"
	"time"

	"paddock.dev/internal/model"
)

// The series that a service shows. They are those of OpenTelemetry's HTTP
// conventions as Prometheus writes them; the age of an event when its work is
// done is a histogram of ours, because no convention has one.
const (
	requests = "http_server_request_duration_seconds"
	age      = "event_age_seconds"
)

// window is one pair of the multi-window, multi-burn-rate alert ("The Site
// Reliability Workbook", chapter 5, table 5-8): the long window says that it
// matters, the short one that it is still happening.
type window struct {
	factor      float64
	long, short time.Duration
	urgency     Urgency
	spent       string
}

var windows = []window{
	{14.4, time.Hour, 5 * time.Minute, Page, "2 %"},
	{6, 6 * time.Hour, 30 * time.Minute, Page, "5 %"},
	{3, 24 * time.Hour, 2 * time.Hour, Ticket, "10 %"},
	{1, 72 * time.Hour, 6 * time.Hour, Ticket, "10 %"},
}

// spans are the windows over which ratios are recorded.
var spans = []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}

// leastFailures in the long window: ten requests at night are no outage, even
// if all of them fail.
const leastFailures = 20

// service is the rules of one service in one environment.
func service(env model.Environment, s model.Service) File {
	f := File{Name: "service-" + s.Name, Service: s.Name}
	for _, o := range Objectives(s) {
		f.Groups = append(f.Groups, Group{Name: o.Name, Every: time.Minute, Rules: o.rules(env)})
	}
	if state := states(env, s); len(state) > 0 {
		f.Groups = append(f.Groups, Group{Name: s.Name + "-state", Every: 30 * time.Second, Rules: state})
	}
	return f
}

// events and bad are the rates that an objective counts, over five minutes.
func (o Objective) events() (total, bad string) {
	metric := requests
	if o.Kind == Freshness {
		metric = age
	}
	total = fmt.Sprintf(`sum(rate(%s_count{service="%s"}[5m]))`, metric, o.Service)
	if o.Kind == Availability {
		return total, fmt.Sprintf(`sum(rate(%s_count{service="%s", code=~"5.."}[5m])) or 0 * %s`, metric, o.Service, total)
	}
	// The fraction is interpolated within a bucket, so that the bound need not
	// be one of the service's buckets. Without traffic it is no number, and
	// would make every average after it none.
	return total, fmt.Sprintf("(1 - histogram_fraction(0, %s, sum by (le) (rate(%s_bucket{service=\"%s\"}[5m])))) * (%s > 0) or 0 * %s",
		strconv.FormatFloat(o.Within.Seconds(), 'g', -1, 64), metric, o.Service, total, total)
}

func (o Objective) rules(env model.Environment) []Rule {
	slo := []Label{{"slo", o.Name}, {"service", o.Service}, {"team", o.Team}}
	total, bad := o.events()
	of := func(series string) string { return fmt.Sprintf(`%s{slo="%s"}`, series, o.Name) }
	rules := []Rule{
		{Record: "slo:events:rate5m", Expr: total, Labels: slo},
		{Record: "slo:bad:rate5m", Expr: bad, Labels: slo},
	}
	for _, w := range spans {
		d := PromDuration(w)
		rules = append(rules, Rule{
			Record: "slo:bad_share:" + d, Labels: slo,
			Expr: fmt.Sprintf("avg_over_time(%s[%s]) / (avg_over_time(%s[%s]) > 0)", of("slo:bad:rate5m"), d, of("slo:events:rate5m"), d),
		})
	}
	rules = append(rules, Rule{
		Record: "slo:budget_left:30d", Labels: slo,
		Expr: fmt.Sprintf("1 - avg_over_time(%s[30d]) / (avg_over_time(%s[30d]) > 0) / %s", of("slo:bad:rate5m"), of("slo:events:rate5m"), o.Budget),
	})
	for _, w := range windows {
		bound := w.factor * o.share()
		if bound >= 1 {
			continue // more than everything cannot be bad: this pair could never fire
		}
		b := strconv.FormatFloat(bound, 'g', 6, 64)
		long, short := PromDuration(w.long), PromDuration(w.short)
		rules = append(rules, Rule{
			Alert: o.alert(),
			// A rate is recorded every minute: sixty times the sum is the number of bad
			// events, also when the series is younger than the window.
			Expr: fmt.Sprintf("%s > %s\nand %s > %s\nand 60 * sum_over_time(%s[%s]) > %d",
				of("slo:bad_share:"+long), b, of("slo:bad_share:"+short), b, of("slo:bad:rate5m"), long, leastFailures),
			For:  2 * time.Minute,
			Keep: 5 * time.Minute,
			Labels: []Label{
				{"env", env.Name}, {"severity", string(severity(env, w.urgency))}, {"team", o.Team}, {"service", o.Service}, {"slo", o.Name},
				{"tier", strconv.Itoa(o.Tier)}, {"window", long},
			},
			Summary: fmt.Sprintf("%s in %s: %s, and %s of the month's budget is gone in %s", o.Service, env.Name, o.breach(), w.spent, long),
			Runbook: burnBooks[o.Kind],
		})
	}
	return rules
}

func (o Objective) alert() string { return burnBooks[o.Kind].Alert }

func (o Objective) breach() string {
	switch o.Kind {
	case Latency:
		return "{{ $value | humanizePercentage }} of the answers take longer than " + o.Within.String()
	case Freshness:
		return "{{ $value | humanizePercentage }} of the events are older than " + o.Within.String()
	}
	return "{{ $value | humanizePercentage }} of the requests fail"
}

var burnBooks = map[Kind]*Runbook{
	Availability: {
		Alert: "ServiceFailing",
		Means: "Requests fail so often that the promise of the month will not be kept. Customers see errors, or callers go without what they asked for.",
		Checks: []string{
			"Was something released in the last hour? `paddock status` names the release and the one before.",
			"Which route and which code? The dashboard of the service, panel \"Errors by route\".",
			"Does a callee or a store fail too? The same dashboard, panel \"What it calls\"; an older alert of a callee is the cause.",
			"Is one zone or one pod different? Panel \"Errors by pod\".",
		},
		Relief: "Roll back first, ask afterwards: `paddock rollback SERVICE --env ENV`. Without a release, restart the pods that differ.",
	},
	Latency: {
		Alert: "ServiceSlow",
		Means: "Answers are later than promised so often that the budget of the month will not last. Callers wait, and time-outs of theirs come next.",
		Checks: []string{
			"Was something released in the last hour?",
			"Has traffic grown beyond what the replicas are meant for? Panel \"Requests for each replica\", and whether the autoscaler stands at its maximum.",
			"Which call is slow? Panel \"What it calls\", then a trace of a slow request.",
			"Is the processor throttled? Panel \"Throttling\".",
		},
		Relief: "More replicas when the autoscaler is at its maximum; roll back when a release came before it.",
	},
	Freshness: {
		Alert: "ServiceStale",
		Means: "Events are worked on later than promised. What people see is old.",
		Checks: []string{
			"Does the lag of the consumer group rise on all partitions, or on one?",
			"Are consumers restarting? A rebalance stops all of them for a while.",
			"Is the store behind it slow?",
		},
		Relief: "More replicas, up to the number of partitions. An event that is always retried goes to the dead-letter topic.",
	},
}

// states are the alerts about what a service is rather than what it answers.
func states(env model.Environment, s model.Service) []Rule {
	var rules []Rule
	add := func(book *Runbook, u Urgency, wait time.Duration, summary, expr string) {
		if s.Tier >= 3 {
			u = Ticket // nobody is woken for what can wait until the morning
		}
		rules = append(rules, Rule{
			Alert: book.Alert, Expr: expr, For: wait, Runbook: book, Summary: summary,
			Labels: []Label{
				{"env", env.Name}, {"severity", string(severity(env, u))}, {"team", s.Team}, {"service", s.Name}, {"tier", strconv.Itoa(s.Tier)},
			},
		})
	}
	in := fmt.Sprintf("%s in %s", s.Name, env.Name)
	add(stateBooks["ServiceDown"], Page, 5*time.Minute, in+": nothing runs",
		fmt.Sprintf(`(count(up{service="%s"} == 1) or vector(0)) == 0`, s.Name))
	if s.Port != 0 && s.Tier <= 2 && s.Schedule == nil && len(s.Consume) == 0 {
		add(stateBooks["ServiceSilent"], Page, 15*time.Minute, in+": no requests for a quarter of an hour",
			fmt.Sprintf(`sum(rate(%[1]s_count{service="%[2]s"}[10m])) == 0`+"\n"+`and sum(rate(%[1]s_count{service="%[2]s"}[1h] offset 1d)) > 1`, requests, s.Name))
	}
	for _, topic := range s.Consume {
		lag := max(s.Scale.Lag, 1000) * max(s.Scale.Max, 1)
		add(stateBooks["ConsumerBehind"], Ticket, 15*time.Minute, fmt.Sprintf("%s: {{ $value | humanize }} messages of %s wait", in, topic),
			fmt.Sprintf(`sum(kafka_consumergroup_lag{consumergroup="%s", topic="%s"}) > %d`, s.Name, topic, lag))
	}
	if s.Runtime == model.EC2 {
		add(stateBooks["ServiceUnitFailed"], Ticket, 5*time.Minute, in+": the unit failed on {{ $labels.instance }}",
			fmt.Sprintf(`node_systemd_unit_state{name="%s.service", state="failed"} == 1`, s.Name))
		return rules
	}
	if s.Schedule != nil {
		add(stateBooks["ScheduledWorkMissing"], Ticket, 10*time.Minute, in+": the last success is {{ $value | humanizeDuration }} ago",
			fmt.Sprintf(`time() - max(kube_cronjob_status_last_successful_time{namespace="%s", cronjob="%s"}) > 26 * 3600`, env.Name, s.Name))
	} else {
		add(stateBooks["ReplicasMissing"], Page, 10*time.Minute, in+": less than half of the replicas are ready",
			fmt.Sprintf(`sum(kube_deployment_status_replicas_available{namespace="%[1]s", deployment="%[2]s"})`+"\n"+`/ sum(kube_deployment_spec_replicas{namespace="%[1]s", deployment="%[2]s"}) < 0.5`, env.Name, s.Name))
		if s.Scale.Max > s.Scale.Min {
			add(stateBooks["AtMaximum"], Ticket, 15*time.Minute, in+": the autoscaler stands at its maximum",
				fmt.Sprintf(`max(kube_horizontalpodautoscaler_status_desired_replicas{namespace="%[1]s", horizontalpodautoscaler="%[2]s"})`+"\n"+`>= max(kube_horizontalpodautoscaler_spec_max_replicas{namespace="%[1]s", horizontalpodautoscaler="%[2]s"})`, env.Name, s.Name))
		}
	}
	add(stateBooks["Restarting"], Ticket, 5*time.Minute, in+": {{ $labels.pod }} keeps restarting",
		fmt.Sprintf(`sum by (pod) (increase(kube_pod_container_status_restarts_total{namespace="%s", container="%s"}[15m])) > 3`, env.Name, s.Name))
	add(stateBooks["Throttled"], Ticket, 15*time.Minute, in+": {{ $value | humanizePercentage }} of the time without a processor",
		fmt.Sprintf(`sum(rate(container_cpu_cfs_throttled_periods_total{namespace="%[1]s", container="%[2]s"}[5m]))`+"\n"+`/ sum(rate(container_cpu_cfs_periods_total{namespace="%[1]s", container="%[2]s"}[5m])) > 0.25`, env.Name, s.Name))
	return rules
}

var stateBooks = books(
	Runbook{Alert: "ServiceDown", Means: "No instance of the service answers Prometheus: it runs nowhere, or nobody can reach it.",
		Checks: []string{"`paddock status`, then `kubectl get events` of the environment.", "Image that cannot be pulled, configuration that is missing, no room on the nodes?"},
		Relief: "Roll back to the release that ran."},
	Runbook{Alert: "ServiceSilent", Means: "The service runs and nobody asks it, which at this time of the day is not normal: the way to it is broken.",
		Checks: []string{"Do its callers run, and do they fail?", "Are the targets of its load balancer healthy?", "Was a policy, a route or a name changed? `paddock plan` of the last apply says so."},
		Relief: "Take back the last change of the network."},
	Runbook{Alert: "ConsumerBehind", Means: "Messages wait longer than the consumers can work them off.",
		Checks: []string{"Are there fewer consumers than yesterday?", "Does one partition hold all of the lag? Then one key is hot.", "Is the store slow that the consumer writes to?"},
		Relief: "Raise the replicas up to the number of partitions."},
	Runbook{Alert: "ServiceUnitFailed", Means: "The program on a machine ended and is not started again.",
		Checks: []string{"`journalctl -u SERVICE` by Session Manager.", "Disk full, certificate expired?"}, Relief: "Replace the machine: the group starts another."},
	Runbook{Alert: "ScheduledWorkMissing", Means: "Work that the clock starts has not succeeded for longer than a day.",
		Checks: []string{"The log of the last run.", "Did it start at all? A suspended schedule does not."}, Relief: "Start it by hand; it must be safe to run twice."},
	Runbook{Alert: "ReplicasMissing", Means: "Less than half of the replicas are ready. What is left carries all of the traffic.",
		Checks: []string{"Pending pods: is there room, and does Karpenter bring nodes?", "Failing readiness: what does the probe say?"}, Relief: "Roll back when a release is under way."},
	Runbook{Alert: "AtMaximum", Means: "The autoscaler wants more replicas than it may have. The next peak is not served.",
		Checks: []string{"Is it traffic, or has each request become dearer?"}, Relief: "Raise scale.replicas in the platform file; `paddock check` says whether quotas and nodes carry it."},
	Runbook{Alert: "Restarting", Means: "A pod ends again and again.", Checks: []string{"`kubectl logs --previous`.", "Out of memory? The reason is in the pod's last state."},
		Relief: "Roll back, or raise size.memory when it grew with the traffic."},
	Runbook{Alert: "Throttled", Means: "The container wants more processor than its limit gives, and answers late because of it.",
		Checks: []string{"Does latency rise with it? If not, it can wait."}, Relief: "Raise size.cpu, or leave the limit away for tier 1."},
)

func books(list ...Runbook) map[string]*Runbook {
	m := map[string]*Runbook{}
	for i := range list {
		m[list[i].Alert] = &list[i]
	}
	return m
}

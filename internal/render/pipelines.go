package render

import (
	"path"
	"strings"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/alertmanager"
	"paddock.dev/internal/emit/fluentbit"
	"paddock.dev/internal/emit/otel"
	"paddock.dev/internal/emit/prometheus"
	"paddock.dev/internal/model"
)

// runbooks is where the pages of alerts are, seen from a message.
const runbooks = "observability/runbooks/"

// pipelines are the texts that the agents of one cluster run with. They are
// written twice: as objects, which the cluster reads, and as files, which people
// and the engines' own checkers do.
func pipelines(p *model.Platform, k kubernetes.EKS) kubernetes.Configs {
	site := k.Site()
	redact := observe.Redactions(p.Observe.Redact)
	traces := otel.Options{
		Platform: p.Name, Environment: k.Environment(), Cluster: k.Name(), APM: strings.TrimSuffix(p.Observe.APM, "none"), Host: apmHost(p.Observe),
		Sample: float64(p.Observe.Sample) / 1000, Redact: redact,
	}
	_, alerts := routing(p, site)
	return kubernetes.Configs{
		Agent: otel.Agent(traces), Gateway: otel.Gateway(traces),
		Logs: fluentbit.Config(fluentbit.Options{
			Platform: p.Name, Environment: k.Environment(), Cluster: k.Name(), Region: site.Region(), Account: site.Account(),
			Search: site.LogHost(), Group: site.LogGroup(k.Segment()), Archive: site.LogArchive(), Namespaces: k.Namespaces(), Redact: redact,
		}),
		Redact: fluentbit.Redact(redact),
		Alerts: alerts, Templates: []byte(alertmanager.Templates),
	}
}

// routing is the way of a site's alerts to people, and the same as Alertmanager
// reads it.
func routing(p *model.Platform, site aws.Site) (observe.Routing, []byte) {
	r := observe.RoutingOf(p, []model.Environment{site.Environment()})
	return r, alertmanager.Config(r, alertmanager.Options{
		Region: site.Region(), Mail: site.MailTopics(), Heartbeat: site.TopicARN(aws.Heartbeat("CLUSTER")),
	})
}

// siteName is the folder of an environment in a region: prod, or prod-recovery.
func siteName(s aws.Site) string {
	if s.Recovery() {
		return s.Environment().Name + "-recovery"
	}
	return s.Environment().Name
}

// pipelineFiles are the pipelines of all clusters as files.
func pipelineFiles(in Input, add func(name string, data []byte, executable bool)) {
	alerts := map[string]bool{}
	for _, k := range clusters(in) {
		c := pipelines(in.Platform, k)
		add(path.Join("fluent-bit", k.Dir(), "fluent-bit.yaml"), c.Logs, false)
		add(path.Join("fluent-bit", k.Dir(), "redact.lua"), c.Redact, false)
		add(path.Join("opentelemetry", k.Dir(), "agent.yaml"), c.Agent, false)
		add(path.Join("opentelemetry", k.Dir(), "gateway.yaml"), c.Gateway, false)
		dir := path.Join("alertmanager", siteName(k.Site()))
		if alerts[dir] {
			continue
		}
		alerts[dir] = true // one for all clusters of a site
		r, config := routing(in.Platform, k.Site())
		add(path.Join(dir, "alertmanager.yml"), config, false)
		add(path.Join(dir, "paddock.tmpl"), c.Templates, false)
		add(path.Join(dir, "routes.tsv"), alertmanager.Table(r.Cases(observe.Files(in.Platform, k.Site().Environment()))), false)
		add(path.Join(dir, "check.sh"), []byte(alertmanager.Check), true)
	}
	for _, env := range in.Platform.Environments {
		dir := path.Join("prometheus", env.Name)
		for _, f := range observe.Files(in.Platform, env) {
			add(path.Join(dir, "rules", f.Name+".yml"), prometheus.Rules(f, runbooks), false)
		}
		for _, s := range env.Services {
			if objectives := observe.Objectives(s); len(objectives) > 0 {
				add(path.Join(dir, "tests", "service-"+s.Name+".yml"), prometheus.Tests("../rules/service-"+s.Name+".yml", objectives), false)
			}
		}
	}
}

func apmHost(o model.Observe) string {
	if o.APMRegion == "eu" {
		return "otlp.eu01.nr-data.net"
	}
	return "otlp.nr-data.net"
}

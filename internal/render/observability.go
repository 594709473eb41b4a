package render

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/alertmanager"
	"paddock.dev/internal/emit/fluentbit"
	"paddock.dev/internal/emit/grafana"
	"paddock.dev/internal/emit/opensearch"
	"paddock.dev/internal/emit/otel"
	"paddock.dev/internal/emit/prometheus"
	"paddock.dev/internal/model"
)

// runbooks is where the pages of alerts are, seen from a message.
const runbooks = "observability/runbooks/"

// tiers are the two sides of the wall: each has an Alertmanager, a Grafana and a
// log domain of its own.
var tiers = []string{"nonprod", "prod"}

func tierOf(e model.Environment) string {
	if e.Stage == model.Production {
		return "prod"
	}
	return "nonprod"
}

func environmentsOf(p *model.Platform, tier string) []model.Environment {
	return slices.DeleteFunc(slices.Clone(p.Environments), func(e model.Environment) bool { return tierOf(e) != tier })
}

// observabilityFiles are rules, routes, dashboards and pipelines.
func observabilityFiles(in Input) ([]emit.File, error) {
	p := in.Platform
	var files []emit.File
	add := func(name string, data []byte) {
		files = append(files, emit.File{Path: path.Join("observability", name), Data: data})
	}
	var all []observe.File
	for _, env := range p.Environments {
		rules := observe.Files(p, env)
		all = append(all, rules...)
		environmentFiles(p, env, rules, add)
	}
	for _, tier := range tiers {
		if envs := environmentsOf(p, tier); len(envs) > 0 {
			tierFiles(p, tier, envs, add)
			files = append(files, emit.File{Path: "observability/alertmanager/" + tier + "/check.sh", Data: []byte(alertmanager.Check), Executable: true})
		}
	}
	for _, b := range observe.Runbooks(all) {
		add("runbooks/"+b.Alert+".md", page(b))
	}
	return files, nil
}

// environmentFiles are what runs in or beside one environment.
func environmentFiles(p *model.Platform, env model.Environment, rules []observe.File, add func(string, []byte)) {
	dir := path.Join("prometheus", env.Name)
	for _, f := range rules {
		add(path.Join(dir, "rules", f.Name+".yml"), prometheus.Rules(f, runbooks))
	}
	options := prometheus.Options{
		Platform: p.Name, Environment: env.Name, Account: env.Name, Region: p.Cloud.Region,
		Alertmanager: "alertmanager-" + tierOf(env) + "." + p.Network.PrivateDomain,
	}
	for _, s := range env.Services {
		if objectives := observe.Objectives(s); len(objectives) > 0 {
			add(path.Join(dir, "tests", "service-"+s.Name+".yml"), prometheus.Tests("../rules/service-"+s.Name+".yml", objectives))
		}
		for _, r := range s.Routes {
			options.Public = append(options.Public, "https://"+r.Host+cmp.Or(s.Health.Ready, r.Path))
		}
		if s.Runtime == model.EC2 {
			options.Machines = append(options.Machines, s.Name)
		}
	}
	slices.Sort(options.Public)
	options.Public = slices.Compact(options.Public)
	for _, s := range env.Stores {
		if !s.Managed() {
			options.Stores = append(options.Stores, prometheus.StoreTargets{Store: s.Name, Ports: exporters(s)})
		}
	}
	add(path.Join(dir, "prometheus.yml"), prometheus.Config(options))
	add(path.Join(dir, "flags"), prometheus.Flags(int(p.Observe.Metrics.Hot/(24*time.Hour))))

	redact := observe.Redactions(p.Observe.Redact)
	add(path.Join("fluent-bit", env.Name, "fluent-bit.yaml"), fluentbit.Config(fluentbit.Options{
		Platform: p.Name, Environment: env.Name, Account: env.Name, Region: p.Cloud.Region, Search: logHost(p, tierOf(env)),
		Redact: redact,
	}))
	add(path.Join("fluent-bit", env.Name, "redact.lua"), fluentbit.Redact(redact))
	o := otel.Options{
		Platform: p.Name, Environment: env.Name, Region: p.Cloud.Region, APM: strings.TrimSuffix(p.Observe.APM, "none"), Host: apmHost(p.Observe),
		Sample: float64(p.Observe.Sample) / 1000, Redact: redact,
	}
	add(path.Join("opentelemetry", env.Name, "agent.yaml"), otel.Agent(o))
	add(path.Join("opentelemetry", env.Name, "gateway.yaml"), otel.Gateway(o))
}

// exporters are the ports beside an engine; they are those that the security
// groups open (metricPorts of compile/aws).
func exporters(s model.Store) []int {
	switch s.Engine {
	case model.MongoDB:
		return []int{9100, 9216}
	case model.Kafka:
		return []int{7000, 7071, 9100}
	case model.SingleStore:
		return []int{9100, 9104}
	}
	return []int{9100}
}

// logHost is the name of a tier's log domain, as compile/aws gives it.
func logHost(p *model.Platform, tier string) string {
	return "logs." + tier + "." + p.Network.PrivateDomain
}

func apmHost(o model.Observe) string {
	if o.APMRegion == "eu" {
		return "otlp.eu01.nr-data.net"
	}
	return "otlp.nr-data.net"
}

// tierFiles are what serves all environments of a tier.
func tierFiles(p *model.Platform, tier string, envs []model.Environment, add func(string, []byte)) {
	routing := observe.RoutingOf(p, envs)
	dir := path.Join("alertmanager", tier)
	add(path.Join(dir, "alertmanager.yml"), alertmanager.Config(routing, alertmanager.Options{Platform: p.Name, Domain: p.Domain, Tier: tier, Relay: "mail." + tier + "." + p.Network.PrivateDomain + ":587"}))
	add(path.Join(dir, "templates", "paddock.tmpl"), []byte(alertmanager.Templates))
	var rules []observe.File
	for _, env := range envs {
		rules = append(rules, observe.Files(p, env)...)
	}
	add(path.Join(dir, "routes.tsv"), alertmanager.Table(routing.Cases(rules)))
	grafanaFiles(p, tier, envs, add)
	searchFiles(p, tier, envs, add)
}

func grafanaFiles(p *model.Platform, tier string, envs []model.Environment, add func(string, []byte)) {
	dir := path.Join("grafana", tier)
	var sources []grafana.Source
	for _, env := range envs {
		account := ""
		for _, a := range p.Accounts.IDs {
			if a.Name == env.Name {
				account = a.ID
			}
		}
		sources = append(sources, grafana.Source{
			Environment: env.Name, Region: p.Cloud.Region, Prometheus: "https://prometheus." + env.Name + "." + p.Network.PrivateDomain,
			Role: "arn:aws:iam::" + account + ":role/" + p.Name + "-grafana", Search: "https://" + logHost(p, tier), Index: fluentbit.Index(env.Name),
		})
	}
	add(path.Join(dir, "provisioning", "datasources", "paddock.yml"), grafana.Sources(sources))
	add(path.Join(dir, "provisioning", "dashboards", "paddock.yml"), grafana.Providers([]grafana.Folder{
		{Name: "Platform", UID: "paddock-platform", Path: "platform"}, {Name: "Services", UID: "paddock-services", Path: "services"}, {Name: "Stores", UID: "paddock-stores", Path: "stores"},
	}))
	for name, d := range map[string]grafana.Dashboard{
		"overview": grafana.Overview(p.Name), "capacity": grafana.Capacity(p.Name), "pipelines": grafana.Pipelines(p.Name), "network": grafana.Network(p.Name),
	} {
		add(path.Join(dir, "dashboards", "platform", name+".json"), d.JSON())
	}
	services, engines := map[string]bool{}, map[model.Engine]bool{}
	for _, env := range envs {
		for _, s := range env.Services {
			if !services[s.Name] {
				services[s.Name] = true
				add(path.Join(dir, "dashboards", "services", s.Name+".json"), grafana.Service(p.Name, s, runbooks).JSON())
			}
		}
		for _, s := range env.Stores {
			if d, ok := grafana.Engine(p.Name, s.Engine); ok && !engines[s.Engine] {
				engines[s.Engine] = true
				add(path.Join(dir, "dashboards", "stores", string(s.Engine)+".json"), d.JSON())
			}
		}
	}
}

// searchFiles are what is inside the log domain of a tier.
func searchFiles(p *model.Platform, tier string, envs []model.Environment, add func(string, []byte)) {
	dir := path.Join("opensearch", tier)
	shards, replicas := 1, 1
	if tier == "prod" {
		shards, replicas = 3, 2
	}
	var indices []string
	owned := map[string][]string{}
	for _, env := range envs {
		index := fluentbit.Index(env.Name)
		indices = append(indices, index)
		add(path.Join(dir, "policies", index+".json"), opensearch.Policy(index, p.Observe.Logs.Hot))
		add(path.Join(dir, "templates", index+".json"), opensearch.Template(index, shards, replicas))
		add(path.Join(dir, "roles", "writer-"+env.Name+".json"), opensearch.Writer(index))
		add(path.Join(dir, "monitors", index+".json"), opensearch.Monitor(index, env.Name))
		for _, s := range env.Services {
			team := cmp.Or(s.Team, observe.PlatformTeam(p))
			if !slices.Contains(owned[team], s.Name) {
				owned[team] = append(owned[team], s.Name)
			}
		}
	}
	for team, services := range owned {
		slices.Sort(services)
		add(path.Join(dir, "roles", "reader-"+team+".json"), opensearch.Reader(indices, services))
	}
}

// page is a runbook as people read it.
func page(b observe.Runbook) []byte {
	var t strings.Builder
	fmt.Fprintf(&t, "# %s\n\n%s\n\n## Look at\n\n", b.Alert, b.Means)
	for i, c := range b.Checks {
		fmt.Fprintf(&t, "%d. %s\n", i+1, c)
	}
	fmt.Fprintf(&t, "\n## Relief\n\n%s\n\n## Who else\n\nThe label `team` of the alert names the owner. When it does not heal within half an hour, the escalation of that team brings the next person; `paddock incident` keeps the timeline.\n", b.Relief)
	return []byte(t.String())
}

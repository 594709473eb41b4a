package render

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/fluentbit"
	"paddock.dev/internal/emit/grafana"
	"paddock.dev/internal/emit/opensearch"
	"paddock.dev/internal/model"
)

// tiers are the two sides of the wall: each has a Grafana and a log domain of its
// own.
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
	add := func(name string, data []byte, executable bool) {
		files = append(files, emit.File{Path: path.Join("observability", name), Data: data, Executable: executable})
	}
	plain := func(name string, data []byte) { add(name, data, false) }
	pipelineFiles(in, add)
	sites := aws.Sites(in.target())
	for _, tier := range tiers {
		if envs := environmentsOf(p, tier); len(envs) > 0 {
			grafanaFiles(p, tier, envs, sites, plain)
			searchFiles(p, tier, envs, sites, add)
		}
	}
	var rules []observe.File
	for _, env := range p.Environments {
		rules = append(rules, observe.Files(p, env)...)
	}
	for _, b := range observe.Runbooks(rules) {
		plain("runbooks/"+b.Alert+".md", page(b))
	}
	return files, nil
}

func grafanaFiles(p *model.Platform, tier string, envs []model.Environment, sites []aws.Site, add func(string, []byte)) {
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
			Role: "arn:aws:iam::" + account + ":role/" + p.Name + "-grafana", Search: "https://" + siteOf(sites, env).LogHost(), Index: fluentbit.Index(env.Name),
		})
	}
	add(path.Join(dir, "provisioning", "datasources", "paddock.yml"), grafana.Sources(sources))
	add(path.Join(dir, "provisioning", "dashboards", "paddock.yml"), grafana.Providers([]grafana.Folder{
		{Name: "Platform", UID: "paddock-platform", Path: "platform"}, {Name: "Services", UID: "paddock-services", Path: "services"}, {Name: "Stores", UID: "paddock-stores", Path: "stores"},
	}))
	for name, d := range grafana.Pages(p.Name) {
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

// siteOf is an environment in its own region.
func siteOf(sites []aws.Site, env model.Environment) aws.Site {
	return sites[slices.IndexFunc(sites, func(s aws.Site) bool { return s.Environment().Name == env.Name && !s.Recovery() })]
}

// searchFiles are what is inside the log domain of a tier, and the script that
// puts it there.
func searchFiles(p *model.Platform, tier string, envs []model.Environment, sites []aws.Site, file func(string, []byte, bool)) {
	if siteOf(sites, envs[0]).LogHost() == "" {
		return // there is no domain
	}
	add := func(name string, data []byte) { file(name, data, false) }
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
		site := siteOf(sites, env)
		var writers []string
		for _, cl := range site.Clusters() {
			writers = append(writers, site.LogRole(cl.Segment))
		}
		add(path.Join(dir, "mappings", "writer-"+env.Name+".json"), opensearch.Mapping(writers))
		add(path.Join(dir, "monitors", index+".json"), opensearch.Monitor(index, env.Name))
		for _, s := range env.Services {
			team := cmp.Or(s.Team, observe.PlatformTeam(p))
			if !slices.Contains(owned[team], s.Name) {
				owned[team] = append(owned[team], s.Name)
			}
		}
	}
	// What CloudWatch has of the accounts comes by a stream.
	add(path.Join(dir, "roles", "writer-aws.json"), opensearch.Writer("logs-aws"))
	add(path.Join(dir, "mappings", "writer-aws.json"), opensearch.Mapping([]string{siteOf(sites, envs[0]).LogStreamRole()}))
	file(path.Join(dir, "apply.sh"), []byte(opensearch.Apply), true)
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

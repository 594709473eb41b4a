package jenkins

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// pipeline is what the template of a service's pipeline is filled with.
type pipeline struct {
	Platform, Service, Language, Directory string
	Image, Region, Key                     string
	Owner, Slack, Mail                     string
	Tier                                   string
	// Tests are the commands of the language.
	Tests, Analysis string
	Stages          []stage
	Hotfix          bool
	HotfixSkip      []string
	HotfixGroups    string
	HotfixCount     int
	Branches        string
	// Last is the environment before production, whose statement production
	// wants to see; HotfixLast the last one that a hotfix passes.
	Last, HotfixLast string
}

// gateWindow is how far back scripts/gate.sh looks; a shorter step would be judged
// by what was there before it.
const gateWindow = 5 * time.Minute

// stage is one environment.
type stage struct {
	Name, Cluster, Account, Folder, Workload, Route string
	Groups                                          string // who may say yes; empty for nobody
	Count                                           int
	Branches                                        string // whose builds come here, as a regular expression
	Canary                                          []int
	Bake                                            int // seconds
	SLO, Most, NoData                               string
}

// services writes the pipelines of every service that runs in clusters. Those on
// machines are released by the pipeline of Ansible.
func (d *delivery) services() error {
	var names []string
	for _, e := range d.platform.Environments {
		for _, s := range e.Services {
			if s.Runtime != model.EC2 && !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, tier := range tiers {
			p, ok := d.pipeline(name, tier)
			if !ok {
				continue
			}
			source, file := "service.groovy", "Jenkinsfile"
			if tier == "prod" {
				source, file = "production.groovy", "Jenkinsfile.prod"
			}
			if err := d.fill("services/"+name+"/"+file, source, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *delivery) pipeline(name, tier string) (pipeline, bool) {
	pl := d.platform
	p := pipeline{
		Platform: pl.Name, Service: name, Image: d.registry + "/" + pl.Name + "/" + name, Region: pl.Cloud.Region,
		Key: "awskms:///alias/" + pl.Name + "/images/signing", Tier: tier, Directory: ".", Branches: d.branches(),
	}
	if h := pl.Delivery.Hotfix; h != nil {
		p.Hotfix, p.HotfixSkip, p.HotfixGroups, p.HotfixCount = true, h.Skip, strings.Join(h.Approve.From, ","), h.Approve.Count
	}
	for _, e := range d.onPath("nonprod") {
		if _, ok := e.Service(name); !ok {
			continue
		}
		p.Last = e.Name
		if !slices.Contains(p.HotfixSkip, e.Name) {
			p.HotfixLast = e.Name
		}
	}
	if p.HotfixLast == "" {
		p.Hotfix = false // it would pass nothing at all
	}
	found := false
	for _, e := range d.onPath(tier) {
		s, ok := e.Service(name)
		if !ok {
			continue
		}
		found = true
		if s.Source != nil {
			p.Directory = s.Source.Dir
		}
		p.Language = s.Language
		if t, ok := pl.Team(s.Team); ok {
			p.Owner, p.Slack, p.Mail = t.Name, t.Slack, t.Mail
		}
		p.Stages = append(p.Stages, d.stage(e, s))
	}
	p.Tests, p.Analysis = commands(p.Language)
	return p, found
}

func (d *delivery) stage(e model.Environment, s model.Service) stage {
	pl := d.platform
	st := stage{
		Name: e.Name, Cluster: pl.Name + "-" + e.Name + "-" + s.Segment, Account: d.account(e.Name),
		Folder: "kubernetes/" + e.Name + "/" + s.Segment + "/services/" + s.Name, Workload: "deployment/" + s.Name,
		Groups: strings.Join(e.Approve.From, ","), Count: e.Approve.Count, NoData: string(pl.Delivery.NoData),
	}
	if st.NoData == "" {
		st.NoData = string(model.Hold)
	}
	if s.Schedule != nil {
		st.Workload = "cronjob/" + s.Name
	}
	if len(s.Routes) > 0 && s.Health.Ready != "" {
		st.Route = "https://" + s.Routes[0].Host + s.Health.Ready
	}
	st.Branches = d.branchesOf(e.Name)
	if e.Stage == model.Production && s.Schedule == nil {
		st.Canary, st.Bake = pl.Delivery.Canary, int(max(pl.Delivery.Bake, gateWindow).Seconds())
	}
	if a, err := strconv.ParseFloat(s.Objective.Availability, 64); err == nil {
		st.SLO = s.Name + "-availability"
		st.Most = strconv.FormatFloat((100-a)/100*14.4, 'g', 4, 64)
	}
	return st
}

// hotfixes are the branches of repairs.
const hotfixes = "hotfix/.+"

// branches whose builds are released, as a regular expression. With gitflow the
// branch of production is not among them: what it has was built before.
func (d *delivery) branches() string {
	all := []string{regexp.QuoteMeta(branch(d.platform))}
	if d.platform.Delivery.Branching == model.Gitflow {
		all = []string{"develop", "release/.+"}
	}
	if d.platform.Delivery.Hotfix != nil {
		all = append(all, hotfixes)
	}
	return strings.Join(all, "|")
}

// branchesOf are those whose builds enter an environment. With gitflow the first
// one takes everything, those after it releases; a hotfix leaves out what the
// file says.
func (d *delivery) branchesOf(env string) string {
	all := []string{regexp.QuoteMeta(branch(d.platform))}
	if d.platform.Delivery.Branching == model.Gitflow {
		all = []string{"release/.+"}
		if path := d.platform.Delivery.Path; len(path) > 0 && path[0] == env {
			all = []string{"develop", "release/.+"}
		}
	}
	if h := d.platform.Delivery.Hotfix; h != nil && !slices.Contains(h.Skip, env) {
		all = append(all, hotfixes)
	}
	return strings.Join(all, "|")
}

// commands of a language: the tests with their report, and what looks at the
// code without running it.
func commands(language string) (tests, analysis string) {
	switch language {
	case "go":
		return "go run gotest.tools/gotestsum@v1.13.0 --junitfile report.xml -- -race ./...", "go vet ./..."
	case "java":
		return "./mvnw -B -ntp verify && cp target/surefire-reports/TEST-*.xml .", "./mvnw -B -ntp -DskipTests com.github.spotbugs:spotbugs-maven-plugin:4.9.8.2:check"
	case "python":
		return "python -m pytest --junitxml=report.xml", "python -m ruff check ."
	case "php":
		return "composer install --no-interaction && vendor/bin/phpunit --log-junit report.xml", "vendor/bin/phpstan analyse --no-progress"
	case "node", "javascript", "typescript":
		return "npm ci && npm test -- --reporter=junit --outputFile=report.xml", "npm run lint"
	}
	return "make test", "make lint"
}

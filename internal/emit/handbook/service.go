package handbook

import (
	"fmt"
	"strings"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/diagram"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// service is the page of one service in one environment.
func (b *book) service(g *graph.Graph, s model.Service) {
	env := g.Environment.Name
	self := service(s.Name)
	p := b.page(env+"/services/"+s.Name, s.Name+" in "+env, b.home(), span{words: title(env), to: env + "/index"})
	t := table{heads: []string{"what", "here"}}
	t.row(words("answers for it"), b.team(s.Team))
	t.row(words("on call"), words(b.called(s.Team)))
	t.row(words("tier"), words(tier(s.Tier)))
	t.row(words("promises"), words(objective(s.Objective)))
	if target, ok := b.platform.Recovery.Target(s.Tier); ok && s.Tier != 0 {
		t.row(words("recovery"), words(fmt.Sprintf("may lose %s, may be away %s", period(target.RPO), period(target.RTO))))
	}
	t.row(words("data"), words(or(string(s.Data), "none stated")))
	t.row(words("segment"), words(s.Segment))
	t.row(words("runs as"), words(runs(s)))
	t.row(words("ports"), words(numbers(s.AllPorts())))
	for _, r := range s.Routes {
		t.row(words("from the internet"), typed(r.Host+r.Path))
	}
	for _, r := range s.Private {
		t.row(words("from our own networks"), typed(r.Host+r.Path))
	}
	if len(s.Secrets) > 0 {
		t.row(words("secrets"), typed(strings.Join(s.Secrets, ", ")))
	}
	if len(s.Migrate) > 0 {
		t.row(words("migration"), typed(strings.Join(s.Migrate, " ")))
	}
	if s.Schedule != nil {
		t.row(words("started"), typed(s.Schedule.String()))
	}
	p.add(t)
	b.draw(p, s.Name+".svg", diagram.Neighbourhood(b.platform, g, self, boxes))

	p.under("Who calls it")
	p.addTableOr(b.ends(g, g.To(self), true), "Nobody.")
	p.under("What it uses")
	p.addTableOr(b.ends(g, g.From(self), false), "Nothing.")
	p.under("When it is down")
	b.blast(p, g, self)
	p.under("Runbook")
	b.runbook(p, g, s)
}

// ends is one row for every edge: who is at the other end.
func (b *book) ends(g *graph.Graph, edges []graph.Edge, beginnings bool) table {
	t := table{heads: []string{"what", "how", "ports", "stated by"}}
	for _, e := range edges {
		if e.Kind == graph.Owns || e.Kind == graph.Peers {
			continue
		}
		other, how := e.To, string(e.Kind)
		if beginnings {
			other = e.From
		}
		if e.Mode != "" {
			how += " (" + string(e.Mode) + ")"
		}
		if e.Via.Name != "" {
			how += " by " + e.Via.Name
		}
		t.row(b.to(g, other), words(how), words(numbers(e.Ports)), typed(e.Key))
	}
	return t
}

func (b *book) blast(p *page, g *graph.Graph, a addr.Address) {
	t := table{heads: []string{"what", "then", "because"}}
	hit, all := g.BlastNear(a, nearest)
	for _, i := range hit {
		if i.Address.Kind != addr.Service && i.Address.Kind != addr.Store {
			continue
		}
		if len(t.rows) == nearest {
			all = false
			break
		}
		then := "goes on with less"
		if i.Hard {
			then = "fails, too"
		}
		var way []text
		last := addr.Address{}
		step := func(at addr.Address) {
			if at != last {
				way, last = append(way, b.to(g, at)), at
			}
		}
		for _, e := range i.Path {
			if e.Kind == graph.Produces { // from the topic back to who fed it
				e.From, e.To = e.To, e.From
			}
			step(e.From)
			step(e.To)
		}
		t.row(b.to(g, i.Address), words(then), join(way, " -> "))
	}
	p.addTableOr(t, "Nothing else notices.")
	if !all {
		p.say(words("These are the nearest. Everything that notices is told by:"))
		p.shell("paddock graph blast " + a.String() + " --env " + g.Environment.Name)
	}
}

// runbook is the first steps; those that are the same for every service, with
// its names filled in.
func (b *book) runbook(p *page, g *graph.Graph, s model.Service) {
	env := g.Environment.Name
	if s.Runtime == model.EC2 {
		p.say(words("It runs on machines. See which there are, and get on one; there is no SSH:"))
		p.shell(
			fmt.Sprintf("aws ec2 describe-instances --region %s --filters Name=tag:paddock:env,Values=%s Name=tag:paddock:service,Values=%s --query 'Reservations[].Instances[].[InstanceId,State.Name,PrivateIpAddress]' --output text", b.platform.Cloud.Region, env, s.Name),
			"aws ssm start-session --region "+b.platform.Cloud.Region+" --target INSTANCE")
		return
	}
	p.say(words("Get to the cluster, by the VPN of the environment, and look:"))
	p.shell(
		fmt.Sprintf("aws eks update-kubeconfig --region %s --name %s-%s-%s", b.platform.Cloud.Region, b.platform.Name, env, s.Segment),
		fmt.Sprintf("kubectl -n %s get pods -l app.kubernetes.io/name=%s -o wide", env, s.Name),
		fmt.Sprintf("kubectl -n %s describe hpa %s", env, s.Name),
		fmt.Sprintf("kubectl -n %s logs -l app.kubernetes.io/name=%s --tail=100 --prefix", env, s.Name),
		fmt.Sprintf("kubectl -n %s get events --field-selector type=Warning --sort-by=.lastTimestamp", env))
	p.say(words("Was it the last release? Go back first and look for the reason afterwards: image and configuration go back together."))
	if b.platform.Delivery.Engine == "jenkins" {
		file := "delivery/services/" + s.Name + "/Jenkinsfile"
		if g.Environment.Stage == model.Production {
			p.say(words("In Jenkins, start the job "), typed(s.Name), words(" with "), typed("ROLLBACK"), words("; its steps are in "), typed(file+".prod"), words(". By hand, from the repository of the platform:"))
		} else {
			p.say(words("A failed deployment went back by itself; see the job "), typed(s.Name), words(". By hand, from the repository of the platform:"))
		}
		workload := "deployment/" + s.Name
		if s.Schedule != nil {
			workload = "cronjob/" + s.Name
		}
		p.shell(
			fmt.Sprintf("kubectl -n %s get %s -o jsonpath='{.metadata.annotations}'", env, workload),
			fmt.Sprintf("delivery/scripts/rollback.sh kubernetes/%s/%s/services/%s %s %s IMAGE", env, s.Segment, s.Name, env, workload))
	} else {
		p.shell(fmt.Sprintf("paddock history %s --env %s", s.Name, env), fmt.Sprintf("paddock rollback %s --env %s", s.Name, env))
	}
	var needs []text
	for _, e := range g.From(service(s.Name)) {
		if e.Kind == graph.Calls || e.Kind == graph.Stores {
			needs = append(needs, b.to(g, e.To))
		}
	}
	if len(needs) > 0 {
		p.say(words("Is it something that it needs? "), join(needs, ", "), words("."))
	}
	p.say(words("Is it load? "), words(load(s)))
	if target, ok := b.platform.Team(s.Team); ok && target.OnCall != nil {
		p.say(words("Not mended after ", escalation(target.OnCall), "? Call the next: ", b.called(s.Team), "."))
	}
}

func load(s model.Service) string {
	text := fmt.Sprintf("There are %d to %d replicas", s.Scale.Min, s.Scale.Max)
	switch {
	case s.Scale.Requests > 0:
		text += fmt.Sprintf(", each meant for %d requests a second: %d at most", s.Scale.Requests, s.Scale.Requests*s.Scale.Max)
	case s.Scale.Connections > 0:
		text += fmt.Sprintf(", each meant for %d connections: %d at most", s.Scale.Connections, s.Scale.Connections*s.Scale.Max)
	}
	return text + ". More are asked for in the platform file."
}

func escalation(o *model.OnCall) string {
	if len(o.Escalate) == 0 {
		return "a quarter of an hour"
	}
	return period(o.Escalate[0])
}

func runs(s model.Service) string {
	if s.Runtime == model.EC2 {
		return fmt.Sprintf("%d to %d machines of %s", s.Scale.Min, s.Scale.Max, s.Instance)
	}
	return fmt.Sprintf("%d to %d replicas of %dm CPU and %d MiB", s.Scale.Min, s.Scale.Max, s.Size.CPUMilli, s.Size.MemoryBytes>>20)
}

func numbers(all []int) string {
	var parts []string
	for _, n := range all {
		parts = append(parts, fmt.Sprint(n))
	}
	return strings.Join(parts, ", ")
}

// team names a team and where it is found.
func (b *book) team(name string) text {
	t, ok := b.platform.Team(name)
	if !ok {
		return words(or(name, "nobody"))
	}
	return words(strings.TrimRight(strings.Join([]string{name, t.Slack, t.Mail}, " "), " "))
}

// called is who is called, in this order.
func (b *book) called(team string) string {
	t, ok := b.platform.Team(team)
	if !ok || t.OnCall == nil {
		return "nobody is called"
	}
	who := fmt.Sprintf("%s in turns of %s", strings.Join(t.OnCall.Members, ", "), period(t.OnCall.Rotate))
	if t.Manager != "" {
		who += ", then " + t.Manager
	}
	if t.OnCall.Hours != nil {
		who += " (" + t.OnCall.Hours.String() + ")"
	}
	return who
}

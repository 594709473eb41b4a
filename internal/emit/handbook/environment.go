package handbook

import (
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/diagram"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// environment writes the pages of one environment.
func (b *book) environment(g *graph.Graph) {
	env := g.Environment
	p := b.page(env.Name+"/index", title(env.Name), b.home())
	facts := fmt.Sprintf("A place for %s, in %s. Up %s. A release enters after the yes of %s.", env.Stage, count(env.Zones, "zone"), hours(env.Hours), approval(env.Approve))
	if len(env.Collapse) > 0 {
		facts += fmt.Sprintf(" The segments %s are merged into %s here.", strings.Join(env.Collapse, ", "), first(env.Segments))
	}
	p.say(words(facts))
	for _, w := range env.Freeze {
		p.say(words("Frozen: ", w.String(), "."))
	}
	if n := len(env.Services) + len(env.Stores); n <= whole {
		b.draw(p, "architecture.svg", diagram.Architecture(b.platform, g))
	} else {
		p.say(words(fmt.Sprintf("A picture of all %d services and stores is no help on a page; every one of them has a page with what is around it. All of them are drawn by:", n)))
		p.shell("paddock graph --env " + env.Name + " -o html > " + env.Name + ".html")
	}
	p.add(list{link(env.Name+"/reach", "Who may open a connection to whom"), link(env.Name+"/recovery", "What comes back in which order")})
	p.under("Services")
	t := table{heads: []string{"service", "team", "tier", "segment", "data", "promises", "replicas"}}
	for _, s := range env.Services {
		t.row(b.to(g, service(s.Name)), words(s.Team), words(tier(s.Tier)), words(s.Segment), words(string(s.Data)), words(objective(s.Objective)), words(fmt.Sprintf("%d to %d", s.Scale.Min, s.Scale.Max)))
	}
	p.addTable(t)
	p.under("Stores")
	t = table{heads: []string{"store", "engine", "nodes", "team", "tier", "segment", "data", "copies"}}
	for _, s := range env.Stores {
		t.row(b.to(g, store(s.Name)), words(strings.TrimSpace(string(s.Engine)+" "+s.Version)), words(nodes(s)), words(s.Team), words(tier(s.Tier)), words(s.Segment), words(string(s.Data)), words(copies(s)))
	}
	p.addTable(t)
	b.reach(g)
	b.recovery(g)
	for _, s := range env.Services {
		b.service(g, s)
	}
	for _, s := range env.Stores {
		b.store(g, s)
	}
}

// reach is everything that is allowed; the rest is not.
func (b *book) reach(g *graph.Graph) {
	name := g.Environment.Name
	p := b.page(name+"/reach", "Who reaches whom in "+name, b.home(), span{words: title(name), to: name + "/index"})
	p.say(words("Every connection that is allowed, and the line of the platform file that asks for it. What is not here is denied by security groups and network policies. What the platform itself needs, such as names and probes, is below."))
	t := table{heads: []string{"from", "to", "port", "stated by"}}
	for _, c := range g.Reach() {
		t.row(b.to(g, c.From), b.to(g, c.To), words(fmt.Sprint(c.Port)), typed(c.Edge.Key))
	}
	p.addTable(t)
	p.under("The platform's own")
	t = table{heads: []string{"from", "to", "port", "why"}}
	for _, o := range g.Platform() {
		t.row(b.to(g, o.From), b.to(g, o.To), words(fmt.Sprint(o.Port)), words(o.Why))
	}
	p.addTable(t)
}

// recovery is the order in which everything comes back.
func (b *book) recovery(g *graph.Graph) {
	name := g.Environment.Name
	p := b.page(name+"/recovery", "Recovery of "+name, b.home(), span{words: title(name), to: name + "/index"})
	p.say(words("After everything was lost, things come back in these waves: what a wave needs is in the waves before it. The most urgent tier comes first, with what it cannot go on without."))
	t := table{heads: []string{"wave", "what", "tier", "may lose", "may be away", "last copy at most", "team"}}
	for i, wave := range g.Restore() {
		for _, a := range wave {
			thing, _ := g.Thing(a)
			target, ok := b.platform.Recovery.Target(thing.Tier)
			lose, away := "not stated", "not stated"
			if ok && thing.Tier != 0 {
				lose, away = period(target.RPO), period(target.RTO)
			}
			last := ""
			if s, ok := g.Environment.Store(a.Name); ok && a.Kind == addr.Store {
				last = "no copies"
				if s.Backup.Every > 0 {
					last = period(s.Backup.Every) + " old"
				}
			}
			t.row(words(fmt.Sprint(i+1)), b.to(g, a), words(tier(thing.Tier)), words(lose), words(away), words(last), words(thing.Team))
		}
	}
	p.addTable(t)
	p.under("Steps")
	steps := list{
		words("Say who leads, and open the incident."),
		words("Decide: is it the zone, the environment or the region that is lost? A zone comes back by itself; do not restore over data that is there."),
	}
	if b.platform.Recovery.Region != "" {
		steps = append(steps, words("For the region: promote the copies of stores in "+b.platform.Recovery.Region+", scale the clusters of the recovery region up, then move the names."))
	}
	steps = append(steps,
		words("Restore the stores wave by wave; the page of each says how. Compare the time of the copy with what may be lost."),
		words("Start the services wave by wave, and wait until a wave is ready before the next."),
		words("Measure: note when every wave was back. The figures belong to the next drill."),
	)
	p.add(steps)
	p.say(words("Try it before it is needed:"))
	p.shell("paddock graph order --restore --env "+name, "paddock drill restore --help")
}

// to is a link to the page of a thing, or its address.
func (b *book) to(g *graph.Graph, a addr.Address) text {
	_, ok := g.Thing(a)
	switch {
	case ok && a.Kind == addr.Service:
		return link(g.Environment.Name+"/services/"+a.Name, a.Name)
	case ok && a.Kind == addr.Store:
		return link(g.Environment.Name+"/stores/"+a.Name, a.Name)
	}
	return words(a.String())
}

func service(name string) addr.Address { return addr.Address{Kind: addr.Service, Name: name} }
func store(name string) addr.Address   { return addr.Address{Kind: addr.Store, Name: name} }

func title(env string) string { return "Environment " + env }

func tier(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func first(all []string) string {
	if len(all) == 0 {
		return "one"
	}
	return all[0]
}

func objective(o model.Objective) string {
	var parts []string
	if o.Availability != "" {
		parts = append(parts, o.Availability+" % available")
	}
	for _, l := range []struct {
		name string
		d    time.Duration
	}{{"p50", o.LatencyP50}, {"p95", o.LatencyP95}, {"p99", o.LatencyP99}} {
		if l.d > 0 {
			parts = append(parts, l.name+" "+l.d.String())
		}
	}
	if o.Freshness > 0 {
		parts = append(parts, "data at most "+period(o.Freshness)+" old")
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func nodes(s model.Store) string {
	if s.Nodes == 0 {
		return ""
	}
	text := fmt.Sprint(s.Nodes)
	if s.Replicas > 0 {
		text += fmt.Sprintf(" with %s each", count(s.Replicas, "replica"))
	}
	return text
}

func copies(s model.Store) string {
	if s.Backup.Every == 0 {
		return "none"
	}
	return fmt.Sprintf("every %s, kept %s", period(s.Backup.Every), period(s.Backup.Keep))
}

// period is a duration as the platform file writes it.
func period(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

package diagram

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// Delivery is the way of a change: from a branch through one build, below it the
// short lane for repairs, and at the bottom every environment with its gates.
func Delivery(p *model.Platform) Diagram {
	d := delivery{p: p, d: Diagram{
		Title:    "How " + title(p.Name) + " is delivered",
		Subtitle: "Built once, the same image everywhere; red is the way of repairs and of what turned out bad",
	}}
	d.branches()
	first := d.hotfix()
	d.path(1 + first)
	return d.d
}

type delivery struct {
	p *model.Platform
	d Diagram
	// column is the last one that was used; last is the node there, if another
	// one follows it.
	column int
	last   string
	// repair is where the short lane ends.
	repair string
}

// add puts a node behind the last one.
func (d *delivery) add(n Node, line Line) {
	d.column++
	n.Column = d.column
	d.d.Nodes = append(d.d.Nodes, n)
	if d.last != "" {
		d.d.Edges = append(d.d.Edges, Edge{From: d.last, To: n.ID, Line: line})
	}
	d.last = n.ID
}

func (d *delivery) branches() {
	d.d.Groups = append(d.d.Groups, Group{ID: "git", Title: "Git", Detail: d.p.Delivery.Hosting}, Group{ID: "build", Title: "Built once", Detail: d.p.Delivery.Engine})
	d.add(Node{ID: "feature", Title: "feature/*", Detail: "reviewed", Shape: Card, Group: "git", Tone: 9}, Solid)
	if d.p.Delivery.Branching == model.Gitflow {
		d.add(Node{ID: "develop", Title: "develop", Detail: "then release/*", Shape: Card, Group: "git", Tone: 9}, Solid)
	}
	d.add(Node{ID: "branch", Title: d.p.Delivery.Branch, Detail: "a push is a release", Shape: Card, Group: "git", Tone: 9}, Solid)
	d.add(Node{ID: "image", Title: "build", Detail: "test, image, SBOM", Shape: Card, Group: "build", Tone: 2}, Solid)
	d.add(Node{ID: "release", Title: "release", Detail: "image + config", Shape: Card, Group: "build", Tone: 2, Strong: true}, Solid)
}

// hotfix is the short lane; it returns how many lanes it takes.
func (d *delivery) hotfix() int {
	h := d.p.Delivery.Hotfix
	if h == nil {
		return 0
	}
	detail := "merged back before the next release"
	if len(h.Skip) > 0 {
		detail = "skips " + strings.Join(h.Skip, ", ") + "; " + detail
	}
	d.d.Groups = append(d.d.Groups, Group{ID: "hotfix", Title: "Hotfix", Detail: detail, Lane: 1})
	release := d.last
	d.column, d.last = 1, ""
	d.add(Node{ID: "hotfix/branch", Title: "hotfix/*", Detail: "from production's tag", Shape: Card, Group: "hotfix", Tone: 6}, Hot)
	d.add(Node{ID: "hotfix/build", Title: "build", Detail: "test, image, SBOM", Shape: Card, Group: "hotfix", Tone: 6}, Hot)
	if h.Approve.Count > 0 && len(h.Approve.From) > 0 {
		d.add(Node{ID: "hotfix/gate", Title: approvals(h.Approve), Detail: "approve", Shape: Gate, Group: "hotfix"}, Hot)
	}
	d.repair, d.last = d.last, release
	return 1
}

// path are the environments in order.
func (d *delivery) path(lane int) {
	release := d.last
	d.column, d.last = 0, ""
	first := ""
	for _, name := range d.p.Delivery.Path {
		env, ok := d.p.Environment(name)
		if !ok {
			continue
		}
		group := "env/" + name
		d.d.Groups = append(d.d.Groups, Group{ID: group, Title: name, Detail: string(env.Stage), Lane: lane})
		entry := "" // for repairs, which have had their approval
		add := func(n Node) {
			n.Group = group
			d.add(n, Solid)
			if first == "" {
				first = n.ID
			}
			if entry == "" && n.Shape != Gate {
				entry = n.ID
			}
		}
		if env.Approve.Count > 0 && len(env.Approve.From) > 0 {
			add(Node{ID: group + "/gate", Title: approvals(env.Approve), Detail: "approve", Shape: Gate})
		}
		canary := env.Stage == model.Production && len(d.p.Delivery.Canary) > 0
		if canary {
			add(Node{ID: group + "/canary", Title: "canary " + steps(d.p.Delivery.Canary), Detail: bake(d.p.Delivery.Bake), Shape: Card, Tone: 3})
		}
		add(Node{ID: group + "/runs", Title: "all services", Detail: hours(env), Shape: Card, Tone: 1})
		if canary {
			warm := "image + config"
			if d.p.Delivery.KeepWarm > 0 {
				warm = "kept warm " + short(d.p.Delivery.KeepWarm)
			}
			d.d.Nodes = append(d.d.Nodes, Node{ID: group + "/before", Title: "release before", Detail: warm, Shape: Card, Tone: 6, Group: group, Column: d.column})
			d.d.Edges = append(d.d.Edges, Edge{From: group + "/canary", To: group + "/before", Line: Hot, Label: "bad"})
		}
		d.repairs(name, entry)
	}
	if first != "" {
		d.d.Edges = append(d.d.Edges, Edge{From: release, To: first, Line: Solid, Fold: true})
	}
}

// repairs leads the short lane into an environment: from the lane above it into
// the first one, else past whatever does not concern it.
func (d *delivery) repairs(name, entry string) {
	h := d.p.Delivery.Hotfix
	if h == nil || slices.Contains(h.Skip, name) || d.repair == "" {
		return
	}
	e := Edge{From: d.repair, To: entry, Line: Hot, Fold: true}
	if strings.HasPrefix(d.repair, "env/") {
		e.Fold, e.Back = false, true
	}
	direct := slices.ContainsFunc(d.d.Edges, func(o Edge) bool { return o.From == d.repair && o.To == entry })
	if !direct {
		d.d.Edges = append(d.d.Edges, e)
	}
	d.repair = entry // below it the lane is free
}

func approvals(a model.Approve) string {
	return fmt.Sprintf("%d of %s", a.Count, strings.Join(a.From, ", "))
}

func steps(canary []int) string {
	var parts []string
	for _, s := range canary {
		parts = append(parts, fmt.Sprintf("%d%%", s))
	}
	return strings.Join(parts, ", ")
}

func bake(d time.Duration) string {
	if d <= 0 {
		return "judged at each step"
	}
	return "judged, " + short(d) + " a step"
}

func hours(env model.Environment) string {
	if env.Hours == nil {
		return "always up"
	}
	days, _, _ := strings.Cut(env.Hours.String(), " ")
	return fmt.Sprintf("%s %02d:%02d-%02d:%02d", days, env.Hours.From/60, env.Hours.From%60, env.Hours.To/60, env.Hours.To%60)
}

// short is a duration without its zero parts: 1h, not 1h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Package handbook writes down what a platform is, for the people who run it:
// a page for every environment, service and store, the address plan, who may do
// what, what is kept for how long, and in which order everything comes back. All
// of it follows from the model, so it cannot be older than the file. It knows
// what people look for at three in the morning, and refuses to know anything
// that only a running system can tell.
package handbook

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"paddock.dev/internal/diagram"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// root is the folder of all files.
const root = "handbook/"

// Files are the pages as Markdown and as HTML, with their pictures. The graphs
// are in the order of the platform's environments.
func Files(p *model.Platform, graphs []*graph.Graph, plan *address.Plan) ([]emit.File, error) {
	b := &book{platform: p, graphs: graphs, addresses: plan, machines: map[owner][]address.Node{}}
	for _, n := range plan.Nodes {
		of := owner{n.Environment, n.Store}
		b.machines[of] = append(b.machines[of], n)
	}
	b.index()
	b.network()
	b.access()
	b.registers()
	for _, g := range graphs {
		b.environment(g)
	}
	if err := b.paint(); err != nil {
		return nil, err
	}
	var files []emit.File
	for _, page := range b.pages {
		files = append(files,
			emit.File{Path: root + page.path + ".md", Data: markdown(page)},
			emit.File{Path: root + page.path + ".html", Data: htmlPage(page)})
		for _, x := range page.blocks {
			if pic, ok := x.(picture); ok {
				files = append(files, emit.File{Path: root + beside(page, pic.file), Data: pic.svg})
			}
		}
	}
	slices.SortFunc(files, func(a, b emit.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// book is the handbook in the making.
type book struct {
	platform  *model.Platform
	graphs    []*graph.Graph
	addresses *address.Plan
	machines  map[owner][]address.Node
	pages     []*page
	drawings  []drawing
}

// owner is a store in an environment.
type owner struct{ environment, store string }

// A page shows so much of what is around a thing: more is no help to its reader,
// and the handbook would grow with the square of the platform.
const (
	// boxes on a side of a picture.
	boxes = 20
	// whole is how many services and stores a picture of all of them may have.
	whole = 60
	// nearest are the services and stores that break with a thing.
	nearest = 25
)

// drawing is a picture that is still to be drawn.
type drawing struct {
	page  *page
	block int
	of    diagram.Diagram
}

// page begins a page below others.
func (b *book) page(path, title string, trail ...span) *page {
	p := &page{path: path, title: title, trail: trail}
	b.pages = append(b.pages, p)
	return p
}

// home is where every trail begins.
func (b *book) home() span { return span{words: b.platform.Name, to: "index"} }

// draw adds a diagram.
func (b *book) draw(p *page, file string, d diagram.Diagram) {
	if len(d.Nodes) == 0 {
		return
	}
	b.drawings = append(b.drawings, drawing{p, len(p.blocks), d})
	p.add(picture{file: file, alt: d.Title})
}

// paint makes all pictures. They are most of the work, and none needs another.
func (b *book) paint() error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, d := range b.drawings {
		group.Go(func() error {
			var out bytes.Buffer
			if err := diagram.SVG(&out, diagram.Draw(d.of)); err != nil {
				return fmt.Errorf("draw %s: %w", d.page.path, err)
			}
			pic := d.page.blocks[d.block].(picture)
			pic.svg = out.Bytes()
			d.page.blocks[d.block] = pic
			return nil
		})
	}
	return group.Wait()
}

// index is the first page: what there is, and where to find it.
func (b *book) index() {
	pl := b.platform
	p := b.page("index", "Handbook of "+pl.Name)
	p.say(words(fmt.Sprintf("%s runs at %s in %s", pl.Name, or(pl.Domain, "no public domain"), pl.Cloud.Region)), recovery(pl), words("."))
	b.draw(p, "delivery.svg", diagram.Delivery(pl))
	p.under("Environments")
	t := table{heads: []string{"environment", "stage", "up", "approval", "services", "stores", "recovery"}}
	for _, g := range b.graphs {
		e := g.Environment
		t.row(link(e.Name+"/index", e.Name), words(string(e.Stage)), words(hours(e.Hours)), words(approval(e.Approve)),
			words(fmt.Sprint(len(e.Services))), words(fmt.Sprint(len(e.Stores))), link(e.Name+"/recovery", "order"))
	}
	p.addTable(t)
	p.under("For all environments")
	p.add(list{
		link("network", "Addresses: every network and subnet"),
		link("access", "Access: who may approve, who reaches what, who is called"),
		link("registers", "Registers: data by class, backups, records and how long they are kept, decisions"),
	})
	p.under("Teams")
	t = table{heads: []string{"team", "members", "manager", "on call", "channel", "mail"}}
	for _, team := range pl.Teams {
		t.row(words(team.Name), words(strings.Join(team.Members, ", ")), words(team.Manager), words(onCall(team)), words(team.Slack), words(team.Mail))
	}
	p.addTable(t)
}

func recovery(p *model.Platform) text {
	if p.Recovery.Region == "" {
		return nil
	}
	return words(", and comes back in ", p.Recovery.Region, " when that is lost")
}

func hours(h *model.Hours) string {
	if h == nil {
		return "always"
	}
	return h.String()
}

func approval(a model.Approve) string {
	if a.Count == 0 {
		return "none"
	}
	return fmt.Sprintf("%d of %s", a.Count, strings.Join(a.From, ", "))
}

func onCall(t model.Team) string {
	if t.OnCall == nil {
		return "no"
	}
	when := "always"
	if t.OnCall.Hours != nil {
		when = t.OnCall.Hours.String()
	}
	return fmt.Sprintf("%s, handed over %s", when, t.OnCall.Handover)
}

func or(s, empty string) string {
	if s == "" {
		return empty
	}
	return s
}

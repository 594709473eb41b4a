// Package render is the whole compilation of a platform for its production
// system: every part turns the same facts into files of its kind. It knows
// which parts there are and refuses to know where files go.
package render

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Input is what every part works on.
type Input struct {
	Platform *model.Platform
	// Graphs, one for each environment in the platform's order.
	Graphs    []*graph.Graph
	Addresses *address.Plan
	// Locate finds a key of the platform file, such as stores.mongo-core.
	Locate func(environment, key string) (Place, bool)

	// roots are what several parts are about; the first that asks makes them.
	roots func() []aws.Root
}

// Place is where a key of the platform file stands; lines and columns count
// from 1.
type Place struct {
	File         string
	Line, Column int
}

// Of prepares the input of a platform.
func Of(p *model.Platform, locate func(environment, key string) (Place, bool)) (Input, []address.Conflict) {
	plan, conflicts := address.Of(p)
	return Input{Platform: p, Graphs: graph.All(p), Addresses: plan, Locate: locate}, conflicts
}

// Part is one kind of output.
type Part struct {
	// Name is also the folder of its files.
	Name string
	// Short says what it is, in a few words.
	Short string
	files func(Input) ([]emit.File, error)
}

// Parts are all there are, in the order of their names.
func Parts() []Part {
	return []Part{
		{"ansible", "machines of stores: inventories, roles and playbooks", ansibleFiles},
		{"delivery", "pipelines, two Jenkins controllers, rules of branches", deliveryFiles},
		{"functions", "how the programs that Lambda runs are built", functionsFiles},
		{"handbook", "pages for the people who run it: services, stores, addresses, access, recovery", handbookFiles},
		{"jira", "the project in which work is planned, as requests to Jira", ticketFiles},
		{"kubernetes", "objects of every cluster, with kustomizations", kubernetesFiles},
		{"observability", "rules, routes, dashboards, log and trace pipelines", observabilityFiles},
		{"terraform", "infrastructure: one root for each account, region and layer", terraformFiles},
	}
}

// Files renders all parts, or those whose folders are among the names, on all
// cores. The result is in the order of the paths; the same input gives the same
// bytes.
func Files(in Input, wanted func(part string) bool) ([]emit.File, error) {
	in.roots = sync.OnceValue(func() []aws.Root { return aws.Roots(in.target()) })
	parts := Parts()
	rendered := make([][]emit.File, len(parts))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range parts {
		if wanted != nil && !wanted(p.Name) {
			continue
		}
		group.Go(func() (err error) {
			rendered[i], err = p.render(in)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(rendered...)
	slices.SortFunc(all, func(a, b emit.File) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

func (p Part) render(in Input) ([]emit.File, error) {
	files, err := p.files(in)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", p.Name, err)
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, p.Name+"/") {
			return nil, fmt.Errorf("render %s: %s is outside its folder", p.Name, f.Path)
		}
	}
	return files, nil
}

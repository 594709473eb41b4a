// Package terraform writes the roots of package compile/aws as Terraform
// configuration, beside the modules that they instantiate. The modules are
// ordinary HCL, written and reviewed by people, in the folder modules. It knows
// how HCL is written and refuses to know why something is needed.
package terraform

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/emit"
)

//go:embed all:modules
var modules embed.FS

// Place is where a key of the platform file stands.
type Place struct {
	File string `json:"file"`
	// Line and Column count from 1, columns in characters.
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Options are what the files need beside the roots.
type Options struct {
	// Platform is the name of the platform.
	Platform string
	// Accounts by name; an account without an id gets a variable.
	Accounts map[string]string
	// Tags that every resource carries.
	Tags aws.Args
	// State is the region of the state buckets.
	StateRegion string
	// Locate finds a key of the platform file.
	Locate func(aws.Origin) (Place, bool)
}

// Files are all files below terraform/, in the order of their paths.
func Files(roots []aws.Root, o Options) ([]emit.File, error) {
	used := map[string]bool{}
	sources := map[string][]mapped{}
	written := make([][]emit.File, len(roots))
	var group errgroup.Group // most of the time is hclwrite's, and no root needs another
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, r := range roots {
		for _, m := range r.Modules {
			used[m.Source] = true
		}
		w := writer{options: o}
		sources[Dir(r)] = w.mapped(r)
		group.Go(func() error {
			written[i] = w.root(r)
			return nil
		})
	}
	_ = group.Wait()
	files := slices.Concat(written...)
	for name := range within(used) {
		copied, err := module(name)
		if err != nil {
			return nil, err
		}
		files = append(files, copied...)
	}
	index, err := json.MarshalIndent(sources, "", "  ")
	if err != nil {
		return nil, err
	}
	files = append(files, emit.File{Path: "terraform/sourcemap.json", Data: append(index, '\n')})
	order, err := json.MarshalIndent(listed(roots), "", "  ")
	if err != nil {
		return nil, err
	}
	files = append(files, emit.File{Path: "terraform/roots.json", Data: append(order, '\n')})
	slices.SortFunc(files, func(a, b emit.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

func (w *writer) root(r aws.Root) []emit.File {
	dir := Dir(r)
	files := []emit.File{
		{Path: path.Join(dir, "main.tf"), Data: format(w.main(r))},
		{Path: path.Join(dir, "providers.tf"), Data: format(w.providers(r))},
		{Path: path.Join(dir, "versions.tf"), Data: format(w.versions(r))},
	}
	if len(r.Lookups) > 0 {
		files = append(files, emit.File{Path: path.Join(dir, "lookups.tf"), Data: format(w.lookups(r))})
	}
	return files
}

// rootList is terraform/roots.json: what is applied in which order.
type rootList struct {
	Roots []rootEntry `json:"roots"`
}

type rootEntry struct {
	Dir     string `json:"dir"`
	Scope   string `json:"scope"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Layer   string `json:"layer"`
	// Order within the layer.
	Order int `json:"order"`
}

func listed(roots []aws.Root) rootList {
	list := rootList{Roots: []rootEntry{}}
	for _, r := range roots {
		list.Roots = append(list.Roots, rootEntry{Dir(r), cmp.Or(r.Scope, r.Account), r.Account, r.Region, string(r.Layer), r.Order})
	}
	return list
}

// Dir is the folder of a root: terraform/prod/ap-south-1/30-data.
func Dir(r aws.Root) string {
	return path.Join("terraform", cmp.Or(r.Scope, r.Account), r.Region, string(r.Layer))
}

// Modules are the names of all modules, sorted.
func Modules() []string {
	entries, err := modules.ReadDir("modules")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// module is the files of one module; its tests stay at home.
func module(name string) ([]emit.File, error) {
	var files []emit.File
	root := path.Join("modules", name)
	err := fs.WalkDir(modules, root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := modules.ReadFile(p)
		if err != nil {
			return err
		}
		files = append(files, emit.File{Path: path.Join("terraform", p), Data: data})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("module %s: %w", name, err)
	}
	return files, nil
}

var nested = regexp.MustCompile(`source\s*=\s*"\.\./([a-z0-9-]+)"`)

// within adds the modules that modules use.
func within(used map[string]bool) map[string]bool {
	all := map[string]bool{}
	var add func(string)
	add = func(name string) {
		if all[name] {
			return
		}
		all[name] = true
		files, err := module(name)
		if err != nil {
			return // reported when it is copied
		}
		for _, f := range files {
			for _, m := range nested.FindAllSubmatch(f.Data, -1) {
				add(string(m[1]))
			}
		}
	}
	for name := range used {
		add(name)
	}
	return all
}

// mapped is one entry of the source map: where a module call comes from.
type mapped struct {
	Address string   `json:"address"`
	Keys    []string `json:"keys"`
	Places  []Place  `json:"places,omitempty"`
}

func (w *writer) mapped(r aws.Root) []mapped {
	var all []mapped
	for _, m := range r.Modules {
		e := mapped{Address: "module." + m.Name}
		for _, from := range m.From {
			e.Keys = append(e.Keys, from.Key)
			if w.options.Locate == nil {
				continue
			}
			if at, ok := w.options.Locate(from); ok {
				e.Places = append(e.Places, at)
			}
		}
		all = append(all, e)
	}
	return all
}

func format(b *bytes.Buffer) []byte { return hclFormat(b.Bytes()) }

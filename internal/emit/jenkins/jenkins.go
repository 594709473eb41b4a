// Package jenkins writes how releases travel on the production system: two
// controllers of Jenkins as code, one pipeline for each service, the pipelines of
// Terraform and Ansible, and the rules of the git host. Environments, approvals,
// freezes and canary steps come from the platform file. It knows the syntax of
// Jenkins and GitHub, and refuses to know how anything is built inside.
//
// The two controllers share nothing: the one that runs what developers push has
// no way to production. What passes the last environment before production gets
// a signed statement on its digest; the other controller wants to see it.
package jenkins

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"paddock.dev/internal/emit"
	"paddock.dev/internal/model"
)

// folder of all files.
const folder = "delivery"

//go:embed scripts templates
var sources embed.FS

// Files are all files below delivery/. The registry is the host that images are
// pushed to; tool gives the host of a tool of a tier.
func Files(p *model.Platform, registry string, tool func(tool, tier string) string) ([]emit.File, error) {
	d := &delivery{platform: p, registry: registry, tool: tool}
	steps := []func() error{d.scripts, d.windows, d.controllers, d.services, d.infrastructure, d.hosting}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(d.files, func(a, b emit.File) int { return strings.Compare(a.Path, b.Path) })
	return d.files, nil
}

type delivery struct {
	platform *model.Platform
	registry string
	tool     func(tool, tier string) string
	files    []emit.File
}

func (d *delivery) add(name string, data []byte) {
	d.files = append(d.files, emit.File{Path: path.Join(folder, name), Data: data})
}

func (d *delivery) addJSON(name string, value any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return err
	}
	d.add(name, b.Bytes())
	return nil
}

// fill writes a template. Values get into Groovy and YAML by quote alone.
func (d *delivery) fill(name, source string, data any) error {
	t, err := template.New(path.Base(source)).Funcs(template.FuncMap{"quote": quote, "join": strings.Join}).ParseFS(sources, "templates/"+source)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	d.add(name, b.Bytes())
	return nil
}

// quote is a text in single quotes, in which Groovy replaces nothing.
func quote(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'", "\n", "\\n", "\r", "\\r").Replace(s) + "'"
}

// scripts are what the pipelines run, so that people can run it, too.
func (d *delivery) scripts() error {
	return fs.WalkDir(sources, "scripts", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := sources.ReadFile(p)
		if err != nil {
			return err
		}
		d.files = append(d.files, emit.File{Path: path.Join(folder, p), Data: data, Executable: true})
		return nil
	})
}

// windows are when releases may enter, as scripts/window.sh reads it.
func (d *delivery) windows() error {
	for _, e := range d.platform.Environments {
		var b strings.Builder
		b.WriteString("# When releases may enter " + e.Name + "; read by scripts/window.sh.\n")
		for _, h := range e.Changes {
			var days []string
			for i := range 7 {
				if h.Days[(i+1)%7] {
					days = append(days, fmt.Sprint(i+1))
				}
			}
			fmt.Fprintf(&b, "open %s %s %s %s\n", h.Zone, strings.Join(days, ","), clock(h.From), clock(h.To))
		}
		for _, w := range e.Freeze {
			switch {
			case w.Days != nil:
				fmt.Fprintf(&b, "closed %s %s %s\n", w.Zone, w.Days.From, w.Days.To)
			case w.Weekly != nil:
				fmt.Fprintf(&b, "weekly %s %d %s %d %s\n", w.Zone, weekday(w.Weekly.From), clock(w.Weekly.From.Minute), weekday(w.Weekly.To), clock(w.Weekly.To.Minute))
			}
		}
		d.add("windows/"+e.Name, []byte(b.String()))
	}
	return nil
}

// weekday counts from Monday, 1, as date +%u does.
func weekday(m model.Moment) int { return (int(m.Day)+6)%7 + 1 }

func clock(minute int) string { return fmt.Sprintf("%02d%02d", minute/60, minute%60) }

// tiers are the two sides of the wall.
var tiers = []string{"nonprod", "prod"}

func tierOf(e model.Environment) string {
	if e.Stage == model.Production {
		return "prod"
	}
	return "nonprod"
}

// onPath are the environments of a tier, in the order in which releases pass.
func (d *delivery) onPath(tier string) []model.Environment {
	var all []model.Environment
	for _, name := range d.platform.Delivery.Path {
		if e, ok := d.platform.Environment(name); ok && tierOf(e) == tier {
			all = append(all, e)
		}
	}
	return all
}

// account is the number of an account; the variable that has it when the file
// does not say.
func (d *delivery) account(name string) string {
	if d.platform.Accounts.Single {
		name = "shared"
	}
	for _, a := range d.platform.Accounts.IDs {
		if a.Name == name {
			return a.ID
		}
	}
	return "${ACCOUNT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "}"
}

func branch(p *model.Platform) string { return cmp.Or(p.Delivery.Branch, "main") }

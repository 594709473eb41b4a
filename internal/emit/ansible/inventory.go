package ansible

import (
	"fmt"
	"path"
	"slices"
	"strings"

	compiled "paddock.dev/internal/compile/ansible"
	"paddock.dev/internal/emit"
)

// inventory is the files of one environment: how machines are found, which ones
// there will be, and what their roles are told.
func inventory(inv compiled.Inventory) []emit.File {
	dir := path.Join(folder, "inventory", inv.Name)
	files := []emit.File{{Path: path.Join(dir, "hosts.yml"), Data: static(inv)}}
	for _, f := range finders(inv) {
		files = append(files, emit.File{Path: path.Join(dir, f.name), Data: f.page(inv)})
	}
	for _, g := range inv.Groups {
		p := newPage(g.About)
		if len(g.Vars) == 0 {
			continue
		}
		p.vars(g.Vars, 0)
		files = append(files, emit.File{Path: path.Join(dir, "group_vars", g.Name+".yml"), Data: p.Bytes()})
	}
	return files
}

// finder finds machines that run, by their tags.
type finder struct {
	name, about string
	kinds       []compiled.Kind
	filters     compiled.Vars
	// named says how a machine is called.
	named string
}

// finders of an inventory. Machines of stores are called by their tag Name, as
// they are planned. Those of services come and go and share one, so that the
// machine's id is part of theirs.
func finders(inv compiled.Inventory) []finder {
	var stores, others []compiled.Kind
	for _, k := range inv.Kinds {
		if k == compiled.LegacyApp || k == compiled.Jenkins {
			others = append(others, k)
		} else {
			stores = append(stores, k)
		}
	}
	var list []finder
	if len(stores) > 0 {
		list = append(list, finder{
			name: "aws_ec2.yml", about: "The machines of stores in " + inv.Name, kinds: stores, named: "  - tag:Name\n",
			filters: compiled.Vars{{Name: "tag:paddock:env", Value: inv.Name}, {Name: "tag-key", Value: "paddock:store"}},
		})
	}
	for _, k := range others {
		f := finder{
			name: "services.aws_ec2.yml", about: "The machines of services in " + inv.Name, kinds: []compiled.Kind{k},
			named:   "  - name: instance-id\n    prefix: tag:Name\n    separator: \"-\"\n",
			filters: compiled.Vars{{Name: "tag:paddock:role", Value: string(k)}},
		}
		if k == compiled.Jenkins {
			f.name, f.about = "aws_ec2.yml", "The controllers of Jenkins"
		} else {
			f.filters = append(compiled.Vars{{Name: "tag:paddock:env", Value: inv.Name}}, f.filters...)
		}
		list = append(list, f)
	}
	return list
}

// page is the configuration of the plugin. Both inventories put a machine of a
// store into the same groups.
func (f finder) page(inv compiled.Inventory) []byte {
	p := newPage(f.about+" that run now, found by their tags. Run it with", "credentials of the account "+inv.Account+".")
	p.WriteString("plugin: amazon.aws.aws_ec2\nregions:\n")
	for _, r := range inv.Regions {
		p.WriteString("  - " + r + "\n")
	}
	p.WriteString("filters:\n")
	for _, v := range f.filters {
		p.WriteString("  " + v.Name + ": " + scalar(v.Value) + "\n")
	}
	p.WriteString("  instance-state-name: running\nhostnames:\n" + f.named)
	p.WriteString(`compose:
  ansible_aws_ssm_instance_id: instance_id
`)
	if slices.Contains(f.kinds, compiled.Jenkins) {
		p.WriteString("  jenkins_tier: tags['paddock:env']\n")
	}
	p.WriteString(`  paddock_address: private_ip_address
  paddock_index: (tags['paddock:index'] | default('0')) | int
  paddock_instance: instance_id
  paddock_region: placement.region
  paddock_role: tags['paddock:role']
  paddock_store: tags['paddock:store'] | default('')
  paddock_zone: tags['paddock:az'] | default('')
groups:
`)
	for _, k := range f.kinds {
		fmt.Fprintf(p, "  %s: tags['paddock:role'] in ['%s']\n", k, strings.Join(roles(k), "', '"))
	}
	fmt.Fprintf(p, "  recovery: placement.region != '%s'\nkeyed_groups:\n", inv.Regions[0])
	keyed := func(prefix, key string) { fmt.Fprintf(p, "  - prefix: %s\n    key: %s\n", prefix, key) }
	keyed("role", "tags['paddock:role']")
	if slices.Contains(f.kinds, compiled.LegacyApp) {
		keyed("service", "tags['paddock:service'] | replace('-', '_')")
	}
	if f.filters[len(f.filters)-1].Value == "paddock:store" {
		keyed("az", "tags['paddock:az']")
		keyed("store", "tags['paddock:store'] | replace('-', '_')")
		keyed("cluster", "tags['paddock:cluster'] | replace('-', '_') ~ ('' if placement.region == '"+inv.Regions[0]+"' else '_recovery')")
	}
	p.WriteString("strict: true\n")
	return p.Bytes()
}

// roles are the values of the role tag of a kind.
func roles(k compiled.Kind) []string {
	switch k {
	case compiled.MongoDB:
		return []string{"member"}
	case compiled.Kafka:
		return []string{"broker", "controller"}
	case compiled.SingleStore:
		return []string{"aggregator", "leaf"}
	}
	return []string{string(k)}
}

// static is the same from the plan of addresses, for reading and for checks
// without an account. It says nothing about how to connect.
func static(inv compiled.Inventory) []byte {
	p := newPage("The machines of "+inv.Name+" as they are planned: names, groups and fixed addresses. It is for", "reading and for checks without an account; plays run with aws_ec2.yml beside it.")
	p.WriteString("all:\n")
	if len(inv.Hosts) > 0 {
		p.WriteString("  hosts:\n")
		for _, h := range inv.Hosts {
			p.WriteString("    " + h.Name + ":\n")
			p.vars(h.Vars, 3)
		}
	}
	members := map[string][]string{}
	for _, h := range inv.Hosts {
		for _, g := range h.Groups {
			members[g] = append(members[g], h.Name)
		}
	}
	for _, k := range inv.Kinds {
		if members[string(k)] == nil {
			members[string(k)] = []string{}
		}
	}
	for _, g := range inv.Groups {
		if members[g.Name] == nil && g.Name != "all" {
			members[g.Name] = []string{}
		}
	}
	var groups []string
	for g := range members {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	p.WriteString("  children:\n")
	for _, g := range groups {
		if len(members[g]) == 0 {
			p.WriteString("    " + g + ": {}\n")
			continue
		}
		p.WriteString("    " + g + ":\n      hosts:\n        " + strings.Join(members[g], ": {}\n        ") + ": {}\n")
	}
	return p.Bytes()
}

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
	files := []emit.File{
		{Path: path.Join(dir, "aws_ec2.yml"), Data: dynamic(inv)},
		{Path: path.Join(dir, "hosts.yml"), Data: static(inv)},
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

// dynamic finds the machines that run, by their tags. Both inventories give a
// machine the same name and the same groups.
func dynamic(inv compiled.Inventory) []byte {
	p := newPage("The machines of "+inv.Name+" that run now, found by their tags. Run it with credentials of", "the account "+inv.Account+".")
	p.WriteString("plugin: amazon.aws.aws_ec2\nregions:\n")
	for _, r := range inv.Regions {
		p.WriteString("  - " + r + "\n")
	}
	p.WriteString("filters:\n")
	if inv.Name == inv.Account && inv.Name == "shared" {
		p.WriteString("  tag:paddock:role: jenkins\n")
	} else {
		p.WriteString("  tag:paddock:env: " + quote(inv.Name) + "\n  tag-key: paddock:role\n")
	}
	p.WriteString(`  instance-state-name: running
hostnames:
  - tag:Name
compose:
  ansible_aws_ssm_instance_id: instance_id
  paddock_address: private_ip_address
  paddock_index: (tags['paddock:index'] | default('0')) | int
  paddock_instance: instance_id
  paddock_region: placement.region
  paddock_role: tags['paddock:role']
  paddock_store: tags['paddock:store'] | default('')
  paddock_zone: tags['paddock:az'] | default('')
groups:
`)
	for _, k := range inv.Kinds {
		roles := ""
		switch k {
		case compiled.MongoDB:
			roles = "member"
		case compiled.Kafka:
			roles = "broker', 'controller"
		case compiled.SingleStore:
			roles = "aggregator', 'leaf"
		default:
			roles = string(k)
		}
		fmt.Fprintf(p, "  %s: tags['paddock:role'] in ['%s']\n", k, roles)
	}
	fmt.Fprintf(p, "  recovery: placement.region != %s\n", "'"+inv.Regions[0]+"'")
	fmt.Fprintf(p, `keyed_groups:
  - prefix: role
    key: tags['paddock:role']
  - prefix: az
    key: tags['paddock:az'] | default('none')
  - prefix: store
    key: (tags['paddock:store'] | default('none')) | replace('-', '_')
  - prefix: service
    key: (tags['paddock:service'] | default('none')) | replace('-', '_')
  - prefix: cluster
    key: (tags['paddock:cluster'] | default('none')) | replace('-', '_') ~ ('' if placement.region == '%s' else '_recovery')
strict: true
`, inv.Regions[0])
	return p.Bytes()
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

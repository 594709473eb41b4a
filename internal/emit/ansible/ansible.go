// Package ansible writes an Ansible project: inventories and variables from
// what package compile/ansible says, beside roles and playbooks that people
// write and review, in the folders roles and playbooks. It knows how Ansible
// finds things and refuses to know why a host is there.
package ansible

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	compiled "paddock.dev/internal/compile/ansible"
	"paddock.dev/internal/emit"
)

//go:embed all:roles all:playbooks all:project
var sources embed.FS

// folder of everything that is written here.
const folder = "ansible"

// everywhere are the roles that every machine has, whatever it runs.
var everywhere = []string{"artifact", "base", "os_patch", "pki", "secrets"}

// with are the roles that a kind needs beside its own.
var with = map[compiled.Kind][]string{
	compiled.MongoDB:     {"ebs_volume"},
	compiled.ZooKeeper:   {"ebs_volume"},
	compiled.Kafka:       {"ebs_volume"},
	compiled.SingleStore: {"ebs_volume"},
	compiled.Jenkins:     {"ebs_volume"},
}

// Files are all files below ansible/, in the order of their paths. A platform
// without machines has none.
func Files(p compiled.Project) ([]emit.File, error) {
	if len(p.Kinds) == 0 {
		return nil, nil
	}
	files, err := copied(p)
	if err != nil {
		return nil, err
	}
	files = append(files, emit.File{Path: path.Join(folder, "site.yml"), Data: site(p)})
	for _, inv := range p.Inventories {
		files = append(files, inventory(inv)...)
	}
	slices.SortFunc(files, func(a, b emit.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// copied are the files that are the same for every platform that needs them.
func copied(p compiled.Project) ([]emit.File, error) {
	wanted := map[string]bool{}
	for _, r := range everywhere {
		wanted["roles/"+r] = true
	}
	for _, k := range p.Kinds {
		wanted["roles/"+string(k)], wanted["playbooks/"+string(k)] = true, true
		for _, r := range with[k] {
			wanted["roles/"+r] = true
		}
	}
	var files []emit.File
	err := fs.WalkDir(sources, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		top, rest, _ := strings.Cut(name, "/")
		to := name
		switch first, _, nested := strings.Cut(rest, "/"); {
		case top == "project":
			to = rest
		case nested && !wanted[top+"/"+first]:
			return nil
		}
		data, err := sources.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		files = append(files, emit.File{Path: path.Join(folder, to), Data: data})
		return nil
	})
	return files, err
}

// site brings everything into its state, what others need first.
func site(p compiled.Project) []byte {
	b := newPage("Everything, what others need first. Nothing restarts two nodes of a quorum at", "once: every playbook below takes its hosts by turns.")
	b.WriteString("- name: Configure what every machine has\n  import_playbook: playbooks/base.yml\n")
	for _, k := range p.Kinds {
		if k == compiled.LegacyApp {
			continue // a release has a digest, which its pipeline gives
		}
		fmt.Fprintf(b, "\n- name: Deploy %s\n  import_playbook: playbooks/%s/deploy.yml\n", titles[k], k)
	}
	return b.Bytes()
}

// titles are the kinds as people write them.
var titles = map[compiled.Kind]string{
	compiled.MongoDB: "MongoDB", compiled.ZooKeeper: "ZooKeeper", compiled.Kafka: "Kafka",
	compiled.SingleStore: "SingleStore", compiled.LegacyApp: "services on machines", compiled.Jenkins: "Jenkins",
}

package ansible_test

import (
	"bytes"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"paddock.dev/internal/emit"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
	"paddock.dev/internal/render"
	"paddock.dev/internal/spec"
)

// platform is the example, changed by edit.
func platform(t *testing.T, edit func(*model.Platform)) *model.Platform {
	t.Helper()
	f, problems := spec.LoadFile("../../../examples/kestrel/platform.yaml")
	if f == nil {
		t.Fatal(problems)
	}
	if edit != nil {
		edit(f.Platform)
	}
	return f.Platform
}

// rendered is the project of a platform by path.
func rendered(t *testing.T, p *model.Platform) map[string]string {
	t.Helper()
	in, conflicts := render.Of(p, nil)
	if len(conflicts) > 0 {
		t.Fatal(conflicts)
	}
	files, err := render.Files(in, func(part string) bool { return part == "ansible" })
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		all[f.Path] = string(f.Data)
	}
	if len(all) < 100 {
		t.Fatalf("%d files; the project is not there", len(all))
	}
	return all
}

// tree is a YAML file as Go values.
func tree(t *testing.T, files map[string]string, name string) any {
	t.Helper()
	data, ok := files[name]
	if !ok {
		t.Fatalf("%s is not rendered", name)
	}
	var v any
	if err := yaml.Unmarshal([]byte(data), &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func group(t *testing.T, files map[string]string, env, name string) map[string]any {
	t.Helper()
	return tree(t, files, "ansible/inventory/"+env+"/group_vars/"+name+".yml").(map[string]any)
}

func TestEveryYAMLFileIsYAML(t *testing.T) {
	files := rendered(t, platform(t, nil))
	for name := range files {
		if strings.HasSuffix(name, ".yml") {
			tree(t, files, name)
		}
	}
}

// Playbooks and roles name roles, playbooks, task files and templates: all of
// them exist.
func TestWhatIsNamedExists(t *testing.T) {
	files := rendered(t, platform(t, nil))
	exists := func(from, name string) {
		if _, ok := files[name]; !ok {
			t.Errorf("%s names %s, which is not there", from, name)
		}
	}
	for name, data := range files {
		if !strings.HasSuffix(name, ".yml") || !strings.HasPrefix(name, "ansible/playbooks/") && !strings.HasPrefix(name, "ansible/roles/") && name != "ansible/site.yml" {
			continue
		}
		for _, m := range regexp.MustCompile(`import_playbook: (\S+)`).FindAllStringSubmatch(data, -1) {
			exists(name, path.Join("ansible", m[1]))
		}
		for _, m := range regexp.MustCompile(`- role: (\w+)`).FindAllStringSubmatch(data, -1) {
			exists(name, "ansible/roles/"+m[1]+"/tasks/main.yml")
		}
		for _, m := range regexp.MustCompile(`include_role:\n +name: (\w+)(?:\n +tasks_from: (\w+))?`).FindAllStringSubmatch(data, -1) {
			from := m[2]
			if from == "" {
				from = "main"
			}
			exists(name, "ansible/roles/"+m[1]+"/tasks/"+from+".yml")
			specs := tree(t, files, "ansible/roles/"+m[1]+"/meta/argument_specs.yml").(map[string]any)["argument_specs"].(map[string]any)
			if specs[from] == nil {
				t.Errorf("%s enters the role %s by %s, for which it has no argument_specs", name, m[1], from)
			}
		}
		if role, ok := strings.CutPrefix(name, "ansible/roles/"); ok {
			role, _, _ = strings.Cut(role, "/")
			for _, m := range regexp.MustCompile(`src: ([\w.-]+\.j2)\n`).FindAllStringSubmatch(data, -1) {
				exists(name, "ansible/roles/"+role+"/templates/"+m[1])
			}
		}
	}
}

// provided are the variables that plays get from where no file defines them:
// from Ansible, or from the inventory as it is composed.
var provided = []string{
	"ansible_facts", "ansible_managed", "ansible_check_mode", "group_names", "groups", "hostvars", "inventory_dir", "inventory_hostname", "playbook_dir",
}

var (
	registered = regexp.MustCompile(`(?m)^\s*(?:register|loop_var): (\w+)`)
	expression = regexp.MustCompile(`(?s)\{\{(.*?)\}\}|\{%(.*?)%\}`)
	text       = regexp.MustCompile(`'[^']*'|"[^"]*"`)
	variable   = regexp.MustCompile(`(?:^|[^.\w'])((?:paddock|pki|artifact|base|ebs_volume|mongodb|zookeeper|kafka|singlestore|legacy_app|jenkins|os_patch|ansible)_\w+)`)
	defined    = regexp.MustCompile(`(?m)^\s*(?:- )?((?:paddock|pki|artifact|base|ebs_volume|mongodb|zookeeper|kafka|singlestore|legacy_app|jenkins|os_patch)_\w+):`)
)

// Every variable that an expression names is an argument or a default of a role,
// is in the variables of a group, or comes from the inventory or from the tasks.
func TestEveryVariableIsDefined(t *testing.T) {
	files := rendered(t, platform(t, nil))
	known := map[string]bool{}
	for _, name := range provided {
		known[name] = true
	}
	for name, data := range files {
		if strings.HasSuffix(name, ".yml") {
			for _, m := range append(defined.FindAllStringSubmatch(data, -1), registered.FindAllStringSubmatch(data, -1)...) {
				known[m[1]] = true
			}
		}
	}
	uses := 0
	for name, data := range files {
		for _, e := range expression.FindAllStringSubmatch(data, -1) {
			for _, m := range variable.FindAllStringSubmatch(text.ReplaceAllString(e[1]+e[2], "''"), -1) {
				uses++
				if !known[m[1]] {
					t.Errorf("%s uses %s, which nothing defines", name, m[1])
				}
			}
		}
	}
	if uses < 300 {
		t.Errorf("only %d uses of variables were found; the search is wrong", uses)
	}
}

// Every argument without a default of its role is in the variables of a group, or
// is given by whoever includes the role.
func TestArgumentsAreGiven(t *testing.T) {
	files := rendered(t, platform(t, nil))
	// What a person decides when a play is started.
	asked := []string{"legacy_app_digest"}
	for name := range files {
		role, ok := strings.CutSuffix(name, "/meta/argument_specs.yml")
		if !ok {
			continue
		}
		defaults, _ := tree(t, files, role+"/defaults/main.yml").(map[string]any)
		specs := tree(t, files, name).(map[string]any)["argument_specs"].(map[string]any)
		for entry, s := range specs {
			options, _ := s.(map[string]any)["options"].(map[string]any)
			for option, o := range options {
				if o.(map[string]any)["description"] == nil || o.(map[string]any)["type"] == nil {
					t.Errorf("%s: %s has no description or type", name, option)
				}
				if _, has := defaults[option]; has || slices.Contains(asked, option) {
					continue
				}
				given := false
				for other, data := range files {
					if other != name && strings.HasSuffix(other, ".yml") && !strings.HasSuffix(other, "argument_specs.yml") {
						given = given || regexp.MustCompile(`(?m)^\s*`+option+`:`).MatchString(data)
					}
				}
				if !given {
					t.Errorf("%s: nothing gives %s of %s", role, option, entry)
				}
			}
		}
	}
}

// One principal for each service that uses Kafka, with exactly the topics that
// the graph gives it.
func TestPrincipalsAreTheGraph(t *testing.T) {
	p := platform(t, nil)
	files := rendered(t, p)
	for i, env := range p.Environments {
		g := graph.All(p)[i]
		want := map[string][2][]string{}
		for _, s := range env.Services {
			if slices.ContainsFunc(s.Edges, func(u model.Use) bool { return u.Kind == model.UsesStore && u.Name == "kafka" }) {
				want[s.Name] = [2][]string{}
			}
		}
		for _, e := range g.Edges {
			topics := want[e.From.Name]
			switch e.Kind {
			case graph.Produces:
				topics[0] = append(topics[0], e.To.Name)
			case graph.Consumes:
				topics[1] = append(topics[1], e.To.Name)
			default:
				continue
			}
			want[e.From.Name] = topics
		}
		have := map[string][2][]string{}
		for _, one := range group(t, files, env.Name, "store_kafka")["kafka_principals"].([]any) {
			m := one.(map[string]any)
			name := m["name"].(string)
			if _, twice := have[name]; twice {
				t.Errorf("%s: two principals are called %s", env.Name, name)
			}
			have[name] = [2][]string{list(m["produce"]), list(m["consume"])}
		}
		if len(want) < 9 {
			t.Fatalf("%s: %d services use Kafka; the example has nine", env.Name, len(want))
		}
		if !maps.EqualFunc(want, have, func(a, b [2][]string) bool { return slices.Equal(a[0], b[0]) && slices.Equal(a[1], b[1]) }) {
			t.Errorf("%s: principals are\n%v, the graph says\n%v", env.Name, have, want)
		}
	}
}

func list(v any) []string {
	var out []string
	for _, s := range v.([]any) {
		out = append(out, s.(string))
	}
	return out
}

// Who only reads gets no right to write, and nobody gets another's database.
func TestUsersOfDatabases(t *testing.T) {
	files := rendered(t, platform(t, nil))
	users := map[string][]any{}
	for _, u := range group(t, files, "prod", "store_mongo_core")["mongodb_users"].([]any) {
		m := u.(map[string]any)
		users[m["name"].(string)] = m["roles"].([]any)
	}
	for name, roles := range users {
		for _, r := range roles {
			m := r.(map[string]any)
			own := m["db"] == strings.ReplaceAll(name, "-", "_")
			if write := m["role"] == "readWrite"; write != own {
				t.Errorf("%s has %v on %v", name, m["role"], m["db"])
			}
		}
	}
	if len(users) != 5 || len(users["data-export"]) != 4 {
		t.Errorf("users are %v", users)
	}
}

// Members of the other region copy and do not vote.
func TestMembersOfTheRecoveryRegionDoNotVote(t *testing.T) {
	files := rendered(t, platform(t, nil))
	voting, hidden := 0, 0
	for _, one := range group(t, files, "prod", "store_mongo_core")["mongodb_members"].([]any) {
		m := one.(map[string]any)
		if m["region"] == "ap-south-1" {
			voting++
			continue
		}
		hidden++
		if m["hidden"] != true || m["votes"] != uint64(0) || m["priority"] != uint64(0) {
			t.Errorf("%v is not a copy that keeps quiet", m)
		}
	}
	if voting != 3 || hidden == 0 {
		t.Errorf("%d members vote and %d copy", voting, hidden)
	}
}

// Secrets are read while a play runs: files hold their names only.
func TestNoSecretValues(t *testing.T) {
	files := rendered(t, platform(t, nil))
	secret := regexp.MustCompile(`(?i)^\s*(?:- )?\w*(?:password|token|license|keyfile|ca_key)\w*:\s*(.+)$`)
	for name, data := range files {
		for i, line := range strings.Split(data, "\n") {
			m := secret.FindStringSubmatch(line)
			// An expression, the place of a file, and the licence of a role are none.
			if m == nil || strings.Contains(m[1], "{{") || strings.HasPrefix(m[1], "/") || m[1] == "on_create" || m[1] == "Apache-2.0" {
				continue
			}
			t.Errorf("%s:%d: %s", name, i+1, line)
		}
		if strings.Contains(data, "PRIVATE KEY") || regexp.MustCompile(`AKIA[0-9A-Z]{16}`).MatchString(data) {
			t.Errorf("%s holds a key", name)
		}
	}
	// And a task that reads one does not show it.
	for name := range files {
		if !strings.Contains(name, "/tasks/") && !strings.Contains(name, "/handlers/") {
			continue
		}
		tasks, _ := tree(t, files, name).([]any)
		for len(tasks) > 0 {
			task, _ := tasks[0].(map[string]any)
			tasks = tasks[1:]
			if block, ok := task["block"].([]any); ok {
				tasks = append(tasks, block...)
				continue
			}
			data, err := yaml.Marshal(task)
			if err != nil {
				t.Fatal(err)
			}
			if regexp.MustCompile(`_secret\.|_secret\[|secretsmanager_secret|_authority\.ca_key`).Match(data) && task["no_log"] != true {
				t.Errorf("%s: %q reads a secret without no_log", name, task["name"])
			}
		}
	}
}

// Whoever touches a node of a quorum takes one at a time, stops at the first that
// fails, and stands between two gates.
func TestQuorumsAreTakenByTurns(t *testing.T) {
	files := rendered(t, platform(t, nil))
	plays := 0
	for name := range files {
		if !strings.HasPrefix(name, "ansible/playbooks/") {
			continue
		}
		for _, one := range tree(t, files, name).([]any) {
			play := one.(map[string]any)
			if play["any_errors_fatal"] != true {
				t.Errorf("%s: %q goes on after an error", name, play["name"])
			}
			data, err := yaml.Marshal(play)
			if err != nil {
				t.Fatal(err)
			}
			touches := play["roles"] != nil || bytes.Contains(data, []byte("tasks_from: restart"))
			if !touches || play["hosts"] == "all" {
				continue
			}
			plays++
			if play["serial"] != uint64(1) || play["max_fail_percentage"] != uint64(0) {
				t.Errorf("%s: %q takes more than one host at a time", name, play["name"])
			}
			hosts := play["hosts"].(string)
			quorum := slices.ContainsFunc([]string{"mongodb", "zookeeper", "kafka", "singlestore"}, func(k string) bool { return strings.HasPrefix(hosts, k) })
			gates := bytes.Count(data, []byte("tasks_from: gate"))
			if quorum && gates < 2 && !bytes.Contains(data, []byte("tasks_from: restart")) {
				t.Errorf("%s: %q has %d gates", name, play["name"], gates)
			}
		}
	}
	if plays < 30 {
		t.Errorf("only %d plays touch hosts", plays)
	}
}

// Both inventories put a machine into the same groups.
func TestInventoriesAgree(t *testing.T) {
	p := platform(t, nil)
	files := rendered(t, p)
	for _, env := range p.Environments {
		all := tree(t, files, "ansible/inventory/"+env.Name+"/hosts.yml").(map[string]any)["all"].(map[string]any)
		var made []string
		for _, finder := range []string{"aws_ec2.yml", "services.aws_ec2.yml"} {
			dynamic := tree(t, files, "ansible/inventory/"+env.Name+"/"+finder).(map[string]any)
			for g := range dynamic["groups"].(map[string]any) {
				made = append(made, "^"+g+"$")
			}
			for _, k := range dynamic["keyed_groups"].([]any) {
				made = append(made, "^"+k.(map[string]any)["prefix"].(string)+"_")
			}
		}
		children := all["children"].(map[string]any)
		for g := range children {
			if !slices.ContainsFunc(made, func(m string) bool { return regexp.MustCompile(m).MatchString(g) }) {
				t.Errorf("%s: no tag leads to the group %s", env.Name, g)
			}
		}
		for name := range files {
			g, ok := strings.CutPrefix(name, "ansible/inventory/"+env.Name+"/group_vars/")
			if g = strings.TrimSuffix(g, ".yml"); ok && g != "all" && children[g] == nil {
				t.Errorf("%s: variables of the group %s, which does not exist", env.Name, g)
			}
		}
		seen := map[string]string{}
		for host, vars := range all["hosts"].(map[string]any) {
			at := vars.(map[string]any)["paddock_address"].(string)
			if seen[at] != "" {
				t.Errorf("%s: %s and %s have the address %s", env.Name, host, seen[at], at)
			}
			seen[at] = host
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	a, b := rendered(t, platform(t, nil)), rendered(t, platform(t, nil))
	if !maps.Equal(a, b) {
		t.Error("two renders differ")
	}
}

// A service that comes adds a principal, and changes no file of anybody else.
func TestServiceOnlyAdds(t *testing.T) {
	before := rendered(t, platform(t, nil))
	after := rendered(t, platform(t, func(p *model.Platform) {
		for i := range p.Environments {
			env := &p.Environments[i]
			for _, s := range env.Services {
				if s.Name == "search-indexer" {
					s.Name = "loyalty"
					env.Services = append(env.Services, s)
					break
				}
			}
			slices.SortFunc(env.Services, func(a, b model.Service) int { return strings.Compare(a.Name, b.Name) })
		}
	}))
	changed := 0
	for name, data := range before {
		if after[name] == data {
			continue
		}
		changed++
		if path.Base(name) != "store_kafka.yml" {
			t.Errorf("%s changes", name)
		}
		lines := strings.Split(after[name], "\n")
		for _, line := range strings.Split(data, "\n") {
			at := slices.Index(lines, line)
			if at < 0 {
				t.Errorf("%s loses %q", name, line)
				break
			}
			lines = lines[at+1:]
		}
		if !strings.Contains(after[name], "name: loyalty") {
			t.Errorf("%s does not name the service that came", name)
		}
	}
	if changed != 4 || len(after) != len(before) {
		t.Errorf("%d files change and %d become %d; one of each environment changes", changed, len(before), len(after))
	}
}

// Kafka that agrees by itself has controllers and an identity, and no ZooKeeper.
func TestKRaft(t *testing.T) {
	files := rendered(t, platform(t, func(p *model.Platform) {
		for i := range p.Environments {
			for j := range p.Environments[i].Stores {
				if s := &p.Environments[i].Stores[j]; s.Engine == model.Kafka {
					s.Coordination, s.Version = model.KRaft, "4.1"
				}
			}
		}
	}))
	cluster := group(t, files, "prod", "cluster_kafka_a")
	if len(cluster["kafka_controllers"].([]any)) != 3 || cluster["zookeeper_servers"] != nil {
		t.Errorf("controllers are %v", cluster["kafka_controllers"])
	}
	ids := map[string]bool{}
	for _, g := range []string{"cluster_kafka_a", "cluster_kafka_a_recovery"} {
		id, _ := group(t, files, "prod", g)["kafka_cluster_id"].(string)
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`).MatchString(id) || ids[id] {
			t.Errorf("%s has the identity %q", g, id)
		}
		ids[id] = true
	}
	for name := range files {
		if strings.Contains(name, "/zookeeper/") {
			t.Fatalf("%s is rendered without a ZooKeeper", name)
		}
	}
}

// A platform without machines has no project.
func TestNothingWithoutMachines(t *testing.T) {
	p := platform(t, func(p *model.Platform) {
		p.Delivery.Engine = "jobs"
		for i := range p.Environments {
			env := &p.Environments[i]
			env.Stores = slices.DeleteFunc(env.Stores, func(s model.Store) bool { return !s.Managed() })
			for j := range env.Services {
				env.Services[j].Runtime = model.Kubernetes
				env.Services[j].Edges = slices.DeleteFunc(env.Services[j].Edges, func(u model.Use) bool { return u.Kind == model.UsesStore })
			}
		}
	})
	in, _ := render.Of(p, nil)
	files, err := render.Files(in, func(part string) bool { return part == "ansible" })
	if err != nil || len(files) > 0 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

func BenchmarkFiles(b *testing.B) {
	f, problems := spec.LoadFile("../../../examples/kestrel/platform.yaml")
	if f == nil {
		b.Fatal(problems)
	}
	in, _ := render.Of(f.Platform, nil)
	var files []emit.File
	for b.Loop() {
		var err error
		if files, err = render.Files(in, func(part string) bool { return part == "ansible" }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(files)), "files")
}

// What machines install and what the documentation says was looked up are one
// thing.
func TestVersionsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/design/versions.md")
	if err != nil {
		t.Fatal(err)
	}
	files := rendered(t, platform(t, nil))
	found := 0
	for name := range files {
		if !strings.HasSuffix(name, "/defaults/main.yml") {
			continue
		}
		for variable, value := range tree(t, files, name).(map[string]any) {
			if version, ok := value.(string); ok && strings.HasSuffix(variable, "_version") {
				found++
				if row := "| `" + variable + "` | " + version + " |"; !strings.Contains(string(page), row) {
					t.Errorf("docs/design/versions.md has no row %q", row)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no role names a version")
	}
	for _, store := range []string{"store_kafka", "store_mongo_core"} {
		vars := group(t, files, "prod", store)
		for _, variable := range []string{"kafka_version", "zookeeper_version", "mongodb_version"} {
			if version, ok := vars[variable].(string); ok && !strings.Contains(string(page), " | "+version+" |") {
				t.Errorf("docs/design/versions.md does not name %s %s", variable, version)
			}
		}
	}
}

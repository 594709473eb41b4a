package ansible

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// releases pins the exact release of an engine's version in the platform file.
// Patches of an engine are a change of this table, reviewed and rolled out node
// by node, never something that an update brings along.
var releases = map[model.Engine]map[string]string{
	model.MongoDB: {"7.0": "7.0.39", "8.0": "8.0.29"},
	model.Kafka:   {"3.9": "3.9.2", "4.0": "4.0.2", "4.1": "4.1.2"},
}

// zooKeeper is of the line that Kafka 3.9 is tested with (it brings 3.8.4 as its
// client), with the fixes of 2026.
const zooKeeper = "3.8.6"

func release(s model.Store) string {
	if r, ok := releases[s.Engine][s.Version]; ok {
		return r
	}
	return s.Version
}

// storeGroup is what holds for every node of a store in every region.
func (c *compiler) storeGroup(m machines, g *graph.Graph) Group {
	prefix := m.fact("secret_prefix")
	vars := Vars{
		{"paddock_secret_prefix", prefix},
		{"paddock_facts_parameter", text(m.args, "facts_parameter")},
		{"paddock_cluster_secret", secret(prefix, "cluster")},
		{"paddock_backup_keep_days", int(m.store.Backup.Keep / (24 * time.Hour))},
		{"paddock_backup_every_minutes", int(m.store.Backup.Every / time.Minute)},
	}
	switch m.store.Engine {
	case model.MongoDB:
		vars = append(vars, c.mongoVars(m)...)
	case model.Kafka:
		vars = append(vars, kafkaVars(m, g)...)
	case model.SingleStore:
		vars = append(vars, c.singleVars(m)...)
	}
	return Group{Name: storeGroup(m.store.Name), About: "What holds for every node of " + m.store.Name + ".", Vars: vars}
}

// secret is the expression that reads a secret while a play runs.
func secret(prefix, name string) string {
	return "{{ lookup('amazon.aws.secretsmanager_secret', '" + prefix + "/" + name + "', region=paddock_region) | from_json }}"
}

// signIn is the name of the secret with which a service signs in at a store.
func signIn(site aws.Site, store model.Store, service string) string {
	name, _ := site.SignIn(store, service)
	return name
}

// user is a service that signs in at a store.
type user struct {
	name string
	mode model.Mode
}

// users of a store sorted by name.
func users(env model.Environment, store string) []user {
	var list []user
	for _, s := range env.Services {
		for _, u := range s.Edges {
			if u.Kind == model.UsesStore && u.Name == store {
				list = append(list, user{s.Name, u.Mode})
			}
		}
	}
	slices.SortFunc(list, func(a, b user) int { return strings.Compare(a.name, b.name) })
	return list
}

// databases of a store: every service that writes has one of its own, named
// after it. Those that only read read the writers' ones.
func databases(list []user) []string {
	var names []string
	for _, u := range list {
		if u.mode == model.ReadWrite {
			names = append(names, word(u.name))
		}
	}
	return names
}

func (c *compiler) mongoVars(m machines) Vars {
	site := c.site(m.env)
	list := users(m.env, m.store.Name)
	members := List{}
	for _, there := range c.machines(m.env) {
		if there.store.Name != m.store.Name {
			continue
		}
		for _, n := range there.nodes() {
			// Members of the other region copy everything and decide nothing.
			id, votes, priority := n.index, 1, 1
			if there.recovery {
				id, votes, priority = 100+n.index, 0, 0
			}
			members = append(members, Vars{
				{"id", id}, {"host", there.domain(n)}, {"priority", priority}, {"votes", votes}, {"hidden", there.recovery},
				{"zone", n.zone}, {"region", there.region},
			})
		}
	}
	grants := List{}
	for _, u := range list {
		role, dbs := "readWrite", []string{word(u.name)}
		if u.mode != model.ReadWrite {
			role, dbs = "read", databases(list)
		}
		roles := List{}
		for _, db := range dbs {
			roles = append(roles, Vars{{"db", db}, {"role", role}})
		}
		grants = append(grants, Vars{{"name", u.name}, {"secret", signIn(site, m.store, u.name)}, {"roles", roles}})
	}
	return Vars{
		{"mongodb_version", release(m.store)},
		{"mongodb_replica_set", m.store.Name},
		{"mongodb_members", members},
		{"mongodb_users", grants},
	}
}

func (c *compiler) singleVars(m machines) Vars {
	site := c.site(m.env)
	list := users(m.env, m.store.Name)
	grants := List{}
	for _, u := range list {
		privileges, dbs := "SELECT, INSERT, UPDATE, DELETE, EXECUTE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW", []string{word(u.name)}
		if u.mode != model.ReadWrite {
			privileges, dbs = "SELECT, EXECUTE, SHOW VIEW", databases(list)
		}
		rights := List{}
		for _, db := range dbs {
			rights = append(rights, Vars{{"database", db}, {"privileges", privileges}})
		}
		grants = append(grants, Vars{{"name", u.name}, {"secret", signIn(site, m.store, u.name)}, {"grants", rights}})
	}
	redundancy := 1
	if m.store.Nodes > 1 {
		redundancy = 2
	}
	return Vars{
		{"singlestore_version", release(m.store)},
		{"singlestore_redundancy", redundancy},
		{"singlestore_databases", texts(databases(list))},
		{"singlestore_users", grants},
		{"singlestore_standby", m.store.Standby},
	}
}

// kafkaVars are topics, and one principal for each service that opens
// connections to the store, with exactly the topics that the graph gives it.
func kafkaVars(m machines, g *graph.Graph) Vars {
	topics := List{}
	for _, t := range m.store.Topics {
		policy := "delete"
		if t.Compact {
			policy = "compact,delete"
		}
		topics = append(topics, Vars{
			{"name", t.Name}, {"partitions", t.Partitions}, {"replication", orElse(t.Replication, m.store.Replication)},
			{"config", Vars{
				{"cleanup.policy", policy},
				{"min.insync.replicas", fmt.Sprint(orElse(t.MinInSync, m.store.MinInSync))},
				{"retention.ms", fmt.Sprint(t.Retain.Milliseconds())},
			}},
		})
	}
	principals := List{}
	for _, u := range users(m.env, m.store.Name) {
		p := Vars{{"name", u.name}, {"produce", List{}}, {"consume", List{}}}
		for _, e := range g.Edges {
			if e.From != (addr.Address{Kind: addr.Service, Name: u.name}) || e.To.Kind != addr.Topic {
				continue
			}
			if !slices.ContainsFunc(m.store.Topics, func(t model.Topic) bool { return t.Name == e.To.Name }) {
				continue
			}
			switch e.Kind {
			case graph.Produces:
				p[1].Value = append(p[1].Value.(List), e.To.Name)
			case graph.Consumes:
				p[2].Value = append(p[2].Value.(List), e.To.Name)
			}
		}
		principals = append(principals, p)
	}
	return Vars{
		{"kafka_version", release(m.store)},
		{"kafka_coordination", string(m.store.Coordination)},
		{"kafka_replication", m.store.Replication},
		{"kafka_min_in_sync", m.store.MinInSync},
		{"kafka_topics", topics},
		{"kafka_principals", principals},
		{"zookeeper_version", zooKeeper},
	}
}

func orElse(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

// application is what a service on machines of its own must be told.
func (c *compiler) application(env model.Environment, s model.Service) Group {
	site := c.site(env)
	target := ""
	if site.Balanced(s) && s.Port != 0 {
		target = site.TargetGroup(s.Name, "")
	}
	ready := s.Health.Ready
	if ready == "" {
		ready = "/"
	}
	return Group{
		Name: "service_" + word(s.Name), About: "The machines of " + s.Name + ", which is not in a container yet.",
		Vars: Vars{
			{"base_log_group", "/{{ paddock_platform }}/{{ paddock_environment }}/" + s.Name},
			{"legacy_app_name", s.Name},
			{"legacy_app_language", orText(s.Language, "java")},
			{"legacy_app_port", s.Port},
			{"legacy_app_ready_path", ready},
			{"legacy_app_settings", settings(s)},
			{"legacy_app_secrets", secretNames(site, s)},
			{"legacy_app_target_group", target},
		},
	}
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func settings(s model.Service) Vars {
	v := Vars{}
	for _, one := range s.Settings {
		v = append(v, Var{one.Name, one.Value})
	}
	return v
}

func secretNames(site aws.Site, s model.Service) List {
	l := List{}
	for _, n := range s.Secrets {
		l = append(l, Vars{{"name", n}, {"secret", site.Secret(s.Name, n)}})
	}
	return l
}

// site is an environment in its primary region.
func (c *compiler) site(env model.Environment) aws.Site {
	for _, s := range c.Sites {
		if s.Environment().Name == env.Name && !s.Recovery() {
			return s
		}
	}
	panic("ansible: the environment " + env.Name + " has no site; this is a bug")
}

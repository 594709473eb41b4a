package spec

import (
	"slices"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// tiersOfStores is the tier of the most important service that uses each store.
func (s *resolver) tiersOfStores() map[string]v1.Tier {
	tiers := map[string]v1.Tier{}
	note := func(uses []v1.Use, tier v1.Tier) {
		for _, u := range uses {
			if have, ok := tiers[u.Name]; tier > 0 && (!ok || tier < have) {
				tiers[u.Name] = tier
			}
		}
	}
	for _, e := range s.file.Services {
		note(e.Value.Uses, e.Value.Tier)
	}
	return tiers
}

// resolveStores is every store as it is in one environment.
func (s *resolver) resolveStores(e *environment) []model.Store {
	stores := make([]model.Store, 0, len(e.stores))
	for _, name := range s.stores.list {
		if b, ok := e.stores[name]; ok {
			stores = append(stores, s.resolveStore(e, name, b))
		}
	}
	slices.SortFunc(stores, func(a, b model.Store) int { return strings.Compare(a.Name, b.Name) })
	if len(stores) == 0 {
		return nil
	}
	return stores
}

func (s *resolver) resolveStore(e *environment, name string, at *placed[v1.StoreBlock]) model.Store {
	s.reasons = nil
	b, tree := &at.value, at.tree
	engine := model.Engine(b.Engine)
	out := model.Store{Name: name, Engine: engine, Standby: b.Standby != nil && *b.Standby, Team: b.Team, Data: model.DataClass(b.Data)}
	s.owner(b.Team, tree)
	out.Segment = s.resolveSegment(e, &b.Segment, tree, "data, or the last segment", func() string {
		if slices.Contains(s.segments, "data") || len(s.segments) == 0 {
			return "data"
		}
		return s.segments[len(s.segments)-1]
	})
	if b.Tier == nil {
		tier, used := s.storeTiers[name]
		if !used {
			tier = 3
		}
		b.Tier = &tier
		s.why("tier", "that of the most important service that uses it")
	}
	out.Tier = int(*b.Tier)
	if engine != "" { // else it is wrong, and nothing follows from it
		s.checkEngineKeys(name, engine, tree)
		s.resolveEngine(e, name, at, &out)
		s.resolveMachines(e, at, &out)
		s.resolveKafka(e, name, at, &out)
		s.resolveCopies(e, name, at, &out)
	}
	s.places.add(e.name, addr.Address{Kind: addr.Store, Name: name}, b, s.reasons)
	return out
}

// standard gives a value that was not written its default.
func standard[T any](s *resolver, target **T, key string, value T, rule string) T {
	if *target == nil {
		*target = &value
		s.why(key, rule)
	}
	return **target
}

// resolveEngine settles how the software is run: version and coordination.
func (s *resolver) resolveEngine(e *environment, name string, at *placed[v1.StoreBlock], out *model.Store) {
	b, tree := &at.value, at.tree
	if out.Engine == model.Kafka {
		way, rule := v1.Coordination(model.ZooKeeper), "zookeeper before version 4"
		if b.Version.Major() >= 4 {
			way, rule = v1.Coordination(model.KRaft), "kraft from version 4 on"
		}
		out.Coordination = model.Coordination(standard(s, &b.Coordination, "coordination", way, rule))
		if out.Coordination == model.ZooKeeper && b.Version.Major() >= 4 {
			p := s.err(idEngineVersion, tree.valueAt("coordination"), "Kafka %s does not know ZooKeeper", b.Version)
			p.Detail = "Version 4.0 removed it; the brokers agree by themselves, which is called KRaft."
			p.Fix = "Write coordination: kraft, or a version before 4."
			p.Related = append(p.Related, s.related(tree.valueAt("version"), "the version of %s", name))
		}
	}
	if b.Version == "" && !tree.has("version") {
		if v := standardVersion(out.Engine, out.Coordination); v != "" {
			b.Version = v
			s.why("version", "of "+string(out.Engine))
		}
	}
	out.Version = string(b.Version)
}

func standardVersion(e model.Engine, c model.Coordination) v1.Version {
	switch e {
	case model.MongoDB:
		return "8.0"
	case model.SingleStore:
		return "9.0"
	case model.MySQL:
		return "8.4"
	case model.Postgres:
		return "17"
	case model.Kafka:
		if c == model.KRaft {
			return "4.1"
		}
		return "3.9"
	case model.Redis:
		return "7.4"
	case model.Valkey:
		return "8.1"
	case model.OpenSearch:
		return "2.19"
	}
	return ""
}

// resolveMachines settles how many machines there are, of what kind and where.
func (s *resolver) resolveMachines(e *environment, at *placed[v1.StoreBlock], out *model.Store) {
	b := &at.value
	if out.Engine == model.S3 || out.Engine == model.SQS {
		return
	}
	stage := "in " + string(e.block.Stage)
	nodes := map[model.Engine]int{
		model.MongoDB: 3, model.Kafka: 3, model.OpenSearch: 3, model.SingleStore: 2, model.MySQL: 2, model.Postgres: 2,
		model.Redis: 1, model.Valkey: 1,
	}[out.Engine]
	if e.development() {
		nodes = 1
	}
	out.Nodes = standard(s, &b.Nodes, "nodes", nodes, "of "+string(out.Engine)+" "+stage)
	machines := out.Nodes
	switch out.Engine {
	case model.Redis, model.Valkey:
		replicas := 1
		if e.early() {
			replicas = 0
		}
		out.Replicas = standard(s, &b.Replicas, "replicas", replicas, stage)
		machines *= out.Replicas + 1
	case model.SingleStore:
		aggregators := 2
		if e.early() {
			aggregators = 1
		}
		out.Aggregators = standard(s, &b.Aggregators, "aggregators", aggregators, stage)
	case model.Kafka:
		coordinators := 3
		if e.development() {
			coordinators = 1
		}
		out.Coordinators = standard(s, &b.Coordinators, "coordinators", coordinators, stage)
	case model.OpenSearch:
		coordinators := 3
		if e.early() {
			coordinators = 0
		}
		out.Coordinators = standard(s, &b.Coordinators, "coordinators", coordinators, stage)
	}
	zones, rule := min(e.zones, machines), "all zones of the environment that the nodes can fill"
	if out.Engine == model.SingleStore {
		zones, rule = 1, "of singlestore, which does not span zones"
	}
	out.Zones = s.bounded(&b.Zones, "zones", zones, rule, e.zones, at)
	if b.Instance == "" && !at.tree.has("instance") {
		b.Instance = standardInstance(*out, e)
		s.why("instance", "of "+string(out.Engine)+" "+stage)
	}
	out.Instance = string(b.Instance)
	if out.Engine != model.Redis && out.Engine != model.Valkey {
		disk := v1.Bytes(100 << 30)
		if e.early() {
			disk = 20 << 30
		}
		out.DiskBytes = int64(standard(s, &b.Disk, "disk", disk, stage))
	}
}

func standardInstance(st model.Store, e *environment) v1.InstanceType {
	switch {
	case !st.Managed() && e.development(), st.Engine == model.OpenSearch && e.development():
		return "t3.medium"
	case e.development():
		return "t4g.medium"
	case st.Managed():
		return "m6g.large"
	}
	return "m6i.large"
}

// bounded is a number that what the environment has may bound. A number that
// was written for all environments gives way; one that was written for this one
// was meant, and is kept for the checks to judge.
func (s *resolver) bounded(target **int, key string, value int, rule string, most int, at *placed[v1.StoreBlock]) int {
	n := standard(s, target, key, value, rule)
	if at.over.has(key) || n <= most || most < 1 {
		return n
	}
	*target = &most
	s.why(key, "as many as there are here")
	return most
}

// resolveKafka settles how often messages are kept, and the topics.
func (s *resolver) resolveKafka(e *environment, name string, at *placed[v1.StoreBlock], out *model.Store) {
	if out.Engine != model.Kafka {
		return
	}
	b := &at.value
	s.impossible(b.Replication, out.Nodes, at, []string{"replication"}, []string{"nodes"}, "Messages cannot be kept by %d of %d brokers")
	s.impossible(b.MinInSync, deref(b.Replication), at, []string{"minInSync"}, []string{"replication"}, "%d replicas of %d cannot have a message")
	out.Replication = s.bounded(&b.Replication, "replication", min(3, out.Nodes), "3, or all nodes", out.Nodes, at)
	out.MinInSync = s.bounded(&b.MinInSync, "minInSync", max(1, out.Replication-1), "one less than replication", out.Replication, at)
	topics := make(v1.Map[v1.TopicBlock], 0, len(b.Topics))
	for _, t := range b.Topics {
		keys := []string{"topics", t.Key}
		if why := badTopic(t.Key); why != "" {
			s.err(idBadName, at.tree.keyAt(keys...), "%q cannot be a topic", t.Key).Detail = why
		}
		v := t.Value
		s.impossible(v.Replication, out.Nodes, at, append(keys, "replication"), []string{"nodes"}, "Messages cannot be kept by %d of %d brokers")
		s.impossible(v.MinInSync, deref(v.Replication), at, append(keys, "minInSync"), append(keys, "replication"), "%d replicas of %d cannot have a message")
		key := "topics." + t.Key + "."
		replication := min(standard(s, &v.Replication, key+"replication", out.Replication, "that of "+name), out.Nodes)
		least := out.MinInSync
		if replication < out.Replication {
			least = max(1, replication-1)
		}
		least = min(standard(s, &v.MinInSync, key+"minInSync", least, "that of "+name), replication)
		v.Replication, v.MinInSync = &replication, &least
		topics = append(topics, v1.Entry[v1.TopicBlock]{Key: t.Key, Value: v})
		out.Topics = append(out.Topics, model.Topic{
			Name: t.Key, Partitions: v.Partitions, Replication: replication, MinInSync: least,
			Retain: time.Duration(v.Retain), Compact: v.Compact,
		})
	}
	b.Topics = topics
	slices.SortFunc(out.Topics, func(a, b model.Topic) int { return strings.Compare(a.Name, b.Name) })
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// impossible reports two numbers of one block that cannot both be true. Numbers
// of different blocks give way to one another.
func (s *resolver) impossible(n *int, most int, at *placed[v1.StoreBlock], key, other []string, summary string) {
	if n == nil || most < 1 || *n <= most || !at.tree.has(other...) || at.over.has(key...) != at.over.has(other...) {
		return
	}
	p := s.err(idImpossible, at.tree.valueAt(key...), summary, *n, most)
	p.Fix = "Lower it, or raise " + other[len(other)-1] + "."
	p.Related = append(p.Related, s.related(at.tree.valueAt(other...), "%s", other[len(other)-1]))
}

// badTopic says what keeps a text from being the name of a topic.
func badTopic(name string) string {
	switch {
	case name == "." || name == ".." || len(name) > 249:
		return "Topics have at most 249 characters and are not . or .. alone."
	case strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "":
		return "Kafka allows letters, digits, points, dashes and underscores in the name of a topic."
	}
	return ""
}

// resolveCopies settles back-ups and the copy in the other region.
func (s *resolver) resolveCopies(e *environment, name string, at *placed[v1.StoreBlock], out *model.Store) {
	b, tree := &at.value, at.tree
	if out.Holds() {
		all := s.file.Backup
		every := standard(s, &b.Backup.Every, "backup.every", all.Every, "as the backup block says")
		keep := standard(s, &b.Backup.Keep, "backup.keep", all.Keep, "as the backup block says")
		if every > 0 {
			out.Backup = model.BackupPlan{Every: time.Duration(every), Keep: time.Duration(keep)}
			if keep < every && (tree.has("backup", "keep") || tree.has("backup", "every")) {
				s.shortKeep(keep, every, tree.valueAt("backup", "keep"), tree.valueAt("backup", "every"))
			}
		}
	}
	region := e.platform.Recovery.Region
	wanted := out.Holds() && region != "" && out.Tier <= 2 && e.block.Stage == v1.Stage(model.Production)
	out.Recovery = standard(s, &b.Recovery, "recovery", wanted, "for tiers 1 and 2 in production, with a recovery region")
	if out.Recovery && region == "" {
		p := s.err(idRecovery, tree.valueAt("recovery"), "There is no region to keep a copy of %q in", name)
		p.Fix = "Name one:\nrecovery: { region: ap-southeast-1, rpo: 15m, rto: 1h }"
	}
}

// engineKeys are the keys of a store that only some engines know.
var engineKeys = map[string][]model.Engine{
	"nodes":        machines,
	"version":      machines,
	"instance":     machines,
	"zones":        machines,
	"disk":         {model.MongoDB, model.SingleStore, model.MySQL, model.Postgres, model.Kafka, model.OpenSearch},
	"replicas":     {model.Redis, model.Valkey},
	"aggregators":  {model.SingleStore},
	"standby":      {model.SingleStore},
	"coordination": {model.Kafka},
	"coordinators": {model.Kafka, model.OpenSearch},
	"replication":  {model.Kafka},
	"minInSync":    {model.Kafka},
	"topics":       {model.Kafka},
	"backup":       {model.MongoDB, model.SingleStore, model.MySQL, model.Postgres, model.Kafka, model.OpenSearch, model.S3},
}

var machines = []model.Engine{model.MongoDB, model.SingleStore, model.MySQL, model.Postgres, model.Kafka, model.Redis, model.Valkey, model.OpenSearch}

// checkEngineKeys reports keys that mean nothing for the engine.
func (s *resolver) checkEngineKeys(name string, engine model.Engine, tree *node) {
	for _, entry := range tree.entries {
		of, ok := engineKeys[entry.key]
		if !ok || slices.Contains(of, engine) {
			continue
		}
		var list []string
		for _, e := range of {
			list = append(list, string(e))
		}
		p := s.err(idEngineKey, entry.at, "%q means nothing for %s", entry.key, engine)
		p.Detail = "It is of " + words(list) + "."
		p.Fix = "Remove it."
		if entry.key == "replicas" && slices.Contains(machines, engine) {
			p.Fix = "Write nodes: it counts all members."
		}
		p.Related = append(p.Related, s.related(tree.valueAt("engine"), "the engine of %s", name))
	}
}

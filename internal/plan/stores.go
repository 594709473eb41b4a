package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/model"
)

// stores compares the places of data.
func (c *comparison) stores(e pair) {
	for _, old := range e.old.Environment.Stores {
		now, ok := e.new.Environment.Store(old.Name)
		if !ok {
			c.storeGone(e, old)
			continue
		}
		c.store(e.name, old, now)
	}
	for _, now := range e.new.Environment.Stores {
		if _, ok := e.old.Environment.Store(now.Name); !ok {
			c.say(e.name, Consequence{Kind: "store-added", Level: Notice, At: "store/" + now.Name, Key: "stores." + now.Name,
				Summary: fmt.Sprintf("The store %s (%s) is added", now.Name, now.Engine)})
		}
	}
}

func (c *comparison) storeGone(e pair, old model.Store) {
	one := Consequence{Kind: "store-destroyed", At: "store/" + old.Name, Key: "stores." + old.Name,
		Summary: fmt.Sprintf("The store %s (%s, %s) is destroyed with what is in it", old.Name, old.Engine, old.Data)}
	if !old.Holds() {
		one.Level, one.Kind = Warning, "store-removed"
		one.Summary = fmt.Sprintf("The store %s (%s) is removed", old.Name, old.Engine)
		one.Detail = "What it holds can be made again, at the price of a slow while."
	} else {
		one.Level = Danger
		one.Detail = destroyed(old)
		for _, now := range e.new.Environment.Stores {
			if _, was := e.old.Environment.Store(now.Name); !was && now.Engine == old.Engine {
				one.Detail += fmt.Sprintf(" A store %s of the same engine is added: a new name is a new, empty store, and data does not move by itself.", now.Name)
			}
		}
	}
	c.say(e.name, one)
}

func destroyed(s model.Store) string {
	text := fmt.Sprintf("%s of data on %s.", size(s.DiskBytes*int64(max(1, s.Nodes))), count(max(1, s.Nodes), "node", "nodes"))
	if s.DiskBytes == 0 {
		text = "Everything in it."
	}
	if s.Backup.Every > 0 {
		return text + fmt.Sprintf(" Copies stay until they are %s old.", period(s.Backup.Keep))
	}
	return text + " There are no copies of it."
}

// replaces tells which fields cannot be changed in place, in words; empty when
// all can.
func replaces(old, now model.Store) []string {
	var why []string
	if old.Engine != now.Engine {
		why = append(why, fmt.Sprintf("its engine changes from %s to %s", old.Engine, now.Engine))
	}
	if old.Segment != now.Segment {
		why = append(why, fmt.Sprintf("it moves from the segment %s to %s, and so to another network", old.Segment, now.Segment))
	}
	if now.DiskBytes < old.DiskBytes {
		why = append(why, fmt.Sprintf("its disks shrink from %s to %s, which no volume can", size(old.DiskBytes), size(now.DiskBytes)))
	}
	if old.Engine == now.Engine && older(now.Version, old.Version) {
		why = append(why, fmt.Sprintf("its version goes back from %s to %s, which no engine reads", old.Version, now.Version))
	}
	if old.Engine == model.Kafka && now.Engine == model.Kafka && now.Coordination == model.ZooKeeper && old.Coordination == model.KRaft {
		why = append(why, "its coordination goes back from KRaft to ZooKeeper")
	}
	return why
}

// older compares versions such as 8.0 and 2.19 number by number.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, err1 := strconv.Atoi(x[i])
		n, err2 := strconv.Atoi(y[i])
		if err1 != nil || err2 != nil {
			return false
		}
		if m != n {
			return m < n
		}
	}
	return false
}

func (c *comparison) store(env string, old, now model.Store) {
	at, key := "store/"+now.Name, "stores."+now.Name
	if why := replaces(old, now); len(why) > 0 {
		one := Consequence{Kind: "store-replaced", Level: Danger, At: at, Key: key,
			Summary: fmt.Sprintf("The store %s is replaced: %s", now.Name, list(why)),
			Detail:  "The new one is empty. " + destroyed(old)}
		if !old.Holds() {
			one.Level, one.Detail = Warning, "What it holds can be made again, at the price of a slow while."
		}
		c.say(env, one)
	}
	change := func(kind string, level Level, field, summary, detail string) {
		c.say(env, Consequence{Kind: kind, Level: level, At: at, Key: key + field, Summary: summary, Detail: detail})
	}
	switch {
	case now.Nodes < old.Nodes && old.Holds():
		change("store-fewer-nodes", Warning, ".nodes", fmt.Sprintf("The store %s goes from %d nodes to %d", now.Name, old.Nodes, now.Nodes),
			"Machines and their disks are destroyed. What only they have must be moved away first.")
	case now.Nodes != old.Nodes:
		change("store-nodes", Notice, ".nodes", fmt.Sprintf("The store %s goes from %d nodes to %d", now.Name, old.Nodes, now.Nodes), "")
	}
	if old.Standby && !now.Standby {
		change("store-standby-removed", Warning, ".standby", fmt.Sprintf("The second cluster of %s is destroyed", now.Name), "The loss of one zone is then the loss of the store.")
	}
	if old.Recovery && !now.Recovery {
		change("recovery-copy-removed", Warning, ".recovery", fmt.Sprintf("The copy of %s in the recovery region is destroyed", now.Name), "After the loss of the region there are backups alone.")
	}
	if now.Zones < old.Zones {
		change("store-fewer-zones", Warning, ".zones", fmt.Sprintf("The store %s is spread over %s instead of %d", now.Name, count(now.Zones, "zone", "zones"), old.Zones), "")
	}
	if now.DiskBytes > old.DiskBytes {
		change("store-disk", Notice, ".disk", fmt.Sprintf("The disks of %s grow from %s to %s", now.Name, size(old.DiskBytes), size(now.DiskBytes)), "They grow in place; AWS lets a volume change again after six hours.")
	}
	if old.Instance != now.Instance {
		change("store-instance", Notice, ".instance", fmt.Sprintf("The machines of %s go from %s to %s", now.Name, old.Instance, now.Instance), "They are stopped and started, one after the other.")
	}
	if old.Engine == now.Engine && older(old.Version, now.Version) {
		change("store-upgraded", Warning, ".version", fmt.Sprintf("The store %s goes from version %s to %s", now.Name, old.Version, now.Version), "There is no way back but a restore.")
	}
	c.backup(env, old, now)
	c.topics(env, old, now)
	c.class(env, at, key, old.Data, now.Data)
	c.owner(env, at, key, old.Team, now.Team)
}

func (c *comparison) backup(env string, old, now model.Store) {
	one := Consequence{Kind: "backup-weaker", Level: Warning, At: "store/" + now.Name, Key: "stores." + now.Name + ".backup"}
	was, is := old.Backup, now.Backup
	switch {
	case was.Every > 0 && is.Every == 0:
		one.Summary = fmt.Sprintf("The store %s is no longer backed up", now.Name)
		if now.Holds() {
			one.Level = Danger
		}
	case is.Every > was.Every && was.Every > 0:
		one.Summary = fmt.Sprintf("The store %s is copied every %s instead of every %s", now.Name, period(is.Every), period(was.Every))
	case is.Keep < was.Keep:
		one.Summary = fmt.Sprintf("Copies of %s are kept %s instead of %s", now.Name, period(is.Keep), period(was.Keep))
		one.Detail = "Older copies are deleted, unless a lock keeps them."
	default:
		return
	}
	c.say(env, one)
}

func (c *comparison) topics(env string, old, now model.Store) {
	if old.Engine != now.Engine {
		return
	}
	for _, was := range old.Topics {
		at, key := "topic/"+was.Name, "stores."+now.Name+".topics."+was.Name
		i := slices.IndexFunc(now.Topics, func(t model.Topic) bool { return t.Name == was.Name })
		if i < 0 {
			c.say(env, Consequence{Kind: "topic-destroyed", Level: Danger, At: at, Key: key,
				Summary: fmt.Sprintf("The topic %s of %s is destroyed with its messages", was.Name, now.Name), Detail: fmt.Sprintf("It keeps messages for %s.", period(was.Retain))})
			continue
		}
		is := now.Topics[i]
		switch {
		case is.Partitions < was.Partitions:
			c.say(env, Consequence{Kind: "topic-destroyed", Level: Danger, At: at, Key: key + ".partitions",
				Summary: fmt.Sprintf("The topic %s goes from %d partitions to %d", was.Name, was.Partitions, is.Partitions), Detail: "Kafka takes no partition away: the topic has to be deleted and made again."})
		case is.Partitions > was.Partitions:
			c.say(env, Consequence{Kind: "topic-partitions", Level: Warning, At: at, Key: key + ".partitions",
				Summary: fmt.Sprintf("The topic %s goes from %d partitions to %d", was.Name, was.Partitions, is.Partitions), Detail: "Keys come to other partitions: the order of messages of one key is broken once."})
		}
		if is.Retain < was.Retain {
			c.say(env, Consequence{Kind: "retention-reduced", Level: Warning, At: at, Key: key + ".retain",
				Summary: fmt.Sprintf("The topic %s keeps messages for %s instead of %s", was.Name, period(is.Retain), period(was.Retain)), Detail: "Older messages are deleted at once."})
		}
		if is.Replication < was.Replication || is.MinInSync < was.MinInSync {
			c.say(env, Consequence{Kind: "topic-fewer-copies", Level: Warning, At: at, Key: key,
				Summary: fmt.Sprintf("The topic %s has %s, %d in sync, instead of %d and %d", was.Name, count(is.Replication, "copy", "copies"), is.MinInSync, was.Replication, was.MinInSync)})
		}
	}
}

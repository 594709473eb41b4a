package model

import (
	"slices"
	"time"
)

// Engine is the software of a store.
type Engine string

// The engines.
const (
	MongoDB     Engine = "mongodb"
	SingleStore Engine = "singlestore"
	MySQL       Engine = "mysql"
	Postgres    Engine = "postgres"
	Kafka       Engine = "kafka"
	Redis       Engine = "redis"
	Valkey      Engine = "valkey"
	OpenSearch  Engine = "opensearch"
	S3          Engine = "s3"
	SQS         Engine = "sqs"
)

// Coordination is how Kafka brokers agree.
type Coordination string

// The ways.
const (
	ZooKeeper Coordination = "zookeeper"
	KRaft     Coordination = "kraft"
)

// Store is one place of data in one environment.
type Store struct {
	Name    string
	Engine  Engine
	Version string
	// Nodes that hold data: replica-set members, brokers, leaves, shards'
	// primaries, data nodes. 0 for S3 and SQS.
	Nodes int
	// Replicas of every shard beside its primary, for Redis and Valkey.
	Replicas int
	// Aggregators of SingleStore, the master included.
	Aggregators int
	// Coordination and Coordinators (ZooKeeper servers, KRaft controllers) of
	// Kafka; dedicated masters of OpenSearch.
	Coordination Coordination
	Coordinators int
	// Replication of a topic's partitions and the least number of replicas in
	// sync, for topics that do not say; Kafka only.
	Replication, MinInSync int
	// Zones that the nodes are spread over. 1 for SingleStore, whose vendor
	// does not support a cluster over several zones.
	Zones int
	// Standby asks for a second cluster in another zone; SingleStore only.
	Standby bool
	// Instance type of a node on AWS.
	Instance string
	// DiskBytes of one node.
	DiskBytes int64
	// Topics sorted by name; Kafka only.
	Topics []Topic
	Backup BackupPlan
	// Recovery asks for a copy in the recovery region that can take over.
	Recovery bool
	Team     string
	Tier     int
	Data     DataClass
	// Segment of the network in this environment, after collapsing.
	Segment string
}

// Topic is one Kafka topic.
type Topic struct {
	Name                   string
	Partitions             int
	Replication, MinInSync int
	Retain                 time.Duration
	Compact                bool
}

// BackupPlan is how often a copy is made and how long it is kept; the zero
// value means never.
type BackupPlan struct {
	Every, Keep time.Duration
}

// Ports on which clients reach the store, rising. S3 and SQS are reached
// through endpoints on 443.
func (s Store) Ports() []int { return ClientPorts(s.Engine) }

// ClientPorts are the ports of an engine as the platform runs it: TLS where the
// engine has it.
func ClientPorts(e Engine) []int {
	switch e {
	case MongoDB:
		return []int{27017}
	case SingleStore, MySQL:
		return []int{3306}
	case Postgres:
		return []int{5432}
	case Kafka:
		return []int{9094}
	case Redis, Valkey:
		return []int{6379}
	case OpenSearch, S3, SQS:
		return []int{443}
	}
	return nil
}

// PeerPorts are the ports that the nodes of a store open to one another, rising.
func (s Store) PeerPorts() []int {
	switch s.Engine {
	case MongoDB:
		return []int{27017}
	case SingleStore:
		return []int{3306, 3307}
	case Kafka:
		if s.Coordination == ZooKeeper {
			return []int{2182, 2888, 3888, 9093}
		}
		return []int{9093}
	}
	return nil
}

// Managed reports whether AWS runs the store as a service; the others are
// machines of ours.
func (s Store) Managed() bool {
	switch s.Engine {
	case MongoDB, SingleStore, Kafka:
		return false
	}
	return true
}

// Holds reports whether losing the store loses data. Caches can be filled again.
func (s Store) Holds() bool { return s.Engine != Redis && s.Engine != Valkey && s.Engine != SQS }

// rising sorts ports and drops those that are there twice.
func rising(ports []int) []int {
	slices.Sort(ports)
	return slices.Compact(ports)
}

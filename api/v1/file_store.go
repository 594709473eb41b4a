package v1

// StoreBlock is one place of data.
//
// +kubebuilder:object:generate=false
type StoreBlock struct {
	// Engine is the software of the store.
	Engine Engine `yaml:"engine,required,fixed" example:"mongodb"`
	// Version of the engine. Without it: mongodb 8.0, singlestore 9.0, mysql
	// 8.4, postgres 17, kafka 3.9 with zookeeper and 4.1 with kraft, redis 7.4,
	// valkey 8.1, opensearch 2.19.
	Version Version `yaml:"version" example:"8.0"`
	// Nodes that hold data: members of a replica set, brokers, leaves, shards,
	// data nodes. Without it: 1 in development; elsewhere 3 for mongodb, kafka
	// and opensearch, 2 for singlestore, mysql and postgres, 1 for redis and
	// valkey. S3 and SQS have none.
	Nodes *int `yaml:"nodes" example:"3" least:"1" most:"200"`
	// Replicas of every shard beside its primary; redis and valkey. Without it:
	// 1 in acceptance and production, 0 elsewhere.
	Replicas *int `yaml:"replicas" example:"1" least:"0" most:"5"`
	// Aggregators, the master included; singlestore. Without it: 1 in
	// development and test, 2 elsewhere.
	Aggregators *int `yaml:"aggregators" example:"3" least:"1" most:"20"`
	// Coordination is how brokers agree; kafka. Without it: zookeeper for
	// version 3, kraft from version 4 on.
	Coordination *Coordination `yaml:"coordination" example:"kraft"`
	// Coordinators are ZooKeeper servers, KRaft controllers or dedicated
	// masters; kafka and opensearch. Without it: 3, and for kafka 1 in
	// development, for opensearch 0 in development and test.
	Coordinators *int `yaml:"coordinators" example:"3" least:"0" most:"9"`
	// Replication of topics that do not say; kafka. Without it: 3, or the number
	// of nodes when that is smaller.
	Replication *int `yaml:"replication" example:"3" least:"1" most:"9"`
	// MinInSync is how many replicas must have a message before it counts, for
	// topics that do not say; kafka. Without it: one less than replication.
	MinInSync *int `yaml:"minInSync" example:"2" least:"1" most:"9"`
	// Zones that the nodes are spread over. Without it: all of the environment,
	// and 1 for singlestore, whose vendor supports no more.
	Zones *int `yaml:"zones" example:"3" least:"1" most:"6"`
	// Standby keeps a second cluster in another zone; singlestore. Without it
	// there is none.
	Standby *bool `yaml:"standby" example:"true"`
	// Instance type of a node on AWS. Without it: m6i.large, and m6g.large for
	// engines that AWS runs; t3.medium and t4g.medium in development.
	Instance InstanceType `yaml:"instance" example:"r6i.2xlarge"`
	// Disk of one node. Without it: 20Gi in development and test, 100Gi
	// elsewhere. Caches, S3 and SQS have none.
	Disk *Bytes `yaml:"disk" example:"200Gi"`
	// Topics by name; kafka. A number alone is that of partitions.
	Topics Map[TopicBlock] `yaml:"topics" example:"{ booking.created: { partitions: 12, retain: 7d } }"`
	// Backup is how often a copy is made and how long it is kept. Without it:
	// as the backup block says. Caches and queues have none.
	Backup BackupPlanBlock `yaml:"backup" example:"{ every: 1h, keep: 35d }"`
	// Recovery keeps a copy in the recovery region that can take over. Without
	// it: in production for tiers 1 and 2 when recovery.region is set.
	Recovery *bool `yaml:"recovery" example:"true"`
	// Team that owns the store.
	Team string `yaml:"team,fixed" example:"rentals"`
	// Tier is how much hangs on the store. Without it: that of the most
	// important service that uses it.
	Tier *Tier `yaml:"tier,fixed" example:"1"`
	// Data is the most sensitive class of data that it holds.
	Data DataClass `yaml:"data,fixed" default:"internal" example:"pii"`
	// Segment of the network in which it lives. Without it: data if there is
	// such a segment, else the last one.
	Segment string `yaml:"segment" example:"pci"`
}

// TopicBlock is one Kafka topic.
//
// +kubebuilder:object:generate=false
type TopicBlock struct {
	// Partitions is how many consumers of one group can share the work.
	Partitions int `yaml:"partitions,short" default:"3" example:"12" least:"1" most:"10000"`
	// Replication of every partition. Without it: that of the store.
	Replication *int `yaml:"replication" example:"3" least:"1" most:"9"`
	// MinInSync is how many replicas must have a message before it counts.
	// Without it: that of the store, and never more than replication allows.
	MinInSync *int `yaml:"minInSync" example:"2" least:"1" most:"9"`
	// Retain is how long messages are kept.
	Retain Duration `yaml:"retain" default:"7d" example:"30d"`
	// Compact keeps the last message of every key for ever.
	Compact bool `yaml:"compact" default:"false" example:"true"`
}

// BackupPlanBlock is how often a copy is made.
//
// +kubebuilder:object:generate=false
type BackupPlanBlock struct {
	// Every is the time between two copies; 0s means never.
	Every *Duration `yaml:"every,short" example:"1h"`
	// Keep is how long a copy is kept.
	Keep *Duration `yaml:"keep" example:"35d"`
}

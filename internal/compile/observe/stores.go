package observe

import (
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// condition is one thing that goes wrong with an engine. STORE in an expression
// stands for the store's name.
type condition struct {
	urgency Urgency
	wait    time.Duration
	expr    string
	summary string
	book    Runbook
}

// Stores that AWS runs are watched by CloudWatch alarms, in the Terraform module
// of each. Here are those whose machines are ours, by the metrics of their
// exporters: percona/mongodb_exporter, the JMX exporter beside Kafka and
// ZooKeeper's own provider, and SingleStore's.
var conditions = map[model.Engine][]condition{
	model.MongoDB: {
		{Page, time.Minute, `max(mongodb_rs_members_state{store="STORE"} == bool 1) < 1`, "no primary: nothing can be written",
			Runbook{Alert: "MongoNoPrimary", Means: "The members cannot agree on a primary. All writes fail.", Checks: []string{"How many members answer? Two of three are needed.", "Do they reach one another on 27017?"}, Relief: "Start a member that is down; never force a reconfiguration before two are up."}},
		{Ticket, 5 * time.Minute, `max by (member_idx) (mongodb_rs_members_optimeDate{store="STORE", member_state="PRIMARY"}) - on () group_right () min by (member_idx) (mongodb_rs_members_optimeDate{store="STORE", member_state="SECONDARY"}) > 30000`, "{{ $labels.member_idx }} is more than 30 s behind",
			Runbook{Alert: "MongoReplicationLag", Means: "A member is behind. Reads from it are old, and a failover to it loses what it has not got.", Checks: []string{"Disk and network of the member.", "A long index build?"}, Relief: "Take the member out of reads; resync it when the oplog no longer reaches back far enough."}},
		{Page, 10 * time.Minute, `min(mongodb_oplog_stats_timeDiff{store="STORE"} or mongodb_mongod_replset_oplog_head_timestamp{store="STORE"} - mongodb_mongod_replset_oplog_tail_timestamp{store="STORE"}) < 4 * 3600`, "the oplog holds less than four hours",
			Runbook{Alert: "MongoOplogShort", Means: "A member that is away for longer than the oplog reaches back must be copied from the start, and point-in-time recovery has a hole.", Checks: []string{"Which collection is written so much?"}, Relief: "Grow the oplog: `replSetResizeOplog`."}},
		{Ticket, 10 * time.Minute, `max(mongodb_ss_connections{store="STORE", conn_type="current"} / on (instance) (mongodb_ss_connections{store="STORE", conn_type="current"} + on (instance) mongodb_ss_connections{store="STORE", conn_type="available"})) > 0.8`, "connections are four fifths used",
			Runbook{Alert: "MongoConnections", Means: "Soon nobody can connect.", Checks: []string{"Which client opens them, and since which release?"}, Relief: "Restart the client with the leak; bound its pool."}},
		{Ticket, 10 * time.Minute, `min(mongodb_ss_wt_concurrentTransactions_available{store="STORE"}) < 10`, "hardly any tickets are left",
			Runbook{Alert: "MongoTickets", Means: "Operations queue inside the storage engine: the disk or a missing index slows all of them.", Checks: []string{"Slow queries in the log.", "Queue of the volume."}, Relief: "End the slow operation: `db.killOp`."}},
	},
	model.Kafka: {
		{Page, time.Minute, `sum(kafka_controller_kafkacontroller_activecontrollercount{store="STORE"}) != 1`, "there is not exactly one controller",
			Runbook{Alert: "KafkaController", Means: "Without one controller no partition gets a new leader.", Checks: []string{"Is the quorum of the coordinators there?", "Was a broker cut off from the others?"}, Relief: "Restart the broker that takes itself for the controller."}},
		{Page, time.Minute, `sum(kafka_controller_kafkacontroller_offlinepartitionscount{store="STORE"}) > 0`, "{{ $value }} partitions have no leader",
			Runbook{Alert: "KafkaOfflinePartitions", Means: "Nothing can be written to or read from these partitions.", Checks: []string{"Which brokers are down?", "Their disks."}, Relief: "Bring the brokers back. Unclean election loses messages: only people decide that."}},
		{Ticket, 10 * time.Minute, `sum(kafka_server_replicamanager_underreplicatedpartitions{store="STORE"}) > 0`, "{{ $value }} partitions have too few copies",
			Runbook{Alert: "KafkaUnderReplicated", Means: "One more loss and messages are gone or refused.", Checks: []string{"Is a broker down or slow?", "Is a rolling restart under way?"}, Relief: "Wait during a restart; else bring the broker back."}},
		{Page, 5 * time.Minute, `sum(kafka_cluster_partition_underminisr{store="STORE"}) > 0`, "{{ $value }} partitions refuse writes",
			Runbook{Alert: "KafkaUnderMinISR", Means: "Producers that wait for all copies get errors.", Checks: []string{"The same as for too few copies, at once."}, Relief: "Bring brokers back; lowering min.insync.replicas trades safety for writing."}},
		{Ticket, 15 * time.Minute, `sum(rate(kafka_server_replicamanager_isrshrinks_total{store="STORE"}[5m])) > sum(rate(kafka_server_replicamanager_isrexpands_total{store="STORE"}[5m]))`, "copies fall behind faster than they catch up",
			Runbook{Alert: "KafkaISRShrinking", Means: "A broker or the network is too slow for what is written.", Checks: []string{"Disk queue and network of each broker."}, Relief: "Move leaders away from the slow broker."}},
		{Ticket, 30 * time.Minute, `min(predict_linear(node_filesystem_avail_bytes{store="STORE", mountpoint="/var/lib/kafka"}[6h], 24 * 3600)) < 0`, "a disk is full within a day",
			Runbook{Alert: "KafkaDiskFilling", Means: "A full log directory stops the broker.", Checks: []string{"Which topic grows, and does its retention fit?"}, Relief: "Shorten the retention of that topic, then grow the disk."}},
	},
	model.SingleStore: {
		{Page, 2 * time.Minute, `sum(memsql_node_state_online{store="STORE"} == bool 0) > 0`, "{{ $value }} nodes are offline",
			Runbook{Alert: "SingleStoreNodeOffline", Means: "With redundancy 2 the partner carries the partitions; a second loss takes them away.", Checks: []string{"The machine, then the log of the node."}, Relief: "Start the node: it attaches by itself."}},
		{Page, time.Minute, `sum(memsql_partitions_offline{store="STORE"}) > 0`, "{{ $value }} partitions are offline",
			Runbook{Alert: "SingleStorePartitionsOffline", Means: "Queries on these partitions fail.", Checks: []string{"Which leaves are offline?"}, Relief: "Bring the leaves back; fail over to the standby cluster when both of a pair are lost."}},
		{Ticket, 10 * time.Minute, `max(memsql_status_total_server_memory{store="STORE"} / on (instance) memsql_variables_maximum_memory{store="STORE"}) > 0.9`, "nine tenths of the memory are used",
			Runbook{Alert: "SingleStoreMemory", Means: "The node soon refuses writes and queries.", Checks: []string{"Which table grew? Rowstore lives in memory."}, Relief: "Delete what is old, or add leaves."}},
		{Ticket, 10 * time.Minute, `sum(increase(memsql_pipelines_errors_total{store="STORE"}[10m])) > 0`, "a pipeline fails",
			Runbook{Alert: "SingleStorePipeline", Means: "Events from Kafka do not arrive in the tables.", Checks: []string{"`information_schema.PIPELINES_ERRORS`."}, Relief: "Skip the bad batch when it is one event; keep it."}},
	},
}

// zookeeper is watched where Kafka has it.
var zookeeper = []condition{
	{Page, 2 * time.Minute, `sum(zookeeper_quorum_size{store="STORE"} > bool 0) < 1 or absent(zookeeper_quorum_size{store="STORE"})`, "ZooKeeper has no quorum",
		Runbook{Alert: "ZooKeeperNoQuorum", Means: "Kafka keeps serving and can change nothing: no new leader, no new topic.", Checks: []string{"How many of the servers run? A majority is needed."}, Relief: "Start the servers, followers first."}},
	{Ticket, 5 * time.Minute, `max(zookeeper_outstanding_requests{store="STORE"}) > 100`, "requests queue up at ZooKeeper",
		Runbook{Alert: "ZooKeeperQueue", Means: "It is too slow for what is asked; sessions expire next, and brokers with them.", Checks: []string{"Time of fsync, and what else writes to that disk."}, Relief: "Give the log a disk of its own."}},
	{Ticket, 10 * time.Minute, `max(zookeeper_fsynctime{store="STORE", quantile="0.99"}) > 200`, "a write of ZooKeeper's log takes {{ $value }} ms",
		Runbook{Alert: "ZooKeeperSlowDisk", Means: "Slow disks make elections slow and sessions short.", Checks: []string{"Throughput of the volume."}, Relief: "Raise the throughput of the volume."}},
}

// machines of every store.
var machineConditions = []condition{
	{Page, 5 * time.Minute, `up{store="STORE"} == 0`, "{{ $labels.instance }} does not answer",
		Runbook{Alert: "StoreTargetDown", Means: "An exporter or its machine is gone: what happens there is not seen.", Checks: []string{"Does the machine answer by Session Manager?", "Does the engine run without its exporter?"}, Relief: "Start it; replace the machine when it does not come."}},
	{Ticket, 15 * time.Minute, `min by (instance, mountpoint) (node_filesystem_avail_bytes{store="STORE"} / node_filesystem_size_bytes{store="STORE"}) < 0.15`, "{{ $labels.mountpoint }} of {{ $labels.instance }} is nearly full",
		Runbook{Alert: "StoreDiskFilling", Means: "An engine that cannot write stops.", Checks: []string{"What grew: data, logs, a backup that stayed?"}, Relief: "Grow disk in the platform file; the file system grows with it, without a stop."}},
	{Ticket, 24 * time.Hour, `min by (instance) (paddock_certificate_expiry_seconds{store="STORE"} - time()) < 7 * 86400`, "a certificate ends within a week",
		Runbook{Alert: "StoreCertificateExpiring", Means: "The timer that renews it fails.", Checks: []string{"`journalctl -u paddock-pki`."}, Relief: "Run the playbook rotate-certs."}},
	{Ticket, time.Hour, `max by (instance) (time() - paddock_backup_last_success_seconds{store="STORE"}) > 26 * 3600`, "the last copy is {{ $value | humanizeDuration }} old",
		Runbook{Alert: "StoreBackupMissing", Means: "What was written since then is lost when the store is.", Checks: []string{"The log of the backup agent.", "May its role still write into the bucket?"}, Relief: "Start a copy by hand: playbook backup."}},
}

// storeFile is the rules of one store in one environment; none when AWS runs it.
func storeFile(env model.Environment, s model.Store) (File, bool) {
	if s.Managed() {
		return File{}, false
	}
	f := File{Name: "store-" + s.Name, Store: s.Name, Groups: []Group{{Name: s.Name, Every: 30 * time.Second}}}
	add := func(list []condition) {
		for _, c := range list {
			u := c.urgency
			if s.Tier >= 3 {
				u = Ticket
			}
			f.Groups[0].Rules = append(f.Groups[0].Rules, Rule{
				Alert: c.book.Alert, Expr: strings.ReplaceAll(c.expr, "STORE", s.Name), For: c.wait, Runbook: &c.book,
				Summary: s.Name + " in " + env.Name + ": " + c.summary,
				Labels: []Label{
					{"env", env.Name}, {"severity", string(severity(env, u))}, {"team", s.Team}, {"store", s.Name}, {"tier", strconv.Itoa(s.Tier)},
				},
			})
		}
	}
	add(machineConditions)
	add(conditions[s.Engine])
	if s.Engine == model.Kafka && s.Coordination == model.ZooKeeper {
		add(zookeeper)
	}
	return f, true
}

package flows

import "strings"

// op is what a column means to the answers; all other columns are read only
// when a filter or a grouping asks for them.
type op uint8

const (
	opSkip op = iota
	opVersion
	opSrcAddr
	opDstAddr
	opSrcPort
	opDstPort
	opProtocol
	opPackets
	opBytes
	opStart
	opEnd
	opAction
	opStatus
	opFlags
	opLost
)

// kind is how a field's values compare.
type kind uint8

const (
	kindText kind = iota
	kindNumber
	kindAddress
)

// field is one published field of a flow log record.
type field struct {
	name string
	// version is the version of the log that introduced it.
	version int
	kind    kind
	op      op
}

// fields are all published ones. Version 6 is the transit gateway's, version 7
// that of ECS.
var fields = []field{
	{"version", 2, kindNumber, opVersion},
	{"account-id", 2, kindText, opSkip},
	{"interface-id", 2, kindText, opSkip},
	{"srcaddr", 2, kindAddress, opSrcAddr},
	{"dstaddr", 2, kindAddress, opDstAddr},
	{"srcport", 2, kindNumber, opSrcPort},
	{"dstport", 2, kindNumber, opDstPort},
	{"protocol", 2, kindNumber, opProtocol},
	{"packets", 2, kindNumber, opPackets},
	{"bytes", 2, kindNumber, opBytes},
	{"start", 2, kindNumber, opStart},
	{"end", 2, kindNumber, opEnd},
	{"action", 2, kindText, opAction},
	{"log-status", 2, kindText, opStatus},
	{"vpc-id", 3, kindText, opSkip},
	{"subnet-id", 3, kindText, opSkip},
	{"instance-id", 3, kindText, opSkip},
	{"tcp-flags", 3, kindNumber, opFlags},
	{"type", 3, kindText, opSkip},
	{"pkt-srcaddr", 3, kindAddress, opSkip},
	{"pkt-dstaddr", 3, kindAddress, opSkip},
	{"region", 4, kindText, opSkip},
	{"az-id", 4, kindText, opSkip},
	{"sublocation-type", 4, kindText, opSkip},
	{"sublocation-id", 4, kindText, opSkip},
	{"pkt-src-aws-service", 5, kindText, opSkip},
	{"pkt-dst-aws-service", 5, kindText, opSkip},
	{"flow-direction", 5, kindText, opSkip},
	{"traffic-path", 5, kindNumber, opSkip},
	{"resource-type", 6, kindText, opSkip},
	{"tgw-id", 6, kindText, opSkip},
	{"tgw-attachment-id", 6, kindText, opSkip},
	{"tgw-src-vpc-account-id", 6, kindText, opSkip},
	{"tgw-dst-vpc-account-id", 6, kindText, opSkip},
	{"tgw-src-vpc-id", 6, kindText, opSkip},
	{"tgw-dst-vpc-id", 6, kindText, opSkip},
	{"tgw-src-subnet-id", 6, kindText, opSkip},
	{"tgw-dst-subnet-id", 6, kindText, opSkip},
	{"tgw-src-eni", 6, kindText, opSkip},
	{"tgw-dst-eni", 6, kindText, opSkip},
	{"tgw-src-az-id", 6, kindText, opSkip},
	{"tgw-dst-az-id", 6, kindText, opSkip},
	{"tgw-pair-attachment-id", 6, kindText, opSkip},
	{"packets-lost-no-route", 6, kindNumber, opLost},
	{"packets-lost-blackhole", 6, kindNumber, opLost},
	{"packets-lost-mtu-exceeded", 6, kindNumber, opLost},
	{"packets-lost-ttl-expired", 6, kindNumber, opLost},
	{"ecs-cluster-arn", 7, kindText, opSkip},
	{"ecs-cluster-name", 7, kindText, opSkip},
	{"ecs-container-instance-arn", 7, kindText, opSkip},
	{"ecs-container-instance-id", 7, kindText, opSkip},
	{"ecs-container-id", 7, kindText, opSkip},
	{"ecs-second-container-id", 7, kindText, opSkip},
	{"ecs-service-name", 7, kindText, opSkip},
	{"ecs-task-definition-arn", 7, kindText, opSkip},
	{"ecs-task-arn", 7, kindText, opSkip},
	{"ecs-task-id", 7, kindText, opSkip},
	{"reject-reason", 8, kindText, opSkip},
	{"resource-id", 9, kindText, opSkip},
	{"encryption-status", 10, kindText, opSkip},
}

// byName finds a field by its name. Parquet and Athena write underscores for
// hyphens.
var byName = func() map[string]field {
	m := make(map[string]field, len(fields))
	for _, f := range fields {
		m[f.name] = f
	}
	return m
}()

func fieldNamed(name string) (field, bool) {
	f, ok := byName[strings.ReplaceAll(name, "_", "-")]
	return f, ok
}

// FieldNames are all published fields, in the order of the versions.
func FieldNames() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

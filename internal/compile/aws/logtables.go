package aws

// serde is how Hive reads a format.
type serde struct{ in, out, library string }

var serdes = map[string]serde{
	"parquet": {"org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat", "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
	"json":    {"org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat", "org.openx.data.jsonserde.JsonSerDe"},
	"regex":   {"org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat", "org.apache.hadoop.hive.serde2.RegexSerDe"},
	"trail":   {"com.amazon.emr.cloudtrail.CloudTrailInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat", "org.apache.hive.hcatalog.data.JsonSerDe"},
}

// logTables are the classes of logs as tables. Columns are name:type.
var logTables = []struct{ name, class, template, format, regex, columns string }{
	{"alb", "elb", "AWSLogs/${account}/elasticloadbalancing/${region}/${day}", "regex",
		`([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) "([^ ]*) (.*) (- |[^ ]*)" "([^"]*)" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^"]*)" ([-.0-9]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^ ]*)" "([^\s]+?)" "([^\s]+)" "([^ ]*)" "([^ ]*)" ?([^ ]*)?.*`,
		"type:string time:string elb:string client_ip:string client_port:int target_ip:string target_port:int request_processing_time:double target_processing_time:double response_processing_time:double elb_status_code:int target_status_code:string received_bytes:bigint sent_bytes:bigint request_verb:string request_url:string request_proto:string user_agent:string ssl_cipher:string ssl_protocol:string target_group_arn:string trace_id:string domain_name:string chosen_cert_arn:string matched_rule_priority:string request_creation_time:string actions_executed:string redirect_url:string lambda_error_reason:string target_port_list:string target_status_code_list:string classification:string classification_reason:string conn_trace_id:string"},
	{"dns", "resolver", "AWSLogs/${account}/vpcdnsquerylogs/${day}", "json", "",
		"version:string account_id:string vpc_id:string query_timestamp:string query_name:string query_type:string query_class:string rcode:string srcaddr:string srcport:string transport:string firewall_rule_action:string firewall_rule_group_id:string"},
	{"firewall", "firewall", "${region}/${account}/${day}", "json", "",
		"firewall_name:string availability_zone:string event_timestamp:string event:string"},
	{"flow", "flow", "AWSLogs/aws-account-id=${account}/aws-service=vpcflowlogs/aws-region=${region}/${day}", "parquet", "",
		"version:int account_id:string interface_id:string srcaddr:string dstaddr:string srcport:int dstport:int protocol:bigint packets:bigint bytes:bigint start:bigint end:bigint action:string log_status:string vpc_id:string subnet_id:string tcp_flags:int pkt_srcaddr:string pkt_dstaddr:string az_id:string pkt_src_aws_service:string pkt_dst_aws_service:string flow_direction:string traffic_path:int reject_reason:string"},
	{"trail", "trail", "AWSLogs/${account}/CloudTrail/${region}/${day}", "trail", "",
		"eventversion:string useridentity:string eventtime:string eventsource:string eventname:string awsregion:string sourceipaddress:string useragent:string errorcode:string errormessage:string requestparameters:string responseelements:string additionaleventdata:string requestid:string eventid:string resources:string eventtype:string recipientaccountid:string sharedeventid:string"},
	{"waf", "waf", "AWSLogs/${account}/WAFLogs/${region}/${day}", "json", "",
		"timestamp:bigint formatversion:int webaclid:string terminatingruleid:string terminatingruletype:string action:string httpsourcename:string httpsourceid:string httprequest:string labels:string"},
}

// logQueries are the questions that security asks. %[1]s is the beginning of the
// platform's own addresses.
var logQueries = []struct{ name, description, query string }{
	{"rejected-between-environments", "Something tried to cross the walls: refused flows between addresses of ours",
		`SELECT day, account, srcaddr, dstaddr, dstport, reject_reason, sum(packets) AS packets FROM flow WHERE action = 'REJECT' AND srcaddr LIKE '%[1]s%%' AND dstaddr LIKE '%[1]s%%' GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY packets DESC LIMIT 200`},
	{"clients-of-stores", "Who opened connections to the ports of stores: the run-time counterpart of the proof",
		`SELECT day, account, pkt_srcaddr, pkt_dstaddr, dstport, sum(bytes) AS bytes FROM flow WHERE action = 'ACCEPT' AND dstport IN (27017, 3306, 9094, 6379, 5432) AND flow_direction = 'ingress' AND pkt_srcaddr LIKE '%[1]s%%' GROUP BY 1, 2, 3, 4, 5 ORDER BY bytes DESC LIMIT 500`},
	{"talkers-to-the-internet", "What costs most on the way out",
		`SELECT day, account, pkt_srcaddr, pkt_dstaddr, pkt_dst_aws_service, sum(bytes) AS bytes FROM flow WHERE flow_direction = 'egress' AND NOT pkt_dstaddr LIKE '%[1]s%%' GROUP BY 1, 2, 3, 4, 5 ORDER BY bytes DESC LIMIT 200`},
	{"past-the-cdn", "Requests that reached the load balancer and were not let through by the firewall",
		`SELECT day, client_ip, request_url, elb_status_code, count(*) AS requests FROM alb WHERE elb_status_code = 403 AND NOT client_ip LIKE '%[1]s%%' GROUP BY 1, 2, 3, 4 ORDER BY requests DESC LIMIT 200`},
	{"port-scans", "Addresses that tried many ports of one machine",
		`SELECT day, srcaddr, dstaddr, count(DISTINCT dstport) AS ports FROM flow WHERE action = 'REJECT' AND dstaddr LIKE '%[1]s%%' GROUP BY 1, 2, 3 HAVING count(DISTINCT dstport) > 50 ORDER BY ports DESC`},
	{"new-names", "Names that were asked for today and never before",
		`SELECT query_name, min(day) AS first, count(*) AS questions FROM dns WHERE srcaddr LIKE '%[1]s%%' GROUP BY 1 HAVING min(day) = date_format(current_date, '%%Y/%%m/%%d') ORDER BY questions DESC LIMIT 200`},
}

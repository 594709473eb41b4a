package flows_test

import (
	"strings"
	"testing"

	"paddock.dev/internal/forensics/flows"
)

// The default format of transit gateways is known without a header; its records
// have no action, and say what was lost.
func TestTransitGateway(t *testing.T) {
	line := "6 TransitGateway 123456789012 tgw-1 tgw-attach-1 123456789012 210987654321 vpc-1 vpc-2 subnet-1 subnet-2 eni-1 eni-2 aps1-az1 aps1-az2 tgw-attach-2 10.10.0.1 10.40.0.1 40000 443 6 12 3400 1764000000 1764000060 OK IPv4 1 2 0 4 2 ap-south-1 egress - -\n"
	none := "6 TransitGateway 123456789012 tgw-1 tgw-attach-1 - - - - - - - - - - - - - - - - - - 1764000000 1764000060 NODATA - - - - - - ap-south-1 - - -\n"
	r := run(t, flows.Options{GroupBy: []string{"tgw-dst-vpc-account-id", "flow-direction"}}, map[string]string{"a": line + none})
	if r.Read.Records != 1 || r.Read.NoData != 1 || r.Read.Rejected != 0 || r.Totals.Unjudged.Bytes != 3400 || r.Totals.PacketsLost != 7 {
		t.Errorf("%+v %+v %v", r.Read, r.Totals, r.Rejects)
	}
	if g := r.Groups; len(g) != 1 || strings.Join(g[0].Values, " ") != "210987654321 egress" {
		t.Errorf("%+v", g)
	}
}

// ECS fields, fields of later versions and one of tomorrow.
func TestCustomFormat(t *testing.T) {
	text := "ecs-cluster-name ecs-service-name srcaddr pkt-srcaddr dstaddr bytes packets start reject-reason encryption-status field-of-2030\n" +
		"kestrel booking 10.0.0.1 10.0.0.1 10.0.0.2 500 5 1764000000 BPA encrypted x\n" +
		"- - 10.0.0.1 - 10.0.0.2 70 1 1764000000 - - -\n"
	f, err := flows.ParseFilter("ecs-service-name ~ book and pkt-srcaddr in 10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, flows.Options{Filter: f, GroupBy: []string{"ecs-service-name"}}, map[string]string{"a": text})
	if r.Read.Records != 1 || r.Read.Filtered != 1 || r.Totals.Bytes != 500 || r.Groups[0].Values[0] != "booking" {
		t.Errorf("%+v %+v", r.Read, r.Groups)
	}
}

// CloudWatch Logs puts the time before each line of an export.
func TestExportOfCloudWatch(t *testing.T) {
	r := run(t, flows.Options{}, map[string]string{"a": "2026-11-25T00:00:00.000Z 2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK\n"})
	if r.Read.Records != 1 || r.Totals.Bytes != 1000 {
		t.Errorf("%+v %v", r.Read, r.Rejects)
	}
}

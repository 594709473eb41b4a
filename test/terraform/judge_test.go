package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const report = `{"results": {"failed_checks": [
  {"check_id": "CKV_1", "check_name": "One", "file_path": "/modules/logs/main.tf", "resource": "module.a[\"x\"].module.b.aws_s3_bucket.this"},
  {"check_id": "CKV_1", "check_name": "One", "file_path": "/modules/logs/main.tf", "resource": "module.c.aws_s3_bucket.this[\"y.z\"]"},
  {"check_id": "CKV_2", "check_name": "Two", "file_path": "/prod/ap-south-1/30-data/main.tf", "resource": "aws_lb.public"}
], "parsing_errors": []}, "summary": {"passed": 7, "resource_count": 9}}`

func TestFindingsAndWaivers(t *testing.T) {
	findings, passed, err := readFindings(strings.NewReader(report))
	if err != nil || passed != 7 || len(findings) != 3 {
		t.Fatalf("%v, %d passed, %v", findings, passed, err)
	}
	if at := findings[1].at; at != "modules/logs aws_s3_bucket.this" {
		t.Errorf("the second is at %q", at)
	}
	one := waiver{"CKV_1", "why", map[string]int{"modules/logs aws_s3_bucket.this": 2}}
	two := waiver{"CKV_2", "why", map[string]int{"prod/*/30-data aws_lb.*": 1}}
	for _, c := range []struct {
		name    string
		waivers []waiver
		want    []string
	}{
		{"all waived", []waiver{one, two}, nil},
		{"one is new", []waiver{one}, []string{"new: CKV_2 at prod/ap-south-1/30-data aws_lb.public, 1 times: Two"}},
		{"one is stale", []waiver{one, two, {"CKV_3", "why", map[string]int{"modules/logs aws_s3_bucket.this": 1}}}, []string{"stale: CKV_3 at modules/logs aws_s3_bucket.this is waived and found no more"}},
		{"one more", []waiver{{"CKV_1", "why", map[string]int{"modules/* aws_s3_bucket.this": 1}}, two}, []string{"count: CKV_1 at modules/* aws_s3_bucket.this is waived 1 times and found 2 times"}},
	} {
		if got := compare(findings, c.waivers); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestReportsThatSayNothingAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "{}",
		`{"results": {"failed_checks": [], "parsing_errors": ["modules/x/main.tf"]}, "summary": {"resource_count": 9}}`,
	} {
		if _, _, err := readFindings(strings.NewReader(text)); err == nil {
			t.Errorf("%s is a report", text)
		}
	}
}

func TestWaiversAreComplete(t *testing.T) {
	text, err := os.ReadFile("waivers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, err := readWaivers(text)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d waivers, %v", len(list), err)
	}
	for _, broken := range []string{
		"waivers: [{check: CKV_1, reason: why}]",
		"waivers: [{check: CKV_1, at: {modules/x y: 1}}]",
		"waivers: [{check: CKV_1, reason: why, at: {modules/x y: 0}}]",
		"waivers: [{check: CKV_1, reason: why, at: {modules/x y: 1}, until: never}]",
	} {
		if _, err := readWaivers([]byte(broken)); err == nil {
			t.Errorf("%s is taken", broken)
		}
	}
}

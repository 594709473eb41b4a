package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const report = `{"results": {"failed_checks": [
  {"check_id": "CKV_1", "check_name": "One", "file_path": "/modules/logs/main.tf", "resource": "module.a[\"x\"].module.b.aws_s3_bucket.this"},
  {"check_id": "CKV_1", "check_name": "One", "file_path": "/modules/logs/main.tf", "resource": "module.c.aws_s3_bucket.this[\"y.z\"]", "breadcrumbs": {"source_module_": [{"path": "/x/prod/here/15-logs/main.tf"}]}},
  {"check_id": "CKV_4", "check_name": "Four", "file_path": "/modules/bucket/main.tf", "resource": "module.a.module.b.aws_s3_bucket.this",
    "breadcrumbs": {"tags": [{"path": "/x"}], "source_module_": [{"path": "/x/prod/here/15-logs/main.tf"}, {"path": "/x/modules/logs/main.tf"}]}},
  {"check_id": "CKV_2", "check_name": "Two", "file_path": "/prod/ap-south-1/30-data/main.tf", "resource": "aws_lb.public"}
], "parsing_errors": []}, "summary": {"passed": 7, "resource_count": 9}}`

func TestFindingsAndWaivers(t *testing.T) {
	findings, passed, err := readCheckov(strings.NewReader(report), modulePlace)
	if err != nil || passed != 7 || len(findings) != 4 {
		t.Fatalf("%v, %d passed, %v", findings, passed, err)
	}
	if at := findings[1].at; at != "modules/logs aws_s3_bucket.this" {
		t.Errorf("the second is at %q", at)
	}
	if at := findings[2].at; at != "modules/bucket aws_s3_bucket.this in logs" {
		t.Errorf("the third is at %q", at)
	}
	four := waiver{[]string{"CKV_4"}, "why", map[string]times{"modules/bucket *": 1}}
	one := waiver{[]string{"CKV_1"}, "why", map[string]times{"modules/logs aws_s3_bucket.this": 2}}
	two := waiver{[]string{"CKV_2"}, "why", map[string]times{"prod/*/30-data aws_lb.*": 1}}
	for _, c := range []struct {
		name    string
		waivers []waiver
		want    []string
	}{
		{"all waived", []waiver{four, one, two}, nil},
		{"one is new", []waiver{four, one}, []string{"new: CKV_2 at prod/ap-south-1/30-data aws_lb.public, 1 times: Two"}},
		{"one is stale", []waiver{four, one, two, {[]string{"CKV_3"}, "why", map[string]times{"modules/logs aws_s3_bucket.this": 1}}}, []string{"stale: CKV_3 at modules/logs aws_s3_bucket.this is waived and found no more"}},
		{"every one", []waiver{{[]string{"CKV_1"}, "why", map[string]times{"modules/logs aws_s3_bucket.this": every}}, two, four}, nil},
		{"every one of none", []waiver{four, one, two, {[]string{"CKV_3"}, "why", map[string]times{"modules/logs aws_s3_bucket.this": every}}}, []string{"stale: CKV_3 at modules/logs aws_s3_bucket.this is waived and found no more"}},
		{"one more", []waiver{{[]string{"CKV_1"}, "why", map[string]times{"modules/* aws_s3_bucket.this": 1}}, two, four}, []string{"count: CKV_1 at modules/* aws_s3_bucket.this is waived 1 times and found 2 times"}},
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
		if _, _, err := readCheckov(strings.NewReader(text), modulePlace); err == nil {
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
		"waivers: [{checks: [CKV_1], reason: why}]",
		"waivers: [{checks: [CKV_1], at: {modules/x y: 1}}]",
		"waivers: [{checks: [CKV_1], reason: why, at: {modules/x y: 0}}]",
		"waivers: [{checks: [CKV_1], reason: why, at: {modules/x y: some}}]",
		"waivers: [{checks: [CKV_1], reason: why, at: {'modules/[x y': 1}}]",
		"waivers: [{checks: [CKV_1], reason: why, at: {modules/x y: 1}, until: never}]",
	} {
		if _, err := readWaivers([]byte(broken)); err == nil {
			t.Errorf("%s is taken", broken)
		}
	}
}

func TestObjectsOfClusters(t *testing.T) {
	found, passed, err := readKubeScore([]byte(`[{"type_meta": {"kind": "Deployment"}, "checks": [
	  {"check": {"id": "container-resources", "name": "Resources"}, "grade": 1},
	  {"check": {"id": "pod-probes", "name": "Probes"}, "grade": 10},
	  {"check": {"id": "container-ports", "name": "Ports"}, "grade": 0, "skipped": true}]}]`), "prod/apps")
	if err != nil || passed != 1 || !slices.Equal(found, []finding{{"container-resources", "Resources", "prod/apps Deployment"}}) {
		t.Errorf("%v, %d passed, %v", found, passed, err)
	}
	if _, _, err := readKubeScore([]byte("no report"), "prod/apps"); err == nil {
		t.Error("what is no report is taken for one")
	}
	if at := objectPlace("/prod/apps/services/booking/workload.yaml", "Deployment.prod.booking"); at != "prod/apps Deployment" {
		t.Errorf("booking is at %q", at)
	}
}

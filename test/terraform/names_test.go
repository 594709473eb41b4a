package main

import (
	"slices"
	"testing"
)

func planned(root, kind, attribute, name string) plan {
	c := change{Address: "module.a." + kind + ".this", Type: kind, Mode: "managed"}
	c.Change.After = map[string]any{attribute: name}
	return plan{root: root, Changes: []change{c}}
}

func TestNamesThatCollide(t *testing.T) {
	got := collisions([]plan{
		planned("prod/ap-south-1/40-eks", "aws_iam_role", "name", "deploy"),
		planned("prod/ap-southeast-1/40-eks", "aws_iam_role", "name", "deploy"),
		planned("dev/ap-south-1/40-eks", "aws_iam_role", "name", "deploy"),
		planned("dev/ap-south-1/30-data", "aws_s3_bucket", "bucket", "copies"),
		planned("prod/ap-south-1/30-data", "aws_s3_bucket", "bucket", "copies"),
		planned("prod/ap-south-1/60-backup", "aws_sns_topic", "name", "alarms"),
		planned("prod/ap-southeast-1/60-backup", "aws_sns_topic", "name", "alarms"),
	})
	want := []string{
		"aws_iam_role deploy is made 2 times in prod: prod/ap-south-1/40-eks module.a.aws_iam_role.this, prod/ap-southeast-1/40-eks module.a.aws_iam_role.this",
		"aws_s3_bucket copies is made 2 times in the world: dev/ap-south-1/30-data module.a.aws_s3_bucket.this, prod/ap-south-1/30-data module.a.aws_s3_bucket.this",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

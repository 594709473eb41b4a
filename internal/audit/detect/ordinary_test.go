package detect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"paddock.dev/internal/audit/search"
)

// ordinary writes days of work: services that assume roles, machines that read
// their secrets, a pipeline that deploys, people who look and now and then
// change something, kubelets, controllers and a rollout. Same seed, same days.
type ordinary struct {
	r      *rand.Rand
	number int
	trail  *json.Encoder
	audit  *json.Encoder
	own    *json.Encoder
}

func (o *ordinary) write(enc *json.Encoder, source search.Source, at time.Time, fields map[string]any) {
	o.number++
	if err := enc.Encode(exampleRecord(source, ExampleEvent{Fields: fields}, at, o.number, o.number)); err != nil {
		panic(err)
	}
}

type event = map[string]any

func (o *ordinary) day(day time.Time) {
	for minute := range 24 * 60 {
		at := day.Add(time.Duration(minute)*time.Minute + time.Duration(o.r.IntN(50))*time.Second)
		o.services(at, minute)
		if minute%2 == 1 { // a cluster says much and often the same
			o.cluster(at, minute)
		}
		if hour := minute / 60; hour >= 8 && hour < 18 {
			o.people(at, minute)
		}
	}
}

func (o *ordinary) services(at time.Time, minute int) {
	trail := func(e event) { o.write(o.trail, search.CloudTrail, at, e) }
	trail(event{"action": "sts:AssumeRole", "actor": "service", "sourceIPAddress": "ec2.amazonaws.com", "requestParameters": event{"roleArn": "arn:aws:iam::123456789012:role/web"}})
	trail(event{"action": "s3:PutObject", "actor": "instance", "sourceIPAddress": "10.0.3.7", "requestParameters": event{"bucketName": "acme-orders", "key": fmt.Sprint(minute)}})
	trail(event{"action": "config:PutEvaluations", "actor": "linked", "sourceIPAddress": "config.amazonaws.com"})
	switch {
	case minute%5 == 0:
		trail(event{"action": "secretsmanager:GetSecretValue", "actor": "instance", "sourceIPAddress": "10.0.3.7", "requestParameters": event{"secretId": "booking"}})
		trail(event{"action": "kms:Decrypt", "actor": "instance", "sourceIPAddress": "10.0.3.7"})
		trail(event{"action": "ec2:DescribeInstances", "actor": "linked", "readOnly": true})
	case minute%180 == 7: // a release
		for i := range 12 {
			ci := event{"sourceIPAddress": fmt.Sprintf("198.51.100.%d", 10+o.r.IntN(200)), "actor": "ci", "userIdentity": event{"principalId": fmt.Sprintf("AROAEXAMPLE:ci-%d-%d", minute, at.Day())}}
			what := []event{
				{"action": "ecr:PutImage", "requestParameters": event{"repositoryName": "booking"}},
				{"action": "eks:DescribeCluster", "readOnly": true},
				{"action": "lambda:UpdateFunctionCode20150331v2", "requestParameters": event{"functionName": "pay"}},
				{"action": "s3:PutBucketPolicy", "requestParameters": event{"bucketName": "acme-web", "bucketPolicy": event{"Statement": []any{event{"Effect": "Allow", "Principal": event{"AWS": "arn:aws:iam::123456789012:role/web"}, "Action": "s3:GetObject"}}}}},
				{"action": "iam:AttachRolePolicy", "requestParameters": event{"roleName": "web", "policyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}},
				{"action": "iam:CreateRole", "awsRegion": "us-east-1", "requestParameters": event{"roleName": "job", "assumeRolePolicyDocument": `{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`}},
				{"action": "ec2:AuthorizeSecurityGroupIngress", "requestParameters": event{"groupId": "sg-1", "ipPermissions": event{"items": []any{event{"fromPort": 443, "toPort": 443, "ipRanges": event{"items": []any{event{"cidrIp": "0.0.0.0/0"}}}}}}}},
				{"action": "ssm:GetParameters", "requestParameters": event{"names": []any{"/prod/db"}, "withDecryption": true}},
				{"action": "logs:DeleteLogGroup", "requestParameters": event{"logGroupName": "/aws/lambda/old"}},
				{"action": "lambda:AddPermission20150331v2", "requestParameters": event{"functionName": "pay", "principal": "events.amazonaws.com"}},
				{"action": "kms:PutKeyPolicy", "requestParameters": event{"keyId": "k", "policy": `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*"}]}`}},
				{"action": "rds:ModifyDBInstance", "requestParameters": event{"dBInstanceIdentifier": "orders", "backupRetentionPeriod": 14, "publiclyAccessible": false}},
			}[i]
			trail(overlay(ci, what))
		}
	case minute == 130: // backups come and go
		trail(event{"action": "backup:DeleteRecoveryPoint", "actor": "service"})
		trail(event{"action": "ec2:CreateSnapshot", "actor": "linked"})
	}
}

func (o *ordinary) people(at time.Time, minute int) {
	trail := func(e event) {
		o.write(o.trail, search.CloudTrail, at, overlay(event{"actor": "person", "sourceIPAddress": "203.0.113.10"}, e))
	}
	if minute%7 == 0 {
		trail(event{"action": "ec2:DescribeInstances", "readOnly": true})
		trail(event{"action": "logs:FilterLogEvents", "readOnly": true})
		trail(event{"action": "s3:ListBuckets", "readOnly": true})
	}
	switch minute {
	case 485:
		trail(event{"action": "signin:ConsoleLogin", "responseElements": event{"ConsoleLogin": "Success"}, "additionalEventData": event{"MFAUsed": "No"}})
	case 490: // a slip, then in
		for range 2 {
			trail(event{"action": "signin:ConsoleLogin", "actor": "asha", "responseElements": event{"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication"})
		}
		trail(event{"action": "signin:ConsoleLogin", "actor": "asha", "responseElements": event{"ConsoleLogin": "Success"}, "additionalEventData": event{"MFAUsed": "Yes"}})
	case 500, 700:
		trail(event{"action": "iam:CreateAccessKey", "actor": "asha"})
		trail(event{"action": "iam:DeleteAccessKey", "actor": "asha"})
		trail(event{"action": "ssm:StartSession", "requestParameters": event{"target": "i-1"}})
		trail(event{"action": "ec2:RunInstances", "requestParameters": event{"instanceType": "t3.medium"}})
		trail(event{"action": "iam:ListUsers", "error": "AccessDenied", "readOnly": true})
		trail(event{"action": "cloudtrail:LookupEvents", "readOnly": true})
		trail(event{"action": "ec2:CreateTags"})
	case 520, 640, 760:
		o.write(o.own, search.Paddock, at, event{"action": "paddock:PromoteRelease", "actor": "asha", "requestParameters": event{"service": "booking", "environment": "prod", "author": "asha"}})
		o.write(o.own, search.Paddock, at.Add(20*time.Minute), event{"action": "paddock:ApproveRelease", "actor": "ravi", "requestParameters": event{"service": "booking", "environment": "prod", "author": "asha"}})
	case 800:
		o.write(o.own, search.Paddock, at, event{"action": "paddock:RollbackRelease", "actor": "asha", "requestParameters": event{"service": "booking", "environment": "prod", "skipApproval": true}})
	}
}

func (o *ordinary) cluster(at time.Time, minute int) {
	audit := func(e event) { o.write(o.audit, search.Kubernetes, at, e) }
	audit(event{"action": "update leases", "actor": "kubelet", "target": "kube-node-lease/a"})
	audit(event{"action": "patch nodes/status", "actor": "kubelet", "target": "a"})
	audit(event{"action": "get secrets", "actor": "kubelet", "target": "prod/booking"})
	audit(event{"action": "create serviceaccounts/token", "actor": "kubelet", "target": "prod/booking"})
	audit(event{"action": "watch pods", "actor": "manager"})
	audit(event{"action": "get", "actor": "anonymous", "requestURI": "/livez"})
	if minute%60 == 9 {
		for i := range 3 {
			audit(event{"action": "create pods", "actor": "controller", "target": fmt.Sprintf("prod/booking-%d", i), "requestObject": event{"spec": event{
				"containers": []any{event{"name": "app", "securityContext": event{"privileged": false, "runAsNonRoot": true}}},
				"volumes":    []any{event{"emptyDir": event{}}, event{"configMap": event{"name": "booking"}}}}}})
			audit(event{"action": "delete pods", "actor": "controller", "target": fmt.Sprintf("prod/booking-old-%d", i)})
		}
		audit(event{"action": "create pods", "actor": "controller", "target": "kube-system/cni", "requestObject": event{"spec": event{"hostNetwork": true, "containers": []any{event{"securityContext": event{"privileged": true}}}}}})
		audit(event{"action": "patch mutatingwebhookconfigurations", "actor": "pod", "target": "cert-manager"})
		audit(event{"action": "update certificatesigningrequests/approval", "actor": "manager", "target": "csr"})
	}
	if minute%30 == 11 && minute > 480 && minute < 1080 {
		audit(event{"action": "list pods", "target": "prod/"})
		audit(event{"action": "get pods/log", "target": "prod/booking-1"})
		audit(event{"action": "get secrets", "target": "prod/booking"})
		audit(event{"action": "patch deployments", "actor": "pod", "target": "prod/booking", "requestObject": event{"spec": event{"template": event{"spec": event{"containers": []any{event{"image": "booking:2"}}}}}}})
		audit(event{"action": "update configmaps", "actor": "pod", "target": "prod/booking", "requestObject": event{"data": event{"app.yaml": "password.minimum: 12 characters\nkeys: 4"}}})
		audit(event{"action": "create services", "actor": "pod", "target": "prod/booking", "requestObject": event{"spec": event{"type": "ClusterIP"}}})
		audit(event{"action": "create clusterrolebindings", "actor": "pod", "target": "booking", "requestObject": event{"roleRef": event{"name": "view"}}})
		audit(event{"action": "list nodes", "error": "forbidden"})
	}
}

// An ordinary week, and a real log of somebody learning what they may do, set
// off nothing that one would have to look at.
func TestOrdinaryDaysAreQuiet(t *testing.T) {
	dir := t.TempDir()
	create := func(name string) *json.Encoder {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return json.NewEncoder(f)
	}
	o := &ordinary{r: rand.New(rand.NewPCG(1, 2)), trail: create("trail.json"), audit: create("audit.log"), own: create("own.json")}
	for day := range 5 {
		o.day(exampleStart.Truncate(24*time.Hour).AddDate(0, 0, day))
	}
	a := ask(t, Inquiry{FindingsOnly: true}, dir)
	if !a.Summary.Whole() || a.Summary.Events != o.number || o.number < 40_000 {
		t.Fatalf("read %+v of %d events", a.Summary, o.number)
	}
	for _, f := range a.Findings {
		t.Errorf("%s %s: %d events of %v: %v on %v", f.Severity, f.Rule, f.Events, f.Actors, f.Actions, f.Targets)
	}
}

// The same week with one attack in it is not quiet.
func TestAnAttackInAnOrdinaryWeek(t *testing.T) {
	dir := t.TempDir()
	var trail bytes.Buffer
	o := &ordinary{r: rand.New(rand.NewPCG(1, 2)), trail: json.NewEncoder(&trail), audit: json.NewEncoder(io.Discard), own: json.NewEncoder(io.Discard)}
	start := exampleStart.Truncate(24 * time.Hour)
	for day := range 5 {
		o.day(start.AddDate(0, 0, day))
	}
	night := start.AddDate(0, 0, 4).Add(3 * time.Hour)
	for i, e := range []event{
		{"action": "s3:ListBuckets", "actor": "instance", "sourceIPAddress": "192.0.2.66"},
		{"action": "iam:CreateUser", "actor": "instance", "sourceIPAddress": "192.0.2.66", "requestParameters": event{"userName": "backup"}},
		{"action": "ec2:RunInstances", "actor": "instance", "awsRegion": "ap-south-1", "sourceIPAddress": "192.0.2.66", "readOnly": false},
		{"action": "cloudtrail:StopLogging", "actor": "instance", "sourceIPAddress": "192.0.2.66", "error": "AccessDenied", "requestParameters": event{"name": "main"}},
	} {
		o.write(o.trail, search.CloudTrail, night.Add(time.Duration(i)*time.Minute), e)
	}
	if err := os.WriteFile(filepath.Join(dir, "trail.json"), trail.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	a := ask(t, Inquiry{FindingsOnly: true}, dir)
	got := fmt.Sprint(least(a.Findings, Low))
	if want := "[aws-instance-credentials-elsewhere aws-new-region aws-trail-attempted aws-user-created]"; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
}

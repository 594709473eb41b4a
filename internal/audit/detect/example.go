package detect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/diag"
)

// exampleStart is when the logs of examples begin.
var exampleStart = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// cast are the actors that an example may name.
var cast = map[search.Source]map[string]map[string]any{
	search.CloudTrail: {
		"asha": {"type": "IAMUser", "userName": "asha", "arn": "arn:aws:iam::123456789012:user/asha", "accountId": "123456789012", "accessKeyId": "AKIAEXAMPLE0000ASHA1"},
		"root": {"type": "Root", "arn": "arn:aws:iam::123456789012:root", "accountId": "123456789012", "principalId": "123456789012"},
		"ci": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:ci-1203", "arn": "arn:aws:sts::123456789012:assumed-role/deploy/ci-1203", "accountId": "123456789012",
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": "arn:aws:iam::123456789012:role/deploy", "userName": "deploy"}, "attributes": map[string]any{"mfaAuthenticated": "false"}}},
		"person": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:asha@example.com", "arn": "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Engineer_0123456789abcdef/asha@example.com", "accountId": "123456789012",
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Engineer_0123456789abcdef", "userName": "AWSReservedSSO_Engineer_0123456789abcdef"}}},
		"instance": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:i-0123456789abcdef0", "arn": "arn:aws:sts::123456789012:assumed-role/web/i-0123456789abcdef0", "accountId": "123456789012",
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": "arn:aws:iam::123456789012:role/web", "userName": "web"}}},
		"service": {"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"},
		"linked": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:config", "arn": "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForConfig/config", "accountId": "123456789012",
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "userName": "AWSServiceRoleForConfig"}}},
		"stranger": {"type": "AWSAccount", "accountId": "999999999999", "principalId": "AIDAEXAMPLE"},
	},
	search.Kubernetes: {
		"asha":       {"username": "asha", "groups": []any{"developers", "system:authenticated"}},
		"admin":      {"username": "kubernetes-admin", "groups": []any{"system:masters", "system:authenticated"}},
		"anonymous":  {"username": "system:anonymous", "groups": []any{"system:unauthenticated"}},
		"kubelet":    {"username": "system:node:a", "groups": []any{"system:nodes", "system:authenticated"}},
		"controller": {"username": "system:serviceaccount:kube-system:replicaset-controller", "groups": []any{"system:serviceaccounts", "system:authenticated"}},
		"manager":    {"username": "system:kube-controller-manager", "groups": []any{"system:authenticated"}},
		"pod":        {"username": "system:serviceaccount:prod:booking", "groups": []any{"system:serviceaccounts", "system:authenticated"}},
	},
}

// Log writes an example as a log: JSON lines of the rule's source. The keys
// actor (one of the cast), action, target and error are short for what a log
// has in several places; all others are members of the record.
func (x Example) Log(source search.Source) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	number := 0
	for _, e := range x.Events {
		for i := range e.Times {
			number++
			record := exampleRecord(source, e, exampleStart.Add(e.At+time.Duration(i)*e.Every), number, i)
			if err := enc.Encode(record); err != nil {
				return nil, fmt.Errorf("an example event: %w", err)
			}
		}
	}
	return b.Bytes(), nil
}

func exampleRecord(source search.Source, e ExampleEvent, at time.Time, number, copyNumber int) map[string]any {
	given := maps.Clone(e.Fields)
	short := func(key, otherwise string) string {
		text, ok := given[key].(string)
		delete(given, key)
		if !ok {
			return otherwise
		}
		return text
	}
	stamp := at.Format(time.RFC3339Nano)
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", number)
	var record map[string]any
	action, actor, target, failure := short("action", ""), short("actor", "asha"), short("target", ""), short("error", "")
	if source == search.Kubernetes {
		verb, resource, _ := strings.Cut(action, " ")
		resource, sub, _ := strings.Cut(resource, "/")
		namespace, name, namespaced := strings.Cut(target, "/")
		if !namespaced {
			namespace, name = "", target
		}
		ref := map[string]any{"resource": resource, "apiVersion": "v1"}
		for key, text := range map[string]string{"subresource": sub, "namespace": namespace, "name": name} {
			if text != "" {
				ref[key] = text
			}
		}
		status := map[string]any{"code": 200}
		if failure != "" {
			status = map[string]any{"code": 403, "message": failure}
		}
		record = map[string]any{
			"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "stage": "ResponseComplete", "auditID": id,
			"verb": verb, "user": cast[source][actor], "objectRef": ref, "responseStatus": status, "sourceIPs": []any{"203.0.113.10"},
			"userAgent": "kubectl/v1.37.2", "requestReceivedTimestamp": stamp, "stageTimestamp": stamp,
		}
	} else {
		service, name, _ := strings.Cut(action, ":")
		service += ".amazonaws.com"
		identity := cast[search.CloudTrail][actor]
		if source == search.Paddock {
			service = "paddock.dev"
			identity = map[string]any{"type": "PaddockUser", "principalId": actor, "userName": actor, "accountId": "000000000000"}
		}
		record = map[string]any{
			"eventVersion": "1.09", "eventTime": stamp, "eventSource": service, "eventName": name, "awsRegion": "eu-west-1",
			"sourceIPAddress": "203.0.113.10", "userAgent": "aws-cli/2.17", "userIdentity": identity,
			"recipientAccountId": "123456789012", "eventID": id, "eventType": "AwsApiCall",
		}
		if failure != "" {
			record["errorCode"] = failure
		}
	}
	return numbered(overlay(record, given), copyNumber).(map[string]any)
}

// overlay lays one tree over another.
func overlay(base, over map[string]any) map[string]any {
	both := maps.Clone(base)
	for key, v := range over {
		below, ok := both[key].(map[string]any)
		above, too := v.(map[string]any)
		if ok && too {
			v = overlay(below, above)
		}
		both[key] = v
	}
	return both
}

// numbered puts the number of the copy in the place of %d.
func numbered(v any, n int) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "%d", fmt.Sprint(n))
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = numbered(item, n)
		}
		return list
	case map[string]any:
		tree := make(map[string]any, len(v))
		for key, item := range v {
			tree[key] = numbered(item, n)
		}
		return tree
	}
	return v
}

// Check runs a rule on its own examples: all that should fire do, none of the
// quiet ones does, and there is one of each.
func Check(r *Rule) []diag.Problem {
	var problems []diag.Problem
	bad := func(pos diag.Range, format string, args ...any) {
		problems = append(problems, diag.Problem{Severity: diag.Error, ID: "bad-example", Summary: fmt.Sprintf(format, args...), Pos: pos})
	}
	if len(r.Fires) == 0 || len(r.Quiet) == 0 {
		bad(r.Pos, "The rule %s needs an example that fires and one that does not", r.ID)
	}
	for _, want := range []bool{true, false} {
		examples := r.Quiet
		if want {
			examples = r.Fires
		}
		for _, x := range examples {
			log, err := x.Log(r.Source)
			if err != nil {
				bad(x.Pos, "The example of %s is no log: %v", r.ID, err)
				continue
			}
			engine := NewEngine([]*Rule{r})
			o := engine.Observer()
			summary := search.ReadFrom(bytes.NewReader(log), "example", func(e *search.Event) { o.See(e, true) })
			if !summary.Whole() || summary.Events == 0 {
				bad(x.Pos, "The example of %s is no log: %v", r.ID, summary.Unread)
				continue
			}
			found, _ := engine.Findings()
			if fires := slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == r.ID }); fires != want {
				verb := "fires, and should not"
				if want {
					verb = "should fire, and does not"
				}
				bad(x.Pos, "This example of %s %s", r.ID, verb)
			}
		}
	}
	return problems
}

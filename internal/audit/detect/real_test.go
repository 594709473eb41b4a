package detect

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/objects"
)

// ask reads everything below the locations with all built-in rules.
func ask(t *testing.T, q Inquiry, locations ...string) *Answer {
	t.Helper()
	var stores []objects.Store
	for _, l := range locations {
		store, err := objects.At(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		stores = append(stores, store)
	}
	if q.Rules == nil {
		q.Rules = builtins(t)
	}
	q.Dir = t.TempDir()
	a, err := Ask(t.Context(), stores, q)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// least are the rules that were set off, the less severe left out.
func least(findings []Finding, s Severity) []string {
	var ids []string
	for _, f := range findings {
		if f.Severity >= s {
			ids = append(ids, f.Rule)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Events that real attacks, and the tests of other detectors, left behind. What
// is expected is all that is medium or above, so that a rule that fires on
// others' techniques shows here too.
func TestRealEvents(t *testing.T) {
	shared := os.Getenv("PADDOCK_SHARED")
	if shared == "" {
		t.Skip("PADDOCK_SHARED names no directory with real samples")
	}
	for file, want := range map[string][]string{
		"cloudtrail/cloudtrail-log-file.json.gz":                                                 nil,
		"cloudtrail/stratus/aws.credential-access.secretsmanager-batch-retrieve-secrets.json":    {"aws-secrets-in-batches"},
		"cloudtrail/stratus/aws.defense-evasion.cloudtrail-delete.json":                          {"aws-trail-stopped"},
		"cloudtrail/stratus/aws.defense-evasion.dns-delete-logs.json":                            {"aws-dns-logs-deleted"},
		"cloudtrail/stratus/aws.discovery.ec2-download-user-data.json":                           {"aws-user-data-read"},
		"cloudtrail/stratus/aws.execution.ssm-send-command.json":                                 {"aws-command-sent"},
		"cloudtrail/stratus/aws.exfiltration.ec2-share-ami.json":                                 {"aws-image-shared"},
		"cloudtrail/stratus/aws.impact.bedrock-invoke-model.json":                                {"aws-model-access-taken"},
		"cloudtrail/stratus/aws.lateral-movement.ec2-serial-console-send-ssh-public-key.json":    {"aws-serial-console"},
		"cloudtrail/stratus/aws.persistence.iam-create-admin-user.json":                          {"aws-admin-attached", "aws-key-for-another", "aws-new-admin-user"},
		"cloudtrail/stratus/aws.persistence.lambda-backdoor-function.json":                       {"aws-function-opened"},
		"cloudtrail/stratus/aws.persistence.rolesanywhere-create-trust-anchor.json":              {"aws-roles-anywhere"},
		"k8s-audit/audit2rbac-demo.log":                                                          nil,
		"k8s-audit/falco/create_cluster_role_pod_exec.json":                                      {"k8s-shell-role"},
		"k8s-audit/falco/create_clusterrole.json":                                                nil,
		"k8s-audit/falco/create_configmap_sensitive_values.json":                                 {"k8s-credentials-in-configmap"},
		"k8s-audit/falco/create_nginx_pod_no_secctx_1st_container_privileged_2nd_container.json": {"k8s-privileged-pod"},
		"k8s-audit/falco/create_nginx_pod_sensitive_mount.json":                                  {"k8s-sensitive-mount"},
		"k8s-audit/falco/create_nginx_service_nodeport.json":                                     nil,
		"k8s-audit/falco/create_secret.json":                                                     nil,
		"k8s-audit/falco/create_serviceaccount_kube_public_namespace.json":                       {"k8s-account-in-system-namespace"},
		"k8s-audit/falco/delete_clusterrolebinding.json":                                         {"k8s-binding-deleted"},
		"k8s-audit/falco/delete_secret.json":                                                     nil,
	} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			a := ask(t, Inquiry{FindingsOnly: true}, filepath.Join(shared, "data", file))
			if !a.Summary.Whole() || a.Summary.Events == 0 {
				t.Errorf("not read: %+v", a.Summary)
			}
			if got := least(a.Findings, Medium); !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
	t.Run("every credential in a config map", func(t *testing.T) {
		a := ask(t, Inquiry{FindingsOnly: true}, filepath.Join(shared, "data/k8s-audit/falco/create_configmap_sensitive_values.json"))
		if len(a.Findings) != 1 || a.Findings[0].Events != 6 {
			t.Errorf("%+v, want one finding of 6 events", a.Findings)
		}
	})
	t.Run("a node port", func(t *testing.T) {
		a := ask(t, Inquiry{Query: search.Query{On: []string{"nginx"}}}, filepath.Join(shared, "data/k8s-audit/falco/create_nginx_service_nodeport.json"))
		if got := least(a.Findings, Low); !slices.Equal(got, []string{"k8s-service-exposed"}) {
			t.Errorf("found %q", got)
		}
	})
}

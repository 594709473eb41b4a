package render_test

import (
	"testing"

	"paddock.dev/internal/model"
	"paddock.dev/internal/render"
)

func TestEnvironmentOf(t *testing.T) {
	p := &model.Platform{Environments: []model.Environment{{Name: "dev"}, {Name: "jira"}}}
	for path, want := range map[string]string{
		"terraform/dev/ap-south-1/30-data/main.tf":    "dev",
		"terraform/shared/dev/eu-west-1/40-eks/a.tf":  "dev",
		"terraform/modules/vpc/main.tf":               "",
		"terraform/network/ap-south-1/20-net/main.tf": "",
		"delivery/windows/dev":                        "dev",
		"handbook/dev/index.md":                       "dev",
		"delivery/services/dev/Jenkinsfile":           "",
		"kubernetes/jira/dev/service.yaml":            "jira",
		"jira/requests.json":                          "", // the folder of a part is no environment
	} {
		if got := render.EnvironmentOf(p, path); got != want {
			t.Errorf("%s belongs to %q, want %q", path, got, want)
		}
	}
}

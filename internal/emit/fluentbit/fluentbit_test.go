package fluentbit_test

import (
	"slices"
	"strings"
	"testing"

	goccy "github.com/goccy/go-yaml"

	"paddock.dev/internal/emit/fluentbit"
)

// Lines go to the domain where there is one, else to the log group, and always
// to the archive, below the number of the account that may write there.
func TestOutputs(t *testing.T) {
	base := fluentbit.Options{
		Platform: "kestrel", Environment: "prod", Cluster: "kestrel-prod-apps", Region: "ap-south-1", Account: "111122223333",
		Archive: "kestrel-log-archive-application-ap-south-1", Namespaces: []string{"prod", "kube-system"},
	}
	with, without := base, base
	with.Search = "search.logs-prod.kestrel.internal"
	without.Group = "/paddock/applications/kestrel-prod-apps"
	for name, c := range map[string]struct {
		options fluentbit.Options
		outputs []string
	}{
		"a domain":  {with, []string{"opensearch", "s3"}},
		"no domain": {without, []string{"cloudwatch_logs", "s3"}},
	} {
		data := fluentbit.Config(c.options)
		var read struct {
			Pipeline struct {
				Inputs  []struct{ Path string }
				Outputs []map[string]any
			}
		}
		if err := goccy.Unmarshal(data, &read); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, data)
		}
		var names []string
		for _, o := range read.Pipeline.Outputs {
			names = append(names, o["name"].(string))
			switch o["name"] {
			case "opensearch":
				if o["host"] != with.Search || o["tls.verify"] != true || o["index"] != "logs-prod" {
					t.Errorf("%s: %v", name, o)
				}
			case "cloudwatch_logs":
				if o["log_group_name"] != without.Group || o["auto_create_group"] != false {
					t.Errorf("%s: %v", name, o)
				}
			case "s3":
				if key, _ := o["s3_key_format"].(string); o["bucket"] != base.Archive || !strings.HasPrefix(key, "/111122223333/prod/kestrel-prod-apps/") {
					t.Errorf("%s: %v", name, o)
				}
			}
		}
		if !slices.Equal(names, c.outputs) {
			t.Errorf("%s: lines go to %v", name, names)
		}
		if path := read.Pipeline.Inputs[0].Path; path != "/var/log/containers/*_prod_*.log,/var/log/containers/*_kube-system_*.log" {
			t.Errorf("%s: reads %s", name, path)
		}
	}
}

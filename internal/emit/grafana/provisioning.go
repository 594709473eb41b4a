package grafana

import "paddock.dev/internal/emit/yaml"

// Source is one environment's figures.
type Source struct {
	Environment, Region string
	// Prometheus is the address of its Prometheus.
	Prometheus string
	// Role that reads its CloudWatch.
	Role string
	// Search is the address of the tier's log domain; Index its indices.
	Search, Index string
}

// Sources is provisioning/datasources/paddock.yml: no password stands in it.
func Sources(list []Source) []byte {
	all := yaml.List{}
	for _, s := range list {
		all = append(all,
			yaml.Map{
				{"name", "prometheus-" + s.Environment}, {"uid", "prometheus-" + s.Environment}, {"type", "prometheus"}, {"access", "proxy"}, {"url", s.Prometheus}, {"editable", false},
				{"jsonData", yaml.Map{{"httpMethod", "POST"}, {"timeInterval", "30s"}, {"tlsAuthWithCACert", true}, {"manageAlerts", true}}},
				{"secureJsonData", yaml.Map{{"tlsCACert", "$__file{/etc/paddock/ca.crt}"}}},
			},
			yaml.Map{
				{"name", "cloudwatch-" + s.Environment}, {"uid", "cloudwatch-" + s.Environment}, {"type", "cloudwatch"}, {"access", "proxy"}, {"editable", false},
				{"jsonData", yaml.Map{{"authType", "default"}, {"assumeRoleArn", s.Role}, {"defaultRegion", s.Region}}},
			},
			yaml.Map{
				{"name", "logs-" + s.Environment}, {"uid", "logs-" + s.Environment}, {"type", "grafana-opensearch-datasource"}, {"access", "proxy"}, {"url", s.Search}, {"editable", false},
				{"jsonData", yaml.Map{
					{"database", s.Index + "*"}, {"timeField", "@timestamp"}, {"logMessageField", "log"}, {"logLevelField", "level"}, {"flavor", "opensearch"}, {"version", "2.19.0"},
					{"sigV4Auth", true}, {"sigV4AuthType", "default"}, {"sigV4Region", s.Region}, {"serverless", false}, {"pplEnabled", true},
				}},
			},
		)
	}
	return yaml.Document("Rendered by paddock from the platform file.", yaml.Map{{"apiVersion", 1}, {"prune", true}, {"datasources", all}})
}

// Folder of dashboards.
type Folder struct{ Name, UID, Path string }

// Providers is provisioning/dashboards/paddock.yml.
func Providers(folders []Folder) []byte {
	all := yaml.List{}
	for _, f := range folders {
		all = append(all, yaml.Map{
			{"name", f.Name}, {"orgId", 1}, {"folder", f.Name}, {"folderUid", f.UID}, {"type", "file"}, {"disableDeletion", true}, {"allowUiUpdates", false}, {"updateIntervalSeconds", 60},
			{"options", yaml.Map{{"path", "/etc/grafana/dashboards/" + f.Path}}},
		})
	}
	return yaml.Document("Rendered by paddock from the platform file.", yaml.Map{{"apiVersion", 1}, {"providers", all}})
}

package render_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"paddock.dev/internal/render"
)

// manifest is an object as it is written.
type manifest struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Data     map[string]string
	Strings  map[string]string `json:"stringData"`
	Spec     struct {
		Groups []any
		Data   []struct {
			Key string `json:"secretKey"`
		}
	}
}

// written are the objects of a cluster's folder by kind, namespace and name.
func written(t *testing.T, all map[string]string, dir string) map[string]manifest {
	t.Helper()
	found := map[string]manifest{}
	for at, text := range all {
		if !strings.HasPrefix(at, dir+"/base/") && !strings.HasPrefix(at, dir+"/platform/") || path.Base(at) == "kustomization.yaml" {
			continue
		}
		for _, doc := range strings.Split(text, "\n---\n") {
			var m manifest
			if err := yaml.Unmarshal([]byte(doc), &m); err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			found[m.Kind+" "+m.Metadata.Namespace+"/"+m.Metadata.Name] = m
		}
	}
	return found
}

// Every file of the part observability is what something runs with, to the byte,
// or is read by people and by the pipeline.
func TestEveryFileIsDeployed(t *testing.T) {
	for _, name := range []string{"kestrel", "minimal"} {
		in := input(t, example(t, name))
		list, err := render.Files(in, func(p string) bool { return p == "kubernetes" || p == "observability" })
		if err != nil {
			t.Fatal(err)
		}
		all := byPath(list)
		clusters := map[string]map[string]manifest{} // by environment and segment
		for at := range all {
			if parts := strings.Split(at, "/"); parts[0] == "kubernetes" && len(parts) == 4 {
				clusters[parts[1]+"/"+parts[2]] = written(t, all, path.Dir(at))
			}
		}
		for at, text := range all {
			parts := strings.Split(at, "/")
			if parts[0] != "observability" {
				continue
			}
			same := func(cluster, object, key string) {
				t.Helper()
				m, ok := clusters[cluster][object]
				if got := m.Data[key] + m.Strings[key]; !ok || got != text {
					t.Errorf("%s: %s: the cluster %s runs with something else", name, at, cluster)
				}
			}
			switch parts[1] {
			case "fluent-bit":
				same(parts[2]+"/"+parts[3], "ConfigMap logging/fluent-bit", parts[4])
			case "opentelemetry":
				same(parts[2]+"/"+parts[3], "ConfigMap monitoring/otel-"+strings.TrimSuffix(parts[4], ".yaml"), "relay")
			case "alertmanager":
				key := map[string]string{"alertmanager.yml": "alertmanager.yaml", "paddock.tmpl": "paddock.tmpl"}[parts[3]]
				if key == "" {
					break // the judges of the two
				}
				env, recovery := strings.CutSuffix(parts[2], "-recovery")
				count := 0
				for cluster := range clusters {
					if strings.HasPrefix(cluster, env+"/") && strings.HasSuffix(cluster, "-recovery") == recovery {
						count++
						same(cluster, "Secret monitoring/alertmanager", key)
					}
				}
				if count == 0 {
					t.Errorf("%s: no cluster runs with %s", name, at)
				}
			case "prometheus":
				if parts[3] != "rules" {
					break // tests of rules
				}
				var file struct{ Groups []any }
				if err := yaml.Unmarshal([]byte(text), &file); err != nil {
					t.Fatal(err)
				}
				count := 0
				for cluster, objects := range clusters {
					if !strings.HasPrefix(cluster, parts[2]+"/") {
						continue
					}
					if m, ok := objects["PrometheusRule monitoring/"+strings.TrimSuffix(parts[4], ".yml")]; ok {
						count++
						if len(m.Spec.Groups) != len(file.Groups) {
							t.Errorf("%s: %s has other groups in %s", name, at, cluster)
						}
					}
				}
				if count == 0 && len(file.Groups) > 0 {
					t.Errorf("%s: no cluster computes %s", name, at)
				}
			case "opensearch":
				if !strings.Contains(all[path.Join(parts[0], parts[1], parts[2], "apply.sh")], parts[3]) && parts[3] != "apply.sh" {
					t.Errorf("%s: the script does not put %s into the domain", name, at)
				}
			case "grafana", "runbooks": // read by the Grafana of the tier, and by people
			default:
				t.Errorf("%s: nobody is known to run with %s", name, at)
			}
		}
	}
}

// What a cluster's Alertmanager names exists: files of its keys, topics of its
// environment, and nothing that is a key itself.
func TestAlertmanagerFindsItsKeys(t *testing.T) {
	in := input(t, example(t, "kestrel"))
	list, err := render.Files(in, func(p string) bool { return p == "kubernetes" || p == "terraform" })
	if err != nil {
		t.Fatal(err)
	}
	all := byPath(list)
	files, topics := regexp.MustCompile(`_file: /etc/alertmanager/secrets/alerts/(\S+)`), regexp.MustCompile(`topic_arn: "?(arn:aws:sns:[a-z0-9-]+:\d{12}:)(\{\{[^}]*\}\}[^"\s]*|[^"\s]+)"?`)
	seen := 0
	for at := range all {
		parts := strings.Split(at, "/")
		if parts[0] != "kubernetes" || len(parts) != 4 {
			continue
		}
		seen++
		objects := written(t, all, path.Dir(at))
		config := objects["Secret monitoring/alertmanager"].Strings["alertmanager.yaml"]
		var keys, named []string
		for _, d := range objects["ExternalSecret monitoring/alerts"].Spec.Data {
			keys = append(keys, d.Key)
		}
		for _, m := range files.FindAllStringSubmatch(config, -1) {
			named = append(named, m[1])
		}
		slices.Sort(keys)
		slices.Sort(named)
		if named = slices.Compact(named); !slices.Equal(keys, named) {
			t.Errorf("%s: reads %v and is given %v", at, named, keys)
		}
		region := in.Platform.Cloud.Region
		if strings.HasSuffix(parts[2], "-recovery") {
			region = in.Platform.Recovery.Region
		}
		security := all[path.Join("terraform", parts[1], region, "10-security", "main.tf")]
		found := topics.FindAllStringSubmatch(config, -1)
		if len(found) < 2 {
			t.Errorf("%s: no topics in\n%s", at, config)
		}
		for _, m := range found {
			beat := strings.HasSuffix(m[2], "-heartbeat")
			if !strings.Contains(m[1], ":"+region+":") || !beat && !strings.Contains(security, `"`+m[2]+`"`) {
				t.Errorf("%s: nobody makes the topic %s%s", at, m[1], m[2])
			}
		}
		for _, never := range []string{"routing_key:", "api_url:", "auth_password:", "secret_key:"} {
			if strings.Contains(config, never) {
				t.Errorf("%s: %s stands in it", at, never)
			}
		}
	}
	if seen != 10 {
		t.Errorf("%d clusters", seen)
	}
}

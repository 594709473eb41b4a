package render

import (
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/yaml"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/fluentbit"
	"paddock.dev/internal/emit/manifests"
	"paddock.dev/internal/emit/otel"
	"paddock.dev/internal/emit/prometheus"
	"paddock.dev/internal/model"
)

// kubernetesFiles are the objects of every cluster: a folder for each
// environment and segment, with one below for what comes before the charts of
// 45-cluster, one for what comes after them, and one for each service.
func kubernetesFiles(in Input) ([]emit.File, error) {
	var folders []manifests.Folder
	configs := map[string]kubernetes.Configs{}
	for _, env := range in.Platform.Environments {
		c, err := clusterConfigs(in.Platform, env)
		if err != nil {
			return nil, err
		}
		configs[env.Name] = c
	}
	for _, k := range kubernetes.OnAWS(aws.Target{Platform: in.Platform, Graphs: in.Graphs, Addresses: in.Addresses}) {
		dir := path.Join("kubernetes", k.Dir())
		whole := manifests.Folder{Path: dir, Note: "All of the cluster " + k.Name() + "; base is applied before its charts are installed."}
		for _, f := range k.Folders(configs[k.Environment()]) {
			out := manifests.Folder{Path: path.Join(dir, f.Path)}
			for _, file := range f.Files {
				objects := make([]any, len(file.Objects))
				for i, o := range file.Objects {
					objects[i] = o
				}
				out.Files = append(out.Files, manifests.File{Name: file.Name, Objects: objects})
			}
			for _, name := range f.Images {
				out.Images = append(out.Images, manifests.Image{Name: name, Digest: kubernetes.NoDigest})
			}
			folders = append(folders, out)
			whole.Folders = append(whole.Folders, f.Path)
		}
		folders = append(folders, whole)
	}
	return manifests.Files(folders)
}

// clusterConfigs are the files of the part observability that the agents inside a
// cluster read, as objects.
func clusterConfigs(p *model.Platform, env model.Environment) (kubernetes.Configs, error) {
	redact := observe.Redactions(p.Observe.Redact)
	traces := otel.Options{
		Platform: p.Name, Environment: env.Name, Region: p.Cloud.Region, APM: strings.TrimSuffix(p.Observe.APM, "none"), Host: apmHost(p.Observe),
		Sample: float64(p.Observe.Sample) / 1000, Redact: redact,
	}
	c := kubernetes.Configs{
		Agent: otel.Agent(traces), Gateway: otel.Gateway(traces),
		Logs: fluentbit.Config(fluentbit.Options{
			Platform: p.Name, Environment: env.Name, Account: env.Name, Region: p.Cloud.Region, Search: logHost(p, tierOf(env)), Redact: redact,
		}),
		Redact: fluentbit.Redact(redact),
	}
	for _, f := range observe.Files(p, env) {
		var rules struct {
			Groups []any `json:"groups"`
		}
		if err := yaml.Unmarshal(prometheus.Rules(f, runbooks), &rules); err != nil {
			return c, fmt.Errorf("rules of %s: %w", f.Name, err)
		}
		if len(rules.Groups) > 0 {
			c.Rules = append(c.Rules, kubernetes.Rules{Name: f.Name, Groups: rules.Groups})
		}
	}
	return c, nil
}

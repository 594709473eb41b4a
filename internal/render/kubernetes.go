package render

import (
	"path"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/manifests"
	"paddock.dev/internal/emit/prometheus"
	"paddock.dev/internal/model"
)

// kubernetesFiles are the objects of every cluster: a folder for each
// environment and segment, with one below for what comes before the charts of
// 45-cluster, one for what comes after them, and one for each service.
func kubernetesFiles(in Input) ([]emit.File, error) {
	rules := map[string][]kubernetes.Rules{}
	for _, env := range in.Platform.Environments {
		rules[env.Name] = clusterRules(in.Platform, env)
	}
	var folders []manifests.Folder
	for _, k := range clusters(in) {
		configs := pipelines(in.Platform, k)
		configs.Rules = rules[k.Environment()]
		dir := path.Join("kubernetes", k.Dir())
		whole := manifests.Folder{Path: dir, Note: "All of the cluster " + k.Name() + "; base is applied before its charts are installed."}
		for _, f := range k.Folders(configs) {
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

// clusters are all clusters of the platform.
func clusters(in Input) []kubernetes.EKS { return kubernetes.OnAWS(in.target()) }

func (in Input) target() aws.Target {
	return aws.Target{Platform: in.Platform, Graphs: in.Graphs, Addresses: in.Addresses}
}

// clusterRules are the rule files of an environment as Prometheus' operator takes
// them.
func clusterRules(p *model.Platform, env model.Environment) []kubernetes.Rules {
	var all []kubernetes.Rules
	for _, f := range observe.Files(p, env) {
		if groups := prometheus.Groups(f, runbooks); len(groups) > 0 {
			all = append(all, kubernetes.Rules{Name: f.Name, Service: f.Service, Store: f.Store, Groups: groups})
		}
	}
	return all
}

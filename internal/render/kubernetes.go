package render

import (
	"path"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/manifests"
)

// kubernetesFiles are the objects of every cluster: a folder for each
// environment and segment, with one below for what comes before the charts of
// 45-cluster, one for what comes after them, and one for each service.
func kubernetesFiles(in Input) ([]emit.File, error) {
	var folders []manifests.Folder
	for _, k := range kubernetes.OnAWS(aws.Target{Platform: in.Platform, Graphs: in.Graphs, Addresses: in.Addresses}) {
		dir := path.Join("kubernetes", k.Dir())
		whole := manifests.Folder{Path: dir, Note: "All of the cluster " + k.Name() + "; base is applied before its charts are installed."}
		for _, f := range k.Folders() {
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

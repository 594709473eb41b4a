package render_test

import (
	"path"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"paddock.dev/internal/compile/kubernetes"
)

// kustomize itself builds every kustomization: each file is found, no object is
// there twice, and a release's digest replaces the one of nothing wherever the
// image stands.
func TestKustomizeBuilds(t *testing.T) {
	for _, name := range []string{"kestrel", "minimal"} {
		disk := filesys.MakeFsInMemory()
		var kustomizations []string
		all := byPath(objects(t, name))
		for at, text := range all {
			if err := disk.WriteFile("/"+at, []byte(text)); err != nil {
				t.Fatal(err)
			}
			if path.Base(at) == "kustomization.yaml" {
				kustomizations = append(kustomizations, at)
			}
		}
		if len(kustomizations) < 4 {
			t.Fatalf("%s: %d kustomizations", name, len(kustomizations))
		}
		k := krusty.MakeKustomizer(krusty.MakeDefaultOptions())
		for _, at := range kustomizations {
			digest := ""
			if strings.Contains(all[at], "digest: "+kubernetes.NoDigest) {
				// What `kustomize edit set image` does.
				digest = "sha256:" + strings.Repeat("ab", 32)
				released := strings.ReplaceAll(all[at], "digest: "+kubernetes.NoDigest, "digest: "+digest)
				if err := disk.WriteFile("/"+at, []byte(released)); err != nil {
					t.Fatal(err)
				}
			}
			built, err := k.Run(disk, "/"+path.Dir(at))
			if err != nil {
				t.Errorf("%s: %s: %v", name, at, err)
				continue
			}
			if built.Size() == 0 {
				t.Errorf("%s: %s has nothing", name, at)
			}
			if digest == "" {
				continue
			}
			text, err := built.AsYaml()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), kubernetes.NoDigest) || !strings.Contains(string(text), "@"+digest) {
				t.Errorf("%s: %s: the digest of the release is not in what is applied", name, at)
			}
		}
	}
}

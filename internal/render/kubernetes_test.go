package render_test

import (
	"flag"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"paddock.dev/internal/emit"
	"paddock.dev/internal/render"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func objects(t testing.TB, name string) []emit.File {
	t.Helper()
	list, err := render.Files(input(t, example(t, name)), func(part string) bool { return part == "kubernetes" })
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every file and folder is listed, everything that is listed is there, and an
// image that a release sets is one that a workload runs.
func TestKustomizations(t *testing.T) {
	for _, name := range []string{"kestrel", "minimal"} {
		all := byPath(objects(t, name))
		listed := map[string]bool{}
		for at, text := range all {
			if path.Base(at) != "kustomization.yaml" {
				continue
			}
			var k struct {
				APIVersion, Kind string
				Resources        []string
				Images           []struct{ Name, Digest string }
			}
			if err := yaml.UnmarshalStrict([]byte(text), &k); err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			if k.Kind != "Kustomization" || len(k.Resources) == 0 {
				t.Errorf("%s: %+v", at, k)
			}
			for _, r := range k.Resources {
				target := path.Join(path.Dir(at), r)
				if path.Ext(r) == "" {
					target = path.Join(target, "kustomization.yaml")
				}
				if _, ok := all[target]; !ok {
					t.Errorf("%s lists %s, which is not there", at, r)
				}
				listed[target] = true
			}
			for _, image := range k.Images {
				if !strings.Contains(all[path.Join(path.Dir(at), "workload.yaml")], image.Name+"@"+image.Digest) {
					t.Errorf("%s sets an image that nothing runs: %s", at, image.Name)
				}
			}
		}
		for at := range all {
			top := strings.Count(at, "/") == 3 && path.Base(at) == "kustomization.yaml" // kubernetes/prod/apps/kustomization.yaml
			if !listed[at] && !top {
				t.Errorf("%s is in no kustomization", at)
			}
		}
	}
}

func TestObjectsAreWhole(t *testing.T) {
	seen, kinds := map[string]string{}, map[string]int{}
	for _, f := range objects(t, "kestrel") {
		if path.Base(f.Path) == "kustomization.yaml" {
			continue
		}
		parts := strings.SplitN(f.Path, "/", 4)
		cluster := parts[1] + "/" + parts[2]
		for _, text := range strings.Split(string(f.Data), "\n---\n") {
			var o struct {
				APIVersion, Kind string
				Metadata         struct {
					Name, Namespace string
					Labels          map[string]string
				}
			}
			if err := yaml.Unmarshal([]byte(text), &o); err != nil {
				t.Fatalf("%s: %v", f.Path, err)
			}
			id := strings.Join([]string{cluster, o.APIVersion, o.Kind, o.Metadata.Namespace, o.Metadata.Name}, " ")
			if other, twice := seen[id]; twice {
				t.Errorf("%s is in %s and in %s", id, other, f.Path)
			}
			seen[id] = f.Path
			kinds[o.Kind]++
			if o.Metadata.Labels["app.kubernetes.io/managed-by"] != "paddock" {
				t.Errorf("%s has no labels", id)
			}
			if strings.Contains(text, "\nstatus:") || strings.Contains(text, ": null\n") || strings.Contains(text, "kind: Secret\n") && id != cluster+" v1 Secret monitoring alertmanager" || strings.Contains(text, "kind: Ingress\n") {
				t.Errorf("%s: %s", f.Path, text)
			}
			// What the charts bring is applied after them, the rest before.
			if own := strings.Contains(o.APIVersion, ".") && !strings.Contains(o.APIVersion, "k8s.io"); own && parts[3][:4] == "base" {
				t.Errorf("%s needs a chart, and stands in base", id)
			}
		}
	}
	for _, kind := range []string{
		"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "PriorityClass", "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "Role", "RoleBinding",
		"ServiceAccount", "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ConfigMap", "CronJob",
		"TargetGroupBinding", "ExternalSecret", "ClusterSecretStore", "Certificate", "ServiceMonitor", "EC2NodeClass", "NodePool", "PodMonitor", "PrometheusRule", "ScrapeConfig", "Secret",
	} {
		if kinds[kind] < 9 { // clusters; jobs are in fewer
			if kind != "CronJob" || kinds[kind] == 0 {
				t.Errorf("%d objects of kind %s", kinds[kind], kind)
			}
		}
	}
}

func TestObjectsGolden(t *testing.T) {
	all := byPath(objects(t, "kestrel"))
	var names []string
	for at := range all {
		if strings.HasPrefix(at, "kubernetes/prod/pci/services/payments/") || at == "kubernetes/prod/pci/kustomization.yaml" || at == "kubernetes/prod/pci/platform/nodes.yaml" || at == "kubernetes/prod/pci/base/environment.yaml" || at == "kubernetes/prod/pci/base/admission.yaml" {
			names = append(names, at)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, at := range names {
		b.WriteString("-- " + at + " --\n" + all[at])
	}
	file := filepath.Join("testdata", "payments.txtar")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs from what is rendered; -update rewrites it", file)
	}
}

package manifests_test

import (
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"paddock.dev/internal/emit/manifests"
)

func TestFiles(t *testing.T) {
	files, err := manifests.Files([]manifests.Folder{
		{Path: "k/prod", Note: "All of it.", Folders: []string{"base"}},
		{Path: "k/prod/base", Files: []manifests.File{{Name: "rooms", Objects: []any{
			&corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: "prod"}},
			&networkingv1.NetworkPolicy{TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}, ObjectMeta: metav1.ObjectMeta{Name: "deny", Namespace: "prod"}, Spec: networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress"}}},
		}}}, Images: []manifests.Image{{Name: "registry/booking", Digest: "sha256:00"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		b.WriteString("-- " + f.Path + " --\n" + string(f.Data))
	}
	const head = "# Rendered by paddock from the platform file. Edits here are kept and reported, not merged.\n"
	want := `-- k/prod/base/kustomization.yaml --
` + head + `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - rooms.yaml
# Set by the pipeline for every release: kustomize edit set image NAME@DIGEST.
images:
  - name: registry/booking
    digest: sha256:00
-- k/prod/base/rooms.yaml --
` + head + `apiVersion: v1
kind: Namespace
metadata:
  name: prod
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny
  namespace: prod
spec:
  podSelector: {}
  policyTypes:
    - Ingress
-- k/prod/kustomization.yaml --
` + head + `# All of it.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - base
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// Whatever a text looks like, a reader gets it back as a text.
func TestTextsStayTexts(t *testing.T) {
	data := map[string]string{}
	for i, text := range []string{"yes", "on", "null", "~", "0440", "1e3", "0x1f", "12", "10%", "24h", "1:30", "2026-11-25", "a: b", "a #b", "- a", "*", "&a", "!x", "@x", "%x", "`", "", " a ", "a\nb\n", "a\n\n  b", "\ta", "'", "\"", "\\", "ü", "{a}", "[a]", "object.kind == 'Pod' ? 1 : 2"} {
		data["k"+strconv.Itoa(i)] = text
	}
	files, err := manifests.Files([]manifests.Folder{{Path: "k", Files: []manifests.File{{Name: "texts", Objects: []any{
		&corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{Name: "texts"}, Data: data},
	}}}}})
	if err != nil {
		t.Fatal(err)
	}
	var back corev1.ConfigMap
	for _, f := range files {
		if f.Path == "k/texts.yaml" {
			if err := yaml.UnmarshalStrict(f.Data, &back); err != nil {
				t.Fatalf("%v\n%s", err, f.Data)
			}
		}
	}
	for k, want := range data {
		if back.Data[k] != want {
			t.Errorf("%q came back as %q", want, back.Data[k])
		}
	}
}

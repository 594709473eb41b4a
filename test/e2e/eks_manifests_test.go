package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/render"
	"paddock.dev/internal/spec"
)

// Every object that is rendered for the example's clusters on AWS is accepted by
// the real API server, with strict validation; pods are accepted by its judges of
// security, quota and by our own policies, once they name a release. Without one,
// and with anything that policies forbid, they are refused.
func TestManifestsOnAWS(t *testing.T) {
	if os.Getenv("PADDOCK_TEST_ALL") == "" {
		t.Skip("it asks the API server some three thousand times; PADDOCK_TEST_ALL=1 does it")
	}
	w := newManifests(t)
	w.install("testdata/crds/charts.yaml")
	clusters := w.clusters()
	if len(clusters) < 9 {
		t.Fatalf("only %d clusters", len(clusters))
	}
	tried := 0
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		objects := clusters[name]
		// What others stand on is made; all else is tried without being made.
		for _, o := range objects {
			switch o.GetKind() {
			case "Namespace", "PriorityClass", "ServiceAccount", "LimitRange", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding":
				if err := w.apply(o, false); err != nil {
					t.Fatalf("%s: %s %s: %v", name, o.GetKind(), o.GetName(), err)
				}
			}
		}
		w.policiesHold(name, objects)
		once := false
		for _, o := range objects {
			released := release(o)
			tried++
			if err := w.apply(released, true); err != nil {
				t.Errorf("%s: %s %s/%s: %v", name, o.GetKind(), o.GetNamespace(), o.GetName(), err)
			}
			pod, ok := podOf(released)
			if !ok {
				continue
			}
			if err := w.apply(pod, true); err != nil {
				t.Errorf("%s: a pod of %s: %v", name, o.GetName(), err)
			}
			if err := w.apply(o, true); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "the digest of a release is missing") {
				t.Errorf("%s: %s without a release: %v", name, o.GetName(), err)
			}
			if !once {
				w.forbidden(name, pod)
				once = true
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d objects were tried", tried)
	}
	t.Logf("%d objects of %d clusters", tried, len(clusters))
}

type manifests struct {
	t     *testing.T
	ctx   context.Context
	c     client.Client
	files []emit.File
}

func newManifests(t *testing.T) manifests {
	t.Helper()
	p, problems := spec.Load("../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	in, conflicts := render.Of(p, nil)
	if len(conflicts) > 0 {
		t.Fatal(conflicts)
	}
	files, err := render.Files(in, func(part string) bool { return part == "kubernetes" })
	if err != nil {
		t.Fatal(err)
	}
	config := restConfig(t)
	config.QPS = -1 // thousands of requests, and nobody else to spare
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return manifests{t, t.Context(), c, files}
}

// clusters are the objects by cluster, base first.
func (w manifests) clusters() map[string][]*unstructured.Unstructured {
	all := map[string][]*unstructured.Unstructured{}
	for _, f := range w.files { // in the order of paths: base, platform, services
		if path.Base(f.Path) == "kustomization.yaml" {
			continue
		}
		parts := strings.Split(f.Path, "/")
		cluster := parts[1] + "/" + parts[2]
		all[cluster] = append(all[cluster], w.parse(f.Path, f.Data)...)
	}
	return all
}

func (w manifests) parse(name string, data []byte) []*unstructured.Unstructured {
	w.t.Helper()
	var all []*unstructured.Unstructured
	for d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096); ; {
		o := &unstructured.Unstructured{}
		err := d.Decode(&o.Object)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
		if len(o.Object) > 0 {
			all = append(all, o)
		}
	}
}

// apply tries an object, with every unknown field an error.
func (w manifests) apply(o *unstructured.Unstructured, dry bool) error {
	text, err := o.MarshalJSON()
	if err != nil {
		return err
	}
	options := []client.PatchOption{client.FieldOwner("paddock-test"), client.ForceOwnership, client.FieldValidation(metav1.FieldValidationStrict)}
	if dry {
		options = append(options, client.DryRunAll)
	}
	return w.c.Patch(w.ctx, o.DeepCopy(), client.RawPatch(types.ApplyPatchType, text), options...)
}

// install makes custom resources and waits until they are served.
func (w manifests) install(file string) {
	w.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range w.parse(file, data) {
		if err := w.apply(o, false); err != nil {
			w.t.Fatalf("%s: %v", o.GetName(), err)
		}
		w.wait(o.GetName()+" is served", func() error {
			if err := w.c.Get(w.ctx, client.ObjectKeyFromObject(o), o); err != nil {
				return err
			}
			conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
			for _, c := range conditions {
				if m := c.(map[string]any); m["type"] == "Established" && m["status"] == "True" {
					return nil
				}
			}
			return errors.New("it is not established")
		})
	}
}

func (w manifests) wait(what string, try func() error) {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %v", what, err)
		}
		select {
		case <-w.ctx.Done():
			w.t.Fatal(w.ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// policiesHold waits until the API server judges by the policies of a cluster: it
// learns of them after they are made, and those of another region's registry
// stand there from the cluster before.
func (w manifests) policiesHold(cluster string, objects []*unstructured.Unstructured) {
	w.t.Helper()
	for _, o := range objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		w.wait("policies of "+cluster, func() error {
			if err := w.apply(o, true); err == nil {
				return errors.New("a workload without a release is accepted")
			}
			return w.apply(release(o), true)
		})
		return
	}
	w.t.Fatalf("%s has no deployment", cluster)
}

// release is what the pipeline does with images in kustomization.yaml.
func release(o *unstructured.Unstructured) *unstructured.Unstructured {
	text, err := o.MarshalJSON()
	if err != nil {
		panic(err)
	}
	switch o.GetKind() {
	case "Deployment", "CronJob":
		text = bytes.ReplaceAll(text, []byte("@"+kubernetes.NoDigest), []byte("@sha256:"+strings.Repeat("ab", 32)))
	}
	out := &unstructured.Unstructured{}
	if err := out.UnmarshalJSON(text); err != nil {
		panic(err)
	}
	return out
}

// podOf is a pod as the controller of a workload makes it.
func podOf(o *unstructured.Unstructured) (*unstructured.Unstructured, bool) {
	at := map[string][]string{"Deployment": {"spec", "template"}, "CronJob": {"spec", "jobTemplate", "spec", "template"}}[o.GetKind()]
	if at == nil {
		return nil, false
	}
	template, ok, err := unstructured.NestedMap(o.Object, at...)
	if err != nil || !ok {
		return nil, false
	}
	pod := &unstructured.Unstructured{Object: template}
	pod.SetAPIVersion("v1")
	pod.SetKind("Pod")
	pod.SetNamespace(o.GetNamespace())
	pod.SetName(o.GetName() + "-0")
	return pod, true
}

// forbidden tries what somebody with rights in the namespace might do.
func (w manifests) forbidden(cluster string, pod *unstructured.Unstructured) {
	w.t.Helper()
	var typed corev1.Pod
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(pod.Object, &typed); err != nil {
		w.t.Fatal(err)
	}
	try := func(what, because string, change func(*corev1.Pod)) {
		w.t.Helper()
		p := typed.DeepCopy()
		change(p)
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(p)
		if err != nil {
			w.t.Fatal(err)
		}
		delete(fields, "status")
		unstructured.RemoveNestedField(fields, "metadata", "creationTimestamp")
		if err := w.apply(&unstructured.Unstructured{Object: fields}, true); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), because) {
			w.t.Errorf("%s: %s: %v", cluster, what, err)
		}
	}
	try("an image of somebody else", "images come from", func(p *corev1.Pod) {
		p.Spec.Containers[0].Image = "docker.io/library/nginx@sha256:" + strings.Repeat("ab", 32)
	})
	try("an image by its tag", "named by its digest", func(p *corev1.Pod) {
		repository, _, _ := strings.Cut(p.Spec.Containers[0].Image, "@")
		p.Spec.Containers[0].Image = repository + ":latest"
	})
	try("another image beside", "images come from", func(p *corev1.Pod) {
		c := *p.Spec.Containers[0].DeepCopy()
		c.Name, c.Image = "init", "quay.io/someone/else@sha256:"+strings.Repeat("ab", 32)
		c.Lifecycle, c.StartupProbe, c.ReadinessProbe, c.LivenessProbe = nil, nil, nil, nil
		p.Spec.InitContainers = append(p.Spec.InitContainers, c)
	})
	try("the node's files", "hostPath", func(p *corev1.Pod) {
		p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "node", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}})
	})
	try("nobody's pod", "say whose it is", func(p *corev1.Pod) { p.Labels = nil })
	try("root", "PodSecurity", func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsNonRoot = nil; p.Spec.SecurityContext.RunAsUser = nil })

	for because, text := range map[string]string{
		"type ClusterIP":    "apiVersion: v1\nkind: Service\nmetadata: {name: open, namespace: %s}\nspec: {type: LoadBalancer, selector: {a: b}, ports: [{name: https, port: 443}]}",
		"other people's":    "apiVersion: v1\nkind: Service\nmetadata: {name: taken, namespace: %s}\nspec: {selector: {a: b}, externalIPs: [192.0.2.1], ports: [{name: https, port: 443}]}",
		"no plan shows":     "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: open, namespace: %s}\nspec: {defaultBackend: {service: {name: a, port: {number: 443}}}}",
		"security group ru": "apiVersion: elbv2.k8s.aws/v1beta1\nkind: TargetGroupBinding\nmetadata: {name: open, namespace: %s}\nspec: {serviceRef: {name: a, port: 443}, targetGroupName: a, networking: {ingress: []}}",
	} {
		for _, o := range w.parse("what is forbidden", fmt.Appendf(nil, text, pod.GetNamespace())) {
			if err := w.apply(o, true); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), because) {
				w.t.Errorf("%s: %s %s: %v", cluster, o.GetKind(), o.GetName(), err)
			}
		}
	}
}

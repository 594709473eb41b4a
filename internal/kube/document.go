package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// AnnotationApplied holds a digest of what was applied. A field that is asked
// for no longer shows only here: the live object still has it.
const AnnotationApplied = "paddock.dev/applied"

// document is what is sent to the API server: the object without what only the
// server writes, and without empty values, which would claim fields that
// nobody set.
func document(obj client.Object) (*unstructured.Unstructured, error) {
	u, err := untyped(obj)
	if err != nil {
		return nil, err
	}
	u = u.DeepCopy()
	delete(u.Object, "status")
	for _, field := range []string{"creationTimestamp", "resourceVersion", "uid", "generation", "managedFields"} {
		unstructured.RemoveNestedField(u.Object, "metadata", field)
	}
	dropNulls(u.Object)
	return u, nil
}

func untyped(obj client.Object) (*unstructured.Unstructured, error) {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		return u, nil
	}
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return nil, fmt.Errorf("convert: %w", err)
	}
	return &unstructured.Unstructured{Object: m}, nil
}

func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
				continue
			}
			dropNulls(e)
		}
	case []any:
		for _, e := range v {
			dropNulls(e)
		}
	}
}

// stamp writes the digest of the document into it.
func stamp(u *unstructured.Unstructured) string {
	text, err := json.Marshal(u.Object) // sorts keys
	if err != nil {
		panic("an object that came from JSON goes back to JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:8])
	annotations := u.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[AnnotationApplied] = digest
	u.SetAnnotations(annotations)
	return digest
}

// contains reports whether everything that is wanted is there. Fields that are
// there and not wanted belong to others: defaults of the server, other owners.
// Lists must have the same length; an empty value is there when it is missing.
func contains(have, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		if len(want) == 0 {
			return true
		}
		have, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for k, w := range want {
			if !contains(have[k], w) {
				return false
			}
		}
		return true
	case []any:
		have, ok := have.([]any)
		if len(want) == 0 {
			return len(have) == 0
		}
		if !ok || len(have) != len(want) {
			return false
		}
		for i := range want {
			if !contains(have[i], want[i]) {
				return false
			}
		}
		return true
	default:
		return have == want || number(have, want)
	}
}

// number compares numbers of different Go types, as YAML and JSON decoders
// leave them.
func number(a, b any) bool {
	x, ok := float(a)
	y, ok2 := float(b)
	return ok && ok2 && x == y
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// autoscaled are the Deployments whose number of replicas an autoscaler in the
// same list decides.
func autoscaled(objs []client.Object) map[types.NamespacedName]bool {
	scaled := map[types.NamespacedName]bool{}
	for _, o := range objs {
		if h, ok := o.(*autoscalingv2.HorizontalPodAutoscaler); ok && h.Spec.ScaleTargetRef.Kind == "Deployment" {
			scaled[types.NamespacedName{Namespace: h.Namespace, Name: h.Spec.ScaleTargetRef.Name}] = true
		}
	}
	return scaled
}

// handOverReplicas asks for the number of replicas that is there: the
// autoscaler decides it once the Deployment exists. Leaving the field out would
// make the server reset it to one.
func handOverReplicas(want, live *unstructured.Unstructured) {
	if n, found, err := unstructured.NestedInt64(live.Object, "spec", "replicas"); found && err == nil {
		_ = unstructured.SetNestedField(want.Object, n, "spec", "replicas")
	}
}

package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Result says what an Apply did.
type Result struct {
	// Applied were made or changed, Unchanged were already as asked.
	Applied, Unchanged []Ref
	// Pruned were removed because they are asked for no longer. Kept would have
	// been, but hold data.
	Pruned, Kept []Ref
}

// Option changes how Apply works.
type Option func(*options)

type options struct{ pruneData bool }

// PruneData also removes namespaces, volumes and custom resource definitions
// that are asked for no longer.
func PruneData() Option { return func(o *options) { o.pruneData = true } }

// Apply makes the cluster hold exactly objs, as far as the inventory is
// concerned: it applies each with server-side apply as owner, and removes what
// an earlier Apply with the same inventory made and objs no longer contains.
// Every object carries its kind.
//
// It may be stopped at any instant: the inventory lists an object before it is
// made, and until after it is gone, so nothing is ever orphaned. An object that
// cannot be applied does not keep the others from being applied, but nothing is
// pruned then. It costs one read per object when nothing is to be done.
func Apply(ctx context.Context, c client.Client, owner string, inventory types.NamespacedName, objs []client.Object, opts ...Option) (Result, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	desired := make([]Ref, 0, len(objs))
	for _, obj := range objs {
		ref := RefOf(obj)
		if ref.Kind == "" {
			return Result{}, fmt.Errorf("apply %T %s: the object carries no kind", obj, obj.GetName())
		}
		if slices.ContainsFunc(desired, ref.same) {
			return Result{}, fmt.Errorf("apply %s: it is listed twice", ref)
		}
		desired = append(desired, ref)
	}
	inv, err := readInventory(ctx, c, inventory)
	if err != nil {
		return Result{}, err
	}
	stale := without(inv.refs, desired)
	if err := inv.write(ctx, c, owner, append(slices.Clone(desired), stale...)); err != nil {
		return Result{}, err
	}

	var result Result
	var problems []error
	scaled := autoscaled(objs)
	for _, obj := range inOrder(objs) {
		changed, err := applyOne(ctx, c, owner, obj, scaled)
		ref := RefOf(obj)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("apply %s: %w", ref, err))
		case changed:
			result.Applied = append(result.Applied, ref)
		default:
			result.Unchanged = append(result.Unchanged, ref)
		}
	}
	if len(problems) > 0 {
		return result, errors.Join(problems...)
	}

	slices.SortStableFunc(stale, func(a, b Ref) int { return rank(b.Kind) - rank(a.Kind) })
	for _, ref := range stale {
		if holdsData(ref.Kind) && !o.pruneData {
			result.Kept = append(result.Kept, ref)
			continue
		}
		if err := remove(ctx, c, ref); err != nil {
			problems = append(problems, fmt.Errorf("prune %s: %w", ref, err))
			continue
		}
		result.Pruned = append(result.Pruned, ref)
	}
	if len(problems) > 0 {
		return result, errors.Join(problems...)
	}
	return result, inv.write(ctx, c, owner, append(desired, result.Kept...))
}

// applyOne reports whether the object had to be applied.
func applyOne(ctx context.Context, c client.Client, owner string, obj client.Object, scaled map[types.NamespacedName]bool) (bool, error) {
	want, err := document(obj)
	if err != nil {
		return false, err
	}
	digest := stamp(want)
	live, found, err := liveDocument(ctx, c, obj)
	if err != nil {
		return false, err
	}
	if found {
		if want.GetKind() == "Deployment" && scaled[client.ObjectKeyFromObject(obj)] {
			handOverReplicas(want, live)
		}
		if live.GetAnnotations()[AnnotationApplied] == digest && contains(live.Object, want.Object) {
			return false, nil
		}
	}
	return true, c.Apply(ctx, client.ApplyConfigurationFromUnstructured(want), client.FieldOwner(owner), client.ForceOwnership)
}

func liveDocument(ctx context.Context, c client.Client, obj client.Object) (*unstructured.Unstructured, bool, error) {
	gvk := obj.GetObjectKind().GroupVersionKind()
	live := blank(c, gvk)
	err := c.Get(ctx, client.ObjectKeyFromObject(obj), live)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read what is there: %w", err)
	}
	live.GetObjectKind().SetGroupVersionKind(gvk)
	doc, err := untyped(live)
	return doc, true, err
}

func remove(ctx context.Context, c client.Client, ref Ref) error {
	o := blank(c, ref.GroupVersionKind)
	o.SetNamespace(ref.Namespace)
	o.SetName(ref.Name)
	err := c.Delete(ctx, o, client.PropagationPolicy(metav1.DeletePropagationBackground))
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil
	}
	return err
}

// blank is an empty object of the kind. It is typed when the type is known: a
// typed object is read from a manager's cache, an untyped one is not.
func blank(c client.Client, gvk schema.GroupVersionKind) client.Object {
	var o client.Object = &unstructured.Unstructured{}
	if typed, err := c.Scheme().New(gvk); err == nil {
		if known, ok := typed.(client.Object); ok {
			o = known
		}
	}
	o.GetObjectKind().SetGroupVersionKind(gvk)
	return o
}

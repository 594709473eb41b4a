package kube

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// inventoryKey is the key of the ConfigMap that holds the references, one per
// line.
const inventoryKey = "objects"

// Ref names one object of the cluster.
type Ref struct {
	schema.GroupVersionKind
	types.NamespacedName
}

// RefOf names an object that carries its kind.
func RefOf(o client.Object) Ref {
	return Ref{o.GetObjectKind().GroupVersionKind(), types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}}
}

// String such as "Deployment.apps prod/booking-1-13-0".
func (r Ref) String() string {
	kind := r.Kind
	if r.Group != "" {
		kind += "." + r.Group
	}
	if r.Namespace == "" {
		return kind + " " + r.Name
	}
	return kind + " " + r.Namespace + "/" + r.Name
}

// same reports whether two references name the same object; the version by
// which it is addressed does not matter.
func (r Ref) same(o Ref) bool {
	return r.Group == o.Group && r.Kind == o.Kind && r.NamespacedName == o.NamespacedName
}

func (r Ref) line() string {
	return strings.Join([]string{r.Group, r.Version, r.Kind, r.Namespace, r.Name}, "|")
}

// parseRefs reads an inventory. Lines that are no references are dropped: they
// name nothing that could be pruned.
func parseRefs(text string) []Ref {
	var refs []Ref
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 5 || f[1] == "" || f[2] == "" || f[4] == "" {
			continue
		}
		refs = append(refs, Ref{
			schema.GroupVersionKind{Group: f[0], Version: f[1], Kind: f[2]},
			types.NamespacedName{Namespace: f[3], Name: f[4]},
		})
	}
	return normal(refs)
}

func formatRefs(refs []Ref) string {
	var b strings.Builder
	for _, r := range normal(refs) {
		b.WriteString(r.line())
		b.WriteByte('\n')
	}
	return b.String()
}

// normal sorts the references and drops repeated ones.
func normal(refs []Ref) []Ref {
	refs = slices.Clone(refs)
	slices.SortFunc(refs, func(a, b Ref) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return slices.CompactFunc(refs, Ref.same)
}

// without returns the references of a that are not in b.
func without(a, b []Ref) []Ref {
	var rest []Ref
	for _, r := range a {
		if !slices.ContainsFunc(b, r.same) {
			rest = append(rest, r)
		}
	}
	return rest
}

// inventory is the stored list, with the version that it was read at: a write
// over somebody else's write is refused by the API server.
type inventory struct {
	key  types.NamespacedName
	live *corev1.ConfigMap
	refs []Ref
}

func readInventory(ctx context.Context, c client.Client, key types.NamespacedName) (*inventory, error) {
	inv := &inventory{key: key}
	live := &corev1.ConfigMap{}
	switch err := c.Get(ctx, key, live); {
	case apierrors.IsNotFound(err):
		return inv, nil
	case err != nil:
		return nil, fmt.Errorf("read inventory %s: %w", key, err)
	}
	inv.live, inv.refs = live, parseRefs(live.Data[inventoryKey])
	return inv, nil
}

func (inv *inventory) write(ctx context.Context, c client.Client, owner string, refs []Ref) error {
	text := formatRefs(refs)
	if inv.live != nil && inv.live.Data[inventoryKey] == text || inv.live == nil && text == "" {
		return nil
	}
	next := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Namespace: inv.key.Namespace, Name: inv.key.Name,
		Labels: map[string]string{"app.kubernetes.io/managed-by": owner},
	}}
	var err error
	if inv.live == nil {
		next.Data = map[string]string{inventoryKey: text}
		err = c.Create(ctx, next, client.FieldOwner(owner))
	} else {
		next = inv.live.DeepCopy()
		next.Data = map[string]string{inventoryKey: text}
		err = c.Update(ctx, next, client.FieldOwner(owner))
	}
	if err != nil {
		return fmt.Errorf("write inventory %s: %w", inv.key, err)
	}
	inv.live, inv.refs = next, normal(refs)
	return nil
}

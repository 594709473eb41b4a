package kube

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/api/v1/crd"
)

const (
	// Owner is the field manager of everything that Paddock applies.
	Owner = "paddock"
	// ApproversGroup is the group of users who may approve. Commands act as a
	// person by impersonation: user = the person, group = this.
	ApproversGroup = "paddock:approvers"

	// annotationSource holds a digest of the file that a definition was
	// installed from, so that an unchanged one is not even parsed.
	annotationSource = "paddock.dev/source"
	establishPause   = 25 * time.Millisecond
)

//go:embed gatewayapi/*.yaml
var gatewayDefinitions embed.FS

//go:embed access.yaml
var access []byte

var definitionKind = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

// Install prepares a cluster for Paddock: the custom resource definitions of
// paddock.dev and of Gateway API, the system namespace, and who may approve. It
// returns when the API server serves the new kinds. Installing twice changes
// nothing. The client must read from the API server, not from a cache.
func Install(ctx context.Context, c client.Client) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(16) // most of the time is waiting
	for _, set := range []struct {
		files fs.FS
		glob  string
	}{{crd.Files, "*.yaml"}, {gatewayDefinitions, "gatewayapi/*.yaml"}} {
		names, err := fs.Glob(set.files, set.glob)
		if err != nil {
			return fmt.Errorf("list definitions: %w", err)
		}
		for _, name := range names {
			group.Go(func() error {
				text, err := fs.ReadFile(set.files, name)
				if err != nil {
					return fmt.Errorf("read definition %s: %w", name, err)
				}
				return installDefinition(gctx, c, text)
			})
		}
	}
	group.Go(func() error {
		system := &corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: v1.SystemNamespace, Labels: map[string]string{"app.kubernetes.io/managed-by": Owner}},
		}
		if _, err := applyOne(gctx, c, Owner, system, nil); err != nil {
			return fmt.Errorf("install namespace %s: %w", v1.SystemNamespace, err)
		}
		return installAccess(gctx, c)
	})
	return group.Wait()
}

func installAccess(ctx context.Context, c client.Client) error {
	objs, err := decode(access)
	if err != nil {
		return fmt.Errorf("read access rules: %w", err)
	}
	key := types.NamespacedName{Namespace: v1.SystemNamespace, Name: "inventory-access"}
	if _, err := Apply(ctx, c, Owner, key, objs); err != nil {
		return fmt.Errorf("install access rules: %w", err)
	}
	return nil
}

func installDefinition(ctx context.Context, c client.Client, text []byte) error {
	name, err := definitionName(text)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:8])
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(definitionKind)
	err = c.Get(ctx, types.NamespacedName{Name: name}, live)
	found := err == nil
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("read definition %s: %w", name, err)
	}
	if live.GetAnnotations()[annotationSource] != digest {
		objs, err := decode(text)
		if err != nil || len(objs) != 1 {
			return fmt.Errorf("definition %s is not one object: %w", name, err)
		}
		u := objs[0].(*unstructured.Unstructured)
		delete(u.Object, "status")
		annotations := u.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[annotationSource] = digest
		u.SetAnnotations(annotations)
		// A definition is ours as a whole, and server-side apply is slow on half a
		// megabyte of schema.
		if found {
			u.SetResourceVersion(live.GetResourceVersion())
			err = c.Update(ctx, u, client.FieldOwner(Owner))
		} else {
			err = c.Create(ctx, u, client.FieldOwner(Owner))
		}
		if err != nil {
			return fmt.Errorf("install definition %s: %w", name, err)
		}
		live = u
	}
	if established(live) {
		return nil
	}
	return Wait(ctx, "definition "+name, establishPause, func(ctx context.Context) (bool, string, error) {
		if err := c.Get(ctx, types.NamespacedName{Name: name}, live); err != nil {
			return false, "", err
		}
		return established(live), "the API server has not established it", nil
	})
}

// definitionName finds the name without parsing the whole file, which for an
// HTTPRoute is the longest part of installing it.
func definitionName(text []byte) (string, error) {
	for line := range bytes.Lines(text) {
		if name, ok := bytes.CutPrefix(line, []byte("  name: ")); ok {
			return string(bytes.TrimSpace(name)), nil
		}
	}
	return "", errors.New("a definition without a name")
}

func established(u *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range conditions {
		if m, ok := c.(map[string]any); ok && m["type"] == "Established" && m["status"] == "True" {
			return true
		}
	}
	return false
}

// decode reads the objects of a YAML text.
func decode(text []byte) ([]client.Object, error) {
	var objs []client.Object
	d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		u := &unstructured.Unstructured{}
		switch err := d.Decode(&u.Object); {
		case errors.Is(err, io.EOF):
			return objs, nil
		case err != nil:
			return nil, err
		}
		if len(u.Object) > 0 {
			objs = append(objs, u)
		}
	}
}

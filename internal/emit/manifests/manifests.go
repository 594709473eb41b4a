// Package manifests writes Kubernetes objects as YAML, with a
// kustomization.yaml in every folder, so that kubectl apply -k and people find
// their way alike. It knows how manifests are laid out and refuses to know what
// the objects are for.
package manifests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	goruntime "runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"

	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/yaml"
)

// Folder is what is applied together.
type Folder struct {
	// Path below the output directory.
	Path  string
	Files []File
	// Images are repositories whose tag or digest the pipeline sets, with what
	// stands there until it has.
	Images []Image
	// Folders below, by name, that are part of this one, in the order of their
	// application.
	Folders []string
	// Note says in a sentence what the folder is.
	Note string
}

// File is objects in one file.
type File struct {
	// Name without extension.
	Name    string
	Objects []any
}

// Image is an entry of a kustomization's images.
type Image struct{ Name, Digest string }

const header = "# Rendered by paddock from the platform file. Edits here are kept and reported, not merged.\n"

// Files are all files of the folders. The same objects give the same bytes.
func Files(folders []Folder) ([]emit.File, error) {
	parts := make([][]emit.File, len(folders))
	var group errgroup.Group
	group.SetLimit(goruntime.GOMAXPROCS(0))
	for i, f := range folders {
		group.Go(func() (err error) {
			parts[i], err = f.files()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(parts...)
	slices.SortFunc(all, func(a, b emit.File) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

func (f Folder) files() ([]emit.File, error) {
	files := []emit.File{{Path: path.Join(f.Path, "kustomization.yaml"), Data: f.kustomization()}}
	for _, file := range f.Files {
		data, err := documents(file.Objects)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", f.Path, file.Name, err)
		}
		files = append(files, emit.File{Path: path.Join(f.Path, file.Name+".yaml"), Data: data})
	}
	return files, nil
}

// kustomization lists every file and folder, and the images that a release sets.
func (f Folder) kustomization() []byte {
	var b bytes.Buffer
	b.WriteString(header)
	if f.Note != "" {
		b.WriteString("# " + f.Note + "\n")
	}
	b.WriteString("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n")
	for _, folder := range f.Folders {
		b.WriteString("  - " + folder + "\n")
	}
	for _, file := range f.Files {
		b.WriteString("  - " + file.Name + ".yaml\n")
	}
	if len(f.Images) > 0 {
		b.WriteString("# Set by the pipeline for every release: kustomize edit set image NAME@DIGEST.\nimages:\n")
		for _, i := range f.Images {
			fmt.Fprintf(&b, "  - name: %s\n    digest: %s\n", i.Name, i.Digest)
		}
	}
	return b.Bytes()
}

func documents(objects []any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header)
	for i, o := range objects {
		data, err := document(o)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString("---\n")
		}
		b.Write(data)
	}
	return b.Bytes(), nil
}

// document is one object as people write it: without a status and without
// fields that say nothing.
func document(o any) ([]byte, error) {
	fields, err := content(o)
	if err != nil {
		return nil, err
	}
	m := make(yaml.Map, 0, len(fields))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		value, err := ordered(fields[key])
		if err != nil {
			return nil, err
		}
		if spec, ok := value.(yaml.Map); value == nil || key == "status" || key == "spec" && ok && len(spec) == 0 { // an empty one is a Namespace's
			continue
		}
		m = append(m, yaml.Pair{key, value})
	}
	return yaml.Marshal(m), nil
}

// content is an object as it is on the wire, not to be changed.
func content(o any) (map[string]any, error) {
	if u, ok := o.(interface{ UnstructuredContent() map[string]any }); ok {
		return u.UnstructuredContent(), nil
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(o)
}

// ordered is a value with its keys sorted, which also brings apiVersion, kind,
// metadata and spec into the usual order. What is null is dropped; what is empty
// stays: an empty selector means everything, and an absent one nothing.
func ordered(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, bool, int, int64, float64:
		return v, nil
	case map[string]any:
		m := make(yaml.Map, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			value, err := ordered(v[key])
			if err != nil {
				return nil, err
			}
			if value != nil {
				m = append(m, yaml.Pair{key, value})
			}
		}
		return m, nil
	case []any:
		l := make(yaml.List, len(v))
		for i := range v {
			var err error
			if l[i], err = ordered(v[i]); err != nil {
				return nil, err
			}
		}
		return l, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	}
	return decoded(v)
}

// decoded brings what is none of JSON's own types there by way of a text.
func decoded(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var plain any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // large whole numbers stay what they are
	if err := d.Decode(&plain); err != nil {
		return nil, err
	}
	return ordered(plain)
}

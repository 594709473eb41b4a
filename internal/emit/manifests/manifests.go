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
	"slices"
	"strings"

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
	var all []emit.File
	for _, f := range folders {
		for _, file := range f.Files {
			data, err := documents(file.Objects)
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", f.Path, file.Name, err)
			}
			all = append(all, emit.File{Path: path.Join(f.Path, file.Name+".yaml"), Data: data})
		}
		all = append(all, emit.File{Path: path.Join(f.Path, "kustomization.yaml"), Data: f.kustomization()})
	}
	slices.SortFunc(all, func(a, b emit.File) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
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
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // large whole numbers stay what they are
	if err := d.Decode(&fields); err != nil {
		return nil, err
	}
	delete(fields, "status")
	if spec, ok := fields["spec"].(map[string]any); ok && len(spec) == 0 {
		delete(fields, "spec") // of a Namespace
	}
	return yaml.Marshal(ordered(fields)), nil
}

// ordered is a value with its keys sorted, which also brings apiVersion, kind,
// metadata and spec into the usual order. What is null is dropped; what is empty
// stays: an empty selector means everything, and an absent one nothing.
func ordered(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(yaml.Map, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if v[key] != nil {
				m = append(m, yaml.Pair{key, ordered(v[key])})
			}
		}
		return m
	case []any:
		l := make(yaml.List, len(v))
		for i := range v {
			l[i] = ordered(v[i])
		}
		return l
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

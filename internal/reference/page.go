package reference

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"paddock.dev/internal/spec"
)

//go:embed page.md.tmpl
var pageText string

// Page is the reference page of the platform file in Markdown: prose from
// page.md.tmpl around tables made of the types.
func Page() ([]byte, error) {
	page, err := template.New("page").Funcs(template.FuncMap{"keys": keysTable, "values": valuesTable}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = page.Execute(&b, nil)
	return b.Bytes(), err
}

// keysTable has a row for every key below a path; with none, for the keys of the
// file itself and not those below them.
func keysTable(path string) (string, error) {
	key, _ := Find(path)
	if key == nil {
		return "", fmt.Errorf("there is no key %q", path)
	}
	var b strings.Builder
	b.WriteString("| key | what it is | default | example |\n|---|---|---|---|\n")
	if path == "" {
		for _, k := range key.Keys {
			row(&b, k, k.Name)
		}
		return b.String(), nil
	}
	base := key
	if named := key.named(); named != nil {
		base = named
	}
	base.Each(func(k *Key) {
		if k.Name != "<name>" {
			row(&b, k, strings.TrimPrefix(strings.TrimPrefix(k.Path, base.Path), "."))
		}
	})
	return b.String(), nil
}

func row(b *strings.Builder, k *Key, name string) {
	what := strings.ReplaceAll(k.Description, "\n\n", " ")
	marks := []string{typeCell(k.typ)}
	if k.Least != "" {
		marks[0] += " from " + k.Least
	}
	if k.Most != "" {
		marks[0] += " to " + k.Most
	}
	if k.Required {
		marks = append(marks, "**required**")
	}
	if k.Fixed {
		marks = append(marks, "the same everywhere")
	}
	fmt.Fprintf(b, "| `%s` | %s<br>%s | %s | %s |\n", name, cellText(what), strings.Join(marks, ", "), codeCell(k.Default), codeCell(k.Example))
}

// typeCell is a type with its article left out, choices as code.
func typeCell(t spec.Type) string {
	switch t.Shape {
	case spec.Unit:
		if v := t.Form.Values; v != nil {
			return "`" + strings.Join(v, "`, `") + "`"
		}
		return bare(t.Form.Noun)
	case spec.Flag:
		return "`true` or `false`"
	case spec.List:
		switch {
		case t.Elem.Shape == spec.Text:
			return "list of texts"
		case t.Elem.Shape == spec.Block:
			return "list of blocks"
		case t.Elem.Form.Values != nil:
			return "list of " + typeCell(*t.Elem)
		}
		return "list, each " + Words(*t.Elem)
	case spec.Chosen:
		switch t.Elem.Shape {
		case spec.Block:
			return "blocks by name"
		case spec.Text:
			return "texts by name"
		case spec.Number:
			return "whole numbers by name"
		}
		return "by name, each " + Words(*t.Elem)
	case spec.Block:
		if short := shortOf(t); len(short) > 0 {
			return "block, or " + typeCell(short[0].Type) + " alone"
		}
	}
	return bare(Words(t))
}

// bare is a noun without its article.
func bare(noun string) string {
	for _, article := range []string{"a ", "an ", "the "} {
		if rest, ok := strings.CutPrefix(noun, article); ok {
			return rest
		}
	}
	return noun
}

func codeCell(text string) string {
	if text == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}

// cellText is prose in a cell: < and * are letters there.
func cellText(text string) string {
	return strings.NewReplacer("|", `\|`, "<", `\<`, "*", `\*`, "_", `\_`).Replace(text)
}

// valuesTable has a row for every written form of a value that is no choice, in
// the order in which the file has them.
func valuesTable() string {
	var b strings.Builder
	b.WriteString("| value | example | what it means |\n|---|---|---|\n")
	eachUnit(func(t spec.Type) {
		if t.Form.Values == nil {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", bare(t.Form.Noun), codeCell(t.Form.Example), cellText(said(t.Name)))
		}
	})
	return b.String()
}

// eachUnit visits the units of the file, each once.
func eachUnit(visit func(spec.Type)) {
	seen := map[string]bool{}
	var walk func(t spec.Type)
	walk = func(t spec.Type) {
		if t.Elem != nil {
			walk(*t.Elem)
		}
		if t.Shape == spec.Unit && !seen[t.Name] {
			seen[t.Name] = true
			visit(t)
		}
		for _, k := range t.Keys {
			walk(k.Type)
		}
	}
	walk(spec.Keys())
}

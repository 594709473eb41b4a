// Command gen gathers the comments of the platform file's types, which a
// compiled program no longer has, into comments.json. It knows the syntax of Go
// and nothing of what the comments say. Run it with go generate
// ./internal/reference; a test fails when the file is stale.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := run("../../api/v1", "comments.json"); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	data, err := extract(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// extract reads the types of file*.go in a directory: their comments by the name
// of the type, and those of their fields by Type.Field.
func extract(dir string) ([]byte, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "file*.go"))
	if err != nil {
		return nil, err
	}
	comments := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			for _, s := range decl.Specs {
				spec := s.(*ast.TypeSpec)
				doc := spec.Doc
				if doc == nil {
					doc = decl.Doc
				}
				add(comments, spec.Name.Name, doc)
				if fields, ok := spec.Type.(*ast.StructType); ok {
					for _, f := range fields.Fields.List {
						for _, name := range f.Names {
							if f.Tag != nil {
								add(comments, spec.Name.Name+"."+name.Name, f.Doc)
							}
						}
					}
				}
			}
		}
	}
	data, err := json.MarshalIndent(comments, "", "  ") // maps are written in order
	return append(data, '\n'), err
}

// add writes a comment as paragraphs of one line each, without the marks that
// are for tools.
func add(comments map[string]string, name string, doc *ast.CommentGroup) {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(doc.Text(), "\n\n") {
		if text := strings.Join(strings.Fields(paragraph), " "); text != "" && !strings.HasPrefix(text, "+") {
			paragraphs = append(paragraphs, text)
		}
	}
	if len(paragraphs) > 0 {
		comments[name] = strings.Join(paragraphs, "\n\n")
	}
}

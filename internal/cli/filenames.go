package cli

import (
	"io"
	"os"
	"slices"

	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

// The names of a platform that does not run are in its file. They are read as
// far as they can be: a completion is wanted most while the file is written.

// namesInFile are the names under a key of a platform file and those that it
// includes.
func namesInFile(file, key string) []string {
	var all []string
	for _, f := range withIncluded(file) {
		for _, name := range spec.Names(head(f), key) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// head is a file up to what a platform file may have; nothing when it cannot be
// read.
func head(file string) []byte {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil
	}
	return text
}

// fromFile stands for the running platform where only names are needed.
func fromFile(file string) matrix.Input {
	var services []model.Service
	for _, name := range namesInFile(file, "services") {
		services = append(services, model.Service{Name: name})
	}
	p := &model.Platform{}
	for _, name := range namesInFile(file, "environments") {
		p.Environments = append(p.Environments, model.Environment{Name: name, Services: services})
	}
	return matrix.Input{Platform: p}
}

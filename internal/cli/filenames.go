package cli

import (
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
		text, err := readText(f)
		if err != nil {
			continue
		}
		for _, name := range spec.Names(text, key) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
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

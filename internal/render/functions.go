package render

import (
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/functions"
)

// functionsFiles are what the folder has without a compiler. The archives are
// built on demand, where Go is.
func functionsFiles(Input) ([]emit.File, error) { return functions.Files(), nil }

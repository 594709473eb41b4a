package build

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// marks are the files by which a language is recognised, the first that is
// there decides.
var marks = []struct{ file, language string }{
	{"go.mod", "go"},
	{"package.json", "node"},
	{"pom.xml", "java"},
	{"build.gradle", "java"},
	{"build.gradle.kts", "java"},
	{"pyproject.toml", "python"},
	{"requirements.txt", "python"},
	{"Cargo.toml", "rust"},
	{"Gemfile", "ruby"},
	{"Dockerfile", "dockerfile"},
}

// supported languages, as a sentence needs them.
const supported = "go (a go.mod at the top of the service's directory)"

// detect refuses what cannot be built, in words for the author.
func detect(src, declared string) error {
	found, mark := "", ""
	for _, m := range marks {
		if info, err := os.Lstat(filepath.Join(src, m.file)); err == nil && info.Mode().IsRegular() {
			found, mark = m.language, m.file
			break
		}
	}
	fail := func(format string, args ...any) error {
		return &Failure{Step: "source", Summary: fmt.Sprintf(format, args...) + "; supported: " + supported}
	}
	switch declared = strings.ToLower(declared); {
	case declared != "" && declared != "go":
		return fail("language %s cannot be built yet", declared)
	case found == "go":
		return nil
	case found == "":
		return fail("no file says which language this is")
	case declared == "go":
		return fail("the platform file says go, but there is %s and no go.mod", mark)
	}
	return fail("%s means %s, which cannot be built yet", mark, found)
}

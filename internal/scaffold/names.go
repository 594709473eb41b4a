package scaffold

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxName is the length of a name in a platform file.
const maxName = 40

var (
	notInName = regexp.MustCompile(`[^a-z0-9]+`)
	// A service's name may not look like one with a version behind it.
	versionEnd = regexp.MustCompile(`-[0-9]+-[0-9]+-[0-9]+$`)
)

// Name makes a name of a platform file out of any text: lower-case letters,
// digits and dashes, beginning with a letter. It may be empty.
func Name(text string) string {
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(text), "-"), "-")
	name = strings.TrimLeft(name, "0123456789-")
	name = versionEnd.ReplaceAllString(name, "")
	if len(name) > maxName {
		name = name[:maxName]
	}
	return strings.Trim(name, "-")
}

// vague directories say nothing about the program in them.
var vague = []string{"src", "app", "server", "cmd", "main", "service", "code", "source"}

// holders are directories that hold programs: what stands in them is a name.
var holders = []string{".", "services", "apps", "cmd", "packages", "projects", "modules", "components", "microservices"}

// nameOf a program in a directory: the nearest part of the path that says
// something; empty at the root.
func nameOf(dir string) string {
	for dir != "." && dir != "/" && dir != "" {
		base := path.Base(dir)
		if parent := path.Dir(dir); !slices.Contains(vague, strings.ToLower(base)) || slices.Contains(holders, path.Base(parent)) {
			return Name(base)
		}
		dir = path.Dir(dir)
	}
	return ""
}

// unique names no two things the same.
func unique(name string, taken map[string]bool) string {
	if name == "" || name == "default" || strings.HasPrefix(name, "kube-") || strings.HasPrefix(name, "paddock") {
		name = "app-" + name
		name = strings.Trim(name, "-")
	}
	result := name
	for i := 2; taken[result]; i++ {
		suffix := "-" + strconv.Itoa(i)
		result = name[:min(len(name), maxName-len(suffix))] + suffix
	}
	taken[result] = true
	return result
}

// folded makes CART, cart-service and cartService the same word.
func folded(s string) string {
	s = strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
	for _, end := range []string{"service", "svc", "server"} {
		if stem, ok := strings.CutSuffix(s, end); ok && stem != "" {
			return stem
		}
	}
	return s
}

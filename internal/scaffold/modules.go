package scaffold

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// module is a directory with the manifest of a language.
type module struct {
	dir      string
	language string
	manifest string
	// dependencies as their ecosystem names them, in lower case.
	dependencies []string
	// library says that the manifest is that of no program.
	library bool
}

// manifests in the order in which they decide: a package.json beside a
// composer.json is for the assets.
var manifests = []struct{ name, language string }{
	{"go.mod", "go"}, {"pom.xml", "java"}, {"build.gradle", "java"}, {"build.gradle.kts", "java"},
	{"pyproject.toml", "python"}, {"requirements.txt", "python"}, {"setup.py", "python"}, {"Pipfile", "python"},
	{"composer.json", "php"}, {"Cargo.toml", "rust"}, {"Gemfile", "ruby"}, {"package.json", "node"},
}

func findModules(t *tree) []*module {
	var all []*module
	for _, dir := range directories(t) {
		if m := moduleIn(t, dir); m != nil {
			all = append(all, m)
		}
	}
	return all
}

// directories with files, from the top down, in order.
func directories(t *tree) []string {
	var dirs []string
	for dir := range t.dirs {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return dirs
}

func moduleIn(t *tree, dir string) *module {
	for _, m := range manifests {
		if t.has(dir, m.name) {
			text := t.text(path.Join(dir, m.name))
			// Python has several places for the same.
			if m.language == "python" && m.name != "requirements.txt" {
				text += "\n" + t.text(path.Join(dir, "requirements.txt"))
			}
			return &module{dir: dir, language: m.language, manifest: text, dependencies: dependencies(m.language, text), library: isLibrary(m.name, text)}
		}
	}
	for _, name := range t.dirs[dir] {
		if strings.HasSuffix(name, ".csproj") {
			text := t.text(path.Join(dir, name))
			return &module{dir: dir, language: "dotnet", manifest: text, dependencies: dependencies("dotnet", text), library: !strings.Contains(text, "Sdk.Web") && !strings.Contains(text, "Sdk.Worker") && !strings.Contains(text, "<OutputType>Exe")}
		}
	}
	if docker := t.text(path.Join(dir, "Dockerfile")); docker != "" {
		if language := languageOfImage(docker); language != "" {
			return &module{dir: dir, language: language, manifest: docker}
		}
	}
	return nil
}

// isLibrary knows the manifests that only hold others together.
func isLibrary(name, text string) bool {
	switch name {
	case "pom.xml":
		return strings.Contains(text, "<modules>") || strings.Contains(text, "<packaging>pom</packaging>")
	case "package.json":
		return strings.Contains(text, `"workspaces"`)
	case "composer.json":
		return libraryType.MatchString(text)
	case "Cargo.toml":
		return !strings.Contains(text, "[package]")
	}
	return false
}

var libraryType = regexp.MustCompile(`"type"\s*:\s*"(library|metapackage|composer-plugin)"`)

// references are how the manifests of a language name what they depend on.
var references = map[string]*regexp.Regexp{
	"go":     regexp.MustCompile(`(?m)^(?:require)?[ \t]+([a-z0-9.-]+\.[a-z]+/[^\s]+) v[^\n]*$`),
	"java":   regexp.MustCompile(`<artifactId>\s*([^<\s]+)\s*</artifactId>|["']([\w.-]+:[\w.-]+)(?::[^"']*)?["']|id\s*\(?["']([\w.-]+)["']`),
	"python": regexp.MustCompile(`(?m)^[ \t]*["']?([A-Za-z][\w.-]*)(?:\[[\w, -]*\])?[ \t]*(?:[=<>~!;"',]|$)`),
	"php":    regexp.MustCompile(`"([\w.-]+/[\w.-]+|ext-[\w-]+)"\s*:`),
	"rust":   regexp.MustCompile(`(?m)^([\w-]+)\s*=`),
	"ruby":   regexp.MustCompile(`(?m)^\s*gem\s+["']([\w-]+)["']`),
	"node":   regexp.MustCompile(`"(@?[\w./-]+)"\s*:\s*"`),
	"dotnet": regexp.MustCompile(`<PackageReference\s+Include="([^"]+)"`),
}

func dependencies(language, manifest string) []string {
	var all []string
	if references[language] == nil {
		return nil
	}
	for _, match := range references[language].FindAllStringSubmatch(manifest, -1) {
		// Indirect ones are somebody else's choice.
		if language == "go" && strings.Contains(match[0], "// indirect") {
			continue
		}
		for _, group := range match[1:] {
			if group != "" {
				all = append(all, strings.ToLower(group))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// languageImages tell by the image that a Dockerfile begins with.
var languageImages = []struct{ part, language string }{
	{"golang", "go"}, {"python", "python"}, {"openjdk", "java"}, {"temurin", "java"}, {"corretto", "java"}, {"maven", "java"}, {"gradle", "java"}, {"jre", "java"}, {"jdk", "java"},
	{"php", "php"}, {"composer", "php"}, {"node", "node"}, {"bun", "node"}, {"dotnet", "dotnet"}, {"ruby", "ruby"}, {"rust", "rust"},
}

var from = regexp.MustCompile(`(?mi)^\s*FROM\s+(?:--\S+\s+)?(\S+)`)

// languageOfImage reads a Dockerfile; the first image builds, so it tells more.
func languageOfImage(dockerfile string) string {
	for _, match := range from.FindAllStringSubmatch(dockerfile, -1) {
		image := path.Base(strings.ToLower(match[1]))
		for _, l := range languageImages {
			if strings.Contains(image, l.part) {
				return l.language
			}
		}
	}
	return ""
}

// frameworks answer HTTP, on these ports unless told otherwise; 0 is a port that
// the code must say.
var frameworks = []struct {
	part string
	port int
}{
	{"spring-boot-starter-web", 8080}, {"spring-boot", 8080}, {"quarkus", 8080}, {"micronaut", 8080}, {"dropwizard", 8080}, {"javalin", 8080}, {"ktor", 8080},
	{"fastapi", 8000}, {"uvicorn", 8000}, {"gunicorn", 8000}, {"django", 8000}, {"flask", 5000}, {"aiohttp", 8080}, {"tornado", 8888}, {"sanic", 8000}, {"starlette", 8000},
	{"laravel/framework", 8000}, {"symfony/framework-bundle", 8000}, {"symfony/runtime", 8000}, {"slim/slim", 8080},
	{"@nestjs/core", 3000}, {"express", 3000}, {"fastify", 3000}, {"next", 3000}, {"koa", 3000}, {"nuxt", 3000}, {"@hapi/hapi", 3000},
	{"rails", 3000}, {"sinatra", 4567}, {"puma", 9292}, {"actix-web", 8080}, {"axum", 0}, {"rocket", 8000}, {"warp", 0},
}

// framework of a module: its port, and whether there is one.
func (m *module) framework() (port int, name string, ok bool) {
	for _, f := range frameworks {
		for _, d := range m.dependencies {
			last := d[strings.LastIndexAny(d, ":")+1:]
			if d == f.part || last == f.part || strings.HasPrefix(last, f.part+"-") || strings.HasPrefix(d, f.part) && m.language == "java" {
				return f.port, f.part, true
			}
		}
	}
	if m.language == "dotnet" && strings.Contains(m.manifest, "Sdk.Web") {
		return 8080, "ASP.NET", true
	}
	return 0, "", false
}

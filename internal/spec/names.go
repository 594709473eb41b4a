package spec

import (
	"regexp"
	"slices"
	"strings"

	v1 "paddock.dev/api/v1"
)

// setName matches what a set of pods is called: booking-1-13-0. A service of
// such a name could collide with a set of another.
var setName = regexp.MustCompile(`-[0-9]+-[0-9]+-[0-9]+$`)

// longestService leaves room for the version in the name of a set, which must
// be a DNS label too.
const longestService = 40

func (s *resolver) checkServiceName(name string, at span) {
	if !s.label(name, longestService, "the name of a service", at) {
		return
	}
	if found := setName.FindString(name); found != "" {
		p := s.err(idReservedName, at, "The name %q looks like a release of a service %q", name, strings.TrimSuffix(name, found))
		p.Detail = "The pods of every release run under such names."
		p.Fix = "Choose a name that does not end in three numbers."
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// given are the variables that every service finds in its environment.
var given = []string{"HOST", "PORT", "POD_IP", "PADDOCK_ENVIRONMENT", "PADDOCK_SERVICE", "PADDOCK_RELEASE", "PADDOCK_VERSION", "PADDOCK_COMMIT"}

// stem of the variables that name a service: MOBILE_BFF.
func stem(service string) string {
	return strings.ToUpper(strings.ReplaceAll(service, "-", "_"))
}

// provided says who sets the variable, when that is not the file.
func (s *resolver) provided(variable string, uses []v1.Use) string {
	if slices.Contains(given, variable) || strings.HasPrefix(variable, "PADDOCK_") {
		return "Paddock sets it for every service."
	}
	if of, ok := strings.CutSuffix(variable, "_URL"); ok {
		for _, used := range uses {
			if of == stem(used.Name) {
				return "It is the address of " + used.Name + ", which this service uses."
			}
		}
	}
	if i := strings.LastIndex(variable, "_SERVICE_"); i > 0 {
		of, what := variable[:i], variable[i+len("_SERVICE_"):]
		service := strings.ToLower(strings.ReplaceAll(of, "_", "-"))
		if (what == "HOST" || strings.HasPrefix(what, "PORT")) && s.services.is[service] {
			return "Kubernetes sets it to the address of " + service + "."
		}
	}
	return ""
}

// badBranch says what keeps a text from being the name of a git branch.
func badBranch(name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasPrefix(name, "refs/"):
		return "Write the short name, without refs/heads/."
	case strings.ContainsAny(name, " ~^:?*[\\\x7f") || strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.Contains(name, "//"):
		return "Git does not allow spaces, .. and the characters ~ ^ : ? * [ \\ in a branch."
	case strings.HasPrefix(name, "-") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, ".lock"):
		return "Git does not allow a branch to begin with - or /, or to end with /, a full stop or .lock."
	}
	return ""
}

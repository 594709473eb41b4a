package v1

import (
	"path"
	"strings"
)

// URLPath is the path of an HTTP request: /healthz/live.
//
// +kubebuilder:object:generate=false
type URLPath string

// Form implements a value of the file.
func (URLPath) Form() Form { return Form{Noun: "a path", Example: "/healthz"} }

// UnmarshalText reads a path that begins with a slash.
func (p *URLPath) UnmarshalText(text []byte) error {
	s := string(text)
	if err := checkPath(s); err != nil {
		return err
	}
	*p = URLPath(s)
	return nil
}

// MarshalText writes the path.
func (p URLPath) MarshalText() ([]byte, error) { return []byte(p), nil }

func checkPath(s string) error {
	switch {
	case strings.Contains(s, "://"):
		return wrong("", "%q is an address; only the path is written here, such as /healthz", s)
	case !strings.HasPrefix(s, "/"):
		return wrong("/"+s, "a path begins with a slash")
	case strings.ContainsAny(s, "?#"):
		return wrong("", "a path has no query and no fragment")
	case strings.Contains(s, "//") || strings.Contains(s+"/", "/./") || strings.Contains(s+"/", "/../"):
		return wrong(path.Clean(s), "a path has no empty parts and no dots as parts")
	case len(s) > 1024:
		return wrong("", "the path is longer than 1024 characters")
	}
	for _, c := range s {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune("\"<>\\^`{|}*", c) {
			return wrong("", "%q cannot stand in a path", c)
		}
	}
	return nil
}

// Route is a public host and a path prefix: api.kestrelcars.example/v1.
//
// +kubebuilder:object:generate=false
type Route struct{ Host, Path string }

// Form implements a value of the file.
func (Route) Form() Form {
	return Form{Noun: "a route (host and path)", Example: "api.kestrelcars.example/v1"}
}

// UnmarshalText reads host/path; a host alone takes every path.
func (r *Route) UnmarshalText(text []byte) error {
	s := string(text)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		return wrong(rest, "a route is host and path, without http:// or https://")
	}
	host, rest, _ := strings.Cut(s, "/")
	if host == "" {
		return wrong("", "%q has no host before its path; write both, such as api.kestrelcars.example%s", s, s)
	}
	if name, _, ok := strings.Cut(host, ":"); ok {
		return wrong(name+strings.TrimPrefix(s, host), "a route has no port; the gateway decides on which ports it listens")
	}
	if err := CheckHost(host); err != nil {
		return err
	}
	prefix := "/" + rest
	if err := checkPath(prefix); err != nil {
		return err
	}
	if len(prefix) > 1 {
		prefix = strings.TrimSuffix(prefix, "/")
	}
	*r = Route{Host: host, Path: prefix}
	return nil
}

// String is the route as it is written.
func (r Route) String() string {
	if r.Path == "/" {
		return r.Host
	}
	return r.Host + r.Path
}

// MarshalText writes String.
func (r Route) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// CheckHost says what keeps a name from being a host on the internet: labels of
// lower-case letters, digits and dashes, at least two of them, with dots
// between.
func CheckHost(host string) error {
	switch {
	case len(host) > 253:
		return wrong("", "a host has at most 253 characters")
	case strings.ToLower(host) != host:
		return wrong(strings.ToLower(host), "hosts are written in lower case")
	case strings.Contains(host, "*"):
		return wrong("", "a host with * is not supported; write every host")
	case !strings.Contains(host, "."):
		return wrong("", "%q is not a whole host; a host has a dot, such as api.kestrelcars.example", host)
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" {
			return wrong("", "the host %q has an empty part", host)
		}
		if len(label) > 63 {
			return wrong("", "the part %q of the host is longer than 63 characters", label)
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return wrong("", "the part %q of the host begins or ends with a dash", label)
		}
		for _, c := range label {
			if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return wrong("", "%q cannot stand in a host; only a-z, 0-9, dashes and dots can", c)
			}
		}
	}
	if digitsOnly(labels[len(labels)-1]) {
		return wrong("", "%q is an address, not a host name", host)
	}
	return nil
}

// Dir is a directory below the one of the platform file: ./services/booking.
//
// +kubebuilder:object:generate=false
type Dir string

// Form implements a value of the file.
func (Dir) Form() Form { return Form{Noun: "a directory", Example: "./services/booking"} }

// UnmarshalText reads a relative path that stays inside.
func (d *Dir) UnmarshalText(text []byte) error {
	s := string(text)
	clean := path.Clean(s)
	switch {
	case s == "":
		return wrong("", "the value is empty; write . for the directory itself")
	case strings.Contains(s, "://") || strings.HasPrefix(clean, "git@"):
		return wrong("", "%q is an address; write a directory beside the platform file, such as ./services/booking", s)
	case strings.HasPrefix(s, "/") || strings.HasPrefix(clean, "~"):
		return wrong("", "%q is outside; write a path relative to this file, such as ./services/booking", s)
	case strings.ContainsAny(s, "\\\x00\n"):
		return wrong("", "%q has a character that cannot stand in a path; parts are separated by /", s)
	}
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return wrong("", "%q leaves its directory; the code must be inside, so that the platform can be moved as a whole", s)
	}
	*d = Dir(clean)
	return nil
}

// MarshalText writes the directory.
func (d Dir) MarshalText() ([]byte, error) { return []byte(d), nil }

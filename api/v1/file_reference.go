package v1

import (
	"path"
	"slices"
	"strings"
)

// Use is one thing that a service opens connections to: bookings, ledger:read
// or payments:optional.
//
// +kubebuilder:object:generate=false
type Use struct {
	Name string
	// Mode is read, secondary or write for a store, optional or required for a
	// service; empty when it was not written.
	Mode string
}

// UseModes are the words behind the colon: the first three are of stores, the
// others of services.
func UseModes() []string { return []string{"read", "secondary", "write", "optional", "required"} }

// Form implements a value of the file.
func (Use) Form() Form {
	return Form{Noun: "the name of a service or store", Example: "bookings:read"}
}

// UnmarshalText reads a name, and a mode behind a colon.
func (u *Use) UnmarshalText(text []byte) error {
	s := string(text)
	name, mode, moded := strings.Cut(s, ":")
	switch {
	case name == "" && s == "":
		return wrong("", "the value is empty")
	case strings.ContainsAny(s, " \t\n/"):
		return wrong("", "%q is not a name, or a name and a mode with a colon between", s)
	case name == "":
		return wrong("", "%q has no name before the colon", s)
	case moded && !slices.Contains(UseModes(), mode):
		return &ValueError{Reason: quote(mode) + " is no way to use something; a store is used with read, secondary or write, a service with optional or required", Word: mode, Known: UseModes()}
	}
	*u = Use{name, mode}
	return nil
}

// String is the use as it is written.
func (u Use) String() string {
	if u.Mode == "" {
		return u.Name
	}
	return u.Name + ":" + u.Mode
}

// MarshalText writes String.
func (u Use) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Reach is a port of a service: telematics-ingest:8883, or ops-console:8452@uat
// in an environment other than production.
//
// +kubebuilder:object:generate=false
type Reach struct {
	Service     string
	Port        int
	Environment string
}

// Form implements a value of the file.
func (Reach) Form() Form { return Form{Noun: "a service and its port", Example: "ops-console:8452"} }

// UnmarshalText reads service:port or service:port@environment.
func (r *Reach) UnmarshalText(text []byte) error {
	s := string(text)
	at, env, where := strings.Cut(s, "@")
	name, port, ok := strings.Cut(at, ":")
	if !ok || name == "" || strings.ContainsAny(s, " \t\n/") {
		return wrong("", "%q is not the name of a service, a colon and a port", s)
	}
	if where && env == "" {
		return wrong(at, "there is no environment behind the @")
	}
	n, err := count(port)
	if err != nil || n < 1 || n > 65535 {
		return wrong("", "%q is not a port", port)
	}
	*r = Reach{name, n, env}
	return nil
}

// String is the end as it is written.
func (r Reach) String() string {
	s := r.Service + ":" + Port(r.Port).String()
	if r.Environment != "" {
		s += "@" + r.Environment
	}
	return s
}

// MarshalText writes String.
func (r Reach) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Flow is a connection between two things: service/search -> store/mongo-core.
//
// +kubebuilder:object:generate=false
type Flow struct{ From, To string }

// FlowKinds are what the ends of a flow can be; internet stands alone, without
// a name.
func FlowKinds() []string {
	return []string{"service", "store", "segment", "team", "data", "site", "internet"}
}

// Form implements a value of the file.
func (Flow) Form() Form {
	return Form{Noun: "a connection", Example: "service/search -> store/mongo-core"}
}

// UnmarshalText reads two ends with an arrow between.
func (f *Flow) UnmarshalText(text []byte) error {
	s := string(text)
	from, to, ok := strings.Cut(s, " -> ")
	if !ok {
		for _, arrow := range []string{"->", "=>", "→", " to "} {
			if a, b, ok := strings.Cut(s, arrow); ok {
				better := strings.TrimSpace(a) + " -> " + strings.TrimSpace(b)
				if new(Flow).UnmarshalText([]byte(better)) == nil {
					return wrong(better, "the two ends are separated by -> between spaces")
				}
			}
		}
		return wrong("", "%q is not two things with -> between", s)
	}
	for _, end := range []string{from, to} {
		if err := checkEnd(end, s); err != nil {
			return err
		}
	}
	*f = Flow{from, to}
	return nil
}

func checkEnd(end, whole string) error {
	kind, name, named := strings.Cut(end, "/")
	switch {
	case end == "internet":
		return nil
	case !slices.Contains(FlowKinds(), kind):
		if !named {
			return wrong("", "%q has no kind; write it before the name, such as service/%s", end, end)
		}
		return &ValueError{Reason: quote(kind) + " is not a kind of thing; the kinds are " + strings.Join(FlowKinds(), ", "), Word: kind, Known: FlowKinds()}
	case kind == "internet":
		return wrong(strings.Replace(whole, end, "internet", 1), "there is one internet")
	case name == "" || strings.ContainsAny(name, " /"):
		return wrong("", "%q has no name after its kind", end)
	}
	return nil
}

// String is the flow as it is written.
func (f Flow) String() string { return f.From + " -> " + f.To }

// MarshalText writes String.
func (f Flow) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// Address names a thing by kind and name: store/ledger.
//
// +kubebuilder:object:generate=false
type Address string

// Form implements a value of the file.
func (Address) Form() Form { return Form{Noun: "the address of a thing", Example: "store/ledger"} }

// UnmarshalText reads kind/name; what kinds there are is checked later.
func (a *Address) UnmarshalText(text []byte) error {
	s := string(text)
	kind, name, ok := strings.Cut(s, "/")
	switch {
	case !ok && s != "":
		return wrong("", "%q has no kind; write it before the name, such as service/%s", s, s)
	case kind == "" || name == "" || strings.ContainsAny(s, " \t\n"):
		return wrong("", "%q is not a kind and a name with a slash between", s)
	}
	*a = Address(s)
	return nil
}

// MarshalText writes the address.
func (a Address) MarshalText() ([]byte, error) { return []byte(a), nil }

// Pattern names files relative to the file that it stands in: * stands for any
// characters but a slash.
//
// +kubebuilder:object:generate=false
type Pattern string

// Form implements a value of the file.
func (Pattern) Form() Form {
	return Form{Noun: "a pattern of file names", Example: "services/*/paddock.yaml"}
}

// UnmarshalText reads a relative pattern that stays inside.
func (p *Pattern) UnmarshalText(text []byte) error {
	s := string(text)
	clean := path.Clean(s)
	switch {
	case s == "":
		return wrong("", "the value is empty")
	case strings.HasPrefix(s, "/") || strings.HasPrefix(clean, "~") || strings.Contains(s, "://"):
		return wrong("", "%q is outside; write a path relative to this file", s)
	case strings.ContainsAny(s, "\\\x00\n"):
		return wrong("", "%q has a character that cannot stand in a path; parts are separated by /", s)
	case clean == ".." || strings.HasPrefix(clean, "../"):
		return wrong("", "%q leaves the directory of this file; what is included must be inside, so that the platform can be moved as a whole", s)
	case strings.Contains(s, "**"):
		return wrong("", "** is not supported; write one * for every level, such as services/*/paddock.yaml")
	case clean == "." || strings.HasSuffix(s, "/"):
		return wrong(strings.TrimPrefix(path.Join(clean, "*.yaml"), "./"), "%q is a directory; name the files in it", s)
	}
	if _, err := path.Match(clean, "x"); err != nil {
		return wrong("", "%q has a [ that is never closed", s)
	}
	*p = Pattern(clean)
	return nil
}

// MarshalText writes the pattern.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p), nil }

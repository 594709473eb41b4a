// Package addr is the names of things: service/booking, store/ledger, env/prod,
// release/booking-1.13.0. It knows what a name may look like, and refuses to
// know whether the thing exists.
package addr

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
)

// Kind is the sort of thing that an address names.
type Kind string

const (
	// Service is a workload of the platform file: service/booking.
	Service Kind = "service"
	// Environment is a place where services run: env/prod.
	Environment Kind = "env"
	// Group is people who may approve: group/qa-leads.
	Group Kind = "group"
	// Build is one commit of a service turned into an image:
	// build/booking-0123456789ab.
	Build Kind = "build"
	// Release is an image with its configuration: release/booking-1.13.0.
	Release Kind = "release"
	// Rollout is one release on its way into one environment:
	// rollout/prod-booking-1.13.0.
	Rollout Kind = "rollout"
	// Store is a place of data: store/ledger.
	Store Kind = "store"
	// Topic is a Kafka topic: topic/booking.created.
	Topic Kind = "topic"
	// Team owns services and stores: team/rentals.
	Team Kind = "team"
	// Person is somebody: person/asha.
	Person Kind = "person"
	// Segment is a part of an environment's network: segment/pci.
	Segment Kind = "segment"
	// Site is a network of ours behind a tunnel: site/bangalore.
	Site Kind = "site"
	// VPN is a group of people who dial in: vpn/developers.
	VPN Kind = "vpn"
	// Domain is a host, or all hosts below one, on the internet:
	// domain/*.googleapis.com.
	Domain Kind = "domain"
	// Data is everything that handles a class of data: data/pci.
	Data Kind = "data"
	// Platform is a part of the platform itself that is no service of the file:
	// platform/dns.
	Platform Kind = "platform"
	// Internet is everybody. It is the one address without a name: internet.
	Internet Kind = "internet"
)

// Kinds are all kinds, in the order in which they are listed to users.
func Kinds() []Kind {
	return []Kind{Service, Environment, Group, Build, Release, Rollout, Store, Topic, Team, Person, Segment, Site, VPN, Domain, Data, Platform, Internet}
}

// Everybody is the address of the internet.
var Everybody = Address{Kind: Internet}

// Address names one thing.
type Address struct {
	Kind Kind
	Name string
}

// String is the address as Parse reads it, such as service/booking.
func (a Address) String() string {
	if a == Everybody {
		return string(Internet)
	}
	return string(a.Kind) + "/" + a.Name
}

// Compare orders addresses by kind, then by name.
func Compare(a, b Address) int {
	if c := strings.Compare(string(a.Kind), string(b.Kind)); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// MarshalText writes the address as String does.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the address as Parse does.
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// Parse reads an address such as service/booking.
func Parse(s string) (Address, error) {
	kind, name, found := strings.Cut(s, "/")
	switch {
	case s == string(Internet):
		return Everybody, nil
	case s == "":
		return Address{}, fmt.Errorf("the name is empty; write a kind and a name, such as service/booking")
	case !found:
		return Address{}, fmt.Errorf("%q has no kind; write the kind before it, such as service/%s", s, s)
	case name == "":
		return Address{}, fmt.Errorf("%q has no name after the kind; write one, such as %s/booking", s, kind)
	}
	if !slices.Contains(Kinds(), Kind(kind)) {
		return Address{}, fmt.Errorf("%q begins with an unknown kind %q; %s", s, kind, known(kind))
	}
	a := Address{Kind: Kind(kind), Name: name}
	if err := a.check(); err != nil {
		return Address{}, fmt.Errorf("%q: %w", s, err)
	}
	return a, nil
}

// ParseAs reads the name of a thing whose kind is already clear: both booking
// and service/booking are accepted for a service.
func ParseAs(kind Kind, s string) (Address, error) {
	if !strings.Contains(s, "/") && s != "" {
		s = string(kind) + "/" + s
	}
	a, err := Parse(s)
	if err == nil && a.Kind != kind {
		return Address{}, fmt.Errorf("%q is the name of a %s; a %s is wanted, such as %s/booking", s, a.Kind, kind, kind)
	}
	return a, err
}

func known(kind string) string {
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	if near := diag.Nearest(kind, names); len(near) > 0 {
		return "did you mean " + near[0] + "?"
	}
	if kind == "environment" {
		return "did you mean env?"
	}
	return "the kinds are " + strings.Join(names, ", ")
}

func (a Address) check() error {
	switch a.Kind {
	case Release, Rollout:
		service, version, ok := cutVersion(a.Name)
		if !ok {
			return fmt.Errorf("the name of a %s ends in a version, such as booking-1.13.0", a.Kind)
		}
		if err := CheckLabel(service, 63); err != nil {
			return err
		}
		return checkVersion(version)
	case Topic:
		return checkTopic(a.Name)
	case Domain:
		return checkDomain(a.Name)
	case Internet:
		return fmt.Errorf("the internet has no names; write internet")
	default:
		return CheckLabel(a.Name, 63)
	}
}

// ReleaseOf is the address of a version of a service.
func ReleaseOf(service, version string) Address {
	return Address{Kind: Release, Name: service + "-" + version}
}

// ServiceVersion splits the name of a release; ok is false for other kinds.
func (a Address) ServiceVersion() (service, version string, ok bool) {
	if a.Kind != Release {
		return "", "", false
	}
	return cutVersion(a.Name)
}

func cutVersion(name string) (stem, version string, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i <= 0 || i == len(name)-1 || !strings.Contains(name[i:], ".") {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

func checkVersion(version string) error {
	parts := strings.Split(version, ".")
	if len(parts) != 3 || slices.ContainsFunc(parts, func(p string) bool { return !digits(p) }) {
		return fmt.Errorf("%q is not a version; versions look like 1.13.0", version)
	}
	return nil
}

// checkTopic follows Kafka's own rule (org.apache.kafka.common.internals.Topic).
func checkTopic(name string) error {
	if name == "." || name == ".." || len(name) > 249 {
		return fmt.Errorf("a topic has up to 249 characters, and more than dots")
	}
	for _, c := range name {
		if c != '.' && c != '_' && c != '-' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return fmt.Errorf("%q is not allowed in the name of a topic; letters, digits, dots, dashes and underscores are", c)
		}
	}
	return nil
}

// checkDomain accepts a host name, with an asterisk for its first label or
// without.
func checkDomain(name string) error {
	host := strings.TrimPrefix(name, "*.")
	if len(name) > 253 {
		return fmt.Errorf("a domain has up to 253 characters")
	}
	for label := range strings.SplitSeq(host, ".") {
		if len(label) > 63 || label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return fmt.Errorf("%q is not a part of a domain; domains look like api.example.com or *.example.com", label)
		}
	}
	return nil
}

func digits(s string) bool {
	return s != "" && len(s) <= 18 && strings.Trim(s, "0123456789") == ""
}

package v1

import (
	"net/netip"
	"strings"
)

// CIDR is a range of IPv4 addresses: 10.0.0.0/8.
//
// +kubebuilder:object:generate=false
type CIDR netip.Prefix

// Form implements a value of the file.
func (CIDR) Form() Form { return Form{Noun: "a range of addresses (CIDR)", Example: "10.0.0.0/8"} }

// UnmarshalText reads an address and the number of its fixed bits. Bits behind
// those must be zero: 10.1.2.3/8 may mean two different things.
func (c *CIDR) UnmarshalText(text []byte) error {
	s := string(text)
	p, err := netip.ParsePrefix(s)
	if err != nil {
		if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
			return wrong(s+"/32", "%q is one address; a range says how many bits are fixed", s)
		}
		return wrong("", "%q is not four numbers up to 255, a slash, and the number of fixed bits", s)
	}
	switch {
	case !p.Addr().Is4():
		return wrong("", "%q is IPv6; addresses are planned in IPv4", s)
	case p.Masked() != p:
		return wrong(p.Masked().String(), "%q has bits set behind the first %d, so it is an address in a range and not a range", s, p.Bits())
	}
	*c = CIDR(p)
	return nil
}

// Prefix is the range as package netip has it.
func (c CIDR) Prefix() netip.Prefix { return netip.Prefix(c) }

// String is the range as it is written; empty for the zero value.
func (c CIDR) String() string {
	if !netip.Prefix(c).IsValid() {
		return ""
	}
	return netip.Prefix(c).String()
}

// MarshalText writes String.
func (c CIDR) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// IP is one address: 203.0.113.10.
//
// +kubebuilder:object:generate=false
type IP netip.Addr

// Form implements a value of the file.
func (IP) Form() Form { return Form{Noun: "an IP address", Example: "203.0.113.10"} }

// UnmarshalText reads an IPv4 or IPv6 address without a zone.
func (a *IP) UnmarshalText(text []byte) error {
	s := string(text)
	read, err := netip.ParseAddr(s)
	switch {
	case err != nil && strings.Contains(s, "/"):
		return wrong("", "%q is a range; write one address", s)
	case err != nil:
		return wrong("", "%q is not an IP address", s)
	case read.Zone() != "":
		return wrong(read.WithZone("").String(), "an address on the internet has no interface behind %%")
	case read.IsUnspecified() || read.IsMulticast() || read.IsLoopback():
		return wrong("", "nobody can be reached at %s", s)
	}
	*a = IP(read)
	return nil
}

// String is the address; empty for the zero value.
func (a IP) String() string {
	if !netip.Addr(a).IsValid() {
		return ""
	}
	return netip.Addr(a).String()
}

// MarshalText writes String.
func (a IP) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Host is the name of a host: kestrel.internal.
//
// +kubebuilder:object:generate=false
type Host string

// Form implements a value of the file.
func (Host) Form() Form { return Form{Noun: "a host", Example: "kestrel.internal"} }

// UnmarshalText reads what CheckHost accepts.
func (h *Host) UnmarshalText(text []byte) error {
	s := string(text)
	if err := CheckHost(s); err != nil {
		return err
	}
	*h = Host(s)
	return nil
}

// MarshalText writes the host.
func (h Host) MarshalText() ([]byte, error) { return []byte(h), nil }

// DomainPattern is a domain on the internet, api.razorpay.com, or all below
// one, *.googleapis.com. A bare IPv4 address is read too, for partners who have
// nothing better; the checks complain of it.
//
// +kubebuilder:object:generate=false
type DomainPattern string

// Form implements a value of the file.
func (DomainPattern) Form() Form { return Form{Noun: "a domain", Example: "api.razorpay.com"} }

// UnmarshalText reads a host, with *. before it or not.
func (d *DomainPattern) UnmarshalText(text []byte) error {
	s := string(text)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		return wrong(host, "a domain is written without http:// or https://")
	}
	if host, _, ok := strings.Cut(s, "/"); ok {
		return wrong(host, "a domain has no path: what leaves is seen by the name of its host only")
	}
	if host, _, ok := strings.Cut(s, ":"); ok {
		return wrong(host, "a domain has no port: connections leave for 443")
	}
	if s == "*" {
		return wrong("", "* would allow the whole internet, and that is what the list is there to prevent; name the domains")
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		*d = DomainPattern(a.String())
		return nil
	}
	host := strings.TrimPrefix(s, "*.")
	if strings.Contains(host, "*") {
		return wrong("", "* stands only at the beginning, followed by a point, such as *.googleapis.com")
	}
	if err := CheckHost(host); err != nil {
		return within(err, host, s)
	}
	*d = DomainPattern(s)
	return nil
}

// MarshalText writes the domain.
func (d DomainPattern) MarshalText() ([]byte, error) { return []byte(d), nil }

// URL is an address in the web: https://kestrelcars.atlassian.net.
//
// +kubebuilder:object:generate=false
type URL string

// Form implements a value of the file.
func (URL) Form() Form { return Form{Noun: "a URL", Example: "https://kestrelcars.atlassian.net"} }

// UnmarshalText reads https:// and a host, with a path or not.
func (u *URL) UnmarshalText(text []byte) error {
	s := string(text)
	rest, ok := strings.CutPrefix(s, "https://")
	switch {
	case strings.HasPrefix(s, "http://"):
		return wrong("https://"+strings.TrimPrefix(s, "http://"), "the URL is not encrypted")
	case !ok:
		return wrong("https://"+s, "a URL begins with https://")
	}
	host, path, below := strings.Cut(rest, "/")
	if err := CheckHost(host); err != nil {
		return within(err, host, s)
	}
	if below {
		if err := checkPath("/" + path); err != nil {
			return err
		}
	}
	*u = URL(s)
	return nil
}

// MarshalText writes the URL.
func (u URL) MarshalText() ([]byte, error) { return []byte(u), nil }

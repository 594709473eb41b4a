package search

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Query picks events. Fields that are empty do not matter; of several patterns
// in one field any will do, and all fields must agree.
type Query struct {
	// Who are patterns for the actor: a name or part of one (asha, deploy), a
	// session, a role, an access key, an account, or anything with * and ?.
	Who []string
	// What are patterns for the action: CreateUser, iam:*, create pods/exec,
	// secrets.
	What []string
	// On are patterns for the target; without * and ? it need only contain one.
	On []string
	// From are addresses.
	From []Address
	// Since is in, Until is not.
	Since, Until time.Time
	// Failed wants what was refused, Errors everything that went wrong.
	Failed, Errors bool
}

// Address is one address, a block of them, or the name of a service that AWS
// writes in their place.
type Address struct {
	text   string
	prefix netip.Prefix
}

// ParseAddress reads 203.0.113.7, 203.0.113.0/24, 2001:db8::/32 or
// ec2.amazonaws.com.
func ParseAddress(text string) (Address, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return Address{text, prefix.Masked()}, nil
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return Address{text, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())}, nil
	}
	if text == "" || strings.ContainsAny(text, "/: ") {
		return Address{}, fmt.Errorf("%q is neither an address nor a block such as 203.0.113.0/24", text)
	}
	return Address{text: text}, nil
}

// Contains says whether the address, as a log writes it, is meant.
func (a Address) Contains(address string) bool {
	if a.prefix.IsValid() {
		if addr, err := netip.ParseAddr(address); err == nil {
			return a.prefix.Contains(addr.Unmap())
		}
	}
	return strings.EqualFold(a.text, address)
}

// Match says whether the query wants the event.
func (q *Query) Match(e *Event) bool {
	switch {
	case !q.Since.IsZero() && e.Time.Before(q.Since),
		!q.Until.IsZero() && !e.Time.Before(q.Until),
		q.Failed && e.Result != Denied,
		q.Errors && e.Result != Denied && e.Result != Failed,
		len(q.Who) > 0 && !slices.ContainsFunc(q.Who, func(p string) bool { return matchActor(p, &e.Actor) }),
		len(q.What) > 0 && !slices.ContainsFunc(q.What, func(p string) bool { return matchAction(p, e) }),
		len(q.On) > 0 && !slices.ContainsFunc(q.On, func(p string) bool { return matchTarget(p, e.Target) }),
		len(q.From) > 0 && !slices.ContainsFunc(q.From, func(a Address) bool { return a.Contains(e.Address) }):
		return false
	}
	return true
}

func matchActor(pattern string, a *Actor) bool {
	names := [...]string{a.Name, a.Principal, a.Session, a.Via, a.Key, a.Account, a.InvokedBy}
	for _, name := range names {
		if name == "" {
			continue
		}
		if wild(pattern) {
			if Glob(pattern, name) {
				return true
			}
			continue
		}
		if strings.EqualFold(pattern, name) {
			return true
		}
		for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == ':' || r == '@' }) {
			if strings.EqualFold(pattern, part) {
				return true
			}
		}
	}
	return false
}

func matchAction(pattern string, e *Event) bool {
	if Glob(pattern, e.Action) {
		return true
	}
	if strings.ContainsAny(pattern, ": ") {
		return false
	}
	for part := range strings.FieldsFuncSeq(e.Action, func(r rune) bool { return r == ':' || r == ' ' }) {
		if Glob(pattern, part) {
			return true
		}
	}
	return false
}

func matchTarget(pattern, target string) bool {
	if wild(pattern) {
		return Glob(pattern, target)
	}
	return strings.Contains(strings.ToLower(target), strings.ToLower(pattern))
}

func wild(pattern string) bool { return strings.ContainsAny(pattern, "*?") }

// Glob matches text against a pattern in which * is any text and ? any one
// byte, without regard to the case of ASCII letters. It takes time in
// proportion to the product of the lengths at most.
func Glob(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t])):
			p++
			t++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Package agents tells programs from browsers by their user agent, and knows
// whether an address is one from which a search engine says its crawler comes.
// It knows how user agents are written; it refuses to know what their senders
// did, and trusts nothing a user agent says about who sends it.
package agents

import "strings"

// Kind is what sends a user agent, if it tells the truth.
type Kind string

// The kinds.
const (
	// Browser is driven by a person.
	Browser Kind = "browser"
	// App is a program on a person's device that is no browser.
	App Kind = "app"
	// Bot visits by itself: crawlers, monitors, previews, scanners.
	Bot Kind = "bot"
	// Tool is a library or a command that somebody programmed with.
	Tool Kind = "tool"
	// Unknown says too little, mostly nothing at all.
	Unknown Kind = "unknown"
)

// Automated reports whether no person waits for the answer.
func (k Kind) Automated() bool { return k == Bot || k == Tool }

// Agent is what a user agent says.
type Agent struct {
	Kind Kind
	// Name is the family: Chrome, Googlebot, curl.
	Name string
	// Engine is the search engine that the agent claims to crawl for, one of
	// Engines; empty for none.
	Engine string
	// Scanner is set for tools that look for weaknesses.
	Scanner bool
}

// Of reads a user agent.
func Of(userAgent []byte) Agent {
	s := strings.TrimSpace(string(userAgent))
	if s == "" || s == "-" {
		return Agent{Kind: Unknown, Name: "(none)"}
	}
	lower := strings.ToLower(s)
	var g grams
	g.set(lower)
	for i := range knowns {
		if k := &knowns[i]; knownFinders[i].in(&g, lower) && !k.excused(lower) {
			return k.agent
		}
	}
	if injected(lower) {
		return Agent{Kind: Unknown, Name: "(an injection)"}
	}
	if automated(&g, lower) {
		return Agent{Kind: Bot, Name: nameOf(s)}
	}
	if name := browser(lower); name != "" {
		return Agent{Kind: Browser, Name: name}
	}
	if device(lower) {
		return Agent{Kind: App, Name: nameOf(s)}
	}
	return Agent{Kind: Tool, Name: nameOf(s)}
}

// wordy is automated for a single word.
func wordy(lower string) bool {
	var g grams
	g.set(lower)
	return automated(&g, lower)
}

// nameOf is the product that a program names itself: the first one, or the one
// behind "compatible;".
func nameOf(s string) string {
	if _, after, ok := strings.Cut(s, "compatible;"); ok && strings.HasPrefix(s, "Mozilla") {
		s = strings.TrimLeft(after, " ")
	} else if strings.HasPrefix(s, "Mozilla/") {
		if _, after, ok := strings.Cut(s, ") "); ok {
			fields := strings.Fields(after)
			for i := len(fields) - 1; i >= 0; i-- {
				if f := strings.ToLower(fields[i]); strings.Contains(f, "/") && wordy(f) {
					s = fields[i]
				}
			}
		}
	}
	end := strings.IndexAny(s, "/;(,+")
	if end < 0 {
		end = len(s)
	}
	name := strings.TrimSpace(s[:end])
	if len(name) > 40 {
		name = name[:40]
	}
	if name == "" {
		return "(odd)"
	}
	return name
}

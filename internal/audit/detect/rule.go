// Package detect finds in audit events what an attacker, or a mistake, would
// leave there. It knows how to read rules written as data, to match events
// against them, and to count, compare and order what matches over time. What is
// suspicious is in the rules (rules/*.yaml), not in the code; the package
// refuses to read logs (that is package search's) and to act on what it finds.
package detect

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/diag"
)

// Severity is how soon somebody should look.
type Severity int

// The severities.
const (
	Low      Severity = iota // worth knowing when something else is odd
	Medium                   // look the same day
	High                     // look now
	Critical                 // look now, and assume that it is an attack
)

var severities = []string{"low", "medium", "high", "critical"}

func (s Severity) String() string { return severities[s] }

// MarshalText makes JSON say the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severities, string(text))
	if i < 0 {
		return fmt.Errorf("%q is no severity; write low, medium, high or critical", text)
	}
	*s = Severity(i)
	return nil
}

// Rule says what to look for, and what to make of it.
type Rule struct {
	ID, Title string
	Severity  Severity
	Source    search.Source
	// Techniques are ids of MITRE ATT&CK, such as T1078.004.
	Techniques []string
	// Why says why it matters, Do what to do about it.
	Why, Do string
	// Except are the ordinary causes, which set nothing off.
	Except []Exception
	// At most one of these says what matching events have to do over time.
	Count    *Count
	New      *New
	Sequence *Sequence
	Silence  *Silence
	// Fires and Quiet are example events, each a little log.
	Fires, Quiet []Example
	// Pos is where the rule stands.
	Pos diag.Range

	match expr
	// written is what the rule looks for as its author wrote it, for the
	// reference: a mapping of match, count and the like.
	written yaml.Node
	// actions are the only actions that can match; empty when any can.
	actions []string
}

// Exception is an ordinary cause and why it is one.
type Exception struct {
	Why     string
	match   expr
	written *yaml.Node
}

// Count wants so many events, or distinct values of a field, within a time.
type Count struct {
	// By are the fields that the events have in common.
	By       []Field
	Within   time.Duration
	AtLeast  int
	Distinct *Field
}

// New wants a value that an actor, or whatever By says, never had before.
type New struct {
	Field, By Field
	// Events and Days are the past that is needed before new means anything.
	Events int
	Days   int
	// Only is what else must hold for the first event with the value; others are
	// past all the same.
	Only expr
	// Among is the largest number of values known before: who has ten addresses
	// has eleven tomorrow.
	Among int
}

// Sequence wants events one after the other.
type Sequence struct {
	By     []Field
	Within time.Duration
	Steps  []expr
}

// Silence wants a pause in what was busy before.
type Silence struct {
	By     []Field
	Longer time.Duration
	// Busy is how many pieces of ten minutes had events in as long a time before
	// the pause.
	Busy int
}

// Example is a little log; its events come from the rule file.
type Example struct {
	Events []ExampleEvent
	Pos    diag.Range
}

// ExampleEvent is one event, or several that are alike.
type ExampleEvent struct {
	// Fields are laid over an ordinary event of the rule's source.
	Fields map[string]any
	// At is after the start of the log, Every between the Times copies; %d in a
	// text is the number of the copy.
	At, Every time.Duration
	Times     int
}

// stateful says that one event alone sets nothing off.
func (r *Rule) stateful() bool {
	return r.Count != nil || r.New != nil || r.Sequence != nil || r.Silence != nil
}

// excepted says that an exception covers the event.
func (r *Rule) excepted(e *search.Event) bool {
	return slices.ContainsFunc(r.Except, func(x Exception) bool { return x.match.match(e, nil) })
}

package v1

import (
	"errors"
	"fmt"
	"strconv"
)

// Form describes how a value of the file is written.
//
// +kubebuilder:object:generate=false
type Form struct {
	// Noun with its article: "a duration".
	Noun string
	// Example of a well-written value: "15m".
	Example string
	// Values are all there are, for a choice; nil for others.
	Values []string
}

// ValueError says what is wrong with a written value.
//
// +kubebuilder:object:generate=false
type ValueError struct {
	// Reason is one sentence without a full stop.
	Reason string
	// Instead is what was probably meant, empty when that is not clear.
	Instead string
	// Word is the part of the value that is not known, and Known are the words
	// that could stand in its place, so that the nearest of them can be proposed.
	Word  string
	Known []string
}

func (e *ValueError) Error() string {
	if e.Instead != "" {
		return e.Reason + "; write " + e.Instead
	}
	return e.Reason
}

func wrong(instead, reason string, args ...any) error {
	return &ValueError{Reason: fmt.Sprintf(reason, args...), Instead: instead}
}

func quote(s string) string { return strconv.Quote(s) }

// proposed makes sure that what an error says to write instead is right. Values
// of several parts may be wrong in several, of which each reading finds one.
func proposed(err error, read func(s string) error) error {
	e, ok := errors.AsType[*ValueError](err)
	if !ok || e.Instead == "" {
		return err
	}
	fixed := *e
	for range 8 {
		err := read(fixed.Instead)
		if err == nil {
			return &fixed
		}
		var next *ValueError
		if !errors.As(err, &next) || next.Instead == "" || next.Instead == fixed.Instead {
			break
		}
		fixed.Instead = next.Instead
	}
	fixed.Instead = ""
	return &fixed
}

package v1

import "fmt"

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

// Stage says what an environment is for.
type Stage string

// Form implements a choice.
func (Stage) Form() Form {
	return Form{Noun: "a stage", Example: "production", Values: []string{"development", "test", "acceptance", "production"}}
}

// NoData says what a canary does when nobody sent it a request.
type NoData string

// Form implements a choice.
func (NoData) Form() Form {
	return Form{Noun: "an answer to silence", Example: "hold", Values: []string{"hold", "proceed"}}
}

// Language is a programming language that Paddock can build.
type Language string

// Form implements a choice.
func (Language) Form() Form {
	return Form{Noun: "a language", Example: "go", Values: []string{"go"}}
}

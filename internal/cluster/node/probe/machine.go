// Package probe asks containers how they are: the counting of answers, as the
// kubelet does it, and the asking over HTTP, TCP or a command. What follows
// from an answer is the business of its caller.
package probe

import corev1 "k8s.io/api/core/v1"

// Kind says what a probe decides.
type Kind string

const (
	Startup   Kind = "Startup"   // until it succeeds, the others are not asked
	Liveness  Kind = "Liveness"  // a container that fails it is restarted
	Readiness Kind = "Readiness" // a container that fails it gets no traffic
)

// machine counts answers until there are enough in a row to believe them.
type machine struct {
	successes, failures int // needed in a row
	run                 int // how many of the last answer in a row
	last                bool
	begun               bool
}

func newMachine(p *corev1.Probe) *machine {
	return &machine{successes: max(int(p.SuccessThreshold), 1), failures: max(int(p.FailureThreshold), 1)}
}

// observe takes an answer and says whether it decides.
func (m *machine) observe(ok bool) (decided bool) {
	if m.begun && m.last == ok {
		m.run++
	} else {
		m.begun, m.last, m.run = true, ok, 1
	}
	if ok {
		return m.run >= m.successes
	}
	return m.run >= m.failures
}

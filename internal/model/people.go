package model

import "time"

// Duration is a length of time.
type Duration = time.Duration

// Person is somebody who is named in the file.
type Person struct {
	Name string
	// Mail, Phone and Full name; empty when the file does not say.
	Mail, Phone, Full string
	// Away are the times in which the person does not answer.
	Away []Dates
}

// Team owns services and stores.
type Team struct {
	Name    string
	Members []string
	Manager string
	// OnCall is nil for a team that is never called.
	OnCall *OnCall
	// Slack channel and Mail list; empty when the file does not say.
	Slack, Mail string
}

// OnCall is a team's rotation.
type OnCall struct {
	// Rotate is the length of a turn.
	Rotate time.Duration
	// Handover is when turns change.
	Handover Moment
	// Members in the order of their turns.
	Members []string
	// Layers is how many people are on duty at once: 2 is primary and secondary.
	Layers int
	// Hours in which the team answers; nil means always.
	Hours *Hours
	// Escalate are the waits before the next layer is called, the manager at
	// the end.
	Escalate []time.Duration
	// Repeat is how often the whole chain is tried.
	Repeat int
}

// Team returns the team of that name.
func (p *Platform) Team(name string) (Team, bool) {
	for _, t := range p.Teams {
		if t.Name == name {
			return t, true
		}
	}
	return Team{}, false
}

// Person returns the person of that name.
func (p *Platform) Person(name string) (Person, bool) {
	for _, who := range p.People {
		if who.Name == name {
			return who, true
		}
	}
	return Person{}, false
}

// Waiver accepts a finding for a while.
type Waiver struct {
	// Rule is the id of the check.
	Rule string
	// At is the address of what it concerns, such as service/booking; empty
	// means everything.
	At string
	// Environment in which it holds; empty means all.
	Environment string
	Reason      string
	// Until is the last day on which it holds.
	Until Date
}

// Policies are statements of the company.
type Policies struct {
	// Never are the connections that must not be possible.
	Never []Flow
	// Images from which registries may run; empty means our own only.
	Registries []string
}

// Flow is a connection between two things, each an address such as
// service/search, store/ledger, segment/pci, team/rentals or data/pci.
type Flow struct{ From, To string }

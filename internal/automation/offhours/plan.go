// Package offhours stops an environment outside its hours and starts it before
// them, in the order in which things need one another: what consumes stops
// first and databases last. It knows the order and what each step waits for,
// and refuses to know what time it is: the clock calls it.
package offhours

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/automation"
)

// Machine is one instance.
type Machine struct {
	ID    string
	State string // as EC2 names it: running, stopped, …
	Tags  automation.Tags
}

// Group is something that has a number of machines: the node group of a cluster
// or an Auto Scaling group.
type Group struct {
	// Kind is nodes or fleet.
	Kind Kind
	// Cluster of a node group; empty for a fleet.
	Cluster string
	Name    string
	// ARN is what tags are put on.
	ARN  string
	Size Size
	Tags automation.Tags
}

// Kind of a group.
type Kind string

// The kinds of groups.
const (
	Nodes Kind = "nodes"
	Fleet Kind = "fleet"
)

// Size is the least, wanted and greatest number of machines.
type Size struct{ Min, Desired, Max int }

// TagSize remembers on the group itself how large it was, so that nothing else
// has to.
const TagSize = "paddock:size"

func (s Size) String() string { return fmt.Sprintf("%d/%d/%d", s.Min, s.Desired, s.Max) }

// ParseSize reads what String wrote.
func ParseSize(text string) (Size, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return Size{}, fmt.Errorf("%q is not a size such as 2/3/6", text)
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 {
			return Size{}, fmt.Errorf("%q is not a size such as 2/3/6", text)
		}
		n[i] = v
	}
	s := Size{n[0], n[1], n[2]}
	if s.Min > s.Desired || s.Desired > s.Max || s.Max == 0 {
		return Size{}, fmt.Errorf("%q is not a size: numbers rise, and the last is more than nothing", text)
	}
	return s, nil
}

// World is what there is of an environment.
type World struct {
	Machines []Machine
	Groups   []Group
}

// Step is what is done at once, and what must be so before the next one.
type Step struct {
	Name string
	// Stop, Start and Terminate are machines.
	Stop, Start, Terminate []Machine
	// Scale are groups with the sizes that they get.
	Scale []Scaling
	// Passed over, with the reason: things that are not ours.
	Passed []Passed
}

// Scaling is a group and its new size.
type Scaling struct {
	Group Group
	To    Size
	// Remember the present size on the group.
	Remember bool
}

// Passed is something that is left alone.
type Passed struct{ ID, Reason string }

// Stop plans how an environment is stopped. Waves are the stores in the order in
// which they start.
func Stop(scope automation.Scope, w World, waves [][]string) []Step {
	first := Step{Name: "what consumes"}
	for _, g := range w.Groups {
		switch why := scope.Refuse(g.Tags); {
		case why != "":
			first.Passed = append(first.Passed, Passed{g.Name, why})
		case g.Size.Desired == 0 && g.Size.Min == 0:
			// Stopped already: what the tag remembers must not be overwritten.
		default:
			first.Scale = append(first.Scale, Scaling{Group: g, To: Size{0, 0, max(1, g.Size.Max)}, Remember: true})
		}
	}
	// Machines that Karpenter made are gone for good: it makes others when the
	// pods come back. Stopped ones it would take for broken.
	second := Step{Name: "nodes of clusters"}
	ranked := map[int][]Machine{}
	for _, m := range w.Machines {
		if why := scope.Refuse(m.Tags); why != "" {
			first.Passed = append(first.Passed, Passed{m.ID, why})
			continue
		}
		switch {
		case grouped(m): // goes with its group
		case m.Tags["karpenter.sh/nodepool"] != "":
			if m.State == "running" || m.State == "pending" {
				second.Terminate = append(second.Terminate, m)
			}
		case m.State == "running" || m.State == "pending":
			ranked[rank(m, waves)] = append(ranked[rank(m, waves)], m)
		}
	}
	steps := compact([]Step{first, second})
	for _, r := range slices.Backward(ranks(ranked)) {
		steps = append(steps, Step{Name: title(r, len(waves)), Stop: sorted(ranked[r])})
	}
	return steps
}

// Start plans how an environment is started: the reverse.
func Start(scope automation.Scope, w World, waves [][]string) []Step {
	last := Step{Name: "what consumes"}
	ranked := map[int][]Machine{}
	for _, m := range w.Machines {
		if why := scope.Refuse(m.Tags); why != "" {
			last.Passed = append(last.Passed, Passed{m.ID, why})
			continue
		}
		// One that runs already is in the step too: the next step waits for it.
		if !grouped(m) && m.Tags["karpenter.sh/nodepool"] == "" && m.State != "terminated" && m.State != "shutting-down" {
			ranked[rank(m, waves)] = append(ranked[rank(m, waves)], m)
		}
	}
	var steps []Step
	for _, r := range ranks(ranked) {
		steps = append(steps, Step{Name: title(r, len(waves)), Start: sorted(ranked[r])})
	}
	for _, g := range w.Groups {
		why := scope.Refuse(g.Tags)
		if why == "" && g.Size.Desired > 0 {
			continue // runs already
		}
		size, err := ParseSize(g.Tags[TagSize])
		switch {
		case why != "":
			last.Passed = append(last.Passed, Passed{g.Name, why})
		case err != nil:
			last.Passed = append(last.Passed, Passed{g.Name, "was not stopped by this function: " + TagSize + ": " + err.Error()})
		default:
			last.Scale = append(last.Scale, Scaling{Group: g, To: size})
		}
	}
	return append(steps, compact([]Step{last})...)
}

// grouped reports whether an Auto Scaling group answers for the machine; stopped
// by hand it would be replaced.
func grouped(m Machine) bool { return m.Tags["aws:autoscaling:groupName"] != "" }

// The classes of machines, in the order in which they start.
const (
	databases = iota
	coordinators
	brokers
	others
)

func class(m Machine) int {
	switch m.Tags[automation.TagRole] {
	case "member", "leaf", "aggregator":
		return databases
	case "zookeeper", "controller":
		return coordinators
	case "broker":
		return brokers
	}
	if m.Tags[automation.TagStore] != "" {
		return databases
	}
	return others
}

// rank is the place of a machine in the order of starting: by its class, and
// within it by the wave of its store. A store of no wave comes last.
func rank(m Machine, waves [][]string) int {
	wave := len(waves)
	for i, stores := range waves {
		if slices.Contains(stores, m.Tags[automation.TagStore]) {
			wave = i
			break
		}
	}
	return class(m)*(len(waves)+1) + wave
}

func title(rank, waves int) string {
	return [...]string{"databases", "coordinators", "brokers", "other machines"}[rank/(waves+1)]
}

func ranks(by map[int][]Machine) []int {
	var all []int
	for r := range by {
		all = append(all, r)
	}
	slices.Sort(all)
	return all
}

func sorted(list []Machine) []Machine {
	slices.SortFunc(list, func(a, b Machine) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// compact leaves out steps with nothing to say.
func compact(steps []Step) []Step {
	return slices.DeleteFunc(steps, func(s Step) bool {
		return len(s.Stop)+len(s.Start)+len(s.Terminate)+len(s.Scale)+len(s.Passed) == 0
	})
}

// ParseWaves reads the order of the stores: waves apart by bars, stores by
// commas, as in mongo-core,redis|kafka.
func ParseWaves(text string) [][]string {
	var waves [][]string
	for wave := range strings.SplitSeq(text, "|") {
		var stores []string
		for s := range strings.SplitSeq(wave, ",") {
			if s = strings.TrimSpace(s); s != "" {
				stores = append(stores, s)
			}
		}
		if len(stores) > 0 {
			waves = append(waves, stores)
		}
	}
	return waves
}

// Package rightsizing says which machines are larger than what they do, and
// which volumes are of an older kind than they need be. It only reports: what a
// machine needs on its busiest day is a judgement of people.
package rightsizing

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/automation"
)

// Machine is an instance and what its processors did, in percent.
type Machine struct {
	ID, Type string
	Tags     automation.Tags
	// Average and Maximum are of each hour, oldest first.
	Average, Maximum []float64
}

// Volume is a disk.
type Volume struct {
	ID, Type string
	GiB      int
	Tags     automation.Tags
}

// Advice is about one resource.
type Advice struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Store  string `json:"store,omitempty"`
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason"`
}

const (
	// fewest hours with data before anything is said: a working week.
	fewest = 5 * 24
	// busy and peak are the percent of the processors below which half of them
	// would do: the half then has twice that, and air.
	busy, peak = 20, 40
)

// Decide gives advice, in the order of ids.
func Decide(scope automation.Scope, machines []Machine, volumes []Volume) []Advice {
	var all []Advice
	for _, m := range machines {
		if scope.Environment != m.Tags[automation.TagEnvironment] || len(m.Average) < fewest {
			continue
		}
		to, ok := Smaller(m.Type)
		usual := percentile(m.Average, 95)
		most := max(usual, percentile(m.Maximum, 100))
		if ok && usual < busy && most < peak {
			all = append(all, Advice{"machine", m.ID, m.Tags[automation.TagStore], m.Type, to,
				fmt.Sprintf("in %d hours, 95 of 100 used less than %.0f %% of the processors, and none more than %.0f %%", len(m.Average), usual, most)})
		}
	}
	for _, v := range volumes {
		if scope.Environment != v.Tags[automation.TagEnvironment] {
			continue
		}
		if v.Type == "gp2" {
			all = append(all, Advice{"volume", v.ID, v.Tags[automation.TagStore], "gp2", "gp3", fmt.Sprintf("%d GiB cost a fifth less, and are not slower", v.GiB)})
		}
	}
	slices.SortFunc(all, func(a, b Advice) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// sizes of instance types, rising; each has twice what the one before it has.
var sizes = []string{"nano", "micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge"}

// Smaller is the type with half of everything, such as m6i.xlarge for
// m6i.2xlarge. Below large, types that can be bought for long hardly differ.
func Smaller(kind string) (string, bool) {
	family, size, ok := strings.Cut(kind, ".")
	i := slices.Index(sizes, size)
	if !ok || family == "" || i <= slices.Index(sizes, "large") {
		return "", false
	}
	return family + "." + sizes[i-1], true
}

// percentile by the nearest rank; 0 without values.
func percentile(values []float64, p int) float64 {
	if len(values) == 0 {
		return 0
	}
	rising := slices.Sorted(slices.Values(values))
	rank := (p*len(rising) + 99) / 100
	return rising[max(rank, 1)-1]
}

package prices

import (
	"cmp"
	"fmt"
	"slices"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

// Core is the owner of what serves all environments.
const Core = "core"

// Line is one kind of thing that costs money.
type Line struct {
	// Owner is an environment, or Core.
	Owner string `json:"owner"`
	// Component such as data or network.
	Component string `json:"component"`
	// What such as kafka: m6i.2xlarge.
	What string `json:"what"`
	// Quantity of Unit, and the price of one for a month in US dollars.
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	Each     float64 `json:"each"`
}

// Month is the line's price for a month in US dollars.
func (l Line) Month() float64 { return l.Quantity * l.Each }

// Bill is an estimate.
type Bill struct {
	// Lines in the order of owner, component and what.
	Lines []Line
	// Assumptions in sentences: what the file does not say.
	Assumptions []string
	// Inexact are instance types that the table does not have, sorted.
	Inexact []string
	// OffHours is what is saved because environments are stopped outside their
	// hours, in US dollars a month.
	OffHours float64
}

// Estimate prices the roots of a platform.
func Estimate(p *model.Platform, roots []aws.Root) Bill {
	e := &estimate{platform: p, at: map[Line]int{}, inexact: map[string]bool{}, vcpu: map[string]float64{}}
	for _, r := range roots {
		e.root(r)
	}
	for _, env := range p.Environments {
		e.machines(env)
		e.copies(env)
		e.secrets(env)
		e.traffic(env)
	}
	e.protection()
	slices.SortStableFunc(e.bill.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(e.rank(a.Owner), e.rank(b.Owner)), cmp.Compare(a.Component, b.Component), cmp.Compare(a.What, b.What))
	})
	for typ := range e.inexact {
		e.bill.Inexact = append(e.bill.Inexact, typ)
	}
	slices.Sort(e.bill.Inexact)
	e.bill.Assumptions = assumptions(p, e.bill.Inexact)
	return e.bill
}

// Total of an owner, or of all when owner is empty, in US dollars a month.
func (b Bill) Total(owner string) float64 {
	var sum float64
	for _, l := range b.Lines {
		if owner == "" || l.Owner == owner {
			sum += l.Month()
		}
	}
	return sum
}

// Components are the names of all components, sorted.
func (b Bill) Components() []string {
	var all []string
	for _, l := range b.Lines {
		all = append(all, l.Component)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Component is the total of one component, in US dollars a month.
func (b Bill) Component(name string) float64 {
	var sum float64
	for _, l := range b.Lines {
		if l.Component == name {
			sum += l.Month()
		}
	}
	return sum
}

// estimate is a bill in the making.
type estimate struct {
	platform *model.Platform
	bill     Bill
	at       map[Line]int // of lines without their quantity
	inexact  map[string]bool
	vcpu     map[string]float64 // that run all the time, by owner
}

func (e *estimate) rank(owner string) int {
	i := slices.IndexFunc(e.platform.Environments, func(env model.Environment) bool { return env.Name == owner })
	if i < 0 {
		return len(e.platform.Environments)
	}
	return i
}

func (e *estimate) add(l Line) {
	key := l
	key.Quantity = 0
	if i, ok := e.at[key]; ok {
		e.bill.Lines[i].Quantity += l.Quantity
		return
	}
	if l.Quantity == 0 {
		return
	}
	e.at[key] = len(e.bill.Lines)
	e.bill.Lines = append(e.bill.Lines, l)
}

// owner of a root: its environment, or what serves all.
func (e *estimate) owner(r aws.Root) string {
	scope := cmp.Or(r.Scope, r.Account)
	if _, ok := e.platform.Environment(scope); ok {
		return scope
	}
	return Core
}

// share of the month in which an environment is up.
func (e *estimate) share(owner string) float64 {
	env, ok := e.platform.Environment(owner)
	if !ok || env.Hours == nil || !e.platform.Cost.OffHours || env.Stage == model.Production {
		return 1
	}
	n := 0
	for _, on := range env.Hours.Days {
		if on {
			n++
		}
	}
	return float64(n*(env.Hours.To-env.Hours.From)) / (7 * 24 * 60)
}

// instances adds machines that are stopped when their environment is.
func (e *estimate) instances(owner, component, what, typ string, n float64) {
	usd, exact := instance(typ)
	if !exact {
		e.inexact[typ] = true
	}
	share := e.share(owner)
	e.bill.OffHours += n * usd * Hours * (1 - share)
	e.vcpu[owner] += n * float64(quota.VCPUs(typ)) * share
	e.add(Line{owner, component, what + ": " + typ, n, "machine", usd * Hours * share})
}

// always adds machines that run all the time.
func (e *estimate) always(owner, component, what, typ string, n, factor float64) {
	usd, exact := instance(typ)
	if !exact {
		e.inexact[typ] = true
	}
	e.add(Line{owner, component, what + ": " + typ, n, "node", usd * Hours * factor})
}

// hourly adds something with a price by the hour.
func (e *estimate) hourly(owner, component, what, price string, n float64) {
	e.add(Line{owner, component, what, n, "piece", of(price) * Hours})
}

// monthly adds something with a price by the month, or by the gigabyte.
func (e *estimate) monthly(owner, component, what, price string, n float64) {
	e.add(Line{owner, component, what, n, unitOf(price), of(price)})
}

func unitOf(price string) string {
	if Table()[price].Unit == "GB" {
		return "GB"
	}
	return "piece"
}

func assumptions(p *model.Platform, inexact []string) []string {
	all := []string{
		fmt.Sprintf("List prices of us-east-1 without discounts, %s; the region %s differs by -10 %% to +40 %% depending on the component.", Date, p.Cloud.Region),
		fmt.Sprintf("A month has %d hours. Environments with hours are stopped outside them when cost.offHours is on; disks stay.", Hours),
		fmt.Sprintf("Clusters have on average the middle of the services' least and most replicas, at %d %% of %s, beside %d machines of %s for the system. The recovery region has these alone until it takes over.",
			int(packing*100), nodeType, systemNodes, systemType),
		fmt.Sprintf("Public services serve a twentieth of their declared capacity on average, with %d kB for an answer, from %d requests a second for each replica where none are declared.", answerBytes/1000, defaultRequests),
		fmt.Sprintf("Disks are half full when they are copied, and change by 2 %% a day. A bucket holds %d GB.", bucketGB),
		"Not in it: the volume of logs and metrics, support, tax, Savings Plans, SingleStore licences, Akamai, New Relic, PagerDuty, Jira.",
	}
	for _, typ := range inexact {
		all = append(all, typ+" is not in the table; it is priced as the usual family of its size.")
	}
	return all
}

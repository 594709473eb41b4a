package detect

import (
	"slices"
	"strings"
	"sync"
	"time"

	"paddock.dev/internal/audit/search"
)

// Bounds of what one observer holds. Beyond them it counts, and says so.
const (
	maxHits   = 200_000   // events that set something off, or may together with others
	maxPast   = 1_000_000 // hours, values and busy times in the past of all actors
	maxValues = 64        // values of one actor's past; more are a habit of change
)

// Engine looks for rules in a stream of events that come in any order. What
// depends on time is judged at the end, when all of it is there.
type Engine struct {
	rules []*Rule
	// exact are the rules that name an action, open those of a source that do
	// not: an event meets a handful of rules instead of all.
	exact map[string][]int
	open  map[search.Source][]int

	mu        sync.Mutex
	observers []*Observer
}

// NewEngine returns an engine for the rules.
func NewEngine(rules []*Rule) *Engine {
	e := &Engine{rules: rules, exact: map[string][]int{}, open: map[search.Source][]int{}}
	for i, r := range rules {
		if len(r.actions) == 0 {
			e.open[r.Source] = append(e.open[r.Source], i)
		}
		for _, action := range r.actions {
			e.exact[action] = append(e.exact[action], i)
		}
	}
	return e
}

// Observer sees the events of one goroutine.
type Observer struct {
	engine *Engine
	hits   []hit
	pasts  map[pastKey]*past
	// spans are the busy times of what a silence is watched in.
	spans map[pastKey]map[int64]span
	// held counts what pasts and spans have in them.
	held   int
	folded int
	ids    []string
}

// Observer returns a new observer; each goroutine needs its own.
func (e *Engine) Observer() *Observer {
	o := &Observer{engine: e, pasts: map[pastKey]*past{}, spans: map[pastKey]map[int64]span{}}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.observers = append(e.observers, o)
	return o
}

// hit is an event that matched a rule, or one step of it.
type hit struct {
	rule, step int
	key        string
	distinct   string
	selected   bool
	*sighting
}

// sighting is what a finding says about an event.
type sighting struct {
	time                                                              time.Time
	actor, principal, action, target, address, region, account, agent string
	id                                                                string
	ref                                                               search.Ref
}

func see(e *search.Event) *sighting {
	return &sighting{
		time: e.Time, actor: e.Actor.Name, principal: Field{Text: "actor"}.first(e), action: e.Action, target: e.Target,
		address: e.Address, region: e.Region, account: e.Account, agent: e.Agent, id: e.ID, ref: e.Ref,
	}
}

// See looks at one event. selected says that the reader asked for it: others
// are only somebody's past. The result, valid until the next call, are the ids
// of the rules that the event sets off by itself.
func (o *Observer) See(e *search.Event, selected bool) []string {
	o.ids = o.ids[:0]
	var s *sighting
	note := func(rule, step int, key, distinct string) {
		if len(o.hits) >= maxHits {
			o.folded++
			return
		}
		if s == nil {
			s = see(e)
		}
		o.hits = append(o.hits, hit{rule, step, key, distinct, selected, s})
	}
	meet := func(i int) {
		r := o.engine.rules[i]
		if r.Source != e.Source {
			return
		}
		if !selected && r.New == nil && r.Sequence == nil && r.Silence == nil {
			return
		}
		if !r.match.match(e, nil) || r.excepted(e) {
			return
		}
		switch {
		case r.Count != nil:
			distinct := ""
			if r.Count.Distinct != nil {
				distinct = r.Count.Distinct.first(e)
			}
			note(i, 0, keyOf(r.Count.By, e), distinct)
		case r.New != nil:
			o.remember(i, r.New, e, selected)
		case r.Sequence != nil:
			for step, want := range r.Sequence.Steps {
				if want.match(e, nil) {
					note(i, step, keyOf(r.Sequence.By, e), "")
				}
			}
		case r.Silence != nil:
			o.hear(i, r.Silence, e)
		default:
			note(i, 0, "", "")
			o.ids = append(o.ids, r.ID)
		}
	}
	for _, i := range o.engine.exact[e.Action] {
		meet(i)
	}
	for _, i := range o.engine.open[e.Source] {
		meet(i)
	}
	return o.ids
}

func keyOf(by []Field, e *search.Event) string {
	if len(by) == 1 {
		return by[0].first(e)
	}
	var b strings.Builder
	for _, f := range by {
		b.WriteString(f.first(e))
		b.WriteByte(0)
	}
	return b.String()
}

// gather puts together what all observers hold, in order of rule, key and time,
// each event once.
func (e *Engine) gather() (hits []hit, folded int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, o := range e.observers {
		hits = append(hits, o.hits...)
		folded += o.folded
	}
	slices.SortFunc(hits, compareHits)
	hits = slices.CompactFunc(hits, func(a, b hit) bool {
		return a.rule == b.rule && a.step == b.step && a.key == b.key && a.id != "" && a.id == b.id && a.principal == b.principal && a.account == b.account
	})
	return hits, folded
}

package detect

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"paddock.dev/internal/audit/search"
)

type pastKey struct {
	rule int
	key  string
}

// past is what is known of an actor: how many events in which hour, and when
// each value was there first. Both can be put together from readers that saw
// the events in any order.
type past struct {
	hours  map[int64]int
	values map[string]firstTime
	// many says that there were more values than are kept.
	many bool
}

type firstTime struct {
	*sighting
	selected bool
}

// remember adds an event to the past of its actor.
func (o *Observer) remember(rule int, n *New, e *search.Event, selected bool) {
	key, text := n.By.first(e), n.Field.first(e)
	if key == "" || text == "" {
		return
	}
	p := o.pasts[pastKey{rule, key}]
	if p == nil {
		p = &past{hours: map[int64]int{}, values: map[string]firstTime{}}
		o.pasts[pastKey{rule, key}] = p
	}
	hour := e.Time.Unix() / 3600
	known, ok := p.values[text]
	if p.hours[hour] == 0 || !ok {
		if o.held >= maxPast {
			o.folded++
			return
		}
		o.held++
	}
	p.hours[hour]++
	switch {
	case !ok && len(p.values) >= maxValues:
		p.many = true
	case !ok || e.Time.Before(known.time):
		p.values[text] = firstTime{see(e), selected && (n.Only == nil || n.Only.match(e, nil))}
	}
}

// news are the first times that come late enough in an actor's past to mean
// something.
func (e *Engine) news() []group {
	together := map[pastKey]*past{}
	for _, o := range e.observers {
		for key, p := range o.pasts {
			all := together[key]
			if all == nil {
				all = &past{hours: map[int64]int{}, values: map[string]firstTime{}}
				together[key] = all
			}
			all.many = all.many || p.many
			for hour, n := range p.hours {
				all.hours[hour] += n
			}
			for text, first := range p.values {
				if known, ok := all.values[text]; !ok || first.time.Before(known.time) {
					all.values[text] = first
				}
			}
		}
	}
	var found []group
	for key, p := range together {
		n := e.rules[key.rule].New
		if p.many || len(p.values) < 2 {
			continue
		}
		firsts := slices.SortedFunc(maps.Values(p.values), func(a, b firstTime) int { return a.time.Compare(b.time) })
		for i, first := range firsts {
			hour := first.time.Unix() / 3600
			before, oldest := 0, hour
			for h, count := range p.hours {
				if h < hour {
					before, oldest = before+count, min(oldest, h)
				}
			}
			if first.selected && i > 0 && i <= n.Among && before >= n.Events && hour-oldest >= int64(n.Days)*24 {
				found = append(found, group{rule: key.rule, sightings: []*sighting{first.sighting}})
			}
		}
	}
	return found
}

// spanOf is how finely busy times are kept.
const spanOf = 10 * time.Minute

// span is the first and last event of a piece of time.
type span struct {
	first, last       time.Time
	firstRef, lastRef search.Ref
	account           string
}

// hear notes that there was something to hear.
func (o *Observer) hear(rule int, s *Silence, e *search.Event) {
	key := pastKey{rule, keyOf(s.By, e)}
	spans := o.spans[key]
	if spans == nil {
		spans = map[int64]span{}
		o.spans[key] = spans
	}
	n := e.Time.UnixNano() / int64(spanOf)
	at, ok := spans[n]
	if !ok {
		if o.held >= maxPast {
			o.folded++
			return
		}
		o.held++
		at.account = e.Account
	}
	if !ok || e.Time.Before(at.first) {
		at.first, at.firstRef = e.Time, e.Ref
	}
	if !ok || e.Time.After(at.last) {
		at.last, at.lastRef = e.Time, e.Ref
	}
	spans[n] = at
}

// silences are the pauses that are longer than the rule allows.
func (e *Engine) silences() []group {
	together := map[pastKey][]span{}
	for _, o := range e.observers {
		for key, spans := range o.spans {
			for _, s := range spans {
				together[key] = append(together[key], s)
			}
		}
	}
	var found []group
	for key, spans := range together {
		slices.SortFunc(spans, func(a, b span) int {
			return cmp.Or(a.first.Compare(b.first), a.last.Compare(b.last), cmp.Compare(a.firstRef.File, b.firstRef.File))
		})
		want, last, recent := e.rules[key.rule].Silence, spans[0], 0
		for i, s := range spans[1:] {
			for spans[recent].first.Before(last.last.Add(-want.Longer)) {
				recent++
			}
			if s.first.Sub(last.last) > want.Longer && i+1-recent >= want.Busy {
				found = append(found, group{key.rule, []*sighting{
					{time: last.last, ref: last.lastRef, account: last.account},
					{time: s.first, ref: s.firstRef, account: s.account},
				}})
			}
			if s.last.After(last.last) {
				last = s
			}
		}
	}
	return found
}

package detect

import (
	"encoding/json"
	"time"

	"go.yaml.in/yaml/v3"
)

func (d *document) count(n *yaml.Node) *Count {
	c := &Count{Within: time.Hour, AtLeast: 2}
	for _, e := range d.entries(n, "count") {
		switch e.key.Value {
		case "by":
			c.By = d.fields(e.value, "by")
		case "within":
			c.Within = d.duration(e.value, "within")
		case "at-least":
			c.AtLeast = d.number(e.value, "at-least", 2)
		case "distinct":
			f := d.field(e.value, "distinct")
			c.Distinct = &f
		default:
			d.unknown(e.key, "count", []string{"by", "within", "at-least", "distinct"})
		}
	}
	return c
}

func (d *document) newValue(n *yaml.Node) *New {
	c := &New{By: Field{Text: "actor"}, Events: 50, Days: 3, Among: 3}
	for _, e := range d.entries(n, "new") {
		switch e.key.Value {
		case "field":
			c.Field = d.field(e.value, "field")
		case "by":
			c.By = d.field(e.value, "by")
		case "events":
			c.Events = d.number(e.value, "events", 1)
		case "days":
			c.Days = d.number(e.value, "days", 0)
		case "only":
			c.Only = d.condition(e.value, false, 0)
		case "among":
			c.Among = d.number(e.value, "among", 0)
		default:
			d.unknown(e.key, "new", []string{"field", "by", "events", "days", "among", "only"})
		}
	}
	if c.Field.Text == "" {
		d.bad(n, "missing-key", "new says which field is new")
	}
	return c
}

func (d *document) sequence(n *yaml.Node) *Sequence {
	s := &Sequence{Within: time.Hour}
	for _, e := range d.entries(n, "sequence") {
		switch e.key.Value {
		case "by":
			s.By = d.fields(e.value, "by")
		case "within":
			s.Within = d.duration(e.value, "within")
		case "steps":
			for _, item := range d.list(e.value, "steps") {
				step := d.condition(item, false, 0)
				if !mentions(item, "result") && !mentions(item, "error") {
					step = all{succeeded, step}
				}
				s.Steps = append(s.Steps, step)
			}
		default:
			d.unknown(e.key, "sequence", []string{"by", "within", "steps"})
		}
	}
	if len(s.Steps) < 2 || len(s.Steps) > 8 {
		d.bad(n, "bad-rule", "a sequence has 2 to 8 steps")
	}
	return s
}

func (d *document) silence(n *yaml.Node) *Silence {
	s := &Silence{Longer: 24 * time.Hour, Busy: 1}
	for _, e := range d.entries(n, "silence") {
		switch e.key.Value {
		case "by":
			s.By = d.fields(e.value, "by")
		case "longer":
			s.Longer = d.duration(e.value, "longer")
		case "busy":
			s.Busy = d.number(e.value, "busy", 1)
		default:
			d.unknown(e.key, "silence", []string{"by", "longer", "busy"})
		}
	}
	return s
}

func (d *document) examples(r *Rule, n *yaml.Node) {
	for _, e := range d.entries(n, "examples") {
		var into *[]Example
		switch e.key.Value {
		case "fires":
			into = &r.Fires
		case "quiet":
			into = &r.Quiet
		default:
			d.unknown(e.key, "examples", []string{"fires", "quiet"})
			continue
		}
		for _, item := range d.list(e.value, e.key.Value) {
			x := Example{Pos: d.pos(item)}
			if item.Kind == yaml.SequenceNode {
				for _, one := range d.list(item, "an example") {
					x.Events = append(x.Events, d.example(one))
				}
			} else {
				x.Events = []ExampleEvent{d.example(item)}
			}
			*into = append(*into, x)
		}
	}
}

// example reads one event. The keys at, every and times are about the log; the
// others are the event's own.
func (d *document) example(n *yaml.Node) ExampleEvent {
	x := ExampleEvent{Fields: map[string]any{}, Times: 1, Every: time.Second}
	for _, e := range d.entries(n, "an example event") {
		switch e.key.Value {
		case "at":
			x.At = d.duration(e.value, "at")
		case "every":
			x.Every = d.duration(e.value, "every")
		case "times":
			x.Times = d.number(e.value, "times", 1)
		default:
			var v any
			if err := e.value.Decode(&v); err != nil {
				d.bad(e.value, "bad-rule", "the example cannot be read: %v", err)
			} else if _, err := json.Marshal(v); err != nil {
				d.bad(e.value, "bad-rule", "the example is no JSON: its keys are to be texts")
			}
			x.Fields[e.key.Value] = v
		}
	}
	return x
}

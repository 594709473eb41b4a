package view

import (
	"fmt"
	"html/template"
	"io"
	"time"

	"paddock.dev/internal/forensics/charts"
	"paddock.dev/internal/forensics/flows"
)

// HTML writes the report as one file that needs nothing else.
func HTML(w io.Writer, r *flows.Report) error {
	p := charts.Page{Title: "Flow logs", Lead: account(r), Foot: "Written by paddock flows. Sums are over records; a flow that two interfaces logged counts twice."}
	if r.Read.First != nil {
		p.Title = fmt.Sprintf("Flow logs, %s to %s UTC", r.Read.First.Format(clock), r.Read.Last.Format(clock))
	}
	if r.Read.Interrupted {
		p.Lead = "Interrupted: this is what was read so far. " + p.Lead
	}
	p.Tiles = tiles(r)
	p.Sections = append(p.Sections, overTime(r))
	if len(r.Failed)+len(r.Notes) > 0 {
		t := &charts.Table{Heads: []charts.Head{{Text: ""}}}
		for _, f := range r.Failed {
			t.Rows = append(t.Rows, []string{"Not read: " + f.Reason})
			t.Tones = append(t.Tones, charts.Bad)
		}
		for _, n := range r.Notes {
			t.Rows = append(t.Rows, []string{n})
			t.Tones = append(t.Tones, charts.Warn)
		}
		p.Sections = append(p.Sections, charts.Section{Title: "What to know about these figures", Table: t})
	}
	if g, ok := groups(r); ok {
		p.Sections = append(p.Sections, g.html())
	}
	for _, s := range findings(r) {
		p.Sections = append(p.Sections, s.html())
	}
	p.Sections = append(p.Sections, bars(r)...)
	for _, s := range talkers(r) {
		p.Sections = append(p.Sections, s.html())
	}
	p.Sections = append(p.Sections, rejects(r).html())
	return p.Write(w)
}

func (s section) html() charts.Section {
	return charts.Section{Title: s.title, Lead: s.lead, Table: &charts.Table{Heads: s.heads, Rows: s.rows, Tones: s.tones, Empty: s.none}}
}

func tiles(r *flows.Report) []charts.Tile {
	share := ""
	if r.Totals.Flows > 0 {
		share = fmt.Sprintf("%.1f %% of all", float64(r.Totals.Rejected.Flows)/float64(r.Totals.Flows)*100)
	}
	tone := func(n int, bad charts.Tone) charts.Tone {
		if n == 0 {
			return charts.Good
		}
		return bad
	}
	out := []charts.Tile{
		{Label: "Bytes", Value: bytes(r.Totals.Bytes), Note: number(r.Totals.Packets) + " packets"},
		{Label: "Flows", Value: number(r.Totals.Flows), Note: number(r.Pairs.Distinct) + " pairs"},
		{Label: "Refused", Value: number(r.Totals.Rejected.Flows), Note: share},
	}
	if r.Policy != nil {
		out = append(out, charts.Tile{Label: "Forbidden, let through", Value: number(r.Policy.ForbiddenLines), Note: "lines", Tone: tone(int(r.Policy.ForbiddenLines), charts.Bad)})
	}
	return append(out,
		charts.Tile{Label: "Port scans", Value: number(len(r.Scans)), Tone: tone(len(r.Scans), charts.Warn)},
		charts.Tile{Label: "Beacons", Value: number(len(r.Beacons)), Tone: tone(len(r.Beacons), charts.Bad)},
		charts.Tile{Label: "Unusual egress", Value: number(len(r.Egress)), Note: "hours", Tone: tone(len(r.Egress), charts.Bad)},
		charts.Tile{Label: "Lines rejected", Value: number(r.Read.Rejected), Tone: tone(int(r.Read.Rejected), charts.Warn)},
	)
}

func overTime(r *flows.Report) charts.Section {
	n := len(r.OverTime.Moments)
	times := make([]time.Time, n)
	accepted, refused, volume := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, m := range r.OverTime.Moments {
		times[i] = m.Start
		accepted[i], refused[i] = float64(m.AcceptedFlows), float64(m.RejectedFlows)
		volume[i] = float64(m.AcceptedBytes) + float64(m.RejectedBytes)
	}
	step := time.Duration(r.OverTime.Step) * time.Second
	return charts.Section{Title: "Over time", Lead: "Flows and bytes by when a flow began, each bar " + lasted(step) + ".", Charts: []template.HTML{
		charts.OverTime(times, step, []charts.Line{{Name: "accepted flows", Values: accepted}, {Name: "refused flows", Tone: charts.Bad, Values: refused}}, charts.Count),
		charts.OverTime(times, step, []charts.Line{{Name: "bytes", Tone: charts.Good, Values: volume}}, charts.Bytes),
	}}
}

func bars(r *flows.Report) []charts.Section {
	hosts := func(title string, list []flows.Host) charts.Section {
		var b []charts.Bar
		for _, h := range list[:min(10, len(list))] {
			b = append(b, charts.Bar{Label: h.String(), Value: float64(h.Bytes), Text: bytes(h.Bytes)})
		}
		return charts.Section{Title: title, Half: true, Charts: []template.HTML{charts.Bars(b)}}
	}
	return []charts.Section{hosts("Top sources", r.Sources.ByBytes), hosts("Top destinations", r.Destinations.ByBytes)}
}

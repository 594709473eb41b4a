package cli

import (
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/forensics/access"
	"paddock.dev/internal/forensics/charts"
)

// writeAccessPage writes the answers as one HTML file.
func writeAccessPage(w io.Writer, r *access.Report) error {
	p := charts.Page{Title: "Access logs", Foot: fmt.Sprintf("%s of %s in %s; %s rejected. Quantiles are exact to %.1f %%.",
		counted(r.Read.Requests, "request"), counted(r.Read.Lines, "line"), counted(uint64(r.Read.Files), "file"), number(r.Read.Rejected), 100*r.Totals.Error)}
	if r.Read.First != nil {
		p.Lead = r.Read.First.Format("2006-01-02 15:04:05") + " to " + r.Read.Last.Format("2006-01-02 15:04:05") + " UTC"
	}
	tone := func(bad bool, t charts.Tone) charts.Tone {
		if bad {
			return t
		}
		return charts.Plain
	}
	c, l, all := r.Totals.Classes, r.Totals.Latency, r.Totals.Requests
	p.Tiles = []charts.Tile{
		{Label: "Requests", Value: number(all), Note: size(r.Totals.Sent) + " sent"},
		{Label: "5xx", Value: part(c.Fails, all), Note: counted(c.Fails, "request"), Tone: tone(c.Fails*100 > all, charts.Bad)},
		{Label: "4xx", Value: part(c.Wrong, all), Note: counted(c.Wrong, "request")},
		{Label: "p99", Value: took(l.P99), Note: "p50 " + took(l.P50)},
		{Label: "Findings", Value: strconv.Itoa(len(r.Findings)), Tone: tone(len(r.Findings) > 0, charts.Bad)},
		{Label: "Lines rejected", Value: number(r.Read.Rejected), Tone: tone(r.Read.Rejected > 0, charts.Warn)},
	}
	p.Sections = append(p.Sections, findingSection(r), timeSection(r), pathSection(r))
	for i, x := range r.Paths.Items {
		if i == 6 {
			break
		}
		p.Sections = append(p.Sections, charts.Section{Title: x.Path, Lead: "p99 over time", Half: true, Charts: []template.HTML{latencyChart(x.OverTime, r.OverTime.Seconds)}})
	}
	if r.Groups != nil {
		p.Sections = append(p.Sections, groupSection(r))
	}
	p.Sections = append(p.Sections, whoSections(r)...)
	return p.Write(w)
}

func heads(text ...string) []charts.Head {
	var list []charts.Head
	for _, t := range text {
		name, numeric := strings.CutPrefix(t, "#")
		name, code := strings.CutPrefix(name, "`")
		list = append(list, charts.Head{Text: name, Number: numeric, Code: code})
	}
	return list
}

func findingSection(r *access.Report) charts.Section {
	t := &charts.Table{Heads: heads("Kind", "What", "Why", "#Requests"), Empty: "Nothing was found that somebody should look at."}
	for _, x := range r.Findings {
		t.Rows = append(t.Rows, []string{x.Kind, x.Summary, strings.Join(x.Evidence, "; "), number(x.Requests)})
		t.Tones = append(t.Tones, charts.Bad)
	}
	return charts.Section{Title: "Findings", Table: t}
}

func timeSection(r *access.Report) charts.Section {
	var times []time.Time
	fine, moved, wrong, fails := charts.Line{Name: "2xx", Tone: charts.Good}, charts.Line{Name: "3xx and others"}, charts.Line{Name: "4xx", Tone: charts.Warn}, charts.Line{Name: "5xx", Tone: charts.Bad}
	for _, p := range r.OverTime.Points {
		times = append(times, p.Time)
		c := p.Classes
		fine.Values = append(fine.Values, float64(c.Fine))
		moved.Values = append(moved.Values, float64(c.Moved+c.Info+c.None+c.Other))
		wrong.Values = append(wrong.Values, float64(c.Wrong))
		fails.Values = append(fails.Values, float64(c.Fails))
	}
	step := time.Duration(r.OverTime.Seconds) * time.Second
	return charts.Section{Title: "Over time", Lead: "Requests in each " + step.String() + ", and the p99 of their latency",
		Charts: []template.HTML{charts.OverTime(times, step, []charts.Line{fine, moved, wrong, fails}, charts.Count), latencyChart(r.OverTime.Points, r.OverTime.Seconds)}}
}

func latencyChart(points []access.Point, seconds int64) template.HTML {
	var times []time.Time
	p99 := charts.Line{Name: "p99"}
	for _, p := range points {
		times = append(times, p.Time)
		p99.Values = append(p99.Values, p.Latency.P99)
	}
	return charts.OverTime(times, time.Duration(seconds)*time.Second, []charts.Line{p99}, took)
}

func pathSection(r *access.Report) charts.Section {
	t := &charts.Table{Heads: heads("`Path", "#Requests", "#4xx", "#5xx", "#p50", "#p90", "#p99", "#p99.9", "#Sent"), Empty: "There are no paths."}
	for _, x := range r.Paths.Items {
		t.Rows = append(t.Rows, []string{x.Path, number(x.Requests), part(x.Classes.Wrong, x.Requests), part(x.Classes.Fails, x.Requests),
			took(of(x.Latency, x.Latency.P50)), took(of(x.Latency, x.Latency.P90)), took(of(x.Latency, x.Latency.P99)), took(of(x.Latency, x.Latency.P999)), size(x.Sent)})
	}
	return charts.Section{Title: "Paths", Lead: first(len(r.Paths.Items), r.Paths.Total), Table: t}
}

func groupSection(r *access.Report) charts.Section {
	h := heads("#Requests", "#4xx", "#5xx", "#p50", "#p99", "#Sent")
	for _, name := range r.GroupBy {
		h = append(h, charts.Head{Text: name, Code: true})
	}
	t := &charts.Table{Heads: h, Empty: "There are no groups."}
	for _, x := range r.Groups.Items {
		t.Rows = append(t.Rows, append([]string{number(x.Requests), part(x.Classes.Wrong, x.Requests), part(x.Classes.Fails, x.Requests), took(of(x.Latency, x.Latency.P50)), took(of(x.Latency, x.Latency.P99)), size(x.Sent)}, x.Values...))
	}
	return charts.Section{Title: "By " + strings.Join(r.GroupBy, ", "), Lead: first(len(r.Groups.Items), r.Groups.Total), Table: t}
}

func whoSections(r *access.Report) []charts.Section {
	bars := func(words []access.Word) template.HTML {
		var list []charts.Bar
		for _, w := range words {
			list = append(list, charts.Bar{Label: w.Word, Value: float64(w.Requests), Text: number(w.Requests)})
		}
		return charts.Bars(list)
	}
	var codes []access.Word
	for _, c := range r.Codes {
		codes = append(codes, access.Word{Word: strconv.Itoa(c.Code), Requests: c.Requests})
	}
	targets := &charts.Table{Heads: heads("`Target", "Group", "#Requests", "#5xx", "#p50", "#p99"), Empty: "No target is named."}
	for _, x := range r.Targets.Items {
		targets.Rows = append(targets.Rows, []string{x.Target, x.Group, number(x.Requests), part(x.Classes.Fails, x.Requests), took(of(x.Latency, x.Latency.P50)), took(of(x.Latency, x.Latency.P99))})
	}
	clients := &charts.Table{Heads: heads("`Client", "#Requests", "#4xx", "#5xx", "#Paths", "#Sent", "User agents"), Empty: "There are no clients."}
	for _, x := range r.Clients.Items {
		clients.Rows = append(clients.Rows, []string{x.Client, number(x.Requests), part(x.Wrong, x.Requests), part(x.Fails, x.Requests), strconv.Itoa(x.Paths), size(x.Sent), strings.Join(x.Agents, ", ")})
	}
	agents := &charts.Table{Heads: heads("Family", "Kind", "#Requests", "#Strings"), Empty: "There are no user agents."}
	for _, x := range r.Agents.Items {
		agents.Rows = append(agents.Rows, []string{x.Agent, x.Kind, number(x.Requests), strconv.Itoa(x.Strings)})
	}
	cache := &charts.Table{Heads: heads("`URL", "#GET 200", "#Saved", "#Smallest", "#Largest"), Empty: "Nothing was asked for often enough."}
	for _, x := range r.Cache.Items {
		cache.Rows = append(cache.Rows, []string{x.URL, number(x.Requests), size(x.Saved), size(x.Least), size(x.Most)})
	}
	list := []charts.Section{
		{Title: "Statuses", Half: true, Charts: []template.HTML{bars(codes)}},
		{Title: "Who asks", Half: true, Charts: []template.HTML{bars(r.Kinds)}},
		{Title: "Targets", Lead: first(len(r.Targets.Items), r.Targets.Total), Table: targets},
		{Title: "Clients", Lead: first(len(r.Clients.Items), r.Clients.Total), Table: clients},
		{Title: "User agents", Half: true, Table: agents},
		{Title: "What a cache could answer", Half: true, Table: cache},
	}
	if len(r.Rejects) > 0 {
		t := &charts.Table{Heads: heads("`Place", "Reason", "`Line")}
		for _, x := range r.Rejects {
			t.Rows = append(t.Rows, []string{fmt.Sprintf("%s:%d", x.File, x.Line), x.Reason, x.Text})
		}
		list = append(list, charts.Section{Title: "Lines that are no requests", Lead: first(len(r.Rejects), int(r.Read.Rejected)), Table: t})
	}
	if n := len(r.Notes) + len(r.Noted); n > 0 {
		t := &charts.Table{Heads: heads("Note")}
		for _, x := range r.Noted {
			t.Rows = append(t.Rows, []string{fmt.Sprintf("%s, counted all the same: %s, first at %s", counted(x.Requests, "request"), x.What, strings.Join(x.Places, ", "))})
		}
		for _, x := range r.Notes {
			t.Rows = append(t.Rows, []string{x})
		}
		list = append(list, charts.Section{Title: "Notes", Table: t})
	}
	return list
}

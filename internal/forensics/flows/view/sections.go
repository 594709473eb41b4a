// Package view writes the report about flow logs for people: as text for a
// terminal, and as one HTML file. It knows what to say first and in which unit;
// it refuses to know how the answers were found.
package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/forensics/charts"
	"paddock.dev/internal/forensics/flows"
)

// section is a list of findings, the same for both forms.
type section struct {
	title string
	// lead explains the title in a sentence.
	lead  string
	heads []charts.Head
	rows  [][]string
	tones []charts.Tone
	// none is said when there are no rows.
	none string
}

const clock = "2006-01-02 15:04"

func bytes(n uint64) string { return charts.Bytes(float64(n)) }

// number writes a number with its thousands apart.
func number[T int | int64 | uint64 | uint16](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	if n > 0 {
		s = strconv.FormatUint(uint64(n), 10)
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func sums(s flows.Sum) []string {
	return []string{bytes(s.Bytes), number(s.Packets), number(s.Flows)}
}

var sumHeads = []charts.Head{{Text: "bytes", Number: true}, {Text: "packets", Number: true}, {Text: "flows", Number: true}}

func heads(names ...string) []charts.Head {
	out := make([]charts.Head, len(names))
	for i, n := range names {
		out[i].Text, out[i].Number = strings.CutPrefix(n, "#")
	}
	return out
}

// findings are the sections that may ask for something to be done.
func findings(r *flows.Report) []section {
	var all []section
	if r.Policy != nil {
		all = append(all, forbidden(r.Policy), evidence(r.Policy), unused(r.Policy))
	}
	all = append(all, scans(r), beacons(r), egress(r), oneWay(r))
	if r.Unknown != nil {
		s := section{title: "Unknown addresses", lead: "Private addresses that the plan does not name.", heads: append(heads("address"), sumHeads...), none: "The plan names every private address that there was."}
		for _, h := range r.Unknown {
			s.rows = append(s.rows, append([]string{h.Address}, sums(h.Sum)...))
		}
		all = append(all, s)
	}
	return all
}

func forbidden(p *flows.Policy) section {
	s := section{title: "Forbidden flows", lead: "From one environment to another, or to a store, without an allowance in the plan.",
		heads: heads("from", "to", "port", "#accepted", "#bytes", "#refused", "rule"), none: "None: every flow between environments, and to stores, has its allowance."}
	for _, f := range p.Forbidden {
		s.rows = append(s.rows, []string{f.From.String(), f.To.String(), port(f.Port, f.Protocol), number(f.Accepted.Flows), bytes(f.Accepted.Bytes), number(f.Rejected.Flows), f.Rule})
		tone := charts.Bad
		if f.Accepted.Flows == 0 {
			tone = charts.Warn
		}
		s.tones = append(s.tones, tone)
	}
	return s
}

func evidence(p *flows.Policy) section {
	s := section{title: "Lines of forbidden flows that were let through", heads: heads("place", "line"), none: "None."}
	s.heads[1].Code = true
	if n := int64(len(p.Lines)); p.ForbiddenLines > n {
		s.lead = fmt.Sprintf("The first %d of %s.", n, number(p.ForbiddenLines))
	}
	for _, l := range p.Lines {
		s.rows = append(s.rows, []string{fmt.Sprintf("%s:%d", l.File, l.Line), l.Text})
	}
	return s
}

func unused(p *flows.Policy) section {
	s := section{title: "Allowances never used", lead: "Nothing in these logs needed them.", heads: heads("from", "to", "port", "why"), none: "None: each was used."}
	for _, a := range p.Unused {
		row := []string{anything(a.From), anything(a.To), "any", a.Why}
		if a.Port > 0 {
			row[2] = strconv.Itoa(a.Port)
		}
		s.rows = append(s.rows, row)
	}
	return s
}

func anything(s string) string {
	if s == "" {
		return "anything"
	}
	return s
}

func port(n uint16, protocol string) string {
	if protocol == "icmp" || protocol == "icmpv6" {
		return protocol
	}
	return fmt.Sprintf("%d/%s", n, protocol)
}

func scans(r *flows.Report) section {
	s := section{title: "Port scans", lead: "Sources that try many ports of a host, or one port of many hosts, mostly in vain.",
		heads: heads("source", "target", "#hosts", "#ports", "#open", "began", "lasted", "kind"), none: "None."}
	for _, x := range r.Scans {
		target := "many hosts"
		switch {
		case x.Target != nil:
			target = x.Target.String()
		case x.Port != nil:
			target = "many hosts, " + port(*x.Port, x.Protocol)
		}
		kind := x.Kind
		if x.Slow {
			kind += ", slow"
		}
		s.rows = append(s.rows, []string{x.Source.String(), target, number(x.Hosts), number(x.Ports), number(x.Open), x.Start.Format(clock), lasted(x.End.Sub(x.Start)), kind})
		tone := charts.Warn
		if x.Open > 0 {
			tone = charts.Bad
		}
		s.tones = append(s.tones, tone)
	}
	return s
}

func beacons(r *flows.Report) section {
	s := section{title: "Beacons", lead: "Hosts that call the same place outside at even intervals, each time anew.",
		heads: append(heads("source", "destination", "port", "every", "#jitter", "began", "lasted"), sumHeads...), none: "None."}
	for _, x := range r.Beacons {
		dest := x.Destination.String()
		tone := charts.Bad
		if x.Refused {
			dest += ", refused"
			tone = charts.Warn
		}
		s.rows = append(s.rows, append([]string{x.Source.String(), dest, port(x.Port, x.Protocol), lasted(time.Duration(x.Period * float64(time.Second))), fmt.Sprintf("%.1f %%", x.Jitter*100), x.Start.Format(clock), lasted(x.End.Sub(x.Start))}, sums(x.Sum)...))
		s.tones = append(s.tones, tone)
	}
	return s
}

func egress(r *flows.Report) section {
	s := section{title: "Unusual egress", lead: "Hours in which a host sent out at least 8 times what it and its peers usually do.",
		heads: heads("host", "hour", "#bytes", "#its usual hour", "#its peers"), none: "None."}
	usual := func(n int64) string {
		if n < 0 {
			return "unknown"
		}
		return bytes(uint64(n))
	}
	for _, x := range r.Egress {
		s.rows = append(s.rows, []string{x.Host.String(), x.Hour.Format(clock), bytes(x.Bytes), usual(x.Past), usual(x.Peers)})
		s.tones = append(s.tones, charts.Bad)
	}
	return s
}

func oneWay(r *flows.Report) section {
	s := section{title: "One-way connections", lead: "TCP with traffic and no answers in the logs: they take another path, or are refused on their way back.",
		heads: append(heads("source", "destination", "port", "answers"), sumHeads...), none: "None."}
	for _, x := range r.OneWay {
		answers := "not seen"
		if x.Refused {
			answers = "refused"
		}
		s.rows = append(s.rows, append([]string{x.Source.String(), x.Destination.String(), port(x.Port, x.Protocol), answers}, sums(x.Sum)...))
	}
	return s
}

// lasted writes a duration in the two largest units that count.
func lasted(d time.Duration) string {
	d = d.Round(time.Second)
	const day = 24 * time.Hour
	large, small := "s", ""
	n, m := d/time.Second, time.Duration(0)
	switch {
	case d >= day:
		n, m, large, small = d/day, d/time.Hour%24, "d", "h"
	case d >= time.Hour:
		n, m, large, small = d/time.Hour, d/time.Minute%60, "h", "m"
	case d >= time.Minute:
		n, m, large, small = d/time.Minute, d/time.Second%60, "m", "s"
	}
	if m == 0 {
		return fmt.Sprintf("%d%s", n, large)
	}
	return fmt.Sprintf("%d%s %d%s", n, large, m, small)
}

// talkers are the rankings, by bytes.
func talkers(r *flows.Report) []section {
	pairs := section{title: "Pairs by bytes", lead: distinct(r.Pairs.Distinct, "pair"), heads: append(heads("source", "destination"), sumHeads...), none: "None."}
	for _, p := range r.Pairs.ByBytes {
		pairs.rows = append(pairs.rows, append([]string{p.Source.String(), p.Destination.String()}, sums(p.Sum)...))
	}
	hosts := func(title, noun string, k flows.Ranking[flows.Host]) section {
		s := section{title: title, lead: distinct(k.Distinct, noun), heads: append(heads(noun), sumHeads...), none: "None."}
		for _, h := range k.ByBytes {
			s.rows = append(s.rows, append([]string{h.String()}, sums(h.Sum)...))
		}
		return s
	}
	ports := section{title: "Ports by bytes", lead: distinct(r.Ports.Distinct, "port") + " The service's port, requests and answers together.", heads: append(heads("port"), sumHeads...), none: "None."}
	for _, p := range r.Ports.ByBytes {
		ports.rows = append(ports.rows, append([]string{port(p.Port, p.Protocol)}, sums(p.Sum)...))
	}
	return []section{pairs, hosts("Sources by bytes", "source", r.Sources), hosts("Destinations by bytes", "destination", r.Destinations), ports}
}

func distinct(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + "."
	}
	return number(n) + " " + noun + "s."
}

func groups(r *flows.Report) (section, bool) {
	s := section{title: "By " + strings.Join(r.GroupBy, ", "), heads: append(heads(r.GroupBy...), sumHeads...), none: "No records."}
	for _, g := range r.Groups {
		s.rows = append(s.rows, append(append([]string{}, g.Values...), sums(g.Sum)...))
	}
	return s, len(r.GroupBy) > 0
}

func rejects(r *flows.Report) section {
	s := section{title: "Lines that are no records", heads: heads("place", "reason", "line"), none: "None: every line was understood."}
	s.heads[2].Code = true
	if n := int64(len(r.Rejects)); r.Read.Rejected > n {
		s.lead = fmt.Sprintf("The first %d of %s; --rejects FILE writes them all.", n, number(r.Read.Rejected))
	}
	for _, x := range r.Rejects {
		text := x.Text
		if len(text) > 160 {
			text = string([]rune(text)[:min(160, len([]rune(text)))]) + "…"
		}
		s.rows = append(s.rows, []string{fmt.Sprintf("%s:%d", x.File, x.Line), x.Reason, text})
		s.tones = append(s.tones, charts.Warn)
	}
	return s
}

// account says where every line went.
func account(r *flows.Report) string {
	parts := []string{number(r.Read.Records) + " records"}
	for _, p := range []struct {
		n    int64
		what string
	}{
		{r.Read.NoData, "NODATA"}, {r.Read.SkipData, "SKIPDATA"}, {r.Read.Headers, "header"}, {r.Read.Blank, "empty"},
		{r.Read.Outside, "outside the time"}, {r.Read.Filtered, "filtered out"}, {r.Read.Rejected, "rejected"},
	} {
		switch {
		case p.n > 1 && p.what == "header":
			parts = append(parts, number(p.n)+" headers")
		case p.n > 0:
			parts = append(parts, number(p.n)+" "+p.what)
		}
	}
	files := "1 file"
	if r.Read.Files != 1 {
		files = number(r.Read.Files) + " files"
	}
	return fmt.Sprintf("%s, %s lines: %s", files, number(r.Read.Lines), strings.Join(parts, ", "))
}

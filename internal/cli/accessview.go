package cli

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/forensics/access"
)

// writeAccess prints what people want to know first: how much was read, what is
// wrong, and then who, what and how fast.
func writeAccess(w io.Writer, r *access.Report, p paint, columns int) error {
	v := &accessView{w: w, p: p, columns: columns}
	v.reading(r)
	if r.Read.Requests == 0 {
		return v.err
	}
	v.findings(r)
	v.overTime(r)
	v.paths(r)
	v.groups(r)
	v.targets(r)
	v.clients(r)
	v.agents(r)
	v.cache(r)
	v.notes(r)
	return v.err
}

// accessView writes the parts; after an error it writes nothing more.
type accessView struct {
	w       io.Writer
	p       paint
	columns int
	err     error
}

func (v *accessView) line(format string, args ...any) {
	if v.err == nil {
		_, v.err = fmt.Fprintf(v.w, format+"\n", args...)
	}
}

func (v *accessView) title(format string, args ...any) {
	v.line("")
	v.line("%s", v.p.as(bold, fmt.Sprintf(format, args...)))
}

func (v *accessView) table(t *table) {
	t.indent = "  "
	if v.err == nil {
		v.err = t.write(v.w, v.p, v.columns)
	}
}

func (v *accessView) reading(r *access.Report) {
	from := ""
	if r.Read.First != nil {
		from = fmt.Sprintf(", %s to %s UTC", r.Read.First.Format("2006-01-02 15:04:05"), r.Read.Last.Format("2006-01-02 15:04:05"))
	}
	v.line("%s in %s%s", counted(r.Read.Requests, "request"), counted(uint64(r.Read.Files), "file"), from)
	if r.Read.Left > 0 {
		v.line("%s left out by --since, --until or --filter", counted(r.Read.Left, "request"))
	}
	if r.Read.Requests == 0 {
		return
	}
	c, l := r.Totals.Classes, r.Totals.Latency
	v.line("sent %s, received %s; 2xx %s, 3xx %s, 4xx %s, 5xx %s", size(r.Totals.Sent), size(r.Totals.Received),
		part(c.Fine, r.Totals.Requests), part(c.Moved, r.Totals.Requests), part(c.Wrong, r.Totals.Requests), part(c.Fails, r.Totals.Requests))
	v.line("p50 %s, p90 %s, p99 %s, p99.9 %s, exact to %.1f %%", took(l.P50), took(l.P90), took(l.P99), took(l.P999), 100*r.Totals.Error)
}

func (v *accessView) findings(r *access.Report) {
	if len(r.Findings) == 0 {
		v.title("Findings: none")
		return
	}
	v.title("Findings")
	for _, f := range r.Findings {
		v.line("  %s  %s", v.p.as(red, fmt.Sprintf("%-14s", f.Kind)), safe(f.Summary))
		for _, e := range f.Evidence {
			v.line("                  %s", v.p.as(dim, safe(e)))
		}
	}
}

func (v *accessView) overTime(r *access.Report) {
	points := r.OverTime.Points
	if len(points) < 2 {
		return
	}
	const wide = 60
	requests, fails, p99 := make([]float64, wide), make([]float64, wide), make([]float64, wide)
	first, last := points[0].Time, points[len(points)-1].Time
	span := last.Sub(first) + time.Duration(r.OverTime.Seconds)*time.Second
	for _, p := range points {
		i := min(int(float64(p.Time.Sub(first))/float64(span)*wide), wide-1)
		requests[i] += float64(p.Requests)
		fails[i] += float64(p.Classes.Fails)
		p99[i] = max(p99[i], p.Latency.P99)
	}
	v.title("Over time, %s to %s", first.Format("2006-01-02 15:04"), first.Add(span).Format("2006-01-02 15:04"))
	v.line("  requests  %s  at most %.0f in a column", spark(requests), most(requests))
	v.line("  5xx       %s  at most %.0f", spark(fails), most(fails))
	v.line("  p99       %s  at most %s", spark(p99), took(most(p99)))
}

func most(values []float64) float64 {
	m := 0.0
	for _, x := range values {
		m = max(m, x)
	}
	return m
}

// spark draws values as bars of eight heights; nothing is a dot.
func spark(values []float64) string {
	top := most(values)
	var b strings.Builder
	for _, x := range values {
		if x <= 0 {
			b.WriteRune('·')
			continue
		}
		b.WriteRune([]rune("▁▂▃▄▅▆▇█")[min(int(x/top*8), 7)])
	}
	return b.String()
}

func (v *accessView) heads(names ...string) *table {
	t := &table{}
	var row []cell
	for _, n := range names {
		row = append(row, cell{n, dim})
	}
	t.add(row...)
	return t
}

func (v *accessView) paths(r *access.Report) {
	if len(r.Paths.Items) == 0 {
		return
	}
	v.title("Paths, %s", first(len(r.Paths.Items), r.Paths.Total))
	t := v.heads("REQUESTS", "4XX", "5XX", "P50", "P90", "P99", "P99.9", "SENT", "PATH")
	for _, x := range r.Paths.Items {
		t.add(plain(number(x.Requests)), plain(part(x.Classes.Wrong, x.Requests)), plain(part(x.Classes.Fails, x.Requests)),
			plain(took(of(x.Latency, x.Latency.P50))), plain(took(of(x.Latency, x.Latency.P90))), plain(took(of(x.Latency, x.Latency.P99))), plain(took(of(x.Latency, x.Latency.P999))), plain(size(x.Sent)), plain(x.Path))
	}
	v.table(t)
	if len(r.Hosts.Items) > 1 {
		v.title("Hosts, %s", first(len(r.Hosts.Items), r.Hosts.Total))
		t := v.heads("REQUESTS", "SENT", "HOST")
		for _, x := range r.Hosts.Items {
			t.add(plain(number(x.Requests)), plain(size(x.Sent)), plain(x.Host))
		}
		v.table(t)
	}
}

func (v *accessView) groups(r *access.Report) {
	if r.Groups == nil {
		return
	}
	v.title("By %s, %s", strings.Join(r.GroupBy, ", "), first(len(r.Groups.Items), r.Groups.Total))
	heads := []string{"REQUESTS", "4XX", "5XX", "P50", "P99", "SENT"}
	for _, name := range r.GroupBy {
		heads = append(heads, strings.ToUpper(name))
	}
	t := v.heads(heads...)
	for _, x := range r.Groups.Items {
		row := []cell{plain(number(x.Requests)), plain(part(x.Classes.Wrong, x.Requests)), plain(part(x.Classes.Fails, x.Requests)), plain(took(of(x.Latency, x.Latency.P50))), plain(took(of(x.Latency, x.Latency.P99))), plain(size(x.Sent))}
		for _, value := range x.Values {
			row = append(row, plain(value))
		}
		t.add(row...)
	}
	v.table(t)
}

func (v *accessView) targets(r *access.Report) {
	if len(r.Targets.Items) == 0 {
		return
	}
	v.title("Targets, %s", first(len(r.Targets.Items), r.Targets.Total))
	t := v.heads("REQUESTS", "5XX", "P50", "P99", "TARGET", "GROUP")
	for _, x := range r.Targets.Items {
		t.add(plain(number(x.Requests)), plain(part(x.Classes.Fails, x.Requests)), plain(took(of(x.Latency, x.Latency.P50))), plain(took(of(x.Latency, x.Latency.P99))), plain(x.Target), plain(x.Group))
	}
	v.table(t)
}

func (v *accessView) clients(r *access.Report) {
	v.title("Clients, %s", first(len(r.Clients.Items), r.Clients.Total))
	t := v.heads("REQUESTS", "4XX", "5XX", "PATHS", "SENT", "CLIENT", "USER AGENT")
	for _, x := range r.Clients.Items {
		agent := ""
		if len(x.Agents) > 0 {
			agent = x.Agents[0]
		}
		if len(x.Agents) > 1 {
			agent = fmt.Sprintf("%d different ones", len(x.Agents))
		}
		t.add(plain(number(x.Requests)), plain(part(x.Wrong, x.Requests)), plain(part(x.Fails, x.Requests)), plain(strconv.Itoa(x.Paths)), plain(size(x.Sent)), plain(x.Client), plain(cut(agent, 60)))
	}
	v.table(t)
}

func (v *accessView) agents(r *access.Report) {
	v.title("User agents, %s", first(len(r.Agents.Items), r.Agents.Total))
	t := v.heads("REQUESTS", "STRINGS", "KIND", "FAMILY")
	for _, x := range r.Agents.Items {
		t.add(plain(number(x.Requests)), plain(strconv.Itoa(x.Strings)), plain(x.Kind), plain(x.Agent))
	}
	v.table(t)
}

func (v *accessView) cache(r *access.Report) {
	if len(r.Cache.Items) == 0 {
		return
	}
	v.title("What a cache could answer, %s", first(len(r.Cache.Items), r.Cache.Total))
	t := v.heads("GET 200", "SAVED", "SIZE", "URL")
	for _, x := range r.Cache.Items {
		bytes := size(x.Least)
		if x.Least != x.Most {
			bytes += " to " + size(x.Most)
		}
		t.add(plain(number(x.Requests)), plain(size(x.Saved)), plain(bytes), plain(x.URL))
	}
	v.table(t)
}

func (v *accessView) notes(r *access.Report) {
	if len(r.Notes)+len(r.Noted) == 0 {
		return
	}
	v.title("Notes")
	for _, n := range r.Noted {
		v.line("  %s, counted all the same: %s, first at %s", counted(n.Requests, "request"), n.What, safe(strings.Join(n.Places, ", ")))
	}
	for _, n := range r.Notes {
		v.line("  %s", safe(n))
	}
}

// first says how much of a list is shown.
func first(shown, of int) string {
	if shown >= of {
		return "all " + strconv.Itoa(of)
	}
	return fmt.Sprintf("the first %d of %s", shown, number(uint64(of)))
}

// part is a share in percent.
func part(n, of uint64) string {
	switch x := 100 * float64(n) / float64(max(of, 1)); {
	case n == 0:
		return "0"
	case x >= 99.95 && n < of:
		return ">99.9 %"
	case x >= 0.1:
		return fmt.Sprintf("%.1f %%", x)
	default:
		return "<0.1 %"
	}
}

// of is a quantile, or none when nothing was timed.
func of(q access.Quantiles, ms float64) float64 {
	if q.Count == 0 {
		return math.NaN()
	}
	return ms
}

package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/forensics/access"
)

// writeAccessCSV writes all lists as one table, so that one filter on the first
// column picks one.
func writeAccessCSV(w io.Writer, r *access.Report) error {
	c := newSheet(w)
	c.row("list", "name", "time", "requests", "sent", "received", "2xx", "3xx", "4xx", "5xx", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "about")
	row := func(list, name, at string, s access.Sum, k access.Classes, q access.Quantiles, about string) {
		u := func(n uint64) string { return strconv.FormatUint(n, 10) }
		f := func(x float64) string {
			if q.Count == 0 {
				return ""
			}
			return strconv.FormatFloat(x, 'f', -1, 64)
		}
		c.row(list, name, at, u(s.Requests), u(s.Sent), u(s.Received), u(k.Fine), u(k.Moved), u(k.Wrong), u(k.Fails), f(q.P50), f(q.P90), f(q.P99), f(q.P999), about)
	}
	none := access.Quantiles{}
	row("total", "", "", r.Totals.Sum, r.Totals.Classes, r.Totals.Latency, "")
	for _, x := range r.Findings {
		row("finding", x.Subject, x.From.Format(time.RFC3339)+"/"+x.To.Format(time.RFC3339), access.Sum{Requests: x.Requests}, access.Classes{}, none, x.Kind+": "+x.Summary)
	}
	for _, x := range r.Codes {
		row("status", strconv.Itoa(x.Code), "", access.Sum{Requests: x.Requests}, access.Classes{}, none, "")
	}
	for _, x := range r.OverTime.Points {
		row("time", "", x.Time.Format(time.RFC3339), access.Sum{Requests: x.Requests, Sent: x.Sent}, x.Classes, x.Latency, "")
	}
	for _, x := range r.Paths.Items {
		row("path", x.Path, "", x.Sum, x.Classes, x.Latency, "")
	}
	for _, x := range r.Paths.Items {
		for _, y := range x.OverTime {
			row("path-time", x.Path, y.Time.Format(time.RFC3339), access.Sum{Requests: y.Requests}, y.Classes, y.Latency, "")
		}
	}
	if r.Groups != nil {
		for _, x := range r.Groups.Items {
			row("group", strings.Join(x.Values, " "), "", x.Sum, x.Classes, x.Latency, strings.Join(r.GroupBy, " "))
		}
	}
	for _, x := range r.Hosts.Items {
		row("host", x.Host, "", x.Sum, access.Classes{}, none, "")
	}
	for _, x := range r.Targets.Items {
		row("target", x.Target, "", x.Sum, x.Classes, x.Latency, x.Group)
	}
	for _, x := range r.Clients.Items {
		row("client", x.Client, "", x.Sum, access.Classes{Wrong: x.Wrong, Fails: x.Fails}, none, strings.Join(x.Agents, " | "))
	}
	for _, x := range r.Agents.Items {
		row("agent", x.Agent, "", x.Sum, access.Classes{}, none, x.Kind)
	}
	for _, x := range r.Cache.Items {
		row("cache", x.URL, "", access.Sum{Requests: x.Requests, Sent: x.Sent}, access.Classes{Fine: x.Requests}, none, fmt.Sprintf("saves %d bytes", x.Saved))
	}
	return c.end()
}

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"paddock.dev/internal/audit/detect"
	"paddock.dev/internal/audit/search"
)

// searchPage is how many lines of the timeline are measured together.
const searchPage = 1000

// printSearch puts the answer on stdout, and what was read and what was not on
// stderr.
func (a *app) printSearch(f *searchFlags, answer *detect.Answer) error {
	var err error
	events := answer.Timeline.All()
	if f.detections {
		events = nil
	}
	switch f.out.format {
	case "json", "yaml":
		err = writeSearchDocument(a.streams.Out, f.out.format, events, answer)
	case "csv":
		if f.detections {
			err = writeFindingsCSV(a.streams.Out, answer.Findings)
		} else {
			err = writeEventsCSV(a.streams.Out, events)
		}
	default:
		p := paint(a.streams.OutColor)
		if f.detections {
			err = writeFindings(a.streams.Out, answer.Findings, p)
		} else {
			columns := 0
			if a.streams.OutTerminal {
				columns, _ = a.streams.size()
			}
			err = writeTimeline(a.streams.Out, events, p, columns)
		}
	}
	if err != nil {
		return err
	}
	return writeSearchSummary(a.streams.Err, f, answer)
}

type eventSeq = func(yield func(search.Event, error) bool)

// writeTimeline prints one line per event, the earliest first.
func writeTimeline(w io.Writer, events eventSeq, p paint, columns int) error {
	var t table
	begun := false
	flush := func() error {
		if !begun {
			return nil
		}
		err := t.write(w, p, columns)
		t.rows = t.rows[:0]
		return err
	}
	t.add(cell{"WHEN (UTC)", dim}, cell{"WHO", dim}, cell{"WHAT", dim}, cell{"ON", dim}, cell{"RESULT", dim}, cell{"FROM", dim}, cell{"WHERE", dim}, cell{"NOTE", dim})
	for e, err := range events {
		if err != nil {
			return err
		}
		begun = true
		who := e.Actor.Name
		if e.Source == search.Kubernetes && e.Actor.Via != "" {
			who += " by " + e.Actor.Via
		}
		result := plain(string(e.Result))
		switch e.Result {
		case search.Denied:
			result.color = yellow
		case search.Failed:
			result.color = red
		}
		note := plain(e.Error)
		if note.text == "" {
			note = plain(e.Reason)
		}
		if len(e.Detections) > 0 {
			note = cell{"! " + strings.Join(e.Detections, ", "), red}
		}
		where := e.Region
		if e.Account != "" {
			where = strings.TrimPrefix(where+" "+e.Account, " ")
		}
		t.add(plain(e.Time.Format(time.DateTime)), cell{who, bold}, plain(e.Action), plain(e.Target), result, plain(e.Address), plain(where), note)
		if len(t.rows) >= searchPage {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

var severityColors = map[detect.Severity]string{detect.Low: dim, detect.Medium: yellow, detect.High: red, detect.Critical: red}

// writeFindings prints a paragraph per finding, the most severe first.
func writeFindings(w io.Writer, findings []detect.Finding, p paint) error {
	var b strings.Builder
	for i, f := range findings {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %s [%s]\n", p.as(severityColors[f.Severity], f.Severity.String()), p.as(bold, f.Title), f.Rule)
		when := f.Time.Format(time.DateTime)
		if !f.Last.Equal(f.Time) {
			last := f.Last.Format(time.DateTime)
			if last[:10] == when[:10] {
				last = last[11:]
			}
			when += " to " + last
		}
		if f.Events > 1 {
			when += fmt.Sprintf(", %d events", f.Events)
		}
		line := func(name, text string) {
			if text != "" {
				fmt.Fprintf(&b, "   %-5s %s\n", name, safe(text))
			}
		}
		refs := make([]string, len(f.Refs))
		for i, ref := range f.Refs {
			refs[i] = ref.String()
		}
		line("when", when)
		line("who", strings.Join(f.Actors, ", "))
		line("what", strings.Join(f.Actions, ", "))
		line("on", strings.Join(f.Targets, ", "))
		line("from", strings.Join(append(append([]string{}, f.Addresses...), f.Agents...), ", "))
		line("where", strings.TrimSpace(strings.Join(f.Regions, ", ")+" "+f.Account))
		line("why", f.Why+" ("+strings.Join(f.Techniques, ", ")+")")
		line("do", f.Do)
		line("see", strings.Join(refs, " "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeSearchDocument prints events, findings and summary as one document,
// without holding all events.
func writeSearchDocument(w io.Writer, format string, events eventSeq, answer *detect.Answer) error {
	rest := struct {
		Findings []detect.Finding `json:"findings"`
		Summary  search.Summary   `json:"summary"`
	}{answer.Findings, answer.Summary}
	if rest.Findings == nil {
		rest.Findings = []detect.Finding{}
	}
	if format == "yaml" {
		return writeSearchYAML(w, events, rest)
	}
	indented := func(v any, prefix string) (string, error) {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent(prefix, "  ")
		err := enc.Encode(v)
		return strings.TrimSuffix(b.String(), "\n"), err
	}
	if _, err := io.WriteString(w, "{\n"); err != nil {
		return err
	}
	if events != nil {
		between := "  \"events\": [\n    "
		for e, err := range events {
			if err != nil {
				return err
			}
			text, err := indented(&e, "    ")
			if err != nil {
				return err
			}
			if _, err := io.WriteString(w, between+text); err != nil {
				return err
			}
			between = ",\n    "
		}
		end := "\n  ],\n"
		if between[0] != ',' {
			end = "  \"events\": [],\n"
		}
		if _, err := io.WriteString(w, end); err != nil {
			return err
		}
	}
	text, err := indented(rest, "")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, strings.TrimPrefix(text, "{\n")+"\n")
	return err
}

func writeSearchYAML(w io.Writer, events eventSeq, rest any) error {
	write := func(v any) error {
		text, err := yaml.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	}
	if events != nil {
		begun := false
		for e, err := range events {
			if err != nil {
				return err
			}
			if !begun {
				begun = true
				if _, err := io.WriteString(w, "events:\n"); err != nil {
					return err
				}
			}
			if err := write([]search.Event{e}); err != nil {
				return err
			}
		}
		if !begun {
			if _, err := io.WriteString(w, "events: []\n"); err != nil {
				return err
			}
		}
	}
	return write(rest)
}

func writeEventsCSV(w io.Writer, events eventSeq) error {
	c := newSheet(w)
	c.row("time", "source", "actor", "kind", "principal", "via", "mfa", "action", "target", "result", "error", "address", "agent", "region", "account", "reason", "detections", "id", "file", "record")
	for e, err := range events {
		if err != nil {
			return err
		}
		mfa := ""
		if e.Actor.MFA != nil {
			mfa = strconv.FormatBool(*e.Actor.MFA)
		}
		c.row(
			e.Time.Format(time.RFC3339Nano), string(e.Source), e.Actor.Name, string(e.Actor.Kind), e.Actor.Principal, e.Actor.Via, mfa, e.Action, e.Target,
			string(e.Result), e.Error, e.Address, e.Agent, e.Region, e.Account, e.Reason, strings.Join(e.Detections, " "), e.ID, e.Ref.File, strconv.Itoa(e.Ref.Record),
		)
	}
	return c.end()
}

func writeFindingsCSV(w io.Writer, findings []detect.Finding) error {
	c := newSheet(w)
	c.row("severity", "rule", "title", "time", "last", "events", "actors", "actions", "targets", "addresses", "regions", "account", "techniques", "file", "record")
	for _, f := range findings {
		c.row(
			f.Severity.String(), f.Rule, f.Title, f.Time.Format(time.RFC3339Nano), f.Last.Format(time.RFC3339Nano), strconv.Itoa(f.Events),
			strings.Join(f.Actors, " "), strings.Join(f.Actions, " "), strings.Join(f.Targets, " "), strings.Join(f.Addresses, " "), strings.Join(f.Regions, " "),
			f.Account, strings.Join(f.Techniques, " "), f.Refs[0].File, strconv.Itoa(f.Refs[0].Record),
		)
	}
	return c.end()
}

// writeSearchSummary says on stderr how much was read, what was left out, and
// what could not be read.
func writeSearchSummary(w io.Writer, f *searchFlags, answer *detect.Answer) error {
	var b strings.Builder
	s := &answer.Summary
	if f.out.text() {
		fmt.Fprintf(&b, "Read %s in %s.", count(s.Events, "event"), count(s.Files, "file"))
		switch {
		case f.detections && len(answer.Findings) == 0:
			b.WriteString(" No rule found anything.")
		case f.detections:
			fmt.Fprintf(&b, " %s.", findingCounts(answer.Findings))
		case answer.Timeline.Total() == 0:
			b.WriteString(" None is asked for.")
		case len(answer.Findings) > 0:
			fmt.Fprintf(&b, " %s: add --detections to see why.", findingCounts(answer.Findings))
		}
		b.WriteByte('\n')
	}
	if n := answer.Timeline.Left(); n > 0 && !f.detections {
		fmt.Fprintf(&b, "Only the latest %d of %s are shown; --limit 0 shows all.\n", answer.Timeline.Total()-n, count(answer.Timeline.Total(), "event"))
	}
	if n := answer.Timeline.Copies(); n > 0 && !f.detections {
		fmt.Fprintf(&b, "%s of other records left out.\n", copies(n))
	}
	if answer.Folded > 0 {
		fmt.Fprintf(&b, "The rules had no room for %s: there may be more to find. Ask for less time.\n", count(answer.Folded, "event"))
	}
	for _, u := range s.Unread {
		place := u.File
		if u.Record > 0 {
			place = u.String()
		}
		fmt.Fprintf(&b, "not read: %s: %s\n", safe(place), safe(u.Reason))
	}
	if n := s.UnreadFiles + s.UnreadRecords - len(s.Unread); n > 0 {
		fmt.Fprintf(&b, "not read: %d more\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func copies(n int) string {
	if n == 1 {
		return "1 copy"
	}
	return strconv.Itoa(n) + " copies"
}

// findingCounts is such as: 3 findings (1 critical, 2 high).
func findingCounts(findings []detect.Finding) string {
	var by [4]int
	for _, f := range findings {
		by[f.Severity]++
	}
	var parts []string
	for s := detect.Critical; s >= detect.Low; s-- {
		if by[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", by[s], s))
		}
	}
	return count(len(findings), "finding") + " (" + strings.Join(parts, ", ") + ")"
}

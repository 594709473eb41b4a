package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

var (
	waiverExpired = &Rule{
		ID: "waiver-expired", Severity: diag.Error,
		Title:  "Waivers are renewed or removed before they end",
		Why:    "A waiver accepts a risk for a time. When the time is over the risk is still there and nobody has decided anything.",
		Fix:    "Repair what the waiver was about and remove it, or decide again and write a new date with the reason.",
		Source: "ISO/IEC 27001:2022, 6.1.3 Information security risk treatment",
	}
	waiverUnused = &Rule{
		ID: "waiver-unused", Severity: diag.Warning,
		Title: "Every waiver silences something",
		Why:   "A waiver that silences nothing waits to hide the next finding of that rule, which nobody has looked at.",
		Fix:   "Remove the waiver, or correct the rule, the address or the environment in it.",
	}
	waiverUnknown = &Rule{
		ID: "waiver-unknown-rule", Severity: diag.Error,
		Title: "Waivers name rules that exist",
		Why:   "A waiver of a rule that does not exist silences nothing, and its author believes otherwise.",
		Fix:   "Write the id of a rule: paddock rules lists them.",
	}
)

var waiverRules = []*Rule{waiverExpired, waiverUnused, waiverUnknown}

// waive takes out the findings that somebody has accepted, and says which
// waivers are of no use.
func waive(p *model.Platform, now time.Time, o Options, found []Finding) Result {
	var out Result
	used := make([]bool, len(p.Waivers))
	for _, one := range found {
		by := -1
		for i, w := range p.Waivers {
			if accepts(w, one) && !expired(w, now) {
				by, used[i] = i, true
				break
			}
		}
		if by < 0 {
			out.Findings = append(out.Findings, one)
			continue
		}
		out.Waived = append(out.Waived, Waived{one, p.Waivers[by]})
	}
	for i, w := range p.Waivers {
		at := func(name string) Place { return Place{Key: item("waivers", i) + "." + name} }
		_, known := Find(w.Rule)
		switch {
		case !known:
			out.say(o, waiverUnknown, at("rule"), fmt.Sprintf("There is no rule %q to waive", w.Rule), "The waiver silences nothing.", unknownRule(w.Rule))
		case expired(w, now):
			out.say(o, waiverExpired, at("until"), fmt.Sprintf("The waiver of %s ended on %s", w.Rule, w.Until),
				fmt.Sprintf("It was accepted because: %s. That was %s ago, and its findings count again.", strings.TrimSuffix(w.Reason, "."), ago(w, now)),
				"Repair the finding and remove the waiver, or write a later date.")
		case !used[i] && o.runs(w.Rule):
			out.say(o, waiverUnused, at("rule"), fmt.Sprintf("The waiver of %s silences nothing", w.Rule), nothing(w), "Remove the waiver.")
		}
	}
	return out
}

func (r *Result) say(o Options, rule *Rule, at Place, summary, detail, fix string) {
	if o.runs(rule.ID) {
		r.Findings = append(r.Findings, Finding{Rule: rule, Place: at, Summary: summary, Detail: detail, Fix: fix})
	}
}

// accepts reports whether the waiver is about this finding.
func accepts(w model.Waiver, f Finding) bool {
	return w.Rule == f.Rule.ID &&
		(w.At == "" || w.At == f.Place.Subject()) &&
		(w.Environment == "" || w.Environment == f.Place.Environment || f.Place.Subject() == "env/"+w.Environment)
}

// expired reports whether the last day is over, wherever on Earth it ends last.
func expired(w model.Waiver, now time.Time) bool {
	return !now.Before(w.Until.Start(time.FixedZone("", -12*3600)).AddDate(0, 0, 1))
}

func ago(w model.Waiver, now time.Time) string {
	return count(max(1, int(now.Sub(w.Until.Start(time.UTC))/(24*time.Hour))), "day")
}

func nothing(w model.Waiver) string {
	where := "anywhere"
	if w.At != "" {
		where = "at " + w.At
	}
	if w.Environment != "" {
		where += " in " + w.Environment
	}
	return "The rule finds nothing " + where + " now. What the waiver accepted is repaired, or it never named the right thing."
}

func unknownRule(id string) string {
	if near := diag.Nearest(id, IDs()); len(near) > 0 {
		return "Did you mean " + strings.Join(near, " or ") + "?"
	}
	return "See all " + strconv.Itoa(len(catalogue)) + " rules: paddock rules"
}

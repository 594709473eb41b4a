// Package charts draws reports that are one HTML file: pages with tiles, tables
// and SVG charts, without script, fonts or anything that is fetched. It knows
// shapes and colours, dark screens and paper; it refuses to know what the
// numbers are about.
package charts

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"
)

// Tone is the meaning of a colour. Text says the same, for those who do not see
// it.
type Tone string

// The tones that pages know.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Line is one series of a chart over time.
type Line struct {
	Name string
	Tone Tone
	// Values are one for each time.
	Values []float64
}

const (
	width, height          = 960, 240
	left, right, top, foot = 72, 12, 12, 40
)

// OverTime draws series stacked on each other, each step as wide as it lasts.
// Unit writes a value for people, such as 1.2 GB.
func OverTime(times []time.Time, step time.Duration, lines []Line, unit func(float64) string) template.HTML {
	if len(times) == 0 || step <= 0 {
		return `<p class="none">Nothing in this time.</p>`
	}
	first, last := times[0], times[len(times)-1].Add(step)
	span := last.Sub(first).Seconds()
	x := func(t time.Time) float64 { return left + t.Sub(first).Seconds()/span*(width-left-right) }
	most := 0.0
	for i := range times {
		sum := 0.0
		for _, l := range lines {
			sum += l.Values[i]
		}
		most = math.Max(most, sum)
	}
	ticks := steps(most)
	most = ticks[len(ticks)-1]
	y := func(v float64) float64 { return height - foot - v/most*(height-top-foot) }

	var b strings.Builder
	names := make([]string, len(lines))
	for i, l := range lines {
		names[i] = l.Name
	}
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s over time">`, width, height, html.EscapeString(strings.Join(names, ", ")))
	for _, v := range ticks {
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="y" x="%d" y="%.1f">%s</text>`, left, width-right, y(v), y(v), left-8, y(v)+4, html.EscapeString(unit(v)))
	}
	for _, t := range hours(first, last) {
		label := t.Format("15:04")
		if t.Hour() == 0 && t.Minute() == 0 {
			label = t.Format("2 Jan")
		}
		fmt.Fprintf(&b, `<line class="tick" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text class="x" x="%.1f" y="%d">%s</text>`, x(t), x(t), height-foot, height-foot+5, x(t), height-foot+18, label)
	}
	base := make([]float64, len(times))
	w := step.Seconds() / span * (width - left - right)
	gap := 0.0
	if w > 4 {
		gap = 1
	}
	for _, l := range lines {
		fmt.Fprintf(&b, `<g class="fill %s">`, l.Tone)
		for i, t := range times {
			if l.Values[i] <= 0 {
				continue
			}
			low, high := y(base[i]), y(base[i]+l.Values[i])
			fmt.Fprintf(&b, `<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%s: %s %s</title></rect>`, x(t), high, math.Max(w-gap, 0.4), math.Max(low-high, 0.5), t.Format("2006-01-02 15:04"), html.EscapeString(unit(l.Values[i])), html.EscapeString(l.Name))
			base[i] += l.Values[i]
		}
		b.WriteString(`</g>`)
	}
	at := float64(left)
	for _, l := range lines {
		fmt.Fprintf(&b, `<rect class="fill %s" x="%.0f" y="%d" width="10" height="10"/><text class="key" x="%.0f" y="%d">%s</text>`, l.Tone, at, height-14, at+15, height-5, html.EscapeString(l.Name))
		at += 40 + 7*float64(len(l.Name))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// steps are round values from 0 to at least most.
func steps(most float64) []float64 {
	if most <= 0 || math.IsInf(most, 0) || math.IsNaN(most) {
		return []float64{0, 1}
	}
	unit := math.Pow(10, math.Floor(math.Log10(most)))
	by := unit
	for _, f := range []float64{0.25, 0.5, 1, 2} {
		if most/(unit*f) <= 5 {
			by = unit * f
			break
		}
	}
	out := []float64{0}
	for v := by; ; v += by {
		out = append(out, v)
		if v >= most {
			return out
		}
	}
}

// hours are the times to write under an axis, about eight.
func hours(first, last time.Time) []time.Time {
	by := time.Minute
	for _, d := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
		by = d
		if last.Sub(first)/d <= 9 {
			break
		}
	}
	for last.Sub(first)/by > 9 {
		by *= 2
	}
	var out []time.Time
	for t := first.Truncate(by); t.Before(last); t = t.Add(by) {
		if !t.Before(first) {
			out = append(out, t)
		}
	}
	return out
}

// Bar is one line of a bar chart.
type Bar struct {
	Label string
	Value float64
	// Text is the value for people.
	Text string
	Tone Tone
}

// Bars draws values beside each other, the longest as long as there is room.
func Bars(bars []Bar) template.HTML {
	if len(bars) == 0 {
		return `<p class="none">Nothing.</p>`
	}
	most := 0.0
	for _, x := range bars {
		most = math.Max(most, x.Value)
	}
	var b strings.Builder
	b.WriteString(`<table class="bars">`)
	for _, x := range bars {
		share := 0.0
		if most > 0 {
			share = x.Value / most * 100
		}
		fmt.Fprintf(&b, `<tr><th scope="row">%s</th><td class="track"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="fill %s" width="%.2f" height="10"/></svg></td><td class="n">%s</td></tr>`,
			html.EscapeString(x.Label), x.Tone, math.Max(share, 0.3), html.EscapeString(x.Text))
	}
	b.WriteString(`</table>`)
	return template.HTML(b.String())
}

// Bytes writes a number of bytes with a unit of 1000.
func Bytes(n float64) string {
	return scaled(n, 1000, []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"})
}

// Count writes a number, large ones with a unit.
func Count(n float64) string { return scaled(n, 1000, []string{"", "k", "M", "G", "T", "P", "E"}) }

func scaled(n, by float64, units []string) string {
	i := 0
	for n >= by*0.9995 && i < len(units)-1 {
		n /= by
		i++
	}
	text := fmt.Sprintf("%.0f", n)
	if i > 0 && n < 100 {
		text = strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
	}
	return strings.TrimSpace(text + " " + units[i])
}

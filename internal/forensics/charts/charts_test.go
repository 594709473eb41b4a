package charts_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/forensics/charts"
)

var midnight = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

// wellFormed fails when markup is not closed in order.
func wellFormed(t *testing.T, markup string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<x>" + markup + "</x>"))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, markup)
		}
	}
}

func TestOverTime(t *testing.T) {
	times := []time.Time{midnight, midnight.Add(time.Hour), midnight.Add(5 * time.Hour)}
	got := string(charts.OverTime(times, time.Hour, []charts.Line{
		{Name: "accepted", Values: []float64{10, 20, 0}},
		{Name: `refused "<&`, Tone: charts.Bad, Values: []float64{1, 0, 5}},
	}, charts.Count))
	wellFormed(t, got)
	if n := strings.Count(got, "<title>"); n != 4 { // what is 0 has no bar
		t.Errorf("%d bars in %s", n, got)
	}
	for _, want := range []string{"2026-11-25 05:00: 5 refused &#34;&lt;&amp;", ">25 Nov<", `class="fill bad"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestOddCharts(t *testing.T) {
	for name, got := range map[string]string{
		"nothing":  string(charts.OverTime(nil, time.Hour, nil, charts.Bytes)),
		"zeros":    string(charts.OverTime([]time.Time{midnight}, time.Hour, []charts.Line{{Name: "a", Values: []float64{0}}}, charts.Bytes)),
		"infinite": string(charts.OverTime([]time.Time{midnight}, time.Hour, []charts.Line{{Name: "a", Values: []float64{math.Inf(1)}}}, charts.Bytes)),
		"years":    string(charts.OverTime([]time.Time{midnight, midnight.AddDate(20, 0, 0)}, time.Hour, []charts.Line{{Name: "a", Values: []float64{1, 2}}}, charts.Bytes)),
		"no bars":  string(charts.Bars(nil)),
		"bars":     string(charts.Bars([]charts.Bar{{Label: "<a>", Value: 0, Text: "0"}, {Label: "b", Value: 3, Text: "3"}})),
	} {
		wellFormed(t, got)
		if len(got) > 20_000 {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

func TestUnits(t *testing.T) {
	for n, want := range map[float64]string{0: "0 B", 999: "999 B", 999.9: "1 kB", 1500: "1.5 kB", 123456: "123 kB", 3e9: "3 GB", 5e20: "500 EB"} {
		if got := charts.Bytes(n); got != want {
			t.Errorf("%v: got %s, want %s", n, got, want)
		}
	}
	if got := charts.Count(12345); got != "12.3 k" {
		t.Errorf("got %s", got)
	}
}

func TestPage(t *testing.T) {
	p := charts.Page{
		Title: "Flows <script>", Tiles: []charts.Tile{{Label: "lines", Value: "3", Tone: charts.Bad}},
		Sections: []charts.Section{
			{Title: "Empty", Table: &charts.Table{Heads: []charts.Head{{Text: "a"}}, Empty: "Nobody."}},
			{Title: "Full", Table: &charts.Table{Heads: []charts.Head{{Text: "a"}, {Text: "n", Number: true}}, Rows: [][]string{{"<b>", "1"}, {"c", "2"}}, Tones: []charts.Tone{charts.Warn}}},
		},
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{"Flows &lt;script&gt;", "Nobody.", "&lt;b&gt;", `<tr class="warn">`, `<td class="n">2</td>`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, never := range []string{"<script", "http://", "https://", "url("} {
		if strings.Contains(got, never) {
			t.Errorf("the page is not by itself: %s", never)
		}
	}
}

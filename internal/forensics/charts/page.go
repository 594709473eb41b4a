package charts

import (
	_ "embed"
	"html/template"
	"io"
)

// Page is a report.
type Page struct {
	Title string
	// Lead is a sentence under the title.
	Lead  string
	Tiles []Tile
	// Sections stand below each other.
	Sections []Section
	// Foot says how the page came to be.
	Foot string
}

// Tile is one figure of the first row.
type Tile struct {
	Label, Value, Note string
	Tone               Tone
}

// Section is a heading with what stands under it. Half sections stand beside
// each other on wide screens.
type Section struct {
	Title, Lead string
	Half        bool
	Charts      []template.HTML
	Table       *Table
}

// Table is rows under headings. Numbers are set to the right.
type Table struct {
	Heads []Head
	Rows  [][]string
	// Tones colour rows; it may be shorter than Rows.
	Tones []Tone
	// Empty is said when there are no rows.
	Empty string
}

// Head is a column.
type Head struct {
	Text   string
	Number bool
	// Code is text that machines write, such as a log line.
	Code bool
}

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(pageStyle) },
	"tone": func(tones []Tone, i int) Tone {
		if i < len(tones) {
			return tones[i]
		}
		return Plain
	},
}).Parse(pageText))

// Write writes the page as one file.
func (p *Page) Write(w io.Writer) error { return page.Execute(w, p) }

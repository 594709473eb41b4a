package handbook

import (
	"path"
	"strings"
)

// page is one page before it is written as Markdown and as HTML.
type page struct {
	// path below the handbook, without extension, such as prod/services/booking.
	path  string
	title string
	// trail are the pages above it, from the top.
	trail  []span
	blocks []block
}

// block is a piece of a page: heading, paragraph, list, table, code or picture.
type block interface{ isBlock() }

type (
	heading   string
	paragraph text
	list      []text
	// table has rows of cells below its heads.
	table struct {
		heads []string
		rows  [][]text
	}
	// code is lines that people copy.
	code string
	// picture is an SVG file beside the page, and what it shows.
	picture struct {
		file, alt string
		svg       []byte
	}
)

func (heading) isBlock()   {}
func (paragraph) isBlock() {}
func (list) isBlock()      {}
func (table) isBlock()     {}
func (code) isBlock()      {}
func (picture) isBlock()   {}

// text is spans in their order.
type text []span

// span is words, a name to be typed, or a link.
type span struct {
	words string
	// typed means that the words stand as they are.
	typed bool
	// to is the path of another page, without extension.
	to string
}

func words(parts ...string) text    { return text{{words: strings.Join(parts, "")}} }
func typed(name string) text        { return text{{words: name, typed: true}} }
func link(to, name string) text     { return text{{words: name, to: to}} }
func (p *page) add(blocks ...block) { p.blocks = append(p.blocks, blocks...) }
func (p *page) say(parts ...text)   { p.add(paragraph(join(parts, ""))) }
func (t *table) row(cells ...text)  { t.rows = append(t.rows, cells) }
func (p *page) addTable(t table)    { p.addTableOr(t, "None.") }
func (p *page) under(title string)  { p.add(heading(title)) }
func (p *page) shell(commands ...string) {
	p.add(code(strings.Join(commands, "\n")))
}

// addTableOr adds a table, or a sentence when it would be empty.
func (p *page) addTableOr(t table, empty string) {
	if len(t.rows) == 0 {
		p.say(words(empty))
		return
	}
	p.add(t)
}

// join puts words between texts.
func join(all []text, between string) text {
	var out text
	for i, t := range all {
		if i > 0 && between != "" {
			out = append(out, span{words: between})
		}
		out = append(out, t...)
	}
	return out
}

// relative is the way from one page to a file of the handbook.
func relative(from, to string) string {
	dir := path.Dir(from)
	if dir == "." {
		return to
	}
	a, b := strings.Split(dir, "/"), strings.Split(to, "/")
	for len(a) > 0 && len(b) > 1 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	return strings.Repeat("../", len(a)) + strings.Join(b, "/")
}

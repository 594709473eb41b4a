package handbook

import (
	"encoding/base64"
	"fmt"
	"html"
	"path"
	"strings"
)

// markdown writes a page as people read it on a git host.
func markdown(p *page) []byte {
	var b strings.Builder
	b.WriteString("<!-- Rendered from the platform file; changes here are lost with the next rendering. -->\n")
	if len(p.trail) > 0 {
		b.WriteString(markdownText(p, text(trail(p))) + "\n\n")
	}
	fmt.Fprintf(&b, "# %s\n", markdownWords(p.title))
	for _, x := range p.blocks {
		b.WriteByte('\n')
		switch x := x.(type) {
		case heading:
			fmt.Fprintf(&b, "## %s\n", markdownWords(string(x)))
		case paragraph:
			b.WriteString(markdownText(p, text(x)) + "\n")
		case list:
			for _, t := range x {
				b.WriteString("- " + markdownText(p, t) + "\n")
			}
		case table:
			b.WriteString("| " + strings.Join(x.heads, " | ") + " |\n|" + strings.Repeat("---|", len(x.heads)) + "\n")
			for _, row := range x.rows {
				var cells []string
				for _, c := range row {
					cells = append(cells, markdownText(p, c))
				}
				b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
			}
		case code:
			b.WriteString("```sh\n" + string(x) + "\n```\n")
		case picture:
			fmt.Fprintf(&b, "![%s](%s)\n", markdownWords(x.alt), x.file)
		}
	}
	return []byte(b.String())
}

func trail(p *page) []span {
	var all []span
	for _, s := range p.trail {
		all = append(all, s, span{words: " / "})
	}
	return append(all, span{words: p.title})
}

var (
	markup = strings.NewReplacer("\n", " ", "\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "&", "&amp;")
	// A name with a back-tick in it is no name that we give.
	ticks = strings.NewReplacer("`", "'", "|", "\\|", "\n", " ")
)

// markdownWords keeps names from being taken for markup.
func markdownWords(s string) string { return markup.Replace(s) }

func markdownText(p *page, t text) string {
	var b strings.Builder
	for _, s := range t {
		switch {
		case s.to != "":
			fmt.Fprintf(&b, "[%s](%s)", markdownWords(s.words), relative(p.path, s.to+".md"))
		case s.typed:
			b.WriteString("`" + ticks.Replace(s.words) + "`")
		default:
			b.WriteString(markdownWords(s.words))
		}
	}
	return b.String()
}

// style of a page: one column, tables that scroll, dark when the reader is.
const style = `:root{color-scheme:light dark;--ink:#1d2623;--dim:#66716c;--line:#dcdfd8;--paper:#fbfaf6;--card:#f2f1ea;--link:#0b6b57}
@media(prefers-color-scheme:dark){:root{--ink:#dfe6e2;--dim:#93a09a;--line:#2b3431;--paper:#131716;--card:#1b2120;--link:#6fd0b6}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}nav{color:var(--dim);font-size:.9rem}a{color:var(--link)}
h1{font-size:1.7rem;margin:.6rem 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .6rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.92rem}th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line)}
th{color:var(--dim);font-weight:600}code{font:.88em ui-monospace,monospace;background:var(--card);padding:.1em .3em;border-radius:3px}
pre{background:var(--card);padding:.8rem 1rem;border-radius:6px;overflow-x:auto}pre code{padding:0;background:none}img{max-width:100%;height:auto}
@media print{main{max-width:none}a{color:inherit}}`

// htmlPage writes a page that needs nothing else.
func htmlPage(p *page) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>%s</style>\n<main>\n", html.EscapeString(p.title), style)
	if len(p.trail) > 0 {
		fmt.Fprintf(&b, "<nav>%s</nav>\n", htmlText(p, text(trail(p))))
	}
	fmt.Fprintf(&b, "<h1>%s</h1>\n", html.EscapeString(p.title))
	for _, x := range p.blocks {
		switch x := x.(type) {
		case heading:
			fmt.Fprintf(&b, "<h2>%s</h2>\n", html.EscapeString(string(x)))
		case paragraph:
			fmt.Fprintf(&b, "<p>%s</p>\n", htmlText(p, text(x)))
		case list:
			b.WriteString("<ul>\n")
			for _, t := range x {
				fmt.Fprintf(&b, "<li>%s</li>\n", htmlText(p, t))
			}
			b.WriteString("</ul>\n")
		case table:
			b.WriteString("<div class=\"wide\"><table>\n<tr>")
			for _, h := range x.heads {
				fmt.Fprintf(&b, "<th>%s</th>", html.EscapeString(h))
			}
			b.WriteString("</tr>\n")
			for _, row := range x.rows {
				b.WriteString("<tr>")
				for _, c := range row {
					fmt.Fprintf(&b, "<td>%s</td>", htmlText(p, c))
				}
				b.WriteString("</tr>\n")
			}
			b.WriteString("</table></div>\n")
		case code:
			fmt.Fprintf(&b, "<pre><code>%s</code></pre>\n", html.EscapeString(string(x)))
		case picture:
			// As an image the picture's own style stays inside it.
			fmt.Fprintf(&b, "<p><img alt=\"%s\" src=\"data:image/svg+xml;base64,%s\"></p>\n", html.EscapeString(x.alt), base64.StdEncoding.EncodeToString(x.svg))
		}
	}
	b.WriteString("</main>\n</html>\n")
	return []byte(b.String())
}

func htmlText(p *page, t text) string {
	var b strings.Builder
	for _, s := range t {
		w := html.EscapeString(s.words)
		switch {
		case s.to != "":
			fmt.Fprintf(&b, "<a href=\"%s\">%s</a>", html.EscapeString(relative(p.path, s.to+".html")), w)
		case s.typed:
			fmt.Fprintf(&b, "<code>%s</code>", w)
		default:
			b.WriteString(w)
		}
	}
	return b.String()
}

// beside is the path of a file in the folder of a page.
func beside(p *page, file string) string { return path.Join(path.Dir(p.path), file) }

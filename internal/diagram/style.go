package diagram

import (
	"fmt"
	"strings"
)

// tones are the colours of the legend in light and in dark, from 1. Neighbours
// differ in brightness too, for readers who see few colours.
var tones = [][2]string{
	{"#1f7a4d", "#74cb9d"}, {"#2a5fb0", "#8ab4f0"}, {"#b7791f", "#e2b45e"}, {"#7a4fb0", "#bd9cec"},
	{"#158a93", "#62cbd2"}, {"#b3423c", "#f08c84"}, {"#6b7d1e", "#b7cc62"}, {"#b0407f", "#ee93c4"},
	{"#52667a", "#a3b6c9"}, {"#8a5a35", "#d3a27a"}, {"#3f46b8", "#9da3f5"}, {"#2f8f6f", "#7fe0c0"},
}

// sheet is the style of every picture.
var sheet = strings.ReplaceAll(light+toneSheet(0)+"@media (prefers-color-scheme:dark){"+toneSheet(1)+dark+"}", "\n", "")

const light = `
svg{--paper:#fbfaf6;--frame:#f3f1e9;--rim:#d9d4c5;--sheet:#fffefb;--ink:#1d2321;--soft:#6a726d;--line:#7f8b85;--faint:#bcc3bb;--hot:#c2472f;--t0:#9aa39d;
font-family:"Helvetica Neue",Helvetica,Arial,"Liberation Sans","Nimbus Sans",sans-serif}
.paper{fill:var(--paper)}
text{fill:var(--ink);font-size:11px}
.title{font-size:19px;font-weight:700}
.subtitle{font-size:12px;fill:var(--soft)}
.frame rect{fill:var(--frame);stroke:var(--rim)}
.frame-title{font-size:12px;font-weight:700}
.frame-detail,.detail,.legend text{fill:var(--soft)}
.name{font-size:13px;font-weight:700}
.middle,.label text{text-anchor:middle}
.node .body{fill:var(--sheet);stroke:var(--rim);stroke-width:1.2}
.node .rim{fill:none;stroke:var(--rim);stroke-width:1.2}
.node.cylinder .body,.node.cylinder .rim{stroke:var(--faint)}
.node.pill .body,.node.gate .body{fill:var(--paper);stroke:var(--faint)}
.node.bar .body{fill:var(--tone);stroke:none}
.node.bar text{fill:var(--sheet)}
.node.strong .body{stroke:var(--tone);stroke-width:2.4}
.stripe,.legend rect{fill:var(--tone)}
.edge{fill:none;stroke:var(--line);stroke-width:1.3}
.edge.dashed{stroke-dasharray:5 4}
.edge.soft{stroke:var(--faint)}
.edge.hot{stroke:var(--hot);stroke-width:1.6}
.head{fill:var(--line)}.head.soft{fill:var(--faint)}.head.hot{fill:var(--hot)}
.label rect{fill:var(--paper)}
.label text{fill:var(--soft)}
.t0{--tone:var(--t0)}`

const dark = `
svg{--paper:#131716;--frame:#1a201e;--rim:#333c38;--sheet:#212826;--ink:#e6e8e3;--soft:#98a19b;--line:#87938d;--faint:#4c5752;--hot:#f08c84;--t0:#6f7a74}`

func toneSheet(scheme int) string {
	var b strings.Builder
	for i, t := range tones {
		fmt.Fprintf(&b, ".t%d{--tone:%s}", i+1, t[scheme])
	}
	return b.String()
}

// toneOf makes a tone of any index from 0: tones repeat when there are more
// things than colours.
func toneOf(i int) int { return i%len(tones) + 1 }

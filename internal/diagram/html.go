package diagram

import (
	"fmt"
	"io"
	"strings"
)

// HTML writes a page that needs nothing else: the picture, and what a box is
// connected with when one points at it or moves to it by keyboard.
func HTML(w io.Writer, p Picture) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>%s</style>\n", esc(p.Title), page)
	writeSVG(&b, p)
	fmt.Fprintf(&b, "<script>%s</script>\n</html>\n", script)
	_, err := io.WriteString(w, b.String())
	return err
}

const page = `html{color-scheme:light dark;background:#fbfaf6}body{margin:0}svg{display:block;margin:auto;max-width:100%;height:auto}
@media (prefers-color-scheme:dark){html{background:#131716}}
.node{cursor:default;outline:none}.node,.edge{transition:opacity .12s}
.looking .node:not(.on),.looking .edge:not(.on){opacity:.14}.looking .edge.on{stroke-width:2.2}`

// script marks a box, its lines and their other ends.
const script = `
const svg=document.querySelector("svg"),nodes=[...svg.querySelectorAll(".node")],edges=[...svg.querySelectorAll(".edge")];
function look(id){
  const on=new Set([id]);
  for(const e of edges){
    const mine=e.dataset.from===id||e.dataset.to===id;
    e.classList.toggle("on",mine);
    if(mine){on.add(e.dataset.from);on.add(e.dataset.to)}
  }
  for(const n of nodes)n.classList.toggle("on",on.has(n.dataset.id));
  svg.classList.add("looking");
}
function rest(){svg.classList.remove("looking")}
for(const n of nodes){
  n.tabIndex=0;
  n.addEventListener("mouseenter",()=>look(n.dataset.id));
  n.addEventListener("focus",()=>look(n.dataset.id));
  n.addEventListener("mouseleave",rest);
  n.addEventListener("blur",rest);
}
`

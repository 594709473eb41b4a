// Package diagram draws platforms: it turns a graph, an address plan or a
// delivery path into boxes and lines, gives them places, and writes them as
// SVG, HTML, Graphviz, Mermaid or JSON. It knows what a person likes to look
// at: layers from left to right, bands for segments, nothing over anything
// else. It refuses to know what a platform is allowed to be, and starts no
// program: the same diagram gives the same bytes.
package diagram

// Diagram is what to draw, without any places.
type Diagram struct {
	Title    string  `json:"title"`
	Subtitle string  `json:"subtitle,omitempty"`
	Nodes    []Node  `json:"nodes"`
	Groups   []Group `json:"groups,omitempty"`
	Edges    []Edge  `json:"edges"`
	// Legend explains tones, in the order of their numbers.
	Legend []Legend `json:"legend,omitempty"`
}

// Shape is the outline of a node.
type Shape string

const (
	// Card is a service or another thing that works.
	Card Shape = "card"
	// Cylinder is a store.
	Cylinder Shape = "cylinder"
	// Pill is something outside: people, the internet, another network.
	Pill Shape = "pill"
	// Gate is a decision.
	Gate Shape = "gate"
	// Bar is a hub as tall as what it connects.
	Bar Shape = "bar"
)

// Node is one box.
type Node struct {
	ID string `json:"id"`
	// Title and Detail are its two lines; Detail may be empty.
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	Shape  Shape  `json:"shape"`
	// Tone is a number of the legend, from 1; 0 is neutral.
	Tone int `json:"tone,omitempty"`
	// Strong draws attention to the node that the diagram is about.
	Strong bool `json:"strong,omitempty"`
	// Group that it is inside of; empty for none.
	Group string `json:"group,omitempty"`
	// Lane of a node outside of groups; a group's nodes are in its lane.
	Lane int `json:"-"`
	// Column from 1; 0 lets the edges decide, from the column Least on.
	Column int `json:"-"`
	Least  int `json:"-"`
	// Behind puts a node so many columns behind all others.
	Behind int `json:"-"`
	// Lanes is how many lanes a bar spans, downwards from its own.
	Lanes int `json:"-"`
}

// Group is a frame around nodes.
type Group struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
	// Lane is a band of the picture, from 0 at the top. Groups of one lane have
	// no column in common, or only a single one each.
	Lane int `json:"-"`
}

// Line is how an edge is drawn.
type Line string

const (
	// Solid is a call.
	Solid Line = "solid"
	// Dashed is something that one can do without, or that is seldom used.
	Dashed Line = "dashed"
	// Soft is data at rest: many of them, drawn lightly.
	Soft Line = "soft"
	// Hot is the way of repairs and of what must be noticed.
	Hot Line = "hot"
)

// Edge is a line from one node to another.
type Edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Line  Line   `json:"line"`
	Label string `json:"label,omitempty"`
	// Plain has no arrow head; Both has two.
	Plain bool `json:"plain,omitempty"`
	Both  bool `json:"both,omitempty"`
	// Back runs below the lane, for what is against the direction of reading or
	// passes others over.
	Back bool `json:"back,omitempty"`
	// Fold leads to a lane further down, whose reading begins at the left again.
	Fold bool `json:"fold,omitempty"`
}

// Legend is a word for a tone.
type Legend struct {
	Tone int    `json:"tone"`
	Text string `json:"text"`
}

// Picture is a diagram with places, in pixels.
type Picture struct {
	Diagram
	Width, Height int
	Boxes         map[string]Box // of nodes, by ID
	Frames        map[string]Box // of groups, by ID
	Routes        []Route        // of edges, in their order
	// LegendTop is where the legend begins.
	LegendTop int
}

// Box is a rectangle.
type Box struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

func (b Box) right() int  { return b.X + b.W }
func (b Box) bottom() int { return b.Y + b.H }

// Overlaps reports whether two boxes share more than an edge.
func (b Box) Overlaps(o Box) bool {
	return b.X < o.right() && o.X < b.right() && b.Y < o.bottom() && o.Y < b.bottom()
}

// Inside reports whether the box is within another one.
func (b Box) Inside(o Box) bool {
	return b.X >= o.X && b.Y >= o.Y && b.right() <= o.right() && b.bottom() <= o.bottom()
}

// Point is a place.
type Point struct{ X, Y float64 }

// Route is the way of an edge: from the first point to the last one, level at
// each, or with rounded corners when it runs back.
type Route struct {
	Points []Point
	// Corners means straight pieces with rounded corners; else smooth curves.
	Corners bool
	// Reversed means that the points run from To to From.
	Reversed bool
	// Label is the box of the label's text; the zero value when there is none.
	Label Box
}

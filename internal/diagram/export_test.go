package diagram

// TextBoxes are the boxes of a node's lines of text.
func TextBoxes(n Node, box Box) []Box {
	var all []Box
	for _, line := range textLines(n, box) {
		all = append(all, line.box)
	}
	return all
}

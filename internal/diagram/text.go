package diagram

import (
	"math"
	"strings"
)

// Sizes of text in pixels.
const (
	titleSize  = 13
	detailSize = 11
	frameSize  = 12
)

// slack makes room for fonts that are wider than the ones measured: a reader
// without Helvetica or Arial sees another one.
const slack = 1.08

// widths of Helvetica and Helvetica-Bold in thousandths of the size, for the
// characters from space to tilde (Adobe's font metrics for the core fonts;
// Arial and Liberation Sans have the same).
var (
	regularWidths = [...]int{278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584}
	boldWidths    = [...]int{278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584}
)

// textWidth is how wide a text is at most, in pixels.
func textWidth(text string, size float64, bold bool) int {
	table := regularWidths[:]
	if bold {
		table = boldWidths[:]
	}
	sum := 0
	for _, c := range text {
		switch i := int(c) - ' '; {
		case i >= 0 && i < len(table):
			sum += table[i]
		case c == '·' || c == '’':
			sum += 333
		default:
			sum += 1000 // as wide as any
		}
	}
	return int(math.Ceil(float64(sum) * size * slack / 1000))
}

// fit shortens a text to so many pixels, the last character an ellipsis.
func fit(text string, size float64, bold bool, width int) string {
	if textWidth(text, size, bold) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 {
		runes = runes[:len(runes)-1]
		if short := strings.TrimRight(string(runes), " ·-.") + "…"; textWidth(short, size, bold) <= width {
			return short
		}
	}
	return ""
}

package cli

import (
	"fmt"
	"math"
	"strconv"
)

// counted is a number of things.
func counted(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// number groups the digits.
func number(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// took is a duration in milliseconds; NaN is none.
func took(ms float64) string {
	switch {
	case math.IsNaN(ms):
		return "-"
	case ms >= 100_000:
		return fmt.Sprintf("%.0f s", ms/1000)
	case ms >= 1000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 10 || ms == 0:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2g ms", ms)
}

// size is a number of bytes, in powers of 1024.
func size(n uint64) string {
	if n < 1024 {
		return strconv.FormatUint(n, 10) + " B"
	}
	x, unit := float64(n)/1024, 0
	for x >= 1000 && unit < 5 {
		x, unit = x/1024, unit+1
	}
	if x < 10 {
		return fmt.Sprintf("%.1f %ciB", x, "KMGTPE"[unit])
	}
	return fmt.Sprintf("%.0f %ciB", x, "KMGTPE"[unit])
}

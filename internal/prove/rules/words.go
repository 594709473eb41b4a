package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// key joins the parts of a key path.
func key(parts ...string) string { return strings.Join(parts, ".") }

// item is the key of an element of a list.
func item(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// words joins a list for people: a, b and c.
func words(list []string) string {
	switch len(list) {
	case 0:
		return "nobody"
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// some is words of the first few, and how many more there are.
func some(list []string) string {
	const most = 6
	if len(list) <= most+1 {
		return words(list)
	}
	return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
}

// count is 1 node, 2 nodes.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	switch {
	case strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "ss"):
		noun += "es"
	default:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// span is a duration as the file writes it, in the largest unit that is exact:
// 15m, 36h, 35d.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0"
	case d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return d.String()
}

// size is bytes in the unit that the file would use.
func size(bytes int64) string {
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"Ti", 1 << 40}, {"Gi", 1 << 30}, {"Mi", 1 << 20}} {
		if bytes >= unit.bytes {
			return strconv.FormatFloat(float64(bytes)/float64(unit.bytes), 'f', -1, 64) + unit.name
		}
	}
	return strconv.FormatInt(bytes, 10)
}

// cores is CPU in thousandths as people say it: 4.5.
func cores(milli int64) string { return strconv.FormatFloat(float64(milli)/1000, 'f', -1, 64) }

// moment is an instant for people, in the zone where they live.
func moment(t time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("Mon 2006-01-02 15:04") + " " + zone.String()
}

// isThere is There is 1 store, There are 2 stores.
func isThere(n int, noun string) string {
	if n == 1 {
		return "There is 1 " + noun
	}
	return "There are " + count(n, noun)
}

// capital begins a sentence.
func capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

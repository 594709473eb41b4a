package flows_test

import (
	"cmp"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"paddock.dev/internal/forensics/flows"
)

// reference is what a log adds up to, found in the plainest way: a line after
// the other, a map for each question, numbers without a limit.
type reference struct {
	layout                                      []string
	lines, records, noData, skip, headers, rest int
	rejected                                    []int // line numbers
	bytes, packets                              *big.Int
	accepted, refused                           int
	pairs, sources, destinations                map[string]*big.Int
	flows                                       map[string]int // by pair
	minutes                                     map[int]int
}

// refer reads a log in the default format, or with a header line.
func refer(text string) *reference {
	r := &reference{
		layout: strings.Fields("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"),
		bytes:  new(big.Int), packets: new(big.Int),
		pairs: map[string]*big.Int{}, sources: map[string]*big.Int{}, destinations: map[string]*big.Int{}, flows: map[string]int{}, minutes: map[int]int{},
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		r.lines++
		line = strings.TrimSuffix(line, "\r")
		words := strings.Split(line, " ")
		if strings.TrimSpace(line) == "" {
			r.rest++
			continue
		}
		if slices.Contains(words, "srcaddr") {
			r.headers++
			r.layout = words
			continue
		}
		if len(words) != len(r.layout) || slices.Contains(words, "") {
			r.rejected = append(r.rejected, r.lines)
			continue
		}
		get := map[string]string{}
		for i, name := range r.layout {
			get[name] = words[i]
		}
		switch get["log-status"] {
		case "NODATA":
			r.noData++
			continue
		case "SKIPDATA":
			r.skip++
			continue
		}
		if !r.sound(get) {
			r.rejected = append(r.rejected, r.lines)
			continue
		}
		r.records++
		bytes, _ := new(big.Int).SetString(get["bytes"], 10)
		packets, _ := new(big.Int).SetString(get["packets"], 10)
		r.bytes.Add(r.bytes, bytes)
		r.packets.Add(r.packets, packets)
		if get["action"] == "REJECT" {
			r.refused++
		} else {
			r.accepted++
		}
		src, dst := netip.MustParseAddr(get["srcaddr"]).String(), netip.MustParseAddr(get["dstaddr"]).String()
		add := func(m map[string]*big.Int, key string) {
			if m[key] == nil {
				m[key] = new(big.Int)
			}
			m[key].Add(m[key], bytes)
		}
		add(r.pairs, src+" "+dst)
		add(r.sources, src)
		add(r.destinations, dst)
		r.flows[src+" "+dst]++
		start, _ := strconv.Atoi(get["start"])
		r.minutes[start/60]++
	}
	return r
}

// sound reports whether a line has everything that a record of traffic has.
func (r *reference) sound(get map[string]string) bool {
	most := map[string]string{"version": "99", "srcport": "65535", "dstport": "65535", "protocol": "255", "packets": "9223372036854775807", "bytes": "9223372036854775807", "start": "4294967295", "end": "4294967295"}
	for name, limit := range most {
		word, there := get[name]
		if !there || word == "-" && name != "packets" && name != "bytes" && name != "start" {
			continue
		}
		if strings.Trim(word, "0123456789") != "" || len(word) > 20 {
			return false
		}
		n, ok := new(big.Int).SetString(word, 10)
		max, _ := new(big.Int).SetString(limit, 10)
		if !ok || n.Cmp(max) > 0 {
			return false
		}
	}
	var family []bool
	for _, name := range []string{"srcaddr", "dstaddr"} {
		a, err := netip.ParseAddr(get[name])
		if err != nil || a.Zone() != "" || a.Is4In6() {
			return false
		}
		family = append(family, a.Is4())
	}
	return family[0] == family[1] && slices.Contains([]string{"ACCEPT", "REJECT", "-"}, get["action"]) && get["log-status"] == "OK"
}

// ranking is a map of sums in the order of a report.
func ranking(m map[string]*big.Int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(m[b].Cmp(m[a]), addresses(a, b)) })
	return keys
}

// addresses orders one or two addresses as numbers.
func addresses(a, b string) int {
	x, y := strings.Fields(a), strings.Fields(b)
	for i := range x {
		if c := netip.MustParseAddr(x[i]).Compare(netip.MustParseAddr(y[i])); c != 0 {
			return c
		}
	}
	return 0
}

// differences lists where a report and the reference do not say the same.
func (r *reference) differences(got *flows.Report) (wrong []string) {
	same := func(what string, got, want string) {
		if got != want {
			wrong = append(wrong, what+": got "+got+", want "+want)
		}
	}
	count := func(what string, got int64, want int) {
		same(what, strconv.FormatInt(got, 10), strconv.Itoa(want))
	}
	count("lines", got.Read.Lines, r.lines)
	count("records", got.Read.Records, r.records)
	count("NODATA", got.Read.NoData, r.noData)
	count("SKIPDATA", got.Read.SkipData, r.skip)
	count("headers", got.Read.Headers, r.headers)
	count("blank", got.Read.Blank, r.rest)
	count("rejected", got.Read.Rejected, len(r.rejected))
	for i, x := range got.Rejects {
		if i < len(r.rejected) {
			count("reject "+strconv.Itoa(i), x.Line, r.rejected[i])
		}
	}
	limited := func(n *big.Int) string {
		if n.IsUint64() {
			return n.String()
		}
		return "18446744073709551615"
	}
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	same("bytes", number(got.Totals.Bytes), limited(r.bytes))
	same("packets", number(got.Totals.Packets), limited(r.packets))
	same("accepted", number(got.Totals.Accepted.Flows+got.Totals.Unjudged.Flows), strconv.Itoa(r.accepted))
	same("refused", number(got.Totals.Rejected.Flows), strconv.Itoa(r.refused))
	count("pairs", int64(got.Pairs.Distinct), len(r.pairs))
	count("sources", int64(got.Sources.Distinct), len(r.sources))
	count("destinations", int64(got.Destinations.Distinct), len(r.destinations))
	for i, k := range ranking(r.pairs) {
		if i == len(got.Pairs.ByBytes) {
			break
		}
		p := got.Pairs.ByBytes[i]
		same("pair "+strconv.Itoa(i), number(p.Bytes), limited(r.pairs[k]))
	}
	for _, p := range got.Pairs.ByFlows {
		count("flows of "+p.Source.Address, int64(p.Flows), r.flows[p.Source.Address+" "+p.Destination.Address])
	}
	for i, k := range ranking(r.sources) {
		if i == len(got.Sources.ByBytes) {
			break
		}
		same("source "+k, got.Sources.ByBytes[i].Address+" "+number(got.Sources.ByBytes[i].Bytes), k+" "+limited(r.sources[k]))
	}
	for i, k := range ranking(r.destinations) {
		if i == len(got.Destinations.ByBytes) {
			break
		}
		same("destination "+k, got.Destinations.ByBytes[i].Address+" "+number(got.Destinations.ByBytes[i].Bytes), k+" "+limited(r.destinations[k]))
	}
	over := 0
	for _, m := range got.OverTime.Moments {
		over += int(m.AcceptedFlows + m.RejectedFlows)
	}
	count("flows over time", int64(over), r.records)
	return wrong
}

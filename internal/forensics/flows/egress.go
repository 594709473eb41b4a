package flows

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// egressLeast is from when on an hour is worth a look, in bytes.
	egressLeast = 32 << 20
	// egressTimes is how many times more than usual is unusual.
	egressTimes = 8
	// egressHours is how many other hours make a past.
	egressHours = 4
	// egressPeers is how many hosts make a comparison.
	egressPeers = 3
)

// egress finds the hours in which a host sent out far more than in its own other
// hours and than its peers did. Peers are hosts of the same name and environment
// in the plan, or of the same network: a /24, or a /64 of IPv6.
func (a *answers) egress(r *Report) {
	r.Egress = []Egress{}
	type hostHour struct {
		host uint64 // address and family
		hour uint32
	}
	byHost := map[uint64][]hostHour{}
	bytes := map[hostHour]uint64{}
	hours := map[uint32]bool{}
	for i, k := range a.out.keys {
		if k == 0 {
			continue
		}
		h := hostHour{k>>32<<2 | k&3, uint32(k) >> 2}
		bytes[h] = a.out.bytes[i]
		byHost[h.host] = append(byHost[h.host], h)
		hours[h.hour] = true
	}
	peers := map[string][]uint64{}
	group := map[uint64]string{}
	for host := range byHost {
		g := a.peerGroup(family(host&3), uint32(host>>2))
		group[host] = g
		peers[g] = append(peers[g], host)
	}
	for host, list := range byHost {
		for _, h := range list {
			n := bytes[h]
			if n < egressLeast {
				continue
			}
			past, others := int64(-1), int64(-1)
			if len(hours) > egressHours {
				// Hours without traffic count as such: a host that is silent and then
				// sends is what this looks for.
				var own []uint64
				for hour := range hours {
					if hour != h.hour {
						own = append(own, bytes[hostHour{host, hour}])
					}
				}
				past = median(own)
			}
			if p := peers[group[host]]; len(p) > egressPeers {
				var same []uint64
				for _, other := range p {
					if other != host {
						same = append(same, bytes[hostHour{other, h.hour}])
					}
				}
				others = median(same)
			}
			if past < 0 && others < 0 || !unusual(n, past) || !unusual(n, others) {
				continue
			}
			r.Egress = append(r.Egress, Egress{Host: a.endpoint(family(host&3), uint32(host>>2)), Hour: at(h.hour * 3600), Bytes: n, Past: past, Peers: others})
		}
	}
	slices.SortFunc(r.Egress, func(x, y Egress) int {
		return cmp.Or(cmp.Compare(y.Bytes, x.Bytes), cmp.Compare(x.Host.Address, y.Host.Address), x.Hour.Compare(y.Hour))
	})
	if n := len(r.Egress); n > maxFindings {
		r.Notes = append(r.Notes, fmt.Sprintf("%d hours with unusual egress were found; the %d with the most bytes are listed", n, maxFindings))
		r.Egress = r.Egress[:maxFindings]
	}
}

// unusual compares with what is usual; with nothing to compare, it is.
func unusual(n uint64, usual int64) bool {
	return usual < 0 || n/egressTimes >= uint64(usual)
}

func (a *answers) peerGroup(f family, n uint32) string {
	if np := a.named(f, n); np != nil {
		return np.Environment + "/" + np.Name
	}
	addr := a.in.address(f, n)
	bits := 24
	if f == v6 {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return "-"
	}
	return p.String()
}

// median is the middle one, capped to what a signed number holds.
func median(all []uint64) int64 {
	slices.Sort(all)
	if len(all) == 0 {
		return -1
	}
	return int64(min(all[(len(all)-1)/2], 1<<63-1))
}

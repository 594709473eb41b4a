package address

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
)

// The space is cut into 64 slots (32 for the smallest space). Environments of
// the first region have slots of the lower half; the recovery region is its
// mirror, the same slot in the upper half. Slot 0 stays free, since networks of
// others so often begin at 10.0.0.0. One slot has the networks that serve all.
const (
	coreSlot = 8
	// widest and narrowest are the prefixes that the plan can be made from. Below
	// the narrowest a segment's smallest subnets are smaller than AWS allows.
	widest, narrowest = 8, 12
	// narrowestEnvironment still has room for every subnet of a segment.
	narrowestEnvironment = 17
	// maxZones of one environment: pods of three zones are three quarters of a
	// segment.
	maxZones = 3
)

// knownEnvironments are the usual names, each with a slot of its own, so that
// the usual platform has no conflict and addresses that people remember. They
// never change.
var knownEnvironments = map[string]int{"dev": 1, "test": 2, "qa": 3, "uat": 4, "staging": 5, "preprod": 6, "prod": 10}

// Segments: the general one has a quarter of the environment, the others a
// sixteenth each, twelve of them.
var (
	generalSegments = []string{"apps", "app", "services", "main", "core", "default"}
	knownSegments   = map[string]int{"pci": 0, "iot": 1, "data": 4}
	// dataSegments have their space for stores rather than for pods.
	dataSegments = []string{"data", "db", "database", "databases", "stores", "storage"}
)

const segmentSlots = 12

// The salts were chosen so that names in frequent use do not meet: production,
// live, stage, sandbox, demo, perf, prod-eu, prod-us; edge, dmz, batch, ml, ops,
// legacy, partners, analytics, web; bookings, events, ledger, orders, payments,
// users, mongo, kafka, singlestore. Changing one renumbers platforms.
const (
	environmentSalt = "environment/48958/"
	segmentSalt     = "segment/884/"
	storeSalt       = "store/10997/"
)

// knownStores have blocks of their own from the far end of a data subnet,
// because by hash each would fall on another name of frequent use. Names join
// at the front of what is free; none is ever moved.
var knownStores = map[string]int{
	"appointments": 192, "auth": 245, "claims": 206, "cms": 172, "config": 239, "content": 234, "coupons": 224,
	"deliveries": 232, "drivers": 226, "email": 210, "erp": 208, "features": 212, "flights": 179, "graph": 219,
	"hotels": 180, "hr": 197, "index": 218, "iot": 178, "messages": 248, "metrics": 250, "notify": 246,
	"places": 171, "prices": 251, "primary": 242, "ratings": 222, "rentals": 169, "reservations": 191,
	"rooms": 183, "schedule": 195, "sellers": 198, "subscriptions": 202, "suppliers": 199, "tickets": 207,
	"wallet": 204, "wallets": 203, "warehouse": 249,
}

// hash spreads names evenly: FNV-1a, and MurmurHash3's finalizer because the low
// bits of FNV are weak for short names.
func hash(salt, name string) uint64 {
	f := fnv.New64a()
	f.Write([]byte(salt))
	f.Write([]byte(name))
	x := f.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// environmentBits is the prefix of an environment in a space.
func environmentBits(space netip.Prefix) int {
	if space.Bits() >= narrowest {
		return space.Bits() + 5
	}
	return space.Bits() + 6
}

// environmentSlot is the slot of an environment in a space with so many slots.
func environmentSlot(name string, slots int) int {
	if slot, ok := knownEnvironments[name]; ok {
		return slot
	}
	var free []int
	for slot := 1; slot < slots/2; slot++ {
		if slot != coreSlot && !taken(knownEnvironments, slot) {
			free = append(free, slot)
		}
	}
	return free[hash(environmentSalt, name)%uint64(len(free))]
}

// segmentSlot is the sixteenth of the environment that a segment has, and how
// many of them: 4 for the general one.
func segmentSlot(name string) (slot, size int) {
	if slices.Contains(generalSegments, name) {
		return 0, 4
	}
	if slot, ok := knownSegments[name]; ok {
		return 4 + slot, 1
	}
	var free []int
	for slot := range segmentSlots {
		if !taken(knownSegments, slot) {
			free = append(free, slot)
		}
	}
	return 4 + free[hash(segmentSalt, name)%uint64(len(free))], 1
}

func taken(known map[string]int, slot int) bool {
	for _, s := range known {
		if s == slot {
			return true
		}
	}
	return false
}

// part is the i-th piece of that many bits of a range.
func part(p netip.Prefix, bits, i int) netip.Prefix {
	return netip.PrefixFrom(number(start(p)+uint32(i)<<(32-bits)), bits)
}

// Nth address of a range, from 0.
func Nth(p netip.Prefix, n int) netip.Addr { return number(start(p) + uint32(n)) }

func start(p netip.Prefix) uint32 {
	four := p.Masked().Addr().As4()
	return binary.BigEndian.Uint32(four[:])
}

func number(n uint32) netip.Addr {
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], n)
	return netip.AddrFrom4(four)
}

// mirror is the same place in the other half of the space.
func mirror(space, p netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(number(start(p)^1<<(31-space.Bits())), p.Bits())
}

func suffix(name string, recovery bool) string {
	if recovery {
		return name + "-recovery"
	}
	return name
}

// slotOf is the slot of the space in which a range lies.
func slotOf(space, p netip.Prefix, bits int) int {
	return int((start(p) - start(space)) >> (32 - bits))
}

func within(outer, inner netip.Prefix) bool {
	return inner.Bits() >= outer.Bits() && outer.Contains(inner.Addr())
}

// valid reports whether the range is one of IPv4.
func valid(p netip.Prefix) bool { return p.IsValid() && p.Addr().Is4() }

func zoneName(vpc string, purpose Purpose, zone int) string {
	return fmt.Sprintf("%s-%s-%s", vpc, purpose, ZoneLetter(zone))
}

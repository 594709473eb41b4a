package flows

import (
	"net/netip"
	"sync"
)

// interner numbers IPv6 addresses, so that tables hold 4 bytes for each. All
// workers share one.
type interner struct {
	mu      sync.RWMutex
	numbers map[netip.Addr]uint32
	list    []netip.Addr
}

func newInterner() *interner { return &interner{numbers: map[netip.Addr]uint32{}} }

// number is the number of an address, from 1 on; 0 is no address.
func (in *interner) number(a netip.Addr) uint32 {
	if !a.IsValid() {
		return 0
	}
	in.mu.RLock()
	n, ok := in.numbers[a]
	in.mu.RUnlock()
	if ok {
		return n
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if n, ok = in.numbers[a]; ok {
		return n
	}
	in.list = append(in.list, a)
	n = uint32(len(in.list))
	in.numbers[a] = n
	return n
}

// address is the address behind a number of a family, the zero value when there
// is none.
func (in *interner) address(f family, n uint32) netip.Addr {
	switch f {
	case v4:
		return address4(n)
	case v6:
		in.mu.RLock()
		defer in.mu.RUnlock()
		if n > 0 && int(n) <= len(in.list) {
			return in.list[n-1]
		}
	}
	return netip.Addr{}
}

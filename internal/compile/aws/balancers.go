package aws

import (
	"fmt"
	"hash/fnv"
	"net/netip"

	"paddock.dev/internal/graph/address"
)

// The addresses of load balancers follow from the service's name alone, as the
// addresses of stores follow from theirs, so that no load balancer moves when
// another comes. AWS keeps the first four of a subnet and the last one.
const keptAddresses = 16

// balancerAddresses are the fixed addresses of a service's load balancer by zone
// letter.
func (c *compiler) balancerAddresses(v address.VPC, service string) map[string]string {
	all := map[string]string{}
	for _, s := range v.Subnets {
		if s.Purpose != address.Balancers {
			continue
		}
		at := balancerPlace(s.CIDR, service)
		c.claim(at, service, v.Name)
		all[address.ZoneLetter(s.Zone)] = at.String()
	}
	return all
}

func balancerPlace(subnet netip.Prefix, service string) netip.Addr {
	h := fnv.New64a()
	h.Write([]byte("balancer/" + service))
	size := uint64(1) << (32 - subnet.Bits())
	offset := keptAddresses + h.Sum64()%(size-2*keptAddresses)
	b := subnet.Addr().As4()
	n := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3]) + offset
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// claim remembers who has an address; two services on one are an error that
// people decide, never a silent second try.
func (c *compiler) claim(at netip.Addr, service, network string) {
	if first, taken := c.claimed[at]; taken && first != service {
		c.conflicts[fmt.Sprintf("the load balancers of the services %s and %s fall on the same address %s of %s; give the one that has not been built yet another name", min(first, service), max(first, service), at, network)] = true
		return
	}
	c.claimed[at] = service
}

package aws

import (
	"hash/fnv"
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// The addresses of load balancers are fixed: they are targets of the public one,
// and rules speak of them. A place follows from the service's name, so that no
// load balancer moves when another comes. Many services have to share a thousand
// places, so names do meet: then the one that stands earlier in the file stays,
// and the later one takes the next place that is free. AWS keeps the
// first four addresses of a subnet and the last one.
const keptAddresses = 16

// balancerAddresses are the fixed addresses of a service's load balancer by zone
// letter.
func (c *compiler) balancerAddresses(v address.VPC, service string) map[string]string {
	places := c.balancerPlaces(v)
	all := map[string]string{}
	for _, s := range v.Subnets {
		if s.Purpose == address.Balancers {
			all[address.ZoneLetter(s.Zone)] = address.Nth(s.CIDR, places[service]).String()
		}
	}
	return all
}

// balancerPlaces are the places of all load balancers of a network: the same in
// every zone.
func (c *compiler) balancerPlaces(v address.VPC) map[string]int {
	if known, ok := c.places[v.Name]; ok {
		return known
	}
	size := 0
	for _, s := range v.Subnets {
		if s.Purpose == address.Balancers {
			size = 1<<(32-s.CIDR.Bits()) - 2*keptAddresses
		}
	}
	env, _ := c.platform.Environment(v.Environment)
	services := slices.Clone(env.Services)
	slices.SortFunc(services, func(a, b model.Service) int { return a.Place - b.Place })
	places, taken := map[string]int{}, map[int]bool{}
	for _, s := range services {
		if size == 0 || s.Segment != v.Segment || !c.balanced(env, s) || len(taken) == size {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte("balancer/" + s.Name))
		at := int(h.Sum64() % uint64(size))
		for taken[at] {
			at = (at + 1) % size
		}
		taken[at] = true
		places[s.Name] = keptAddresses + at
	}
	c.places[v.Name] = places
	return places
}

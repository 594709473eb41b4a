package address

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// builder makes one plan.
type builder struct {
	p         *model.Platform
	plan      *Plan
	conflicts []Conflict
	// placed are the environments that have a place, by name.
	placed map[string]netip.Prefix
	// known are ranges that a proposal must not meet.
	known []netip.Prefix
}

func newBuilder(p *model.Platform) *builder {
	b := &builder{p: p, plan: &Plan{}, placed: map[string]netip.Prefix{}}
	space := p.Network.CIDR
	if !space.IsValid() {
		space = defaultCIDR
	}
	claim := []Claim{{What: "the address space", Key: "network.cidr", CIDR: space}}
	switch {
	case !valid(space):
		b.conflict(Conflict{
			Summary: fmt.Sprintf("Addresses cannot be planned from %s", space), Claims: claim,
			Detail: "The plan is made of IPv4 addresses.", Fix: "Write a private IPv4 range, such as 10.0.0.0/8.",
		})
	case space.Bits() > narrowest:
		b.conflict(Conflict{
			Summary: fmt.Sprintf("network.cidr %s is too small for an address plan", space), Claims: claim,
			Detail: fmt.Sprintf("AWS has no subnets smaller than /28; with every environment, segment and zone apart, and places kept for those to come, the smallest space that holds them is a /%d.", narrowest),
			Fix:    fmt.Sprintf("Write %s, or 10.0.0.0/8 when nobody else has it.", netip.PrefixFrom(space.Addr(), narrowest).Masked()),
		})
	default:
		// More than a /8 is never private, so the first one is used.
		b.plan.CIDR = netip.PrefixFrom(space.Masked().Addr(), max(space.Bits(), widest))
	}
	return b
}

// externals are the ranges of others.
func (b *builder) externals() {
	add := func(name, key string, p netip.Prefix) {
		if valid(p) {
			b.plan.Externals = append(b.plan.Externals, External{Name: name, CIDR: p.Masked(), Key: key})
			b.known = append(b.known, p.Masked())
		}
	}
	if c := b.p.Network.Clients; c != nil {
		add("vpn", "network.vpn.clients.cidr", c.CIDR)
	}
	for _, s := range b.p.Network.Sites {
		for i, p := range s.CIDRs {
			add("site/"+s.Name, fmt.Sprintf("network.vpn.sites[%s].cidrs[%d]", s.Name, i), p)
		}
	}
	for i, p := range b.p.Network.Avoid {
		add("avoid", fmt.Sprintf("network.avoid[%d]", i), p)
	}
}

// environments gives every environment its place: first those that the file
// pins, then the others by name, so that the order of the file has no say.
func (b *builder) environments() {
	space, bits := b.plan.CIDR, environmentBits(b.plan.CIDR)
	core := part(space, bits, coreSlot)
	b.known = append(b.known, core, mirror(space, core), b.serviceBlock(coreSlot))
	sorted := slices.SortedFunc(slices.Values(b.p.Environments), func(x, y model.Environment) int {
		return cmp.Or(cmp.Compare(b2i(!x.CIDR.IsValid()), b2i(!y.CIDR.IsValid())), cmp.Compare(x.Name, y.Name))
	})
	var claims []Claim
	for _, env := range sorted {
		c := b.claim(env, bits)
		if claims = append(claims, c); c.CIDR.IsValid() {
			b.known = append(b.known, c.CIDR, mirror(space, c.CIDR))
		}
	}
	for i, env := range sorted {
		c := claims[i]
		if !c.CIDR.IsValid() {
			b.badPin(env, c, bits)
			continue
		}
		if other, ok := b.clash(env, c, sorted[:i], claims[:i], core); ok {
			free, words := b.free()
			fix := fmt.Sprintf("Pin one of them with environments.%s.cidr: %s. Pin the one that has not been built yet: a pin moves it.", env.Name, words)
			if other.Key == "environments."+strings.TrimPrefix(other.What, "environment ")+".cidr" {
				fix = fmt.Sprintf("Write another range for %s; %s.", other.Key, words)
			}
			b.conflict(Conflict{
				Summary: fmt.Sprintf("%s and %s have the same addresses", other.What, c.What),
				Detail:  fmt.Sprintf("%s has %s and %s has %s. Places follow from names alone, so that no environment ever moves because another came; a place that two of them share must be settled by hand.", other.What, other.CIDR, c.What, c.CIDR),
				Fix:     fix,
				Claims:  []Claim{other, c}, Free: free,
			})
			continue
		}
		b.placed[env.Name] = c.CIDR
	}
}

// claim is the place that an environment wants; none when its pin cannot be
// honoured.
func (b *builder) claim(env model.Environment, bits int) Claim {
	space := b.plan.CIDR
	c := Claim{What: "environment " + env.Name, Key: "environments." + env.Name}
	if !env.CIDR.IsValid() {
		c.CIDR = part(space, bits, environmentSlot(env.Name, 1<<(bits-space.Bits())))
		return c
	}
	c.Key += ".cidr"
	if pin := env.CIDR; valid(pin) && within(space, pin) && pin.Bits() >= bits && pin.Bits() <= narrowestEnvironment {
		c.CIDR = pin.Masked()
	}
	return c
}

// badPin says what a pin must be.
func (b *builder) badPin(env model.Environment, c Claim, bits int) {
	free, words := b.free()
	c.CIDR = env.CIDR
	b.conflict(Conflict{
		Summary: fmt.Sprintf("environment %s cannot have the addresses %s", env.Name, env.CIDR),
		Detail:  fmt.Sprintf("An environment is a range from /%d to /%d inside network.cidr %s.", bits, narrowestEnvironment, b.plan.CIDR),
		Fix:     "Write a range of that size inside it; " + words + ".",
		Claims:  []Claim{c}, Free: free,
	})
}

// clash finds what was there before an environment. Its mirror counts only when
// the environment has one.
func (b *builder) clash(env model.Environment, c Claim, before []model.Environment, claims []Claim, core netip.Prefix) (Claim, bool) {
	space := b.plan.CIDR
	mine := b.ranges(env, c.CIDR)
	for _, r := range mine {
		if r.Overlaps(core) || r.Overlaps(mirror(space, core)) {
			return Claim{What: "the shared networks", Key: "network.cidr", CIDR: core}, true
		}
	}
	for i, other := range before {
		if _, ok := b.placed[other.Name]; !ok {
			continue
		}
		for _, r := range mine {
			for _, o := range b.ranges(other, claims[i].CIDR) {
				if r.Overlaps(o) {
					return claims[i], true
				}
			}
		}
	}
	if len(mine) == 2 && mine[0].Overlaps(mine[1]) {
		return c, true
	}
	return Claim{}, false
}

// ranges of an environment: its place, and the mirror of it in the recovery
// region.
func (b *builder) ranges(env model.Environment, p netip.Prefix) []netip.Prefix {
	if b.recovers(env) {
		return []netip.Prefix{p, mirror(b.plan.CIDR, p)}
	}
	return []netip.Prefix{p}
}

// recovers reports whether the environment comes back in another region.
func (b *builder) recovers(env model.Environment) bool {
	return b.p.Recovery.Region != "" && env.Stage == model.Production
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

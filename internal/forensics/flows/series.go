package flows

import "math/bits"

// moment is what began in one step of time.
type moment struct {
	flows, bytes [3]uint64 // by action
}

// series is moments over time, kept small whatever times a file claims.
type series struct {
	// step is in seconds: a minute, or more once there are too many.
	step    uint32
	moments map[uint32]*moment
	// recent spares the map for times that were just there.
	recent [256]struct {
		n uint32
		m *moment
	}
}

// maxMoments is 100 days of minutes.
const maxMoments = 144_000

func newSeries() *series { return &series{step: 60, moments: map[uint32]*moment{}} }

func (s *series) add(start uint32, a action, flows, n uint64) {
	i := start / s.step
	c := &s.recent[i&255]
	if c.m == nil || c.n != i {
		c.n, c.m = i, s.slow(i)
		if start/s.step != i { // it became coarser
			s.add(start, a, flows, n)
			return
		}
	}
	c.m.flows[a] += flows
	sum, carry := bits.Add64(c.m.bytes[a], n, 0)
	if carry != 0 {
		sum = 1<<64 - 1
	}
	c.m.bytes[a] = sum
}

func (s *series) slow(i uint32) *moment {
	m := s.moments[i]
	if m == nil {
		if len(s.moments) == maxMoments {
			s.coarser(s.step * 60)
		}
		m = &moment{}
		if s.moments[i] == nil {
			s.moments[i] = m
		}
	}
	return m
}

// coarser makes the steps longer, by a whole multiple.
func (s *series) coarser(step uint32) {
	by := step / s.step
	old := s.moments
	s.moments = map[uint32]*moment{}
	s.step = step
	clear(s.recent[:])
	for i, m := range old {
		to := s.moments[i/by]
		if to == nil {
			to = &moment{}
			s.moments[i/by] = to
		}
		for a := range m.flows {
			to.flows[a] += m.flows[a]
			to.bytes[a] += m.bytes[a]
		}
	}
}

func (s *series) merge(o *series) {
	for s.step < o.step {
		s.coarser(o.step)
	}
	for i, m := range o.moments {
		for a := range m.flows {
			if m.flows[a] > 0 {
				s.add(i*o.step, action(a), m.flows[a], m.bytes[a])
			}
		}
	}
}

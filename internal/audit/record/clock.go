package record

import "time"

// skewNoted is the least step of the wall clock that an event mentions.
const skewNoted = 2 * time.Second

// instant is the time of an event, and what the wall clock said.
type instant struct {
	time, wall time.Time
	// skew is how far the wall clock stands behind the record (negative), or how
	// far it was stepped since the event before.
	skew time.Duration
}

// clock gives times that never go back: within a run it also follows the
// monotonic clock, so that a step of the wall clock shows.
type clock struct {
	now  func() time.Time
	last time.Time // the last time given
	seen time.Time // the last reading, with its monotonic part
}

func (c *clock) read() instant {
	reading := c.now()
	wall := reading.Round(0).UTC()
	at := instant{time: wall, wall: wall}
	if !c.seen.IsZero() {
		// Sub goes by the monotonic clock when both readings have it, the rounded
		// ones by the wall clock.
		step := reading.Round(0).Sub(c.seen.Round(0)) - reading.Sub(c.seen)
		if step.Abs() >= skewNoted {
			at.skew = step
		}
	}
	c.seen = reading
	if wall.Before(c.last) {
		at.time = c.last
		if behind := wall.Sub(c.last); behind.Abs() >= skewNoted {
			at.skew = behind
		}
	}
	c.last = at.time
	return at
}

package node

import "time"

// backoff are the pauses between restarts: none before the first, then from one
// second to a minute. A container that has run for ten minutes starts anew.
type backoff struct{ next time.Duration }

const (
	firstPause   = time.Second
	longestPause = time.Minute
	wellAfter    = 10 * time.Minute
)

// after is the pause after a run of some length.
func (b *backoff) after(ran time.Duration) time.Duration {
	if ran >= wellAfter {
		b.next = 0
	}
	pause := b.next
	b.next = min(max(2*b.next, firstPause), longestPause)
	return pause
}

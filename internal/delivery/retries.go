package delivery

import (
	"errors"
	"strings"
	"sync"
	"time"

	v1 "paddock.dev/api/v1"
)

const (
	// mostTries is how often a commit is built that fails for no fault of its
	// own; with the pauses it takes about four minutes. Then it is said to have
	// failed, so that nobody waits for ever, until the next start.
	mostTries = 8
	// firstPause is how long the second try waits, mostPause any other at most.
	firstPause = 2 * time.Second
	mostPause  = time.Minute
	// notTheTree begins the message of a build that failed although nothing is
	// known to be wrong with the commit. It is how a later start finds it.
	notTheTree = "not the commit's fault: "
)

// treeFault reports whether the author of the commit has to put it right. Any
// other error is the machine's, the registry's or ours, and may go away.
func treeFault(err error) bool {
	var f interface{ TreeFault() bool }
	return errors.As(err, &f) && f.TreeFault()
}

// mayRetry reports whether a failed build is to be built again now that the
// controllers began at the given time: once for every start.
func mayRetry(s v1.BuildStatus, since time.Time) bool {
	return s.Phase == v1.BuildFailed && strings.HasPrefix(s.Message, notTheTree) &&
		(s.FinishedAt == nil || s.FinishedAt.Time.Before(since.Truncate(time.Second)))
}

// pause is how long to wait after so many tries.
func pause(tried int) time.Duration {
	p := firstPause
	for range min(tried, mostTries) - 1 {
		p = min(2*p, mostPause)
	}
	return p
}

// tries counts failed tries to build, and when the next one is due. Losing them
// with the process is harmless: it tries at once.
type tries struct {
	mu sync.Mutex
	of map[string]try
}

type try struct {
	count int
	next  time.Time
}

func (t *tries) failed(build string, now time.Time) try {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[string]try{}
	}
	n := t.of[build].count + 1
	t.of[build] = try{count: n, next: now.Round(0).Add(pause(n))}
	return t.of[build]
}

// wait is how long the next try is away.
func (t *tries) wait(build string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.of[build].next.Sub(now.Round(0)), 0)
}

func (t *tries) forget(build string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, build)
}

package probe

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Answer is what one attempt found; nil means well.
type Answer = error

// Result is something that has been decided, or an attempt that failed.
type Result struct {
	Kind    Kind
	OK      bool
	Decided bool  // enough attempts agreed
	Err     error // of the last attempt
}

const (
	// eager is the first pause between attempts while a container has not yet
	// been well. A service that needs 30 ms to start need not wait for the
	// second period to be called ready.
	eager         = 40 * time.Millisecond
	defaultPeriod = 10 * time.Second
)

// Run asks until ctx is done, or for a startup probe until it is decided.
// Report is called from the same goroutine for each change and each failure.
//
// Until the first success attempts come faster than the period says, with
// growing pauses; failures between the periods are not counted, so that
// thresholds mean what they say.
func Run(ctx context.Context, kind Kind, p *corev1.Probe, attempt func(context.Context) Answer, report func(Result)) {
	period := time.Duration(p.PeriodSeconds) * time.Second
	if period <= 0 {
		period = defaultPeriod
	}
	timeout := max(time.Duration(p.TimeoutSeconds)*time.Second, time.Second)
	timer := time.NewTimer(time.Duration(p.InitialDelaySeconds) * time.Second)
	defer timer.Stop()

	m := newMachine(p)
	var (
		counted   time.Time // when an attempt was last counted
		well      bool      // has it been well before
		pause     = eager
		decided   bool
		decidedOK bool
	)
	hurry := kind != Liveness
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := time.Now()
		asking, cancel := context.WithTimeout(ctx, timeout)
		err := attempt(asking)
		cancel()
		if ctx.Err() != nil {
			return
		}
		ok := err == nil
		next := period
		if counted.IsZero() {
			counted = began // the first failure in a hurry says nothing yet
		}
		counts := ok || !hurry || well || began.Sub(counted) >= period
		if !ok && hurry && !well {
			next = min(pause, period)
			pause = pause * 3 / 2
			if !counts {
				next = min(next, max(period-began.Sub(counted), time.Millisecond))
			}
		}
		if counts {
			counted = began
			enough := m.observe(ok)
			if ok && !enough && hurry && !well {
				next = period
			}
			well = well || ok && enough
			changed := enough && (!decided || decidedOK != ok)
			if enough {
				decided, decidedOK = true, ok
			}
			if changed || !ok {
				report(Result{Kind: kind, OK: ok, Decided: enough, Err: err})
			}
			if kind == Startup && enough {
				return
			}
		}
		timer.Reset(max(next-time.Since(began), 0))
	}
}

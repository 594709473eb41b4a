package serve

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// faults make business endpoints misbehave on purpose, to try out alerts,
// canaries and callers. Health stays as it is.
//
//	FAULT_ERROR_RATE=20%   answer every fifth request with 500
//	FAULT_LATENCY=300ms    answer every request that much later
type faults struct {
	errorRate float64
	latency   time.Duration
}

func parseFaults(rate, latency string) (faults, error) {
	var f faults
	if rate != "" {
		number, percent := strings.CutSuffix(strings.TrimSpace(rate), "%")
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if percent {
			v /= 100
		}
		if err != nil || !(v >= 0 && v <= 1) {
			return f, fmt.Errorf("FAULT_ERROR_RATE %q is not a share such as 20%%", rate)
		}
		f.errorRate = v
	}
	if latency != "" {
		d, err := time.ParseDuration(latency)
		if err != nil || d < 0 {
			return f, fmt.Errorf("FAULT_LATENCY %q is not a duration such as 300ms", latency)
		}
		f.latency = d
	}
	return f, nil
}

func (f faults) wrap(next Endpoint) Endpoint {
	if f == (faults{}) {
		return next
	}
	return func(r *http.Request) (any, error) {
		if f.latency > 0 {
			wait := time.NewTimer(f.latency)
			defer wait.Stop()
			select {
			case <-wait.C:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		if rand.Float64() < f.errorRate {
			return nil, Errorf(http.StatusInternalServerError, "failing on purpose (FAULT_ERROR_RATE)")
		}
		return next(r)
	}
}

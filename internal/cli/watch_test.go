package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v1 "paddock.dev/api/v1"
)

// flaky answers, then does not, then answers again, and then the person has
// seen enough.
func flaky(answer v1.Status, interrupt func(), script string) func(context.Context) (v1.Status, error) {
	n := 0
	return func(context.Context) (v1.Status, error) {
		if n++; n >= len(script) {
			interrupt()
		}
		if script[n-1] == 'x' {
			return v1.Status{}, errors.New("connection refused")
		}
		return answer, nil
	}
}

func TestWatchOutlivesASilentAPI(t *testing.T) {
	status := sample[v1.Status](t, "status.json")
	for _, terminal := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var out, errs bytes.Buffer
			ctx, interrupt := context.WithCancel(t.Context())
			a := &app{cfg: Config{Now: time.Now}, streams: Streams{Out: &out, Err: &errs, OutTerminal: terminal}}
			if err := a.watchStatus(ctx, &output{format: "text"}, flaky(status, interrupt, ".xx."), func() bool { return true }); err != nil {
				t.Fatal(err)
			}
			said := errs.String()
			if terminal {
				said = out.String()
				if n := strings.Count(said, "booking"); n < 5 {
					t.Errorf("the picture did not stay:\n%q", said)
				}
				if n := strings.Count(said, noAnswer); n != 2 {
					t.Errorf("%d of 2 frames say that there is no answer", n)
				}
			} else if strings.Count(said, noAnswer) != 1 || strings.Count(said, answerAgain) != 1 {
				t.Errorf("said %q", said)
			}
		})
	}
}

func TestWatchEndsWithTheSupervisor(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			began := time.Now()
			alive := func() bool { return time.Since(began) < 3*time.Second }
			a := &app{cfg: Config{Now: time.Now}, streams: Streams{Out: &out, Err: &bytes.Buffer{}, OutTerminal: terminal}}
			err := a.watchStatus(t.Context(), &output{format: "text"}, flaky(sample[v1.Status](t, "status.json"), func() {}, ".xxxxx"), alive)
			if idOf(err) != "stopped" {
				t.Errorf("got %v", err)
			}
		})
	}
}

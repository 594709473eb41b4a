package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestStackStopsInReverse(t *testing.T) {
	s := newStack(slog.New(slog.DiscardHandler))
	var mu sync.Mutex
	var ended []string
	for _, name := range []string{"engine", "node", "gateway"} {
		s.start(name, func(ctx context.Context) error {
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, name)
			return nil
		})
	}
	if err := s.stop(time.Minute); err != nil {
		t.Fatal(err)
	}
	if want := []string{"gateway", "node", "engine"}; !slices.Equal(ended, want) {
		t.Errorf("ended %v, want %v", ended, want)
	}
}

func TestStackNamesWhatFailed(t *testing.T) {
	s := newStack(slog.New(slog.DiscardHandler))
	s.start("node", func(ctx context.Context) error { <-ctx.Done(); return nil })
	s.start("engine", func(context.Context) error { return errors.New("no space left") })
	if err := <-s.failed; err == nil || err.Error() != "engine: no space left" {
		t.Errorf("failed with %v", err)
	}
	_ = s.stop(time.Minute)
}

func TestStackDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(slog.New(slog.DiscardHandler))
		release := make(chan struct{})
		stopped := false
		s.start("engine", func(ctx context.Context) error { <-ctx.Done(); stopped = true; return nil })
		s.start("stuck", func(context.Context) error { <-release; return nil })
		err := s.stop(5 * time.Second)
		if err == nil || !strings.Contains(err.Error(), "stop stuck: not done after 5s") {
			t.Errorf("error %v", err)
		}
		if !stopped {
			t.Error("a stuck part kept the one below it from stopping")
		}
		close(release)
	})
}

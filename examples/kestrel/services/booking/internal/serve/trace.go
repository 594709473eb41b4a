package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"regexp"
)

// trace is where a request stands in a W3C trace.
type trace struct{ id, span, flags string }

var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$`)

// traceOf continues the caller's trace with a span of our own, or begins one.
func traceOf(header string) trace {
	t := trace{span: randomHex(8), flags: "01"}
	if m := traceparent.FindStringSubmatch(header); m != nil && m[1] != "00000000000000000000000000000000" {
		t.id, t.flags = m[1], m[3]
	} else {
		t.id = randomHex(16)
	}
	return t
}

// header is the traceparent for calls made on behalf of the request.
func (t trace) header() string { return "00-" + t.id + "-" + t.span + "-" + t.flags }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

type traceKey struct{}

func withTrace(ctx context.Context, t trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

func traceFrom(ctx context.Context) (trace, bool) {
	t, ok := ctx.Value(traceKey{}).(trace)
	return t, ok
}

// traced adds the trace of the request to every log line about it.
type traced struct{ slog.Handler }

func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

func (h traced) Handle(ctx context.Context, record slog.Record) error {
	if t, ok := traceFrom(ctx); ok {
		record.AddAttrs(slog.String("trace_id", t.id), slog.String("span_id", t.span))
	}
	return h.Handler.Handle(ctx, record)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }
func (h traced) WithGroup(name string) slog.Handler       { return traced{h.Handler.WithGroup(name)} }

package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"paddock.dev/internal/diag"
)

// headers of everything a browser shows. Nothing inline, nothing from elsewhere.
var headers = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"Cache-Control":                "no-store",
}

// browser is the one place where handlers' errors are answered and logged.
func (s *Server) browser(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		err := handle(w, r)
		var answer *answer
		switch {
		case err == nil, errors.Is(err, context.Canceled): // the reader left
		case errors.As(err, &answer):
			http.Error(w, answer.text, answer.code)
		default:
			s.cfg.Logger.Warn("console request failed", "path", r.URL.Path, "error", err)
			http.Error(w, sentence(err), http.StatusServiceUnavailable)
		}
	})
}

// answer is an error with an HTTP status of its own.
type answer struct {
	code int
	text string
}

func (a *answer) Error() string { return a.text }

// sentence is an error as the reader of a page sees it.
func sentence(err error) string {
	var p diag.Problem
	if errors.As(err, &p) {
		return p.Summary + "."
	}
	return "The platform's API does not answer: " + err.Error()
}

// onlyOurHosts refuses names that others control. A page anywhere can make its
// own name point at 127.0.0.1 and would then be of the same origin as the git
// host; it cannot make its name an address or end in .localhost.
func onlyOurHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r.Host) {
			http.Error(w, "This is the console of a Paddock platform; reach it by its address or as localhost.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func ours(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".paddock.internal")
}

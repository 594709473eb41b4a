package gateway

import (
	"encoding/hex"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"paddock.dev/internal/cluster/gateway/upstream"
)

// hop reports whether a header belongs to one connection (RFC 9110, 7.6.1) and
// is not passed on.
func hop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// ours reports whether a request header is written by the gateway itself.
func ours(name string) bool {
	switch name {
	case "Content-Length", "Expect", "Host", "Traceparent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto":
		return true
	}
	return false
}

// named reports whether a Connection header names a header as its own.
func named(connection []string, name string) bool {
	for _, v := range connection {
		for token := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(token), name) {
				return true
			}
		}
	}
	return false
}

// head assembles the request as the endpoint gets it, with a small body.
func (x *exchange) head(b []byte) []byte {
	r, header, host := x.r, x.r.Header, x.r.Host
	target := r.RequestURI
	if r.URL.IsAbs() || target == "" {
		target = r.URL.RequestURI()
	}
	if w := x.rule.Rewrite; w != nil {
		if w.Host != "" {
			host, x.newHost = w.Host, w.Host
		}
		if w.Path != nil {
			target = w.Path.Apply(r.URL, x.prefix)
			if r.URL.RawQuery != "" {
				target += "?" + r.URL.RawQuery
			}
			x.newTarget = target
		}
	}
	if !x.rule.Request.Empty() || !x.ref.Request.Empty() {
		header = header.Clone()
		delete(header, "Host")
		x.rule.Request.Apply(header)
		x.ref.Request.Apply(header)
		if v := header["Host"]; len(v) > 0 {
			host = v[len(v)-1]
		}
	}
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, target...)
	b = append(b, " HTTP/1.1\r\n"...)
	b = upstream.AppendHeader(b, "Host", host)
	connection := header["Connection"]
	for name, values := range header {
		if hop(name) || ours(name) || connection != nil && named(connection, name) {
			continue
		}
		for _, v := range values {
			b = upstream.AppendHeader(b, name, v)
		}
	}
	b = x.forwarded(b, header)
	b = append(b, "Traceparent: "...)
	b = append(b, x.traceparent[:]...)
	b = append(b, "\r\n"...)
	if httpguts.HeaderValuesContainsToken(header["Te"], "trailers") {
		b = upstream.AppendHeader(b, "Te", "trailers")
	}
	if protocol := upgradeOf(header); protocol != "" {
		b = upstream.AppendHeader(b, "Connection", "Upgrade")
		b = upstream.AppendHeader(b, "Upgrade", protocol)
	}
	switch {
	case r.ContentLength > 0 || r.ContentLength == 0 && (r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch):
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, r.ContentLength, 10)
		b = append(b, "\r\n"...)
	case r.ContentLength < 0:
		if len(r.Trailer) > 0 {
			for name := range r.Trailer {
				b = upstream.AppendHeader(b, "Trailer", name)
			}
		}
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, x.small...)
}

// forwarded appends who sent the request, to which host and how.
func (x *exchange) forwarded(b []byte, header http.Header) []byte {
	client, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		client = "unknown"
	}
	b = append(b, "X-Forwarded-For: "...)
	for _, v := range header["X-Forwarded-For"] {
		b = append(b, v...)
		b = append(b, ", "...)
	}
	b = append(b, client...)
	b = append(b, "\r\nX-Forwarded-Host: "...)
	b = append(b, x.r.Host...)
	if x.r.TLS != nil {
		return append(b, "\r\nX-Forwarded-Proto: https\r\n"...)
	}
	return append(b, "\r\nX-Forwarded-Proto: http\r\n"...)
}

// upgradeOf is the protocol that a message wants to change to.
func upgradeOf(h http.Header) string {
	if v := h["Upgrade"]; len(v) > 0 && httpguts.HeaderValuesContainsToken(h["Connection"], "upgrade") {
		return v[0]
	}
	return ""
}

// copyHeader copies what an answer says, without what was said to us only. The
// values are shared: nobody changes them in place.
func copyHeader(to, from http.Header) {
	connection := from["Connection"]
	for name, values := range from {
		if !hop(name) && (connection == nil || !named(connection, name)) {
			to[name] = values
		}
	}
}

// trace takes the W3C trace context of the request, or begins one.
func (x *exchange) trace() {
	if v := x.r.Header["Traceparent"]; len(v) == 1 && validTraceparent(v[0]) {
		copy(x.traceparent[:], v[0])
		return
	}
	b := append(x.traceparent[:0], "00-"...)
	b = randomHex(b, 16)
	b = append(b, '-')
	b = randomHex(b, 8)
	_ = append(b, "-01"...)
}

// validTraceparent reports whether s is a traceparent of version 00.
func validTraceparent(s string) bool {
	if len(s) != 55 || s[:3] != "00-" || s[35] != '-' || s[52] != '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i != 2 && i != 35 && i != 52 && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s[3:35] != "00000000000000000000000000000000" && s[36:52] != "0000000000000000"
}

// randomHex appends n random bytes in hexadecimal; n is 8 or 16.
func randomHex(b []byte, n int) []byte {
	var raw [16]byte
	for i := 0; i < n; i += 8 {
		v := rand.Uint64()
		for j := range 8 {
			raw[i+j] = byte(v >> (8 * j))
		}
	}
	return hex.AppendEncode(b, raw[:n])
}

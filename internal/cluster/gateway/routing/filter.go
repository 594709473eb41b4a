package routing

import (
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Header is one name, in canonical form, and one value.
type Header struct{ Name, Value string }

// Headers is a change of a header block.
type Headers struct {
	Set, Add []Header
	Remove   []string
}

// Empty reports whether nothing changes.
func (h *Headers) Empty() bool { return len(h.Set) == 0 && len(h.Add) == 0 && len(h.Remove) == 0 }

// Apply changes a header block in place. A lone Host among the names is left to
// the caller, who knows where the host of a request is kept.
func (h *Headers) Apply(to http.Header) {
	for _, s := range h.Set {
		to[s.Name] = []string{s.Value}
	}
	for _, a := range h.Add {
		// A full slice expression: the values may be shared with others.
		v := to[a.Name]
		to[a.Name] = append(v[:len(v):len(v)], a.Value)
	}
	for _, name := range h.Remove {
		delete(to, name)
	}
}

// headers reads a header filter; one that would break the message is refused.
func headers(f *gatewayv1.HTTPHeaderFilter) (Headers, error) {
	var h Headers
	if f == nil {
		return h, fmt.Errorf("the header filter is empty")
	}
	read := func(list []gatewayv1.HTTPHeader) ([]Header, error) {
		var out []Header
		for _, e := range list {
			name := textproto.CanonicalMIMEHeaderKey(string(e.Name))
			if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(e.Value) {
				return nil, fmt.Errorf("header %q: %q is not a valid header", e.Name, e.Value)
			}
			if framing[name] {
				return nil, fmt.Errorf("header %q belongs to the connection and cannot be changed", e.Name)
			}
			out = append(out, Header{name, e.Value})
		}
		return out, nil
	}
	var err error
	if h.Set, err = read(f.Set); err != nil {
		return h, err
	}
	if h.Add, err = read(f.Add); err != nil {
		return h, err
	}
	for _, name := range f.Remove {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if framing[name] {
			return h, fmt.Errorf("header %q belongs to the connection and cannot be changed", name)
		}
		h.Remove = append(h.Remove, name)
	}
	return h, nil
}

// framing headers delimit messages; a filter that wrote them could smuggle one
// request inside another.
var framing = map[string]bool{"Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Upgrade": true, "Te": true, "Trailer": true}

// PathEdit replaces a path or the prefix that matched.
type PathEdit struct {
	full   *string
	prefix *string
}

func pathEdit(m *gatewayv1.HTTPPathModifier) (*PathEdit, error) {
	if m == nil {
		return nil, nil
	}
	switch {
	case m.Type == gatewayv1.FullPathHTTPPathModifier && m.ReplaceFullPath != nil:
		return &PathEdit{full: m.ReplaceFullPath}, nil
	case m.Type == gatewayv1.PrefixMatchHTTPPathModifier && m.ReplacePrefixMatch != nil:
		return &PathEdit{prefix: m.ReplacePrefixMatch}, nil
	}
	return nil, fmt.Errorf("path modifier %q is not supported", m.Type)
}

// Apply returns the escaped path of u after the edit; matched is the prefix
// that the rule matched.
func (e *PathEdit) Apply(u *url.URL, matched string) string {
	escaped := u.EscapedPath()
	if e == nil {
		return escaped
	}
	var path string
	switch {
	case e.full != nil:
		path = (&url.URL{Path: *e.full}).EscapedPath()
	case strings.HasPrefix(escaped, matched):
		// The rest keeps the client's own escapes.
		path = (&url.URL{Path: strings.TrimSuffix(*e.prefix, "/")}).EscapedPath() + escaped[len(matched):]
	default:
		path = (&url.URL{Path: strings.TrimSuffix(*e.prefix, "/") + strings.TrimPrefix(u.Path, matched)}).EscapedPath()
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// Rewrite changes the request on its way to the backend.
type Rewrite struct {
	// Host is empty when it stays.
	Host string
	// Path is nil when it stays.
	Path *PathEdit
}

func rewrite(f *gatewayv1.HTTPURLRewriteFilter) (*Rewrite, error) {
	if f == nil {
		return nil, fmt.Errorf("the rewrite filter is empty")
	}
	path, err := pathEdit(f.Path)
	if err != nil {
		return nil, err
	}
	r := &Rewrite{Path: path}
	if f.Hostname != nil {
		r.Host = string(*f.Hostname)
	}
	return r, nil
}

// Redirect answers with another location.
type Redirect struct {
	Status       int
	scheme, host string
	port         int32
	path         *PathEdit
}

func redirect(f *gatewayv1.HTTPRequestRedirectFilter) (*Redirect, error) {
	if f == nil {
		return nil, fmt.Errorf("the redirect filter is empty")
	}
	path, err := pathEdit(f.Path)
	if err != nil {
		return nil, err
	}
	r := &Redirect{Status: http.StatusFound, path: path}
	if f.StatusCode != nil {
		r.Status = *f.StatusCode
	}
	if r.Status < 300 || r.Status > 399 {
		return nil, fmt.Errorf("status %d is not a redirect", r.Status)
	}
	if f.Scheme != nil {
		r.scheme = strings.ToLower(*f.Scheme)
		if r.scheme != "http" && r.scheme != "https" {
			return nil, fmt.Errorf("scheme %q is not supported", *f.Scheme)
		}
	}
	if f.Hostname != nil {
		r.host = string(*f.Hostname)
	}
	if f.Port != nil {
		r.port = int32(*f.Port)
	}
	return r, nil
}

// Location is where the request is sent. The port is the one that the client
// used, unless the filter names a port or a scheme: that is the port of the
// listener as the client sees it.
func (d *Redirect) Location(r *http.Request, matched string) string {
	scheme, host, port := "http", r.Host, ""
	if r.TLS != nil {
		scheme = "https"
	}
	if h, p, err := net.SplitHostPort(r.Host); err == nil {
		host, port = h, p
	}
	if d.host != "" {
		host = d.host
	}
	if d.scheme != "" {
		scheme, port = d.scheme, ""
	}
	if d.port != 0 {
		port = fmt.Sprint(d.port)
	}
	if port == "80" && scheme == "http" || port == "443" && scheme == "https" {
		port = ""
	}
	switch {
	case port != "":
		host = net.JoinHostPort(strings.Trim(host, "[]"), port)
	case strings.Contains(host, ":") && !strings.HasPrefix(host, "["):
		host = "[" + host + "]"
	}
	location := scheme + "://" + host + d.path.Apply(r.URL, matched)
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	return location
}

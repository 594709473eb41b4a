package routing

import (
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// rule fills in what happens to the requests. The reason returned is of a rule
// that cannot be served as written; references that do not resolve are noted in
// c and fail their own share only.
func (b *builder) rule(rule *Rule, spec *gatewayv1.HTTPRouteRule, c *compiled) reason {
	unsupported := func(err error) reason {
		return reason{gatewayv1.RouteReasonUnsupportedValue, err.Error()}
	}
	var err error
	for i := range spec.Filters {
		f := &spec.Filters[i]
		switch f.Type {
		case gatewayv1.HTTPRouteFilterRequestHeaderModifier:
			rule.Request, err = headers(f.RequestHeaderModifier)
		case gatewayv1.HTTPRouteFilterResponseHeaderModifier:
			rule.Response, err = headers(f.ResponseHeaderModifier)
		case gatewayv1.HTTPRouteFilterRequestRedirect:
			rule.Redirect, err = redirect(f.RequestRedirect)
		case gatewayv1.HTTPRouteFilterURLRewrite:
			rule.Rewrite, err = rewrite(f.URLRewrite)
		case gatewayv1.HTTPRouteFilterRequestMirror:
			err = b.mirror(rule, f.RequestMirror, c)
		default:
			err = fmt.Errorf("filter %s is not supported", f.Type)
		}
		if err != nil {
			return unsupported(err)
		}
	}
	if rule.Redirect != nil && rule.Rewrite != nil {
		return reason{gatewayv1.RouteReasonIncompatibleFilters, "a rule cannot both redirect and rewrite"}
	}
	if prefixEdit(rule) && !onePrefix(spec) {
		return reason{gatewayv1.RouteReasonIncompatibleFilters, "replacePrefixMatch needs exactly one PathPrefix match"}
	}
	if t := spec.Timeouts; t != nil {
		if rule.RequestTimeout, err = timeout(t.Request); err != nil {
			return unsupported(err)
		}
		if rule.BackendTimeout, err = timeout(t.BackendRequest); err != nil {
			return unsupported(err)
		}
	}
	for i := range spec.BackendRefs {
		ref, err := b.ref(rule, &spec.BackendRefs[i], c)
		if err != nil {
			return unsupported(err)
		}
		if ref.Weight > 0 {
			rule.Refs = append(rule.Refs, ref)
			rule.Total += ref.Weight
		}
	}
	return reason{}
}

func (b *builder) ref(rule *Rule, spec *gatewayv1.HTTPBackendRef, c *compiled) (Ref, error) {
	ref := Ref{Weight: 1, Backend: -1}
	if spec.Weight != nil {
		ref.Weight = uint32(min(max(*spec.Weight, 0), 1_000_000))
	}
	var err error
	for i := range spec.Filters {
		f := &spec.Filters[i]
		switch f.Type {
		case gatewayv1.HTTPRouteFilterRequestHeaderModifier:
			ref.Request, err = headers(f.RequestHeaderModifier)
		case gatewayv1.HTTPRouteFilterResponseHeaderModifier:
			ref.Response, err = headers(f.ResponseHeaderModifier)
		default:
			err = fmt.Errorf("filter %s is not supported at a backendRef", f.Type)
		}
		if err != nil {
			return ref, err
		}
	}
	index, why := b.resolve(rule.Route.Namespace, spec.BackendObjectReference, ref.Weight > 0)
	if why.word != "" {
		ref.Why = why.message
		if c.refs.word == "" {
			c.refs = why
		}
		return ref, nil
	}
	ref.Backend = index
	return ref, nil
}

func (b *builder) mirror(rule *Rule, f *gatewayv1.HTTPRequestMirrorFilter, c *compiled) error {
	if f == nil {
		return fmt.Errorf("the mirror filter is empty")
	}
	m := Mirror{Numerator: 1, Denominator: 1}
	switch {
	case f.Percent != nil:
		m.Numerator, m.Denominator = uint32(max(*f.Percent, 0)), 100
	case f.Fraction != nil:
		m.Numerator, m.Denominator = uint32(max(f.Fraction.Numerator, 0)), 100
		if f.Fraction.Denominator != nil {
			m.Denominator = uint32(max(*f.Fraction.Denominator, 1))
		}
	}
	index, why := b.resolve(rule.Route.Namespace, f.BackendRef, true)
	if why.word != "" {
		if c.refs.word == "" {
			c.refs = why
		}
		return nil // nobody waits for a mirror: the request itself goes on
	}
	m.Backend = index
	rule.Mirrors = append(rule.Mirrors, m)
	return nil
}

// resolve finds the backend of a reference. A reference that gets no requests
// is checked and not added to the table.
func (b *builder) resolve(from string, ref gatewayv1.BackendObjectReference, used bool) (int, reason) {
	if ref.Group != nil && *ref.Group != "" && *ref.Group != "core" || ref.Kind != nil && *ref.Kind != "Service" {
		return -1, reason{gatewayv1.RouteReasonInvalidKind, "backend " + string(ref.Name) + " is not a Service"}
	}
	name := types.NamespacedName{Namespace: from, Name: string(ref.Name)}
	if ref.Namespace != nil {
		name.Namespace = string(*ref.Namespace)
	}
	if name.Namespace != from && !b.granted(from, name) {
		return -1, reason{gatewayv1.RouteReasonRefNotPermitted, "no ReferenceGrant in namespace " + name.Namespace + " lets routes of " + from + " use Service " + name.Name}
	}
	if ref.Port == nil {
		return -1, reason{gatewayv1.RouteReasonUnsupportedValue, "backend " + name.String() + " names no port"}
	}
	before := len(b.table.Backends)
	index, why := b.backend(name, int32(*ref.Port))
	if !used && len(b.table.Backends) > before {
		delete(b.backends, backendKey{name, int32(*ref.Port)})
		b.table.Backends = b.table.Backends[:before]
	}
	return index, why
}

func (b *builder) granted(from string, to types.NamespacedName) bool {
	for i := range b.grants {
		g := &b.grants[i]
		if g.Namespace != to.Namespace {
			continue
		}
		source, target := false, false
		for _, f := range g.Spec.From {
			source = source || f.Group == gatewayv1.GroupName && f.Kind == "HTTPRoute" && string(f.Namespace) == from
		}
		for _, t := range g.Spec.To {
			target = target || (t.Group == "" || t.Group == "core") && t.Kind == "Service" && (t.Name == nil || *t.Name == "" || string(*t.Name) == to.Name)
		}
		if source && target {
			return true
		}
	}
	return false
}

func prefixEdit(r *Rule) bool {
	return r.Redirect != nil && r.Redirect.path != nil && r.Redirect.path.prefix != nil ||
		r.Rewrite != nil && r.Rewrite.Path != nil && r.Rewrite.Path.prefix != nil
}

func onePrefix(spec *gatewayv1.HTTPRouteRule) bool {
	if len(spec.Matches) == 0 {
		return true // "/" by default
	}
	if len(spec.Matches) > 1 {
		return false
	}
	p := spec.Matches[0].Path
	return p == nil || p.Type == nil || *p.Type == gatewayv1.PathMatchPathPrefix
}

package routing

import (
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// route attaches one HTTPRoute to its parents that are ours.
func (b *builder) route(r *gatewayv1.HTTPRoute) RouteReport {
	name := types.NamespacedName{Namespace: r.Namespace, Name: r.Name}
	report := RouteReport{Name: name}
	var c *compiled // once, and only when a parent is ours
	placed := map[string]bool{}
	for _, ref := range r.Spec.ParentRefs {
		parent := types.NamespacedName{Namespace: r.Namespace, Name: string(ref.Name)}
		if ref.Namespace != nil {
			parent.Namespace = string(*ref.Namespace)
		}
		var why reason
		var place func()
		switch kindOf(ref) {
		case "Gateway":
			g := b.gateways[parent]
			if g == nil {
				continue // another controller's
			}
			listeners, refused := g.attach(r, ref, b)
			if why = refused; len(listeners) > 0 {
				why = reason{}
			}
			place = func() {
				for _, l := range g.listeners {
					for _, host := range listeners[l] {
						key := l.hostname + " " + host
						if !placed[key] {
							placed[key] = true
							b.place(l.hostname, host, c.entries)
						}
					}
					if len(listeners[l]) > 0 {
						l.attached++
					}
				}
			}
		case "Service":
			why = b.meshParent(r, ref, parent)
			place = func() {
				port := int32(0)
				if ref.Port != nil {
					port = int32(*ref.Port)
				}
				if b.mesh[parent] == nil {
					b.mesh[parent] = map[int32][]*entry{}
				}
				b.mesh[parent][port] = append(b.mesh[parent][port], c.entries...)
			}
		default:
			continue
		}
		if c == nil {
			c = b.compile(r)
		}
		if why == (reason{}) {
			why = c.refused
		}
		if why == (reason{}) {
			place()
		}
		report.Parents = append(report.Parents, c.status(ref, r.Generation, why))
	}
	return report
}

func kindOf(ref gatewayv1.ParentReference) string {
	group, kind := gatewayv1.Group(gatewayv1.GroupName), gatewayv1.Kind("Gateway")
	if ref.Group != nil {
		group = *ref.Group
	}
	if ref.Kind != nil {
		kind = *ref.Kind
	}
	switch {
	case group == gatewayv1.GroupName && kind == "Gateway", (group == "" || group == "core") && kind == "Service":
		return string(kind)
	}
	return ""
}

// meshParent checks a Service parent. Only routes in the Service's own
// namespace count: they speak for its owner. A route elsewhere would have to
// hold for callers of that namespace alone, and a caller is not known here.
func (b *builder) meshParent(r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference, parent types.NamespacedName) reason {
	if parent.Namespace != r.Namespace {
		return reason{gatewayv1.RouteReasonUnsupportedValue, "a Service parent must be in the route's own namespace"}
	}
	svc := b.services[parent]
	if svc == nil {
		return reason{gatewayv1.RouteReasonNoMatchingParent, "Service " + parent.String() + " does not exist"}
	}
	if ref.Port == nil {
		return reason{}
	}
	for _, p := range svc.Spec.Ports {
		if p.Port == int32(*ref.Port) {
			return reason{}
		}
	}
	return reason{gatewayv1.RouteReasonNoMatchingParent, "Service " + parent.String() + " has no port " + decimal(int32(*ref.Port))}
}

func (b *builder) place(listener, host string, entries []*entry) {
	if b.attached[listener] == nil {
		b.attached[listener] = map[string][]*entry{}
	}
	b.attached[listener][host] = append(b.attached[listener][host], entries...)
}

// compiled is a route without its parents.
type compiled struct {
	entries []*entry
	refused reason // of the whole route
	partly  reason // of some rules
	refs    reason // the first reference that does not resolve
}

func (b *builder) compile(r *gatewayv1.HTTPRoute) *compiled {
	c := &compiled{}
	name := types.NamespacedName{Namespace: r.Namespace, Name: r.Name}
	bad, order := 0, 0
	for i := range r.Spec.Rules {
		spec := &r.Spec.Rules[i]
		rule := &Rule{Route: name, Priority: i + 1}
		if why := b.rule(rule, spec, c); why.word != "" {
			// Its requests fail: sending them on without the filter, or to a less
			// specific rule, is not what was asked for.
			rule.Fault = why.message
			c.partly = reason{why.word, fmt.Sprintf("rule %d answers 500: %s", i+1, why.message)}
		}
		matches, before := spec.Matches, len(c.entries)
		if len(matches) == 0 {
			matches = []gatewayv1.HTTPRouteMatch{{}}
		}
		for j := range matches {
			e, err := newEntry(&matches[j])
			if err != nil {
				c.partly = reason{gatewayv1.RouteReasonUnsupportedValue, fmt.Sprintf("rule %d: match %d is dropped: %s", i+1, j+1, err)}
				continue
			}
			e.rule, e.created, e.route, e.order = rule, r.CreationTimestamp.Time, name.String(), order
			order++
			c.entries = append(c.entries, e)
		}
		if rule.Fault != "" || len(c.entries) == before {
			bad++
		}
	}
	if bad > 0 && bad == len(r.Spec.Rules) {
		c.refused = c.partly
	}
	return c
}

func newEntry(m *gatewayv1.HTTPRouteMatch) (*entry, error) {
	e := &entry{kind: pathPrefix}
	if m.Path != nil {
		kind, path := gatewayv1.PathMatchPathPrefix, "/"
		if m.Path.Type != nil {
			kind = *m.Path.Type
		}
		if m.Path.Value != nil {
			path = *m.Path.Value
		}
		switch kind {
		case gatewayv1.PathMatchExact:
			e.kind, e.path = pathExact, path
		case gatewayv1.PathMatchPathPrefix:
			e.path = strings.TrimRight(path, "/")
		case gatewayv1.PathMatchRegularExpression:
			p, err := whole(path)
			if err != nil {
				return nil, err
			}
			e.kind, e.path, e.pattern = pathRegex, path, p
		default:
			return nil, fmt.Errorf("path match type %q is not supported", kind)
		}
	}
	if m.Method != nil {
		e.method = string(*m.Method)
	}
	for _, h := range m.Headers {
		v := value{name: textproto.CanonicalMIMEHeaderKey(string(h.Name)), want: h.Value}
		if err := v.kind(h.Type != nil && *h.Type != gatewayv1.HeaderMatchExact, h.Type != nil && *h.Type == gatewayv1.HeaderMatchRegularExpression); err != nil {
			return nil, fmt.Errorf("header %s: %w", h.Name, err)
		}
		e.headers = add(e.headers, v)
	}
	for _, q := range m.QueryParams {
		v := value{name: string(q.Name), want: q.Value}
		if err := v.kind(q.Type != nil && *q.Type != gatewayv1.QueryParamMatchExact, q.Type != nil && *q.Type == gatewayv1.QueryParamMatchRegularExpression); err != nil {
			return nil, fmt.Errorf("query parameter %s: %w", q.Name, err)
		}
		e.query = add(e.query, v)
	}
	return e, nil
}

func (v *value) kind(special, pattern bool) (err error) {
	if special && !pattern {
		return fmt.Errorf("the match type is not supported")
	}
	if pattern {
		v.pattern, err = whole(v.want)
	}
	return err
}

// add keeps the first of several matches with one name, as the specification
// says.
func add(to []value, v value) []value {
	for _, have := range to {
		if have.name == v.name {
			return to
		}
	}
	return append(to, v)
}

// whole compiles an RE2 expression that must match the whole text.
func whole(expr string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(expr); err != nil {
		return nil, err // before the parentheses below could hide it
	}
	return regexp.Compile("^(?:" + expr + ")$")
}

// timeout reads a Gateway API duration; absent and zero mean no bound.
func timeout(d *gatewayv1.Duration) (time.Duration, error) {
	if d == nil {
		return 0, nil
	}
	return time.ParseDuration(string(*d))
}

func (c *compiled) status(ref gatewayv1.ParentReference, generation int64, why reason) gatewayv1.RouteParentStatus {
	accepted := condition(string(gatewayv1.RouteConditionAccepted), why.word == "", string(gatewayv1.RouteReasonAccepted), why.message, generation)
	if why.word != "" {
		accepted.Reason = string(why.word)
	}
	resolved := condition(string(gatewayv1.RouteConditionResolvedRefs), c.refs.word == "", string(gatewayv1.RouteReasonResolvedRefs), c.refs.message, generation)
	if c.refs.word != "" {
		resolved.Reason = string(c.refs.word)
	}
	conditions := []metav1.Condition{accepted, resolved}
	if c.partly.word != "" && why.word == "" {
		conditions = append(conditions, condition(string(gatewayv1.RouteConditionPartiallyInvalid), true, string(c.partly.word), c.partly.message, generation))
	}
	return gatewayv1.RouteParentStatus{ParentRef: ref, ControllerName: Controller, Conditions: conditions}
}

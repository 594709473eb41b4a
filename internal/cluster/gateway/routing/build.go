package routing

import (
	"cmp"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
)

// Build makes the table and the report that belongs to it.
func Build(s Snapshot) (*Table, Report) {
	b := &builder{
		table:      &Table{services: map[types.NamespacedName]*serviceRoutes{}},
		services:   map[types.NamespacedName]*corev1.Service{},
		slices:     map[types.NamespacedName][]*discoveryv1.EndpointSlice{},
		namespaces: map[string]*corev1.Namespace{},
		grants:     s.Grants,
		backends:   map[backendKey]int{},
		attached:   map[string]map[string][]*entry{},
		mesh:       map[types.NamespacedName]map[int32][]*entry{},
	}
	for i := range s.Services {
		svc := &s.Services[i]
		b.services[types.NamespacedName{Namespace: svc.Namespace, Name: svc.Name}] = svc
	}
	for i := range s.Slices {
		slice := &s.Slices[i]
		key := types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}
		b.slices[key] = append(b.slices[key], slice)
	}
	for i := range s.Namespaces {
		b.namespaces[s.Namespaces[i].Name] = &s.Namespaces[i]
	}

	var report Report
	ours := map[string]bool{}
	for i := range s.Classes {
		if c := &s.Classes[i]; c.Spec.ControllerName == Controller {
			r, accepted := class(c)
			ours[c.Name] = accepted
			report.Classes = append(report.Classes, r)
		}
	}
	b.gateways = map[types.NamespacedName]*gateway{}
	var ordered []*gateway
	for i := range s.Gateways {
		if g := &s.Gateways[i]; ours[string(g.Spec.GatewayClassName)] {
			parsed := parseGateway(g)
			b.gateways[parsed.name] = parsed
			ordered = append(ordered, parsed)
		}
	}
	// The order of routes decides the numbers of the backends, nothing else; it
	// is fixed so that the same objects give the same table.
	routes := make([]*gatewayv1.HTTPRoute, len(s.Routes))
	for i := range s.Routes {
		routes[i] = &s.Routes[i]
	}
	slices.SortFunc(routes, func(x, y *gatewayv1.HTTPRoute) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	for _, r := range routes {
		report.Routes = append(report.Routes, b.route(r))
	}
	for _, g := range ordered {
		report.Gateways = append(report.Gateways, g.report(s.Address))
	}
	b.finish()
	return b.table, report
}

type backendKey struct {
	types.NamespacedName
	port int32
}

type builder struct {
	table      *Table
	services   map[types.NamespacedName]*corev1.Service
	slices     map[types.NamespacedName][]*discoveryv1.EndpointSlice
	namespaces map[string]*corev1.Namespace
	grants     []gatewayv1.ReferenceGrant
	gateways   map[types.NamespacedName]*gateway
	backends   map[backendKey]int

	// attached entries by listener hostname and route hostname.
	attached map[string]map[string][]*entry
	// mesh entries by Service and parentRef port, 0 for every port.
	mesh map[types.NamespacedName]map[int32][]*entry
}

// finish indexes what was collected.
func (b *builder) finish() {
	for pattern, hosts := range b.attached {
		l := b.table.listeners.at(pattern, func() *listener { return &listener{} })
		for host, entries := range hosts {
			l.hosts.at(host, func() *paths { return index(entries) })
		}
	}
	for name, ports := range b.mesh {
		s := &serviceRoutes{ports: map[int32]*paths{}}
		for _, p := range b.services[name].Spec.Ports {
			s.declared = append(s.declared, p.Port)
		}
		var all []*entry
		for port, entries := range ports {
			all = append(all, entries...)
			if port != 0 {
				s.ports[port] = index(slices.Concat(entries, ports[0]))
			}
		}
		s.all, s.every = index(all), index(slices.Clone(ports[0]))
		b.table.services[name] = s
	}
}

// backend returns the table's index of a Service port, or why there is none.
func (b *builder) backend(name types.NamespacedName, port int32) (int, reason) {
	key := backendKey{name, port}
	if i, ok := b.backends[key]; ok {
		return i, reason{}
	}
	svc := b.services[name]
	if svc == nil {
		return -1, reason{gatewayv1.RouteReasonBackendNotFound, "Service " + name.String() + " does not exist"}
	}
	if svc.Spec.Type == corev1.ServiceTypeExternalName {
		return -1, reason{gatewayv1.RouteReasonInvalidKind, "Service " + name.String() + " is an ExternalName; it has no endpoints"}
	}
	i := slices.IndexFunc(svc.Spec.Ports, func(p corev1.ServicePort) bool {
		return p.Port == port && (p.Protocol == "" || p.Protocol == corev1.ProtocolTCP)
	})
	if i < 0 {
		return -1, reason{gatewayv1.RouteReasonBackendNotFound, "Service " + name.String() + " has no TCP port " + decimal(port)}
	}
	p := svc.Spec.Ports[i]
	if a := p.AppProtocol; a != nil && *a != "" && *a != "http" && *a != "kubernetes.io/ws" {
		return -1, reason{gatewayv1.RouteReasonUnsupportedProtocol, "Service " + name.String() + " speaks " + *a + "; only http is supported"}
	}
	b.table.Backends = append(b.table.Backends, Backend{
		Namespace: name.Namespace, Service: name.Name, Port: port,
		Release:   svc.Labels[v1.LabelRelease],
		Endpoints: Endpoints(b.slices[name], p.Name),
	})
	b.backends[key] = len(b.table.Backends) - 1
	return b.backends[key], reason{}
}

// Endpoints are the ready addresses of a Service's port, sorted, each once.
func Endpoints(all []*discoveryv1.EndpointSlice, port string) []netip.AddrPort {
	var out []netip.AddrPort
	for _, slice := range all {
		for _, p := range slice.Ports {
			name := ""
			if p.Name != nil {
				name = *p.Name
			}
			if name != port || p.Port == nil || p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP {
				continue
			}
			for _, e := range slice.Endpoints {
				// Unknown readiness counts as ready, says the API.
				if e.Conditions.Ready != nil && !*e.Conditions.Ready {
					continue
				}
				for _, a := range e.Addresses {
					if ip, err := netip.ParseAddr(a); err == nil {
						out = append(out, netip.AddrPortFrom(ip.Unmap(), uint16(*p.Port)))
					}
				}
			}
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return slices.Compact(out)
}

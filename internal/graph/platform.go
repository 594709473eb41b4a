package graph

import (
	"slices"

	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// The parts of the platform that open connections to services, or that services
// open connections to, without any line of the file that says so.
var (
	DNS       = addr.Address{Kind: addr.Platform, Name: "dns"}
	Collector = addr.Address{Kind: addr.Platform, Name: "collector"} // of traces
	Metrics   = addr.Address{Kind: addr.Platform, Name: "metrics"}
	Shipper   = addr.Address{Kind: addr.Platform, Name: "log-shipper"}
	Logs      = addr.Address{Kind: addr.Platform, Name: "logs"}
	Probes    = addr.Address{Kind: addr.Platform, Name: "probes"}
	Backups   = addr.Address{Kind: addr.Platform, Name: "backup"}
)

// Ports of the platform's own parts.
const (
	// MetricsPort is where a service shows its figures, by OpenTelemetry's
	// default for Prometheus exporters.
	MetricsPort = 9464
	// HostMetricsPort is where a machine shows its figures (node_exporter).
	HostMetricsPort = 9100
)

// Own is one connection that the platform itself needs.
type Own struct {
	From, To addr.Address
	Port     int
	// Why says what would not work without it.
	Why string
}

// Platform returns the connections that the platform itself needs, in the order
// of Reach. They are kept apart from it: no line of the file asks for them, and
// a rule that counts a service's callers must not count these.
func (g *Graph) Platform() []Own {
	var all []Own
	add := func(from, to addr.Address, why string, ports ...int) {
		for _, port := range ports {
			if port != 0 {
				all = append(all, Own{From: from, To: to, Port: port, Why: why})
			}
		}
	}
	for _, s := range g.Environment.Services {
		self := service(s.Name)
		add(self, DNS, "names are resolved", 53)
		add(self, Collector, "traces are sent", 4317, 4318)
		add(Metrics, self, "figures are read", MetricsPort)
		add(Probes, self, "the node asks whether it is well", s.Port)
		if len(s.Routes) > 0 {
			add(PublicGateway, self, "public routes are passed on", s.Port)
		}
		if len(s.Private) > 0 {
			add(PrivateGateway, self, "private routes are passed on", s.Port)
		}
	}
	for _, s := range g.Environment.Stores {
		if s.Managed() {
			continue // watched and copied by AWS, through its own interfaces
		}
		add(Metrics, store(s.Name), "figures are read", HostMetricsPort)
		if s.Backup != (model.BackupPlan{}) {
			add(Backups, store(s.Name), "copies are made", s.Ports()...)
		}
	}
	add(Shipper, Logs, "log lines are kept", webPort)
	if g.observe.APM != "" && g.observe.APM != "none" {
		add(Collector, addr.Address{Kind: addr.Domain, Name: g.apmHost()}, "traces are passed on to "+g.observe.APM, webPort)
	}
	slices.SortStableFunc(all, func(a, b Own) int {
		return compareCells(&Cell{From: a.From, To: a.To, Port: a.Port}, &Cell{From: b.From, To: b.To, Port: b.Port})
	})
	return all
}

// apmHost is where New Relic takes OTLP ("New Relic OTLP endpoint", its
// documentation).
func (g *Graph) apmHost() string {
	if g.observe.APMRegion == "eu" {
		return "otlp.eu01.nr-data.net"
	}
	return "otlp.nr-data.net"
}

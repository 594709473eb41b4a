package cli

import (
	"bytes"
	"slices"
	"testing"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/render"
	"paddock.dev/internal/spec"
)

// idleFile has every part that `paddock up` does not act on.
const idleFile = `
paddock: v1
name: whole
domain: whole.example
cloud: { region: ap-south-1 }
recovery: { region: ap-southeast-1, rpo: 15m, rto: 1h }
network: { segments: [apps, data], vpn: { clients: { cidr: 172.24.0.0/22, groups: { ops: [prod] } } } }
groups: { leads: [asha, vikram] }
teams:
  rentals: { members: [asha, vikram], oncall: { rotate: weekly, handover: "Mon 10:00 Asia/Kolkata" }, slack: "#rentals" }
environments:
  dev: { stage: development, hours: "Mon-Fri 08:00-21:00 Asia/Kolkata" }
  prod: { stage: production, approve: [leads], freeze: ["Fri 18:00 - Mon 06:00 Asia/Kolkata"], changes: ["Mon-Thu 10:00-16:00 Asia/Kolkata"] }
delivery: { path: [dev, prod], branching: gitflow, hotfix: { skip: [dev], approve: [leads] } }
stores:
  bookings: { engine: mongodb, nodes: 3, disk: 200Gi, backup: { every: 15m, keep: 35d }, team: rentals }
  events: { engine: kafka, nodes: 3, topics: { booked: { partitions: 12, retain: 7d } } }
services:
  booking:
    port: 8443
    ports: { admin: 9443 }
    routes: [api.whole.example/v1/bookings]
    private: [ops.whole.internal]
    sensitive: [/v1/bookings/pay]
    uses: [bookings, events]
    topics: { produce: [booked] }
    egress: [api.razorpay.com]
    migrate: [./booking, migrate, up]
    secrets: [RAZORPAY_KEY]
    encryption: mtls
    tier: 1
    team: rentals
  report: { schedule: 0 6 * * * Asia/Kolkata, uses: [bookings], tier: 3, team: rentals }
observe: { metrics: 30d, logs: { hot: 14d, cold: 90d }, redact: [pan] }
alerts: { slack: "#alerts", mail: alerts@whole.example, page: pagerduty }
edge: { provider: akamai, cache: [{ route: api.whole.example/v1/cars, ttl: 30s }], waf: block }
audit: { hot: 90d, cold: 2555d, lock: true }
backup: { every: 1d, keep: 35d, lock: true, copy: true, test: 30d }
cost: { budgets: { prod: 12000 } }
tickets: { provider: jira, project: KES, url: "https://whole.atlassian.net" }
`

// without take one part out of the platform, or make it another one.
var without = map[string]func(p *model.Platform){
	"environments.<name>.hours":   everywhere(func(e *model.Environment) { e.Hours = nil }),
	"environments.<name>.freeze":  everywhere(func(e *model.Environment) { e.Freeze = nil }),
	"environments.<name>.changes": everywhere(func(e *model.Environment) { e.Changes = nil }),
	"delivery.branching":          func(p *model.Platform) { p.Delivery.Branching = model.Trunk },
	"delivery.hotfix":             func(p *model.Platform) { p.Delivery.Hotfix = nil },
	"stores":                      everywhere(func(e *model.Environment) { e.Stores = nil }),
	"services.<name>.ports":       each(func(s *model.Service) { s.Ports = nil }),
	"services.<name>.private":     each(func(s *model.Service) { s.Private = nil }),
	"services.<name>.sensitive":   each(func(s *model.Service) { s.Sensitive = nil }),
	"services.<name>.topics":      each(func(s *model.Service) { s.Produce = nil }),
	"services.<name>.egress":      each(func(s *model.Service) { s.Egress = nil }),
	"services.<name>.migrate":     each(func(s *model.Service) { s.Migrate = nil }),
	"services.<name>.secrets":     each(func(s *model.Service) { s.Secrets = nil }),
	"services.<name>.schedule":    each(func(s *model.Service) { s.Schedule = nil }),
	"services.<name>.encryption":  each(func(s *model.Service) { s.Encryption = model.TLS }),
	"observe":                     func(p *model.Platform) { p.Observe = model.Observe{} },
	"alerts":                      func(p *model.Platform) { p.Alerts = model.Alerts{} },
	"edge":                        func(p *model.Platform) { p.Edge = model.Edge{} },
	"audit":                       func(p *model.Platform) { p.Audit = model.Audit{} },
	"backup":                      func(p *model.Platform) { p.Backup = model.Backup{} },
	"cost":                        func(p *model.Platform) { p.Cost = model.Cost{Currency: p.Cost.Currency} },
	"tickets":                     func(p *model.Platform) { p.Tickets = model.Tickets{} },
}

func everywhere(change func(*model.Environment)) func(*model.Platform) {
	return func(p *model.Platform) {
		for i := range p.Environments {
			change(&p.Environments[i])
		}
	}
}

func each(change func(*model.Service)) func(*model.Platform) {
	return everywhere(func(e *model.Environment) {
		for i := range e.Services {
			change(&e.Services[i])
		}
	})
}

// What is said to be rendered for AWS changes what is rendered. Pages for
// people do not count: they act on nothing.
func TestIdlePartsAreRendered(t *testing.T) {
	var kinds []string
	for _, part := range render.Parts() {
		if part.Name != "handbook" {
			kinds = append(kinds, part.Name)
		}
	}
	rendered := func(kind string, change func(*model.Platform)) []byte {
		t.Helper()
		f, problems := spec.ParseFile("platform.yaml", []byte(idleFile), nil)
		if diag.HasErrors(problems) {
			t.Fatal(problems)
		}
		if change != nil {
			change(f.Platform)
		}
		in, _ := render.Of(f.Platform, nil)
		files, err := render.Files(in, func(part string) bool { return part == kind })
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for _, file := range files {
			b.WriteString(file.Path)
			b.Write(file.Data)
		}
		return b.Bytes()
	}
	f, _ := spec.ParseFile("platform.yaml", []byte(idleFile), nil)
	whole := map[string][]byte{}
	for _, kind := range kinds {
		whole[kind] = rendered(kind, nil)
	}
	same := func(kind string, change func(*model.Platform)) bool {
		return bytes.Equal(rendered(kind, change), whole[kind])
	}
	var paths []string
	for _, part := range f.Idle() {
		paths = append(paths, part.Path)
		change, ok := without[part.Path]
		switch {
		case !ok:
			t.Errorf("%s: this test does not know how to take it away", part.Path)
		case part.Rendered && !slices.ContainsFunc(kinds, func(kind string) bool { return !same(kind, change) }):
			t.Errorf("%s is said to be rendered for AWS, and nothing there depends on it", part.Path)
		}
	}
	for path := range without {
		if !slices.Contains(paths, path) {
			t.Errorf("%s is not among the parts that the file is said to have", path)
		}
	}
}

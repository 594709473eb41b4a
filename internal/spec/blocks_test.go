package spec_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

const four = head + `
cloud: { region: ap-south-1 }
recovery: { region: ap-southeast-1, rpo: 15m, rto: 1h, tiers: { 3: { rpo: 1d, rto: 1d }, 2: { rpo: 1h, rto: 4h } } }
network: { segments: [apps, pci, data] }
environments:
  dev:  { stage: development, collapse: [pci] }
  qa:   { stage: test }
  prod: { stage: production }
backup: { every: 6h, keep: 30d }
`

func TestStoresByEngineAndStage(t *testing.T) {
	p := parse(t, strings.NewReplacer("collapse: [pci] }", "collapse: [pci], without: [export] }",
		"stage: production }", "stage: production, stores: { events: { nodes: 6 }, cache: { replicas: 2 } } }").Replace(four)+`
stores:
  docs: { engine: mongodb, data: pii }
  ledger: { engine: singlestore, standby: true }
  events: { engine: kafka, version: 3.7, replication: 3, topics: { a: 12, b: { replication: 2, retain: 1d, compact: true } } }
  stream: { engine: kafka, version: 4.1, team: data }
  rows: { engine: postgres, nodes: 1, backup: 0s }
  cache: { engine: valkey, nodes: 3 }
  find: { engine: opensearch, segment: apps }
  files: { engine: s3, recovery: false }
  jobs: { engine: sqs, segment: pci }
services:
  booking: { port: 8443, tier: 1, uses: [docs, cache, jobs] }
  export: { tier: 4, uses: [docs:secondary, rows:read] }
`)
	for _, c := range []struct{ env, store, want string }{
		{"dev", "docs", "8.0 1+0/0/0 rf 0/0 z1 t3.medium 20Gi 6h0m0s false tier 1 data"},
		{"prod", "docs", "8.0 3+0/0/0 rf 0/0 z3 m6i.large 100Gi 6h0m0s true tier 1 data"},
		{"dev", "ledger", "9.0 1+0/1/0 rf 0/0 z1 t3.medium 20Gi 6h0m0s false tier 3 data"},
		{"prod", "ledger", "9.0 2+0/2/0 rf 0/0 z1 m6i.large 100Gi 6h0m0s false tier 3 data"},
		{"dev", "events", "3.7 zookeeper 1+0/0/1 rf 1/1 z1 t3.medium 20Gi 6h0m0s false tier 3 data"},
		{"qa", "events", "3.7 zookeeper 3+0/0/3 rf 3/2 z2 m6i.large 20Gi 6h0m0s false tier 3 data"},
		{"prod", "events", "3.7 zookeeper 6+0/0/3 rf 3/2 z3 m6i.large 100Gi 6h0m0s false tier 3 data"},
		{"prod", "stream", "4.1 kraft 3+0/0/3 rf 3/2 z3 m6i.large 100Gi 6h0m0s false tier 3 data"},
		{"prod", "rows", "17 1+0/0/0 rf 0/0 z1 m6g.large 100Gi 0s false tier 4 data"},
		{"qa", "cache", "8.1 3+0/0/0 rf 0/0 z2 m6g.large 0Gi 0s false tier 1 data"},
		{"prod", "cache", "8.1 3+2/0/0 rf 0/0 z3 m6g.large 0Gi 0s false tier 1 data"},
		{"dev", "find", "2.19 1+0/0/0 rf 0/0 z1 t3.medium 20Gi 6h0m0s false tier 3 apps"},
		{"prod", "files", " 0+0/0/0 rf 0/0 z0  0Gi 6h0m0s false tier 3 data"},
		{"dev", "jobs", " 0+0/0/0 rf 0/0 z0  0Gi 0s false tier 1 apps"},
		{"prod", "jobs", " 0+0/0/0 rf 0/0 z0  0Gi 0s false tier 1 pci"},
	} {
		env, _ := p.Environment(c.env)
		s, ok := env.Store(c.store)
		way := ""
		if s.Coordination != "" {
			way = " " + string(s.Coordination)
		}
		got := fmt.Sprintf("%s%s %d+%d/%d/%d rf %d/%d z%d %s %dGi %s %v tier %d %s", s.Version, way, s.Nodes, s.Replicas, s.Aggregators, s.Coordinators,
			s.Replication, s.MinInSync, s.Zones, s.Instance, s.DiskBytes>>30, s.Backup.Every, s.Recovery, s.Tier, s.Segment)
		if !ok || got != c.want {
			t.Errorf("%s in %s is\n%s, want\n%s", c.store, c.env, got, c.want)
		}
	}
	dev, prod := p.Environments[0], p.Environments[2]
	events, _ := dev.Store("events")
	if got := fmt.Sprint(events.Topics); got != "[{a 12 1 1 168h0m0s false} {b 3 1 1 24h0m0s true}]" {
		t.Errorf("topics in dev are %s", got)
	}
	events, _ = prod.Store("events")
	if got := fmt.Sprint(events.Topics); got != "[{a 12 3 2 168h0m0s false} {b 3 2 1 24h0m0s true}]" {
		t.Errorf("topics in prod are %s", got)
	}
	if ledger, _ := prod.Store("ledger"); !ledger.Standby {
		t.Error("there is no standby")
	}
	if _, ok := dev.Service("export"); ok || !reflect.DeepEqual(dev.Without, []string{"export"}) {
		t.Error("dev has what it is without")
	}
	if got := fmt.Sprint(dev.Segments, dev.Zones, prod.Segments, prod.Zones); got != "[apps data] 2 [apps pci data] 3" {
		t.Error(got)
	}
	if got := fmt.Sprint(p.Recovery.Targets); got != "[{1 15m0s 1h0m0s} {2 1h0m0s 4h0m0s} {3 24h0m0s 24h0m0s}]" {
		t.Error(got)
	}
}

func TestEdges(t *testing.T) {
	p := parse(t, four+`
stores:
  docs: { engine: mongodb }
  events: { engine: kafka, topics: { a: {}, b: {} } }
services:
  booking: { port: 8443, uses: [worker, events, pricing:optional, docs:secondary, fleet], topics: { produce: [b, a], consume: [a] } }
  pricing: { port: 8444 }
  fleet: { port: 8446, ports: { mqtt: 8883 } }
  worker: { ports: { two: 9002, one: 9001 }, data: pci }
  export: {}
`)
	prod := p.Environments[2]
	s, _ := prod.Service("booking")
	want := []model.Use{
		{Kind: model.UsesService, Name: "fleet", Mode: model.Required, Ports: []int{8446}},
		{Kind: model.UsesService, Name: "pricing", Mode: model.Optional, Ports: []int{8444}},
		{Kind: model.UsesService, Name: "worker", Mode: model.Required, Ports: []int{9001, 9002}},
		{Kind: model.UsesStore, Name: "docs", Mode: model.Secondary, Ports: []int{27017}},
		{Kind: model.UsesStore, Name: "events", Mode: model.ReadWrite, Ports: []int{9094}},
	}
	if !reflect.DeepEqual(s.Edges, want) {
		t.Errorf("edges are\n%+v, want\n%+v", s.Edges, want)
	}
	if got := fmt.Sprint(s.Uses, s.Produce, s.Consume); got != "[fleet pricing worker] [a b] [a]" {
		t.Error(got)
	}
	worker, _ := prod.Service("worker")
	if got := fmt.Sprint(worker.Port, worker.AllPorts(), worker.Encryption); got != "0 [9001 9002]mtls" {
		t.Error(got)
	}
}

// say puts a space between everything.
func say(list ...any) string { return strings.TrimSuffix(fmt.Sprintln(list...), "\n") }

func TestCompany(t *testing.T) {
	p := parse(t, head+`
accounts: { mail: 'aws+{account}@kestrelcars.example', ids: { prod: "012345678901" } }
cloud: { region: ap-south-1, zoneIDs: [aps1-az1, aps1-az3], quotas: { rules-per-security-group: 120 } }
network:
  avoid: [10.200.0.0/14]
  egress: { inspect: false, allow: [b.example, "*.a.example"] }
  vpn:
    clients: { cidr: 172.24.0.0/22, groups: { ops: { environments: [prod], reach: [ops-console] }, dev: [dev] } }
    sites: [{ name: hq, address: 203.0.113.10, cidrs: [172.20.0.0/16], reach: [ops-console:443, ops-console:8452@dev] }]
people: { asha: { name: Asha Rao, mail: asha@kestrelcars.example, phone: '+919800000001', away: [2026-12-20 - 2027-01-03, 2027-02-01] }, vikram: {} }
teams:
  ops: { members: [vikram, asha], manager: asha, slack: "#ops", oncall: { rotate: 3d, handover: Tue 09:30 Asia/Kolkata, hours: Mon-Fri 09:00-18:00 Asia/Kolkata } }
environments:
  dev: { stage: development, hours: "Mon-Fri 08:00-21:00 Asia/Kolkata", freeze: [Fri 18:00 - Mon 06:00 UTC, 2026-12-24 - 2027-01-02 UTC], changes: [Mon-Thu 10:00-16:00 UTC] }
  prod: { stage: production, cidr: 10.40.0.0/13 }
delivery: { branching: gitflow, hotfix: { skip: [dev] }, organization: kc }
services:
  ops-console: { port: 8452, private: [ops.kestrel.internal], team: ops, runtime: ec2, schedule: 0 6 * * * Asia/Kolkata, sensitive: [] }
observe: { logs: { hot: 7d, cold: 365d }, traces: 1d, sample: 2.5%, apm: newrelic, apmRegion: eu }
alerts: { page: pagerduty }
edge: { waf: monitor }
cost: { budgets: { prod: 100, core: 50 }, alert: 90% }
policies: { never: [service/ops-console -> internet], registries: [registry.k8s.io] }
waivers: [{ rule: x, at: service/ops-console, environment: dev, reason: because, until: 2027-03-31 }]
`)
	dev, prod := p.Environments[0], p.Environments[1]
	console, _ := prod.Service("ops-console")
	inDev, _ := dev.Service("ops-console")
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	team, _ := p.Team("ops")
	asha, _ := p.Person("asha")
	for i, c := range []struct{ got, want string }{
		{say(p.Accounts), "{false aws+{account}@kestrelcars.example [{prod 012345678901}]}"},
		{say(p.Cloud), "{aws ap-south-1 2 [aps1-az1 aps1-az3] 1.35 [{rules-per-security-group 120}]}"},
		{say(p.Network.Avoid, p.Network.Egress, p.Network.PrivateDomain), "[10.200.0.0/14] {false false [*.a.example b.example]} kestrel.internal"},
		{say(*p.Network.Clients), "{172.24.0.0/22 [{dev [dev] []} {ops [prod] [ops-console]}]}"},
		{say(p.Network.Sites), "[{hq 203.0.113.10 [172.20.0.0/16] [{ops-console 443 } {ops-console 8452 dev}]}]"},
		{say(team.Members, team.Manager, team.Slack, team.OnCall.Members, team.OnCall.Rotate, team.OnCall.Layers, team.OnCall.Escalate, team.OnCall.Repeat), "[vikram asha] asha #ops [vikram asha] 72h0m0s 2 [10m0s 20m0s] 2"},
		{team.OnCall.Handover.String() + ", " + team.OnCall.Hours.String(), "Tue 09:30 Asia/Kolkata, Mon-Fri 09:00-18:00 Asia/Kolkata"},
		{say(asha.Full, asha.Mail, asha.Phone, asha.Away), "Asha Rao asha@kestrelcars.example +919800000001 [{2026-12-20 2027-01-03} {2027-02-01 2027-02-01}]"},
		{dev.Hours.String() + fmt.Sprint(dev.Freeze, dev.Changes), "Mon-Fri 08:00-21:00 Asia/Kolkata[Fri 18:00 - Mon 06:00 UTC 2026-12-24 - 2027-01-02 UTC] [Mon-Thu 10:00-16:00 UTC]"},
		{say(prod.CIDR == netip.MustParsePrefix("10.40.0.0/13"), prod.Budget, dev.Budget), "true 100 0"},
		{say(p.Delivery.Branching, *p.Delivery.Hotfix, p.Delivery.Organization), "gitflow {[dev] {[] 0}} kc"},
		{say(console.Private, inDev.Private, console.Instance, console.Schedule), "[{ops.kestrel.internal /}] [{ops.dev.kestrel.internal /}] m6i.large 0 6 * * * Asia/Kolkata"},
		{say(p.Observe), "{{360h0m0s 2160h0m0s} {168h0m0s 8760h0m0s} {24h0m0s 0s} 2500 [] newrelic eu}"},
		{say(p.Alerts, p.Edge.Provider, p.Edge.WAF, p.Edge.Bots), "{  pagerduty true}  {monitor 1} {monitor []}"},
		{say(p.Cost, p.Policies), "{USD [{core 50} {prod 100}] 90 true 720h0m0s} {[{service/ops-console internet}] [registry.k8s.io]}"},
		{say(p.Waivers), "[{x service/ops-console dev because 2027-03-31}]"},
		{say(p.Audit, p.Backup), "{{8760h0m0s 61320h0m0s} true} {{24h0m0s 840h0m0s} true true 168h0m0s}"},
	} {
		if c.got != c.want {
			t.Errorf("%d: got\n%s, want\n%s", i, c.got, c.want)
		}
	}
	if !dev.Hours.Covers(time.Date(2026, 11, 25, 20, 59, 0, 0, kolkata)) || dev.Hours.Covers(time.Date(2026, 11, 25, 21, 0, 0, 0, kolkata)) {
		t.Error("the hours of dev do not end at nine")
	}
}

// What stands in brackets with a colon is a text, wherever the brackets stand.
func TestModesInBrackets(t *testing.T) {
	for _, services := range []string{
		"  a: { port: 8443, uses: [b:optional, c] }\n",
		"  a: { uses: [b:optional, c], port: 8443 }\n",
		"  a: { port: 8443, uses: [ b:optional , c ] }\n",
		"  a: { port: 8443, uses: [\n    b:optional, # goes on without\n    c] }\n",
		"  a:\n    port: 8443\n    uses: [b:optional, c]\n",
		"  a:\n    port: 8443\n    uses:\n      - b:optional\n      - c\n",
		`  a: { port: 8443, uses: ["b:optional", c] }` + "\n",
	} {
		p := parse(t, head+"environments: { prod: { stage: production } }\nservices:\n"+services+"  b: { port: 8444 }\n  c: { port: 8445 }\n")
		s, _ := p.Environments[0].Service("a")
		if got := fmt.Sprint(s.Edges); got != "[{service b optional [8444]} {service c required [8445]}]" {
			t.Errorf("%s: %s", services, got)
		}
	}
}

func TestProblemsAreToldOnce(t *testing.T) {
	_, problems := spec.Parse("platform.yaml", []byte(four+"services: { export: { uses: [nothing], port: 8443, ports: { a: 8443 }, instance: m6i.large } }\n"))
	if len(problems) != 3 {
		t.Errorf("%d problems: %v", len(problems), problems)
	}
}

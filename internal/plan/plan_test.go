package plan_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/model"
	"paddock.dev/internal/plan"
	"paddock.dev/internal/spec"
)

func kestrel(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../../examples/kestrel/platform.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func side(t testing.TB, text string) plan.Side {
	t.Helper()
	p, problems := spec.Parse("platform.yaml", []byte(text))
	if p == nil {
		t.Fatal(problems)
	}
	return plan.Of(p)
}

// edits are changes of the example and what must be said about them: id, level.
func TestConsequences(t *testing.T) {
	type said struct {
		id    string
		level plan.Level
	}
	for _, tt := range []struct {
		name     string
		old, new string
		also     string // is cut out, too
		want     []said
	}{
		{"store removed", "[singlestore:read, mongo-core:secondary, exports, export-jobs]", "[singlestore:read, mongo-core:secondary, exports]", "  export-jobs: { engine: sqs, data: pii, tier: 4, team: data }\n", []said{{"store-removed/prod/store/export-jobs", plan.Warning}}},
		{"engine", "engine: mongodb\n    version: \"8.0\"\n    nodes: 3\n    instance: r6i.2xlarge", "engine: postgres\n    version: \"16\"\n    nodes: 3\n    instance: r6g.2xlarge", "", []said{{"store-replaced/prod/store/mongo-core", plan.Danger}}},
		{"segment", "    disk: 300Gi\n    segment: pci\n", "    disk: 300Gi\n", "", []said{{"store-replaced/prod/store/mongo-pci", plan.Danger}}},
		{"disk grows", "disk: 2Ti", "disk: 3Ti", "", []said{{"store-disk/prod/store/kafka", plan.Notice}}},
		{"disk shrinks", "disk: 2Ti", "disk: 1Ti", "", []said{{"store-replaced/prod/store/kafka", plan.Danger}}},
		{"version back", "version: \"3.9\"", "version: \"3.8\"", "", []said{{"store-replaced/prod/store/kafka", plan.Danger}}},
		{"topic renamed", "listing.changed", "listing.updated", "", []said{{"topic-destroyed/prod/topic/listing.changed", plan.Danger}}},
		{"topic retention", "telemetry.raw:   { partitions: 96, retain: 24h }", "telemetry.raw:   { partitions: 96, retain: 12h }", "", []said{{"retention-reduced/prod/topic/telemetry.raw", plan.Warning}}},
		{"partitions fewer", "partitions: 96", "partitions: 48", "", []said{{"topic-destroyed/prod/topic/telemetry.raw", plan.Danger}}},
		{"partitions more", "partitions: 96", "partitions: 192", "", []said{{"topic-partitions/prod/topic/telemetry.raw", plan.Warning}}},
		{"into pci", "uses: [os-catalog:read, redis-core]", "uses: [os-catalog:read, redis-core, payments]", "", []said{{"pci-opened/prod/service/search->service/payments", plan.Danger}}},
		{"into pci by two steps", "uses: [kafka, os-catalog]\n", "uses: [kafka, os-catalog, booking]\n", "", []said{{"pci-opened/prod/service/search-indexer->service/booking", plan.Danger}}},
		{"reach", "uses: [singlestore:read, redis-core]", "uses: [singlestore:read, redis-core, os-catalog:read]", "", []said{{"reach-added/prod/service/pricing->store/os-catalog", plan.Warning}}},
		{"reach less", "uses: [os-catalog:read, redis-core]", "uses: [os-catalog:read]", "", []said{{"reach-removed/prod/service/search->store/redis-core", plan.Notice}}},
		{"egress", "egress: [sms.gateway.example, ", "egress: [evil.example, sms.gateway.example, ", "", []said{{"egress-added/prod/service/notifications->domain/evil.example", plan.Warning}}},
		{"public route", "routes: [www.kestrelcars.example]", "routes: [www.kestrelcars.example, m.kestrelcars.example]", "", []said{{"public-route-added/prod/service/web-bff#m.kestrelcars.example/", plan.Warning}}},
		{"capacity", "replicas: 6..60", "replicas: 6..30", "", []said{{"capacity-reduced/prod/service/mobile-bff", plan.Warning}}},
		{"objective", "availability: 99.95%, latency: { p95: 600ms", "availability: 99.5%, latency: { p95: 600ms", "", []said{{"objective-lowered/prod/service/booking#availability", plan.Warning}}},
		{"latency", "p95: 600ms", "p95: 800ms", "", []said{{"objective-lowered/prod/service/booking#p95", plan.Warning}}},
		{"approvals", "approve: { from: [release-managers], count: 1 }", "approve: { from: [qa-leads], count: 1 }", "", []said{{"approvals-weaker/env/prod", plan.Warning}}},
		{"freeze", "\"2026-12-24 - 2027-01-02 Asia/Kolkata\", ", "", "", []said{{"freeze-removed/env/prod#2026-12-24 - 2027-01-02 Asia/Kolkata", plan.Warning}}},
		{"retention", "logs:    { hot: 30d, cold: 365d }", "logs:    { hot: 7d, cold: 365d }", "", []said{{"retention-reduced/observe.logs", plan.Warning}}},
		{"backup", "    data: public\n    tier: 1\n    backup: { every: 15m, keep: 14d }", "    data: public\n    tier: 1\n    backup: { every: 1h, keep: 14d }", "", []said{{"backup-weaker/prod/store/os-catalog", plan.Warning}}},
		{"waf", "mode: block", "mode: monitor", "", []said{{"waf-weaker/edge", plan.Warning}}},
		{"policy", "    - segment/iot -> segment/pci\n", "", "", []said{{"policy-removed/policy/segment/iot->segment/pci", plan.Warning}}},
		{"addresses", "cidr: 10.0.0.0/8", "cidr: 10.0.0.0/9", "", []said{{"network-moved/network/prod-pci", plan.Danger}, {"network-moved/network/dev-apps", plan.Danger}}},
		{"account", "\"111111111114\"", "\"211111111114\"", "", []said{{"everything-replaced/accounts.ids.prod", plan.Danger}}},
		{"team", "    data: public\n    tier: 1\n    backup: { every: 15m, keep: 14d }\n    team: discovery", "    data: public\n    tier: 1\n    backup: { every: 15m, keep: 14d }\n    team: data", "", []said{{"owner/prod/store/os-catalog", plan.Notice}}},
		{"group", "qa-leads: [asha, vikram]", "qa-leads: [asha, vikram, rohan]", "", []said{{"group-member-added/group/qa-leads#rohan", plan.Warning}}},
		{"budget", "budgets: { prod: 37000", "budgets: { prod: 99000", "", nil},
		{"over budget", "disk: 2Ti", "disk: 64Ti", "", []said{{"budget-exceeded/budget/prod", plan.Warning}}},
		{"kubernetes", "kubernetes: \"1.35\"", "kubernetes: \"1.34\"", "", []said{{"cluster-replaced/cloud.kubernetes", plan.Danger}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := kestrel(t)
			after := strings.ReplaceAll(before, tt.old, tt.new)
			if tt.also != "" {
				after = strings.ReplaceAll(after, tt.also, "")
			}
			if after == before {
				t.Fatalf("the example has no %q", tt.old)
			}
			got := plan.Compare(side(t, before), side(t, after))
			for _, want := range tt.want {
				i := slices.IndexFunc(got.Consequences, func(c plan.Consequence) bool { return c.ID == want.id })
				if i < 0 {
					t.Errorf("%s is not said; said is:", want.id)
					for _, c := range got.Consequences {
						t.Log(c.Level, c.ID, c.Summary, c.Detail)
					}
					continue
				}
				if got.Consequences[i].Level != want.level {
					t.Errorf("%s is of the level %s, not %s", want.id, got.Consequences[i].Level, want.level)
				}
			}
		})
	}
}

// The same file twice has no consequence.
func TestNothing(t *testing.T) {
	s := side(t, kestrel(t))
	for _, c := range plan.Compare(s, s).Consequences {
		t.Errorf("%s: %s", c.ID, c.Summary)
	}
}

// Adding never moves an address: a new environment, segment, store and service
// are only added.
func TestAddingOnlyAdds(t *testing.T) {
	before := kestrel(t)
	after := strings.Replace(before, "  uat:\n    stage: acceptance", "  perf: { stage: test }\n  uat:\n    stage: acceptance", 1)
	after = strings.Replace(after, "path: [dev, qa, uat, prod]", "path: [dev, qa, perf, uat, prod]", 1)
	after = strings.Replace(after, "segments: [apps, pci, iot, data]", "segments: [apps, pci, iot, data, batch]", 1)
	after = strings.Replace(after, "  export-jobs:", "  reports: { engine: postgres, version: \"16\", disk: 50Gi, team: data }\n  export-jobs:", 1)
	after = strings.Replace(after, "  # The web site.\n", "  crunch: { language: go, port: 8460, segment: batch, uses: [reports], team: data }\n\n  # The web site.\n", 1)
	got := plan.Compare(side(t, before), side(t, after))
	for _, c := range got.Consequences {
		if c.Level == plan.Danger {
			t.Errorf("%s: %s", c.ID, c.Summary)
		}
	}
	for _, id := range []string{"environment-added/env/perf", "service-added/prod/service/crunch", "store-added/prod/store/reports", "reach-added/prod/service/crunch->store/reports"} {
		if !slices.ContainsFunc(got.Consequences, func(c plan.Consequence) bool { return c.ID == id }) {
			t.Errorf("%s is not said", id)
		}
	}
	if got.Cost.New.Total("perf") <= 0 || got.Cost.New.Total("") <= got.Cost.Old.Total("") {
		t.Error("the new environment costs nothing")
	}
}

// Networks beyond the quota are said, with the limit's source.
func TestOverQuota(t *testing.T) {
	before := kestrel(t)
	after := strings.ReplaceAll(before, "segments: [apps, pci, iot, data]", "segments: [apps, pci, iot, data, batch, ml]")
	after = strings.Replace(after, "  # The web site.\n", "  crunch: { language: go, port: 8460, segment: batch, team: data }\n  learn: { language: go, port: 8461, segment: ml, team: data }\n\n  # The web site.\n", 1)
	got := plan.Compare(side(t, before), side(t, after))
	i := slices.IndexFunc(got.Consequences, func(c plan.Consequence) bool {
		return c.ID == "quota-exceeded/quota/vpcs-per-region/prod/ap-south-1"
	})
	if i < 0 {
		t.Fatalf("nothing is said of the sixth network: %v", got.Quotas)
	}
	if !strings.Contains(got.Consequences[i].Detail, "VPC quotas") {
		t.Errorf("no source: %s", got.Consequences[i].Detail)
	}
}

// Removing an environment is a danger that names what it holds.
func TestEnvironmentRemoved(t *testing.T) {
	s := side(t, kestrel(t))
	p := *s.Platform
	p.Environments = slices.DeleteFunc(slices.Clone(p.Environments), func(e model.Environment) bool { return e.Name == "qa" })
	got := plan.Compare(s, plan.Of(&p))
	if len(got.Consequences) == 0 {
		t.Fatal("nothing is said")
	}
	first := got.Consequences[0]
	if first.ID != "environment-removed/env/qa" || first.Level != plan.Danger || !strings.Contains(first.Detail, "mongo-core") {
		t.Errorf("said first: %+v", first)
	}
}

func TestAccepted(t *testing.T) {
	c := plan.Consequence{ID: "store-destroyed/prod/store/ledger", Kind: "store-destroyed", At: "store/ledger"}
	for _, yes := range []string{"all", "store-destroyed", "store/ledger", c.ID} {
		if !c.Accepted([]string{"x", yes}) {
			t.Errorf("%s does not accept it", yes)
		}
	}
	if c.Accepted([]string{"store/led", ""}) {
		t.Error("a piece of a name accepts it")
	}
}

// The ids of one plan are different from each other.
func TestIDs(t *testing.T) {
	before := kestrel(t)
	after := before
	for _, cut := range []string{"disk: 2Ti", "replicas: 6..60", "99.95%"} {
		after = strings.ReplaceAll(after, cut, map[string]string{"disk: 2Ti": "disk: 1Ti", "replicas: 6..60": "replicas: 3..9", "99.95%": "99%"}[cut])
	}
	seen := map[string]bool{}
	for _, c := range plan.Compare(side(t, before), side(t, after)).Consequences {
		if seen[c.ID] {
			t.Errorf("%s stands for two things: %s", c.ID, c.Summary)
		}
		seen[c.ID] = true
	}
}

func TestQuotaSources(t *testing.T) {
	for _, q := range plan.Compare(side(t, kestrel(t)), side(t, kestrel(t))).Quotas {
		if q.Source == "" || q.Limit == 0 || q.Used == 0 {
			t.Errorf("%+v", q)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "kestrel", "platform.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	old, now := side(b, string(text)), side(b, strings.ReplaceAll(string(text), "disk: 2Ti", "disk: 1Ti"))
	for b.Loop() {
		plan.Compare(old, now)
	}
}

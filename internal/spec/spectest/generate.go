// Package spectest writes large platform files for tests and benchmarks. It
// knows what a company of some size looks like, and refuses to know what is
// measured with it: the same number always gives the same text.
package spectest

import (
	"fmt"
	"strings"
)

// Generate is a platform file of so many services, up to 2000: one Kafka
// cluster, a database for every ten services, the first five on machines of its
// own, a team for every twenty-five, calls without cycles three deep on average,
// and overrides in three of four environments. The reader has nothing to say
// about it, and no rule refuses it.
func Generate(services int) []byte {
	var b strings.Builder
	teams, stores := services/25+2, services/10+1
	b.WriteString(`paddock: v1
name: large
domain: large.example
cloud: { provider: aws, region: ap-south-1, zones: 3 }
recovery: { region: ap-southeast-1, rpo: 15m, rto: 1h, tiers: { 2: { rpo: 1h, rto: 4h }, 3: { rpo: 1d, rto: 1d }, 4: { rpo: 1d, rto: 2d } } }
network:
  cidr: 10.0.0.0/8
  segments: [apps, pci, data]
  egress: { allow: ["*.partners.example"] }
groups:
  leads: [person-0, person-1, person-2]
  managers: [person-3, person-4, person-5]
people:
`)
	for i := range 3 * teams {
		fmt.Fprintf(&b, "  person-%d: { mail: person-%d@large.example }\n", i, i)
	}
	b.WriteString("teams:\n")
	for i := range teams {
		fmt.Fprintf(&b, "  team-%d:\n    members: [person-%d, person-%d, person-%d]\n    manager: person-%d\n    oncall: { rotate: weekly, handover: Mon 10:00 Asia/Kolkata }\n    slack: \"#team-%d\"\n",
			i, 3*i, 3*i+1, 3*i+2, 3*i, i)
	}
	b.WriteString("environments:\n")
	for i, env := range []string{
		"stage: development, scale: 1, hours: Mon-Fri 08:00-21:00 Asia/Kolkata, collapse: [pci]",
		"stage: test, hours: Mon-Fri 08:00-21:00 Asia/Kolkata", "stage: acceptance, approve: [leads]",
		"stage: production, approve: { from: [managers], count: 2 }, freeze: [Fri 18:00 - Mon 06:00 Asia/Kolkata]",
	} {
		fmt.Fprintf(&b, "  %s:\n", []string{"dev", "qa", "uat", "prod"}[i])
		for _, pair := range strings.Split(env, ", ") {
			if pair == "count: 2 }" || strings.HasPrefix(pair, "approve: {") {
				continue
			}
			fmt.Fprintf(&b, "    %s\n", pair)
		}
		if i == 3 {
			b.WriteString("    approve: { from: [managers], count: 2 }\n")
		}
		if i == 1 || i >= services {
			continue
		}
		b.WriteString("    services:\n")
		for j := i; j < services; j += 4 {
			fmt.Fprintf(&b, "      svc-%d: { settings: { ZONE: %d }, size: { memory: %dMi } }\n", j, i, 128*(i+1))
		}
	}
	b.WriteString("delivery: { path: [dev, qa, uat, prod], rollout: { canary: [5%, 25%, 50%], bake: 1m } }\nstores:\n  events:\n    engine: kafka\n    nodes: 6\n    topics:\n")
	for i := range services/5 + 1 {
		fmt.Fprintf(&b, "      changed.%d: { partitions: 12, retain: 3d }\n", i)
	}
	for i := range stores {
		engine := "postgres"
		if i < 5 { // machines have addresses that follow from the store's name; those of many would meet
			engine = "mongodb"
		}
		fmt.Fprintf(&b, "  docs-%d: { engine: %s, disk: 200Gi, data: pii, team: team-%d }\n", i, engine, i%teams)
	}
	b.WriteString("services:\n")
	for i := range services {
		writeService(&b, i, services, teams)
	}
	return []byte(b.String())
}

func writeService(b *strings.Builder, i, services, teams int) {
	uses := []string{fmt.Sprintf("docs-%d", i/10), "events"}
	for _, step := range []int{1, 7, 31} {
		if i+step < services {
			uses = append(uses, fmt.Sprintf("svc-%d", i+step))
		}
	}
	if n := len(uses); n > 4 {
		uses[n-1] += ":optional"
	}
	fmt.Fprintf(b, `  svc-%d:
    port: %d
    health: { live: /healthz/live, ready: /healthz/ready }
    uses: [%s]
    topics: { produce: [changed.%d], consume: [changed.%d] }
    scale: { replicas: 2..20, cpu: 60%% }
    size: { cpu: 250m, memory: 256Mi }
    objective: { availability: 99.9%%, latency: { p95: 200ms, p99: 300ms } }
    settings: { CURRENCY: INR, INDEX: %d }
    secrets: [API_KEY]
    team: team-%d
    tier: %d
`, i, 8000+i, strings.Join(uses, ", "), i/5, (i+3)%services/5, i, i%teams, 1+i*4/services)
	if i%3 == 0 {
		fmt.Fprintf(b, "    routes: [api.large.example/v1/svc-%d]\n", i)
	}
	if i%17 == 0 {
		b.WriteString("    egress: [api.bank.example]\n    data: pci\n    segment: pci\n")
	}
}

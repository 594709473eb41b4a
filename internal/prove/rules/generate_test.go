package rules_test

import (
	"fmt"
	"strings"
)

// large is a platform of n services in four environments: layers of calls,
// a store for every eight services, topics, teams with rotations, calendars.
func large(n int) string {
	var b strings.Builder
	b.WriteString(`paddock: v1
name: large
domain: large.example
cloud: { region: ap-south-1 }
recovery: { region: ap-southeast-1, rpo: 1h, rto: 4h }
network: { segments: [apps, pci, data] }
groups: { owners: [ines, omar, lucia] }
environments:
  dev:  { stage: development, hours: Mon-Fri 08:00-20:00 Asia/Kolkata, collapse: [pci] }
  qa:   { stage: test, hours: Mon-Fri 08:00-20:00 Asia/Kolkata, collapse: [pci] }
  uat:  { stage: acceptance, hours: Mon-Fri 08:00-20:00 Asia/Kolkata }
  prod: { stage: production, approve: [owners], changes: [Mon-Thu 10:00-16:00 Asia/Kolkata], freeze: [Fri 18:00 - Mon 06:00 Asia/Kolkata] }
policies:
  never: [segment/pci -> service/s0, internet -> data/pci, service/s1 -> store/d2]
`)
	b.WriteString("teams:\n")
	teams := max(1, n/12)
	for i := range teams {
		fmt.Fprintf(&b, "  t%d: { members: [a%d, b%d, c%d, d%d], manager: ines, slack: \"#t%d\", oncall: { handover: \"Mon 10:00 Asia/Kolkata\" } }\n", i, i, i, i, i, i)
	}
	b.WriteString("stores:\n  events:\n    engine: kafka\n    nodes: 6\n    topics:\n")
	for i := range n / 4 {
		fmt.Fprintf(&b, "      topic.%d: { partitions: 12 }\n", i)
	}
	stores := max(1, n/8)
	for i := range stores {
		fmt.Fprintf(&b, "  d%d: { engine: %s, data: pii, team: t%d }\n", i, []string{"mongodb", "postgres", "valkey", "s3"}[i%4], i%teams)
	}
	b.WriteString("services:\n")
	for i := range n {
		fmt.Fprintf(&b, "  s%d:\n    port: 8443\n    tier: %d\n    data: pii\n    team: t%d\n", i, 1+i%4, i%teams)
		fmt.Fprintf(&b, "    uses: [d%d, events%s]\n", i%stores, calls(i, n))
		fmt.Fprintf(&b, "    topics: { produce: [topic.%d], consume: [topic.%d] }\n", i/4%(n/4), (i/4+7)%(n/4))
		fmt.Fprintf(&b, "    scale: { replicas: 3..12, cpu: 60%% }\n    objective: { availability: 99.9%%, latency: { p95: %dms } }\n", 100+i%9*50)
		fmt.Fprintf(&b, "    settings: { REGION: south, LIMIT_%d: \"%d\", ENDPOINT: https://partner-%d.example/v1 }\n", i, i, i)
		if i < n/10 {
			fmt.Fprintf(&b, "    routes: [api.large.example/s%d]\n", i)
		}
	}
	return b.String()
}

// calls of service i go to services behind it, so that there is no circle.
func calls(i, n int) string {
	var text string
	for _, to := range []int{2*i + 1, 2*i + 2, 3*i + 5} {
		if to < n && !strings.Contains(text+",", fmt.Sprintf(" s%d,", to)) {
			text += fmt.Sprintf(", s%d", to)
		}
	}
	return text
}

package aws_test

import (
	"strings"
	"testing"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/spec"
)

// Critical alarms of AWS wake people where it is production, or serves it; mail
// lists have topics where Alertmanager runs, and these page nobody.
func TestWhoIsToldByTopics(t *testing.T) {
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	plan, _ := address.Of(p)
	target := aws.Target{Platform: p, Graphs: graph.All(p), Addresses: plan}
	made := map[string]bool{}
	seen := 0
	for _, r := range aws.Roots(target) {
		for _, m := range r.Modules {
			if m.Source != "topics" {
				continue
			}
			seen++
			env, isEnv := p.Environment(r.Account)
			want := !isEnv || env.Stage == "production"
			if _, looks := argument(m, "page_parameters").(aws.String); looks != want {
				t.Errorf("%s %s looks for whom to page: %v", r.Account, r.Region, looks)
			}
			mails := 0
			for _, topic := range argument(m, "topics").(aws.Object) {
				for _, a := range topic.Value.(aws.Object) {
					switch a.Key {
					case "page":
						if topic.Key != "critical" || bool(a.Value.(aws.Bool)) != want {
							t.Errorf("%s: %s pages: %v", r.Account, topic.Key, a.Value)
						}
					case "name":
						made[r.Account+" "+r.Region+" "+string(a.Value.(aws.String))] = true
					}
				}
				if strings.HasPrefix(topic.Key, "mail") {
					mails++
				}
			}
			if (mails > 0) != isEnv {
				t.Errorf("%s has %d topics for mail", r.Account, mails)
			}
		}
	}
	for _, s := range aws.Sites(target) {
		for list, arn := range s.MailTopics() {
			name := arn[strings.LastIndex(arn, ":")+1:]
			if len(s.Clusters()) > 0 && !made[s.Environment().Name+" "+s.Region()+" "+name] {
				t.Errorf("%s in %s is told by %s, which nobody makes", list, s.Zone(), arn)
			}
		}
	}
	if seen < 12 {
		t.Errorf("%d accounts and regions", seen)
	}
}

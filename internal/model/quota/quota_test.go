package quota_test

import (
	"regexp"
	"testing"

	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

func TestQuotas(t *testing.T) {
	code := regexp.MustCompile(`^L-[0-9A-F]{8}$`)
	codes := map[string]string{}
	for _, name := range quota.Names() {
		q, ok := quota.Find(name)
		if !ok || q.Name != name || q.Service == "" || q.Default < 1 || q.Source == "" || q.Most > 0 && q.Most < q.Default || !code.MatchString(q.Code) {
			t.Errorf("%s is %+v", name, q)
		}
		if other, taken := codes[q.Code]; taken {
			t.Errorf("%s and %s have the same code", other, name)
		}
		codes[q.Code] = name
	}
	if _, ok := quota.Find("rules"); ok {
		t.Error("there is a quota that nobody named")
	}
}

func TestEnough(t *testing.T) {
	vpcs, _ := quota.Find(quota.VPCs)
	rules, _ := quota.Find(quota.RulesPerSecurityGroup)
	for _, test := range []struct {
		q                quota.Quota
		have, need, want int
	}{
		{vpcs, 5, 5, 5}, {vpcs, 5, 6, 10}, {vpcs, 5, 21, 40}, {vpcs, 0, 3, 4},
		{rules, 60, 61, 120}, {rules, 60, 500, 200}, // with five groups, 1,000 is all there is
	} {
		if got := test.q.Enough(test.have, test.need); got != test.want {
			t.Errorf("%s: of %d for %d: %d, not %d", test.q.Name, test.have, test.need, got, test.want)
		}
	}
}

func TestPeak(t *testing.T) {
	got := quota.PeakOf(&model.Environment{
		Services: []model.Service{
			{Name: "web", Scale: model.Scale{Max: 10}, Size: model.Size{CPUMilli: 300}},
			{Name: "old", Runtime: model.EC2, Instance: "m6i.2xlarge", Scale: model.Scale{Max: 2}},
		},
		Stores: []model.Store{{Engine: model.MongoDB, Nodes: 3, Instance: "r6i.xlarge"}, {Engine: model.Valkey, Nodes: 3, Instance: "r6g.large"}},
	})
	if got.Pods != 3000 || got.Machines != (2*8+3*4)*1000 || got.Most == nil || got.Most.Name != "web" {
		t.Errorf("%+v", got)
	}
}

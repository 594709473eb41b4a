package aws

import (
	"slices"
	"testing"

	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

// What is rendered fits into what is asked for: every account and region asks for
// the limits that it exceeds, before what needs them, and for no others.
func TestQuotasAreAskedFor(t *testing.T) {
	target := kestrel(t)
	roots := Roots(target)
	asked := map[Use]int{}
	for _, r := range roots {
		for _, m := range r.Modules {
			if m.Source != "account-baseline" {
				continue
			}
			for _, a := range object(m.Args, "quotas") {
				if r.Layer >= Network {
					t.Errorf("%s asks for %s when it is too late", r.Layer, a.Key)
				}
				o := Args(a.Value.(Object))
				q, ok := quota.Find(a.Key)
				if !ok || value(o, "code") != Value(String(q.Code)) || value(o, "service") != Value(String(q.Service)) {
					t.Errorf("%s is %v", a.Key, o)
				}
				asked[Use{a.Key, r.Account, r.Region, ""}] = int(value(o, "value").(Number))
			}
		}
	}
	used := map[Use]int{}
	for at, n := range Uses(target.Platform, roots) {
		at.Where = ""
		used[at] = max(used[at], n)
	}
	over := 0
	for at, n := range used {
		q, _ := quota.Find(at.Quota)
		if n <= q.Default {
			continue
		}
		over++
		if asked[at] < n {
			t.Errorf("%s of %s in %s: %d are needed, and %d asked for", at.Quota, at.Account, at.Region, n, asked[at])
		}
	}
	for at, n := range asked {
		stated := slices.ContainsFunc(target.Platform.Cloud.Quotas, func(q model.Quota) bool { return q.Name == at.Quota })
		if q, _ := quota.Find(at.Quota); used[at] <= q.Default && !stated {
			t.Errorf("%s asks in %s for %d of %s, and needs %d", at.Account, at.Region, n, at.Quota, used[at])
		}
	}
	if over < 5 {
		t.Errorf("only %d limits are exceeded", over)
	}
	// The region that takes over runs everything on its day.
	if here, there := asked[Use{quota.VCPU, "prod", target.Platform.Cloud.Region, ""}], asked[Use{quota.VCPU, "prod", target.Platform.Recovery.Region, ""}]; here == 0 || here != there {
		t.Errorf("%d vCPU here and %d there", here, there)
	}
}

// What the file states is asked for as it stands, and more where more is needed.
func TestStatedQuotas(t *testing.T) {
	target := kestrel(t)
	p := *target.Platform
	p.Cloud.Quotas = []model.Quota{{Name: "customer-managed-keys", Limit: 200000}, {Name: quota.Addresses, Limit: 6}, {Name: quota.VCPU, Limit: 4}}
	target.Platform = &p
	c := newCompiler(target)
	got := c.quotas("prod", func(name string) int { return map[string]int{quota.VCPU: 15}[name] })
	for name, want := range map[string]int{"customer-managed-keys": 200000, quota.Addresses: 6, quota.VCPU: 16} {
		if n := value(Args(object(Args(got), name)), "value"); n != Value(Number(want)) {
			t.Errorf("%s: %v, not %d", name, n, want)
		}
	}
	if got := c.quotas(LogArchive, func(string) int { return 0 }); len(got) > 0 {
		t.Errorf("nothing runs there, and it asks for %v", got)
	}
}

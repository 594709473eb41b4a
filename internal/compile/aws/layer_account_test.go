package aws

import "testing"

// What is found in any account is told once, by the account that looks after
// security; what AWS does to an account's own things is told by that account.
func TestFindingsAreToldOnce(t *testing.T) {
	everyPlatform(t, func(t *testing.T, target Target) {
		told := map[string]map[string]int{}
		accounts := 0
		for _, r := range Roots(target) {
			m, ok := moduleOf(r, "detection")
			if !ok {
				continue
			}
			accounts++
			findings := object(m.Args, "findings")
			if _, ok := get(findings, "health"); !ok {
				t.Errorf("%s in %s does not hear of AWS's own trouble", r.Account, r.Region)
			}
			for _, f := range findings {
				if told[f.Key] == nil {
					told[f.Key] = map[string]int{}
				}
				told[f.Key][r.Region]++
			}
		}
		for _, key := range []string{"guardduty-high", "inspector-critical", "securityhub-critical"} {
			if len(told[key]) == 0 {
				t.Errorf("nobody tells of %s", key)
			}
			for region, n := range told[key] {
				if n != 1 {
					t.Errorf("%s is told %d times in %s", key, n, region)
				}
			}
		}
		if accounts == 0 {
			t.Error("nothing is watched")
		}
	})
}

func get(o Object, key string) (Value, bool) {
	for _, a := range o {
		if a.Key == key {
			return a.Value, true
		}
	}
	return nil, false
}

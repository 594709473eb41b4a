package reference

import (
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	for path, want := range map[string]string{
		"":                                     "",
		"name":                                 "name",
		"services":                             "services",
		"services.<name>":                      "services.<name>",
		"services.booking":                     "services.<name>",
		"services.scale.replicas":              "services.<name>.scale.replicas",
		"services.<name>.scale.replicas":       "services.<name>.scale.replicas",
		"services.booking.scale.replicas":      "services.<name>.scale.replicas",
		"environments.prod.services.booking":   "services.<name>",
		"environments.services.scale.cpu":      "services.<name>.scale.cpu",
		"environments.prod.stores.x.disk":      "stores.<name>.disk",
		"stores.topics.booking-created.retain": "stores.<name>.topics.<name>.retain",
		"network.vpn.sites[0].cidrs":           "network.vpn.sites[].cidrs",
		"network.vpn.sites.cidrs":              "network.vpn.sites[].cidrs",
		"services.settings":                    "services.<name>.settings",
		"waivers[].reason":                     "waivers[].reason",
		".services..port":                      "services.<name>.port",
	} {
		key, near := Find(path)
		if key == nil || key.Path != want {
			t.Errorf("Find(%q) = %+v, near %q, want %s", path, key, near, want)
		}
	}
	for path, want := range map[string]string{
		"service":               "services",
		"services.scal":         "services.<name>.scale",
		"services.x.prot":       "services.<name>.port",
		"delivery.rollout.bak":  "delivery.rollout.bake",
		"nonsense":              "",
		"name.first":            "",
		"services.settings.X.Y": "",
	} {
		key, near := Find(path)
		if key != nil {
			t.Errorf("Find(%q) = %s", path, key.Path)
		}
		if want != "" && !slices.Contains(near, want) || want == "" && len(near) > 0 {
			t.Errorf("Find(%q) proposes %q, want %q", path, near, want)
		}
	}
}

// Every key is found by its own path, with names and without.
func TestEveryKeyIsFound(t *testing.T) {
	n := 0
	Root().Each(func(k *Key) {
		n++
		if found, _ := Find(k.Path); found != k {
			t.Errorf("%s is not found", k.Path)
		}
		if k.Description == "" || k.Type == "" {
			t.Errorf("%s has no description or type", k.Path)
		}
	})
	if n < 150 {
		t.Errorf("only %d keys", n)
	}
}

func TestComplete(t *testing.T) {
	for path, want := range map[string][]string{
		"clo":                      {"cloud"},
		"services.sc":              {"scale", "schedule"},
		"services.booking.size.":   {"cpu", "memory"},
		"environments.services.si": {"size"},
		"nonsense.":                nil,
	} {
		if got := names(Complete(path)); !slices.Equal(got, want) {
			t.Errorf("Complete(%q) = %q, want %q", path, got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("services.<name>.port")
	f.Add("a[.b]..[")
	f.Fuzz(func(t *testing.T, path string) {
		Find(path)
		Complete(path)
	})
}

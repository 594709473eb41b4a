package reference

import (
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/model/quota"
	"paddock.dev/internal/prove/rules"
)

// The documentation of the quotas names all of them.
func TestQuotasAreNamed(t *testing.T) {
	key, _ := Find("cloud.quotas")
	for _, name := range quota.Names() {
		if !strings.Contains(key.Description, name) {
			t.Errorf("%s is missing from %q", name, key.Description)
		}
	}
}

// The example of a waiver names a rule that exists.
func TestWaiverExample(t *testing.T) {
	key, _ := Find("waivers.rule")
	if _, ok := rules.Find(key.Example); !ok {
		t.Errorf("there is no rule %q", key.Example)
	}
	whole, _ := Find("waivers")
	if !slices.Contains(strings.FieldsFunc(whole.Example, func(r rune) bool { return strings.ContainsRune("[{:,} ", r) }), key.Example) {
		t.Errorf("%q does not name %q", whole.Example, key.Example)
	}
}

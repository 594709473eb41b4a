package quota_test

import (
	"regexp"
	"testing"

	"paddock.dev/internal/model/quota"
)

func TestQuotas(t *testing.T) {
	code := regexp.MustCompile(`^L-[0-9A-F]{8}$`)
	codes := map[string]string{}
	for _, name := range quota.Names() {
		q, ok := quota.Find(name)
		if !ok || q.Name != name || q.Service == "" || !code.MatchString(q.Code) {
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

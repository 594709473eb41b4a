package node

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestWhenRelated(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "x", errors.New("no relationship found"))
	other := errors.New("no route to host")
	for name, test := range map[string]struct {
		refusals int
		then     error
		want     error
		within   time.Duration
	}{
		"at once":              {0, nil, nil, 0},
		"early refusals":       {3, nil, nil, time.Second},
		"a refusal that lasts": {1 << 30, nil, forbidden, 2 * relatedWithin},
		"another error":        {0, other, other, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked, began := 0, time.Now()
				value, err := whenRelated(t.Context(), func() (int, error) {
					if asked++; asked <= test.refusals {
						return 0, forbidden
					}
					return 42, test.then
				})
				if !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if err == nil && value != 42 {
					t.Errorf("value %d", value)
				}
				if took := time.Since(began); took > test.within {
					t.Errorf("took %s, want at most %s", took, test.within)
				}
			})
		})
	}
}

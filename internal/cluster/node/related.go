package node

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// relatedWithin is how long the API server may take to learn which objects a new
// pod refers to.
const relatedWithin = 5 * time.Second

// whenRelated asks again while the API server refuses. Its Node authorizer lets
// a node read only what the pods of that node refer to, and hears of a pod at
// about the same time as we do: the first refusal may only be early. One that
// lasts is returned.
func whenRelated[T any](ctx context.Context, get func() (T, error)) (T, error) {
	limit := time.NewTimer(relatedWithin)
	defer limit.Stop()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		value, err := get()
		if !apierrors.IsForbidden(err) {
			return value, err
		}
		select {
		case <-ctx.Done():
			return value, err
		case <-limit.C:
			return value, err
		case <-time.After(pause):
		}
	}
}

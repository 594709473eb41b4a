package trail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"paddock.dev/internal/objects"
)

// Memory is the bucket without the network: the names and the metadata are as
// S3 gives them.
type Memory struct {
	*Trail
	// Opened counts what was read.
	Opened func(key string)
}

// Address is the location that Memory is the store of.
func (m Memory) Address() string { return "s3://" + m.Bucket }

// List yields every object in order.
func (m Memory) List(context.Context) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(m.Objects)) {
			o := objects.Object{Name: m.Address() + "/" + key, Key: key, Size: int64(len(m.Objects[key].Body)), Modified: time.Unix(0, 0)}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// Open returns an object's bytes, with its metadata.
func (m Memory) Open(_ context.Context, key string) (io.ReadCloser, error) {
	o := m.Objects[key]
	if o == nil {
		return nil, fmt.Errorf("%s: %w", key, objects.ErrNotFound)
	}
	if m.Opened != nil {
		m.Opened(key)
	}
	return &body{bytes.NewReader(o.Body), o.Metadata}, nil
}

type body struct {
	*bytes.Reader
	metadata map[string]string
}

func (b *body) Metadata() map[string]string { return b.metadata }
func (b *body) Close() error                { return nil }

package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// blobs are files named by the digest of their content. A file appears under
// its name by a rename, when all of it is on disk and has the right digest.
type blobs struct {
	dir, staging string
	now          func() time.Time
}

func (b *blobs) path(h v1.Hash) string { return filepath.Join(b.dir, h.Hex) }

// Stat reads the whole blob: a file that was cut short or has rotted is the
// same as none, and the next push of it puts it right. It also makes the blob
// young again, because a client that found it here will not send it.
func (b *blobs) Stat(_ context.Context, _ string, h v1.Hash) (int64, error) {
	f, err := b.open(h)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	size, err := verify(f, h)
	if err != nil {
		return 0, err
	}
	now := b.now()
	if err := os.Chtimes(f.Name(), now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	return size, nil
}

// Get opens a blob; its bytes are checked before the first is served.
func (b *blobs) Get(_ context.Context, _ string, h v1.Hash) (io.ReadCloser, error) {
	f, err := b.open(h)
	if err != nil {
		return nil, err
	}
	if _, err := verify(f, h); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (b *blobs) open(h v1.Hash) (*os.File, error) {
	if h.Algorithm != "sha256" || len(h.Hex) != 64 {
		return nil, ggcr.ErrNotFound
	}
	f, err := os.Open(b.path(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ggcr.ErrNotFound
	}
	return f, err
}

// read returns a small blob whole.
func (b *blobs) read(digest string, limit int64) ([]byte, error) {
	h, err := v1.NewHash(digest)
	if err != nil {
		return nil, ggcr.ErrNotFound
	}
	f, err := b.open(h)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("blob %s is larger than %d bytes", digest, limit)
	}
	if _, err := verify(bytes.NewReader(content), h); err != nil {
		return nil, err
	}
	return content, nil
}

// add stores content that is in memory.
func (b *blobs) add(content []byte) (digest string, err error) {
	i, err := b.begin()
	if err != nil {
		return "", err
	}
	defer i.abandon()
	if _, err := i.Write(content); err != nil {
		return "", err
	}
	digest = i.digest()
	return digest, i.finish(digest)
}

// incoming is a blob on its way in.
type incoming struct {
	b    *blobs
	f    *os.File
	hash hash.Hash
	size int64
}

func (b *blobs) begin() (*incoming, error) {
	f, err := os.CreateTemp(b.staging, "blob-")
	if err != nil {
		return nil, err
	}
	return &incoming{b: b, f: f, hash: sha256.New()}, nil
}

func (i *incoming) Write(p []byte) (int, error) {
	n, err := i.f.Write(p)
	i.hash.Write(p[:n])
	i.size += int64(n)
	return n, err
}

func (i *incoming) digest() string { return "sha256:" + hex.EncodeToString(i.hash.Sum(nil)) }

// errDigest is content that is not what its sender said.
var errDigest = errors.New("the content has another digest")

// finish makes the blob visible, if it is what it should be.
func (i *incoming) finish(digest string) error {
	if got := i.digest(); got != digest {
		return fmt.Errorf("%w: %s", errDigest, got)
	}
	if err := i.f.Sync(); err != nil {
		return err
	}
	if err := i.f.Close(); err != nil {
		return err
	}
	now := i.b.now()
	if err := os.Chtimes(i.f.Name(), now, now); err != nil {
		return err
	}
	return os.Rename(i.f.Name(), filepath.Join(i.b.dir, digest[len("sha256:"):]))
}

// abandon forgets what came in; after finish it does nothing.
func (i *incoming) abandon() {
	i.f.Close()
	os.Remove(i.f.Name())
}

// verify reads content to its end. Content of another digest does not exist.
func verify(r io.Reader, h v1.Hash) (int64, error) {
	got, size, err := v1.SHA256(r)
	if err != nil {
		return 0, err
	}
	if got != h {
		return 0, fmt.Errorf("%w: blob %s is damaged", ggcr.ErrNotFound, h)
	}
	return size, nil
}

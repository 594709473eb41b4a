package build

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layers are programs that were compiled and packed before, by what they were
// made from.
type layers struct {
	dir string

	mu   *sync.Mutex
	busy map[string]chan struct{}
}

func newLayers(dir string) layers {
	return layers{dir: dir, mu: &sync.Mutex{}, busy: map[string]chan struct{}{}}
}

// lock makes builds of the same content wait: the second finds the result of
// the first.
func (l layers) lock(ctx context.Context, key string) (unlock func(), err error) {
	for {
		l.mu.Lock()
		running, taken := l.busy[key]
		if !taken {
			done := make(chan struct{})
			l.busy[key] = done
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.busy, key)
				l.mu.Unlock()
				close(done)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-running:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// layer is a packed program: a gzipped tar on disk and what is known of it.
type layer struct {
	path string
	// Zipped and Plain are the digests of the file and of the tar in it.
	Zipped string `json:"zipped"`
	Plain  string `json:"plain"`
	// Bytes in the file.
	Bytes int64 `json:"bytes"`
}

// get finds a layer whose file is still what it was.
func (l layers) get(key string) (*layer, bool) {
	content, err := os.ReadFile(filepath.Join(l.dir, key+".json"))
	if err != nil {
		return nil, false
	}
	found := &layer{path: filepath.Join(l.dir, key+".tar.gz")}
	if json.Unmarshal(content, found) != nil {
		return nil, false
	}
	f, err := os.Open(found.path)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	sum := sha256.New()
	if n, err := io.Copy(sum, f); err != nil || n != found.Bytes || digestOf(sum) != found.Zipped {
		return nil, false
	}
	return found, true
}

// put packs a program as /app/<service>. The description is written last: what
// is not described is not there.
func (l layers) put(key, service, binary string) (*layer, error) {
	packed := &layer{path: filepath.Join(l.dir, key+".tar.gz")}
	out, err := os.CreateTemp(l.dir, "new-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	compressed, plain := sha256.New(), sha256.New()
	zip, err := gzip.NewWriterLevel(io.MultiWriter(out, compressed), gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := pack(io.MultiWriter(zip, plain), service, binary); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	info, err := out.Stat()
	if err != nil {
		return nil, err
	}
	packed.Zipped, packed.Plain, packed.Bytes = digestOf(compressed), digestOf(plain), info.Size()
	if err := out.Close(); err != nil {
		return nil, err
	}
	if err := os.Rename(out.Name(), packed.path); err != nil {
		return nil, err
	}
	content, err := json.Marshal(packed)
	if err != nil {
		return nil, err
	}
	description := filepath.Join(l.dir, key+".json")
	if err := os.WriteFile(description+".new", content, 0o644); err != nil {
		return nil, err
	}
	return packed, os.Rename(description+".new", description)
}

// pack writes the tar: a directory and the program, owned by root, of no time.
func pack(w io.Writer, service, binary string) error {
	f, err := os.Open(binary)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	archive := tar.NewWriter(w)
	for _, h := range []*tar.Header{
		{Typeflag: tar.TypeDir, Name: "app/", Mode: 0o755, ModTime: epoch},
		{Typeflag: tar.TypeReg, Name: "app/" + service, Mode: 0o755, ModTime: epoch, Size: info.Size()},
	} {
		if err := archive.WriteHeader(h); err != nil {
			return err
		}
	}
	if _, err := io.Copy(archive, f); err != nil {
		return err
	}
	return archive.Close()
}

func digestOf(sum hash.Hash) string { return "sha256:" + hex.EncodeToString(sum.Sum(nil)) }

// Digest, DiffID, Compressed, Uncompressed, Size and MediaType make it a layer
// of go-containerregistry.

func (l *layer) Digest() (v1.Hash, error)            { return v1.NewHash(l.Zipped) }
func (l *layer) DiffID() (v1.Hash, error)            { return v1.NewHash(l.Plain) }
func (l *layer) Compressed() (io.ReadCloser, error)  { return os.Open(l.path) }
func (l *layer) Size() (int64, error)                { return l.Bytes, nil }
func (l *layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }

func (l *layer) Uncompressed() (io.ReadCloser, error) {
	f, err := os.Open(l.path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

// Package objects finds and opens the files that people name: one file, a
// directory, standard input, or a prefix of an S3 bucket. It knows how to list
// them in one order, what the same bytes look like unpacked, and how to go on
// past an entry that cannot be read; it refuses to know what is inside, and it
// changes nothing.
package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Object is one file or S3 object.
type Object struct {
	// Name is how users know it: a path, an s3:// address, or "stdin".
	Name string
	// Key is its name below the location, slash separated.
	Key string
	// Size is in bytes as stored, -1 when nobody can tell beforehand.
	Size     int64
	Modified time.Time
}

// Store is the objects below one location.
type Store interface {
	// List yields every object below the location in the order of Key, holding
	// one page, or the names of the directories that it is in. A yielded error
	// names one entry that could not be read; listing goes on after it.
	List(ctx context.Context) iter.Seq2[Object, error]
	// Open returns the bytes as stored, still compressed.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
}

// ErrNotFound is in the error of At when there is nothing at the location.
var ErrNotFound = errors.New("there is no such file or directory")

// At returns the store of a location: FILE, DIR, "-" for standard input, or
// s3://bucket/prefix.
//
// s3://bucket/a/b is the object of exactly this key or else everything below
// a/b/, as for files; a star at the end, s3://bucket/a/b*, makes it a plain
// prefix. Credentials, region and endpoint come from where every AWS tool takes
// them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and the shared files).
func At(ctx context.Context, location string) (Store, error) {
	switch {
	case location == "-":
		return Stream(os.Stdin), nil
	case strings.HasPrefix(location, "s3://"):
		return openBucket(ctx, location)
	}
	info, err := os.Stat(location)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", location, ErrNotFound)
	}
	if err != nil {
		return nil, reason(location, err)
	}
	if info.IsDir() {
		return directory(location), nil
	}
	return &file{path: location, info: info}, nil
}

// reason is the error with the path once and in front.
func reason(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// file is one file. It may be a pipe, as in paddock flows <(command).
type file struct {
	path string
	info fs.FileInfo
}

func (f *file) List(context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		size := int64(-1)
		if f.info.Mode().IsRegular() {
			size = f.info.Size()
		}
		yield(Object{Name: f.path, Key: filepath.Base(f.path), Size: size, Modified: f.info.ModTime()}, nil)
	}
}

func (f *file) Open(_ context.Context, key string) (io.ReadCloser, error) {
	if key != filepath.Base(f.path) {
		return nil, fmt.Errorf("%s: %w", key, ErrNotFound)
	}
	return open(f.path)
}

func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(path, err)
	}
	return f, nil
}

// Stream is a store of one object that can be read once, named "stdin".
func Stream(r io.Reader) Store { return stream{r} }

type stream struct{ r io.Reader }

func (s stream) List(context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) { yield(Object{Name: "stdin", Key: "stdin", Size: -1}, nil) }
}

func (s stream) Open(_ context.Context, key string) (io.ReadCloser, error) {
	if key != "stdin" {
		return nil, fmt.Errorf("%s: %w", key, ErrNotFound)
	}
	return io.NopCloser(s.r), nil
}

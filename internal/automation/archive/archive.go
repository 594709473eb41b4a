// Package archive builds the archives of the functions from Paddock's source,
// with the Go that is there. It knows how Go is called and remembers what it
// built; it refuses to know what the functions do.
package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"paddock.dev/internal/emit/functions"
)

// Builder builds archives.
type Builder struct {
	// Go is the command, such as go.
	Go string
	// Source is a directory of Paddock's module.
	Source string
	// Cache keeps archives by what they are made of; empty keeps none.
	Cache string
}

// ErrNoSource says that the directory is not of Paddock's source.
var ErrNoSource = errors.New("this is not Paddock's source")

// flags leave out what differs between two machines: paths, the state of a
// checkout, symbols.
var flags = []string{"-trimpath", "-ldflags=-s -w", "-buildvcs=false"}

// Check says whether the builder can work at all: *exec.Error when there is no
// Go, ErrNoSource when the directory is another one.
func (b *Builder) Check(ctx context.Context) error {
	module, err := b.run(ctx, "list", "-m")
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(module)) != "paddock.dev" {
		return fmt.Errorf("%s: %w", b.Source, ErrNoSource)
	}
	return nil
}

// Build makes the archive of one function, or takes it from the cache.
func (b *Builder) Build(ctx context.Context, name string) ([]byte, error) {
	key, err := b.key(ctx, name)
	if err != nil {
		return nil, err
	}
	kept := filepath.Join(b.Cache, key+".zip")
	if b.Cache != "" {
		data, err := os.ReadFile(kept)
		if err == nil {
			return data, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "paddock-function-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "bootstrap")
	if _, err := b.run(ctx, append(append([]string{"build"}, flags...), "-o", program, "./cmd/functions/"+name)...); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	archive, err := functions.Archive(data)
	if err != nil || b.Cache == "" {
		return archive, err
	}
	return archive, keep(kept, archive)
}

// key names an archive by all that goes into it: Go itself, the flags, and the
// content of every package that the program has.
func (b *Builder) key(ctx context.Context, name string) (string, error) {
	version, err := b.run(ctx, "version")
	if err != nil {
		return "", err
	}
	packages, err := b.run(ctx, append(append([]string{"list", "-deps", "-export"}, flags...), "-f", "{{.ImportPath}} {{.BuildID}}", "./cmd/functions/"+name)...)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, part := range [][]byte{version, []byte(strings.Join(flags, " ")), packages} {
		fmt.Fprintf(h, "%d\n%s", len(part), part)
	}
	return name + "-" + hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// keep writes a file whole or not at all.
func keep(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Write puts the archive of a function below a directory of rendered files, and
// leaves it alone where it is the same already. It says whether it wrote.
func Write(dir, name string, archive []byte) (bool, error) {
	file := filepath.Join(dir, filepath.FromSlash(functions.Path(name)))
	have, err := os.ReadFile(file)
	if err == nil && bytes.Equal(have, archive) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, keep(file, archive)
}

// run calls Go for the machines that Lambda has. Nothing of the caller's own
// settings for builds may find its way into an archive.
func (b *Builder) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, b.Go, args...)
	cmd.Dir = b.Source
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", b.Go, strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

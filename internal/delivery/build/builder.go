package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"paddock.dev/internal/proc"
)

// ImageHost is the registry's name in references to images. It is the same on
// every machine; whoever pulls is told the real address.
const ImageHost = "registry.paddock.internal"

// Source hands out commits.
type Source interface {
	// Tree is the object name of a commit's content.
	Tree(ctx context.Context, service, commit string) (string, error)
	// Checkout writes that content into a directory, and nothing beside it.
	Checkout(ctx context.Context, service, commit, dir string) error
}

// Config of a Builder.
type Config struct {
	// Dir for work in progress, compiled layers and the Go build cache.
	Dir    string
	Source Source
	// Registry is the host:port to push to, over HTTP.
	Registry string
	// Go is the go command; found in PATH when empty.
	Go string
	// GoCache and GoModCache are shared with the machine's own go command when
	// empty, so that what it compiled and downloaded is not done again.
	GoCache, GoModCache string
	Logger              *slog.Logger
}

// Builder builds images. It is safe for concurrent use; builds of the same
// content wait for each other.
type Builder struct {
	cfg   Config
	go_   golang
	cache layers
	work  string
	logs  *slog.Logger
}

// Request is one commit to build.
type Request struct {
	Service string
	// Commit is the full object name.
	Commit string
	// Language of the service; empty means whatever its files say.
	Language string
	// Package to build, such as ./cmd/server; empty means the module's root.
	Package string
	// Test runs the tests of the service before anything is packed.
	Test bool
	// Log takes what happens, for people. Nil means nobody.
	Log io.Writer
}

// Result of a build.
type Result struct {
	// Image by digest: registry.paddock.internal/<service>@sha256:<hex>.
	Image string
	// Digest of the manifest, sha256:<hex>.
	Digest   string
	Duration time.Duration
	// Cached says that nothing had to be compiled.
	Cached bool
	// Size of the compressed layer in bytes.
	Size int64
}

// Failure is a build that failed for a reason in the tree: the author can put
// it right. Any other error is ours or the machine's.
type Failure struct {
	// Step that failed: source, compile or test.
	Step string
	// Summary is one line, with the position that the compiler gave.
	Summary string
	// Output is all that the tool said.
	Output string
}

func (f *Failure) Error() string { return f.Step + ": " + f.Summary }

// TreeFault tells it from errors after which building again may help, to those
// who do not know this package.
func (f *Failure) TreeFault() bool { return true }

var (
	serviceName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	commitName  = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)
)

// New finds the compiler and clears away what a killed builder left.
func New(ctx context.Context, cfg Config) (*Builder, error) {
	if cfg.Dir == "" || cfg.Source == nil || cfg.Registry == "" {
		return nil, errors.New("build: Dir, Source and Registry are needed")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	cfg.Dir = dir
	processes, err := proc.NewKeeper(filepath.Join(dir, "processes"))
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	defer func() {
		if err != nil {
			processes.Close()
		}
	}()
	// A killed builder's compilers may still write into its work.
	if _, err = processes.Recover(ctx); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	work := filepath.Join(dir, "work")
	if err = removeTree(work); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	home, cache := filepath.Join(dir, "home"), filepath.Join(dir, "layers")
	for _, d := range []string{work, home, cache} {
		if err = os.MkdirAll(d, 0o755); err != nil {
			return nil, fmt.Errorf("build: %w", err)
		}
	}
	g, err := findGo(ctx, cfg, home)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	g.processes = processes
	return &Builder{cfg: cfg, go_: g, cache: newLayers(cache), work: work, logs: cfg.Logger}, nil
}

// Close ends what still runs. No build may be started afterwards.
func (b *Builder) Close() error {
	b.go_.processes.Close()
	return nil
}

// Build makes the image of a commit and pushes it. Building the same commit
// again is harmless and quick. The error is a *Failure when the tree is to
// blame. When the context ends, so do all processes of the build.
func (b *Builder) Build(ctx context.Context, r Request) (Result, error) {
	started := time.Now()
	if r.Log == nil {
		r.Log = io.Discard
	}
	if !serviceName.MatchString(r.Service) || !commitName.MatchString(r.Commit) {
		return Result{}, fmt.Errorf("build %s at %s: not the name of a service and a commit", r.Service, r.Commit)
	}
	fmt.Fprintf(r.Log, "build %s at %.12s\n", r.Service, r.Commit)
	result, err := b.build(ctx, r)
	if ctx.Err() != nil && err != nil {
		err = ctx.Err()
	}
	result.Duration = time.Since(started)
	if err != nil {
		fmt.Fprintf(r.Log, "failed after %s: %v\n", result.Duration.Round(time.Millisecond), err)
		return Result{}, fmt.Errorf("build %s at %.12s: %w", r.Service, r.Commit, err)
	}
	fmt.Fprintf(r.Log, "pushed %s in %s\n", result.Image, result.Duration.Round(time.Millisecond))
	b.logs.Info("built", "service", r.Service, "commit", r.Commit, "digest", result.Digest, "cached", result.Cached, "took", result.Duration)
	return result, nil
}

func (b *Builder) build(ctx context.Context, r Request) (Result, error) {
	tree, err := b.cfg.Source.Tree(ctx, r.Service, r.Commit)
	if err != nil {
		return Result{}, err
	}
	key := b.go_.key(r, tree)
	unlock, err := b.cache.lock(ctx, key)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	packed, cached := b.cache.get(key)
	if cached {
		fmt.Fprintln(r.Log, "compiled before: the same tree with the same compiler")
	} else if packed, err = b.compile(ctx, r, key); err != nil {
		return Result{}, err
	}
	image, err := assemble(r, packed)
	if err != nil {
		return Result{}, fmt.Errorf("assemble image: %w", err)
	}
	digest, err := image.Digest()
	if err != nil {
		return Result{}, fmt.Errorf("assemble image: %w", err)
	}
	// The tag is for people; everything else uses the digest.
	tag, err := name.NewTag(b.cfg.Registry+"/"+r.Service+":"+r.Commit[:12], name.Insecure)
	if err != nil {
		return Result{}, fmt.Errorf("push: %w", err)
	}
	if err := remote.Write(tag, image, remote.WithContext(ctx), remote.WithUserAgent("paddock")); err != nil {
		return Result{}, fmt.Errorf("push: %w", err)
	}
	return Result{
		Image: ImageHost + "/" + r.Service + "@" + digest.String(), Digest: digest.String(),
		Cached: cached, Size: packed.Bytes,
	}, nil
}

// compile checks out, compiles and packs.
func (b *Builder) compile(ctx context.Context, r Request, key string) (*layer, error) {
	work, err := os.MkdirTemp(b.work, r.Service+"-")
	if err != nil {
		return nil, fmt.Errorf("work directory: %w", err)
	}
	defer func() {
		if err := removeTree(work); err != nil {
			b.logs.Warn("a work directory is left", "dir", work, "error", err)
		}
	}()
	src, tmp := filepath.Join(work, "src"), filepath.Join(work, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return nil, fmt.Errorf("work directory: %w", err)
	}
	step := time.Now()
	if err := b.cfg.Source.Checkout(ctx, r.Service, r.Commit, src); err != nil {
		return nil, err
	}
	fmt.Fprintf(r.Log, "checked out in %s\n", time.Since(step).Round(time.Millisecond))
	if err := detect(src, r.Language); err != nil {
		return nil, err
	}
	if r.Test {
		step = time.Now()
		if err := b.go_.test(ctx, src, tmp, r); err != nil {
			return nil, err
		}
		fmt.Fprintf(r.Log, "tested in %s\n", time.Since(step).Round(time.Millisecond))
	}
	step = time.Now()
	binary := filepath.Join(work, output)
	if err := b.go_.build(ctx, src, tmp, r); err != nil {
		return nil, err
	}
	fmt.Fprintf(r.Log, "compiled with %s in %s\n", b.go_.version, time.Since(step).Round(time.Millisecond))
	packed, err := b.cache.put(key, r.Service, binary)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return packed, nil
}

// removeTree removes a directory in which tests may have taken their own
// permission to write.
func removeTree(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

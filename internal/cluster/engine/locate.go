package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is the name of the binary that holds the engines.
const Program = "paddock-engine"

// EnvPath names the program when set, before anything else is looked at.
const EnvPath = "PADDOCK_ENGINE"

// Options say where Locate looks. The zero value is right for a command.
type Options struct {
	// Dir is where the search for the source tree begins. Empty means the
	// working directory.
	Dir string
	// Self is this executable. Empty means os.Executable.
	Self string
	// Cache holds the programs that were built. Empty means paddock/engine in
	// the user's cache directory.
	Cache string
	// Getenv reads the environment. Nil means os.Getenv.
	Getenv func(string) string
	// OnProgress is told how a build gets on, a few times per second. Calls do
	// not overlap. Optional.
	OnProgress func(Progress)
}

// NotFoundError says where the program was looked for, and why it could not be
// built.
type NotFoundError struct {
	Tried []string
}

// Error tells what to do about it too.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%s was not found: %s; put it beside paddock, or run paddock in its source tree, where it is built",
		Program, strings.Join(e.Tried, ", "))
}

// Locate finds the program, in this order: $PADDOCK_ENGINE, beside this
// executable, on PATH, in the cache for exactly this version of the source.
// Failing all, it builds it from the source tree into the cache, which takes
// from half a minute to a quarter of an hour, once.
func Locate(ctx context.Context, o Options) (string, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if path := o.Getenv(EnvPath); path != "" {
		path, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("$%s: %w", EnvPath, err)
		}
		return filepath.Abs(path)
	}
	missing := &NotFoundError{Tried: []string{"$" + EnvPath + " is not set"}}

	if o.Self == "" {
		// Without the path of this executable there is nothing beside it.
		o.Self, _ = os.Executable()
	}
	if self, err := filepath.EvalSymlinks(o.Self); err == nil {
		beside := filepath.Join(filepath.Dir(self), Program)
		if runnable(beside) {
			return beside, nil
		}
		missing.Tried = append(missing.Tried, "no "+beside)
	}
	if path, err := exec.LookPath(Program); err == nil {
		return filepath.Abs(path)
	}
	missing.Tried = append(missing.Tried, "not on PATH")

	src, err := findSource(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		missing.Tried = append(missing.Tried, "no source tree of "+module)
		return "", missing
	}
	if err != nil {
		return "", err
	}
	if o.Cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find %s: %w", Program, err)
		}
		o.Cache = filepath.Join(dir, "paddock", "engine")
	}
	key, err := src.key()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", Program, err)
	}
	b := &builder{source: src, cache: o.Cache, key: key, report: o.OnProgress}
	return b.ensure(ctx)
}

func runnable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

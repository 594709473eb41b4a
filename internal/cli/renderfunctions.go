package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"paddock.dev/internal/automation/archive"
	"paddock.dev/internal/emit/functions"
)

// renderFunctions builds the archives of the functions below a directory that
// was rendered. Compiling takes time, so that it is asked for.
func (a *app) renderFunctions(ctx context.Context, out, source string) error {
	b := &archive.Builder{Go: "go", Source: source}
	if cache, err := os.UserCacheDir(); err == nil {
		b.Cache = filepath.Join(cache, "paddock", "functions")
	}
	err := b.Check(ctx)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return usage("functions-without-go", "The functions are Go programs, and there is no go on PATH", "Install Go, or render without --functions: the roots can be planned without the archives, but not applied.")
	case err != nil:
		return usage("functions-source", fmt.Sprintf("%s is not a directory of Paddock's source", source), "Name one, as in --functions=../paddock, or render without --functions.")
	}
	for _, f := range functions.All() {
		data, err := b.Build(ctx, f.Name)
		if err != nil {
			return fmt.Errorf("build the function %s: %w", f.Name, err)
		}
		wrote, err := archive.Write(out, f.Name, data)
		if err != nil {
			return err
		}
		what := "unchanged"
		if wrote {
			what = "built"
		}
		fmt.Fprintf(a.streams.Err, "%s: %s, %.1f MiB\n", functions.Path(f.Name), what, float64(len(data))/(1<<20))
	}
	return nil
}

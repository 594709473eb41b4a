package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/format"
	"paddock.dev/internal/spec"
)

// layout are the flags of `paddock fmt`.
type layout struct{ check, diff bool }

func newFmt(a *app) *cobra.Command {
	var o layout
	cmd := &cobra.Command{
		Use:   "fmt [FILE...]",
		Short: "Lay out platform files the one way they are written",
		Long: `Lays out platform files: two spaces for each level, one space where one is needed,
double quotes, no more than one empty line. Comments, order, line breaks and meaning
stay, and so does what was lined up with the line above.

Without FILE it is ./platform.yaml and the files that it includes. The answer is the
names of the files that were changed. A file that is not YAML is reported and left as
it is. - reads from stdin and prints the result.

Exit codes: 0 all is laid out; 1 with --check or --diff, when a file is not; 2 when a
file cannot be read or is not YAML.`,
		Example: `  paddock fmt

  # in a pipeline
  paddock fmt --check

  # what would change
  paddock fmt --diff services/booking/paddock.yaml`,
		ValidArgsFunction: completeYAML,
		RunE:              func(_ *cobra.Command, args []string) error { return a.format(o, args) },
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "change nothing, name the files that are not laid out")
	cmd.Flags().BoolVarP(&o.diff, "diff", "d", false, "change nothing, print the differences")
	return cmd
}

// format lays out the files, all of them even when one is bad.
func (a *app) format(o layout, files []string) error {
	if len(files) == 0 {
		files = withIncluded("platform.yaml")
	}
	var failed error
	differ := false
	for _, file := range files {
		changed, err := a.formatFile(o, file)
		var input inputError
		switch {
		case errors.As(err, &input):
			failed = errInput
			_ = diag.WriteText(a.streams.Err, []diag.Problem{input.Problem}, diag.TextOptions{Color: a.streams.ErrColor})
		case errors.Is(err, errInput):
			failed = err
		case err != nil:
			return err
		}
		differ = differ || changed
	}
	if failed == nil && differ && (o.check || o.diff) {
		return errProblems
	}
	return failed
}

// formatFile lays out one file and says whether it was different.
func (a *app) formatFile(o layout, file string) (changed bool, err error) {
	name := file
	var text []byte
	if file == "-" {
		name = "stdin"
		text, err = io.ReadAll(io.LimitReader(a.streams.In, mostText))
	} else {
		// Links stay links: what they lead to is written.
		if file, err = filepath.EvalSymlinks(file); err == nil {
			text, err = readText(file)
		}
	}
	if err != nil {
		return false, unreadable(name, err)
	}
	_, problems := spec.Parse(name, text)
	if problems = spec.NotYAML(problems); len(problems) > 0 {
		_ = diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor})
		return false, errInput
	}
	result, err := format.Text(string(text))
	if err != nil {
		return false, inputError{diag.Problem{
			Severity: diag.Error, ID: "not-laid-out", Summary: "The file was left as it is", Pos: diag.Range{File: name},
			Detail: err.Error() + ".", Fix: "Write that line in a simpler way. If it is simple already, please report it with the file.",
		}}
	}
	if file == "-" && !o.check && !o.diff {
		_, err := io.WriteString(a.streams.Out, result)
		return false, err
	}
	if result == string(text) {
		return false, nil
	}
	switch {
	case o.diff:
		_, err = a.streams.Out.Write(diff.Diff(name, text, name+" (laid out)", []byte(result)))
	case o.check:
		_, err = fmt.Fprintln(a.streams.Out, name)
	default:
		if err = replaceFile(file, []byte(result)); err != nil {
			return false, unwritable(name, err)
		}
		_, err = fmt.Fprintln(a.streams.Out, name)
	}
	return true, err
}

// mostText is more than the reader of platform files takes, so that it sees that
// there is too much.
const mostText = 2 << 20

func readText(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostText))
}

// withIncluded is a platform file with the files that it includes.
func withIncluded(file string) []string {
	files := []string{file}
	text, err := readText(file)
	if err != nil {
		return files // reading it again says what is wrong
	}
	for _, pattern := range spec.Includes(text) {
		matches, err := filepath.Glob(filepath.Join(filepath.Dir(file), filepath.FromSlash(pattern)))
		if err != nil {
			continue // paddock check names it
		}
		for _, m := range matches {
			if !slices.Contains(files, m) {
				files = append(files, m)
			}
		}
	}
	return files
}

func unreadable(name string, err error) error {
	return badFile("file-unreadable", "The file cannot be read", name, err)
}

func unwritable(name string, err error) error {
	return badFile("file-unwritable", "The file cannot be written", name, err)
}

func badFile(id, summary, name string, err error) error {
	p := diag.Problem{Severity: diag.Error, ID: id, Summary: summary, Pos: diag.Range{File: name}}
	switch {
	case errors.Is(err, os.ErrNotExist) && name == "platform.yaml":
		p.Fix = "Write one by looking at your code: paddock init"
	case errors.Is(err, os.ErrPermission):
		p.Fix = spec.PermissionFix
	case errors.Is(err, syscall.EISDIR):
		p.Fix = "Name the file in it: " + filepath.Join(name, "platform.yaml")
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	p.Detail = strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."
	return inputError{p}
}

// replaceFile writes a file as a whole or not at all, with the mode that it had.
func replaceFile(file string, data []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return writeWhole(file, data, info.Mode().Perm())
}

// writeWhole writes beside the file and renames: whoever reads it meanwhile, or
// pulls the plug, finds the old text or the new one.
func writeWhole(file string, data []byte, mode os.FileMode) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	_, err = io.Copy(temporary, bytes.NewReader(data))
	err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), file)
}

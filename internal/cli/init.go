package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/scaffold"
	"paddock.dev/internal/spec"
)

// beginning are the flags of `paddock init`.
type beginning struct {
	name, domain, environments, output string
	force, stdout                      bool
}

func newInit(a *app) *cobra.Command {
	var o beginning
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first platform file by looking at a directory",
		Long: fmt.Sprintf(`Looks at a directory (default .) and writes a platform.yaml of at most %d lines:
services by their go.mod, pyproject.toml, requirements.txt, pom.xml, build.gradle,
composer.json, package.json, Cargo.toml, Gemfile or Dockerfile; ports by what the
code and its configuration say; stores by compose files, drivers and variables; who
uses whom by depends_on and variables such as FLEET_URL.

Paddock builds Go now. Services in other languages are declared: others may use them,
and nothing is built. What was guessed says so in a comment. A file that exists is
never overwritten without --force.`, scaffold.MaxLines),
		Example: `  paddock init

  # see it before it is written
  paddock init --stdout

  paddock init services --name kestrel --domain kestrelcars.example --environments dev,qa,prod`,
		Args: atMost("DIR"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return a.begin(o, dir)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "name of the platform (default: that of the directory)")
	f.StringVar(&o.domain, "domain", "", "domain of the platform (default: NAME.example)")
	f.StringVar(&o.environments, "environments", "dev,prod", "environments in the order of a release; NAME=STAGE for names that do not say their stage")
	f.StringVarP(&o.output, "output", "o", "", "file to write (default: platform.yaml in DIR)")
	f.BoolVar(&o.force, "force", false, "overwrite the file if it exists")
	f.BoolVar(&o.stdout, "stdout", false, "print the file and write nothing")
	return cmd
}

func (a *app) begin(o beginning, dir string) error {
	options, err := o.options(dir)
	if err != nil {
		return err
	}
	file := o.output
	if file == "" {
		file = filepath.Join(dir, "platform.yaml")
	}
	if _, err := os.Lstat(file); err == nil && !o.force && !o.stdout {
		return usage("file-exists", fmt.Sprintf("%s exists", file), "Look at what would be written with --stdout, or overwrite it with --force.")
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: dir, Err: errors.New("it is not a directory")}
	}
	if err != nil {
		return badFile("directory-unreadable", "The directory cannot be read", dir, err)
	}
	found, err := scaffold.Look(os.DirFS(dir), options.Name)
	if err != nil {
		return badFile("directory-unreadable", "The directory cannot be read", dir, err)
	}
	// Directories of code are written relative to the file.
	if found.Services, err = relocate(found.Services, dir, file); err != nil {
		return err
	}
	text := scaffold.Text(found, options)
	if _, problems := spec.Parse(file, []byte(text)); diag.HasErrors(problems) {
		_ = diag.WriteText(a.streams.Err, problems, diag.TextOptions{Color: a.streams.ErrColor})
		return fmt.Errorf("what was found makes no platform file; please report it: it has the errors above and was not written")
	}
	for _, note := range found.Notes {
		fmt.Fprintln(a.streams.Err, safe(note))
	}
	if o.stdout {
		_, err := io.WriteString(a.streams.Out, text)
		return err
	}
	if err := writeWhole(file, []byte(text), 0o644); err != nil {
		return unwritable(file, err)
	}
	what := count(len(found.Services), "service") + " and " + count(len(found.Stores), "store")
	if len(found.Services) == 0 {
		what = "no program was found, so it has an example of one"
	}
	_, err = fmt.Fprintf(a.streams.Out, "%s: %s\nRead it, then: paddock check %s\n", file, what, file)
	return err
}

// relocate makes the directories of services, which are below dir, relative to
// the file. They must be below its directory, too.
func relocate(services []scaffold.Service, dir, file string) ([]scaffold.Service, error) {
	from, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(from, to)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, usage("outside", fmt.Sprintf("%s is not below the directory of %s", dir, file), "Write the file into a directory that holds the code: a platform is moved as a whole.")
	}
	for i := range services {
		services[i].Dir = filepath.ToSlash(filepath.Join(rel, services[i].Dir))
	}
	return services, nil
}

// stages of environments by the names that people give them.
var stages = map[string]string{
	"dev": "development", "develop": "development", "development": "development", "sandbox": "development",
	"test": "test", "qa": "test", "ci": "test", "integration": "test",
	"uat": "acceptance", "acceptance": "acceptance", "staging": "acceptance", "stage": "acceptance", "preprod": "acceptance", "preproduction": "acceptance",
	"prod": "production", "production": "production", "live": "production",
}

func (o beginning) options(dir string) (scaffold.Options, error) {
	options := scaffold.Options{Name: o.name, Domain: o.domain}
	if o.name == "" {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return options, err
		}
		options.Name = cmp.Or(scaffold.Name(filepath.Base(absolute)), "my-platform")
	} else if scaffold.Name(o.name) != o.name {
		return options, usage("bad-name", fmt.Sprintf("%q is no name of a platform", o.name), "Write lower-case letters, digits and dashes, such as --name "+cmp.Or(scaffold.Name(o.name), "kestrel")+".")
	}
	if err := v1.CheckHost(o.domain); o.domain != "" && err != nil {
		return options, usage("bad-domain", fmt.Sprintf("%q is no domain", o.domain), "Write one such as --domain kestrelcars.example. ("+err.Error()+")")
	}
	for word := range strings.SplitSeq(o.environments, ",") {
		name, stage, _ := strings.Cut(strings.TrimSpace(word), "=")
		if stage == "" {
			stage = stages[name]
		}
		if name == "" || scaffold.Name(name) != name || slices.ContainsFunc(options.Environments, func(e scaffold.Environment) bool { return e.Name == name }) {
			return options, usage("bad-name", fmt.Sprintf("%q is no name for one more environment", name), "Write different names of lower-case letters, digits and dashes, such as --environments dev,prod.")
		}
		if stage == "" {
			return options, usage("unknown-stage", fmt.Sprintf("The name %q does not say what the environment is for", name), "Write "+name+"=STAGE with development, test, acceptance or production.")
		}
		options.Environments = append(options.Environments, scaffold.Environment{Name: name, Stage: stage})
	}
	return options, nil
}

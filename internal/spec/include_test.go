package spec_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/spec"
)

const including = head + `
include: [services/*/paddock.yaml, teams.yaml]
environments: { dev: { stage: development }, prod: { stage: production, services: { fleet: { port: 9446 } } } }
services:
  fleet: { port: 8446 }
`

func files(texts ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i+1 < len(texts); i += 2 {
		fsys[texts[i]] = &fstest.MapFile{Data: []byte(texts[i+1])}
	}
	return fsys
}

const bookingFile = `services:
  booking: { source: ., port: 8443, uses: [fleet, bookings], team: rentals }
stores:
  bookings: { engine: mongodb }
environments:
  dev: { services: { booking: { port: 9443 } }, stores: { bookings: { nodes: 1 } } }
`

func TestInclude(t *testing.T) {
	fsys := files("services/booking/paddock.yaml", bookingFile, "services/search/paddock.yaml", "services: { search: { source: ./cmd/search, port: 8442 } }\n",
		"services/.hidden/paddock.yaml", "nonsense: [", "teams.yaml", "paddock: v1\nteams: { rentals: [asha] }\n")
	f, problems := spec.ParseFile("dir/platform.yaml", []byte(including), fsys)
	if f == nil {
		t.Fatal(problems)
	}
	dev, prod := f.Platform.Environments[0], f.Platform.Environments[1]
	if len(dev.Services) != 3 || dev.Services[0].Port != 9443 || prod.Services[0].Port != 8443 || prod.Services[1].Port != 9446 || len(dev.Stores) != 1 || dev.Stores[0].Nodes != 1 {
		t.Errorf("dev is %+v", dev)
	}
	if got := prod.Services[0].Source.Dir + " " + prod.Services[2].Source.Dir; got != "services/booking services/search/cmd/search" {
		t.Errorf("sources are %s", got)
	}
	if got := strings.Join(f.Names(), " "); got != "dir/platform.yaml dir/services/booking/paddock.yaml dir/services/search/paddock.yaml dir/teams.yaml" {
		t.Errorf("names are %s", got)
	}
	at, ok := f.Locate("dev", "services.booking.port")
	if !ok || at.String() != "dir/services/booking/paddock.yaml:6:39" || !strings.HasPrefix(at.Text, "  dev: { services: { booking") {
		t.Errorf("located at %v %q", at, at.Text)
	}
	// The whole in one text says the same.
	whole, problems := spec.ParseFile("dir/platform.yaml", f.Text(), nil)
	if whole == nil {
		t.Fatalf("%s\n%v", f.Text(), problems)
	}
	if !reflect.DeepEqual(whole.Platform, f.Platform) {
		t.Errorf("the whole text is another platform:\n%s", f.Text())
	}
}

func TestIncludeSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  []string // place id text
	}{
		"nothing": {files("services/booking/padock.yaml", bookingFile, "teams.yaml", "teams: { rentals: [asha] }"),
			[]string{"platform.yaml:5:11 include-unreadable Did you mean services/*/padock.yaml?"}},
		"no directory": {files("teams.yaml", "teams: { rentals: [asha] }"), []string{"platform.yaml:5:11 include-unreadable Create the file"}},
		"twice": {files("services/booking/paddock.yaml", bookingFile, "services/search/paddock.yaml", "services: { booking: { port: 8442 } }\n", "teams.yaml", "teams: { rentals: [asha] }"),
			[]string{"services/search/paddock.yaml:1:13 duplicate-key Two files have it below services. | services/booking/paddock.yaml:2:3"}},
		"twice with the main file": {files("services/booking/paddock.yaml", "services: { fleet: { port: 8442 } }\n", "teams.yaml", "teams: { rentals: [asha] }"),
			[]string{"services/booking/paddock.yaml:1:13 duplicate-key | platform.yaml:8:3"}},
		"other blocks": {files("services/booking/paddock.yaml", "servces: {}\nnetwork: {}\ninclude: [x]\nenvironments: { dve: {}, dev: { stage: test } }\n", "teams.yaml", "paddock: v2\n"),
			[]string{`services/booking/paddock.yaml:1:1 include-key Did you mean "services"?`, `services/booking/paddock.yaml:2:1 include-key all else is said once, in platform.yaml. Move it there.`,
				"services/booking/paddock.yaml:3:1 include-key", `services/booking/paddock.yaml:4:17 unknown-reference Did you mean "dev"?`, `services/booking/paddock.yaml:4:33 include-key "stage" of an environment`, "teams.yaml:1:10 unsupported-version"}},
		"not YAML": {files("services/booking/paddock.yaml", "services:\n  booking: { port: 8443, uses: [a\n", "teams.yaml", "- x\n"),
			[]string{"services/booking/paddock.yaml:2:32 yaml-syntax", "teams.yaml:1:1 wrong-type"}},
		"wrong values": {files("services/booking/paddock.yaml", "services: { booking: { port: 80, uses: [flet], source: ../x, health: [] } }\n", "teams.yaml", "teams: 5\n"),
			[]string{"services/booking/paddock.yaml:1:30 bad-value", "services/booking/paddock.yaml:1:41 unknown-reference", "services/booking/paddock.yaml:1:56 bad-value", "services/booking/paddock.yaml:1:70 wrong-type", "teams.yaml:1:8 wrong-type"}},
		"not text":   {files("services/booking/paddock.yaml", "a: \x00", "teams.yaml", ""), []string{"services/booking/paddock.yaml:1:4 not-text", "teams.yaml empty-file"}},
		"no problem": {nil, []string{"platform.yaml:5:1 include-unreadable cannot be read here"}},
	} {
		t.Run(name, func(t *testing.T) {
			var f *spec.File
			var problems []diag.Problem
			if c.files == nil {
				f, problems = spec.ParseFile("platform.yaml", []byte(including), nil)
			} else {
				f, problems = spec.ParseFile("platform.yaml", []byte(including), c.files)
			}
			if f != nil {
				t.Error("it was accepted")
			}
			for i, p := range problems {
				line := p.Pos.String() + " " + p.ID + " " + all(p)
				for _, r := range p.Related {
					line += " | " + r.Range.String()
				}
				ok := i < len(c.want)
				if ok {
					for _, part := range strings.SplitN(c.want[i], " ", 3) {
						ok = ok && strings.Contains(line, strings.TrimSpace(strings.Split(part, " | ")[0]))
					}
					if _, other, two := strings.Cut(c.want[i], " | "); two {
						ok = ok && strings.Contains(line, other)
					}
				}
				if !ok || p.Pos.Line > 0 && p.Pos.Text == "" {
					t.Errorf("%d: %s (excerpt %q)", i, line, p.Pos.Text)
				}
			}
			if len(problems) < len(c.want) {
				t.Errorf("%d problems, want %d", len(problems), len(c.want))
			}
		})
	}
}

func TestIncludeIsBounded(t *testing.T) {
	many := fstest.MapFS{"teams.yaml": {Data: []byte("teams: { rentals: [asha] }")}}
	for i := range 1100 {
		many[fmt.Sprintf("services/s%d/paddock.yaml", i)] = &fstest.MapFile{Data: []byte("stores: {}")}
	}
	large := fstest.MapFS{"teams.yaml": many["teams.yaml"]}
	for i := range 12 {
		large[fmt.Sprintf("services/s%d/paddock.yaml", i)] = &fstest.MapFile{Data: append([]byte("a: "), bytes.Repeat([]byte("x"), 900_000)...)}
	}
	wide := fstest.MapFS{"teams.yaml": many["teams.yaml"]}
	for i := range 450 {
		var b strings.Builder
		fmt.Fprintf(&b, "services:\n  s%d:\n    port: 8443\n    args: [%s]\n", i, strings.Repeat("a, ", 600))
		wide[fmt.Sprintf("services/s%d/paddock.yaml", i)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	for name, c := range map[string]struct {
		files fstest.MapFS
		id    string
	}{"many": {many, "too-many-values"}, "large": {large, "file-too-large"}, "wide": {wide, "too-many-values"}} {
		f, problems := spec.ParseFile("platform.yaml", []byte(including), c.files)
		found := false
		for _, p := range problems {
			found = found || p.ID == c.id
		}
		if f != nil || !found {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestIncludeStaysInside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "paddock.yaml"), "services: { booking: { port: 8443 } }\n")
	write(filepath.Join(dir, "teams.yaml"), "teams: { rentals: [asha] }\n")
	write(filepath.Join(dir, "platform.yaml"), including)
	if err := os.MkdirAll(filepath.Join(dir, "services", "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"services/b": outside, "services/a/paddock.yaml": filepath.Join(outside, "paddock.yaml")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	f, problems := spec.LoadFile(filepath.Join(dir, "platform.yaml"))
	if f != nil || len(problems) != 2 {
		t.Fatal(problems)
	}
	for _, p := range problems {
		if p.ID != "include-outside" || !strings.Contains(all(p), "symbolic link") {
			t.Error(all(p))
		}
	}
}

func TestStamp(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("platform.yaml", strings.Replace(including, ", teams.yaml", "", 1))
	write("services/search/paddock.yaml", "services: { search: { port: 8442 } }\n")
	f, problems := spec.LoadFile(filepath.Join(dir, "platform.yaml"))
	if f == nil {
		t.Fatal(problems)
	}
	before, err := f.Stamp()
	if err != nil {
		t.Fatal(err)
	}
	last := before
	for _, change := range []func(){
		func() { write("services/search/paddock.yaml", "services: { search: { port: 18442 } }\n") },
		func() { write("services/booking/paddock.yaml", "services: { booking: { port: 8443 } }\n") },
		func() { write("platform.yaml", including) },
	} {
		change()
		now, err := f.Stamp()
		if err != nil || now == last {
			t.Errorf("the stamp did not change: %v", err)
		}
		last = now
	}
}

// Package functions knows which functions there are, and how the archive of one
// is laid out. It puts the same program into the same bytes, and refuses to
// know how programs are built.
package functions

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/emit"
)

// Function is one program that Lambda runs.
type Function struct {
	// Name of the program below cmd/functions, and of its archive.
	Name string
	// Short says what it does.
	Short string
	// Changes says what it changes; empty for a function that only reports.
	Changes string
}

// All functions, by name.
func All() []Function {
	return []Function{
		{"cleanup", "marks volumes, snapshots and addresses that nobody uses, and deletes what stayed marked", "marks by the clock; deletes only when called with `\"delete\": true`"},
		{"expiry", "says which certificates end soon, and which keys and secrets are too old", ""},
		{"off-hours", "stops an environment outside its hours and starts it before them", "machines, node groups and Auto Scaling groups of environments that are not production"},
		{"restore-check", "judges what restore tests bring back, and tells AWS Backup", ""},
		{"rightsizing", "says which machines and volumes are larger than what they do", ""},
	}
}

// Path of a function's archive below the output directory.
func Path(name string) string { return "functions/" + name + ".zip" }

// Archive is the zip that Lambda takes: the program under the name that the
// runtime provided.al2023 starts. There is no time and no name of a machine in
// it, so that the same program is the same archive, and Terraform sees a change
// only where there is one.
func Archive(program []byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	h.SetMode(0o755)
	// The first day that the format can say.
	h.Modified = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)
	f, err := w.CreateHeader(h)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(program); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Files is what is rendered without a compiler: the page that says how the
// archives come to be.
func Files() []emit.File {
	var b strings.Builder
	b.WriteString(`# Functions

Programs that AWS Lambda runs for the platform (layer 70-automation). They are written in
Go, in Paddock's own repository: the decisions in internal/automation, the programs in
cmd/functions.

| archive | what it does | what it changes |
|---|---|---|
`)
	for _, f := range All() {
		changes := f.Changes
		if changes == "" {
			changes = "nothing: it only reports"
		}
		fmt.Fprintf(&b, "| `%s.zip` | %s | %s |\n", f.Name, f.Short, changes)
	}
	b.WriteString("\nThe archives are built where Paddock's source and Go are:\n\n    paddock render platform.yaml -o . --functions=path/to/paddock\n\n" +
		`Two builds of the same source with the same Go give the same bytes. The roots can be
planned without the archives, and say that they are missing; they cannot be applied.

No function changes anything in production. Each refuses by the tag ` + "`paddock:env`" + `, and its
role denies it as well. A call without ` + "`\"dryRun\": false`" + ` only says what it would do.
Every action, done or not, is one line of JSON in the function's log.
`)
	return []emit.File{{Path: "functions/README.md", Data: []byte(b.String())}}
}

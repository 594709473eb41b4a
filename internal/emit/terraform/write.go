package terraform

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"paddock.dev/internal/compile/aws"
)

// hclFormat lays text out as terraform fmt does.
func hclFormat(b []byte) []byte { return hclwrite.Format(b) }

type writer struct{ options Options }

const header = "# Rendered by paddock from the platform file. Edits here are kept and reported, not merged.\n\n"

// main is main.tf: the module calls of a root.
func (w *writer) main(r aws.Root) *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString(header)
	up := strings.Repeat("../", strings.Count(Dir(r), "/")) + "modules"
	for i, m := range r.Modules {
		if i > 0 {
			b.WriteByte('\n')
		}
		comment(&b, m.From)
		fmt.Fprintf(&b, "module %q {\n", m.Name)
		fmt.Fprintf(&b, "  source = %q\n", path.Join(up, m.Source))
		if len(m.Providers) > 0 {
			b.WriteString("  providers = {\n")
			for _, p := range m.Providers {
				fmt.Fprintf(&b, "    %s = %s\n", p.Inside, p.Here)
			}
			b.WriteString("  }\n")
		}
		if len(m.Args) > 0 {
			b.WriteByte('\n')
			args(&b, m.Args, 1)
		}
		if len(m.After) > 0 {
			b.WriteString("\n  depends_on = [")
			for j, name := range m.After {
				if j > 0 {
					b.WriteString(", ")
				}
				b.WriteString("module." + name)
			}
			b.WriteString("]\n")
		}
		b.WriteString("}\n")
	}
	return &b
}

// lookups is lookups.tf: the data sources of a root.
func (w *writer) lookups(r aws.Root) *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString(header)
	for i, l := range r.Lookups {
		if i > 0 {
			b.WriteByte('\n')
		}
		comment(&b, l.From)
		fmt.Fprintf(&b, "data %q %q {\n", l.Type, l.Name)
		if l.Provider != "" {
			fmt.Fprintf(&b, "  provider = %s\n", l.Provider)
		}
		args(&b, l.Args, 1)
		for _, k := range l.Blocks {
			fmt.Fprintf(&b, "  %s {\n", k.Name)
			args(&b, k.Args, 2)
			b.WriteString("  }\n")
		}
		b.WriteString("}\n")
	}
	return &b
}

// comment names the keys of the platform file that something comes from. Lines
// are in the source map: in the text they would change with every edit above.
func comment(b *bytes.Buffer, from []aws.Origin) {
	if len(from) == 0 {
		return
	}
	keys := make([]string, len(from))
	for i, f := range from {
		keys[i] = f.Key
	}
	fmt.Fprintf(b, "# from %s\n", strings.Join(keys, ", "))
}

func args(b *bytes.Buffer, list aws.Args, depth int) {
	for _, a := range list {
		b.WriteString(strings.Repeat("  ", depth) + a.Key + " = ")
		value(b, a.Value, depth)
		b.WriteByte('\n')
	}
}

// longest is how long a list or an object may be on one line.
const longest = 200

func value(b *bytes.Buffer, v aws.Value, depth int) {
	switch v := v.(type) {
	case aws.String:
		b.WriteString(quote(string(v)))
	case aws.Number:
		b.WriteString(strconv.FormatInt(int64(v), 10))
	case aws.Bool:
		b.WriteString(strconv.FormatBool(bool(v)))
	case aws.Ref:
		b.WriteString(string(v))
	case aws.Text:
		text(b, v)
	case aws.Heredoc:
		heredoc(b, string(v))
	case aws.List:
		list(b, v, depth)
	case aws.Object:
		object(b, v, depth)
	case nil:
		b.WriteString("null")
	default:
		panic(fmt.Sprintf("a value of type %T cannot be written", v))
	}
}

func list(b *bytes.Buffer, l aws.List, depth int) {
	var line bytes.Buffer
	line.WriteByte('[')
	for i, v := range l {
		if i > 0 {
			line.WriteString(", ")
		}
		value(&line, v, depth+1)
	}
	line.WriteByte(']')
	if line.Len() <= longest && !bytes.ContainsRune(line.Bytes(), '\n') {
		b.Write(line.Bytes())
		return
	}
	b.WriteString("[\n")
	for _, v := range l {
		b.WriteString(strings.Repeat("  ", depth+1))
		value(b, v, depth+1)
		b.WriteString(",\n")
	}
	b.WriteString(strings.Repeat("  ", depth) + "]")
}

func object(b *bytes.Buffer, o aws.Object, depth int) {
	if len(o) == 0 {
		b.WriteString("{}")
		return
	}
	var line bytes.Buffer
	line.WriteString("{ ")
	for i, a := range o {
		if i > 0 {
			line.WriteString(", ")
		}
		line.WriteString(key(a.Key) + " = ")
		value(&line, a.Value, depth+1)
	}
	line.WriteString(" }")
	if line.Len() <= longest && !bytes.ContainsRune(line.Bytes(), '\n') {
		b.Write(line.Bytes())
		return
	}
	b.WriteString("{\n")
	for _, a := range o {
		b.WriteString(strings.Repeat("  ", depth+1) + key(a.Key) + " = ")
		value(b, a.Value, depth+1)
		b.WriteByte('\n')
	}
	b.WriteString(strings.Repeat("  ", depth) + "}")
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func key(k string) string {
	if identifier.MatchString(k) {
		return k
	}
	return quote(k)
}

func text(b *bytes.Buffer, parts aws.Text) {
	b.WriteByte('"')
	for _, p := range parts {
		switch p := p.(type) {
		case aws.String:
			q := quote(string(p))
			b.WriteString(q[1 : len(q)-1])
		case aws.Ref:
			b.WriteString("${" + string(p) + "}")
		default:
			panic(fmt.Sprintf("a %T cannot stand in a text", p))
		}
	}
	b.WriteByte('"')
}

// quote is a text as HCL reads it back: ${ and %{ begin a template there.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case (r == '$' || r == '%') && i+1 < len(s) && s[i+1] == '{':
			b.WriteRune(r)
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func heredoc(b *bytes.Buffer, s string) {
	escaped := strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strings.TrimSuffix(s, "\n"))
	b.WriteString("<<-EOT\n" + escaped + "\nEOT")
}

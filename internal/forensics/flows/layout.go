package flows

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/diag"
)

// layout is the order of the fields on a line.
type layout struct {
	fields []field
	ops    []op
	// has says which ops there are.
	has [opLost + 1]bool
	// prefix is the number of fields before the record: 1 when CloudWatch Logs
	// put the time in front on export.
	prefix int
	// whole says that lines have all that sums are made of.
	whole bool
}

// maxFields is more than there are; a header with more is none.
const maxFields = 128

func newLayout(fs []field) *layout {
	l := &layout{fields: fs}
	for _, f := range fs {
		l.ops = append(l.ops, f.op)
		l.has[f.op] = true
	}
	l.whole = l.has[opSrcAddr] && l.has[opDstAddr] && l.has[opPackets] && l.has[opBytes] && l.has[opStart] && l.has[opAction] && (l.has[opSrcPort] || l.has[opDstPort])
	return l
}

// index is the place of a field, -1 when lines do not have it.
func (l *layout) index(name string) int {
	for i, f := range l.fields {
		if f.name == name {
			return i
		}
	}
	return -1
}

func (l *layout) names() []string {
	names := make([]string, len(l.fields))
	for i, f := range l.fields {
		names[i] = f.name
	}
	return names
}

const (
	defaultFormat = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
	// gatewayFormat is the default of transit gateways.
	gatewayFormat = "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags region flow-direction pkt-src-aws-service pkt-dst-aws-service"
)

var (
	defaultLayout = mustLayout(defaultFormat)
	gatewayLayout = mustLayout(gatewayFormat)
)

func mustLayout(format string) *layout {
	l, problem := parseFormat(format)
	if problem != nil {
		panic(problem)
	}
	return l
}

// CheckFormat says what is wrong with a --format, nil when nothing is.
func CheckFormat(format string) error {
	if _, p := parseFormat(format); p != nil {
		return *p
	}
	return nil
}

// parseFormat reads field names as AWS writes them, ${version} ${account-id},
// or plain.
func parseFormat(format string) (*layout, *diag.Problem) {
	var fs []field
	seen := map[string]bool{}
	at := 0
	for _, word := range strings.Fields(format) {
		column := at + strings.Index(format[at:], word) + 1
		at = column - 1 + len(word)
		name := word
		if inner, ok := strings.CutPrefix(name, "${"); ok {
			name = strings.TrimSuffix(inner, "}")
		}
		p := &diag.Problem{Severity: diag.Error, Pos: diag.Range{File: "--format", Line: 1, Column: column, EndLine: 1, EndColumn: column + len(word), Text: format}}
		f, ok := fieldNamed(name)
		switch {
		case !ok:
			p.ID, p.Summary = "unknown-field", fmt.Sprintf("Flow logs have no field %q", name)
			p.Detail = "A wrong name would shift the meaning of every field after it."
			if near := diag.Nearest(name, FieldNames()); len(near) > 0 {
				p.Fix = "Did you mean " + strings.Join(near, " or ") + "?"
			} else {
				p.Fix = "Copy the format from the flow log in the AWS console."
			}
			return nil, p
		case seen[f.name]:
			p.ID, p.Summary = "field-twice", fmt.Sprintf("The field %q is there twice", f.name)
			p.Fix = "Leave one out."
			return nil, p
		}
		seen[f.name] = true
		fs = append(fs, f)
	}
	if len(fs) == 0 {
		return nil, &diag.Problem{Severity: diag.Error, ID: "no-fields", Summary: "The format is empty", Fix: "Write the fields, such as --format '" + defaultFormat + "'", Pos: diag.Range{File: "--format"}}
	}
	return newLayout(fs), nil
}

// headerLayout is the layout that a line names, nil when it is not a header. A
// name that nobody published yet is a field that is passed over.
func headerLayout(line []byte) *layout {
	words := bytes.Fields(line)
	if len(words) == 0 || len(words) > maxFields {
		return nil
	}
	known := 0
	seen := map[string]bool{}
	fs := make([]field, len(words))
	for i, w := range words {
		name := string(w)
		if name == "" || name[0] < 'a' || name[0] > 'z' || strings.ContainsFunc(name, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return nil
		}
		f, ok := fieldNamed(name)
		if ok {
			known++
		} else {
			f = field{name: name}
		}
		if seen[f.name] {
			return nil
		}
		seen[f.name] = true
		fs[i] = f
	}
	if known == 0 || known*2 < len(words) {
		return nil
	}
	if strings.Join(strings.Fields(string(line)), " ") == defaultFormat {
		return defaultLayout
	}
	return newLayout(fs)
}

// guess is the layout of a file without a header, from its first line: one of
// the two default formats, or nil.
func guess(line []byte) *layout {
	words := bytes.Fields(line)
	stamped := *defaultLayout
	stamped.prefix = 1
	switch n := len(words); {
	case n == len(defaultLayout.fields) && string(words[0]) == "2":
		return defaultLayout
	case n == len(gatewayLayout.fields) && string(words[1]) == "TransitGateway":
		return gatewayLayout
	case n == len(stamped.fields)+1 && string(words[1]) == "2":
		if _, err := time.Parse(time.RFC3339, string(words[0])); err == nil {
			return &stamped
		}
	}
	return nil
}

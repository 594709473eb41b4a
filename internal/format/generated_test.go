package format_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"paddock.dev/internal/format"
)

// scribe writes random files the way that people do: every level its own
// indentation, spaces where nobody needs them, comments anywhere.
type scribe struct {
	*rand.Rand
	b strings.Builder
	n int
}

func (s *scribe) key() string {
	s.n++
	return [...]string{"a%d", "long-name%d", "'q %d'", `"d%d"`, "x.y%d", "K_%d"}[s.Intn(6)]
}

func (s *scribe) scalar() string {
	return [...]string{"1", "true", "text with words", "'single'", `"dou\"ble"`, "'it''s'", "http://x/y?z#f", "2..20", "15m", "5%", `"a: b # c"`, "-x", "a:b", `"# no"`, "~x", "10.0.0.0/8"}[s.Intn(16)]
}

func (s *scribe) gap() string { return strings.Repeat(" ", 1+s.Intn(4)*s.Intn(2)) }

func (s *scribe) end() {
	if s.Intn(5) == 0 {
		s.b.WriteString(strings.Repeat(" ", 1+s.Intn(6)) + "# remark " + s.scalar())
	} else if s.Intn(6) == 0 {
		s.b.WriteString("  ")
	}
	s.b.WriteByte('\n')
	for s.Intn(8) == 0 {
		s.b.WriteString(strings.Repeat(" ", s.Intn(3)) + "\n")
	}
}

func (s *scribe) flow(depth int, indent string) string {
	space := func() string { return strings.Repeat(" ", s.Intn(3)) }
	line := func() string {
		if s.Intn(7) == 0 {
			return "\n" + indent + space()
		}
		return space()
	}
	var parts []string
	mapping := s.Intn(2) == 0
	for range s.Intn(4) {
		value := strings.TrimPrefix(s.scalar(), "-")
		if depth > 0 && s.Intn(3) == 0 {
			value = s.flow(depth-1, indent)
		}
		if mapping {
			s.n++
			value = fmt.Sprintf("k%d:%s%s", s.n, s.gap(), value)
		}
		parts = append(parts, line()+value+space())
	}
	body := strings.Join(parts, ",")
	if mapping {
		return "{" + body + line() + "}"
	}
	return "[" + body + line() + "]"
}

// value writes what follows a key or dash; indent is that of the level it is in.
func (s *scribe) value(depth int, indent string) {
	deeper := indent + strings.Repeat(" ", 1+s.Intn(4))
	switch n := s.Intn(10); {
	case depth > 0 && n < 3:
		s.end()
		s.mapping(depth-1, deeper, "")
	case depth > 0 && n == 3:
		s.end()
		if s.Intn(2) == 0 {
			deeper = indent // the dashes may stand below the key
		}
		s.sequence(depth-1, deeper)
	case n == 4:
		s.b.WriteString(s.gap() + s.flow(2, deeper))
		s.end()
	case n == 5:
		s.b.WriteString(s.gap() + [...]string{"|", ">", "|-", ">-"}[s.Intn(4)] + "\n")
		for range 1 + s.Intn(3) {
			s.b.WriteString(deeper + "words " + s.scalar() + "\n")
			if s.Intn(4) == 0 {
				s.b.WriteString(deeper + "  more\n")
			}
		}
	case n == 6:
		s.b.WriteString(s.gap() + "plain words\n" + deeper + "that go on\n")
	default:
		s.b.WriteString(s.gap() + s.scalar())
		s.end()
	}
}

func (s *scribe) mapping(depth int, indent, first string) {
	for i := range 1 + s.Intn(4) {
		at := indent
		if i == 0 && first != "" {
			at = ""
		}
		if i > 0 && s.Intn(6) == 0 {
			s.b.WriteString(indent + "# about the next\n")
		}
		s.n++
		s.b.WriteString(at + fmt.Sprintf(s.key(), s.n) + strings.Repeat(" ", s.Intn(2)*s.Intn(2)) + ":")
		s.value(depth, indent)
	}
}

func (s *scribe) sequence(depth int, indent string) {
	for range 1 + s.Intn(3) {
		s.b.WriteString(indent + "-")
		if depth > 0 && s.Intn(3) == 0 {
			gap := s.gap()
			s.b.WriteString(gap)
			s.mapping(depth-1, indent+" "+gap, "inline")
			continue
		}
		s.b.WriteString(s.gap() + s.scalar())
		s.end()
	}
}

func TestGeneratedFiles(t *testing.T) {
	for seed := range 4000 {
		s := &scribe{Rand: rand.New(rand.NewSource(int64(seed)))}
		s.mapping(3, "", "")
		text := s.b.String()
		got, err := format.Text(text)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if again, err := format.Text(got); err != nil || again != got {
			t.Fatalf("seed %d (%v):\n%s\nbecame\n%s\nand then\n%s", seed, err, text, got, again)
		}
	}
}

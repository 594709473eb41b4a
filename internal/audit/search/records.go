package search

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"paddock.dev/internal/audit/search/fields"
)

const (
	// readSize is how much of a file is in memory at a time when its records are
	// small, and maxRecord how long one may be. CloudTrail caps an event at 256 KB
	// and the API server a request at 3 MB, of which a record can have two.
	readSize  = 256 << 10
	maxRecord = 16 << 20
)

// Record is one JSON value of a file.
type Record struct {
	// Number counts the records of the file from 1, unreadable ones too.
	Number int
	// JSON is the record's text, valid until the next one is read.
	JSON fields.Value
}

// RecordError is a record, or a rest of a file, that could not be read.
type RecordError struct {
	Number int
	Reason string
	// Rest says that nothing after this record was read either.
	Rest bool
}

func (e *RecordError) Error() string { return fmt.Sprintf("record %d: %s", e.Number, e.Why()) }

// Why is the error without the number of the record.
func (e *RecordError) Why() string {
	if e.Rest {
		return e.Reason + "; the rest of the file is not read"
	}
	return e.Reason
}

// Records yields the records of a file in its order: the members of Records
// (CloudTrail log file) or of items (EventList), the elements of an array, or
// JSON values one after the other, one a line or not. An error names one record;
// reading goes on behind it unless it says otherwise.
func Records(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		s := &scanner{r: r, buf: make([]byte, readSize)}
		for {
			record, err := s.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(record, err) {
				return
			}
			var broken *RecordError
			if errors.As(err, &broken) && broken.Rest {
				return
			}
		}
	}
}

// scanner holds a window of the file: buf[pos:end] is read and not yet used.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	// failed is why there is no more to read, io.EOF when the file is over.
	failed error
	number int
	// wrapper is the object around the list, open while its list is read and
	// after it; list is inside the brackets.
	wrapper, list bool
	// more says that an element of the list stands before pos.
	more bool
}

// next returns the next record, io.EOF after the last one, or a *RecordError.
func (s *scanner) next() (Record, error) {
	for {
		c, ok := s.peek()
		switch {
		case !ok && !errors.Is(s.failed, io.EOF):
			return Record{}, &RecordError{Number: s.number + 1, Reason: s.failed.Error(), Rest: true}
		case !ok && (s.list || s.wrapper):
			return Record{}, &RecordError{Number: s.number + 1, Reason: "the file ends in the middle of its list", Rest: true}
		case !ok:
			return Record{}, io.EOF
		case s.list && c == ']':
			s.pos, s.list = s.pos+1, false
		case s.list:
			if s.more && c != ',' {
				return Record{}, s.broken("a comma or ] must stand between records, not "+string(rune(c)), true)
			}
			if s.more {
				s.pos, s.more = s.pos+1, false
				continue
			}
			return s.element()
		case s.wrapper:
			if err := s.member(c); err != nil {
				return Record{}, err
			}
		case c == '[':
			s.pos, s.list, s.more = s.pos+1, true, false
		case c == '{':
			if opened, record, err := s.top(); !opened {
				return record, err
			}
		default:
			return Record{}, s.resync(fmt.Sprintf("a record begins with {, not %q", rune(c)))
		}
	}
}

// top reads an object that stands by itself, or opens it when it is a wrapper
// of a list.
func (s *scanner) top() (opened bool, record Record, err error) {
	for {
		window := s.buf[s.pos:s.end]
		list, err := wrapped(window)
		if list > 0 {
			s.pos, s.wrapper, s.list, s.more = s.pos+list, true, true, false
			return true, Record{}, nil
		}
		end := 0
		if err == nil {
			end, err = fields.Skip(window, 0)
		}
		switch {
		case err == nil:
			s.number++
			s.pos += end
			return false, Record{Number: s.number, JSON: window[:end:end]}, nil
		case errors.Is(err, fields.ErrShort) && s.fill():
			continue
		case errors.Is(err, fields.ErrShort):
			return false, Record{}, s.short()
		}
		return false, Record{}, s.resync(err.Error())
	}
}

// wrapped returns the offset behind the bracket of the first list called
// Records or items, 0 when the object has none. Only wrappers pay for the look:
// in an event some other key comes first, and tells.
func wrapped(window []byte) (int, error) {
	i := fields.Space(window, 1)
	for i < len(window) && window[i] == '"' {
		end, err := fields.Skip(window, i)
		if err != nil {
			return 0, err
		}
		key := window[i+1 : end-1]
		if i, err = fields.Colon(window, end); err != nil {
			return 0, err
		}
		isList := string(key) == "Records" || string(key) == "items" || string(key) == "Events"
		switch {
		case isList && window[i] == '[':
			return i + 1, nil
		case !isList && string(key) != "kind" && string(key) != "apiVersion" && string(key) != "metadata":
			return 0, nil
		}
		if i, err = fields.Skip(window, i); err != nil {
			return 0, err
		}
		if i = fields.Space(window, i); i >= len(window) {
			return 0, fields.ErrShort
		}
		if window[i] != ',' {
			return 0, nil
		}
		i = fields.Space(window, i+1)
	}
	if i >= len(window) {
		return 0, fields.ErrShort
	}
	return 0, nil
}

// element reads one record of a list.
func (s *scanner) element() (Record, error) {
	for {
		window := s.buf[s.pos:s.end]
		end, err := fields.Skip(window, 0)
		switch {
		case err == nil:
			s.number++
			s.pos, s.more = s.pos+end, true
			return Record{Number: s.number, JSON: window[:end:end]}, nil
		case errors.Is(err, fields.ErrShort) && s.fill():
			continue
		case errors.Is(err, fields.ErrShort):
			return Record{}, s.short()
		}
		return Record{}, s.broken(err.Error(), false)
	}
}

// member steps over what follows the list in its wrapper.
func (s *scanner) member(c byte) error {
	switch c {
	case '}':
		s.pos, s.wrapper = s.pos+1, false
		return nil
	case ',':
		s.pos++
	default:
		return s.broken("a comma or } must follow the list", true)
	}
	for {
		window := s.buf[s.pos:s.end]
		i := fields.Space(window, 0)
		end, err := fields.Skip(window, i)
		if err == nil && window[i] != '"' {
			return s.broken("a key must follow the comma after the list", true)
		}
		if err == nil {
			if i, err = fields.Colon(window, end); err == nil {
				end, err = fields.Skip(window, i)
			}
		}
		switch {
		case err == nil:
			s.pos += end
			return nil
		case errors.Is(err, fields.ErrShort) && s.fill():
			continue
		case errors.Is(err, fields.ErrShort):
			return s.short()
		}
		return s.broken(err.Error(), true)
	}
}

// short explains a value without an end: the file is over, or it is too long.
func (s *scanner) short() error {
	if s.failed == nil {
		return s.broken(fmt.Sprintf("longer than %d MiB", maxRecord>>20), false)
	}
	reason := "the file ends in the middle of the record"
	if !errors.Is(s.failed, io.EOF) {
		reason = s.failed.Error()
	}
	s.number++
	return &RecordError{Number: s.number, Reason: reason, Rest: true}
}

// broken names the record at pos and finds the end of it: in a list by its
// brackets, otherwise by the line.
func (s *scanner) broken(reason string, rest bool) error {
	if !s.list || rest {
		if s.wrapper || rest {
			s.number++
			return &RecordError{Number: s.number, Reason: reason, Rest: true}
		}
		return s.resync(reason)
	}
	s.number++
	if !s.skipBalanced() {
		return &RecordError{Number: s.number, Reason: reason, Rest: true}
	}
	s.more = true
	return &RecordError{Number: s.number, Reason: reason}
}

// skipBalanced steps over a value that may be malformed inside or longer than
// the window, counting brackets outside of strings.
func (s *scanner) skipBalanced() bool {
	depth, inString, escaped := 0, false, false
	for {
		for ; s.pos < s.end; s.pos++ {
			c := s.buf[s.pos]
			switch {
			case escaped:
				escaped = false
			case inString:
				escaped, inString = c == '\\', c != '"'
			case c == '"':
				inString = true
			case c == '{' || c == '[':
				depth++
			case (c == '}' || c == ']') && depth == 0:
				return c == ']' // the end of the list itself, after a broken scalar
			case c == '}' || c == ']':
				if depth--; depth == 0 {
					s.pos++
					return true
				}
			case c == ',' && depth == 0:
				return true
			}
		}
		if !s.fill() {
			return false
		}
	}
}

// resync names the record at pos and goes on at the next line that can begin
// one: { or [ in its first column.
func (s *scanner) resync(reason string) error {
	s.number++
	atStart := false
	for {
		for ; s.pos < s.end; s.pos++ {
			switch c := s.buf[s.pos]; {
			case atStart && (c == '{' || c == '['):
				return &RecordError{Number: s.number, Reason: reason}
			case c == '\n':
				atStart = true
			default:
				atStart = false
			}
		}
		if !s.fill() {
			return &RecordError{Number: s.number, Reason: reason}
		}
	}
}

// peek returns the next byte that is no space, and a byte order mark is none.
func (s *scanner) peek() (byte, bool) {
	for {
		if s.pos = fields.Space(s.buf[:s.end], s.pos); s.pos < s.end {
			if s.buf[s.pos] == 0xef && s.number == 0 && s.end-s.pos >= 3 && string(s.buf[s.pos:s.pos+3]) == "\xef\xbb\xbf" {
				s.pos += 3
				continue
			}
			return s.buf[s.pos], true
		}
		if !s.fill() {
			return 0, false
		}
	}
}

// fill reads more behind the window, making room first. It reports whether
// there is more than before: not at the end, and not when one record fills the
// largest window.
func (s *scanner) fill() bool {
	if s.failed != nil {
		return false
	}
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= maxRecord {
			return false
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	before := s.end
	for s.end < len(s.buf) && s.failed == nil {
		n, err := s.r.Read(s.buf[s.end:])
		s.end, s.failed = s.end+n, err
	}
	return s.end > before
}

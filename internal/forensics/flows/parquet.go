package flows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// Magic is how Parquet files begin.
func (w *worker) Magic() string { return "PAR1" }

// parquetRows is how many rows are taken at once.
const parquetRows = 1024

// ReadAll reads a Parquet file of flow logs. Columns are called as the fields,
// with underscores. What AWS's guide calls INT_32 and INT_64 may as well be
// text, as other writers have it; a null is a "-". A row that is rejected has
// its number for a line.
func (w *worker) ReadAll(ctx context.Context, r io.ReaderAt, size int64) (err error) {
	defer func() {
		// The reader of this format panics at some damaged files.
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged Parquet: %v", p)
		}
	}()
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("not a readable Parquet file: %w", err)
	}
	leaves := f.Root().Columns()
	var fs []field
	known := 0
	for _, c := range leaves {
		if !c.Leaf() || c.Repeated() {
			return fmt.Errorf("the column %q is not one value a row, as flow logs have it", c.Name())
		}
		fd, ok := fieldNamed(c.Name())
		if ok {
			known++
		} else {
			fd = field{name: c.Name()}
		}
		fs = append(fs, fd)
	}
	if known == 0 {
		return errors.New("none of the columns has the name of a flow log field")
	}
	w.use(newLayout(fs))
	w.columns = make([]column, len(fs))
	defer func() { w.columns = nil }()
	for _, g := range f.RowGroups() {
		if err := w.rowGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// column is one column of a row group, page by page.
type column struct {
	wanted bool
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	left   int64
	buf    []parquet.Value
}

func (w *worker) rowGroup(ctx context.Context, g parquet.RowGroup) error {
	chunks := g.ColumnChunks()
	defer func() {
		for i := range w.columns {
			c := &w.columns[i]
			parquet.Release(c.page)
			if c.pages != nil {
				c.pages.Close()
			}
			w.columns[i] = column{}
		}
	}()
	for i, o := range w.layout.ops {
		c := &w.columns[i]
		name := w.layout.fields[i].name
		c.wanted = o != opSkip || slices.Contains(w.groupBy, name) || w.filter != nil && w.filter.uses(name)
		if c.wanted {
			c.pages = chunks[i].Pages()
			c.buf = make([]parquet.Value, parquetRows)
		}
	}
	for rows := g.NumRows(); rows > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		// A batch never reaches over the end of a page, for its values point into
		// the page.
		n := min(rows, parquetRows)
		for i := range w.columns {
			c := &w.columns[i]
			if !c.wanted {
				continue
			}
			if err := c.turn(); err != nil {
				return fmt.Errorf("column %s: %w", w.layout.fields[i].name, err)
			}
			n = min(n, c.left)
		}
		for i := range w.columns {
			if c := &w.columns[i]; c.wanted {
				if err := c.read(int(n)); err != nil {
					return fmt.Errorf("column %s: %w", w.layout.fields[i].name, err)
				}
			}
		}
		for row := range int(n) {
			w.line++
			w.counts.lines++
			w.row(row)
		}
		w.settle(nil)
		rows -= n
	}
	return nil
}

// turn goes on to the next page when this one is done.
func (c *column) turn() error {
	for c.left == 0 {
		parquet.Release(c.page)
		c.page = nil
		p, err := c.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		c.page, c.values, c.left = p, p.Values(), p.NumValues()
	}
	return nil
}

func (c *column) read(n int) error {
	for have := 0; have < n; {
		m, err := c.values.ReadValues(c.buf[have:n])
		have += m
		if have < n && err != nil {
			return err
		}
		if m == 0 && err == nil {
			return io.ErrNoProgress
		}
	}
	c.left -= int64(n)
	return nil
}

// row takes one row of the batch. Rows of plain numbers and IPv4 addresses are
// read at once, all others by the same code as lines of text.
func (w *worker) row(row int) {
	if w.filter == nil && len(w.groupBy) == 0 && w.fastRow(row) {
		w.add(row, 0)
		return
	}
	w.wordsOf(row)
	if err := w.layout.strict(w.words, &w.rec, w.in); err != nil {
		w.reject(err.Error(), w.rowText(row))
		return
	}
	w.begins = row
	w.judge(nil)
}

// wordsOf writes the row's wanted values as the words of a line.
func (w *worker) wordsOf(row int) {
	w.words = w.words[:0]
	w.spare = w.spare[:0]
	for i := range w.columns {
		c := &w.columns[i]
		if !c.wanted || c.buf[row].IsNull() {
			w.words = append(w.words, []byte("-"))
			continue
		}
		v := c.buf[row]
		switch v.Kind() {
		case parquet.ByteArray, parquet.FixedLenByteArray:
			w.words = append(w.words, v.ByteArray())
		case parquet.Int32:
			w.words = append(w.words, strconv.AppendInt(nil, int64(v.Int32()), 10))
		case parquet.Int64:
			w.words = append(w.words, strconv.AppendInt(nil, v.Int64(), 10))
		default:
			w.words = append(w.words, []byte(v.String()))
		}
	}
}

// rowText is the row as a line.
func (w *worker) rowText(row int) []byte {
	w.wordsOf(row)
	var b []byte
	for i, word := range w.words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, word...)
	}
	return b
}

// fastRow reads the row when it has nothing unusual in it, and then as strict
// does.
func (w *worker) fastRow(row int) bool {
	r := &w.rec
	*r = record{}
	for i, o := range w.layout.ops {
		if o == opSkip {
			continue
		}
		v := &w.columns[i].buf[row]
		if v.IsNull() {
			return false
		}
		n, word := int64(-1), []byte(nil)
		switch v.Kind() {
		case parquet.Int32:
			n = int64(v.Int32())
		case parquet.Int64:
			n = v.Int64()
		case parquet.ByteArray:
			word = v.ByteArray()
			if len(word) == 0 || len(word) > 24 {
				return false
			}
		default:
			return false
		}
		most := int64(math.MaxInt64)
		switch o {
		case opSrcAddr, opDstAddr:
			if word == nil {
				return false
			}
			var padded [24 + slack]byte
			padded[copy(padded[:], word)] = ' '
			a, end := dotted(padded[:], 0)
			if end != len(word) {
				return false
			}
			r.family = v4
			if o == opSrcAddr {
				r.src = a
			} else {
				r.dst = a
			}
			continue
		case opAction:
			switch string(word) {
			case "ACCEPT":
				r.action = accepted
			case "REJECT":
				r.action = rejected
			default:
				return false
			}
			continue
		case opStatus:
			if string(word) != "OK" {
				return false
			}
			continue
		case opSrcPort, opDstPort, opFlags:
			most = math.MaxUint16
		case opProtocol:
			most = math.MaxUint8
		case opStart, opEnd:
			most = math.MaxUint32
		case opVersion:
			most = 99
		}
		if word != nil {
			var padded [24 + slack]byte
			padded[copy(padded[:], word)] = ' '
			x, end := digits(padded[:], 0)
			if end != len(word) {
				return false
			}
			n = int64(x)
		}
		if n < 0 || n > most {
			return false
		}
		switch o {
		case opSrcPort:
			r.srcPort = uint16(n)
		case opDstPort:
			r.dstPort = uint16(n)
		case opProtocol:
			r.proto = uint8(n)
		case opPackets:
			r.packets = uint64(n)
		case opBytes:
			r.bytes = uint64(n)
		case opStart:
			r.start = uint32(n)
		case opEnd:
			r.end = uint32(n)
		case opFlags:
			r.flags, r.hasFlags = uint16(n), true
		case opLost:
			r.lost = saturating(r.lost, uint64(n))
		}
	}
	return true
}

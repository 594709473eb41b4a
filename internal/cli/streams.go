package cli

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Streams are where a command reads and writes. Out takes the answer and nothing
// else; Err takes progress, questions and errors.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// OutTerminal and ErrTerminal say that a person watches: the line may be
	// drawn again. InTerminal says that one can answer.
	OutTerminal, ErrTerminal, InTerminal bool
	// OutColor and ErrColor say that colours are welcome.
	OutColor, ErrColor bool
}

func newStreams(in io.Reader, out, err io.Writer, getenv func(string) string) Streams {
	able := getenv("TERM") != "dumb"
	color := able && getenv("NO_COLOR") == ""
	s := Streams{In: in, Out: out, Err: err, InTerminal: terminal(in), OutTerminal: able && terminal(out), ErrTerminal: able && terminal(err)}
	s.OutColor, s.ErrColor = color && s.OutTerminal, color && s.ErrTerminal
	return s
}

func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// size of the terminal behind Out; a wide page when there is none.
func (s Streams) size() (columns, lines int) {
	if f, ok := s.Out.(*os.File); ok && s.OutTerminal {
		if columns, lines, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns, lines
		}
	}
	return 160, 0
}

// paint colours text, or not.
type paint bool

const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
)

func (p paint) as(code, text string) string {
	if !bool(p) || text == "" || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// safe keeps what came from commits and pods from steering the terminal.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '·'
		}
		return r
	}, s)
}

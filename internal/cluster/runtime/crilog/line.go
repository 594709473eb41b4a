package crilog

import (
	"bytes"
	"errors"
	"time"
)

// maxText is the longest text of one record. What is longer is cut into parts.
const maxText = 16 << 10

// Streams of a container.
const (
	Stdout = "stdout"
	Stderr = "stderr"
)

// record is one line of a log file.
type record struct {
	time   time.Time
	stamp  []byte // as it is written
	stream []byte
	part   bool
	text   []byte // without the line end
}

var errFormat = errors.New("not a line of a container's log")

// appendRecord writes a line.
func appendRecord(dst []byte, at time.Time, stream string, part bool, text []byte) []byte {
	dst = at.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, ' ')
	dst = append(dst, stream...)
	if part {
		dst = append(dst, " P "...)
	} else {
		dst = append(dst, " F "...)
	}
	dst = append(dst, text...)
	return append(dst, '\n')
}

// parseRecord reads a line, with or without its end. The record points into it.
func parseRecord(line []byte) (record, error) {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	stamp, rest, ok1 := bytes.Cut(line, []byte{' '})
	stream, rest, ok2 := bytes.Cut(rest, []byte{' '})
	tag, text, ok3 := bytes.Cut(rest, []byte{' '})
	if !ok1 || !ok2 || !ok3 || len(tag) == 0 {
		return record{}, errFormat
	}
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return record{}, errFormat
	}
	// Tags may follow one another after a colon; the first says what this is.
	tag, _, _ = bytes.Cut(tag, []byte{':'})
	switch string(tag) {
	case "F", "P":
		return record{time: at, stamp: stamp, stream: stream, part: tag[0] == 'P', text: text}, nil
	}
	return record{}, errFormat
}

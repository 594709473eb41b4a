package engine

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	// maxLog is the size from which a log is set aside when a child starts.
	maxLog = 8 << 20
	// maxTail is as much of the end of a log as is read.
	maxTail = 32 << 10
)

// openLog opens a log for appending and keeps one older part of it. A child
// writes to the file itself: a pipe through the supervisor would break with it.
func openLog(name string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if info, err := os.Stat(name); err == nil && info.Size() > maxLog {
		if err := os.Rename(name, name+".1"); err != nil {
			return nil, fmt.Errorf("set log aside: %w", err)
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return f, nil
}

// tail is the last lines of a file, without the final line end. It is empty
// when the file cannot be read: it is an addition to some other message.
func tail(name string, lines int) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > maxTail {
		if _, err := f.Seek(-maxTail, io.SeekEnd); err != nil {
			return ""
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxTail))
	if err != nil {
		return ""
	}
	text = bytes.TrimRight(text, "\n")
	for i, n := len(text), 0; ; n++ {
		if n == lines {
			return string(text[i+1:])
		}
		if i = bytes.LastIndexByte(text[:i], '\n'); i < 0 {
			return string(text)
		}
	}
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	stdgzip "compress/gzip"

	"github.com/klauspost/compress/gzip"
)

// ceilFields finds every field of a text file on one goroutine, with nothing but
// the standard library, and does nothing with them.
func ceilFields(args []string) error {
	var lines, fields int
	for _, name := range args {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		buf := make([]byte, 256<<10)
		held := 0
		for {
			n, err := f.Read(buf[held:])
			data := buf[:held+n]
			for {
				end := bytes.IndexByte(data, '\n')
				if end < 0 {
					break
				}
				line := data[:end]
				lines++
				for {
					i := bytes.IndexByte(line, ' ')
					fields++
					if i < 0 {
						break
					}
					line = line[i+1:]
				}
				data = data[end+1:]
			}
			held = copy(buf, data)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		f.Close()
	}
	fmt.Println(lines, "lines,", fields, "fields")
	return nil
}

// ceilGunzip unpacks files and counts newlines: with the standard library when
// the first argument is std, else with the same package as paddock.
func ceilGunzip(args []string) error {
	std := len(args) > 0 && args[0] == "std"
	if std {
		args = args[1:]
	}
	lines := 0
	buf := make([]byte, 256<<10)
	for _, name := range args {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		var r io.Reader
		if std {
			r, err = stdgzip.NewReader(f)
		} else {
			r, err = gzip.NewReader(f)
		}
		if err != nil {
			return err
		}
		for {
			n, err := r.Read(buf)
			lines += bytes.Count(buf[:n], []byte("\n"))
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		f.Close()
	}
	fmt.Println(lines, "lines")
	return nil
}

package githost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Git frames what it says in "pkt-lines": four hexadecimal digits with the
// length, these four included, and the payload. 0000 is a flush: the end of a
// part.

// maxCommands bounds the part of a push that names the refs.
const maxCommands = 1 << 20

// readCommands reads the first part of a push: which refs are to be moved. It
// also returns the bytes that it took, for git to read them again.
func readCommands(r io.Reader) (refs []string, taken []byte, err error) {
	var copied bytes.Buffer
	r = io.TeeReader(r, &copied)
	for copied.Len() < maxCommands {
		payload, flush, err := readPacket(r)
		if err != nil {
			return nil, nil, err
		}
		if flush {
			return refs, copied.Bytes(), nil
		}
		// <old> SP <new> SP <ref> [NUL <capabilities>]; lines that start with
		// "shallow" or "push-cert" move nothing.
		line, _, _ := strings.Cut(string(payload), "\x00")
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		if len(fields) == 3 && objectName.MatchString(fields[0]) && objectName.MatchString(fields[1]) {
			refs = append(refs, fields[2])
		}
	}
	return nil, nil, errors.New("a push may not name that many refs")
}

// readPacket reads one pkt-line; io.EOF only at its start.
func readPacket(r io.Reader) (payload []byte, flush bool, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, false, err
	}
	size, err := strconv.ParseUint(string(head[:]), 16, 16)
	if err != nil || size > 0 && size < 4 {
		return nil, false, fmt.Errorf("%q is not the length of a packet", head[:])
	}
	if size == 0 {
		return nil, true, nil
	}
	payload = make([]byte, size-4)
	if _, err := io.ReadFull(r, payload); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, false, err
	}
	return payload, false, nil
}

// packet frames one payload, of at most 65516 bytes.
func packet(payload string) []byte {
	return fmt.Appendf(nil, "%04x%s", len(payload)+4, payload)
}

// withMessage adds lines for the person who pushed to the answer of
// receive-pack: packets of side band 2, which git prints after "remote:",
// before the closing flush. An answer to a client that knows no side bands is
// returned as it is.
func withMessage(answer []byte, message string) []byte {
	const closing = "0000"
	banded := bytes.HasSuffix(answer, []byte(closing)) && len(answer) > 8 && answer[4] >= 1 && answer[4] <= 3
	if message == "" || !banded {
		return answer
	}
	out := append([]byte{}, answer[:len(answer)-len(closing)]...)
	for line := range strings.Lines(message) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > 1000 {
			line = line[:1000]
		}
		out = append(out, packet("\x02"+line+"\n")...)
	}
	return append(out, closing...)
}

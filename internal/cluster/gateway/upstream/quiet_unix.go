//go:build unix

package upstream

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// quiet reports whether the server has sent nothing, not even a close: then the
// connection can take a request. A request that is not idempotent must not find
// out by being lost.
func (c *Conn) quiet() bool {
	if c.in.Buffered() > 0 {
		return false
	}
	sc, ok := c.raw.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		quiet = errors.Is(err, unix.EAGAIN)
		return true
	})
	return err == nil && quiet
}

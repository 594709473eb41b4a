package network

import (
	"net"

	"golang.org/x/sys/unix"
)

// States of a connection whose peer has sent its end (include/net/tcp_states.h).
const (
	stateTimeWait  = 6
	stateCloseWait = 8
	stateLastAck   = 9
	stateClosing   = 11
)

// tcpFigures asks the kernel what an open connection has carried (tcp(7),
// TCP_INFO).
func tcpFigures(conn *net.TCPConn) (figures, bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return figures{}, false
	}
	var info *unix.TCPInfo
	var failure error
	if err := raw.Control(func(fd uintptr) {
		info, failure = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); err != nil || failure != nil {
		return figures{}, false
	}
	f := figures{
		sent: info.Bytes_sent - min(info.Bytes_retrans, info.Bytes_sent), received: info.Bytes_received,
		packetsOut: info.Segs_out, packetsIn: info.Segs_in,
	}
	switch info.State {
	case stateTimeWait, stateCloseWait, stateLastAck, stateClosing:
		// The end takes a number of the sequence, which the kernel counts as a byte.
		f.received -= min(f.received, 1)
	}
	return f, true
}

package network

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// flowInterval is how long records are aggregated: the shorter of the two
	// that AWS offers ("VPC flow log records", Amazon VPC User Guide).
	flowInterval = time.Minute
	// flowLimit bounds the bytes of records that wait to be written. What does
	// not fit is left out, and a SKIPDATA record says so, as AWS does.
	flowLimit = 4 << 20

	tcpProtocol = 6
)

// FlowLogConfig of a flow log.
type FlowLogConfig struct {
	// Out gets the records; each Write is a number of whole lines.
	Out io.Writer
	// API turns an address of this host into the one that the API knows; see
	// Loopback.API.
	API    func(netip.Addr) netip.Addr
	Now    func() time.Time
	Logger *slog.Logger
}

// FlowLog writes the connections that pass through proxies of ours as VPC flow
// log records, version 2 in the default format: one record for each connection,
// direction and minute. The field interface-id is who passed the connection on,
// gateway or namespace/service. Bytes are what was carried, without headers;
// packets are those of the kernel. The nil FlowLog writes nothing.
type FlowLog struct {
	cfg FlowLogConfig

	mu   sync.Mutex
	open map[*Flow]struct{}
	// waiting lines of connections that ended, and how many were left out.
	waiting []byte
	skipped int
	since   time.Time // begin of the interval
}

// NewFlowLog makes a flow log; Run writes it.
func NewFlowLog(cfg FlowLogConfig) *FlowLog {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &FlowLog{cfg: cfg, open: map[*Flow]struct{}{}, since: cfg.Now()}
}

// Run writes the records of each minute, and when ctx ends the last ones.
func (l *FlowLog) Run(ctx context.Context) error {
	tick := time.NewTicker(flowInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.Flush()
			return nil
		case <-tick.C:
			l.Flush()
		}
	}
}

// Flush writes what is known now, and begins the next interval.
func (l *FlowLog) Flush() {
	l.mu.Lock()
	open := make([]*Flow, 0, len(l.open))
	for f := range l.open {
		open = append(open, f)
	}
	l.mu.Unlock()
	// A system call for each, so without the lock that connections wait for.
	for _, f := range open {
		f.note(nil)
	}
	now := l.cfg.Now()
	l.mu.Lock()
	lines, skipped, since := l.waiting, l.skipped, l.since
	l.waiting, l.skipped, l.since = nil, 0, now
	l.mu.Unlock()
	if skipped > 0 {
		lines = fmt.Appendf(lines, "2 - paddock - - - - - - - %d %d - SKIPDATA\n", since.Unix(), now.Unix())
		l.cfg.Logger.Warn("flow records left out", "records", skipped)
	}
	if len(lines) == 0 {
		return
	}
	if _, err := l.cfg.Out.Write(lines); err != nil {
		l.cfg.Logger.Warn("flow records not written", "err", err)
	}
}

// record is what one direction of a connection carried.
type record struct {
	via            string
	from, to       netip.AddrPort
	packets, bytes uint64
	begin, end     time.Time
	rejected       bool
}

func (l *FlowLog) add(rs ...record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range rs {
		if r.packets == 0 && r.bytes == 0 {
			continue
		}
		if len(l.waiting) > flowLimit {
			l.skipped++
			continue
		}
		action := "ACCEPT"
		if r.rejected {
			action = "REJECT"
		}
		l.waiting = fmt.Appendf(l.waiting, "2 - %s %s %s %d %d %d %d %d %d %d %s OK\n", r.via,
			l.cfg.API(r.from.Addr()), l.cfg.API(r.to.Addr()), r.from.Port(), r.to.Port(), tcpProtocol,
			r.packets, r.bytes, r.begin.Unix(), r.end.Unix(), action)
	}
}

// Flow is one connection that is passed on. The nil Flow notes nothing.
type Flow struct {
	log      *FlowLog
	via      string
	from, to netip.AddrPort
	conn     *net.TCPConn // to the endpoint

	mu    sync.Mutex
	ended bool
	said  figures // in earlier records
	begin time.Time
}

// figures are those of a connection since it began, seen from us.
type figures struct {
	sent, received        uint64 // bytes
	packetsOut, packetsIn uint32
}

// Open notes a connection to an endpoint that carries what from sends. It has to
// be ended before it is closed.
func (l *FlowLog) Open(via string, from netip.AddrPort, conn *net.TCPConn) *Flow {
	if l == nil {
		return nil
	}
	f := &Flow{log: l, via: via, from: from, to: addrPort(conn.RemoteAddr()), conn: conn, begin: l.cfg.Now()}
	l.mu.Lock()
	l.open[f] = struct{}{}
	l.mu.Unlock()
	return f
}

// End notes the last of a connection, which carried so many bytes to the
// endpoint and back. Only the first call counts.
func (f *Flow) End(sent, received int64) {
	if f == nil {
		return
	}
	f.log.mu.Lock()
	delete(f.log.open, f)
	f.log.mu.Unlock()
	f.note(&figures{sent: uint64(sent), received: uint64(received)})
}

// sample asks the kernel a last time, before the connection is closed.
func (f *Flow) sample() {
	if f != nil {
		f.note(nil)
	}
}

// note makes records of what came since the last ones. exact are the bytes when
// the connection is over; until then the kernel knows.
func (f *Flow) note(exact *figures) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	now, ok := tcpFigures(f.conn)
	if !ok {
		now = f.said
	}
	if exact != nil {
		now.sent, now.received = exact.sent, exact.received
		f.ended = true
	}
	at := f.log.cfg.Now()
	// Bytes that were counted once are not taken back.
	now.sent, now.received = max(now.sent, f.said.sent), max(now.received, f.said.received)
	f.log.add(
		record{via: f.via, from: f.from, to: f.to, packets: uint64(now.packetsOut - f.said.packetsOut), bytes: now.sent - f.said.sent, begin: f.begin, end: at},
		record{via: f.via, from: f.to, to: f.from, packets: uint64(now.packetsIn - f.said.packetsIn), bytes: now.received - f.said.received, begin: f.begin, end: at},
	)
	f.said, f.begin = now, at
}

// Refused notes a connection to a Service without an endpoint.
func (l *FlowLog) Refused(via string, client *net.TCPConn) {
	if l == nil {
		return
	}
	if n, ok := tcpFigures(client); ok {
		now := l.cfg.Now()
		l.add(record{via: via, from: addrPort(client.RemoteAddr()), to: addrPort(client.LocalAddr()), packets: uint64(n.packetsIn), bytes: n.received, begin: now, end: now, rejected: true})
	}
}

// Watch notes a connection of ours to an endpoint, which is used by the one that
// comes back.
func (l *FlowLog) Watch(via string, conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if l == nil || !ok {
		return conn
	}
	return &watched{TCPConn: tcp, flow: l.Open(via, addrPort(conn.LocalAddr()), tcp)}
}

// watched counts what is read and written.
type watched struct {
	*net.TCPConn
	flow           *Flow
	sent, received atomic.Int64
}

// Read implements net.Conn.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.TCPConn.Read(p)
	w.received.Add(int64(n))
	return n, err
}

// Write implements net.Conn.
func (w *watched) Write(p []byte) (int, error) {
	n, err := w.TCPConn.Write(p)
	w.sent.Add(int64(n))
	return n, err
}

// ReadFrom implements io.ReaderFrom.
func (w *watched) ReadFrom(r io.Reader) (int64, error) {
	n, err := w.TCPConn.ReadFrom(r)
	w.sent.Add(n)
	return n, err
}

// WriteTo implements io.WriterTo.
func (w *watched) WriteTo(to io.Writer) (int64, error) {
	n, err := w.TCPConn.WriteTo(to)
	w.received.Add(n)
	return n, err
}

// Close implements net.Conn.
func (w *watched) Close() error {
	w.flow.End(w.sent.Load(), w.received.Load())
	return w.TCPConn.Close()
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		at := t.AddrPort()
		return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	return netip.AddrPort{}
}

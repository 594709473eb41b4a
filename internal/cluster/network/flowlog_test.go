package network

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"paddock.dev/internal/forensics/flows"
	"paddock.dev/internal/objects"
)

// sink is a log that a test reads.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// records are the fields of all lines.
func (s *sink) records() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all [][]string
	for line := range strings.Lines(s.text.String()) {
		all = append(all, strings.Fields(line))
	}
	return all
}

func (s *sink) report(t *testing.T) *flows.Report {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := flows.Run(t.Context(), flows.Options{Stores: []objects.Store{objects.Stream(bytes.NewReader(s.text.Bytes()))}, Top: 10})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func flowLog(t *testing.T) (*FlowLog, *sink) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the kernel's figures are Linux's")
	}
	out := &sink{}
	at := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	local := open(t, LoopbackConfig{Path: t.TempDir() + "/a.json"})
	return NewFlowLog(FlowLogConfig{Out: out, API: local.API, Now: func() time.Time { return at }}), out
}

// A relayed connection is a record in each direction, with every byte, and what
// reads flow logs understands them.
func TestFlowLogOfARelayedConnection(t *testing.T) {
	log, out := flowLog(t)
	p := newProxyWith(t, ServicesConfig{Flows: log})
	server := p.echo("a")
	p.put(server.Addr().String())
	conn, err := net.Dial("tcp", p.vip)
	if err != nil {
		t.Fatal(err)
	}
	from := conn.LocalAddr().(*net.TCPAddr).AddrPort()
	sent := strings.Repeat("x", 1<<20)
	go func() {
		_, _ = io.WriteString(conn, sent)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for log.busy() {
		runtime.Gosched()
	}
	log.Flush()

	all := out.records()
	if len(all) != 2 {
		t.Fatalf("%d records instead of 2: %v", len(all), all)
	}
	to := server.Addr().(*net.TCPAddr).AddrPort()
	for i, ends := range [][2]netip.AddrPort{{from, to}, {to, from}} {
		n := []int{len(sent), len(got)}[i]
		r := all[i]
		if r[2] != "prod/echo" || r[3] != ends[0].Addr().String() || r[4] != ends[1].Addr().String() || r[9] != strconv.Itoa(n) || r[8] == "0" || r[12] != "ACCEPT" {
			t.Errorf("record %d is %v; it should be from %s to %s with %d bytes", i, r, ends[0], ends[1], n)
		}
	}
	report := out.report(t)
	if report.Read.Records != 2 || report.Read.Rejected != 0 || report.Totals.Bytes != uint64(len(sent)+len(got)) {
		t.Errorf("read back: %+v, %+v", report.Read, report.Totals)
	}
}

// What a long connection carried is told each minute, and nothing twice.
func TestFlowLogOfAnOpenConnection(t *testing.T) {
	log, out := flowLog(t)
	client, server := pair(t)
	w := log.Watch("gateway", client)
	exchange := func(n int) {
		t.Helper()
		if _, err := w.Write(make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(server, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Write(make([]byte, 2*n)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(w, make([]byte, 2*n)); err != nil {
			t.Fatal(err)
		}
	}
	exchange(100)
	log.Flush()
	exchange(7)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	log.Flush()
	log.Flush()
	var got []string
	for _, r := range out.records() {
		got = append(got, r[2]+" "+r[9])
	}
	if want := "gateway 100, gateway 200, gateway 7, gateway 14"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
	if len(log.open) != 0 {
		t.Errorf("%d connections are still noted", len(log.open))
	}
}

func TestFlowLogOfAServiceWithoutEndpoints(t *testing.T) {
	log, out := flowLog(t)
	p := newProxyWith(t, ServicesConfig{Flows: log})
	p.put()
	conn, err := net.Dial("tcp", p.vip)
	if err == nil {
		_, _ = io.ReadAll(conn)
		conn.Close()
	}
	log.Flush()
	all := out.records()
	if len(all) != 1 || all[0][4] != "10.96.0.7" || all[0][12] != "REJECT" {
		t.Errorf("records: %v", all)
	}
}

// Records that do not fit are counted as AWS counts what it has to leave out.
func TestFlowLogIsBounded(t *testing.T) {
	log, out := flowLog(t)
	at, now := netip.MustParseAddrPort("10.96.0.7:80"), log.cfg.Now()
	for range flowLimit / 50 {
		log.add(record{via: "prod/echo", from: at, to: at, packets: 1, bytes: 1, begin: now, end: now})
	}
	log.Flush()
	if n := out.text.Len(); n > flowLimit+1000 {
		t.Errorf("%d bytes written", n)
	}
	if r := out.report(t); r.Read.SkipData != 1 || r.Read.Rejected != 0 {
		t.Errorf("read back: %+v", r.Read)
	}
}

// busy reports whether a connection is open.
func (l *FlowLog) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open) > 0
}

// pair are the two ends of a connection.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func BenchmarkWatchedConnection(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	log := NewFlowLog(FlowLogConfig{Out: io.Discard, API: func(a netip.Addr) netip.Addr { return a }})
	for _, watch := range []bool{false, true} {
		name := map[bool]string{false: "bare", true: "watched"}[watch]
		b.Run(name, func(b *testing.B) {
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			if watch {
				conn = log.Watch("gateway", conn)
			}
			defer conn.Close()
			payload := make([]byte, 1<<10)
			for b.Loop() {
				if _, err := conn.Write(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

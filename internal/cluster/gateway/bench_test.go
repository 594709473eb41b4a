package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// BenchmarkProxy compares the gateway with the standard library's reverse proxy
// for a body of 1 KiB. The endpoint and the client are as cheap as possible and
// the same for both; cpu-us/op is the processor time of this process, which
// includes them, and the difference to direct is what the proxy costs.
func BenchmarkProxy(b *testing.B) {
	endpoint := rawServer(b)
	b.Run("direct", func(b *testing.B) { drive(b, endpoint) })
	b.Run("ReverseProxy", func(b *testing.B) {
		target, _ := url.Parse("http://" + endpoint)
		transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
		defer transport.CloseIdleConnections()
		proxy := &httputil.ReverseProxy{
			Rewrite:    func(p *httputil.ProxyRequest) { p.SetURL(target); p.SetXForwarded() },
			Transport:  transport,
			BufferPool: pool{},
		}
		s := httptest.NewServer(proxy)
		defer s.Close()
		drive(b, s.Listener.Addr().String())
	})
	b.Run("Gateway", func(b *testing.B) { benchGateway(b, endpoint, nil) })
	b.Run("GatewayLogging", func(b *testing.B) { benchGateway(b, endpoint, io.Discard) })
}

func benchGateway(b *testing.B, endpoint string, log io.Writer) {
	w := newWorld(b, Config{AccessLog: log})
	w.ready["booking-1"] = append(w.ready["booking-1"], netip.MustParseAddrPort(endpoint))
	w.weights = []weight{{"booking-1", 100}}
	w.put()
	drive(b, w.Addr().String())
}

type pool struct{}

func (pool) Get() []byte  { return *copyBuffers.Get().(*[]byte) }
func (pool) Put(b []byte) { copyBuffers.Put(&b) }

var rawRequest = []byte("GET /v1/bookings HTTP/1.1\r\nHost: api.example\r\nUser-Agent: wrk\r\nAccept: */*\r\n\r\n")

// rawServer answers every request on its connections with 1 KiB.
func rawServer(b testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go serveRaw(l)
	return l.Addr().String()
}

func serveRaw(l net.Listener) {
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nContent-Length: 1024\r\n\r\n" + string(bytes.Repeat([]byte("x"), 1024)))
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			buf := make([]byte, 8<<10)
			have := 0
			for {
				n, err := c.Read(buf[have:])
				if err != nil {
					return
				}
				have += n
				if bytes.HasSuffix(buf[:have], []byte("\r\n\r\n")) {
					have = 0
					if _, err := c.Write(answer); err != nil {
						return
					}
				}
			}
		}()
	}
}

// drive sends b.N requests over 32 connections. The senders run in a child
// process so that they are not in the figure.
func drive(b *testing.B, address string) {
	b.ReportAllocs()
	before := cpu()
	n := 0
	for b.Loop() {
		// One iteration is a batch: a child process for each request would be
		// all that is measured.
		n++
		batch(b, address)
	}
	used := cpu() - before
	b.ReportMetric(float64(used)/1e3/float64(n*batchSize), "cpu-us/req")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n*batchSize), "wall-us/req")
}

const (
	batchSize = 20000
	senders   = 32
)

func batch(b testing.TB, address string) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestBenchSender$")
	cmd.Env = append(os.Environ(), "GATEWAY_BENCH_TARGET="+address, "GOMAXPROCS=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
}

// TestBenchSender is the child process of the benchmark.
func TestBenchSender(t *testing.T) {
	address := os.Getenv("GATEWAY_BENCH_TARGET")
	if address == "" {
		t.Skip("only the benchmark runs this")
	}
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			in := bufio.NewReader(c)
			for range batchSize / senders {
				if _, err := c.Write(rawRequest); err != nil {
					t.Error(err)
					return
				}
				if err := skipAnswer(in); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// skipAnswer reads one answer with 1 KiB.
func skipAnswer(in *bufio.Reader) error {
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
			return fmt.Errorf("answer %q", line)
		}
		if len(line) == 2 {
			break
		}
	}
	_, err := in.Discard(1024)
	return err
}

// cpu is the processor time of this process in nanoseconds.
func cpu() int64 {
	runtime.GC()
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/gzip"
)

// truth is what is known about a generated log, added up by the plainest code.
type truth struct {
	Seed     uint64            `json:"seed"`
	Lines    int64             `json:"lines"`
	Records  int64             `json:"records"`
	NoData   int64             `json:"noData"`
	SkipData int64             `json:"skipData"`
	Headers  int64             `json:"headers"`
	Accepted [3]uint64         `json:"accepted"` // flows, packets, bytes
	Rejected [3]uint64         `json:"rejected"`
	Sources  map[string]uint64 `json:"sources"` // bytes of the first 25
	Pairs    map[string]uint64 `json:"pairs"`
	// Malformed are the lines that are no records, as file:line.
	Malformed []string `json:"malformed"`
	// Forbidden are the accepted lines from dev to prod.
	Forbidden []string `json:"forbidden"`
	// The planted findings.
	Vertical, Horizontal, Slow, Beacon, Egress, OneWay string
}

const (
	day   = 86400
	begin = 1764028800 // 2025-11-25T00:00:00Z
)

// maker writes one day of a company's flow logs in the order of time.
type maker struct {
	rnd     *rand.Rand
	t       *truth
	files   []io.Writer
	names   []string
	lines   []int64
	sources map[uint32]uint64
	pairs   map[uint64]uint64
	edges   []edge
	clients []uint32
	apis    []uint32
	buf     []byte
}

type edge struct {
	from, to uint32
	port     int
}

func ip(a, b, c, d int) uint32 { return uint32(a)<<24 | uint32(b)<<16 | uint32(c)<<8 | uint32(d) }

func dotted(a uint32) string {
	return fmt.Sprintf("%d.%d.%d.%d", a>>24, a>>16&255, a>>8&255, a&255)
}

// host is one of an environment's 240: 10.<env>.<0..3>.<10..69>.
func (m *maker) host(env int) uint32 { return ip(10, env, m.rnd.IntN(4), 10+m.rnd.IntN(60)) }

var (
	environments = []int{10, 20, 30, 40} // dev, qa, uat, prod
	servicePorts = []int{443, 8080, 8443, 9092, 27017, 3306, 6379, 5432}
	noisePorts   = []int{22, 23, 80, 443, 445, 1433, 3389, 5900, 8080, 6379, 2375, 5060, 123}
	weights      = []float64{0.1, 0.25, 0.4, 1} // of environments, cumulative
)

func (m *maker) environment() int {
	x := m.rnd.Float64()
	for i, w := range weights {
		if x < w {
			return environments[i]
		}
	}
	return 40
}

func newMaker(seed uint64) *maker {
	m := &maker{rnd: rand.New(rand.NewPCG(seed, 7)), t: &truth{Seed: seed}, sources: map[uint32]uint64{}, pairs: map[uint64]uint64{}}
	for range 4000 {
		env := m.environment()
		m.edges = append(m.edges, edge{m.host(env), m.host(env), servicePorts[m.rnd.IntN(len(servicePorts))]})
	}
	for range 60_000 {
		m.clients = append(m.clients, m.outside())
	}
	for range 300 {
		m.apis = append(m.apis, m.outside())
	}
	return m
}

// outside is an address that is not ours, and none of the planted ones.
func (m *maker) outside() uint32 {
	for {
		a := ip(11+m.rnd.IntN(89), m.rnd.IntN(256), m.rnd.IntN(256), 1+m.rnd.IntN(254))
		if a>>24 != 10 {
			return a
		}
	}
}

// skewed is a number below n, small ones far more often.
func (m *maker) skewed(n int) int {
	x := m.rnd.Float64()
	return int(x * x * x * float64(n))
}

func (m *maker) line(file int, text []byte) {
	if _, err := m.files[file].Write(text); err != nil {
		panic(err)
	}
	m.lines[file]++
	m.t.Lines++
}

func (m *maker) place(file int) string { return fmt.Sprintf("%s:%d", m.names[file], m.lines[file]) }

type flow struct {
	src, dst         uint32
	sport, dport     int
	proto            int
	packets, bytes   uint64
	start            int
	rejected, remark bool
}

func (m *maker) flow(file int, f flow) {
	eni := uint64(f.src)*2654435761 + 7
	if f.src>>24 != 10 {
		eni = uint64(f.dst)*2654435761 + 7
	}
	word := "ACCEPT"
	to := &m.t.Accepted
	if f.rejected {
		word, to = "REJECT", &m.t.Rejected
	}
	b := fmt.Appendf(m.buf[:0], "2 123456789012 eni-%017x %s %s %d %d %d %d %d %d %d %s OK\n", eni, dotted(f.src), dotted(f.dst), f.sport, f.dport, f.proto, f.packets, f.bytes, f.start, f.start+20+int(f.bytes%40), word)
	m.buf = b
	m.line(file, b)
	m.t.Records++
	to[0]++
	to[1] += f.packets
	to[2] += f.bytes
	m.sources[f.src] += f.bytes
	m.pairs[uint64(f.src)<<32|uint64(f.dst)] += f.bytes
}

func (m *maker) port() int { return 32768 + m.rnd.IntN(28232) }

// talk is a request and its answer, in bytes of 40 to 1500 a packet.
func (m *maker) talk(file int, client, server uint32, port, start int, big bool) {
	p := 4 + m.rnd.IntN(40)
	if big {
		p *= 20
	}
	sport := m.port()
	m.flow(file, flow{src: client, dst: server, sport: sport, dport: port, proto: 6, packets: uint64(p), bytes: uint64(p * (60 + m.rnd.IntN(400))), start: start})
	m.flow(file, flow{src: server, dst: client, sport: port, dport: sport, proto: 6, packets: uint64(p + m.rnd.IntN(6)), bytes: uint64(p * (100 + m.rnd.IntN(1300))), start: start})
}

// ordinary is what goes on all day.
func (m *maker) ordinary(file, start int) {
	switch x := m.rnd.IntN(1000); {
	case x < 430: // customers
		m.talk(file, m.clients[m.skewed(len(m.clients))], ip(10, 40, 0, 10+m.rnd.IntN(4)), 443, start, false)
	case x < 800: // services among each other
		e := m.edges[m.skewed(len(m.edges))]
		m.talk(file, e.from, e.to, e.port, start, m.rnd.IntN(20) == 0)
	case x < 880: // services to the outside
		m.talk(file, m.host(m.environment()), m.apis[m.skewed(len(m.apis))], 443, start, false)
	case x < 985: // the internet's noise
		m.flow(file, flow{src: m.clients[m.rnd.IntN(len(m.clients))], dst: m.host(40), sport: m.port(), dport: noisePorts[m.rnd.IntN(len(noisePorts))], proto: 6, packets: 1, bytes: 40, start: start, rejected: true})
	case x < 999:
		m.line(file, fmt.Appendf(nil, "2 123456789012 eni-%017x - - - - - - - %d %d - NODATA\n", m.rnd.Uint32(), start, start+60))
		m.t.NoData++
	default:
		m.line(file, fmt.Appendf(nil, "2 123456789012 eni-%017x - - - - - - - %d %d - SKIPDATA\n", m.rnd.Uint32(), start, start+60))
		m.t.SkipData++
	}
}

func (m *maker) malformed(file int, text string) {
	m.line(file, []byte(text+"\n"))
	m.t.Malformed = append(m.t.Malformed, m.place(file))
}

// second plants what belongs into a second of the day.
func (m *maker) second(file, s int) {
	t := begin + s
	scanner, sweeper, creeper := ip(203, 0, 113, 9), ip(203, 0, 113, 77), ip(198, 51, 100, 23)
	if s >= 30000 && s < 30300 { // 1500 ports of one host in five minutes
		for i := range 5 {
			m.flow(file, flow{src: scanner, dst: ip(10, 40, 1, 20), sport: m.port(), dport: 1 + (s-30000)*5 + i, proto: 6, packets: 1, bytes: 44, start: t, rejected: true})
		}
	}
	if s >= 50000 && s < 50200 { // port 22 of 200 hosts
		m.flow(file, flow{src: sweeper, dst: ip(10, 40, (s-50000)/60, 10+(s-50000)%60), sport: m.port(), dport: 22, proto: 6, packets: 1, bytes: 44, start: t, rejected: true})
	}
	if s%600 == 300 { // one port every ten minutes, all day
		m.flow(file, flow{src: creeper, dst: ip(10, 40, 2, 30), sport: m.port(), dport: 1000 + s/600, proto: 6, packets: 1, bytes: 44, start: t, rejected: true})
	}
	if s%300 == 17 { // a beacon every five minutes, give or take five seconds
		m.flow(file, flow{src: ip(10, 40, 3, 33), dst: ip(198, 51, 100, 200), sport: m.port(), dport: 8443, proto: 6, packets: 6, bytes: 612, start: t + m.rnd.IntN(11) - 5})
	}
	if s >= 72000 && s < 74000 && s%2 == 0 { // a host that sends 3 GB out in half an hour
		m.flow(file, flow{src: ip(10, 30, 1, 44), dst: ip(198, 51, 100, 99), sport: 50123, dport: 443, proto: 6, packets: 2200, bytes: 3_000_000, start: t})
	}
	if s%7200 == 3600 { // dev reaches the database of prod
		m.flow(file, flow{src: ip(10, 10, 2, 22), dst: ip(10, 40, 3, 60), sport: m.port(), dport: 5432, proto: 6, packets: 30, bytes: 9000, start: t})
		m.t.Forbidden = append(m.t.Forbidden, m.place(file))
	}
	if s%900 == 100 && s < 80000 { // answers that nobody saw
		m.flow(file, flow{src: ip(10, 20, 1, 15), dst: ip(10, 20, 2, 16), sport: m.port(), dport: 7443, proto: 6, packets: 40, bytes: 20_000, start: t})
	}
	switch s {
	case 20000:
		m.malformed(file, "2 123456789012 eni-0123456789abcdef0 10.40.0.99 10.40.0.98 50000 443 6 10 99999999999999999999999 1764050000 1764050060 ACCEPT OK")
	case 40000:
		m.malformed(file, "2 123456789012 eni-0123456789abcdef0 10.40.0.99 10.40.0.300 50000 443 6 10 500 1764050000 1764050060 ACCEPT OK")
	case 60000:
		m.malformed(file, "2 123456789012 eni-0123456789abcdef0 10.40.0.99 10.40.0.98 50000 443 6 10 5")
	case 80000:
		m.malformed(file, "2 123456789012 eni-0123456789abcdef0 10.40.0.99 10.40.0.98 50000 443 6 10 -500 1764050000 1764050060 ACCEPT OK")
	}
}

func first25[K comparable](m map[K]uint64, name func(K) string) map[string]uint64 {
	type item struct {
		k K
		n uint64
	}
	var all []item
	for k, n := range m {
		all = append(all, item{k, n})
	}
	slices.SortFunc(all, func(a, b item) int { return int(int64(b.n) - int64(a.n)) })
	out := map[string]uint64{}
	for _, x := range all[:min(25, len(all))] {
		out[name(x.k)] = x.n
	}
	return out
}

const header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"

func generate(args []string) error {
	flags := flag.NewFlagSet("gen", flag.ExitOnError)
	size := flags.Int("size", 100, "of the text, in MB")
	dir := flags.String("dir", "flows-bench", "where to write")
	seed := flags.Uint64("seed", 1, "of the chance")
	parts := flags.Int("parts", 8, "number of gzip files that hold the same day again")
	if err := flags.Parse(args); err != nil {
		return err
	}
	// One text file, and gzip files that hold the same day in parts.
	if err := os.MkdirAll(filepath.Join(*dir, "gz"), 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(*dir, "flows.log"))
	if err != nil {
		return err
	}
	defer f.Close()
	m := newMaker(*seed)
	text := bufio.NewWriterSize(f, 1<<20)
	var packed *gzip.Writer
	m.names, m.lines = []string{"flows.log"}, []int64{0}
	m.files = []io.Writer{io.MultiWriter(text, writerFunc(func(p []byte) (int, error) { return packed.Write(p) }))}
	perSecond := float64(*size) * 1e6 / 212 / day // an ordinary step is 1.85 lines of 115 bytes
	owed := 0.0
	var part *os.File
	closePart := func() error {
		if packed == nil {
			return nil
		}
		if err := packed.Close(); err != nil {
			return err
		}
		return part.Close()
	}
	for s := range day {
		if s%(day / *parts) == 0 && s/(day / *parts) < *parts {
			if err := closePart(); err != nil {
				return err
			}
			if part, err = os.Create(filepath.Join(*dir, "gz", fmt.Sprintf("flows-%03d.log.gz", s/(day / *parts)))); err != nil {
				return err
			}
			packed, _ = gzip.NewWriterLevel(part, gzip.DefaultCompression)
			if s > 0 { // each file begins with the header, the text file only once
				if _, err := packed.Write([]byte(header)); err != nil {
					return err
				}
			} else {
				m.line(0, []byte(header))
				m.t.Headers++
			}
		}
		for owed += perSecond; owed >= 1; owed-- {
			m.ordinary(0, begin+s)
		}
		m.second(0, s)
	}
	if err := closePart(); err != nil {
		return err
	}
	if err := text.Flush(); err != nil {
		return err
	}
	m.t.Sources = first25(m.sources, dotted)
	m.t.Pairs = first25(m.pairs, func(k uint64) string { return dotted(uint32(k>>32)) + " " + dotted(uint32(k)) })
	m.t.Vertical, m.t.Horizontal, m.t.Slow = "203.0.113.9", "203.0.113.77", "198.51.100.23"
	m.t.Beacon, m.t.Egress, m.t.OneWay = "10.40.3.33 198.51.100.200", "10.30.1.44", "10.20.1.15 10.20.2.16"
	data, err := json.MarshalIndent(m.t, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*dir, "truth.json"), append(data, '\n'), 0o644)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

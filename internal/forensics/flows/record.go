package flows

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
)

// action is what the network did with a flow.
type action uint8

const (
	// unjudged is a record whose format does not say, as a transit gateway's.
	unjudged action = iota
	accepted
	rejected
)

// status tells records from the notes that there are none.
type status uint8

const (
	statusOK status = iota
	// noData: the interface had no traffic in the interval.
	noData
	// skipData: records of the interval were lost inside AWS.
	skipData
)

// family is what kind of address an address number stands for.
type family uint8

const (
	noFamily family = iota
	v4
	v6
)

// record is one line, in the form that tables take.
type record struct {
	src, dst         uint32 // IPv4 addresses, or numbers of the interner
	packets, bytes   uint64
	start, end       uint32 // seconds since 1970
	srcPort, dstPort uint16
	family           family
	proto            uint8
	action           action
	status           status
	flags            uint16
	// syn says that flags are there.
	hasFlags bool
	lost     uint64
}

// words splits a line at single spaces. AWS writes exactly one between fields,
// so two in a row are an empty field, which no field may be.
func words(line []byte, to [][]byte) [][]byte {
	for {
		i := bytes.IndexByte(line, ' ')
		if i < 0 {
			return append(to, line)
		}
		to = append(to, line[:i])
		line = line[i+1:]
	}
}

// strict reads a line's words into r, or says why not. It is the definition of
// what a record is; the fast path accepts a part of the same.
func (l *layout) strict(ws [][]byte, r *record, in *interner) error {
	if len(ws) != len(l.ops)+l.prefix {
		return fmt.Errorf("%d fields instead of %d", len(ws), len(l.ops)+l.prefix)
	}
	ws = ws[l.prefix:]
	*r = record{}
	blank := true // of everything that a record without traffic leaves out
	for i, o := range l.ops {
		if len(ws[i]) == 0 {
			return fmt.Errorf("%s is empty", l.fields[i].name)
		}
		switch o {
		case opStatus:
			switch string(ws[i]) {
			case "OK":
			case "NODATA":
				r.status = noData
			case "SKIPDATA":
				r.status = skipData
			default:
				return fmt.Errorf("log-status %q is none of OK, NODATA, SKIPDATA", clip(ws[i]))
			}
		case opSrcAddr, opDstAddr, opPackets, opBytes:
			blank = blank && string(ws[i]) == "-"
		}
	}
	if r.status == statusOK && blank && !l.has[opStatus] && (l.has[opSrcAddr] || l.has[opBytes] || l.has[opPackets]) {
		r.status = noData
	}
	if r.status != statusOK {
		return nil // the rest is "-", or whatever else stands for nothing
	}
	var src, dst netip.Addr
	for i, o := range l.ops {
		if err := r.set(o, l.fields[i].name, ws[i], &src, &dst); err != nil {
			return err
		}
	}
	return r.addresses(src, dst, in)
}

// set reads one word.
func (r *record) set(o op, name string, w []byte, src, dst *netip.Addr) error {
	if o == opSkip || o == opStatus {
		return nil
	}
	if string(w) == "-" {
		return r.absent(o, name)
	}
	var err error
	var n uint64
	switch o {
	case opSrcAddr:
		*src, err = address(name, w)
	case opDstAddr:
		*dst, err = address(name, w)
	case opAction:
		switch string(w) {
		case "ACCEPT":
			r.action = accepted
		case "REJECT":
			r.action = rejected
		default:
			err = fmt.Errorf("action %q is neither ACCEPT nor REJECT", clip(w))
		}
	case opSrcPort:
		n, err = number(name, w, math.MaxUint16)
		r.srcPort = uint16(n)
	case opDstPort:
		n, err = number(name, w, math.MaxUint16)
		r.dstPort = uint16(n)
	case opProtocol:
		n, err = number(name, w, math.MaxUint8)
		r.proto = uint8(n)
	case opPackets:
		r.packets, err = number(name, w, math.MaxInt64)
	case opBytes:
		r.bytes, err = number(name, w, math.MaxInt64)
	case opStart:
		n, err = number(name, w, math.MaxUint32)
		r.start = uint32(n)
	case opEnd:
		n, err = number(name, w, math.MaxUint32)
		r.end = uint32(n)
	case opFlags:
		n, err = number(name, w, math.MaxUint16)
		r.flags, r.hasFlags = uint16(n), true
	case opLost:
		n, err = number(name, w, math.MaxInt64)
		r.lost = saturating(r.lost, n)
	case opVersion:
		_, err = number(name, w, 99)
	}
	return err
}

// absent judges a "-": a record of traffic must say what the sums are made of.
func (r *record) absent(o op, name string) error {
	switch o {
	case opSrcAddr, opDstAddr, opPackets, opBytes, opStart:
		return fmt.Errorf("%s is missing in a record of traffic", name)
	}
	return nil
}

func (r *record) addresses(src, dst netip.Addr, in *interner) error {
	is4, is6 := src.Is4() || dst.Is4(), src.Is6() || dst.Is6()
	switch {
	case is4 && is6:
		return errors.New("srcaddr and dstaddr are of two families, IPv4 and IPv6")
	case is4:
		r.family, r.src, r.dst = v4, number4(src), number4(dst)
	case is6:
		r.family, r.src, r.dst = v6, in.number(src), in.number(dst)
	}
	return nil
}

func number4(a netip.Addr) uint32 {
	if !a.IsValid() {
		return 0
	}
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func address4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func address(name string, w []byte) (netip.Addr, error) {
	if len(w) <= 45 { // the longest there is, RFC 4291
		if a, err := netip.ParseAddr(string(w)); err == nil && a.Zone() == "" && !a.Is4In6() {
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("%s %q is not an IP address", name, clip(w))
}

// number reads decimal digits and nothing else.
func number(name string, w []byte, most uint64) (uint64, error) {
	if len(w) == 0 || len(w) > 20 {
		return 0, notNumber(name, w, most)
	}
	for _, c := range w {
		if c < '0' || c > '9' {
			return 0, notNumber(name, w, most)
		}
	}
	n, err := strconv.ParseUint(string(w), 10, 64)
	if err != nil || n > most {
		return 0, notNumber(name, w, most)
	}
	return n, nil
}

func notNumber(name string, w []byte, most uint64) error {
	return fmt.Errorf("%s %q is not a number from 0 to %d", name, clip(w), most)
}

// clip shortens what is quoted in a reason.
func clip(w []byte) string {
	if len(w) > 40 {
		return string(w[:40]) + "…"
	}
	return string(w)
}

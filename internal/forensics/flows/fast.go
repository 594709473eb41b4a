package flows

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// slack is how many bytes may be read behind the end of a block.
const slack = 16

// The fast path reads lines that are exactly as AWS writes them and gives up,
// with -1, at anything else: then strict decides. It must never accept what
// strict would not, or read it differently; FuzzFastAgreesWithStrict holds it to
// that.

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	zeros  = '0' * ones
	spaces = ' ' * ones
)

// digits reads the decimal number that begins at b[i] and ends at a space or
// newline. It returns the place of that, or -1.
func digits(b []byte, i int) (uint64, int) {
	// Eight bytes at once: those that are no digits have a high bit after this.
	x := binary.LittleEndian.Uint64(b[i:]) ^ zeros
	other := (x + 0x7676767676767676 | x) & highs
	n := bits.TrailingZeros64(other) >> 3
	if n == 0 {
		return 0, -1
	}
	x <<= uint(64 - n*8) // zeros in front
	x = x*10 + x>>8
	x = ((x&0x000000ff000000ff)*(100+1000000<<32) + (x>>16&0x000000ff000000ff)*(1+10000<<32)) >> 32
	i += n
	if n < 8 {
		if c := b[i]; c != ' ' && c != '\n' {
			return 0, -1
		}
		return x, i
	}
	for {
		c := b[i] - '0'
		if c > 9 {
			if b[i] != ' ' && b[i] != '\n' {
				return 0, -1
			}
			return x, i
		}
		if x > math.MaxInt64/10-1 {
			return 0, -1 // strict knows where the limit is
		}
		x = x*10 + uint64(c)
		i++
		if n++; n > 20 {
			return 0, -1
		}
	}
}

// dotted reads the IPv4 address that begins at b[i] and ends at a space or
// newline.
func dotted(b []byte, i int) (uint32, int) {
	var v uint32
	for part := 0; ; part++ {
		c := uint32(b[i]) - '0'
		if c > 9 {
			return 0, -1
		}
		i++
		if d := uint32(b[i]) - '0'; d <= 9 {
			if c == 0 {
				return 0, -1 // 010 is not 10 to everybody
			}
			c = c*10 + d
			i++
			if d := uint32(b[i]) - '0'; d <= 9 {
				c = c*10 + d
				i++
				if c > 255 {
					return 0, -1
				}
			}
		}
		v = v<<8 | c
		if part == 3 {
			if b[i] != ' ' && b[i] != '\n' {
				return 0, -1
			}
			return v, i
		}
		if b[i] != '.' {
			return 0, -1
		}
		i++
	}
}

// past passes over a field that nobody reads. It is at least one byte long and
// ends before a space or newline.
func past(b []byte, i int) int {
	if b[i] == ' ' || b[i] == '\n' {
		return -1
	}
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		// Space and newline are below '!', as no byte of a field is. The lowest
		// high bit is exact.
		low := (x - 0x2121212121212121) &^ x & highs
		if low != 0 {
			i += bits.TrailingZeros64(low) >> 3
			if b[i] != ' ' && b[i] != '\n' {
				return -1
			}
			return i
		}
		i += 8
	}
	return -1
}

const (
	wordAccept = 'A' | 'C'<<8 | 'C'<<16 | 'E'<<24 | 'P'<<32 | 'T'<<40
	wordReject = 'R' | 'E'<<8 | 'J'<<16 | 'E'<<24 | 'C'<<32 | 'T'<<40
	wordMask   = 1<<48 - 1
)

// fast reads the line at b[i] into r and returns the place after its newline,
// or -1. b has slack bytes behind end.
func (l *layout) fast(b []byte, i, end int, r *record) int {
	switch {
	case l.prefix != 0:
		return -1
	case l == defaultLayout:
		return fastDefault(b, i, end, r)
	}
	r.action, r.hasFlags, r.lost, r.family = unjudged, false, 0, noFamily
	r.src, r.dst, r.srcPort, r.dstPort, r.proto = 0, 0, 0, 0, 0
	r.packets, r.bytes, r.start, r.end, r.status = 0, 0, 0, 0, statusOK
	last := len(l.ops) - 1
	for n, o := range l.ops {
		var x uint64
		switch o {
		case opSkip:
			i = past(b, i)
		case opSrcAddr:
			r.src, i = dotted(b, i)
			r.family = v4
		case opDstAddr:
			r.dst, i = dotted(b, i)
			r.family = v4
		case opSrcPort:
			x, i = digits(b, i)
			r.srcPort = uint16(x)
			if x > math.MaxUint16 {
				return -1
			}
		case opDstPort:
			x, i = digits(b, i)
			r.dstPort = uint16(x)
			if x > math.MaxUint16 {
				return -1
			}
		case opProtocol:
			x, i = digits(b, i)
			r.proto = uint8(x)
			if x > math.MaxUint8 {
				return -1
			}
		case opPackets:
			r.packets, i = digits(b, i)
		case opBytes:
			r.bytes, i = digits(b, i)
		case opStart:
			x, i = digits(b, i)
			r.start = uint32(x)
			if x > math.MaxUint32 {
				return -1
			}
		case opEnd:
			x, i = digits(b, i)
			r.end = uint32(x)
			if x > math.MaxUint32 {
				return -1
			}
		case opAction:
			switch binary.LittleEndian.Uint64(b[i:]) & wordMask {
			case wordAccept:
				r.action = accepted
			case wordReject:
				r.action = rejected
			default:
				return -1
			}
			i += 6
		case opStatus:
			if b[i] != 'O' || b[i+1] != 'K' {
				return -1
			}
			i += 2
		case opFlags:
			x, i = digits(b, i)
			r.flags, r.hasFlags = uint16(x), true
			if x > math.MaxUint16 {
				return -1
			}
		case opLost:
			x, i = digits(b, i)
			r.lost = saturating(r.lost, x)
		case opVersion:
			x, i = digits(b, i)
			if x > 99 {
				return -1
			}
		}
		if i < 0 || i >= end {
			return -1
		}
		if n == last {
			if b[i] != '\n' {
				return -1
			}
			return i + 1
		}
		if b[i] != ' ' {
			return -1
		}
		i++
	}
	return -1
}

// fastDefault is fast for the default format, which most files have, without
// asking at every field which one it is.
func fastDefault(b []byte, i, end int, r *record) int {
	var x [7]uint64 // ports, protocol, packets, bytes, start, end
	// Behind the end there may be anything, so every step is checked against it.
	// version, account-id, interface-id
	v, i := digits(b, i)
	if i < 0 || i >= end || v > 99 || b[i] != ' ' {
		return -1
	}
	for range 2 {
		if i = past(b, i+1); i < 0 || i >= end || b[i] != ' ' {
			return -1
		}
	}
	src, i := dotted(b, i+1)
	if i < 0 || i >= end || b[i] != ' ' {
		return -1
	}
	dst, i := dotted(b, i+1)
	for n := range x {
		if i < 0 || i >= end || b[i] != ' ' {
			return -1
		}
		x[n], i = digits(b, i+1)
	}
	if i < 0 || i+11 > end || b[i] != ' ' {
		return -1
	}
	act := accepted
	switch binary.LittleEndian.Uint64(b[i+1:]) & wordMask {
	case wordAccept:
	case wordReject:
		act = rejected
	default:
		return -1
	}
	i += 7
	if b[i] != ' ' || b[i+1] != 'O' || b[i+2] != 'K' || b[i+3] != '\n' {
		return -1
	}
	if x[0] > math.MaxUint16 || x[1] > math.MaxUint16 || x[2] > math.MaxUint8 || x[5] > math.MaxUint32 || x[6] > math.MaxUint32 {
		return -1
	}
	*r = record{
		src: src, dst: dst, srcPort: uint16(x[0]), dstPort: uint16(x[1]), proto: uint8(x[2]), packets: x[3], bytes: x[4],
		start: uint32(x[5]), end: uint32(x[6]), family: v4, action: act,
	}
	return i + 4
}

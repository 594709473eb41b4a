// Package entry reads one line of an access log: of an Application, Network or
// Classic Load Balancer, or of CloudFront. It knows the fields of the formats in
// all their published versions and what is odd in real lines; it refuses to know
// where lines come from and what is done with them, and keeps nothing of a line.
//
// The sources are the pages "Access logs for your Application Load Balancer",
// "Access logs for your Network Load Balancer", "Access logs for your Classic
// Load Balancer" and "Standard logging reference" (CloudFront) of AWS's
// documentation.
package entry

import "fmt"

// Format is who wrote the line.
type Format string

// The formats.
const (
	ALB        Format = "alb"
	NLB        Format = "nlb"
	Classic    Format = "elb"
	CloudFront Format = "cloudfront"
)

// Formats are all of them, in the order in which they are offered.
var Formats = []Format{ALB, NLB, Classic, CloudFront}

// Entry is one line. The byte slices point into the line, but for what
// CloudFront had to encode; they are valid until the next Parse. What a line
// does not have is nil, -1 for durations, and 0 for codes.
type Entry struct {
	Format Format
	// Kind is http, https, h2, grpcs, ws or wss for an ALB, tls for an NLB, the
	// protocol for CloudFront.
	Kind []byte
	// Time is the end of the request in microseconds since 1970, UTC.
	Time int64
	// Balancer is the load balancer's resource ID, or the edge location.
	Balancer []byte
	// Client is the address without the port.
	Client []byte
	// Target is address:port of who answered, Group the ARN of its target group.
	Target, Group []byte
	// Latency is the sum of the parts of the processing time that were reached, in
	// microseconds; TargetTime is the target's part alone. For an NLB, Latency is
	// the TLS handshake.
	Latency, TargetTime int64
	// Status is what the client got, TargetStatus what the target said.
	Status, TargetStatus int
	Received, Sent       uint64
	Method               []byte
	// Location is host[:port]/path as it was asked for, without scheme and query.
	Location []byte
	// Host has no port. Path has no query; both as logged.
	Host, Path, Query []byte
	Protocol          []byte
	Agent             []byte
	// Referrer is nil when the format has none.
	Referrer []byte
	Cipher   []byte
	Domain   []byte // the name that TLS asked for
	Trace    []byte
	Actions  []byte
	Error    []byte
	Cache    []byte // CloudFront: Hit, Miss, …
	Conn     []byte // connection trace ID
	// Notes are what was not understood although the line is kept.
	Notes Note

	joined, decoded []byte // memory for what has to be put together
}

// Note is a set of things in a line that were not understood.
type Note uint8

// The notes.
const (
	// NoteRequest: the request is none, as after a malformed one.
	NoteRequest Note = 1 << iota
	// NoteQuotes: a quote inside a quoted field was not escaped.
	NoteQuotes
	// NoteFields: no published version of the format has so many fields.
	NoteFields
	// NoteClient: the client's address is none.
	NoteClient
)

// Each calls f for every note in the set.
func (n Note) Each(f func(Note)) {
	for bit := NoteRequest; bit <= NoteClient; bit <<= 1 {
		if n&bit != 0 {
			f(bit)
		}
	}
}

// String says what a single note means.
func (n Note) String() string {
	switch n {
	case NoteRequest:
		return "the request line is not a request"
	case NoteQuotes:
		return "a quote inside a field is not escaped"
	case NoteFields:
		return "no published version of the format has this number of fields"
	case NoteClient:
		return "the client address is not an IP address"
	}
	return fmt.Sprintf("notes %b", uint8(n))
}

// Parser reads the lines of one file. The zero value finds the format out from
// the first line; it is not safe for concurrent use.
type Parser struct {
	// Format is what the lines are; empty until the first line told.
	Format Format

	found  bool // Format was found out, and may change
	clock  clock
	fields []column // CloudFront: what the header says
}

// Skip says that the line is well-formed and no request: a header, or empty.
const Skip = "\x00"

// Parse reads a line without its newline into e. It returns the empty string,
// Skip, or why the line was rejected.
func (p *Parser) Parse(line []byte, e *Entry) string {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) == 0 {
		return Skip
	}
	if p.Format == "" {
		p.found = true
		p.Format = Sniff(line)
	}
	reason := p.parse(line, e)
	if reason != "" && reason != Skip && p.found {
		// Somebody may have put files together.
		if f := Sniff(line); f != "" && f != p.Format {
			p.Format = f
			return p.parse(line, e)
		}
	}
	return reason
}

func (p *Parser) parse(line []byte, e *Entry) string {
	e.clear(p.Format)
	switch p.Format {
	case ALB:
		return p.alb(line, e)
	case NLB:
		return p.nlb(line, e)
	case Classic:
		return p.classic(line, e)
	case CloudFront:
		return p.cloudfront(line, e)
	}
	return "this is no access log line of an ALB, NLB, Classic Load Balancer or CloudFront"
}

// clear sets everything to what a line does not have.
func (e *Entry) clear(f Format) {
	joined, decoded := e.joined[:0], e.decoded[:0]
	*e = Entry{Format: f, Latency: -1, TargetTime: -1, joined: joined, decoded: decoded}
}

// Sniff says what wrote a line; empty when nothing known did.
func Sniff(line []byte) Format {
	word := line
	for i, c := range line {
		if c == ' ' || c == '\t' {
			word = line[:i]
			break
		}
	}
	switch string(word) {
	case "http", "https", "h2", "grpcs", "ws", "wss":
		return ALB
	case "tls":
		return NLB
	}
	switch {
	case line[0] == '#':
		return CloudFront
	case len(word) == 10 && word[4] == '-' && word[7] == '-' && len(line) > 10 && line[10] == '\t':
		return CloudFront
	case len(word) > 19 && word[4] == '-' && word[10] == 'T':
		return Classic
	}
	return ""
}

// missing says which field the line ends before.
func missing(number int, name string) string {
	return fmt.Sprintf("the line ends before field %d, %s", number, name)
}

// wrong says which value cannot be.
func wrong(name string, value []byte, what string) string {
	const most = 60
	cut := ""
	if len(value) > most {
		value, cut = value[:most], "…"
	}
	return fmt.Sprintf("%s is %q%s: %s", name, value, cut, what)
}

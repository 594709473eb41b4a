package flows

import "time"

// Report is the answers to all questions. Its JSON form is a contract: fields
// are added, never renamed. Sums are over records; a flow inside a VPC that two
// interfaces logged counts twice, as in every tool that adds up flow logs.
type Report struct {
	Read   Reading `json:"read"`
	Totals Totals  `json:"totals"`
	// The rankings hold the first --top of each order.
	Pairs        Ranking[Pair] `json:"pairs"`
	Sources      Ranking[Host] `json:"sources"`
	Destinations Ranking[Host] `json:"destinations"`
	Ports        Ranking[Port] `json:"ports"`
	OverTime     Series        `json:"overTime"`
	Scans        []Scan        `json:"scans"`
	Beacons      []Beacon      `json:"beacons"`
	Egress       []Egress      `json:"egress"`
	OneWay       []OneWay      `json:"oneWay"`
	// Unknown are addresses in private networks that the plan does not name.
	Unknown []Host `json:"unknown,omitempty"`
	// Policy is nil without a plan.
	Policy *Policy `json:"policy,omitempty"`
	// GroupBy are the fields of Groups.
	GroupBy []string `json:"groupBy,omitempty"`
	Groups  []Group  `json:"groups,omitempty"`
	// Rejects are the first lines that are no records, at most 100.
	Rejects []Reject `json:"rejects"`
	// Failed are files that could not be listed or read to their end.
	Failed []Failure `json:"failed"`
	// Notes say what a reader of the figures must know.
	Notes []string `json:"notes"`
}

// Reading accounts for every line: Lines is the sum of Records, NoData,
// SkipData, Headers, Blank, Outside, Filtered and Rejected.
type Reading struct {
	Files   int64 `json:"files"`
	Bytes   int64 `json:"bytes"` // as stored
	Lines   int64 `json:"lines"`
	Records int64 `json:"records"`
	// NoData and SkipData are lines that say there are no records.
	NoData   int64 `json:"noData"`
	SkipData int64 `json:"skipData"`
	Headers  int64 `json:"headers"`
	Blank    int64 `json:"blank"`
	// Outside are records before --since or after --until.
	Outside  int64 `json:"outside"`
	Filtered int64 `json:"filtered"`
	Rejected int64 `json:"rejected"`
	// Beyond are records of conversations for which there was no room: they are
	// in what is told over time and in groups, and in no other sum.
	Beyond int64 `json:"beyond,omitempty"`
	// Formats are the orders of fields that there were.
	Formats []string `json:"formats"`
	// Interrupted says that not everything was read.
	Interrupted bool `json:"interrupted"`
	// First and Last are when the earliest and the latest flow began.
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`
}

// Sum is what records add up to. A sum that does not fit stays at the most, and
// a note says so.
type Sum struct {
	Flows   uint64 `json:"flows"`
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// Totals are sums by what was done with the flows.
type Totals struct {
	Sum
	Accepted Sum `json:"accepted"`
	Rejected Sum `json:"rejected"`
	// Unjudged are records without an action, as of transit gateways.
	Unjudged Sum `json:"unjudged"`
	// PacketsLost is the sum of the packets-lost fields of transit gateways.
	PacketsLost uint64 `json:"packetsLost"`
}

// Ranking is the greatest by each measure.
type Ranking[T any] struct {
	// Distinct is how many there are altogether.
	Distinct  int `json:"distinct"`
	ByBytes   []T `json:"byBytes"`
	ByPackets []T `json:"byPackets"`
	ByFlows   []T `json:"byFlows"`
}

// Endpoint is an address and what the plan calls it.
type Endpoint struct {
	Address     string `json:"address"`
	Name        string `json:"name,omitempty"`
	Environment string `json:"environment,omitempty"`
}

// String is the name with the address, or the address.
func (e Endpoint) String() string {
	if e.Name == "" {
		return e.Address
	}
	name := e.Name
	if e.Environment != "" {
		name = e.Environment + "/" + name
	}
	return name + " (" + e.Address + ")"
}

// Host is one address.
type Host struct {
	Endpoint
	Sum
}

// Pair is a source and a destination.
type Pair struct {
	Source      Endpoint `json:"source"`
	Destination Endpoint `json:"destination"`
	Sum
}

// Port is a service's port, both directions together.
type Port struct {
	Port     uint16 `json:"port"`
	Protocol string `json:"protocol"`
	Sum
}

// Series is what began in each step of time.
type Series struct {
	// Step is in seconds.
	Step    int      `json:"step"`
	Moments []Moment `json:"moments"`
}

// Moment is one step, written when something began in it.
type Moment struct {
	Start         time.Time `json:"start"`
	AcceptedFlows uint64    `json:"acceptedFlows"`
	AcceptedBytes uint64    `json:"acceptedBytes"`
	RejectedFlows uint64    `json:"rejectedFlows"`
	RejectedBytes uint64    `json:"rejectedBytes"`
}

// Scan is somebody who tries many doors.
type Scan struct {
	// Kind is vertical (many ports of one host), horizontal (one port of many
	// hosts) or block (many of both).
	Kind   string   `json:"kind"`
	Source Endpoint `json:"source"`
	// Target is the host of a vertical scan.
	Target *Endpoint `json:"target,omitempty"`
	// Port is that of a horizontal scan.
	Port     *uint16 `json:"port,omitempty"`
	Protocol string  `json:"protocol"`
	// Hosts and Ports are how many were tried, Open how many pairs of them took
	// the connection.
	Hosts int       `json:"hosts"`
	Ports int       `json:"ports"`
	Open  int       `json:"open"`
	Flows uint64    `json:"flows"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Slow is at most one try a minute for at least an hour, below what most
	// alarms look for.
	Slow bool `json:"slow"`
}

// Beacon calls the same place outside at even intervals, each time anew.
type Beacon struct {
	Source      Endpoint `json:"source"`
	Destination Endpoint `json:"destination"`
	Port        uint16   `json:"port"`
	Protocol    string   `json:"protocol"`
	// Period is the middle interval in seconds, Jitter how far the middle one is
	// from it, from 0 to 1.
	Period float64   `json:"period"`
	Jitter float64   `json:"jitter"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	// Refused says that the network did not let it through.
	Refused bool `json:"refused"`
	Sum
}

// Egress is an hour in which a host sent out unusually much.
type Egress struct {
	Host Endpoint  `json:"host"`
	Hour time.Time `json:"hour"`
	// Bytes went to addresses outside in that hour.
	Bytes uint64 `json:"bytes"`
	// Past is the host's own middle hour, and Peers that of the hosts like it in
	// the same hour, in bytes. They are -1 when there is nothing to compare with.
	Past  int64 `json:"past"`
	Peers int64 `json:"peers"`
}

// OneWay is a connection with traffic whose answers are not in the logs: they
// take another path, or are refused on their way.
type OneWay struct {
	Source      Endpoint `json:"source"`
	Destination Endpoint `json:"destination"`
	Port        uint16   `json:"port"`
	Protocol    string   `json:"protocol"`
	// Refused says that the answers are there, rejected.
	Refused bool `json:"refused"`
	Sum
}

// Policy is what the plan says about the flows.
type Policy struct {
	Source    string      `json:"source,omitempty"`
	Forbidden []Forbidden `json:"forbidden"`
	// Lines are the accepted ones, the first 100; ForbiddenLines is how many
	// there are.
	Lines          []Line      `json:"lines"`
	ForbiddenLines int64       `json:"forbiddenLines"`
	Unused         []Allowance `json:"unused"`
}

// Forbidden are flows that the plan does not want.
type Forbidden struct {
	// Rule says why, in a sentence.
	Rule     string   `json:"rule"`
	From     Endpoint `json:"from"`
	To       Endpoint `json:"to"`
	Port     uint16   `json:"port"`
	Protocol string   `json:"protocol"`
	// Accepted were let through; Rejected were not.
	Accepted Sum `json:"accepted"`
	Rejected Sum `json:"rejected"`
}

// Line is a place in a file and what stands there.
type Line struct {
	File string `json:"file"`
	Line int64  `json:"line"`
	Text string `json:"text"`
}

// Group is the sum of the records with the same values.
type Group struct {
	Values []string `json:"values"`
	Sum
}

// Reject is a line that is no record.
type Reject struct {
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

// Failure is a file that could not be read, or not to its end.
type Failure struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
	// Misread means that it was read, but a part of it not as it is meant.
	Misread bool `json:"misread,omitempty"`
}

// Sound reports whether everything was read, understood and permitted.
func (r *Report) Sound() bool {
	return len(r.Failed) == 0 && r.Read.Rejected == 0 && r.Read.Beyond == 0 && !r.Read.Interrupted && (r.Policy == nil || r.Policy.ForbiddenLines == 0)
}

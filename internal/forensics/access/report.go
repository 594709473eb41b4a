package access

import "time"

// Report is the answers to all questions. Its JSON form is a contract: fields
// are added, never renamed. Durations are in milliseconds.
type Report struct {
	Read   Reading `json:"read"`
	Totals Totals  `json:"totals"`
	// Findings are what somebody should look at, the weightiest kind first.
	Findings []Finding `json:"findings"`
	// Codes are the statuses that clients got, TargetCodes what targets said.
	Codes       []Code `json:"codes"`
	TargetCodes []Code `json:"targetCodes"`
	Methods     []Word `json:"methods"`
	Types       []Word `json:"types"`
	OverTime    Series `json:"overTime"`
	// The lists hold the --top first, by requests.
	Paths   List[Path]   `json:"paths"`
	Hosts   List[Host]   `json:"hosts"`
	Clients List[Client] `json:"clients"`
	Targets List[Target] `json:"targets"`
	Agents  List[Agent]  `json:"agents"`
	Kinds   []Word       `json:"kinds"`
	// Cache are URLs that a cache could answer.
	Cache List[URL] `json:"cache"`
	// GroupBy are the fields of Groups.
	GroupBy []string     `json:"groupBy,omitempty"`
	Groups  *List[Group] `json:"groups,omitempty"`
	// Noted is what was not understood in lines that were counted.
	Noted []Noted `json:"noted"`
	// Rejects are the first lines that are no requests, at most 100.
	Rejects []Rejected `json:"rejects"`
	// Failed are files that could not be listed or read to their end.
	Failed []Failure `json:"failed"`
	// Notes say what a reader of the figures must know.
	Notes []string `json:"notes"`
}

// Reading accounts for every line: Lines is the sum of Requests, Left, Empty and
// Rejected.
type Reading struct {
	Files    int64  `json:"files"`
	Bytes    int64  `json:"bytes"` // as stored
	Lines    uint64 `json:"lines"`
	Requests uint64 `json:"requests"`
	// Left are requests that --since, --until or --filter left out.
	Left uint64 `json:"left"`
	// Empty are lines without anything, and headers.
	Empty       uint64 `json:"empty"`
	Rejected    uint64 `json:"rejected"`
	Formats     []Word `json:"formats"`
	Interrupted bool   `json:"interrupted"`
	// First and Last are when the earliest and the latest request ended.
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`
}

// Quantiles are durations in milliseconds; Count is how many requests have one.
// They are exact to Error of the report's totals.
type Quantiles struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
}

// Sum is what requests add up to.
type Sum struct {
	Requests uint64 `json:"requests"`
	Sent     uint64 `json:"sent"`
	Received uint64 `json:"received"`
}

// Classes count by the class of the status.
type Classes struct {
	None  uint64 `json:"none"`
	Info  uint64 `json:"1xx"`
	Fine  uint64 `json:"2xx"`
	Moved uint64 `json:"3xx"`
	Wrong uint64 `json:"4xx"`
	Fails uint64 `json:"5xx"`
	Other uint64 `json:"other"`
}

func (c *Classes) add(class int, n uint64) {
	*[...]*uint64{&c.None, &c.Info, &c.Fine, &c.Moved, &c.Wrong, &c.Fails, &c.Other}[min(class, 6)] += n
}

// Totals are over all requests.
type Totals struct {
	Sum
	Classes Classes   `json:"classes"`
	Latency Quantiles `json:"latency"`
	// Error is the largest relative error of a quantile.
	Error float64 `json:"error"`
}

// Code is how often there was a status; 0 is none.
type Code struct {
	Code     int    `json:"code"`
	Requests uint64 `json:"requests"`
}

// Word is how often there was something.
type Word struct {
	Word     string `json:"word"`
	Requests uint64 `json:"requests"`
}

// Series is what happened in pieces of time of equal length, without those in
// which nothing did.
type Series struct {
	Seconds int64   `json:"seconds"`
	Points  []Point `json:"points"`
}

// Point is one piece of time; Time is its start.
type Point struct {
	Time     time.Time `json:"time"`
	Requests uint64    `json:"requests"`
	Sent     uint64    `json:"sent,omitempty"`
	Classes  Classes   `json:"classes"`
	Latency  Quantiles `json:"latency"`
}

// List is the first of many. Total counts all of them; it is too low when some
// were folded, which the notes say.
type List[T any] struct {
	Total int `json:"total"`
	Items []T `json:"items"`
}

// Path is a folded path, over all hosts.
type Path struct {
	Path string `json:"path"`
	Sum
	Classes  Classes   `json:"classes"`
	Latency  Quantiles `json:"latency"`
	OverTime []Point   `json:"overTime"`
}

// Host is a host that was asked for.
type Host struct {
	Host string `json:"host"`
	Sum
}

// Client is an address that asked.
type Client struct {
	Client string `json:"client"`
	Sum
	// Wrong and Fails are answers of 4xx and 5xx.
	Wrong uint64 `json:"4xx"`
	Fails uint64 `json:"5xx"`
	// Paths is how many different ones it asked for; above 40 within 7 %.
	Paths int       `json:"paths"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Agents are the first user agents it had, at most 4.
	Agents []string `json:"agents"`
}

// Target answered for the load balancer.
type Target struct {
	Target string `json:"target"`
	Group  string `json:"group"`
	Sum
	Classes Classes   `json:"classes"`
	Latency Quantiles `json:"latency"`
}

// Agent is a family of user agents.
type Agent struct {
	Agent string `json:"agent"`
	Kind  string `json:"kind"`
	Sum
	// Strings is how many different user agents there are in it.
	Strings int `json:"strings"`
}

// URL is a location that was asked for again and again and answered with 200.
type URL struct {
	URL      string `json:"url"`
	Requests uint64 `json:"requests"`
	Sent     uint64 `json:"sent"`
	// Least and Most are the sizes of the answers in bytes: equal ones are the
	// same answer, most likely.
	Least uint64 `json:"least"`
	Most  uint64 `json:"most"`
	// Hits are those that CloudFront's cache gave.
	Hits uint64 `json:"hits,omitempty"`
	// Saved is how many bytes a cache would have saved the targets: all but the
	// first answer.
	Saved uint64 `json:"saved"`
}

// Group is requests with the same values of the fields of GroupBy.
type Group struct {
	Values []string `json:"values"`
	Sum
	Classes Classes   `json:"classes"`
	Latency Quantiles `json:"latency"`
}

// Noted is something that was not understood in lines that were counted.
type Noted struct {
	What     string   `json:"what"`
	Requests uint64   `json:"requests"`
	Places   []string `json:"places"` // file:line of the first ones
}

// Rejected is a line that was not counted.
type Rejected struct {
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

// Failure is a file that could not be read, or not to its end.
type Failure struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// The kinds of findings, in the order in which they are reported.
const (
	FailingTarget = "failing-target"
	SlowTarget    = "slow-target"
	Regression    = "regression"
	Scanner       = "scanner"
	FakeBot       = "fake-bot"
	Scraper       = "scraper"
)

// Finding is something that somebody should look at.
type Finding struct {
	Kind string `json:"kind"`
	// Subject is the path, target or client.
	Subject string `json:"subject"`
	// From and To are the span in which it was so, to a piece of time.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Summary is one sentence.
	Summary string `json:"summary"`
	// Evidence are the reasons, strongest first.
	Evidence []string `json:"evidence"`
	// Requests is how many the finding is about.
	Requests uint64 `json:"requests"`
	// Measure is p99 or errors for what changed, with its value Before and
	// During: milliseconds, or a share.
	Measure string  `json:"measure,omitempty"`
	Before  float64 `json:"before,omitempty"`
	During  float64 `json:"during,omitempty"`
}

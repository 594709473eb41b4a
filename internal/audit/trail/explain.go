package trail

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

func (s stream) String() string {
	name := s.account + "/" + s.region
	if s.organization != "" {
		name = s.organization + "/" + name
	}
	return name
}

// explain reports the digests of a chain that are not proved or not there, with
// the log files that lost their proof because of it.
func (v *verifier) explain(c chained) {
	if len(c.digests) == 0 {
		return
	}
	for i, d := range c.digests {
		if d.witness {
			continue
		}
		if d.kind != "" {
			f := Finding{Severity: Problem, Kind: d.kind, Chain: c.String(), File: d.show(), Detail: d.why, at: d.name.at}
			if d.proved {
				f.Severity = Note
			} else {
				from := d.name.at.Add(-time.Hour)
				if i > 0 {
					from = c.digests[i-1].name.at
				}
				f.Lost = v.lost(c.chain, period{from, d.name.at}, d)
				f.From, f.To = &from, &d.name.at
			}
			v.find(f)
		}
		if d.proved {
			v.before(c, i)
		}
	}
	v.beginning(c)
	if !c.backfill {
		v.tail(c)
	}
	v.remembered(c)
}

// before reports what is wrong between a proved digest and the one in front of
// it.
func (v *verifier) before(c chained, i int) {
	d := c.digests[i]
	p, follows := d.previous()
	if !follows {
		if i > 0 && !c.backfill && c.digests[i-1].name.at.Before(d.startTime) {
			from, to := c.digests[i-1].name.at, d.startTime
			v.find(Finding{Severity: Note, Kind: Gap, Chain: c.String(), File: d.show(), at: d.name.at, From: &from, To: &to,
				Detail: "Logging or its validation was off: this digest is signed as the first one after that."})
		}
		return
	}
	if v.archive.files[p] != nil {
		return
	}
	n, named := parseName(p.key)
	switch {
	case named && !v.Start.IsZero() && !n.at.After(v.Start):
	case !v.archive.looked(p):
		v.find(Finding{Severity: Note, Kind: Outside, Chain: c.String(), File: p.show(), at: d.name.at,
			Detail: fmt.Sprintf("The chain goes on there from %s, and nobody looked there.", d.show())})
	case i == 0 && (v.Start.IsZero() || c.backfill):
		v.find(Finding{Severity: Note, Kind: BeginsLate, Chain: c.String(), File: p.show(), at: d.name.at, To: &d.startTime,
			Detail: fmt.Sprintf("The proof begins at %s. Digests before that, this one to begin with, are not here.", d.Start)})
	default:
		from, to := v.Start, d.startTime
		if i > 0 {
			from = c.digests[i-1].name.at
		}
		f := Finding{Severity: Problem, Kind: DigestMissing, Chain: c.String(), File: p.show(), at: n.at, From: &from, To: &to,
			Detail: fmt.Sprintf("%s follows it, and it is not there: nothing proves %s.", d.show(), span(from, to))}
		f.Lost = v.lost(c.chain, period{from, to}, nil)
		v.report.Digests.Missing++
		v.find(f)
	}
}

// lost takes the log files of a period that no proved digest names. Those that
// an unproved digest of the period names lost their proof too, if they exist.
func (v *verifier) lost(c chain, p period, d *digestFile) []string {
	var lost []string
	take := func(f *file) {
		if f != nil && !f.named && !f.lost {
			f.lost = true
			lost = append(lost, f.show())
		}
	}
	if !c.backfill {
		logs := v.streamLogs(c.stream())
		first := sort.Search(len(logs), func(i int) bool { return logs[i].name.at.Add(time.Minute).After(p.from) })
		for _, f := range logs[first:] {
			if !p.has(f.name.at) {
				break
			}
			take(f)
		}
	}
	if d != nil && d.Digest != nil && d.standing != displaced {
		for _, l := range d.Logs {
			take(v.archive.files[d.refer(l.Bucket, l.Object)])
		}
	}
	slices.Sort(lost)
	return lost
}

// streamLogs are the log files of a stream, the oldest first.
func (v *verifier) streamLogs(s stream) []*file {
	if v.byStream == nil {
		v.byStream = map[stream][]*file{}
		for _, f := range v.archive.logs {
			v.byStream[f.stream()] = append(v.byStream[f.stream()], f)
		}
		for _, logs := range v.byStream {
			slices.SortFunc(logs, func(a, b *file) int { return a.name.at.Compare(b.name.at) })
		}
	}
	return v.byStream[s]
}

// beginning reports the part of the asked time before the first digest.
func (v *verifier) beginning(c chained) {
	first := c.digests[0]
	if v.Start.IsZero() || c.backfill || !first.proved || !first.startTime.After(v.Start) {
		return
	}
	if _, follows := first.previous(); follows {
		return // then a digest is missing, and that is said
	}
	v.find(Finding{Severity: Note, Kind: BeginsLate, Chain: c.String(), File: first.show(), at: first.name.at, From: &v.Start, To: &first.startTime,
		Detail: "Validation was switched on only then: this digest is signed as the first one."})
}

// tail reports the time after the last digest for which there should be one: up
// to the end that was asked, else up to where the trail's other regions reach.
func (v *verifier) tail(c chained) {
	last := c.digests[len(c.digests)-1]
	to, slack := v.End, time.Duration(0)
	if to.IsZero() {
		slack = c.interval()
		for _, d := range v.digests {
			o := d.chain()
			if o.space == c.space && o.prefix == c.prefix && o.organization == c.organization && o.trail == c.trail && o.home == c.home && !o.backfill && d.name.at.After(to) {
				to = d.name.at
			}
		}
	} else if v.Now.Before(to) {
		to = v.Now
	}
	from := last.name.at
	if to.Sub(from) <= slack {
		return
	}
	f := Finding{Severity: Problem, Kind: TailUnproved, Chain: c.String(), File: last.show(), at: to, From: &from, To: &to,
		Detail: fmt.Sprintf("This is the last digest: nothing proves %s.", span(from, to))}
	if v.Now.Sub(from) < c.interval()+delivery {
		f.Severity, f.Kind, f.Detail = Note, TailPending, "This is the last digest; the next one is due."
	}
	f.Lost = v.lost(c.chain, period{from, to}, nil)
	if len(f.Lost) > 0 {
		f.Severity = Problem
	}
	v.find(f)
}

// interval is how much time a digest of the chain speaks of: an hour, but for
// records with an interval of their own.
func (c chained) interval() time.Duration {
	var all []time.Duration
	for _, d := range c.digests {
		if d.proved {
			all = append(all, d.endTime.Sub(d.startTime))
		}
	}
	if len(all) == 0 {
		return time.Hour
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// remembered holds the chain against what an earlier run saw of it.
func (v *verifier) remembered(c chained) {
	head, ok := v.State.Heads[c.id()]
	if !ok {
		return
	}
	r := ref{c.space, head.Key}
	switch d := v.byRef[r]; {
	case v.archive.files[r] == nil:
		last := c.digests[len(c.digests)-1]
		v.find(Finding{Severity: Problem, Kind: TailTruncated, Chain: c.String(), File: r.show(), at: head.End, From: &last.name.at, To: &head.End,
			Detail: fmt.Sprintf("An earlier run proved this digest, and it is gone; the last one now ends at %s.", clockTime(last.name.at))})
	case d != nil && d.proved && d.sumText() != head.Hash:
		v.find(Finding{Severity: Problem, Kind: LinkBroken, Chain: c.String(), File: r.show(), at: head.End,
			Detail: "Its signature is valid, but an earlier run proved another digest here: it was signed again after that."})
	}
}

// uncovered reports log files from times that no digest of the stream speaks of.
func (v *verifier) uncovered(s stream, files []*file) {
	slices.SortFunc(files, func(a, b *file) int { return strings.Compare(a.key, b.key) })
	f := Finding{Severity: Problem, Kind: LogUncovered, Chain: s.String(), File: files[0].show(), at: files[0].name.at}
	from, to := files[0].name.at, files[0].name.at
	for _, file := range files {
		f.Lost = append(f.Lost, file.show())
		if file.name.at.Before(from) {
			from = file.name.at
		}
		if file.name.at.After(to) {
			to = file.name.at
		}
	}
	f.From, f.To = &from, &to
	which := "No digest speaks of its time"
	if len(files) > 1 {
		which = fmt.Sprintf("No digest speaks of the time of these %d log files", len(files))
	}
	f.Detail = which + ": before the first digest, after the last, or while validation was off."
	v.find(f)
}

// summarise counts.
func (v *verifier) summarise(chains []chained) {
	for _, c := range chains {
		sum := Chain{Name: c.String(), Organization: c.organization, Account: c.account, Region: c.region, Trail: c.trail, Backfill: c.backfill}
		for _, d := range c.digests {
			if d.witness {
				continue
			}
			sum.Digests++
			if !d.proved {
				continue
			}
			sum.Proved++
			sum.Logs += len(d.Logs)
			if sum.From.IsZero() || d.startTime.Before(sum.From) {
				sum.From = d.startTime
			}
			if d.endTime.After(sum.To) {
				sum.To = d.endTime
			}
			if d.recovered {
				v.report.Digests.Recovered++
			}
		}
		v.report.Digests.Found += sum.Digests
		v.report.Digests.Proved += sum.Proved
		v.report.Chains = append(v.report.Chains, sum)
	}
	for _, j := range v.missed {
		if j.file == nil {
			v.report.Logs.Missing++
		}
	}
	for _, f := range v.archive.logs {
		if v.asked(f.name.at) || f.named {
			v.report.Logs.Found++
		}
	}
}

package trail

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what to prove, and by which keys.
type Options struct {
	Locations []Location
	Keys      Keys
	// Signatures of digests by key, by address or by file name, for copies that
	// lost the objects' metadata.
	Signatures map[string]string
	// Start and End bound what is asked; zero is no bound.
	Start, End time.Time
	// Now tells a digest that is missing from one that is only due.
	Now time.Time
	// State is what an earlier run proved; nil is nothing. It is brought up to
	// date, also by a run that is interrupted.
	State *State
	// Full proves everything again, whatever the state says.
	Full bool
	// Parallel is how many files are read at once; 0 is one per CPU.
	Parallel int
	// Progress, if not nil, is told how many files are read and how many there
	// are, from one goroutine at a time.
	Progress func(done, total int)
}

// verifier is one run.
type verifier struct {
	Options
	archive *archive
	digests []*digestFile
	byRef   map[ref]*digestFile
	report  Report
	// covered is the proved time of each stream, by chain in order.
	covered map[stream][]period
	// missed are the log files that proved digests name and that are not proved.
	missed   []*job
	byStream map[stream][]*file
	done     atomic.Int64
	total    int
	telling  sync.Mutex
}

// period is a stretch of time that a proved digest speaks of: after from, up to
// and with to.
type period struct{ from, to time.Time }

// ErrNothing says that no CloudTrail file lies in the locations.
var ErrNothing = errors.New("there are no CloudTrail digest files")

// Verify proves the trails in the locations. The error is about the run: nothing
// to prove, or interrupted. What it found is in the report.
func Verify(ctx context.Context, o Options) (*Report, error) {
	if o.Parallel <= 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.State == nil {
		o.State = NewState()
	}
	a, err := list(ctx, o.Locations)
	if err != nil {
		return nil, err
	}
	if len(a.digests) == 0 {
		if len(a.problems) > 0 {
			return nil, errors.Join(ErrNothing, errors.New(strings.TrimSuffix(a.problems[0].Detail, ".")))
		}
		return nil, ErrNothing
	}
	v := &verifier{Options: o, archive: a, byRef: map[ref]*digestFile{}, covered: map[stream][]period{}}
	v.report.Findings = append(v.report.Findings, a.problems...)
	if err := v.readDigests(ctx); err != nil {
		return nil, err
	}
	v.judge()
	chains := v.chains()
	if err := v.proveLogs(ctx); err != nil {
		return nil, err
	}
	for _, c := range chains {
		v.explain(c)
		v.State.advance(c)
	}
	if err := v.unnamed(ctx); err != nil {
		return nil, err
	}
	v.summarise(chains)
	v.report.sort()
	return &v.report, nil
}

// Chains names the chains of digests in the locations with the regions that
// their keys are in and the time that they span, so that a caller can fetch
// keys. Nothing is read but names. Backfill digests are signed at any time after
// their hour, so that with one of them the span goes on until now.
func Chains(ctx context.Context, locations []Location, now time.Time) ([]Span, error) {
	a, err := list(ctx, locations)
	if err != nil {
		return nil, err
	}
	spans := map[string]*Span{}
	for _, f := range a.digests {
		for _, region := range []string{f.name.region, f.name.home} {
			s := spans[region]
			if s == nil {
				s = &Span{Region: region, From: f.name.at, To: f.name.at}
				spans[region] = s
			}
			if f.name.at.Before(s.From) {
				s.From = f.name.at
			}
			if f.name.at.After(s.To) {
				s.To = f.name.at
			}
			if f.name.backfill && now.After(s.To) {
				s.To = now
			}
		}
	}
	var all []Span
	for _, s := range spans {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Span) int { return strings.Compare(a.Region, b.Region) })
	return all, nil
}

// Span is the time between the first and the last digest of a region.
type Span struct {
	Region   string
	From, To time.Time
}

// each calls do for every index in parallel, and stops early when ctx is done.
func (v *verifier) each(ctx context.Context, n int, do func(i int)) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(v.Parallel, n) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
				v.tell()
			}
		})
	}
	workers.Wait()
	return ctx.Err()
}

func (v *verifier) tell() {
	done := v.done.Add(1)
	if v.Progress == nil {
		return
	}
	v.telling.Lock()
	defer v.telling.Unlock()
	v.Progress(int(done), v.total)
}

// delivery is how long after its end a digest may take to appear.
const delivery = time.Hour

// readDigests reads the digests of the time that is asked, and of each chain one
// more, which vouches for the last of them.
func (v *verifier) readDigests(ctx context.Context) error {
	byChain := map[chain][]*file{}
	for _, f := range v.archive.digests {
		byChain[f.chain()] = append(byChain[f.chain()], f)
	}
	var wanted []*file
	witness := map[*file]bool{}
	for _, files := range byChain {
		slices.SortFunc(files, func(a, b *file) int { return a.name.at.Compare(b.name.at) })
		for _, f := range files {
			if !v.Start.IsZero() && !f.name.at.After(v.Start) {
				continue
			}
			wanted = append(wanted, f)
			if !v.End.IsZero() && f.name.at.After(v.End.Add(delivery)) {
				witness[f] = true
				break
			}
		}
	}
	slices.SortFunc(wanted, func(a, b *file) int { return strings.Compare(a.space+a.key, b.space+b.key) })
	v.digests = make([]*digestFile, len(wanted))
	v.total = len(wanted) + len(v.archive.logs)
	if err := v.each(ctx, len(wanted), func(i int) { v.digests[i] = v.read(ctx, wanted[i]) }); err != nil {
		return err
	}
	for _, d := range v.digests {
		d.witness = witness[d.file] || !v.End.IsZero() && d.Digest != nil && !d.startTime.Before(v.End)
		v.byRef[d.ref] = d
	}
	return nil
}

// chained is one chain with its digests, the oldest first.
type chained struct {
	chain
	digests []*digestFile
}

func (v *verifier) chains() []chained {
	byChain := map[chain][]*digestFile{}
	for _, d := range v.digests {
		byChain[d.chain()] = append(byChain[d.chain()], d)
	}
	var all []chained
	for c, digests := range byChain {
		slices.SortFunc(digests, func(a, b *digestFile) int { return a.name.at.Compare(b.name.at) })
		all = append(all, chained{c, digests})
	}
	slices.SortFunc(all, func(a, b chained) int { return strings.Compare(a.space+a.String(), b.space+b.String()) })
	return all
}

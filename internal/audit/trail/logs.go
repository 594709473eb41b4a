package trail

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// job is one log file that a proved digest names.
type job struct {
	digest *digestFile
	log    *LogFile
	ref    ref
	file   *file // nil when it is not there
	kind   Kind  // empty when it is what was delivered
	why    string
	hash   string
}

// proveLogs holds every log file that a proved digest names against its hash.
func (v *verifier) proveLogs(ctx context.Context) error {
	var jobs []*job
	for _, d := range v.digests {
		if !d.proved {
			continue
		}
		s := d.chain().stream()
		v.covered[s] = append(v.covered[s], period{d.startTime, d.endTime})
		d.fresh = !v.Full && !d.witness && v.State.knows(d, v.stamp(d))
		for i := range d.Logs {
			l := &d.Logs[i]
			r := d.refer(l.Bucket, l.Object)
			f := v.archive.files[r]
			if f != nil {
				f.named = true
			}
			if d.witness {
				continue
			}
			if d.fresh {
				v.report.Logs.Known++
				v.report.Logs.Proved++
				continue
			}
			jobs = append(jobs, &job{digest: d, log: l, ref: r, file: f})
		}
	}
	for s, periods := range v.covered {
		v.covered[s] = merge(periods)
	}
	v.total = len(v.digests) + len(jobs)
	err := v.each(ctx, len(jobs), func(i int) { jobs[i].run(ctx, v.archive) })
	v.settle(jobs, err == nil)
	return err
}

func (j *job) run(ctx context.Context, a *archive) {
	if j.file == nil {
		j.kind, j.why = LogMissing, fmt.Sprintf("%s names it, and it is not there.", j.digest.show())
		if !a.looked(j.ref) {
			j.kind, j.why = Outside, fmt.Sprintf("%s names it, and it lies where nobody looked. Give that place too.", j.digest.show())
		}
		return
	}
	h, err := j.file.hash(ctx)
	j.hash = hex.EncodeToString(h.all[:])
	want := strings.ToLower(j.log.Hash)
	var corrupt corruptError
	switch {
	case err == nil && j.hash == want:
	case err != nil && !errors.As(err, &corrupt):
		j.kind, j.why = Unreadable, sentence("It could not be read", err)
	case hex.EncodeToString(h.first[:]) == want:
		j.kind, j.why = LogAppended, "What was delivered is there, and more was put behind it."
	case err != nil:
		j.kind, j.why = LogCorrupt, sentence("It cannot be unpacked", err)
	default:
		j.kind, j.why = LogChanged, fmt.Sprintf("Its content has the SHA-256 %s; %s says %s.", j.hash, j.digest.show(), want)
	}
}

func (f *file) hash(ctx context.Context) (hashes, error) {
	body, err := f.open(ctx)
	if err != nil {
		return hashes{}, err
	}
	defer body.Close()
	return unpack(body, nil)
}

// settle reports what came of the jobs. Those that were not begun before an
// interruption have no hash and no finding.
func (v *verifier) settle(jobs []*job, whole bool) {
	failed := map[*digestFile]bool{}
	for _, j := range jobs {
		switch {
		case j.kind == "" && j.hash == "":
			failed[j.digest] = true
			continue
		case j.kind == "":
			v.report.Logs.Proved++
			continue
		}
		failed[j.digest] = true
		if whole {
			v.missed = append(v.missed, j)
		}
	}
	for _, d := range v.digests {
		if d.proved && !d.witness && !failed[d] {
			v.State.learn(d, v.stamp(d))
		}
	}
}

// unnamed says what the log files are that no proved digest names, and then
// reports the jobs that failed: the one may be the other, moved.
func (v *verifier) unnamed(ctx context.Context) error {
	var extra []*file
	uncovered := map[stream][]*file{}
	missing := slices.ContainsFunc(v.missed, func(j *job) bool { return j.kind == LogMissing })
	for _, f := range v.archive.logs {
		if f.named || f.lost || !v.asked(f.name.at) {
			continue
		}
		if missing || v.speaks(f) {
			extra = append(extra, f)
		} else {
			uncovered[f.stream()] = append(uncovered[f.stream()], f)
		}
	}
	sums := make([]string, len(extra))
	v.total += len(extra)
	if err := v.each(ctx, len(extra), func(i int) {
		if h, err := extra[i].hash(ctx); err == nil {
			sums[i] = hex.EncodeToString(h.all[:])
		}
	}); err != nil {
		return err
	}
	delivered := v.delivered(len(extra) > 0 || len(v.missed) > 0)
	for i, f := range extra {
		original := delivered[sums[i]]
		switch {
		case original != nil && original.kind == LogMissing:
			original.kind, original.why = LogMoved, fmt.Sprintf("%s names it, and its content lies at %s instead.", original.digest.show(), f.show())
		case original != nil:
			v.find(Finding{Severity: Problem, Kind: LogReplayed, Chain: original.digest.chain().String(), File: f.show(), at: f.name.at, Lost: []string{f.show()},
				Detail: fmt.Sprintf("No digest names it. It has the content of %s.", original.ref.show())})
		case !v.speaks(f):
			uncovered[f.stream()] = append(uncovered[f.stream()], f)
		default:
			v.find(Finding{Severity: Problem, Kind: LogExtra, Chain: f.stream().String(), File: f.show(), at: f.name.at, Lost: []string{f.show()},
				Detail: "No digest names it, although digests prove its time: it was put there, or taken out of its digest."})
		}
	}
	for _, j := range v.missed {
		if j.kind == LogChanged {
			if original := delivered[j.hash]; original != nil {
				j.kind, j.why = LogReplayed, fmt.Sprintf("It has the content of %s, in the place of another log file.", original.ref.show())
			}
		}
		v.find(Finding{Severity: Problem, Kind: j.kind, Chain: j.digest.chain().String(), File: j.ref.show(), Detail: j.why, Lost: []string{j.ref.show()}, at: j.digest.endTime})
	}
	for s, files := range uncovered {
		v.uncovered(s, files)
	}
	return nil
}

// delivered finds the log files that proved digests name by the hash of their
// content.
func (v *verifier) delivered(wanted bool) map[string]*job {
	if !wanted {
		return nil
	}
	all := map[string]*job{}
	for _, d := range v.digests {
		if !d.proved {
			continue
		}
		for i := range d.Logs {
			l := &d.Logs[i]
			if hash := strings.ToLower(l.Hash); all[hash] == nil {
				all[hash] = &job{digest: d, log: l, ref: d.refer(l.Bucket, l.Object)}
			}
		}
	}
	for _, j := range v.missed {
		all[strings.ToLower(j.log.Hash)] = j
	}
	return all
}

// asked reports whether a time is in what is asked.
func (v *verifier) asked(at time.Time) bool {
	return (v.Start.IsZero() || !at.Before(v.Start.Truncate(time.Minute))) && (v.End.IsZero() || !at.After(v.End))
}

// speaks reports whether a proved digest speaks of the time of a log file. The
// file's name has only the minute.
func (v *verifier) speaks(f *file) bool {
	all := v.covered[f.stream()]
	// The first period that ends late enough: merged ones are in order.
	i := sort.Search(len(all), func(i int) bool { return !f.name.at.After(all[i].to) })
	return i < len(all) && all[i].has(f.name.at)
}

// merge puts periods in order and joins those that meet.
func merge(all []period) []period {
	slices.SortFunc(all, func(a, b period) int { return a.from.Compare(b.from) })
	var merged []period
	for _, p := range all {
		if n := len(merged); n > 0 && !p.from.After(merged[n-1].to) {
			if p.to.After(merged[n-1].to) {
				merged[n-1].to = p.to
			}
			continue
		}
		merged = append(merged, p)
	}
	return merged
}

// has reports whether the period has a part of the minute.
func (p period) has(minute time.Time) bool {
	return minute.Add(time.Minute).After(p.from) && !minute.After(p.to)
}

func (v *verifier) find(f Finding) { v.report.Findings = append(v.report.Findings, f) }

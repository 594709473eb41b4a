package trail

import (
	"cmp"
	"slices"
	"time"
)

// Severity says whether a finding leaves something without proof.
type Severity string

const (
	// Problem means that something is not proved.
	Problem Severity = "problem"
	// Note is worth knowing; everything that it is about is proved.
	Note Severity = "note"
)

// Kind is a finding's stable name.
type Kind string

// Findings about digest files.
const (
	// DigestMissing is named by the next digest and is not there.
	DigestMissing Kind = "digest-missing"
	// DigestUnreadable is no gzip file or no digest.
	DigestUnreadable Kind = "digest-unreadable"
	// DigestChanged has a signature that does not fit its content.
	DigestChanged Kind = "digest-changed"
	// DigestBackdated was changed so that it speaks of another time.
	DigestBackdated Kind = "digest-back-dated"
	// DigestMoved says itself that it belongs elsewhere.
	DigestMoved Kind = "digest-moved"
	// DigestReplayed is a copy of another digest, which is in its place.
	DigestReplayed Kind = "digest-replayed"
	// DigestUnsigned has no signature, and no later digest to recover it from.
	DigestUnsigned Kind = "digest-unsigned"
	// DigestRecovered lost its signature; the next digest has a copy that fits.
	DigestRecovered Kind = "digest-recovered"
	// DigestUnknownKey is signed for a key that nobody gave.
	DigestUnknownKey Kind = "digest-unknown-key"
	// DigestRogueKey is signed for an unknown key, and is not the digest that the
	// next one followed.
	DigestRogueKey Kind = "digest-rogue-key"
	// DigestKeyExpired is signed at a time when the key was not in use.
	DigestKeyExpired Kind = "digest-key-out-of-time"
	// LinkBroken has a valid signature and is not the digest that the next one
	// followed: it was signed again afterwards.
	LinkBroken Kind = "link-broken"
	// DigestUnlinked has a valid signature, but the chain leads past it.
	DigestUnlinked Kind = "digest-unlinked"
)

// Findings about log files.
const (
	// LogMissing is named by a digest and is not there.
	LogMissing Kind = "log-missing"
	// LogChanged is not what was delivered.
	LogChanged Kind = "log-changed"
	// LogCorrupt cannot be unpacked.
	LogCorrupt Kind = "log-corrupt"
	// LogAppended is what was delivered, with more behind it.
	LogAppended Kind = "log-appended"
	// LogMoved lies under another key than the digest says.
	LogMoved Kind = "log-moved"
	// LogReplayed has the content of another log file, which is in its place.
	LogReplayed Kind = "log-replayed"
	// LogExtra is named by no digest although digests prove its time.
	LogExtra Kind = "log-extra"
	// LogUncovered is from a time that no digest speaks of: before the first,
	// or while validation was off.
	LogUncovered Kind = "log-uncovered"
)

// Findings about stretches of time and about reading.
const (
	// TailUnproved is the time after the last digest.
	TailUnproved Kind = "tail-unproved"
	// TailPending is the same when the next digest is only due.
	TailPending Kind = "tail-pending"
	// TailTruncated lost digests that an earlier run or a published head saw.
	TailTruncated Kind = "tail-truncated"
	// BeginsLate has no digest for the first part of what was asked.
	BeginsLate Kind = "begins-late"
	// Gap is a time when logging or validation was off: CloudTrail says so.
	Gap Kind = "gap"
	// Unreadable could not be opened or listed, by permission or failure.
	Unreadable Kind = "unreadable"
	// Outside is named by a digest and lies where nobody looked.
	Outside Kind = "outside"
	// Unsigned are events of a record that are in no signed file yet.
	Unsigned Kind = "unsigned"
	// HeadMismatch is a head that the record does not lead to.
	HeadMismatch Kind = "head-mismatch"
)

// Finding is one thing that the proof turned up.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind"`
	// Chain names the chain of digests: account/region/trail.
	Chain string `json:"chain,omitempty"`
	// File is what it is about, as users can open it; or the key that is missing.
	File string `json:"file,omitempty"`
	// Detail is sentences.
	Detail string `json:"detail"`
	// Lost are the log files that have no proof because of it.
	Lost []string `json:"lost,omitempty"`
	// From and To are the time that it is about, when it is about one.
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`

	at time.Time
}

// Chain sums up one chain of digests.
type Chain struct {
	Name         string `json:"name"`
	Organization string `json:"organization,omitempty"`
	Account      string `json:"account"`
	Region       string `json:"region"`
	Trail        string `json:"trail"`
	Backfill     bool   `json:"backfill,omitempty"`
	// From and To are the time between the first and the last proved digest.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Digests that were found, and that are proved.
	Digests int `json:"digests"`
	Proved  int `json:"proved"`
	// Logs that proved digests name.
	Logs int `json:"logs"`
}

// Count says how many files of a kind there are.
type Count struct {
	// Found are in the location.
	Found int `json:"found"`
	// Proved are what was delivered.
	Proved int `json:"proved"`
	// Missing are named and not there.
	Missing int `json:"missing"`
	// Known were proved by an earlier run and have not been touched since.
	Known int `json:"known,omitempty"`
	// Recovered were proved by the next digest's copy of their signature.
	Recovered int `json:"recovered,omitempty"`
}

// Report is everything that a run found out.
type Report struct {
	// Proved says that nothing was left without proof.
	Proved   bool      `json:"proved"`
	Digests  Count     `json:"digests"`
	Logs     Count     `json:"logs"`
	Chains   []Chain   `json:"chains"`
	Findings []Finding `json:"findings"`
}

// sort puts findings in the order of time, and settles the verdict.
func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Chain, b.Chain), a.at.Compare(b.at), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.File, b.File))
	})
	r.Proved = !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Problem })
	if r.Chains == nil {
		r.Chains = []Chain{}
	}
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
}

// Add takes up findings that another proof made of the same trail.
func (r *Report) Add(findings ...Finding) {
	r.Findings = append(r.Findings, findings...)
	r.sort()
}

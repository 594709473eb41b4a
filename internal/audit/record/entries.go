package record

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"paddock.dev/internal/audit/merkle"
	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/objects"
)

// Entries calls do with every event in a record's log files, in the order in
// which the chain of digests has them. It proves nothing; trail.Verify does.
func Entries(ctx context.Context, bucket string, do func(text []byte) error) error {
	s, err := objects.At(ctx, bucket)
	if err != nil {
		return err
	}
	var digests []string
	for o, err := range s.List(ctx) {
		if err != nil {
			return err
		}
		if strings.Contains(o.Key, "/CloudTrail-Digest/") && strings.HasSuffix(o.Key, ".json.gz") {
			digests = append(digests, o.Key)
		}
	}
	slices.Sort(digests) // their names end in the time
	for _, key := range digests {
		d, err := read(ctx, s, key, func(r io.Reader) (*trail.Digest, error) {
			d, _, err := trail.ReadDigest(r)
			return d, err
		})
		if err != nil {
			return err
		}
		for _, l := range d.Logs {
			records, err := read(ctx, s, l.Object, trail.ReadLog)
			if err != nil {
				return err
			}
			for _, text := range records {
				if err := do(text); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func read[T any](ctx context.Context, s objects.Store, key string, parse func(io.Reader) (T, error)) (T, error) {
	var none T
	body, err := s.Open(ctx, key)
	if err != nil {
		return none, err
	}
	defer body.Close()
	got, err := parse(body)
	if err != nil {
		return none, fmt.Errorf("%s: %w", key, err)
	}
	return got, nil
}

// CheckHeads holds published heads against the events in a record's log files:
// each must be signed, and the record must begin with the events that it speaks
// of. A finding names what is missing.
func CheckHeads(ctx context.Context, bucket string, keys trail.Keys, heads map[string]Head) ([]trail.Finding, error) {
	bySize := map[uint64][]string{}
	for source, h := range heads {
		bySize[h.Size] = append(bySize[h.Size], source)
	}
	var findings []trail.Finding
	bad := func(source, detail string) {
		findings = append(findings, trail.Finding{Severity: trail.Problem, Kind: trail.HeadMismatch, Chain: heads[source].Trail, File: source, Detail: detail})
	}
	for source, h := range heads {
		if err := h.Verify(keys); err != nil {
			bad(source, strings.ToUpper(err.Error()[:1])+err.Error()[1:]+".")
		}
	}
	var tree merkle.Tree
	check := func() {
		for _, source := range bySize[tree.Size()] {
			if h := heads[source]; h.Root != tree.Root() {
				bad(source, fmt.Sprintf("At %s the record had %d events with the root %s. Its first %d events now have the root %s: they were changed.", h.Time.Format("2006-01-02 15:04:05Z"), h.Size, h.Root, h.Size, tree.Root()))
			}
		}
	}
	check()
	err := Entries(ctx, bucket, func(text []byte) error {
		tree.Append(merkle.Leaf(text))
		check()
		return nil
	})
	if err != nil {
		return nil, err
	}
	for source, h := range heads {
		if h.Size > tree.Size() {
			bad(source, fmt.Sprintf("At %s the record had %d events; there are %d now: the last %d are gone.", h.Time.Format("2006-01-02 15:04:05Z"), h.Size, tree.Size(), h.Size-tree.Size()))
		}
	}
	slices.SortFunc(findings, func(a, b trail.Finding) int { return strings.Compare(a.File+a.Detail, b.File+b.Detail) })
	return findings, nil
}

// Proof shows that one event is in the record, and that the record which it is in
// begins with an older one, to somebody who has nothing but the public keys.
type Proof struct {
	// Entry is the event as it stands in its log file. It is text here and no
	// object, because not one byte of it may change.
	Entry string `json:"entry"`
	// Index counts from 0.
	Index     uint64        `json:"index"`
	Inclusion []merkle.Hash `json:"inclusion"`
	Head      Head          `json:"head"`
	// Since is the older head, with the proof that this one follows it.
	Since       *Head         `json:"since,omitempty"`
	Consistency []merkle.Hash `json:"consistency,omitempty"`
}

// Prove makes the proof of an event in the record in dir. since may be nil.
func Prove(ctx context.Context, dir string, head Head, eventID string, since *Head) (*Proof, error) {
	want, err := parseID(strings.ToLower(eventID))
	if err != nil {
		return nil, err
	}
	var leaves []merkle.Hash
	var p *Proof
	err = Entries(ctx, Bucket(dir), func(text []byte) error {
		i, err := idOf(text)
		if err != nil {
			return err
		}
		if i == want && p == nil {
			p = &Proof{Entry: string(text), Index: uint64(len(leaves)), Head: head, Since: since}
		}
		leaves = append(leaves, merkle.Leaf(text))
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case p == nil || p.Index >= head.Size:
		return nil, fmt.Errorf("no event %s in the %d that are signed", eventID, head.Size)
	case uint64(len(leaves)) < head.Size:
		return nil, fmt.Errorf("the log files have %d events and the head speaks of %d", len(leaves), head.Size)
	}
	leaves = leaves[:head.Size]
	if p.Inclusion, err = merkle.Inclusion(leaves, p.Index); err != nil {
		return nil, err
	}
	if since != nil {
		if p.Consistency, err = merkle.Consistency(leaves, since.Size); err != nil {
			return nil, err
		}
	}
	return p, p.Check()
}

// Check follows the proof to the roots in its heads. Whether those are signed is
// Head.Verify's to say.
func (p *Proof) Check() error {
	if err := merkle.VerifyInclusion(merkle.Leaf([]byte(p.Entry)), p.Index, p.Head.Size, p.Inclusion, p.Head.Root); err != nil {
		return err
	}
	if p.Since == nil {
		return nil
	}
	if err := merkle.VerifyConsistency(p.Since.Size, p.Head.Size, p.Since.Root, p.Head.Root, p.Consistency); err != nil {
		return fmt.Errorf("the record does not begin with the older one of %d events: %w", p.Since.Size, err)
	}
	return nil
}

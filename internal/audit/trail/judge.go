package trail

import (
	"fmt"
	"slices"
	"strings"
)

// judge decides which digests are proved. It goes from the newest to the oldest,
// because each digest is also held against the one that followed it, and only
// one that is proved itself may speak. A copy of a signature needs no trust: it
// fits or it does not.
func (v *verifier) judge() {
	all := slices.Clone(v.digests)
	slices.SortStableFunc(all, func(a, b *digestFile) int { return b.name.at.Compare(a.name.at) })
	followers := map[ref]*digestFile{}
	newer := map[chain]*digestFile{}
	copies := map[ref]*digestFile{}
	for _, d := range all {
		v.decide(d, followers[d.ref], newer[d.chain()], copies[d.ref])
		if p, ok := d.previous(); ok && d.standing != displaced {
			copies[p] = d
		}
		if !d.proved {
			continue
		}
		newer[d.chain()] = d
		if p, ok := d.previous(); ok && followers[p] == nil {
			followers[p] = d
		}
	}
}

// decide judges one digest. follower is the proved digest that names it as the
// one before, newer the next proved one of its chain, whatever that names, and
// holder one, proved or not, that has a copy of its signature.
func (v *verifier) decide(d, follower, newer, holder *digestFile) {
	kept := follower == nil || follower.followed(d)
	switch d.standing {
	case standsAlone:
		switch {
		case !kept, follower != nil && !sameSignature(*follower.PreviousSignature, d.signature):
			d.kind, d.why = LinkBroken, fmt.Sprintf("Its signature is valid, but it is not the digest that %s followed: it was signed again after that.", follower.show())
		case newer.passes(d):
			d.kind, d.why = DigestUnlinked, fmt.Sprintf("Its signature is valid, but %s follows an older digest: the chain leads past it.", newer.show())
		case d.late:
			d.kind, d.why = DigestKeyExpired, fmt.Sprintf("The key %s was not in use at %s.", d.Fingerprint, d.End)
		default:
			d.proved = true
		}
	case unsigned, unfit:
		key := v.Keys[d.Fingerprint]
		switch {
		case holder != nil && kept && d.verify(key.Public, d.sum, *holder.PreviousSignature) == nil:
			d.proved, d.recovered = true, true
			d.kind, d.why = DigestRecovered, fmt.Sprintf("The signature kept with it is %s; %s has a copy of it that fits.", map[standing]string{unsigned: "lost", unfit: "wrong"}[d.standing], holder.show())
		case d.standing == unsigned && kept:
			d.kind, d.why = DigestUnsigned, "It has no signature, and no later digest has a copy of it."
		case !d.endTime.Equal(d.name.at) && !d.name.backfill:
			d.kind, d.why = DigestBackdated, fmt.Sprintf("Its signature does not fit, and its time was changed: it says that it ends at %s, its name that it ends at %s.", d.End, clockTime(d.name.at))
		default:
			d.kind, d.why = DigestChanged, "Its signature does not fit its content."
		}
	case unknownSigner:
		if kept {
			d.kind, d.why = DigestUnknownKey, fmt.Sprintf("It is signed for the key %s, which is not among the keys.", d.Fingerprint)
		} else {
			d.kind, d.why = DigestRogueKey, fmt.Sprintf("It is signed for the key %s, which is not among the keys, and it is not the digest that %s followed: somebody put it there.", d.Fingerprint, follower.show())
		}
	case displaced:
		home := d.refer(d.Bucket, d.Object)
		if other := v.byRef[home]; other != nil && other.sum == d.sum {
			d.kind, d.why = DigestReplayed, fmt.Sprintf("It is a copy of %s, in the place of another digest.", home.show())
		} else {
			d.kind, d.why = DigestMoved, fmt.Sprintf("It belongs at %s/%s.", d.Bucket, d.Object)
		}
	case unreadable:
		d.kind, d.why = DigestUnreadable, sentence("It cannot be read as a digest", d.err)
	case unopened:
		d.kind, d.why = Unreadable, sentence("It could not be read", d.err)
	}
}

// passes reports whether this digest follows one that is older than the other:
// then the chain leads past the other. A nil digest passes nothing.
func (d *digestFile) passes(other *digestFile) bool {
	if d == nil {
		return false
	}
	p, ok := d.previous()
	if !ok || p == other.ref {
		return false
	}
	n, ok := parseName(p.key)
	return ok && !n.at.After(other.name.at)
}

func sentence(what string, err error) string { return what + ": " + err.Error() + "." }

// sameSignature compares two signatures in hexadecimal.
func sameSignature(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// Package merkle is the hash tree of RFC 6962 and RFC 9162: a root that stands
// for a list of entries, proofs that an entry is in the list, and proofs that a
// longer list begins with a shorter one. It knows hashes only; it refuses to
// know what the entries are, where they are kept, and who signed a root.
package merkle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
)

// Hash is a node of the tree: SHA-256.
type Hash [sha256.Size]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) || len(text)%2 != 0 {
		return fmt.Errorf("a hash is %d hexadecimal digits, not %d characters", hex.EncodedLen(len(h)), len(text))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// Leaf hashes an entry (RFC 9162 2.1.1). The zero byte keeps entries and inner
// nodes apart, so that nobody can pass off a node as an entry.
func Leaf(entry []byte) Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(entry)
	return Hash(h.Sum(nil))
}

// Node hashes two subtrees.
func Node(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// Root of the tree over the leaves; that of no leaves is the hash of nothing.
func Root(leaves []Hash) Hash {
	var t Tree
	for _, leaf := range leaves {
		t.Append(leaf)
	}
	return t.Root()
}

// Tree is the right edge of a growing tree: enough to append and to know the
// root, a few dozen hashes however long the list is. The zero value is empty.
type Tree struct {
	size uint64
	// peaks are the roots of the full subtrees, the largest first: one for each
	// bit that is set in size.
	peaks []Hash
}

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return t.size }

// Append adds a leaf.
func (t *Tree) Append(leaf Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		leaf = Node(t.peaks[len(t.peaks)-1], leaf)
		t.peaks = t.peaks[:len(t.peaks)-1]
	}
	t.peaks = append(t.peaks, leaf)
	t.size++
}

// Root of the leaves so far.
func (t *Tree) Root() Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	root := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		root = Node(t.peaks[i], root)
	}
	return root
}

// Inclusion is the proof that the leaf at index is in the tree over the leaves:
// the siblings on the way to the root, the nearest first (RFC 9162 2.1.3.1).
func Inclusion(leaves []Hash, index uint64) ([]Hash, error) {
	if index >= uint64(len(leaves)) {
		return nil, fmt.Errorf("there is no entry %d in a list of %d", index, len(leaves))
	}
	return path(leaves, index), nil
}

func path(leaves []Hash, index uint64) []Hash {
	if len(leaves) <= 1 {
		return nil
	}
	k := split(uint64(len(leaves)))
	if index < k {
		return append(path(leaves[:k], index), Root(leaves[k:]))
	}
	return append(path(leaves[k:], index-k), Root(leaves[:k]))
}

// Consistency is the proof that the tree over the leaves begins with the tree
// over the first old of them (RFC 9162 2.1.4.1).
func Consistency(leaves []Hash, old uint64) ([]Hash, error) {
	n := uint64(len(leaves))
	if old > n {
		return nil, fmt.Errorf("a list of %d does not begin with one of %d", n, old)
	}
	if old == 0 || old == n {
		return nil, nil
	}
	return subproof(leaves, old, true), nil
}

func subproof(leaves []Hash, old uint64, whole bool) []Hash {
	n := uint64(len(leaves))
	if old == n {
		if whole {
			return nil // the verifier has this root already
		}
		return []Hash{Root(leaves)}
	}
	k := split(n)
	if old <= k {
		return append(subproof(leaves[:k], old, whole), Root(leaves[k:]))
	}
	return append(subproof(leaves[k:], old-k, false), Root(leaves[:k]))
}

// split is the largest power of two below n, for n of 2 and more.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

// ErrProof says that a proof does not lead to the root.
var ErrProof = errors.New("the proof does not lead to this root")

// VerifyInclusion checks that the leaf is at index in the list of size entries
// with this root (RFC 9162 2.1.3.2).
func VerifyInclusion(leaf Hash, index, size uint64, proof []Hash, root Hash) error {
	if index >= size {
		return fmt.Errorf("there is no entry %d in a list of %d", index, size)
	}
	fn, sn, r := index, size-1, leaf
	for _, p := range proof {
		if sn == 0 {
			return ErrProof // longer than the tree is high
		}
		if fn&1 == 1 || fn == sn {
			r = Node(p, r)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			r = Node(r, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 || r != root {
		return ErrProof
	}
	return nil
}

// VerifyConsistency checks that the list of size entries with this root begins
// with the list of old entries with the old root (RFC 9162 2.1.4.2).
func VerifyConsistency(old, size uint64, oldRoot, root Hash, proof []Hash) error {
	switch {
	case old > size:
		return fmt.Errorf("a list of %d does not begin with one of %d", size, old)
	case old == size:
		if len(proof) > 0 || oldRoot != root {
			return ErrProof
		}
		return nil
	case old == 0:
		// Every list begins with the empty one.
		if len(proof) > 0 || oldRoot != sha256.Sum256(nil) {
			return ErrProof
		}
		return nil
	}
	if old&(old-1) == 0 { // a full subtree: its root is the first node
		proof = append([]Hash{oldRoot}, proof...)
	}
	if len(proof) == 0 {
		return ErrProof
	}
	fn, sn := old-1, size-1
	for fn&1 == 1 {
		fn, sn = fn>>1, sn>>1
	}
	fr, sr := proof[0], proof[0]
	for _, c := range proof[1:] {
		if sn == 0 {
			return ErrProof
		}
		if fn&1 == 1 || fn == sn {
			fr, sr = Node(c, fr), Node(c, sr)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			sr = Node(sr, c)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 || fr != oldRoot || sr != root {
		return ErrProof
	}
	return nil
}

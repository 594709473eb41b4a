package merkle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
)

// vectors are the entries and roots that Certificate Transparency's
// implementations share as test data.
var vectors = []struct{ entry, root string }{
	{"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
	{"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
	{"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
	{"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
	{"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
	{"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
	{"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
	{"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
}

func TestKnownRoots(t *testing.T) {
	var tree Tree
	if got, want := tree.Root().String(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; got != want {
		t.Errorf("the root of nothing is %s, want %s", got, want)
	}
	for i, v := range vectors {
		entry, err := hex.DecodeString(v.entry)
		if err != nil {
			t.Fatal(err)
		}
		tree.Append(Leaf(entry))
		if got := tree.Root().String(); got != v.root {
			t.Errorf("root of %d: %s, want %s", i+1, got, v.root)
		}
	}
}

// reference is the recursive definition of RFC 9162 2.1.1, word for word.
func reference(entries [][]byte) Hash {
	switch n := len(entries); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, entries[0]...))
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		l, r := reference(entries[:k]), reference(entries[k:])
		return sha256.Sum256(slices.Concat([]byte{1}, l[:], r[:]))
	}
}

func entries(n int) (all [][]byte, leaves []Hash) {
	for i := range n {
		all = append(all, fmt.Append(nil, "entry ", i))
		leaves = append(leaves, Leaf(all[i]))
	}
	return all, leaves
}

// Every proof of every size up to 40 holds, and none holds for anything else.
func TestProofs(t *testing.T) {
	for n := 1; n <= 40; n++ {
		all, leaves := entries(n)
		root := Root(leaves)
		if want := reference(all); root != want {
			t.Fatalf("root of %d: %s, want %s", n, root, want)
		}
		for i := range n {
			proof, err := Inclusion(leaves, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyInclusion(leaves[i], uint64(i), uint64(n), proof, root); err != nil {
				t.Errorf("entry %d of %d: %v", i, n, err)
			}
			for j := range n + 1 {
				if j != i && VerifyInclusion(leaves[i], uint64(j), uint64(n), proof, root) == nil {
					t.Errorf("entry %d of %d is proved to be entry %d", i, n, j)
				}
			}
			if VerifyInclusion(Leaf([]byte("other")), uint64(i), uint64(n), proof, root) == nil {
				t.Errorf("another entry is proved to be entry %d of %d", i, n)
			}
			if VerifyInclusion(leaves[i], uint64(i), uint64(n), append(slices.Clone(proof), root), root) == nil {
				t.Errorf("entry %d of %d: a proof that is too long holds", i, n)
			}
			if len(proof) > 0 && VerifyInclusion(leaves[i], uint64(i), uint64(n), proof[:len(proof)-1], root) == nil {
				t.Errorf("entry %d of %d: a proof that is too short holds", i, n)
			}
		}
		for old := 0; old <= n; old++ {
			proof, err := Consistency(leaves, uint64(old))
			if err != nil {
				t.Fatal(err)
			}
			oldRoot := Root(leaves[:old])
			if err := VerifyConsistency(uint64(old), uint64(n), oldRoot, root, proof); err != nil {
				t.Errorf("%d of %d: %v", old, n, err)
			}
			changed := Root(append(slices.Clone(leaves[:max(old-1, 0)]), Leaf([]byte("other"))))
			if old > 0 && VerifyConsistency(uint64(old), uint64(n), changed, root, proof) == nil {
				t.Errorf("%d of %d: a changed past is proved", old, n)
			}
			if VerifyConsistency(uint64(old), uint64(n), oldRoot, root, append(slices.Clone(proof), root)) == nil {
				t.Errorf("%d of %d: a proof that is too long holds", old, n)
			}
			for other := 1; other < n; other++ {
				if other != old && old > 0 && VerifyConsistency(uint64(other), uint64(n), oldRoot, root, proof) == nil {
					t.Errorf("the root of %d passes for that of %d of %d", old, other, n)
				}
			}
		}
	}
}

func TestOutOfRange(t *testing.T) {
	_, leaves := entries(3)
	if _, err := Inclusion(leaves, 3); err == nil {
		t.Error("entry 3 of 3 has a proof")
	}
	if _, err := Consistency(leaves, 4); err == nil {
		t.Error("3 entries begin with 4")
	}
	if VerifyInclusion(leaves[0], 3, 3, nil, leaves[0]) == nil || VerifyConsistency(4, 3, leaves[0], leaves[0], nil) == nil {
		t.Error("a proof out of range holds")
	}
}

func TestHashText(t *testing.T) {
	var h Hash
	for _, bad := range []string{"", "00", "zz", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01", "xe340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"} {
		if h.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q is read as a hash", bad)
		}
	}
	want := Leaf(nil)
	text, _ := want.MarshalText()
	if err := h.UnmarshalText(text); err != nil || h != want {
		t.Errorf("%s is read as %s: %v", want, h, err)
	}
}

// A proof from outside never crashes and never proves what is not so.
func FuzzVerify(f *testing.F) {
	f.Add(uint64(3), uint64(7), []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, a, b uint64, raw []byte) {
		var proof []Hash
		for len(raw) >= sha256.Size {
			proof = append(proof, Hash(raw[:sha256.Size]))
			raw = raw[sha256.Size:]
		}
		leaf, root := Leaf([]byte("a")), Leaf([]byte("b"))
		if VerifyInclusion(leaf, a, b, proof, root) == nil {
			t.Errorf("%d of %d is proved by chance", a, b)
		}
		if a > 0 && VerifyConsistency(a, b, leaf, root, proof) == nil {
			t.Errorf("%d of %d is consistent by chance", a, b)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	var t Tree
	leaf := Leaf([]byte("entry"))
	for b.Loop() {
		t.Append(leaf)
	}
}

package access

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"paddock.dev/internal/forensics/access/fold"
)

// asked remembers the locations that were asked for (host[:port]/path): first so
// that a path that comes again need not be folded again, and then to know which
// ones come so often that a cache should answer them.
type asked struct {
	limit int
	index
	urls []url
	// lost is how many requests a URL may have had before it was forgotten, or
	// taken up.
	lost uint64
	// door are marks of URLs that were asked for once. When half of the room is
	// taken, only who comes again gets in: most URLs with an identifier never do.
	door []uint16
	once url // for who does not get in
}

// url is one location.
type url struct {
	route, host int32
	traits      traits
	probe       uint8
	// gets are the GET requests that were answered with 200.
	gets, sent     uint64
	least, most    uint64 // the sizes of those answers
	missed, cached uint64 // by CloudFront
}

// traits are what a path tells about itself.
type traits uint8

const asset traits = 1

func newAsked(limit int) asked { return asked{limit: limit, index: newIndex()} }

// admit says whether a URL that is not remembered shall be.
func (k *asked) admit(h uint64) bool {
	if len(k.urls) < k.limit/2 {
		return true
	}
	if k.door == nil {
		k.door = make([]uint16, 1<<16)
		k.lost++
	}
	mark := uint16(h>>48) | 1
	place := &k.door[h>>16&0xffff]
	again := *place == mark
	*place = mark
	return again
}

// longestURL is the longest location that is remembered, in bytes.
const longestURL = 1 << 10

// forget makes room by dropping the URLs that were asked for least, half of them
// at least. This is the lossy counting of Manku and Motwani, "Approximate
// frequency counts over data streams", 2002: a count is too low by lost at most.
func (k *asked) forget() {
	counts := make([]uint64, len(k.urls))
	for i := range k.urls {
		counts[i] = k.urls[i].gets
	}
	slices.Sort(counts)
	floor := counts[len(counts)/2]
	old := *k
	*k = asked{limit: old.limit, index: index{seed: maphash.MakeSeed(), slots: make([]uint64, 1<<8)}, lost: old.lost + floor, door: old.door}
	for i, u := range old.urls {
		if u.gets > floor {
			k.find(old.at(i), k.limit)
			k.urls = append(k.urls, u)
		}
	}
}

// count adds an answer that a cache could have given.
func (u *url) count(sent uint64) {
	if u.gets == 0 || sent < u.least {
		u.least = sent
	}
	u.most = max(u.most, sent)
	u.gets++
	u.sent += sent
}

// merge adds what another one remembers; its routes and hosts are renumbered.
func (k *asked) merge(o *asked, routes, hosts []int) {
	k.lost += o.lost
	order := make([]int, len(o.urls))
	for i := range order {
		order[i] = i
	}
	// The most asked for first, so that what has no room is the least of all.
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(o.urls[b].gets, o.urls[a].gets), bytes.Compare(o.at(a), o.at(b)))
	})
	for _, i := range order {
		u := o.urls[i]
		u.route, u.host = int32(routes[u.route]), int32(hosts[u.host])
		id, fresh := k.find(o.at(i), k.limit*2)
		switch {
		case id < 0:
			k.lost += u.gets
			return
		case fresh:
			k.urls = append(k.urls, u)
		default:
			mine := &k.urls[id]
			if mine.gets == 0 || u.gets > 0 && u.least < mine.least {
				mine.least = u.least
			}
			mine.most = max(mine.most, u.most)
			mine.gets += u.gets
			mine.sent += u.sent
			mine.missed += u.missed
			mine.cached += u.cached
		}
	}
}

// lowerHost appends the host in lower case.
func lowerHost(out, host []byte) []byte {
	for _, c := range host {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

// route appends the key of a route: the number of its host and the folded path.
func routeKey(out []byte, host int, path []byte) []byte {
	out = append(out, byte(host), byte(host>>8))
	out, _ = fold.Path(out, path)
	return out
}

// routeOf undoes routeKey.
func routeOf(key []byte) (host int, path string) {
	return int(key[0]) | int(key[1])<<8, string(key[2:])
}

// traitsOf looks at a path: does a page load it beside itself?
func traitsOf(path []byte) traits {
	dot := bytes.LastIndexByte(path, '.')
	if dot < 0 || len(path)-dot > 12 {
		return 0
	}
	switch string(bytes.ToLower(path[dot+1:])) {
	case "js", "mjs", "css", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "bmp",
		"woff", "woff2", "ttf", "otf", "eot", "mp4", "webm", "mp3", "webmanifest", "wasm":
		return asset
	}
	return 0
}

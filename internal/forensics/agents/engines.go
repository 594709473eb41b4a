package agents

import (
	"context"
	"net/netip"
	"strings"
)

// Verdict is what is known about an address whose user agent claims to be a
// search engine's crawler.
type Verdict string

// The verdicts.
const (
	// Confirmed: the engine publishes a range with the address.
	Confirmed Verdict = "confirmed"
	// Contradicted: no range that the engine publishes has the address.
	Contradicted Verdict = "contradicted"
	// Unverified: the engine publishes no ranges, or the address is none.
	Unverified Verdict = "unverified"
)

// RangesDate is when the ranges of the engines were published.
const RangesDate = "2026-03-16"

// Engine is a search engine and where its crawlers come from.
type Engine struct {
	Name string
	// Names are the domains in which the reverse names of its crawlers end. A
	// name counts when it leads back to the address.
	Names  []string
	ranges []netip.Prefix
}

// Engines are those whose crawlers can be told from impostors. The ranges are
// wider than what the engines publish, up to the blocks that they take theirs
// from, so that a list that is some months old does not accuse anybody: nobody
// else gets an address there.
//
// Sources: "Verifying Google's crawlers and fetchers" and googlebot.json;
// "Verifying Bingbot" and bingbot.json; "About Applebot"; "Is DuckDuckBot related
// to DuckDuckGo"; "How to check that a robot belongs to Yandex"; Baidu's
// "How to identify Baiduspider". The last two publish names and no ranges.
var Engines = map[string]*Engine{
	"google": {Name: "Google", Names: []string{"googlebot.com", "google.com"}, ranges: prefixes(`
		66.249.64.0/19 192.178.4.0/22 64.233.160.0/19 72.14.192.0/18 74.125.0.0/16 209.85.128.0/17 216.239.32.0/19
		2001:4860::/32
		34.22.85.0/27 34.64.82.64/28 34.65.242.112/28 34.80.50.80/28 34.88.194.0/28 34.89.10.80/28 34.89.198.80/28
		34.96.162.48/28 34.100.182.96/28 34.101.50.144/28 34.118.66.0/28 34.118.254.0/28 34.126.178.96/28
		34.146.150.144/28 34.147.110.144/28 34.151.74.144/28 34.152.50.64/28 34.154.114.144/28 34.155.98.32/28
		34.165.18.176/28 34.175.160.64/28 34.176.130.16/28 35.247.243.240/28`)},
	"bing": {Name: "Bing", Names: []string{"search.msn.com"}, ranges: prefixes(`
		13.66.139.0/24 13.66.144.0/24 13.67.10.16/28 13.69.66.240/28 13.71.172.224/28 20.36.108.32/28 20.43.120.16/28
		20.74.197.0/28 20.79.107.240/28 20.125.163.80/28 40.77.139.0/25 40.77.167.0/24 40.77.188.0/22 40.77.202.0/24
		40.79.131.208/28 40.79.186.176/28 51.105.67.0/28 52.167.144.0/24 52.231.148.0/28 65.55.210.0/24 139.217.52.0/28
		157.55.39.0/24 191.233.204.224/28 199.30.24.0/23 207.46.13.0/24`)},
	"apple":      {Name: "Apple", Names: []string{"applebot.apple.com"}, ranges: prefixes(`17.0.0.0/8`)},
	"yandex":     {Name: "Yandex", Names: []string{"yandex.ru", "yandex.net", "yandex.com"}},
	"baidu":      {Name: "Baidu", Names: []string{"baidu.com", "baidu.jp"}},
	"duckduckgo": {Name: "DuckDuckGo", Names: []string{"duckduckgo.com"}},
}

// nobodys are addresses from which no search engine comes: private ones, and
// those of documentation (RFC 6890).
var nobodys = prefixes(`10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8 169.254.0.0/16 100.64.0.0/10
	192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 fc00::/7 fe80::/10 ::1/128 2001:db8::/32`)

func prefixes(text string) []netip.Prefix {
	var list []netip.Prefix
	for p := range strings.FieldsSeq(text) {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Judge says what the published ranges tell about a crawler at an address.
func Judge(engine, address string) Verdict {
	e := Engines[engine]
	a, err := netip.ParseAddr(address)
	switch a = a.Unmap(); {
	case err != nil || e == nil:
		return Unverified
	case within(e.ranges, a):
		return Confirmed
	case within(nobodys, a) || len(e.ranges) > 0:
		return Contradicted
	}
	return Unverified
}

// Resolver asks the DNS; *net.Resolver is one.
type Resolver interface {
	LookupAddr(ctx context.Context, address string) (names []string, err error)
	LookupHost(ctx context.Context, host string) (addresses []string, err error)
}

// Ask is Judge with the DNS, as the engines ask for it: the address has a name in
// the engine's domain, and this name has the address. When the DNS does not
// answer, the verdict is Judge's.
func Ask(ctx context.Context, dns Resolver, engine, address string) Verdict {
	judged := Judge(engine, address)
	e := Engines[engine]
	a, err := netip.ParseAddr(address)
	if judged == Confirmed || e == nil || err != nil || within(nobodys, a.Unmap()) {
		return judged
	}
	names, err := dns.LookupAddr(ctx, address)
	if err != nil {
		return judged
	}
	for _, name := range names {
		name = strings.TrimSuffix(strings.ToLower(name), ".")
		for _, domain := range e.Names {
			if name != domain && !strings.HasSuffix(name, "."+domain) {
				continue
			}
			back, err := dns.LookupHost(ctx, name)
			if err != nil {
				continue
			}
			for _, b := range back {
				if other, err := netip.ParseAddr(b); err == nil && other.Unmap() == a.Unmap() {
					return Confirmed
				}
			}
		}
	}
	return Contradicted
}

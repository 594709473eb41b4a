package trail

import (
	"strings"
	"time"
)

// name is what the key of a CloudTrail object says:
//
//	[prefix/]AWSLogs/[o-id/]account/CloudTrail/region/2026/01/31/account_CloudTrail_region_20260131T0000Z_unique.json.gz
//	[prefix/]AWSLogs/[o-id/]account/CloudTrail-Digest/region/2026/01/31/account_CloudTrail-Digest_region_trail_home_20260131T000000Z[_backfill].json.gz
type name struct {
	digest   bool
	backfill bool
	account  string
	// region is where the events happened; home is the trail's own, and both
	// home and trail are known of digests only.
	region, trail, home string
	// at is when the log file was delivered, to the minute, or when the digest's
	// time ends, to the second.
	at time.Time
}

const (
	logTime    = "20060102T1504Z"
	digestTime = "20060102T150405Z"
)

// parseName reads the last part of a key; ok is false when CloudTrail gives no
// such names.
func parseName(key string) (n name, ok bool) {
	base := key[strings.LastIndexByte(key, '/')+1:]
	base, gz := strings.CutSuffix(base, ".json.gz")
	n.account, base, ok = strings.Cut(base, "_")
	if !gz || !ok || n.account == "" {
		return name{}, false
	}
	kind, rest, _ := strings.Cut(base, "_")
	n.region, rest, ok = strings.Cut(rest, "_")
	if !ok || n.region == "" {
		return name{}, false
	}
	switch kind {
	case "CloudTrail-Digest":
		n.digest = true
		rest, n.backfill = strings.CutSuffix(rest, "_backfill")
		rest, end, ok := cutLast(rest)
		if !ok {
			return name{}, false
		}
		// A trail's name may have underscores, a region's has none.
		n.trail, n.home, ok = cutLast(rest)
		if !ok {
			return name{}, false
		}
		at, err := time.Parse(digestTime, end)
		n.at = at
		return n, err == nil
	case "CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Aggregated":
		delivered, unique, ok := strings.Cut(rest, "_")
		at, err := time.Parse(logTime, delivered)
		n.at = at
		return n, ok && unique != "" && err == nil
	}
	return name{}, false
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '_')
	if i <= 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// place is where a key lies: the prefix before AWSLogs, and what follows it
// without the name's own part. Files of one trail share it.
func place(key string) (prefix, below string) {
	if i := anchor(key); i >= 0 {
		return key[:i], key[i:]
	}
	return "", key
}

// anchor is where AWSLogs/ begins in a key; -1 when it does not.
func anchor(key string) int {
	if strings.HasPrefix(key, "AWSLogs/") {
		return 0
	}
	if i := strings.Index(key, "/AWSLogs/"); i >= 0 {
		return i + 1
	}
	return -1
}

// organization is the o-id of an organization trail's key, or empty.
func organization(key string) string {
	_, below := place(key)
	part, _, ok := strings.Cut(strings.TrimPrefix(below, "AWSLogs/"), "/")
	if ok && strings.HasPrefix(part, "o-") {
		return part
	}
	return ""
}

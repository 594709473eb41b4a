package v1

import (
	_ "embed"
	"strings"
	"sync"
	"time"
)

// zoneNames are the names of the IANA time zone database. Names are looked up
// here first, so that a slip never reads the disk and "Local" is nobody's zone.
//
//go:embed zones.txt
var zoneNames string

var zones = sync.OnceValue(func() []string { return strings.Fields(zoneNames) })

// known are the same names as a set.
var knownZone = sync.OnceValue(func() map[string]bool {
	set := make(map[string]bool, len(zones()))
	for _, z := range zones() {
		set[z] = true
	}
	return set
})

// locations that were loaded once; there are no more than zones.
var locations sync.Map // string to *time.Location

// abbreviations name no zone: most stand for several, and they change in
// summer. These are what their users mostly mean.
var abbreviations = map[string]string{
	"IST": "Asia/Kolkata", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "EDT": "America/New_York",
	"CST": "America/Chicago", "CDT": "America/Chicago", "BST": "Europe/London", "CEST": "Europe/Berlin",
	"JST": "Asia/Tokyo", "SGT": "Asia/Singapore", "AEST": "Australia/Sydney", "Z": "UTC", "Local": "UTC",
}

// loadZone finds a time zone by name. whole is the value that it is part of.
func loadZone(name, whole string) (*time.Location, error) {
	if !knownZone()[name] {
		e := &ValueError{Reason: "there is no time zone " + quote(name) + " in the IANA database", Word: name, Known: zones()}
		better, ok := abbreviations[name]
		for _, z := range zones() {
			if strings.EqualFold(z, name) || !ok && len(name) > 2 && strings.HasSuffix(strings.ToLower(z), "/"+strings.ToLower(strings.ReplaceAll(name, " ", "_"))) {
				better, ok = z, true
			}
		}
		if ok && strings.HasSuffix(whole, name) {
			e.Instead = strings.TrimSuffix(whole, name) + better
		}
		return nil, e
	}
	if found, ok := locations.Load(name); ok {
		return found.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, wrong("", "the time zone %q is not known on this machine: %v", name, err)
	}
	found, _ := locations.LoadOrStore(name, zone)
	return found.(*time.Location), nil
}

// cutZone takes the time zone from the end of a value.
func cutZone(s, example string) (rest string, zone *time.Location, err error) {
	i := strings.LastIndexByte(s, ' ')
	name := s[i+1:]
	if i < 0 || name == "" || !letter(name[0]) || isDay(name) {
		return "", nil, wrong(strings.TrimSpace(s)+" UTC", "%q does not end in a time zone, such as %s", s, example)
	}
	zone, err = loadZone(name, s)
	return strings.TrimRight(s[:i], " "), zone, err
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

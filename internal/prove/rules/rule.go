package rules

import (
	"strings"

	"paddock.dev/internal/diag"
)

// Rule is one thing that a platform should keep to.
type Rule struct {
	// ID is the rule's stable name in kebab-case, such as mongodb-members. It
	// says what was found and does not change when the wording does.
	ID string
	// Topic gathers rules for the reader: Stores, Services, Delivery.
	Topic    string
	Severity diag.Severity
	// Title says in one line what holds when the rule is kept.
	Title string
	// Why says what happens to those who do not keep it.
	Why string
	// Fix says what to change, for any platform; findings say it for this one.
	Fix string
	// Source is the standard or vendor document that the rule follows; empty for
	// what follows from the file alone.
	Source string

	// check is nil for the rules about waivers, which need all findings.
	check func(*Facts, func(Finding))
}

// Place is a key of the file, as it is in one environment.
type Place struct {
	// Environment is empty for what is the same in all.
	Environment string
	// Key is a path such as services.booking.scale.replicas. It may be left to
	// a default; the nearest key above it that is written is shown then.
	Key string
}

// Finding is one place that does not keep a rule.
type Finding struct {
	Rule  *Rule
	Place Place
	// Summary is one line without a full stop, and without the environment: what
	// is the same in several environments is told once.
	Summary string
	// Detail is sentences with the numbers that led to it.
	Detail string
	// Fix is the line to write.
	Fix     string
	Related []Note
	// hide is a piece of the line that must not be printed.
	hide string
}

// Note is another place that has to do with a finding.
type Note struct {
	Place Place
	Text  string
}

// All returns the rules, gathered by topic.
func All() []*Rule { return catalogue }

// Find returns the rule of that id.
func Find(id string) (*Rule, bool) {
	r, ok := byID[id]
	return r, ok
}

// IDs are the names of all rules, in the order of All.
func IDs() []string {
	ids := make([]string, 0, len(catalogue))
	for _, r := range catalogue {
		ids = append(ids, r.ID)
	}
	return ids
}

var catalogue, byID = gather(
	topic("Stores", quorumRules, kafkaRules, versionRules),
	topic("Capacity", capacityRules, quotaRules),
	topic("Dependencies", dependencyRules, promiseRules),
	topic("Unused and unowned", unusedRules, ownerRules),
	topic("On-call", oncallRules),
	topic("Delivery", approvalRules, calendarRules, parityRules),
	topic("Secrets", secretRules),
	topic("Data and network", dataRules, egressRules, networkRules, addressRules, policyRules),
	topic("Edge", edgeRules),
	topic("Recovery", backupRules, recoveryRules),
	topic("Records and cost", recordRules),
	topic("Waivers", waiverRules),
)

func topic(name string, groups ...[]*Rule) []*Rule {
	var all []*Rule
	for _, group := range groups {
		for _, r := range group {
			r.Topic = name
			all = append(all, r)
		}
	}
	return all
}

func gather(topics ...[]*Rule) ([]*Rule, map[string]*Rule) {
	var all []*Rule
	found := map[string]*Rule{}
	for _, t := range topics {
		for _, r := range t {
			all = append(all, r)
			found[r.ID] = r
		}
	}
	return all, found
}

// Subject is the address of the thing whose block the place is in, such as
// service/booking; empty when it is in no block of a thing. Waivers name it.
func (p Place) Subject() string {
	block, rest, _ := strings.Cut(p.Key, ".")
	kind, ok := map[string]string{
		"services": "service", "stores": "store", "teams": "team", "people": "person",
		"groups": "group", "environments": "env",
	}[block]
	if !ok || rest == "" {
		return ""
	}
	name, _, _ := strings.Cut(rest, ".")
	name, _, _ = strings.Cut(name, "[")
	return kind + "/" + name
}

package rules

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// dataRules are about who gets at sensitive data.
var dataRules = []*Rule{
	{
		ID: "pci-reachable", Severity: diag.Error,
		Title:  "Only services of class pci reach stores of class pci",
		Why:    "Whatever connects to card data is in the scope of PCI DSS, with all its audits. A service outside of it is a way around every control that was built.",
		Fix:    "Call a service of class pci in place of the store, or write data: pci on the service and move it.",
		Source: "PCI DSS v4.0.1, 1.4.4 and 7.2.6",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services() {
				if rank(s.Data) >= rank(model.PCI) {
					continue
				}
				for _, use := range s.Edges {
					store := e.stores[use.Name]
					if use.Kind != model.UsesStore || store == nil || store.Data != model.PCI {
						continue
					}
					detail := fmt.Sprintf("%s handles data of class %s and opens %s:%d directly.", s.Name, s.Data, store.Name, use.Ports[0])
					if way := fromOutside(e, s); len(way) > 0 {
						detail += fmt.Sprintf(" The shortest way in is internet -> %s -> %s.", strings.Join(way, " -> "), store.Name)
					}
					report(Finding{
						Place:   e.here(usesKey(s, use)),
						Summary: fmt.Sprintf("%q is not of class pci and reaches card data in %q", s.Name, store.Name),
						Detail:  detail,
						Fix:     "Use a service of class pci that answers for the store" + suggestGuard(e, store.Name) + ".",
						Related: []Note{{e.here(key("stores", store.Name, "data")), store.Name + " is of class pci"}},
					})
				}
			}
		},
	},
	{
		ID: "pci-segment", Severity: diag.Error,
		Title:  "What handles card data has a segment of its own",
		Why:    "Everything in one segment with card data is in the scope of PCI DSS. A wall of its own keeps the other services out of it, and an intruder in one of them out of the cards.",
		Fix:    "Add a segment for card data under network.segments, and name it on what handles them.",
		Source: "PCI DSS v4.0.1, Scope of Requirements, Segmentation; 1.2",
		check: func(f *Facts, report func(Finding)) {
			for _, e := range f.in(model.Acceptance, model.Production) {
				if len(e.Collapse) > 0 && e.Stage == model.Acceptance {
					continue // parity-segment speaks of it
				}
				inside, beside := map[string][]string{}, map[string][]string{}
				keys := map[string]string{}
				add := func(kind, name, segment string, class model.DataClass) {
					if class != model.PCI {
						beside[segment] = append(beside[segment], name)
						return
					}
					inside[segment] = append(inside[segment], name)
					if keys[segment] == "" {
						keys[segment] = key(kind, name, "segment")
					}
				}
				for _, s := range e.Services {
					add("services", s.Name, s.Segment, s.Data)
				}
				for _, s := range e.Stores {
					add("stores", s.Name, s.Segment, s.Data)
				}
				for _, segment := range e.Segments {
					if len(inside[segment]) == 0 || len(beside[segment]) == 0 {
						continue
					}
					report(Finding{
						Place:   e.here(keys[segment]),
						Summary: fmt.Sprintf("Card data share the segment %q with others", segment),
						Detail:  fmt.Sprintf("%s of class pci, and %s not: all of them are in the scope of PCI DSS.", isAre(inside[segment]), isAre(beside[segment])),
						Fix:     fmt.Sprintf("Write segments: [%s], and segment: pci on %s.", strings.Join(append(slices.Clone(f.Network.Segments), "pci"), ", "), some(inside[segment])),
					})
				}
			}
		},
	},
	{
		ID: "pci-not-mutual", Severity: diag.Error,
		Title:  "Calls to services with card data prove who calls",
		Why:    "TLS proves the server to the client. With mutual TLS the server knows the caller too, so that a stolen place in the network is not enough.",
		Fix:    "Remove encryption: the default for class pci is mtls.",
		Source: "PCI DSS v4.0.1, 4.2.1 and 8.6; NIST SP 800-207 Zero Trust Architecture",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Acceptance, model.Production) {
				if s.Data != model.PCI || s.Encryption == model.MutualTLS || s.Encryption == "" {
					continue
				}
				report(Finding{
					Place:   e.here(key("services", s.Name, "encryption")),
					Summary: fmt.Sprintf("%q handles card data and takes calls from anybody with a route to it", s.Name),
					Detail:  fmt.Sprintf("Its encryption is %s; %s.", s.Encryption, callersOf(e, s.Name)),
					Fix:     "Write encryption: mtls, or remove the line.",
				})
			}
		},
	},
	{
		ID: "pii-public", Severity: diag.Warning,
		Title:  "Services of class public stay away from personal data",
		Why:    "A service of class public is logged, cached and debugged without care, since nothing in it matters. With personal data behind it that is wrong.",
		Fix:    "Write data: pii on the service, or give it a store without personal data.",
		Source: "Regulation (EU) 2016/679 (GDPR), Article 32",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Acceptance, model.Production) {
				if s.Data != model.Public {
					continue
				}
				for _, use := range s.Edges {
					store := e.stores[use.Name]
					if use.Kind != model.UsesStore || store == nil || store.Data != model.PII {
						continue
					}
					report(Finding{
						Place:   e.here(usesKey(s, use)),
						Summary: fmt.Sprintf("%q is of class public and opens %q with personal data", s.Name, store.Name),
						Detail:  fmt.Sprintf("It uses it with mode %s.", use.Mode),
						Fix:     fmt.Sprintf("Write data: pii on %s.", s.Name),
						Related: []Note{
							{e.here(key("services", s.Name, "data")), s.Name + " is of class public"},
							{e.here(key("stores", store.Name, "data")), store.Name + " is of class pii"},
						},
					})
				}
			}
		},
	},
	{
		ID: "data-class-drop", Severity: diag.Warning,
		Title:  "Data keep their class where they are written",
		Why:    "Back-ups, access, masking and retention follow the class of the store. Data of a higher class that land in it are handled as if they were harmless.",
		Fix:    "Raise the class of the store, or write name:read when the service does not write to it.",
		Source: "ISO/IEC 27001:2022, A.5.12 Classification of information",
		check: func(f *Facts, report func(Finding)) {
			for e, s := range f.services(model.Production) {
				if rank(s.Data) < rank(model.PII) {
					continue
				}
				for _, use := range s.Edges {
					store := e.stores[use.Name]
					if use.Kind != model.UsesStore || use.Mode != model.ReadWrite || store == nil || rank(store.Data) >= rank(s.Data) {
						continue
					}
					if store.Engine == model.Kafka && len(s.Produce) == 0 {
						continue // it reads only
					}
					report(Finding{
						Place:   e.here(usesKey(s, use)),
						Summary: fmt.Sprintf("%q handles data of class %s and writes to %q of class %s", s.Name, s.Data, store.Name, store.Data),
						Detail:  "What it writes there is kept, copied and shown by the rules of the lower class.",
						Fix:     fmt.Sprintf("Write stores.%s.data: %s, or waive this with the reason why nothing of that class is written.", store.Name, s.Data),
						Related: []Note{{e.here(key("stores", store.Name, "data")), "the class of " + store.Name}},
					})
				}
			}
		},
	},
}

// fromOutside is the shortest way from a public route to a service, both ends
// included; empty when there is none.
func fromOutside(e *place, s *model.Service) []string {
	next := map[string]string{s.Name: ""}
	for queue := []string{s.Name}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if len(e.services[at].Routes) > 0 {
			var way []string
			for ; at != ""; at = next[at] {
				way = append(way, at)
			}
			return way
		}
		for _, c := range e.callers[at] {
			if _, seen := next[c.Name]; !seen {
				next[c.Name] = at
				queue = append(queue, c.Name)
			}
		}
	}
	return nil
}

// suggestGuard names a service that may answer for the store.
func suggestGuard(e *place, store string) string {
	for _, s := range e.users[store] {
		if s.Data == model.PCI {
			return ", such as " + s.Name
		}
	}
	return ""
}

func isAre(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return some(names) + " are"
}

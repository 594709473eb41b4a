package scaffold

import (
	"cmp"
	"fmt"
	"path"
	"strings"
)

// MaxLines of the file: a first file is one that is read to its end.
const MaxLines = 40

// Text is the platform file for what was found, at most MaxLines long: services
// get a block each while there is room, then a line each, then share lines.
func Text(found Findings, o Options) string {
	if len(found.Services) == 0 {
		found.Services = []Service{{Name: unique(o.Name, map[string]bool{}), Port: 8080, PortNote: "an example: no program was found here", Public: true}}
	}
	head := headOf(found, o)
	var text string
	for _, form := range []func([]Service, string) []string{spacious, dense, lines} {
		text = strings.Join(append(head, form(found.Services, domain(o))...), "\n") + "\n"
		if strings.Count(text, "\n") <= MaxLines {
			return text
		}
	}
	stores := 0
	if len(found.Stores) > 0 {
		stores = 1 // they share lines, too
		head = headOf(Findings{}, o)
		head = append(head, shared("stores", entries(found.Stores, storeEntry), 6)...)
		head = append(head, "")
	}
	room := MaxLines - len(head) - stores
	return strings.Join(append(head, shared("services", entries(found.Services, func(s Service) string { return serviceEntry(s, domain(o)) }), room)...), "\n") + "\n"
}

func domain(o Options) string { return cmp.Or(o.Domain, o.Name+".example") }

func headOf(found Findings, o Options) []string {
	out := []string{"paddock: v1", "name: " + o.Name}
	if o.Domain == "" {
		out = append(out, "domain: "+domain(o)+" # until you have one")
	} else {
		out = append(out, "domain: "+o.Domain)
	}
	out = append(out, "", "environments:")
	var environments []string
	for _, e := range o.Environments {
		environments = append(environments, fmt.Sprintf("%s: { stage: %s }", e.Name, e.Stage))
	}
	out = append(out, column(environments)...)
	out = append(out, "")
	if len(found.Stores) > 0 {
		out = append(out, "stores:")
		out = append(out, column(entries(found.Stores, storeEntry))...)
		out = append(out, "")
	}
	return out
}

// column lines up the values of entries that have one line each.
func column(all []string) []string {
	widest := 0
	for _, e := range all {
		widest = max(widest, strings.IndexByte(e, ':')+1)
	}
	var out []string
	for _, e := range all {
		key, value, _ := strings.Cut(e, ": ")
		out = append(out, fmt.Sprintf("  %-*s %s", widest, key+":", value))
	}
	return out
}

func storeEntry(s Store) string {
	if s.Version != "" {
		return fmt.Sprintf("%s: { engine: %s, version: %q }", s.Name, s.Engine, s.Version)
	}
	return fmt.Sprintf("%s: { engine: %s }", s.Name, s.Engine)
}

// pair is a key of a service with its value.
type pair struct{ key, value, note string }

func pairsOf(s Service, domain string) []pair {
	var all []pair
	add := func(key, value string) { all = append(all, pair{key: key, value: value}) }
	switch dir := "./" + path.Clean(s.Dir); {
	case s.Language == "":
	case s.Language != "go":
		add("language", s.Language) // Paddock cannot build it yet: declared only
	case s.Package != "":
		add("source", fmt.Sprintf("{ git: %s, package: %s }", plain(strings.TrimSuffix(dir, "/.")), plain(s.Package)))
	default:
		add("source", plain(strings.TrimSuffix(dir, "/.")))
	}
	if s.Port > 0 {
		add("port", fmt.Sprint(s.Port))
		all[len(all)-1].note = s.PortNote
	}
	switch {
	case s.Port == 0 || s.Live == "":
	case s.Live == s.Ready:
		add("health", s.Live)
	default:
		add("health", fmt.Sprintf("{ live: %s, ready: %s }", s.Live, s.Ready))
	}
	if s.Public {
		add("routes", "["+domain+"]")
	}
	if len(s.Uses) > 0 {
		add("uses", "["+strings.Join(s.Uses, ", ")+"]")
	}
	return all
}

// plain quotes a path that YAML would read as something else.
func plain(s string) string {
	for _, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("._/-", c) {
			return fmt.Sprintf("%q", s)
		}
	}
	return s
}

// spacious gives every service a block with an empty line before the next.
func spacious(services []Service, domain string) []string { return blocks(services, domain, true) }

// dense does without the empty lines.
func dense(services []Service, domain string) []string { return blocks(services, domain, false) }

func blocks(services []Service, domain string, apart bool) []string {
	out := []string{"services:"}
	for i, s := range services {
		if apart && i > 0 {
			out = append(out, "")
		}
		out = append(out, "  "+s.Name+":")
		for _, p := range pairsOf(s, domain) {
			line := "    " + p.key + ": " + p.value
			if p.note != "" {
				line += " # " + p.note
			}
			out = append(out, line)
		}
	}
	return out
}

// lines give every service one line.
func lines(services []Service, domain string) []string {
	out := []string{"services:"}
	for _, s := range services {
		line := "  " + serviceEntry(s, domain)
		if s.PortNote != "" {
			line += " # " + s.PortNote
		}
		out = append(out, line)
	}
	return out
}

func serviceEntry(s Service, domain string) string {
	var all []string
	for _, p := range pairsOf(s, domain) {
		all = append(all, p.key+": "+p.value)
	}
	return s.Name + ": { " + strings.Join(all, ", ") + " }"
}

func entries[T any](all []T, write func(T) string) []string {
	var out []string
	for _, v := range all {
		out = append(out, write(v))
	}
	return out
}

// shared packs the entries of a block into so many lines, two of which are those
// that open and close it.
func shared(key string, all []string, room int) []string {
	each := (len(all) + room - 3) / (room - 2)
	out := []string{key + ": {"}
	for i := 0; i < len(all); i += each {
		out = append(out, "  "+strings.Join(all[i:min(i+each, len(all))], ", ")+",")
	}
	return append(out, "}")
}

package observe

import "regexp"

// Redaction is a kind of value that must not be kept.
type Redaction struct {
	// Name as the platform file writes it, such as pan.
	Name string
	// Regexp finds the value in a text (RE2 syntax). Lua is the same as a pattern
	// of Lua 5.1, which Fluent Bit has.
	Regexp, Lua string
	// Luhn means that only numbers with a right check digit are meant: booking
	// numbers are long too.
	Luhn bool
}

// known values. A name that is not here masks the field of that name.
var known = map[string]Redaction{
	"pan":     {Regexp: `\b[0-9](?:[ -]?[0-9]){12,18}\b`, Lua: `%d[%d %-]+%d`, Luhn: true},
	"phone":   {Regexp: `\+?[0-9]{1,3}[ -]?[6-9][0-9]{9}\b|\b[6-9][0-9]{9}\b`, Lua: `%+?%d*[ %-]?[6-9]%d%d%d%d%d%d%d%d%d`},
	"mail":    {Regexp: `[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`, Lua: `[%w%._%%%+%-]+@[%w%.%-]+%.%a+`},
	"token":   {Regexp: `(?:eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|[Bb]earer [A-Za-z0-9._~+/=-]+)`, Lua: `eyJ[%w_%-]+%.[%w_%-]+%.[%w_%-]+`},
	"aadhaar": {Regexp: `\b[2-9][0-9]{3} ?[0-9]{4} ?[0-9]{4}\b`, Lua: `[2-9]%d%d%d ?%d%d%d%d ?%d%d%d%d`},
}

// Redactions are those of the platform file, in its order.
func Redactions(names []string) []Redaction {
	var all []Redaction
	for _, name := range names {
		r, ok := known[name]
		if !ok {
			r = Redaction{Regexp: `(?i)"?` + regexp.QuoteMeta(name) + `"?\s*[=:]\s*"?[^"\s,}]+`}
		}
		r.Name = name
		all = append(all, r)
	}
	return all
}

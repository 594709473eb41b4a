package v1

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Mail is a mail address: asha@kestrelcars.example.
//
// +kubebuilder:object:generate=false
type Mail string

// Form implements a value of the file.
func (Mail) Form() Form { return Form{Noun: "a mail address", Example: "asha@kestrelcars.example"} }

var localPart = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*$`)

// UnmarshalText reads the plain form of RFC 5321: a dot-string and a host.
func (m *Mail) UnmarshalText(text []byte) error {
	s := string(text)
	if err := checkMail(s); err != nil {
		return err
	}
	*m = Mail(s)
	return nil
}

func checkMail(s string) error {
	if a, b, ok := strings.Cut(s, "<"); ok && strings.HasSuffix(b, ">") && a != "" {
		return wrong(strings.TrimSuffix(b, ">"), "only the address itself is written here")
	}
	if rest, ok := strings.CutPrefix(s, "mailto:"); ok {
		return wrong(rest, "only the address itself is written here")
	}
	local, host, ok := strings.Cut(s, "@")
	switch {
	case !ok:
		return wrong("", "%q has no @", s)
	case len(local) > 64 || !localPart.MatchString(local):
		return wrong("", "%q cannot stand before the @ of a mail address", local)
	}
	if err := CheckHost(host); err != nil {
		return within(err, host, s)
	}
	return nil
}

// MarshalText writes the address.
func (m Mail) MarshalText() ([]byte, error) { return []byte(m), nil }

// MailPattern is a mail address with {account} in it, so that every account has
// one of its own, as AWS demands.
//
// +kubebuilder:object:generate=false
type MailPattern string

// Form implements a value of the file.
func (MailPattern) Form() Form {
	return Form{Noun: "a mail address with {account} in it", Example: "aws+{account}@kestrelcars.example"}
}

const accountMark = "{account}"

// UnmarshalText reads a mail address with {account} before its @.
func (m *MailPattern) UnmarshalText(text []byte) error {
	s := string(text)
	local, host, _ := strings.Cut(s, "@")
	if strings.Count(local, accountMark) != 1 {
		better := local + "+" + accountMark + "@" + host
		if checkMail(strings.ReplaceAll(better, accountMark, "x")) != nil || strings.ContainsAny(local, "{}") {
			better = ""
		}
		return wrong(better, "every account needs an address of its own, so {account} stands once before the @")
	}
	if err := checkMail(strings.ReplaceAll(s, accountMark, "x")); err != nil {
		if e, ok := errors.AsType[*ValueError](err); ok {
			return wrong("", "%s", e.Reason) // the address that it proposes has no mark in it
		}
		return err
	}
	*m = MailPattern(s)
	return nil
}

// MarshalText writes the pattern.
func (m MailPattern) MarshalText() ([]byte, error) { return []byte(m), nil }

// Channel is a channel of Slack: #rentals.
//
// +kubebuilder:object:generate=false
type Channel string

// Form implements a value of the file.
func (Channel) Form() Form { return Form{Noun: "a channel", Example: "#rentals"} }

var channel = regexp.MustCompile(`^#[a-z0-9_-]{1,79}$`)

// UnmarshalText reads # and lower-case letters, digits, dashes and underscores.
func (c *Channel) UnmarshalText(text []byte) error {
	s := string(text)
	if channel.MatchString(s) {
		*c = Channel(s)
		return nil
	}
	if better := "#" + strings.ToLower(strings.TrimLeft(s, "#@")); channel.MatchString(better) {
		return wrong(strconv.Quote(better), "a channel is # and lower-case letters, digits, dashes and underscores, in quotes because # begins a comment")
	}
	return wrong("", "%q is not # and lower-case letters, digits, dashes and underscores", s)
}

// MarshalText writes the channel.
func (c Channel) MarshalText() ([]byte, error) { return []byte(c), nil }

// Phone is a telephone number as E.164 has it: +919800000001.
//
// +kubebuilder:object:generate=false
type Phone string

// Form implements a value of the file.
func (Phone) Form() Form { return Form{Noun: "a telephone number", Example: "+919800000001"} }

// UnmarshalText reads a plus sign and 7 to 15 digits.
func (p *Phone) UnmarshalText(text []byte) error {
	s := string(text)
	bare := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(s)
	digits, plus := strings.CutPrefix(bare, "+")
	switch {
	case !digitsOnly(digits) || len(digits) < 7 || len(digits) > 15 || digits[0] == '0' && plus:
		return wrong("", "%q is not a plus sign, the number of the country, and the rest, 7 to 15 digits together", s)
	case !plus:
		return wrong("", "%q has no plus sign and number of a country at its beginning", s)
	case bare != s:
		return wrong(bare, "a telephone number is written without spaces and dashes")
	}
	*p = Phone(s)
	return nil
}

// MarshalText writes the number.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p), nil }

// Rate is how often something may happen: 100/s or 1000/m.
//
// +kubebuilder:object:generate=false
type Rate struct {
	// Requests in a time of Per.
	Requests int
	Per      time.Duration
}

// Form implements a value of the file.
func (Rate) Form() Form { return Form{Noun: "a rate", Example: "100/s"} }

var ratePeriods = []struct {
	name string
	per  time.Duration
}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// UnmarshalText reads a number, a slash and s, m or h.
func (r *Rate) UnmarshalText(text []byte) error {
	s := string(text)
	number, unit, ok := strings.Cut(s, "/")
	if !ok {
		if n, err := count(s); err == nil && n > 0 {
			return wrong(s+"/s", "%q does not say in what time", s)
		}
		return wrong("", "%q is not a number, a slash and s, m or h", s)
	}
	n, err := count(number)
	if err != nil || n < 1 {
		return wrong("", "%q is not a whole number from 1 on", number)
	}
	for _, p := range ratePeriods {
		if unit == p.name {
			*r = Rate{n, p.per}
			return nil
		}
	}
	for _, p := range ratePeriods {
		if strings.HasPrefix(strings.ToLower(unit), p.name) && p.name != "" {
			return wrong(number+"/"+p.name, "the time is written s, m or h")
		}
	}
	return wrong("", "%q is not s, m or h", unit)
}

// String is the rate as it is written.
func (r Rate) String() string {
	for _, p := range ratePeriods {
		if p.per == r.Per {
			return strconv.Itoa(r.Requests) + "/" + p.name
		}
	}
	return strconv.Itoa(r.Requests) + "/" + r.Per.String()
}

// MarshalText writes String.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

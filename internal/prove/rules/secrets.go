package rules

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"paddock.dev/internal/diag"
)

// secretRules are about values that must not stand in a file.
var secretRules = []*Rule{
	{
		ID: "secret-in-settings", Severity: diag.Error,
		Title:  "Settings hold no passwords, keys or tokens",
		Why:    "The file is in git: whoever ever had the repository has the value, and deleting the line does not take it back. A value that was committed must be replaced.",
		Fix:    "Replace the value at whoever issued it, name the variable under secrets, and remove the setting.",
		Source: "OWASP Secrets Management Cheat Sheet; CWE-798 Use of Hard-coded Credentials",
		check: func(f *Facts, report func(Finding)) {
			judged := map[[2]string]string{} // the same value stands in every environment
			for e, s := range f.services() {
				for _, setting := range s.Settings {
					id := [2]string{setting.Name, setting.Value}
					why, known := judged[id]
					if !known {
						why = secretive(setting.Name, setting.Value)
						judged[id] = why
					}
					if why == "" {
						continue
					}
					report(Finding{
						Place:   e.here(key("services", s.Name, "settings", setting.Name)),
						Summary: fmt.Sprintf("The setting %s of %q is a secret", setting.Name, s.Name),
						Detail:  fmt.Sprintf("The value %s: %s.", why, masked(setting.Value)),
						Fix:     fmt.Sprintf("Replace the value where it was issued, remove the setting, and write secrets: [%s].", setting.Name),
						hide:    setting.Value,
					})
				}
			}
		},
	},
}

// tokens are the forms of keys that their issuers give out.
var tokens = []struct {
	what string
	form *regexp.Regexp
}{
	{"has the form of an AWS access key", regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{"is a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)},
	{"has the form of a JSON Web Token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.`)},
	{"has the form of a GitHub token", regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{30,})`)},
	{"has the form of a GitLab token", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20}`)},
	{"has the form of a Slack token", regexp.MustCompile(`\bxox[abeprs]-[A-Za-z0-9-]{10,}`)},
	{"is a Slack webhook, which anybody may post to", regexp.MustCompile(`hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/`)},
	{"has the form of a Stripe key", regexp.MustCompile(`\b[sr]k_(live|test)_[A-Za-z0-9]{16,}`)},
	{"has the form of a Razorpay key", regexp.MustCompile(`\brzp_live_[A-Za-z0-9]{10,}`)},
	{"has the form of a Google API key", regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}\b`)},
	{"has the form of a SendGrid key", regexp.MustCompile(`\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`)},
}

// secretName matches what people call secrets.
var secretName = regexp.MustCompile(`(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY|CREDENTIALS?)($|_)`)

// about matches names that speak of a secret and do not hold it:
// TOKEN_TTL, PASSWORD_MIN_LENGTH, SECRET_NAME.
var about = regexp.MustCompile(`_(TTL|URL|URI|NAME|PATH|FILE|DIR|LENGTH|LEN|MIN|MAX|EXPIRY|AGE|TIMEOUT|ENABLED|HEADER|ISSUER|AUDIENCE|ALGORITHM|ALG|ID|TYPE|REGION|ARN|HOST|PORT|COUNT|LIMIT|SIZE|SECONDS|MINUTES|POLICY|ENDPOINT)$`)

// secretive says why a setting looks like a secret; empty when it does not.
func secretive(name, value string) string {
	for _, t := range tokens {
		if t.form.MatchString(value) {
			return t.what
		}
	}
	if u, err := url.Parse(value); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok && password != "" && !placeholder(password) {
			return "is a URL with a password in it"
		}
	}
	upper := strings.ToUpper(name)
	if secretName.MatchString(upper) && !about.MatchString(upper) && value != "" && !placeholder(value) && !plainWord(value) {
		return "belongs to a variable whose name says that it is a secret"
	}
	if random(value) {
		return "has the randomness of a key"
	}
	return ""
}

// placeholder is a value that stands for another one.
func placeholder(v string) bool {
	return strings.HasPrefix(v, "$") || strings.HasPrefix(v, "{") || strings.HasPrefix(v, "<") || strings.Trim(v, "*x.") == ""
}

// plainWord is a value that cannot be a secret: a number, a switch.
func plainWord(v string) bool {
	switch strings.ToLower(v) {
	case "true", "false", "yes", "no", "on", "off", "none", "required", "optional":
		return true
	}
	return strings.Trim(v, "0123456789.smhd%") == ""
}

// random reports whether a value has the randomness of a key: long, without
// words, of letters and digits, and nearly every character a surprise.
func random(v string) bool {
	if len(v) < 24 || len(v) > 512 || strings.ContainsAny(v, " :,;@?&") || strings.Count(v, ".") > 1 {
		return false
	}
	var digits, upper, lower, other int
	seen := map[rune]int{}
	for _, c := range v {
		seen[c]++
		switch {
		case c >= '0' && c <= '9':
			digits++
		case unicode.IsUpper(c):
			upper++
		case unicode.IsLower(c):
			lower++
		default:
			other++
		}
	}
	if digits == 0 || upper == 0 || lower == 0 || other > len(v)/8 {
		return false
	}
	entropy := 0.0
	for _, n := range seen {
		p := float64(n) / float64(len(v))
		entropy -= p * math.Log2(p)
	}
	return entropy >= 4
}

// masked is what may be said of a value.
func masked(v string) string {
	r := []rune(v)
	shown := min(4, len(r)/4)
	if slices.ContainsFunc(r, func(c rune) bool { return !unicode.IsPrint(c) }) {
		shown = 0
	}
	return fmt.Sprintf("%q and %d more characters", string(r[:shown]), len(r)-shown)
}

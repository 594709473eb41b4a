package rules

import (
	"strings"
	"testing"
)

// The tokens are put together here, so that no scanner takes this file for a
// leak.
func TestSecretive(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"KEY_ID", "AKIA" + strings.Repeat("Q", 16), "AWS access key"},
		{"CERT", "-----BEGIN " + "RSA PRIVATE KEY-----", "private key"},
		{"SESSION", "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0.sig", "JSON Web Token"},
		{"GIT", "ghp" + "_" + strings.Repeat("a1B2", 9), "GitHub"},
		{"CHAT", "xox" + "b-1234567890-abcdef", "Slack"},
		{"DB_URL", "postgres://app:hunter2@db:5432/app", "password in it"},
		{"DB_PASSWORD", "hunter2", "name says"},
		{"smtp_password", "hunter2", "name says"},
		{"PAYMENT_API_KEY", "abc", "name says"},
		{"BLOB", "f9Xq2Lw8Zr5Tn1Vb7Yc3Kd6Mh0Jp4Gs", "randomness"},
	} {
		if got := secretive(c.name, c.value); !strings.Contains(got, c.want) {
			t.Errorf("%s=%s: %q, want %q in it", c.name, c.value, got, c.want)
		}
	}
	for _, c := range []struct{ name, value string }{
		{"CURRENCY", "INR"},
		{"TOKEN_TTL", "15m"},
		{"PASSWORD_MIN_LENGTH", "12"},
		{"SECRET_NAME", "prod/booking"},
		{"API_KEY_HEADER", "X-Api-Key"},
		{"USE_TOKEN", "true"},
		{"TOKEN", ""},
		{"DB_PASSWORD", "$(DB_PASSWORD)"},
		{"PARTNER_URL", "https://api.partner.example/v1?page=1"},
		{"DB_URL", "postgres://app@db:5432/app"},
		{"DIGEST", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{"COMMIT", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"},
		{"ID", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"},
		{"CLASS", "com.kestrelcars.booking.PaymentGatewayFactoryV2"},
		{"KEYBOARD", "qwerty"},
		{"MONKEY", "george"},
	} {
		if got := secretive(c.name, c.value); got != "" {
			t.Errorf("%s=%s: %q, want nothing", c.name, c.value, got)
		}
	}
}

func TestMaskedKeepsTheValue(t *testing.T) {
	for value, want := range map[string]string{
		"hunter2":               `"h" and 6 more characters`,
		"correct-horse-battery": `"corr" and 17 more characters`,
		"a":                     `"" and 1 more characters`,
		"two\nlines of text":    `"" and 17 more characters`,
	} {
		if got := masked(value); got != want {
			t.Errorf("masked(%q) = %s, want %s", value, got, want)
		}
	}
}

func FuzzSecretive(f *testing.F) {
	f.Add("TOKEN", "x")
	f.Add("A", "postgres://a:b@c")
	f.Fuzz(func(t *testing.T, name, value string) {
		secretive(name, value)
		if shown := masked(value); len(value) >= 24 && strings.Contains(shown, value) {
			t.Fatalf("%q is told", value)
		}
	})
}

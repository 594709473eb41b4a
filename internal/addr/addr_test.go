package addr_test

import (
	"strings"
	"testing"

	"paddock.dev/internal/addr"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]addr.Address{
		"service/booking":             {Kind: addr.Service, Name: "booking"},
		"env/prod":                    {Kind: addr.Environment, Name: "prod"},
		"group/qa-leads":              {Kind: addr.Group, Name: "qa-leads"},
		"release/booking-1.13.0":      {Kind: addr.Release, Name: "booking-1.13.0"},
		"release/mobile-bff-1.0.2":    {Kind: addr.Release, Name: "mobile-bff-1.0.2"},
		"rollout/prod-booking-1.13.0": {Kind: addr.Rollout, Name: "prod-booking-1.13.0"},
		"store/ledger":                {Kind: addr.Store, Name: "ledger"},
		"topic/booking.created":       {Kind: addr.Topic, Name: "booking.created"},
		"domain/*.googleapis.com":     {Kind: addr.Domain, Name: "*.googleapis.com"},
		"data/pci":                    {Kind: addr.Data, Name: "pci"},
		"internet":                    addr.Everybody,
		"build/booking-0123456789ab":  {Kind: addr.Build, Name: "booking-0123456789ab"},
	} {
		got, err := addr.Parse(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("Parse(%q) = %v, %v", text, got, err)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "is empty",
		"booking":             "write the kind before it, such as service/booking",
		"service/":            "has no name after the kind",
		"servce/booking":      "did you mean service?",
		"environment/prod":    "did you mean env?",
		"thing/x":             "the kinds are service, env",
		"service/Booking":     `write "booking"`,
		"service/my_service":  `as in "my-service"`,
		"service/1st":         "first character must be a letter",
		"service/-x":          "a dash must stand between",
		"release/booking":     "ends in a version",
		"release/booking-1.2": "versions look like 1.13.0",
		"service/a/b":         "only a-z",
		"topic/a b":           "letters, digits, dots",
		"topic/..":            "more than dots",
		"domain/a..b":         "domains look like",
		"domain/*.*.b":        "domains look like",
		"internet/all":        "write internet",
	} {
		_, err := addr.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %q in it", text, err, want)
		}
	}
}

func TestParseAs(t *testing.T) {
	for _, text := range []string{"booking", "service/booking"} {
		if got, err := addr.ParseAs(addr.Service, text); err != nil || got.String() != "service/booking" {
			t.Errorf("ParseAs(%q) = %v, %v", text, got, err)
		}
	}
	if _, err := addr.ParseAs(addr.Service, "env/prod"); err == nil || !strings.Contains(err.Error(), "a service is wanted") {
		t.Errorf("got %v", err)
	}
}

func TestServiceVersion(t *testing.T) {
	service, version, ok := addr.ReleaseOf("mobile-bff", "1.13.0").ServiceVersion()
	if !ok || service != "mobile-bff" || version != "1.13.0" {
		t.Errorf("got %q %q %v", service, version, ok)
	}
	if _, _, ok := (addr.Address{Kind: addr.Service, Name: "a-1.0.0"}).ServiceVersion(); ok {
		t.Error("a service has no version")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"service/booking", "release/booking-1.13.0", "env/", "/", "release/-1.0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := addr.Parse(s)
		if err != nil {
			return
		}
		if a.String() != s {
			t.Fatalf("%q was read as %q", s, a)
		}
	})
}

package v1_test

import (
	"encoding"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "paddock.dev/api/v1"
)

// value is what every written form of the file can do.
type value interface {
	encoding.TextUnmarshaler
	encoding.TextMarshaler
	Form() v1.Form
}

func kinds() map[string]func() value {
	return map[string]func() value{
		"duration": func() value { return new(v1.Duration) }, "cpu": func() value { return new(v1.CPU) },
		"bytes": func() value { return new(v1.Bytes) }, "percent": func() value { return new(v1.Percent) },
		"range": func() value { return new(v1.Range) }, "port": func() value { return new(v1.Port) },
		"path": func() value { return new(v1.URLPath) }, "route": func() value { return new(v1.Route) },
		"dir": func() value { return new(v1.Dir) }, "date": func() value { return new(v1.Date) },
		"dates": func() value { return new(v1.Dates) }, "moment": func() value { return new(v1.Moment) },
		"hours": func() value { return new(v1.Hours) }, "window": func() value { return new(v1.Window) },
		"cron": func() value { return new(v1.Cron) }, "rotation": func() value { return new(v1.Rotation) },
		"cidr": func() value { return new(v1.CIDR) }, "ip": func() value { return new(v1.IP) },
		"host": func() value { return new(v1.Host) }, "domain": func() value { return new(v1.DomainPattern) },
		"url": func() value { return new(v1.URL) }, "region": func() value { return new(v1.RegionName) },
		"instance": func() value { return new(v1.InstanceType) }, "account": func() value { return new(v1.AccountID) },
		"version": func() value { return new(v1.Version) }, "tier": func() value { return new(v1.Tier) },
		"mail": func() value { return new(v1.Mail) }, "mails": func() value { return new(v1.MailPattern) },
		"channel": func() value { return new(v1.Channel) }, "phone": func() value { return new(v1.Phone) },
		"rate": func() value { return new(v1.Rate) }, "use": func() value { return new(v1.Use) },
		"reach": func() value { return new(v1.Reach) }, "flow": func() value { return new(v1.Flow) },
		"address": func() value { return new(v1.Address) }, "pattern": func() value { return new(v1.Pattern) },
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct{ kind, text, canonical string }{
		{"duration", "15m", "15m"}, {"duration", "90m", "1h30m"}, {"duration", "300ms", "300ms"}, {"duration", "35d", "35d"},
		{"duration", "1h30m5s", "1h30m5s"}, {"duration", "0s", "0s"}, {"duration", "1s500ms", "1s500ms"},
		{"cpu", "250m", "250m"}, {"cpu", "0.5", "500m"}, {"cpu", "2", "2"}, {"cpu", "1500m", "1500m"}, {"cpu", "1000m", "1"},
		{"bytes", "256Mi", "256Mi"}, {"bytes", "1024Mi", "1Gi"}, {"bytes", "200Gi", "200Gi"}, {"bytes", "2Ti", "2Ti"},
		{"percent", "60%", "60%"}, {"percent", "99.9%", "99.9%"}, {"percent", "99.90%", "99.9%"}, {"percent", "0.001%", "0.001%"}, {"percent", "100%", "100%"},
		{"range", "3", "3"}, {"range", "2..20", "2..20"}, {"range", "4..4", "4"},
		{"port", "8443", "8443"}, {"port", "65535", "65535"},
		{"path", "/healthz/live", "/healthz/live"}, {"path", "/", "/"},
		{"route", "api.kestrelcars.example/v1/", "api.kestrelcars.example/v1"}, {"route", "kestrelcars.example", "kestrelcars.example"},
		{"dir", "./services/booking/", "services/booking"}, {"dir", ".", "."},
		{"date", "2028-02-29", "2028-02-29"}, {"dates", "2026-12-24 - 2027-01-02", "2026-12-24 - 2027-01-02"}, {"dates", "2026-12-25", "2026-12-25"},
		{"moment", "Mon 10:00 Asia/Kolkata", "Mon 10:00 Asia/Kolkata"}, {"moment", "Sun 00:00 UTC", "Sun 00:00 UTC"},
		{"hours", "Mon-Fri 08:00-21:00 Asia/Kolkata", "Mon-Fri 08:00-21:00 Asia/Kolkata"}, {"hours", "Mon,Wed,Sat-Sun 00:00-24:00 UTC", "Mon,Wed,Sat-Sun 00:00-24:00 UTC"},
		{"hours", "Sat-Mon 08:00-12:00 Europe/Berlin", "Mon,Sat-Sun 08:00-12:00 Europe/Berlin"}, {"hours", "Mon,Tue,Wed 08:00-12:00 UTC", "Mon-Wed 08:00-12:00 UTC"},
		{"window", "Fri 18:00 - Mon 06:00 Asia/Kolkata", "Fri 18:00 - Mon 06:00 Asia/Kolkata"}, {"window", "2026-12-24 - 2027-01-02 Asia/Kolkata", "2026-12-24 - 2027-01-02 Asia/Kolkata"}, {"window", "2026-12-25 UTC", "2026-12-25 UTC"},
		{"cron", "0 6 * * * Asia/Kolkata", "0 6 * * * Asia/Kolkata"}, {"cron", "*/15  0-6,22 1,15 JAN-MAR MON-FRI UTC", "*/15 0-6,22 1,15 JAN-MAR MON-FRI UTC"}, {"cron", "0 0 31 2 1 UTC", "0 0 31 2 1 UTC"}, {"cron", "0 0 29 2 * UTC", "0 0 29 2 * UTC"},
		{"rotation", "weekly", "weekly"}, {"rotation", "14d", "biweekly"}, {"rotation", "3d", "3d"},
		{"cidr", "10.0.0.0/8", "10.0.0.0/8"}, {"cidr", "203.0.113.7/32", "203.0.113.7/32"}, {"ip", "203.0.113.10", "203.0.113.10"}, {"ip", "2001:DB8::1", "2001:db8::1"},
		{"host", "kestrel.internal", "kestrel.internal"}, {"domain", "*.googleapis.com", "*.googleapis.com"}, {"domain", "198.51.100.7", "198.51.100.7"}, {"url", "https://x.example/a", "https://x.example/a"},
		{"region", "ap-south-1", "ap-south-1"}, {"instance", "r6i.2xlarge", "r6i.2xlarge"}, {"instance", "u7i-12tb.224xlarge", "u7i-12tb.224xlarge"}, {"instance", "m7i.metal-24xl", "m7i.metal-24xl"},
		{"account", "012345678901", "012345678901"}, {"version", "7.0", "7.0"}, {"version", "17", "17"}, {"tier", "4", "4"},
		{"mail", "asha.r+x@kestrelcars.example", "asha.r+x@kestrelcars.example"}, {"mails", "aws+{account}@x.example", "aws+{account}@x.example"},
		{"channel", "#alerts-platform", "#alerts-platform"}, {"phone", "+919800000001", "+919800000001"},
		{"rate", "1000/m", "1000/m"}, {"use", "bookings", "bookings"}, {"use", "ledger:read", "ledger:read"},
		{"reach", "telematics-ingest:8883", "telematics-ingest:8883"}, {"reach", "ops-console:443@uat", "ops-console:443@uat"},
		{"flow", "service/search -> store/mongo-core", "service/search -> store/mongo-core"}, {"flow", "internet -> data/pci", "internet -> data/pci"},
		{"address", "store/ledger", "store/ledger"}, {"pattern", "./services/*/paddock.yaml", "services/*/paddock.yaml"},
	} {
		v := kinds()[c.kind]()
		if err := v.UnmarshalText([]byte(c.text)); err != nil {
			t.Errorf("%s %q: %v", c.kind, c.text, err)
			continue
		}
		if got, _ := v.MarshalText(); string(got) != c.canonical {
			t.Errorf("%s %q is written back as %q, want %q", c.kind, c.text, got, c.canonical)
		}
	}
	var d v1.Duration
	if err := d.UnmarshalText([]byte("1d2h")); err != nil || time.Duration(d) != 26*time.Hour {
		t.Errorf("1d2h is %v, %v", time.Duration(d), err)
	}
}

func TestWrongValuesSayWhatToWrite(t *testing.T) {
	for _, c := range []struct{ kind, text, instead string }{
		{"duration", "15", "15s"}, {"duration", "", ""}, {"duration", "5x", ""}, {"duration", "1m1h", ""}, {"duration", "1m1m", ""}, {"duration", "-5m", ""}, {"duration", "9999999d", ""}, {"duration", "1.5h", ""},
		{"cpu", "0", "1m"}, {"cpu", "50%", ""}, {"cpu", "2 cores", ""}, {"cpu", "1.2345", ""}, {"cpu", "2000", ""}, {"cpu", "-1", ""},
		{"bytes", "256", "256Mi"}, {"bytes", "256MB", "256Mi"}, {"bytes", "256m", "256Mi"}, {"bytes", "1G", "1Gi"}, {"bytes", "Mi", ""}, {"bytes", "0Mi", ""}, {"bytes", "99999999999Ti", ""}, {"bytes", "1.5Gi", ""},
		{"percent", "60", "60%"}, {"percent", "101%", ""}, {"percent", "%", ""}, {"percent", "99.9999%", ""}, {"percent", "-1%", ""},
		{"range", "2-20", "2..20"}, {"range", "20..2", "2..20"}, {"range", "2...5", ""}, {"range", "x", ""}, {"range", "-1", ""}, {"range", "1..", ""}, {"range", "", ""},
		{"port", "80", "8080"}, {"port", "443", "8443"}, {"port", "0", ""}, {"port", "70000", ""}, {"port", "http", ""},
		{"path", "healthz", "/healthz"}, {"path", "/a?b", ""}, {"path", "/a//b", "/a/b"}, {"path", "/../x", "/x"}, {"path", "http://x/", ""}, {"path", "/a b", ""},
		{"route", "https://api.example.com/v1", "api.example.com/v1"}, {"route", "api.example.com:443/v1", "api.example.com/v1"}, {"route", "/v1", ""}, {"route", "localhost", ""}, {"route", "API.example.com", "api.example.com"}, {"route", "*.example.com", ""}, {"route", "10.0.0.1/x", ""}, {"route", "a_b.example.com", ""}, {"route", "a..b", ""},
		{"dir", "/abs", ""}, {"dir", "../up", ""}, {"dir", "a/../../up", ""}, {"dir", "https://github.com/x/y", ""}, {"dir", "", ""}, {"dir", `a\b`, ""},
		{"date", "2026-2-3", "2026-02-03"}, {"date", "2026-02-30", ""}, {"date", "24.12.2026", ""}, {"date", "2026-13-01", ""}, {"date", "0026-01-01", ""}, {"date", "24-12-2026", ""}, {"date", "", ""},
		{"dates", "2027-01-02 - 2026-12-24", "2026-12-24 - 2027-01-02"}, {"dates", "2026-12-24 to 2027-01-02", "2026-12-24 - 2027-01-02"}, {"dates", "2026-12-24-2027-01-02", "2026-12-24 - 2027-01-02"}, {"dates", "2026-12-24..2027-1-2", ""}, {"dates", "2026-12-24 - 2027-1-2", "2026-12-24 - 2027-01-02"},
		{"moment", "Mon 10:00", "Mon 10:00 UTC"}, {"moment", "Monday 10:00 UTC", "Mon 10:00 UTC"}, {"moment", "Mon 9:00 UTC", "Mon 09:00 UTC"}, {"moment", "Mon 24:00 UTC", "Tue 00:00 UTC"}, {"moment", "Mon 10:60 UTC", ""}, {"moment", "Mon 10:00 IST", "Mon 10:00 Asia/Kolkata"}, {"moment", "Mon 10:00 kolkata", "Mon 10:00 Asia/Kolkata"}, {"moment", "Mon 10:00 Asia/Kolkatta", ""}, {"moment", "Mon UTC", ""}, {"moment", "UTC", ""}, {"moment", "Mon 10:00 Local", "Mon 10:00 UTC"}, {"moment", "Mon 10:00 ../../etc/passwd", ""},
		{"hours", "Mon-Fri 08:00-21:00", "Mon-Fri 08:00-21:00 UTC"}, {"hours", "Mon-Fri 8:00-21:00 UTC", "Mon-Fri 08:00-21:00 UTC"}, {"hours", "Mon-Fri 8-18 UTC", "Mon-Fri 08:00-18:00 UTC"}, {"hours", "mon-fri 08:00-18:00 UTC", "Mon-Fri 08:00-18:00 UTC"}, {"hours", "Mon-Fri 22:00-06:00 UTC", ""}, {"hours", "Mon-Fri 09:00-00:00 UTC", "Mon-Fri 09:00-24:00 UTC"}, {"hours", "Mon-Fri 09:00-09:00 UTC", ""}, {"hours", "Mon,Mon-Tue 08:00-09:00 UTC", ""}, {"hours", "09:00-18:00 UTC", ""}, {"hours", "Mon-Fri 08:00 UTC", ""}, {"hours", "", ""},
		{"window", "Fri 18:00 - Mon 06:00", "Fri 18:00 - Mon 06:00 UTC"}, {"window", "Fri 18:00-Mon 06:00 UTC", ""}, {"window", "Fri 18:00 - Fri 18:00 UTC", ""}, {"window", "2026-12-24 to 2027-01-02 UTC", "2026-12-24 - 2027-01-02 UTC"}, {"window", "2026-12-24 - 2027-01-02", "2026-12-24 - 2027-01-02 UTC"}, {"window", "weekends", ""},
		{"cron", "0 6 * * *", "0 6 * * * UTC"}, {"cron", "@daily", "0 0 * * * UTC"}, {"cron", "@weekly Asia/Kolkata", "0 0 * * 0 Asia/Kolkata"}, {"cron", "0 0 6 * * * UTC", "0 6 * * * UTC"}, {"cron", "60 6 * * * UTC", ""}, {"cron", "0 24 * * * UTC", ""}, {"cron", "0 0 0 * * UTC", ""}, {"cron", "0 0 * 13 * UTC", ""}, {"cron", "0 0 31 2,4 * UTC", ""}, {"cron", "0 0 * * 8 UTC", ""}, {"cron", "*/0 * * * * UTC", ""}, {"cron", "5-1 * * * * UTC", ""}, {"cron", "every day", ""}, {"cron", "0 6 * * * Asia/Kolkatta", ""},
		{"rotation", "week", ""}, {"rotation", "5m", ""}, {"rotation", "1", ""},
		{"cidr", "10.1.2.3/8", "10.0.0.0/8"}, {"cidr", "10.1.2.3", "10.1.2.3/32"}, {"cidr", "10.0.0.0/33", ""}, {"cidr", "300.0.0.0/8", ""}, {"cidr", "fd00::/8", ""}, {"cidr", "", ""},
		{"ip", "203.0.113.0/24", ""}, {"ip", "vpn.example", ""}, {"ip", "0.0.0.0", ""}, {"ip", "127.0.0.1", ""}, {"ip", "fe80::1%eth0", "fe80::1"},
		{"host", "internal", ""}, {"host", "Kestrel.internal", "kestrel.internal"}, {"domain", "https://api.x.example/v1", "api.x.example"}, {"domain", "api.x.example:443", "api.x.example"}, {"domain", "api.x.example/v1", "api.x.example"}, {"domain", "*", ""}, {"domain", "api.*.example", ""}, {"domain", "*.API.example", "*.api.example"}, {"domain", "localhost", ""},
		{"url", "http://x.example", "https://x.example"}, {"url", "x.example", "https://x.example"}, {"url", "https://x", ""},
		{"region", "ap-south-1a", "ap-south-1"}, {"region", "AP-South-1", "ap-south-1"}, {"region", "ap-suoth-1", ""}, {"region", "mumbai", ""},
		{"instance", "db.r6g.large", "r6g.large"}, {"instance", "r6g.large.search", "r6g.large"}, {"instance", "large", ""}, {"instance", "m6i.huge", ""},
		{"account", "1234-5678-9012", "123456789012"}, {"account", "12345", ""}, {"account", "1234567890123", ""}, {"account", "prod", ""},
		{"version", "v1.35", "1.35"}, {"version", "8.x", "8"}, {"version", "latest", ""}, {"version", "~7.0", "7.0"}, {"tier", "0", ""}, {"tier", "5", ""}, {"tier", "tier-1", "1"},
		{"mail", "asha", ""}, {"mail", "Asha <asha@x.example>", "asha@x.example"}, {"mail", "mailto:asha@x.example", "asha@x.example"}, {"mail", "a b@x.example", ""}, {"mail", "asha@localhost", ""},
		{"mails", "aws@x.example", "aws+{account}@x.example"}, {"mails", "{account}+{account}@x.example", ""}, {"mails", "aws", ""},
		{"channel", "rentals", `"#rentals"`}, {"channel", "#Rentals", `"#rentals"`}, {"channel", "# rentals", ""}, {"phone", "+91 98000 00001", "+919800000001"}, {"phone", "09800000001", ""}, {"phone", "+12", ""},
		{"rate", "100", "100/s"}, {"rate", "100/sec", "100/s"}, {"rate", "0/s", ""}, {"rate", "many/s", ""}, {"rate", "5/fortnight", ""},
		{"use", "ledger:raed", ""}, {"use", ":read", ""}, {"use", "a b", ""}, {"use", "", ""}, {"reach", "ops-console", ""}, {"reach", "ops-console:0", ""}, {"reach", "ops-console:443@", "ops-console:443"}, {"reach", "ops console:443", ""},
		{"flow", "service/search->store/mongo-core", "service/search -> store/mongo-core"}, {"flow", "search -> store/x", ""}, {"flow", "servce/search -> store/x", ""}, {"flow", "internet/all -> store/x", "internet -> store/x"}, {"flow", "service/search", ""},
		{"address", "ledger", ""}, {"address", "store/", ""}, {"pattern", "/etc/*", ""}, {"pattern", "../x.yaml", ""}, {"pattern", "a/**/b.yaml", ""}, {"pattern", "services/", "services/*.yaml"}, {"pattern", "a[", ""}, {"pattern", "", ""},
	} {
		err := kinds()[c.kind]().UnmarshalText([]byte(c.text))
		var wrong *v1.ValueError
		if !errors.As(err, &wrong) || wrong.Reason == "" {
			t.Errorf("%s %q: %v, want a ValueError", c.kind, c.text, err)
			continue
		}
		if wrong.Instead != c.instead {
			t.Errorf("%s %q: says to write %q, want %q", c.kind, c.text, wrong.Instead, c.instead)
		}
		// What the message proposes must be right.
		if wrong.Instead != "" {
			text := strings.Trim(wrong.Instead, `"`)
			if err := kinds()[c.kind]().UnmarshalText([]byte(text)); err != nil {
				t.Errorf("%s %q: proposes %q, and then says %v", c.kind, c.text, wrong.Instead, err)
			}
		}
	}
}

func TestExamplesAreWellWritten(t *testing.T) {
	for name, make := range kinds() {
		if err := make().UnmarshalText([]byte(make().Form().Example)); err != nil {
			t.Errorf("the example of %s: %v", name, err)
		}
	}
}

func FuzzValues(f *testing.F) {
	for _, s := range []string{"15m", "1h30m", "2..20", "99.9%", "256Mi", "0.25", "8443", "api.kestrelcars.example/v1", "./a/b", "/healthz", "9223372036854775807d", "00001",
		"Mon,Wed-Fri 08:00-24:00 Asia/Kolkata", "Fri 18:00 - Mon 06:00 UTC", "2026-12-24 - 2027-01-02 Asia/Kolkata", "*/5 0-23/2 31 JAN,MAR * UTC", "10.0.0.0/8",
		"*.googleapis.com", "https://x.example/a", "ap-south-1", "r6i.2xlarge", "#a", "+919800000001", "100/s", "a:read", "a:443@uat", "service/a -> internet", "a/*/b.yaml", "aws+{account}@x.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, make := range kinds() {
			v := make()
			if v.UnmarshalText([]byte(s)) != nil {
				continue
			}
			text, err := v.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			again := make()
			if err := again.UnmarshalText(text); err != nil {
				t.Fatalf("%s: %q was accepted and written back as %q, which is refused: %v", name, s, text, err)
			}
			if twice, _ := again.MarshalText(); string(twice) != string(text) {
				t.Fatalf("%s: %q becomes %q, then %q", name, s, text, twice)
			}
		}
	})
}

// Schema, explain and the reference page are made of the comments.
func TestEveryFieldOfTheFileHasAComment(t *testing.T) {
	files, err := filepath.Glob("file*.go")
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			f, ok := n.(*ast.Field)
			if !ok || f.Tag == nil {
				return true
			}
			fields++
			if f.Doc == nil || !strings.HasSuffix(strings.TrimSpace(f.Doc.Text()), ".") {
				t.Errorf("%s: %v has no comment that ends in a full stop", name, f.Names)
			}
			return true
		})
	}
	if fields < 180 {
		t.Fatalf("found only %d fields", fields)
	}
}

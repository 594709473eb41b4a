package entry

import (
	"strings"
	"testing"
)

const albLine = `https 2026-11-23T22:23:00.186641Z app/kestrel/50dc6c495c0c9188 192.0.2.7:2817 10.0.3.5:8080 0.001 0.142 0.000 200 200 34 366 "GET https://www.kestrelcars.example:443/cars/8123?x=1 HTTP/2.0" "Mozilla/5.0 (X11; Linux x86_64)" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:ap-south-1:111122223333:targetgroup/web/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "www.kestrelcars.example" "arn:aws:acm:ap-south-1:111122223333:certificate/12345678" 0 2026-11-23T22:22:48.364000Z "forward" "-" "-" "10.0.3.5:8080" "200" "-" "-" TID_1234abcd`

func cut(s, old, new string) string {
	if !strings.Contains(s, old) {
		panic(old)
	}
	return strings.Replace(s, old, new, 1)
}

// show is what a line was read as, in short.
func show(e *Entry) string {
	var b strings.Builder
	for _, f := range [][]byte{e.Client, e.Target, e.Method, e.Host, e.Path, e.Query, e.Protocol, e.Agent} {
		if f == nil {
			b.WriteString("- | ")
			continue
		}
		b.Write(f)
		b.WriteString(" | ")
	}
	e.Notes.Each(func(n Note) { b.WriteString("(" + n.String() + ")") })
	return b.String()
}

func TestParse(t *testing.T) {
	const plain = "192.0.2.7 | 10.0.3.5:8080 | GET | www.kestrelcars.example | /cars/8123 | x=1 | HTTP/2.0 | Mozilla/5.0 (X11; Linux x86_64) | "
	for _, c := range []struct{ name, line, want string }{
		{"whole", albLine, plain},
		{"carriage return", albLine + "\r", plain},
		{"2016", albLine[:strings.Index(albLine, ` "www`)], plain},
		{"newer fields", albLine + ` "-" "-" "-" "what" comes - next`, plain},
		{"odd count", albLine[:strings.Index(albLine, ` "-" "-" TID`)] + ` "-"`, plain + "(no published version of the format has this number of fields)"},
		{"no target", cut(albLine, "10.0.3.5:8080 0.001 0.142 0.000 200 200", "- -1 -1 -1 503 -"),
			"192.0.2.7 | - | GET | www.kestrelcars.example | /cars/8123 | x=1 | HTTP/2.0 | Mozilla/5.0 (X11; Linux x86_64) | "},
		{"IPv6", cut(albLine, "192.0.2.7:2817", "2001:db8::7:2817"), strings.Replace(plain, "192.0.2.7", "2001:db8::7", 1)},
		{"IPv6 in brackets", cut(albLine, "192.0.2.7:2817", "[2001:db8::7]:2817"), strings.Replace(plain, "192.0.2.7", "2001:db8::7", 1)},
		{"malformed request", cut(albLine, `"GET https://www.kestrelcars.example:443/cars/8123?x=1 HTTP/2.0"`, `"- http://www.kestrelcars.example:80- -"`),
			"192.0.2.7 | 10.0.3.5:8080 | - | www.kestrelcars.example |  | - | - | Mozilla/5.0 (X11; Linux x86_64) | (the request line is not a request)"},
		{"no request", cut(albLine, `"GET https://www.kestrelcars.example:443/cars/8123?x=1 HTTP/2.0"`, `"-"`),
			"192.0.2.7 | 10.0.3.5:8080 | - | - | - | - | - | Mozilla/5.0 (X11; Linux x86_64) | (the request line is not a request)"},
		{"spaces in the path", cut(albLine, "/cars/8123", "/my cars/8 123"), strings.Replace(plain, "/cars/8123", "/my cars/8 123", 1)},
		{"no agent", cut(albLine, `"Mozilla/5.0 (X11; Linux x86_64)"`, `"-"`), strings.Replace(plain, "Mozilla/5.0 (X11; Linux x86_64)", "-", 1)},
		{"empty agent", cut(albLine, `"Mozilla/5.0 (X11; Linux x86_64)"`, `""`), strings.Replace(plain, "Mozilla/5.0 (X11; Linux x86_64)", "", 1)},
		{"hexadecimal escape", cut(albLine, `(X11;`, `\x22X11;`), strings.Replace(plain, "(X11;", `\x22X11;`, 1)},
		{"backslash escape", cut(albLine, `(X11;`, `\"X11;`), strings.Replace(plain, "(X11;", `\"X11;`, 1)},
		{"escaped quote and space", cut(albLine, `(X11;`, `\" X11;`), strings.Replace(plain, "(X11;", `\" X11;`, 1)},
		{"backslash at the end", cut(albLine, `x86_64)"`, `x86_64)\"`), strings.Replace(plain, "x86_64)", `x86_64)\`, 1)},
		{"quotes without escape", cut(albLine, `(X11; Linux`, `"X11" "Linux`), strings.Replace(plain, "(X11; Linux", `"X11" "Linux`, 1) + "(a quote inside a field is not escaped)"},
		{"quotes in the path", cut(albLine, `/cars/8123`, `/cars/"8 123" `), strings.Replace(plain, "/cars/8123", `/cars/"8 123" `, 1) + "(a quote inside a field is not escaped)"},
		{"five octets", cut(albLine, "192.0.2.7:", "192.0.2.7.9:"), strings.Replace(plain, "192.0.2.7", "192.0.2.7.9", 1)},
		{"query with a scheme", cut(albLine, "?x=1", "?to=http://x/y?z"), strings.Replace(plain, "x=1", "to=http://x/y?z", 1)},
		{"query without a path", cut(albLine, "/cars/8123?x=1", "?a/b"), "192.0.2.7 | 10.0.3.5:8080 | GET | www.kestrelcars.example |  | a/b | HTTP/2.0 | Mozilla/5.0 (X11; Linux x86_64) | "},
		{"websocket", cut(cut(albLine, "https 2", "wss 2"), "GET https:", "GET wss:"), plain},

		{"classic", `2015-05-13T23:39:43.945958Z my-elb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -`,
			"192.168.131.39 | 10.0.0.1:80 | GET | www.example.com | / | - | HTTP/1.1 | curl/7.38.0 | "},
		{"classic, TCP", `2015-05-13T23:39:43.945958Z my-elb 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -`,
			"192.168.131.39 | 10.0.0.1:80 | - | - | - | - |  | - | (the request line is not a request)"},
		{"classic, 2014", `2014-02-15T23:39:43.945958Z my-elb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1"`,
			"192.168.131.39 | 10.0.0.1:80 | GET | www.example.com | / | - | HTTP/1.1 | - | "},

		{"nlb", `tls 2.0 2020-04-01T08:51:42 net/my-nlb/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19 - ECDHE-RSA-AES128-SHA tlsv12 - my-nlb.example h2 h2 "h2","http/1.1" 2020-04-01T08:51:20`,
			"72.21.218.154 | 172.100.100.185:443 | - | my-nlb.example | - | - | - | - | "},
		{"nlb, 2018", `tls 1.0 2018-12-20T02:59:40 net/my-nlb/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn:aws:acm:us-east-2:671290407336:certificate/2a108f19 - ECDHE-RSA-AES128-SHA tlsv12 - -`,
			"72.21.218.154 | 172.100.100.185:443 | - | - | - | - | - | - | "},

		{"cloudfront without header", strings.ReplaceAll(`2019-12-04 21:02:31 LAX1 392 192.0.2.100 GET d111111abcdef8.cloudfront.net /index.html 200 - Mozilla/5.0%2520(Windows%20NT%2010.0) a=b - Hit SOX4x www.example.com https 23 0.001 - TLSv1.2 ECDHE Hit HTTP/2.0 - - 11040 0.001 Hit text/html 78 - -`, " ", "\t"),
			"192.0.2.100 | - | GET | www.example.com | /index.html | a=b | HTTP/2.0 | Mozilla/5.0 (Windows NT 10.0) | "},
	} {
		var p Parser
		var e Entry
		if reason := p.Parse([]byte(c.line), &e); reason != "" {
			t.Errorf("%s: rejected: %s", c.name, reason)
		} else if got := show(&e); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestValues(t *testing.T) {
	var p Parser
	var e Entry
	if reason := p.Parse([]byte(albLine), &e); reason != "" {
		t.Fatal(reason)
	}
	if e.Time != 1795472580186641 || e.Latency != 143000 || e.TargetTime != 142000 || e.Status != 200 || e.TargetStatus != 200 || e.Received != 34 || e.Sent != 366 {
		t.Errorf("%+v", e)
	}
	for want, got := range map[string][]byte{
		"www.kestrelcars.example:443/cars/8123": e.Location, "https": e.Kind, "app/kestrel/50dc6c495c0c9188": e.Balancer,
		"ECDHE-RSA-AES128-GCM-SHA256": e.Cipher, "www.kestrelcars.example": e.Domain, "TID_1234abcd": e.Conn, "forward": e.Actions,
		"Root=1-58337262-36d228ad5d99923122bbe354": e.Trace, "arn:aws:elasticloadbalancing:ap-south-1:111122223333:targetgroup/web/73e2d6bc24d8a067": e.Group,
	} {
		if string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRejects(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"hello world", "this is no access log line of an ALB, NLB, Classic Load Balancer or CloudFront"},
		{"http", "the line ends before field 2, time"},
		{cut(albLine, "2026-11-23T", "2026-11-31T"), `time is "2026-11-31T22:23:00.186641Z": not a time such as 2026-11-23T22:23:00.186641Z`},
		{cut(albLine, " 34 366", " 34 99999999999999999999999"), `sent_bytes is "99999999999999999999999": too large to be true, and for 63 bits`},
		{cut(albLine, " 34 366", " 34 9999999999999999999"), `sent_bytes is "9999999999999999999": too large to be true, and for 63 bits`},
		{cut(albLine, " 34 366", " -34 366"), `received_bytes is "-34": not a number`},
		{cut(albLine, "0.142", "0.1.2"), `target_processing_time is "0.1.2": not a number of seconds`},
		{cut(albLine, " 200 200 ", " 2000 200 "), `elb_status_code is "2000": not a status of three digits`},
		{cut(albLine, " 200 200 ", " 200 20x "), `target_status_code is "20x": not a status of three digits`},
		{albLine[:30], "the line ends before field 3, elb"},
		{albLine[:strings.Index(albLine, ` "GET`)], `the line ends before field 13, "request"`},
		{albLine[:strings.Index(albLine, `/cars`)], `field 13, "request", does not end: a quote is missing`},
		{albLine[:strings.Index(albLine, `(X11`)], `field 14, "user_agent", does not end: a quote is missing`},
		{albLine[:strings.Index(albLine, `d228ad5d`)], "field 18 does not end: a quote is missing"},
		{albLine[:strings.Index(albLine, ` TLSv1.2`)], "the line ends before field 16, ssl_protocol"},
	} {
		var p Parser
		var e Entry
		p.Format = Sniff([]byte(c.line))
		if got := p.Parse([]byte(c.line), &e); got != c.want {
			t.Errorf("%.60s…:\n got %s\nwant %s", c.line, got, c.want)
		}
	}
}

func TestFilesThatWerePutTogether(t *testing.T) {
	var p Parser
	var e Entry
	nlb := `tls 2.0 2020-04-01T08:51:42 net/my-nlb/c6 g3 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn - ECDHE tlsv12 - my-nlb.example h2 h2 "h2","http/1.1" 2020-04-01T08:51:20`
	for _, c := range []struct {
		line string
		want Format
		bad  bool
	}{{"nonsense", "", true}, {albLine, ALB, false}, {"nonsense", ALB, true}, {nlb, NLB, false}, {albLine, ALB, false}} {
		if reason := p.Parse([]byte(c.line), &e); reason != "" != c.bad || p.Format != c.want {
			t.Errorf("%.20s: %q, format %q", c.line, reason, p.Format)
		}
	}
	forced := Parser{Format: NLB}
	if reason := forced.Parse([]byte(albLine), &e); reason == "" {
		t.Error("a line of another format than was said is counted")
	}
}

func TestHeaderOfCloudFront(t *testing.T) {
	var p Parser
	var e Entry
	for _, line := range []string{"#Version: 1.0", "#Fields: sc-status c-ip date time cs-uri-stem"} {
		if got := p.Parse([]byte(line), &e); got != Skip {
			t.Fatalf("%s: %q", line, got)
		}
	}
	if reason := p.Parse([]byte("404\t192.0.2.9\t2026-11-23\t07:25:11\t/x"), &e); reason != "" || e.Status != 404 || string(e.Path) != "/x" || e.Time != 1795418711000000 {
		t.Errorf("%s %+v", reason, e)
	}
	if reason := p.Parse([]byte("404\t192.0.2.9\t2026-11-23"), &e); reason != "the line has 3 fields of 5" {
		t.Error(reason)
	}
	if reason := p.Parse([]byte("#Fields: c-ip cs-uri-stem"), &e); reason != "#Fields names no date" {
		t.Error(reason)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(albLine))
	f.Add([]byte(albLine[1:]))
	f.Add([]byte(cut(albLine, `(X11;`, `\" "X11;\`)))
	f.Add([]byte(`tls 2.0 2020-04-01T08:51:42 net/my-nlb/c6 g3 72.21.218.154:51341 172.100.100.185:443 5 2 98 246 - arn - ECDHE tlsv12 - my-nlb.example h2 h2 "h2","http/1.1" 2020-04-01T08:51:20`))
	f.Add([]byte(`2015-05-13T23:39:43.945958Z my-elb 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -`))
	f.Add([]byte("2023-04-26\t07:25:11\tA\t1\t13.231.15.129\tGET\th\t/p\t200\t-\tMozilla%2520%20%\t-"))
	f.Add([]byte("#Fields: date time c-ip sc-status x y"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var e Entry
		for _, format := range append([]Format{""}, Formats...) {
			p := Parser{Format: format}
			before := string(line)
			reason := p.Parse(line, &e)
			if string(line) != before {
				t.Fatal("the line was changed")
			}
			if reason != "" {
				continue
			}
			if e.Sent > 1<<63-1 || e.Received > 1<<63-1 || e.Status < 0 || e.Status > 999 || e.Latency < -1 || e.Time < 0 {
				t.Fatalf("%q is read as %+v", line, e)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var p Parser
	var e Entry
	line := []byte(albLine)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if reason := p.Parse(line, &e); reason != "" {
			b.Fatal(reason)
		}
	}
}

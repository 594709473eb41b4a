package flows

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestLayouts(t *testing.T) {
	for line, want := range map[string]string{
		defaultFormat: defaultFormat,
		"srcaddr dstaddr bytes packets start action":                     "srcaddr dstaddr bytes packets start action",
		"version srcaddr dstaddr field-of-tomorrow bytes":                "version srcaddr dstaddr field-of-tomorrow bytes",
		"version vpc_id srcaddr":                                         "version vpc-id srcaddr",
		"2 123456789012 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 1 1 1 ACCEPT OK": "",
		"an unknown line":             "",
		"srcaddr srcaddr":             "",
		"":                            "",
		"srcaddr ${dstaddr}":          "",
		strings.Repeat("bytes ", 200): "",
		"ecs-cluster-arn ecs-task-id reject-reason resource-id encryption-status srcaddr end": "ecs-cluster-arn ecs-task-id reject-reason resource-id encryption-status srcaddr end",
	} {
		got := ""
		if l := headerLayout([]byte(line)); l != nil {
			got = strings.Join(l.names(), " ")
		}
		if got != want {
			t.Errorf("%q: got %q", line, got)
		}
	}
	for line, want := range map[string]*layout{
		"2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1 1 ACCEPT OK":                          defaultLayout,
		"3 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1 1 ACCEPT OK":                          nil,
		"6 TransitGateway" + strings.Repeat(" -", len(gatewayLayout.fields)-2):     gatewayLayout,
		"2026-11-25T00:00:00.000Z 2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1 1 ACCEPT OK": func() *layout { l := *defaultLayout; l.prefix = 1; return &l }(),
	} {
		if got := guess([]byte(line)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v", line, got)
		}
	}
	for format, want := range map[string]string{
		"${version} ${account-id} ${srcaddr}": "version account-id srcaddr",
		"version   account_id":                "version account-id",
		"":                                    "no-fields",
		"version srcadr":                      "unknown-field",
		"srcaddr srcaddr":                     "field-twice",
	} {
		l, p := parseFormat(format)
		if p != nil {
			if p.ID != want {
				t.Errorf("%q: got %v", format, p)
			}
		} else if got := strings.Join(l.names(), " "); got != want {
			t.Errorf("%q: got %q", format, got)
		}
	}
	if _, p := parseFormat("version srcadr"); p == nil || p.Pos.Column != 9 || p.Fix != "Did you mean srcaddr?" {
		t.Errorf("got %v", p)
	}
}

// Versions 2 to 10 are all there, each field once.
func TestPublishedFields(t *testing.T) {
	versions := map[int]int{}
	for _, f := range fields {
		versions[f.version]++
	}
	if want := map[int]int{2: 14, 3: 7, 4: 4, 5: 4, 6: 18, 7: 10, 8: 1, 9: 1, 10: 1}; !reflect.DeepEqual(versions, want) {
		t.Errorf("got %v", versions)
	}
	if len(byName) != len(fields) {
		t.Error("a name is there twice")
	}
}

// The fast path never reads what strict would not, or otherwise.
func FuzzFastAgreesWithStrict(f *testing.F) {
	f.Add("2 123456789012 eni-0a 10.0.0.1 10.0.0.2 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK\n", false)
	f.Add("2 1 e 10.0.0.1 10.0.0.2 40000 443 6 99999999999999999999 1000 1764000000 1764000060 REJECT OK\n", false)
	f.Add("10.0.0.1 10.0.0.2 40000 443 123456789 12345678 1234567 1 2 3 4\n", true)
	f.Add("1.2.3.4 5.6.7.8 1 2 3 4 5 6 7 8 9 \n", true)
	f.Add("2 1 \xff\x00 0.0.0.0 255.255.255.255 0 65535 255 0 9223372036854775807 0 4294967295 ACCEPT OK\n", false)
	custom := mustLayout("srcaddr dstaddr dstport srcport bytes packets start tcp-flags packets-lost-no-route packets-lost-blackhole protocol")
	f.Fuzz(func(t *testing.T, text string, other bool) {
		l := defaultLayout
		if other {
			l = custom
		}
		line, _, _ := strings.Cut(text, "\n")
		b := append([]byte(line), '\n')
		padded := append(slices.Clone(b), make([]byte, slack)...)
		var quick, slow record
		next := l.fast(padded, 0, len(b), &quick)
		if next < 0 {
			return
		}
		if next != len(b) {
			t.Fatalf("%q: ended at %d", line, next)
		}
		if err := l.strict(words([]byte(line), nil), &slow, newInterner()); err != nil {
			t.Fatalf("%q: fast read it, strict says %v", line, err)
		}
		if quick.hasFlags == slow.hasFlags && !slow.hasFlags {
			quick.flags = 0
		}
		if quick != slow {
			t.Fatalf("%q:\nfast   %+v\nstrict %+v", line, quick, slow)
		}
	})
}

func TestFastReadsOrdinaryLines(t *testing.T) {
	for _, line := range []string{
		"2 123456789012 eni-0a1b2c3d4e5f67890 10.0.0.1 10.255.0.2 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK",
		"2 123456789012 eni-0 1.2.3.4 255.255.255.255 0 65535 17 1 12345678901 1764000000 1764000060 REJECT OK",
	} {
		b := append([]byte(line+"\n"), make([]byte, slack)...)
		var quick, slow record
		if next := defaultLayout.fast(b, 0, len(line)+1, &quick); next != len(line)+1 {
			t.Errorf("%q: %d", line, next)
		}
		if err := defaultLayout.strict(words([]byte(line), nil), &slow, newInterner()); err != nil || quick != slow {
			t.Errorf("%+v, %+v, %v", quick, slow, err)
		}
	}
}

func FuzzStrict(f *testing.F) {
	f.Add([]byte("2 1 e 2001:db8::1 ::1 1 2 6 1 1 1 1 ACCEPT OK"))
	f.Add([]byte("version srcaddr"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var r record
		_ = headerLayout(line)
		_ = guess(line)
		_ = defaultLayout.strict(words(line, nil), &r, newInterner())
	})
}

func TestFilters(t *testing.T) {
	line := "2 123456789012 eni-1 10.1.2.3 192.0.2.9 50000 443 6 10 - 1764000000 1764000060 ACCEPT OK"
	ws := words([]byte(line), nil)
	for text, want := range map[string]bool{
		"srcaddr in 10.0.0.0/8 and dstport = 443 and not action = REJECT": true,
		"srcaddr = 10.1.2.3":                     true,
		"srcaddr != 10.1.2.3":                    false,
		"srcaddr in (192.0.2.0/24, 10.1.0.0/16)": true,
		"srcaddr not in 10.0.0.0/8":              false,
		"dstport in (80, 400-500)":               true,
		"dstport >= 444 or packets < 11":         true,
		"dstport > 443":                          false,
		"dstport <= 443 AND dstport==443":        true,
		"action ~ ACC":                           true,
		"action in (ACCEPT, 'x y')":              true,
		"bytes > 0":                              false,
		"bytes = -":                              true,
		"bytes != -":                             false,
		"vpc-id = vpc-1":                         false,
		"vpc_id = -":                             true,
		"not (dstport = 443 or dstport = 80)":    false,
		"dstport = 80 or dstport = 22 and packets = 10 or action = ACCEPT": true,
		"interface-id >= eni-1": true,
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.match(defaultLayout, ws); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
	for text, want := range map[string]string{
		"":                              "filter:1:1: A comparison is missing",
		"dstprt = 1":                    `filter:1:1: Flow logs have no field "dstprt"`,
		"dstport = x":                   `filter:1:11: "x" is not a number, as dstport is`,
		"dstport = 9-1":                 `filter:1:11: "9-1" is not a number, as dstport is`,
		"srcaddr = 10.0.0":              `filter:1:11: "10.0.0" is not an address, as srcaddr is`,
		"srcaddr < 10.0.0.1":            "filter:1:9: srcaddr cannot be compared with <",
		"dstport ~ 4":                   "filter:1:9: dstport cannot be compared with ~",
		"dstport 443":                   "filter:1:9: A comparison is missing after dstport",
		"dstport =":                     "filter:1:10: A value is missing",
		"(dstport = 443":                "filter:1:15: A closing parenthesis is missing",
		"dstport = 443 action = ACCEPT": `filter:1:15: "action" does not belong here`,
		"dstport in (1, 2":              "filter:1:17: The list has no end",
		"dstport not 3":                 "filter:1:13: After not only in can follow",
		strings.Repeat("(", 200):        "filter:1:102: The filter is nested too deeply",
		"äöü = 1":                       `filter:1:1: Flow logs have no field "äöü"`,
	} {
		if _, err := ParseFilter(text); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("srcaddr in (10.0.0.0/8, ::1) and not dstport = 443-444 or action ~ 'x'")
	f.Add("(((")
	f.Add("a \" ' != <=,")
	ws := words([]byte("2 123456789012 eni-1 10.1.2.3 192.0.2.9 50000 443 6 10 - 1764000000 1764000060 ACCEPT OK"), nil)
	f.Fuzz(func(t *testing.T, text string) {
		if f, err := ParseFilter(text); err == nil {
			f.match(defaultLayout, ws)
		}
	})
}

func BenchmarkBlock(b *testing.B) {
	block := bytes.Repeat([]byte("2 123456789012 eni-0123456789abcdef0 10.40.0.99 10.40.0.98 50000 443 6 10 5000 1764050000 1764050060 ACCEPT OK\n"), 2000)
	s, err := newShared(&Options{})
	if err != nil {
		b.Fatal(err)
	}
	w := newWorker(s)
	w.use(defaultLayout)
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		w.Block(block)
	}
}

// What stands behind the end of a block, such as the lines of the one before,
// is never read as part of the last line.
func TestTheEndOfABlock(t *testing.T) {
	line := "2 123456789012 eni-0 10.0.0.1 10.0.0.2 40000 443 6 10 1000 1764000000 1764000060 ACCEPT OK\n"
	for _, l := range []*layout{defaultLayout, mustLayout(strings.Replace(defaultFormat, "account-id", "vpc-id", 1))} {
		for end := range len(line) {
			var r record
			b := []byte(line + line)[:end+slack]
			if next := l.fast(b, 0, end, &r); next >= 0 {
				t.Errorf("%d of %d bytes: a record", end, len(line))
			}
		}
	}
}

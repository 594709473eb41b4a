package agents

import "strings"

// words are pieces of text, in lower case, that only programs have in their user
// agents.
var words = []string{
	"bot", "crawl", "spider", "scan", "fetch", "monitor", "check", "preview", "archiv", "scrap",
	"http://", "https://", "www.", "slurp", "feed", " rss", "rss ", "rss/", "rss-", "rssr", "valid", "headless", "lighthouse", "curl", "wget",
	"python", "perl", "ruby", "php", "java/", "(java)", "httpclient", "http-client", "http_client", "http client", "httpagent",
	"selenium", "puppeteer", "playwright", "probe", "analyz", "analys", "index", "search", "grab",
	"agent", "synthetic", "inspect", "verif", "audit", "survey", "capture", "optimizer", "watcher", "insights",
	"sitemap", "favicon", "imageproxy", "subscriber", "httrack", "physicalweb", "netcraft", "library", "[at]", "(at)",
	"datanyze", "rigor)", "foregenix", "watchtowr", "geedo", "newsnow",
}

// excuses have such a word in them and mean something else: telephones, and apps
// on them.
var excuses = []string{
	"cubot", "camscanner", "turbotab", "caboto", "fubotv", "; search;", "hisearch/", "yasearchbrowser", "job search/",
	"mozacfetch", "checkout", "(linux; android", "miniature.io", "[fban", "fbav",
}

var wordFinders, excuseFinders = finders(words), finders(excuses)

// automated reports whether a user agent is written as programs write theirs.
func automated(g *grams, agent string) bool {
	lower, _, _ := strings.Cut(agent, "staticlogin:") // what follows is encoded
	for i := range excuseFinders {
		if e := &excuseFinders[i]; e.in(g, lower) {
			lower = strings.ReplaceAll(lower, e.text, " ")
		}
	}
	for i := range wordFinders {
		if wordFinders[i].in(g, lower) {
			return true
		}
	}
	return mail(lower) || domain(lower) || compatible(lower) || stranger(agent)
}

// mail reports whether there is an address: letters, an @, and a domain.
func mail(s string) bool {
	for {
		before, after, ok := strings.Cut(s, "@")
		if !ok {
			return false
		}
		if before != "" && letter(before[len(before)-1]) && strings.Contains(firstWord(after), ".") && letter(after[0]) {
			return true
		}
		s = after
	}
}

func firstWord(s string) string {
	if end := strings.IndexAny(s, " ;,)("); end >= 0 {
		return s[:end]
	}
	return s
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' }

// tops are the last labels of domains by which programs name who runs them.
var tops = []string{".com", ".net", ".org", ".io", ".de", ".fr", ".co", ".ai", ".ru", ".info", ".observer", ".gy", ".eu", ".app", ".dev"}

// domain reports whether a word is or begins with a domain name: twingly.com. The
// names of packages, com.example.app, are none.
func domain(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" ;,()", r) }) {
		word = strings.TrimLeft(word, "+")
		name, _, _ := strings.Cut(word, "/")
		if name == "" || !letter(name[0]) || !strings.Contains(name, ".") || strings.HasPrefix(name, "com.") {
			continue
		}
		for _, top := range tops {
			if strings.HasSuffix(name, top) {
				return true
			}
		}
	}
	return false
}

// compatible reports whether "compatible;" is followed by the name of something
// that is no browser.
func compatible(s string) bool {
	_, after, ok := strings.Cut(s, "compatible;")
	if !ok || !strings.HasPrefix(s, "mozilla/") {
		return false
	}
	after = strings.TrimLeft(after, " ")
	for _, b := range []string{"msie", "konqueror", "ibrowse", "u;", "amiga", "netfront", "wow64", "windows", "abrowse", "amzn-user", "ms-office", "netpositive", "lucidworks"} {
		if strings.HasPrefix(after, b) {
			return false
		}
	}
	return true
}

// products are those that browsers on desks name.
var products = set(`
	rx-34 miniature.io ylt gtmetrix assetnote
	360ee 360se adg amigo aolbuild aoldesktop applewebkit arora atom avast avastsecurebrowser avg
	basilisk bonecho brave browser build camino ccleaner cheshire chrome chromium cometbird community
	comodo_dragon conkeror coolnovo core cyberfox ddg debian dooble duckduckgo edg edge edition
	epiphany falkon fedora fink firebird firefox flipboard flock fluid galeon gecko gentoo gnu gnuzilla
	goanna granparadiso icab icecat icedragon iceweasel iemobile iron k-meleon kazehakase khtml kindle
	konqueror lbbrowser librewolf liebao lightning like linux maxthon metasr micromessenger midori
	minefield mint mms mobile mozilla mrchrome namoroka naver netscape netscape6 nettype nightly norton
	novarra-vision obigo omniweb opera opr opt ordissimo osmeta otter owb palemoon phoenix plutotv
	postbox presto puffin qbcore qihu qqbrowser qtcarbrowser qtwebengine qutebrowser red rekonq
	rockmelt safari sailfishbrowser samsungbrowser se seamonkey shiretoko silk silk-accelerated=true
	sleipnir slimbrowser snowshoe sogou songbird sonic spotify sputnikbrowser sunrise suse swiftfox
	sznprohlizec tablet teams tesla thunderbird trident u2 ubuntu ucbrowser version viber vivaldi
	waterfox wavebrowser webview whale windowsstore windowswechat xiaomi yabrowser yowser`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// stranger reports whether the user agent of a browser on a desk names a product
// that no browser does, as "... Chrome/96.0 Safari/537.36 PTST/211202" does.
func stranger(s string) bool {
	if strings.Contains(s, "electron/") || strings.Contains(s, "[fban") { // applications, which may call itself anything
		return false
	}
	if !strings.HasPrefix(s, "mozilla/5.0 (") || !strings.Contains(s, "(x11") && !strings.Contains(s, "(macintosh") && !strings.Contains(s, "(windows nt") {
		return false
	}
	depth := 0
	word := func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
			return true
		case ' ', ';', ',':
			return true
		}
		return depth > 0
	}
	for w := range strings.FieldsFuncSeq(s, word) {
		name, _, _ := strings.Cut(w, "/")
		if name != "" && letter(name[0]) && !products[name] {
			return true
		}
	}
	return false
}

// browser is the family of a browser; empty for what is none.
func browser(lower string) string {
	if !strings.HasPrefix(lower, "mozilla/") && !strings.HasPrefix(lower, "opera/") && !strings.HasPrefix(lower, "applewebkit/") {
		for _, o := range oldies {
			if strings.Contains(lower, o) {
				return "other browser"
			}
		}
		return ""
	}
	if !strings.Contains(lower, "(") {
		return ""
	}
	for _, f := range families {
		if strings.Contains(lower, f.text) {
			return f.name
		}
	}
	return "other browser"
}

// oldies are browsers, players and mail programs that do not call themselves
// Mozilla.
var oldies = []string{
	"amiga", "ibrowse", "lynx/", "links (", "links/", "ncsa_mosaic", "midp", "ucweb", "up.browser", "netfront", "blackberry", "nokia", "symbian",
	"outlook", "microsoft office", "msie ", "quicktime", "roku", "playstation", "onebrowser", "sonos", "googleapp", "streaming player", "w3m/", "dillo",
}

// families are in this order because each of them also names those below.
var families = []struct{ text, name string }{
	{"edg/", "Edge"}, {"edga/", "Edge"}, {"edgios/", "Edge"}, {"edge/", "Edge"},
	{"opr/", "Opera"}, {"opera", "Opera"}, {"opios/", "Opera"},
	{"samsungbrowser/", "Samsung Internet"}, {"ucbrowser/", "UC Browser"}, {"yabrowser/", "Yandex Browser"},
	{"vivaldi/", "Vivaldi"}, {"; wv)", "Android WebView"},
	{"crios/", "Chrome"}, {"chrome/", "Chrome"}, {"chromium/", "Chrome"},
	{"fxios/", "Firefox"}, {"firefox/", "Firefox"}, {"seamonkey/", "SeaMonkey"},
	{"msie ", "Internet Explorer"}, {"trident/", "Internet Explorer"},
	{"version/", "Safari"}, {"safari/", "Safari"}, {"gecko/", "Gecko"},
}

// device reports whether a user agent names a device that people hold.
func device(lower string) bool {
	for _, d := range []string{"cfnetwork", "darwin", "dalvik", "android", "iphone", "ipad", "ios/", "ios ", "windows phone", "[fban", "galaxy", "pinterest/", "-client", "mozacfetch"} {
		if strings.Contains(lower, d) {
			return true
		}
	}
	return false
}

// injected reports whether a user agent is an attempt to be executed.
func injected(lower string) bool {
	return strings.ContainsAny(lower, "<>\"`") || strings.Contains(lower, "')") || strings.Contains(lower, "${")
}

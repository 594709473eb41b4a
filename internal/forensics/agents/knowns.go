package agents

import "strings"

// known is a piece of text, in lower case, and who has it in its user agent.
type known struct {
	text  string
	agent Agent
	// unless are pieces that say it is somebody else.
	unless []string
}

func (k *known) excused(lower string) bool {
	for _, u := range k.unless {
		if strings.Contains(lower, u) {
			return true
		}
	}
	return false
}

func engine(text, name, engine string) known {
	return known{text: text, agent: Agent{Kind: Bot, Name: name, Engine: engine}}
}
func bot(text, name string) known  { return known{text: text, agent: Agent{Kind: Bot, Name: name}} }
func tool(text, name string) known { return known{text: text, agent: Agent{Kind: Tool, Name: name}} }
func scanner(text, name string) known {
	return known{text: text, agent: Agent{Kind: Tool, Name: name, Scanner: true}}
}

// knowns are looked for in this order. All others are told by how they write.
var knowns = []known{
	engine("googlebot", "Googlebot", "google"),
	engine("google-inspectiontool", "Google-InspectionTool", "google"),
	engine("storebot-google", "Storebot-Google", "google"),
	bot("mediapartners-google", "Mediapartners-Google"),
	bot("adsbot-google", "AdsBot-Google"),
	bot("feedfetcher-google", "FeedFetcher-Google"),
	engine("bingbot", "bingbot", "bing"),
	engine("adidxbot", "adidxbot", "bing"),
	engine("msnbot", "msnbot", "bing"),
	engine("yandexbot", "YandexBot", "yandex"),
	engine("yandeximages", "YandexImages", "yandex"),
	engine("baiduspider", "Baiduspider", "baidu"),
	engine("duckduckbot", "DuckDuckBot", "duckduckgo"),
	engine("applebot", "Applebot", "apple"),
	bot("gptbot", "GPTBot"),
	bot("oai-searchbot", "OAI-SearchBot"),
	bot("chatgpt-user", "ChatGPT-User"),
	bot("claudebot", "ClaudeBot"),
	bot("perplexitybot", "PerplexityBot"),
	bot("amazonbot", "Amazonbot"),
	bot("bytespider", "Bytespider"),
	bot("petalbot", "PetalBot"),
	bot("ahrefsbot", "AhrefsBot"),
	bot("semrushbot", "SemrushBot"),
	bot("mj12bot", "MJ12bot"),
	bot("dotbot", "DotBot"),
	bot("facebookexternalhit", "facebookexternalhit"),
	bot("twitterbot", "Twitterbot"),
	bot("linkedinbot", "LinkedInBot"),
	bot("slackbot", "Slackbot"),
	bot("telegrambot", "TelegramBot"),
	bot("discordbot", "Discordbot"),
	bot("elb-healthchecker", "ELB-HealthChecker"),
	bot("amazon-route53-health-check", "Amazon-Route53-Health-Check"),
	bot("kube-probe", "kube-probe"),
	bot("pingdom", "Pingdom"),
	bot("uptimerobot", "UptimeRobot"),
	bot("headlesschrome", "HeadlessChrome"),
	bot("phantomjs", "PhantomJS"),
	scanner("sqlmap", "sqlmap"),
	scanner("nikto", "Nikto"),
	scanner("nuclei", "Nuclei"),
	scanner("masscan", "masscan"),
	scanner("zgrab", "zgrab"),
	scanner("nmap scripting", "Nmap"),
	scanner("wpscan", "WPScan"),
	scanner("gobuster", "gobuster"),
	scanner("dirbuster", "DirBuster"),
	scanner("feroxbuster", "feroxbuster"),
	scanner("fuzz faster u fool", "ffuf"),
	scanner("acunetix", "Acunetix"),
	scanner("nessus", "Nessus"),
	scanner("openvas", "OpenVAS"),
	scanner("arachni/", "Arachni"),
	scanner("w3af", "w3af"),
	scanner("censysinspect", "CensysInspect"),
	scanner("expanse, a palo alto", "Expanse"),
	tool("go-http-client", "Go-http-client"),
	tool("python-requests", "python-requests"),
	tool("python-urllib", "Python-urllib"),
	tool("python-httpx", "python-httpx"),
	tool("aiohttp", "aiohttp"),
	tool("scrapy", "Scrapy"),
	tool("apache-httpclient", "Apache-HttpClient"),
	{text: "okhttp", agent: Agent{Kind: Tool, Name: "okhttp"}, unless: []string{"android", "mozilla"}},
	tool("libwww-perl", "libwww-perl"),
	tool("guzzlehttp", "GuzzleHttp"),
	tool("node-fetch", "node-fetch"),
	tool("axios/", "axios"),
	tool("postmanruntime", "PostmanRuntime"),
	tool("httpie/", "HTTPie"),
}

var knownFinders = func() []finder {
	list := make([]finder, len(knowns))
	for i, k := range knowns {
		list[i] = newFinder(k.text)
	}
	return list
}()

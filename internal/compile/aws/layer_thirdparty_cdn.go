package aws

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/graph/address"
)

// akamai is the root of the edge: one property for each tier that has public
// routes.
func (c *compiler) akamai() (Root, bool) {
	region := c.platform.Cloud.Region
	r := Root{Account: Hub, Scope: "edge", Region: region, Layer: ThirdParties, Providers: []Provider{{Name: "akamai"}}}
	text := func(name, description string) {
		r.Variables = append(r.Variables, Variable{Name: name, Type: "string", Description: description, Required: true})
	}
	text("change", "Ticket of the change that activates on the production network.")
	text("reviewer", "Address of who reviewed it.")
	r.Variables = append(r.Variables, Variable{
		Name: "certificate_contact", Required: true, Description: "Who answers for the public certificate.",
		Type: "object({ first_name = string, last_name = string, organization = string, email = string, technical_email = string, phone = string, address = string, city = string, region = string, postal_code = string, country_code = string })",
	})
	r.Variables = append(r.Variables, Variable{
		Name: "edge_log_key", Sensitive: true, Type: "object({ access_key = string, secret_access_key = string })",
		Description: "Key with which Akamai writes a line of each request into the log archive; null for no such lines. Akamai cannot take on a role.",
	})
	var tiers []string
	for _, t := range []string{"nonprod", "prod"} {
		if m, ok := c.cdn(t); ok {
			r.Lookups = append(r.Lookups, parameterLookup("origin_secret_"+t, c.parameter("edge", t, "origin-secret")))
			r.Modules = append(r.Modules, m)
			tiers = append(tiers, t)
		}
	}
	if len(tiers) == 0 {
		return r, false
	}
	c.originNames(&r, tiers)
	return r, true
}

// deepPath asks a service for itself and for all that it cannot do without.
const deepPath = "/healthz/deep"

// originOf is the name under which the content network finds a tier: that of its
// traffic manager, which is what moves production to another region.
func (c *compiler) originOf(t string) string { return "origin." + c.name(t) + ".akadns.net" }

// milder is what a firewall does before production: it says what it would have
// refused, so that it is found out there and nobody's tests fail of it.
func milder(t, mode string) string {
	if t != "prod" && mode != "off" {
		return "monitor"
	}
	return mode
}

func (c *compiler) cdn(t string) (Module, bool) {
	edge := c.platform.Edge
	hosts, cache, sensitive, limits := Object{}, Object{}, Object{}, Object{}
	tier := map[string]int{}
	for _, env := range c.environmentsBy(t) {
		for _, s := range env.Services {
			for _, route := range s.Routes {
				if have, ok := tier[route.Host]; !ok {
					hosts = append(hosts, Arg{route.Host, String(env.Name + "/" + s.Name)})
					tier[route.Host] = s.Tier
				} else {
					tier[route.Host] = min(have, s.Tier)
				}
				for _, p := range s.Sensitive {
					sensitive = append(sensitive, Arg{route.Host + p, Object{{"host", String(route.Host)}, {"path", String(p)}, {"purpose", String(purposeOf(p))}}})
				}
			}
		}
	}
	if len(hosts) == 0 {
		return Module{}, false
	}
	for _, k := range edge.Cache {
		if _, ok := tier[k.Route.Host]; ok {
			cache = append(cache, Arg{k.Route.Host + k.Route.Path, Object{{"host", String(k.Route.Host)}, {"path", String(k.Route.Path)}, {"seconds", Number(int64(k.TTL.Seconds()))}}})
		}
	}
	for _, l := range edge.Limits {
		if _, ok := tier[l.Route.Host]; ok && l.Per > 0 {
			limits = append(limits, Arg{l.Route.Host + l.Route.Path, Object{
				{"host", String(l.Route.Host)}, {"path", String(l.Route.Path)}, {"per_minute", Number(max(1, int64(float64(l.Requests)*60/l.Per.Seconds())))},
			}})
		}
	}
	for _, o := range []*Object{&hosts, &cache, &sensitive, &limits} {
		sortArgs(*o)
		*o = unique(*o)
	}
	allowed, refused := botCategories(edge.Bots.Allow)
	args := Args{
		{"name", String(c.name(t))}, {"policy_prefix", String(policyPrefix(c.platform.Name, t))},
		{"contract_id", String(edge.Contract)}, {"group_id", String(edge.Group)},
		{"domain", String(c.platform.Domain)}, {"zone_id", Ref("data.aws_route53_zone.public.zone_id")},
		{"hosts", hosts}, {"origin", String(c.originOf(t))},
		{"origin_secret", Ref("data.aws_ssm_parameter.origin_secret_" + t + ".value")},
		{"origins", c.cdnOrigins(t)}, {"health", c.cdnHealth(tier)}, {"cache", cache}, {"sensitive", sensitive}, {"limits", limits},
		{"waf_mode", String(milder(t, cmp.Or(edge.WAF.Mode, "monitor")))}, {"bot_mode", String(milder(t, cmp.Or(edge.Bots.Mode, "monitor")))},
		{"bot_categories_allowed", Strings(allowed)}, {"bot_categories_refused", Strings(refused)},
		{"logs", c.cdnLogs()},
		{"notify", c.cdnNotify()}, {"reviewer", Ref("var.reviewer")}, {"change", Ref("var.change")}, {"contact", Ref("var.certificate_contact")},
	}
	if edge.SiteShield != "" && t == "prod" {
		args = append(args, Arg{"site_shield", String(edge.SiteShield)})
	}
	return Module{Name: "cdn-" + t, Source: "cdn", From: []Origin{{Key: "edge"}}, Args: args}, true
}

// cdnOrigins are the public load balancers of a tier, by what they are for.
func (c *compiler) cdnOrigins(t string) Object {
	origins := Object{}
	for i, region := range c.regions() {
		if i > 0 && t != "prod" {
			continue
		}
		if _, ok := c.Addresses.VPC(c.egressOf(address.Tier(t), i > 0)); !ok {
			continue
		}
		place, weight := "primary", 1
		if i > 0 {
			place, weight = "recovery", 0
		}
		origins = append(origins, Arg{place, Object{
			{"host", String(c.regionOrigin(t, region))}, {"region", String(region)}, {"country", String(countryOf(region))}, {"weight", Number(weight)},
		}})
	}
	return origins
}

// cdnHealth asks the hosts whose services matter most: a report that is slow is
// no reason to leave a region.
func (c *compiler) cdnHealth(tier map[string]int) Object {
	health := Object{}
	best := 4
	for _, t := range tier {
		best = min(best, t)
	}
	for host, t := range tier {
		if t == best {
			health = append(health, Arg{host, Object{{"host", String(host)}, {"path", String(deepPath)}, {"contains", String("ok")}}})
		}
	}
	sortArgs(health)
	return health
}

// cdnLogs is where lines of requests go: null without a key for it.
func (c *compiler) cdnLogs() Value {
	region := c.platform.Cloud.Region
	return Ref(fmt.Sprintf("var.edge_log_key == null ? null : { bucket = %q, region = %q, access_key = var.edge_log_key.access_key, secret_access_key = var.edge_log_key.secret_access_key }", c.logBucket("cdn", region), region))
}

func (c *compiler) cdnNotify() List {
	for _, m := range []string{c.platform.Alerts.Mail, c.teamMail(observe.PlatformTeam(c.platform))} {
		if m != "" {
			return List{String(m)}
		}
	}
	return List{String("operations@" + c.platform.Domain)}
}

// purposeOf is what Akamai calls what is done below a path.
func purposeOf(path string) string {
	switch last := strings.ToLower(path[strings.LastIndexByte(path, '/')+1:]); {
	case strings.Contains(last, "login") || strings.Contains(last, "signin") || strings.Contains(last, "session"):
		return "login"
	case strings.Contains(last, "otp") || strings.Contains(last, "verif") || strings.Contains(last, "password"):
		return "account_verification"
	}
	return "search"
}

// categories are Akamai's names for kinds of bots that say who they are, and
// whether they are let in when the file names no bots.
var categories = []struct {
	name string
	good bool
}{
	{"Academic or Research Bots", false}, {"Artificial Intelligence (AI) Bots", false}, {"Automated Shopping Cart and Sniper Bots", false},
	{"Business Intelligence Bots", false}, {"E-Commerce Search Engine Bots", false}, {"Enterprise Data Aggregator Bots", false},
	{"Financial Account Aggregator Bots", false}, {"Financial Services Bots", false}, {"Job Search Engine Bots", false},
	{"Media or Entertainment Search Bots", false}, {"News Aggregator Bots", false}, {"Online Advertising Bots", false},
	{"RSS Feed Reader Bots", false}, {"SEO, Analytics or Marketing Bots", false}, {"Site Monitoring and Web Development Bots", true},
	{"Social Media or Blog Bots", false}, {"Web Archiver Bots", false}, {"Web Search Engine Bots", true},
}

// kindOf is the category of a bot that people know by its own name.
var kindOf = map[string]string{
	"googlebot": "Web Search Engine Bots", "bingbot": "Web Search Engine Bots", "duckduckbot": "Web Search Engine Bots", "applebot": "Web Search Engine Bots",
	"yandexbot": "Web Search Engine Bots", "baiduspider": "Web Search Engine Bots", "slurp": "Web Search Engine Bots",
	"twitterbot": "Social Media or Blog Bots", "facebookexternalhit": "Social Media or Blog Bots", "linkedinbot": "Social Media or Blog Bots", "slackbot": "Social Media or Blog Bots",
	"gptbot": "Artificial Intelligence (AI) Bots", "claudebot": "Artificial Intelligence (AI) Bots", "ccbot": "Artificial Intelligence (AI) Bots",
	"uptimerobot": "Site Monitoring and Web Development Bots", "pingdom": "Site Monitoring and Web Development Bots", "adsbot-google": "Online Advertising Bots",
}

// botCategories parts Akamai's categories into those that are let in and the
// others. A name that is no known bot is taken as the name of a category.
func botCategories(allow []string) (allowed, refused []string) {
	good := map[string]bool{}
	for _, name := range allow {
		good[cmp.Or(kindOf[strings.ToLower(name)], name)] = true
	}
	for _, k := range categories {
		if good[k.name] || k.good && (len(allow) == 0 || k.name == kindOf["pingdom"]) {
			allowed = append(allowed, k.name)
		} else {
			refused = append(refused, k.name)
		}
		delete(good, k.name)
	}
	return append(allowed, slices.Sorted(maps.Keys(good))...), refused
}

// regionOrigin is the public name of a tier's load balancer in a region.
func (c *compiler) regionOrigin(t, region string) string {
	return "origin-" + t + "-" + region + "." + c.platform.Domain
}

// originNames gives the load balancers of all tiers and regions their names.
func (c *compiler) originNames(r *Root, tiers []string) {
	balancers := Object{}
	for i, region := range c.regions() {
		provider := ""
		if i > 0 {
			provider = "aws.recovery"
		}
		for _, t := range tiers {
			if _, ok := c.Addresses.VPC(c.egressOf(address.Tier(t), i > 0)); !ok || i > 0 && t != "prod" {
				continue
			}
			name := word("edge_" + t + "_" + region)
			r.Lookups = append(r.Lookups, Lookup{Type: "aws_lb", Name: name, Provider: provider, Args: Args{
				{"name", String(c.short(32, "edge", t+map[bool]string{true: "-r"}[i > 0]))},
			}})
			balancers = append(balancers, Arg{c.regionOrigin(t, region), Object{{"dns_name", Ref("data.aws_lb." + name + ".dns_name")}, {"zone_id", Ref("data.aws_lb." + name + ".zone_id")}}})
		}
		if provider != "" {
			r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "recovery", Account: Hub, Region: region})
		}
	}
	sortArgs(balancers)
	r.Lookups = append(r.Lookups, Lookup{Type: "aws_route53_zone", Name: "public", Args: Args{{"name", String(c.platform.Domain)}}})
	r.Modules = append(r.Modules, Module{Name: "origins", Source: "origin-names", From: []Origin{{Key: "edge"}}, Args: Args{
		{"zone_id", Ref("data.aws_route53_zone.public.zone_id")}, {"balancers", balancers},
	}})
}

// unique drops entries whose keys are there already; they are sorted.
func unique(o Object) Object {
	var out Object
	for i, a := range o {
		if i == 0 || o[i-1].Key != a.Key {
			out = append(out, a)
		}
	}
	if out == nil {
		return Object{}
	}
	return out
}

// policyPrefix is four letters that begin a security policy's id: of the
// platform, and p or n of the tier.
func policyPrefix(platform, t string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, platform)
	return (letters + "xxx")[:3] + t[:1]
}

// countryOf is where a region is, for the map of the failover.
func countryOf(region string) string {
	for prefix, country := range map[string]string{
		"ap-south-": "IN", "ap-southeast-1": "SG", "ap-southeast-2": "AU", "ap-northeast-1": "JP", "ap-northeast-2": "KR", "eu-central-1": "DE", "eu-central-2": "CH",
		"eu-west-1": "IE", "eu-west-2": "GB", "eu-west-3": "FR", "eu-north-1": "SE", "eu-south-1": "IT", "us-": "US", "ca-": "CA", "sa-east-1": "BR", "me-central-1": "AE", "af-south-1": "ZA",
	} {
		if strings.HasPrefix(region, prefix) {
			return country
		}
	}
	return "US"
}

package aws

import (
	"cmp"
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

func (c *compiler) cdn(t string) (Module, bool) {
	edge := c.platform.Edge
	hosts, cache, sensitive, limits, origins, health := Object{}, Object{}, Object{}, Object{}, Object{}, Object{}
	of := map[string]bool{}
	for _, env := range c.environmentsBy(t) {
		for _, s := range env.Services {
			for _, route := range s.Routes {
				if !of[route.Host] {
					of[route.Host] = true
					hosts = append(hosts, Arg{route.Host, String(env.Name + "/" + s.Name)})
				}
				if production(env) || len(c.environmentsBy(t)) == 1 {
					health = append(health, Arg{s.Name, Object{{"host", String(route.Host)}, {"path", String(cmp.Or(s.Health.Ready, "/"))}}})
				}
				for _, p := range s.Sensitive {
					sensitive = append(sensitive, Arg{route.Host + p, Object{{"host", String(route.Host)}, {"path", String(p)}}})
				}
			}
		}
	}
	if len(hosts) == 0 {
		return Module{}, false
	}
	for _, k := range edge.Cache {
		if of[k.Route.Host] {
			cache = append(cache, Arg{k.Route.Host + k.Route.Path, Object{{"host", String(k.Route.Host)}, {"path", String(k.Route.Path)}, {"seconds", Number(int64(k.TTL.Seconds()))}}})
		}
	}
	for _, l := range edge.Limits {
		if of[l.Route.Host] && l.Per > 0 {
			limits = append(limits, Arg{l.Route.Host + l.Route.Path, Object{
				{"host", String(l.Route.Host)}, {"path", String(l.Route.Path)}, {"per_minute", Number(max(1, int64(float64(l.Requests)*60/l.Per.Seconds())))},
			}})
		}
	}
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
	for _, o := range []*Object{&hosts, &cache, &sensitive, &limits, &origins, &health} {
		sortArgs(*o)
		*o = unique(*o)
	}
	notify := List{}
	for _, m := range []string{c.platform.Alerts.Mail, c.teamMail(observe.PlatformTeam(c.platform))} {
		if m != "" && len(notify) == 0 {
			notify = append(notify, String(m))
		}
	}
	if len(notify) == 0 {
		notify = List{String("operations@" + c.platform.Domain)}
	}
	name := c.name(t)
	args := Args{
		{"name", String(name)}, {"policy_prefix", String(policyPrefix(c.platform.Name, t))},
		{"contract_id", String(edge.Contract)}, {"group_id", String(edge.Group)},
		{"hosts", hosts}, {"origin", String("origin." + name + ".akadns.net")},
		{"origin_secret", Ref("data.aws_ssm_parameter.origin_secret_" + t + ".value")},
		{"origins", origins}, {"health", health}, {"cache", cache}, {"sensitive", sensitive}, {"limits", limits},
		{"waf_mode", String(cmp.Or(edge.WAF.Mode, "monitor"))}, {"bot_mode", String(cmp.Or(edge.Bots.Mode, "monitor"))},
		{"notify", notify}, {"reviewer", Ref("var.reviewer")}, {"change", Ref("var.change")}, {"contact", Ref("var.certificate_contact")},
	}
	if edge.SiteShield != "" && t == "prod" {
		args = append(args, Arg{"site_shield", String(edge.SiteShield)})
	}
	return Module{Name: "cdn-" + t, Source: "cdn", From: []Origin{{Key: "edge"}}, Args: args}, true
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

package aws

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"

	"paddock.dev/internal/graph/address"
)

// edge is the layer 25-edge: the public zone, and one public load balancer for
// each tier and region.
func (c *compiler) edge() []Root {
	var roots []Root
	for i, region := range c.regions() {
		r := Root{Account: Hub, Region: region, Layer: Edge}
		for _, t := range []string{"nonprod", "prod"} {
			if i > 0 && t == "nonprod" {
				continue
			}
			r = c.edgeOf(r, t, region, i > 0)
		}
		if i == 0 {
			r.Modules = append([]Module{c.publicZone()}, r.Modules...)
			r.Providers = append(r.Providers, Provider{Name: "aws", Alias: "global", Account: Hub, Region: "us-east-1"})
		} else {
			r.Order = 1
			r.Lookups = append(r.Lookups, Lookup{Type: "aws_route53_zone", Name: "public", Args: Args{{"name", String(c.platform.Domain)}}})
		}
		if len(r.Modules) > 0 {
			roots = append(roots, r)
		}
	}
	return roots
}

// publicZone is the domain as the internet sees it.
func (c *compiler) publicZone() Module {
	return Module{
		Name: "domain", Source: "public-zone", From: of("domain"),
		Providers: []Pass{{"aws", "aws"}, {"aws.global", "aws.global"}},
		Args: Args{
			{"domain", String(c.platform.Domain)},
			{"account_id", c.accountID(Hub)},
		},
	}
}

func (c *compiler) edgeOf(r Root, t, region string, recovery bool) Root {
	egress := c.egressOf(address.Tier(t), recovery)
	v, ok := c.Addresses.VPC(egress)
	if !ok {
		return r
	}
	var hosts []string
	origins, routes, sensitive := Object{}, Object{}, Object{}
	type routed struct {
		key, host, path, origin string
	}
	var all []routed
	for _, env := range c.environmentsBy(t) {
		for _, svc := range env.Services {
			s := site{env: env, region: region, recovery: recovery}
			n, found := c.Addresses.VPC(s.vpc(svc.Segment))
			if len(svc.Routes) == 0 || !found {
				continue
			}
			origin := env.Name + "-" + svc.Name
			addresses := Object{}
			for zone, at := range c.balancerAddresses(n, svc.Name) {
				addresses = append(addresses, Arg{zone, String(at)})
			}
			sortArgs(addresses)
			origins = append(origins, Arg{origin, Object{
				{"target_name", String(fit("edge-"+origin+map[bool]string{true: "-r"}[recovery], 32))},
				{"addresses", addresses}, {"port", Number(svc.Port)}, {"health_path", String(cmp.Or(svc.Health.Ready, "/"))},
			}})
			for _, route := range svc.Routes {
				for _, p := range svc.Sensitive {
					sensitive = append(sensitive, Arg{route.Host + p, Object{{"host", String(route.Host)}, {"path", String(p)}, {"limit", Number(c.sensitiveLimit(route.Host, p))}}})
				}
				hosts = append(hosts, route.Host)
				all = append(all, routed{origin + " " + route.Host + route.Path, route.Host, route.Path, origin})
			}
		}
	}
	if len(hosts) == 0 {
		return r
	}
	slices.SortFunc(all, func(a, b routed) int { return cmp.Compare(a.key, b.key) })
	taken := map[int]bool{}
	for _, a := range all {
		paths := List{String(a.path), String(trimSlash(a.path) + "/*")}
		if a.path == "/" {
			paths = List{String("/*")}
		}
		routes = append(routes, Arg{a.key, Object{{"priority", Number(priority(taken, a.key, a.path))}, {"host", String(a.host)}, {"paths", paths}, {"origin", String(a.origin)}}})
	}
	sortArgs(routes)
	sortArgs(origins)
	sortArgs(sensitive)
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	zone := Value(Ref("module.domain.zone_id"))
	if recovery {
		zone = Ref("data.aws_route53_zone.public.zone_id")
	}
	var subnets List
	for _, s := range v.Subnets {
		if s.Purpose == address.Edge {
			r.Lookups = append(r.Lookups, c.subnetLookup(v.Name, s))
			subnets = append(subnets, Ref("data.aws_subnet."+word(v.Name+"_"+subnetName(s))+".id"))
		}
	}
	severity := "warning"
	if t == "prod" {
		severity = "critical"
	}
	// Nothing that Terraform asks knows them, and they change without us.
	ranges := "cdn_ranges_" + t
	r.Variables = append(r.Variables, Variable{
		Name: ranges, Type: "map(string)",
		Description: "Addresses that the content network comes from, by name: those of Site Shield and of its traffic manager, in " + t + ". Null or none lets nobody in.",
	})
	r.Lookups = append(r.Lookups, c.vpcLookup(v.Name),
		parameterLookup("origin_secret_"+t, c.parameter("edge", t, "origin-secret")),
		topicLookup(severity, c.topic(Hub, severity)))
	name := c.short(32, "edge", t+map[bool]string{true: "-r"}[recovery])
	r.Modules = append(r.Modules, Module{
		Name: "edge-" + t, Source: "edge-balancer", From: of("edge"),
		Args: Args{
			{"name", String(name)},
			{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
			{"subnet_ids", subnets},
			{"hosts", Strings(hosts)},
			{"fallback_host", String(name + "." + c.platform.Domain)},
			{"origins", origins},
			{"routes", routes},
			{"cdn_cidrs", Ref("var." + ranges + " == null ? {} : var." + ranges)},
			{"origin_secret", Ref("data.aws_ssm_parameter.origin_secret_" + t + ".value")},
			{"rate_limit", Number(c.rateLimit())},
			{"sensitive", unique(sensitive)},
			{"public_zone_id", zone},
			{"log_bucket", String(c.logBucket("elb", region))},
			{"waf_log_bucket_arn", bucketARN(c.logBucket("waf", region))},
			{"alarm_topics", List{Ref("data.aws_sns_topic." + severity + ".arn")}},
		},
	})
	return r
}

// priority is the place of a route among all of a load balancer: longer paths are
// asked first, and otherwise its own name decides, so that one route more moves
// none that is there. (A rule cannot take a place that another one still has.)
func priority(taken map[int]bool, key, path string) int {
	const depths, width = 8, 6000 // of 50000 places
	depth := min(strings.Count(trimSlash(path), "/"), depths-1)
	h := fnv.New32a()
	h.Write([]byte(key))
	first := (depths-1-depth)*width + 1
	at := int(h.Sum32() % width)
	for taken[first+at] {
		at = (at + 1) % width
	}
	taken[first+at] = true
	return first + at
}

// rateLimit is what one client may ask in five minutes: the widest limit of the
// file, as a second wall behind the CDN's own.
func (c *compiler) rateLimit() int {
	most := 6000
	for _, l := range c.platform.Edge.Limits {
		if l.Per > 0 {
			most = max(most, int(float64(l.Requests)*300/l.Per.Seconds()))
		}
	}
	return most
}

// sensitiveLimit is what one client may ask of a path that bots come for in five
// minutes: as the file limits it, else a tenth of what it may ask at all. AWS
// counts from ten on.
func (c *compiler) sensitiveLimit(host, path string) int {
	for _, l := range c.platform.Edge.Limits {
		if l.Route.Host == host && l.Route.Path == path && l.Per > 0 {
			return max(10, int(float64(l.Requests)*300/l.Per.Seconds()))
		}
	}
	return max(10, c.rateLimit()/10)
}

func trimSlash(p string) string {
	if p == "/" {
		return ""
	}
	return p
}

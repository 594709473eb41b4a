package plan

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"paddock.dev/internal/model"
)

// services compares the workloads.
func (c *comparison) services(e pair) {
	for _, old := range e.old.Environment.Services {
		now, ok := e.new.Environment.Service(old.Name)
		if !ok {
			c.say(e.name, Consequence{Kind: "service-removed", Level: Warning, At: "service/" + old.Name, Key: "services." + old.Name,
				Summary: "The service " + old.Name + " is removed", Detail: c.callers(e, old.Name)})
			continue
		}
		c.service(e.name, old, now)
	}
	for _, now := range e.new.Environment.Services {
		if _, ok := e.old.Environment.Service(now.Name); !ok {
			c.say(e.name, Consequence{Kind: "service-added", Level: Notice, At: "service/" + now.Name, Key: "services." + now.Name,
				Summary: fmt.Sprintf("The service %s is added in the segment %s", now.Name, now.Segment)})
			c.routes(e.name, model.Service{}, now)
		}
	}
}

// callers of a service that goes, as it was.
func (c *comparison) callers(e pair, name string) string {
	var who []string
	for _, s := range e.old.Environment.Services {
		if slices.Contains(s.Uses, name) {
			who = append(who, s.Name)
		}
	}
	if len(who) == 0 {
		return "Nobody calls it."
	}
	return "It is called by " + list(who) + "."
}

func (c *comparison) service(env string, old, now model.Service) {
	at, key := "service/"+now.Name, "services."+now.Name
	part := func(kind string, level Level, field, part, summary, detail string) {
		c.say(env, Consequence{Kind: kind, Level: level, At: at, Key: key + field, Summary: summary, Detail: detail, part: part})
	}
	change := func(kind string, level Level, field, summary, detail string) {
		part(kind, level, field, "", summary, detail)
	}
	if old.Runtime != now.Runtime || old.Segment != now.Segment {
		what := fmt.Sprintf("from the segment %s to %s", old.Segment, now.Segment)
		if old.Runtime != now.Runtime {
			what = fmt.Sprintf("from %s to %s", old.Runtime, now.Runtime)
		}
		change("service-moved", Warning, "", fmt.Sprintf("The service %s moves %s", now.Name, what), "Its load balancer and address are replaced; callers find it by its name again.")
	}
	capacity(now.Name, change, old.Scale, now.Scale)
	if old.Size != now.Size {
		level := Notice
		if now.Size.CPUMilli < old.Size.CPUMilli || now.Size.MemoryBytes < old.Size.MemoryBytes {
			level = Warning
		}
		change("size", level, ".size", fmt.Sprintf("A replica of %s gets %s and %s instead of %s and %s", now.Name,
			cores(now.Size.CPUMilli), size(now.Size.MemoryBytes), cores(old.Size.CPUMilli), size(old.Size.MemoryBytes)), "")
	}
	objective(now.Name, part, old.Objective, now.Objective)
	if old.Encryption == model.MutualTLS && now.Encryption != model.MutualTLS {
		change("encryption-weaker", Warning, ".encryption", fmt.Sprintf("Callers of %s no longer show who they are", now.Name), "mtls becomes tls.")
	}
	if old.Strict && !now.Strict {
		change("isolation-weaker", Warning, ".isolation", fmt.Sprintf("The service %s loses the security group of its own", now.Name), "")
	}
	if old.Port != now.Port {
		change("port", Warning, ".port", fmt.Sprintf("The service %s listens on %d instead of %d", now.Name, now.Port, old.Port), "Rules, routes and health checks follow; a release that still listens on the old port is not reached.")
	}
	if old.Tier != now.Tier {
		level := Notice
		if now.Tier > old.Tier {
			level = Warning
		}
		change("tier", level, ".tier", fmt.Sprintf("The service %s is of tier %d instead of %d", now.Name, now.Tier, old.Tier), "Recovery targets and who is woken follow from the tier.")
	}
	for _, s := range now.Secrets {
		if !slices.Contains(old.Secrets, s) {
			part("secret-added", Notice, ".secrets", s, fmt.Sprintf("The service %s is given the secret %s", now.Name, s), "It has no value until somebody sets one; the service does not start before.")
		}
	}
	c.class(env, at, key, old.Data, now.Data)
	c.owner(env, at, key, old.Team, now.Team)
	c.routes(env, old, now)
}

func cores(milli int64) string { return strconv.FormatFloat(float64(milli)/1000, 'f', -1, 64) + " CPU" }

func capacity(name string, say func(kind string, level Level, field, summary, detail string), old, now model.Scale) {
	if old.Min == now.Min && old.Max == now.Max {
		return
	}
	kind, level := "capacity", Notice
	if now.Max < old.Max || now.Min < old.Min {
		kind, level = "capacity-reduced", Warning
	}
	say(kind, level, ".scale.replicas", fmt.Sprintf("The service %s has %s replicas instead of %s", name, bounds(now), bounds(old)), peak(now))
}

func bounds(s model.Scale) string { return fmt.Sprintf("%d..%d", s.Min, s.Max) }

// peak is what the service can serve, where the file says what a replica can.
func peak(s model.Scale) string {
	switch {
	case s.Requests > 0:
		return fmt.Sprintf("At most %d requests a second.", s.Requests*s.Max)
	case s.Connections > 0:
		return fmt.Sprintf("At most %d connections.", s.Connections*s.Max)
	}
	return ""
}

func objective(name string, say func(kind string, level Level, field, part, summary, detail string), old, now model.Objective) {
	if old.Availability != now.Availability {
		a, _ := strconv.ParseFloat(old.Availability, 64)
		b, _ := strconv.ParseFloat(now.Availability, 64)
		kind, level := "objective", Notice
		if b < a {
			kind, level = "objective-lowered", Warning
		}
		say(kind, level, ".objective.availability", "availability", fmt.Sprintf("The service %s promises %s availability instead of %s", name, percent(now.Availability), percent(old.Availability)), "")
	}
	for _, l := range []struct {
		name     string
		old, now time.Duration
	}{{"p50", old.LatencyP50, now.LatencyP50}, {"p95", old.LatencyP95, now.LatencyP95}, {"p99", old.LatencyP99, now.LatencyP99}, {"freshness", old.Freshness, now.Freshness}} {
		if l.old == l.now {
			continue
		}
		kind, level := "objective", Notice
		if l.now == 0 || l.old > 0 && l.now > l.old {
			kind, level = "objective-lowered", Warning
		}
		say(kind, level, ".objective", l.name, fmt.Sprintf("The service %s promises a %s of %s instead of %s", name, l.name, promise(l.now), promise(l.old)), "")
	}
}

func percent(s string) string {
	if s == "" {
		return "no"
	}
	return s + "%"
}

func promise(d time.Duration) string {
	if d == 0 {
		return "nothing"
	}
	return d.String()
}

// routes compares what the internet and the company's own networks may ask for.
func (c *comparison) routes(env string, old, now model.Service) {
	at := "service/" + now.Name
	for _, r := range now.Routes {
		if !slices.Contains(old.Routes, r) {
			c.say(env, Consequence{Kind: "public-route-added", Level: Warning, At: at, part: r.Host + r.Path, Key: "services." + now.Name + ".routes",
				Summary: fmt.Sprintf("The internet reaches %s at %s%s", now.Name, r.Host, r.Path), Detail: fmt.Sprintf("It handles data of the class %s.", or(string(now.Data), "none"))})
		}
	}
	for _, r := range old.Routes {
		if !slices.Contains(now.Routes, r) {
			c.say(env, Consequence{Kind: "public-route-removed", Level: Warning, At: at, part: r.Host + r.Path, Key: "services." + now.Name + ".routes",
				Summary: fmt.Sprintf("%s%s no longer leads to %s", r.Host, r.Path, now.Name), Detail: "Whoever still calls it gets an error."})
		}
	}
}

var classes = []model.DataClass{model.Public, model.Internal, model.PII, model.PCI}

// class compares how sensitive the data is said to be.
func (c *comparison) class(env, at, key string, old, now model.DataClass) {
	if old == now {
		return
	}
	level, detail := Notice, ""
	if slices.Index(classes, now) < slices.Index(classes, old) {
		level, detail = Warning, "Retention, masking and who may see it follow from the class."
	}
	c.say(env, Consequence{Kind: "data-class", Level: level, At: at, Key: key + ".data",
		Summary: fmt.Sprintf("Data of %s is of the class %s instead of %s", at, or(string(now), "none"), or(string(old), "none")), Detail: detail})
}

// owner compares who answers for a thing.
func (c *comparison) owner(env, at, key, old, now string) {
	if old != now {
		c.say(env, Consequence{Kind: "owner", Level: Notice, At: at, Key: key + ".team", Summary: fmt.Sprintf("The team %s answers for %s instead of %s", or(now, "of nobody"), at, or(old, "nobody"))})
	}
}

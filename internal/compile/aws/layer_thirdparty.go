package aws

import (
	"time"

	"paddock.dev/internal/model"
)

// thirdParties is the layer 85-thirdparty: who is called, what the monitoring
// service watches, and what stands at the edge. The edge is a root of its own:
// it is changed by other people, with other rights.
func (c *compiler) thirdParties() []Root {
	r := Root{Account: Shared, Region: c.platform.Cloud.Region, Layer: ThirdParties}
	if c.platform.Alerts.Page == "pagerduty" {
		r.Providers = append(r.Providers, Provider{Name: "pagerduty"})
		r.Modules = append(r.Modules, c.onCall())
	}
	if c.platform.Observe.APM == "newrelic" {
		r.Providers = append(r.Providers, Provider{Name: "newrelic", Args: Args{
			{"account_id", Ref("var.newrelic_account_id")}, {"api_key", Ref("var.newrelic_api_key")}, {"region", String(apmRegion(c.platform.Observe.APMRegion))},
		}})
		r.Variables = append(r.Variables,
			Variable{Name: "newrelic_account_id", Type: "number", Description: "Number of the account at New Relic; null takes NEW_RELIC_ACCOUNT_ID of the environment."},
			Variable{Name: "newrelic_api_key", Type: "string", Description: "Key of a user at New Relic; null takes NEW_RELIC_API_KEY of the environment.", Sensitive: true},
		)
		r.Modules = append(r.Modules, c.apm())
	}
	var roots []Root
	if len(r.Modules) > 0 {
		r.Variables = append(r.Variables, c.responseVariables()...)
		roots = append(roots, r)
	}
	if c.platform.Edge.Provider == "akamai" {
		if edge, ok := c.akamai(); ok {
			roots = append(roots, edge)
		}
	}
	return roots
}

func apmRegion(r string) string {
	if r == "eu" {
		return "EU"
	}
	return "US"
}

// last is the environment in which customers are served.
func (c *compiler) last() model.Environment {
	for _, e := range c.platform.Environments {
		if production(e) {
			return e
		}
	}
	if n := len(c.platform.Environments); n > 0 {
		return c.platform.Environments[n-1]
	}
	return model.Environment{}
}

// epoch is a Monday on which no rotation had begun: turns are counted from it,
// so that who is on call follows from the file and from nothing else.
var epoch = model.Date{Year: 2026, Month: time.January, Day: 5}

// firstHandover is the first handover on or after the epoch.
func firstHandover(m model.Moment) time.Time {
	zone := m.Zone
	if zone == nil {
		zone = time.UTC
	}
	day := epoch.Start(zone)
	for day.Weekday() != m.Day {
		day = day.AddDate(0, 0, 1)
	}
	return day.Add(time.Duration(m.Minute) * time.Minute)
}

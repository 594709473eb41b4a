package model

import "time"

// Observe is what is watched and how long it is kept.
type Observe struct {
	Metrics, Logs, Traces Retention
	// Sample is the share of traces that are kept, in thousandths of a percent.
	Sample int64
	// Redact are the names of patterns that are masked in logs, such as pan.
	Redact []string
	// APM is the service that takes traces on the production system, such as
	// newrelic, and its region.
	APM, APMRegion string
}

// Retention is how long records are kept: Hot at once, Cold from an archive.
type Retention struct{ Hot, Cold time.Duration }

// Alerts is where alerts go.
type Alerts struct {
	// Slack channel and Mail list for alerts that no team owns.
	Slack, Mail string
	// Page says who is woken: pagerduty, or empty for nobody.
	Page string
	// Quiet mutes environments outside their hours.
	Quiet bool
}

// Edge is what stands between the internet and the gateway.
type Edge struct {
	// Provider on the production system, such as akamai; empty means none.
	Provider string
	// Contract, Group and SiteShield map at the provider.
	Contract, Group, SiteShield string
	Cache                       []CacheRule
	WAF                         WAF
	Bots                        Bots
	Limits                      []Limit
}

// CacheRule is how long answers below a path are kept.
type CacheRule struct {
	Route Route
	TTL   time.Duration
}

// WAF is the web application firewall.
type WAF struct {
	// Mode is block, monitor or off.
	Mode     string
	Paranoia int // 1 to 4, of the OWASP Core Rule Set
}

// Bots says what is done about programs.
type Bots struct {
	// Mode is block, challenge, monitor or off.
	Mode string
	// Allow are the names of good bots, such as googlebot.
	Allow []string
}

// Limit is how often one client may ask.
type Limit struct {
	Route Route
	// Requests in a time of Per.
	Requests int
	Per      time.Duration
}

// Audit is the record of who did what.
type Audit struct {
	Retention
	// Lock keeps the record from being deleted before its time.
	Lock bool
}

// Backup is what holds for every store that does not say.
type Backup struct {
	BackupPlan
	// Lock keeps copies from being deleted before their time.
	Lock bool
	// Copy sends copies to the recovery region.
	Copy bool
	// Test is how often a restore is tried; 0 means never.
	Test time.Duration
}

// Cost is what may be spent.
type Cost struct {
	Currency string
	// Budgets for a month by account, sorted by name: names of environments, and
	// core for the accounts that serve all.
	Budgets []Budget
	// Alert at this share of a budget, in percent.
	Alert int
	// Stop environments outside their hours.
	OffHours bool
	// Cleanup removes what nobody uses, after this time; 0 means never.
	Cleanup time.Duration
}

// Budget for a month in whole units of the currency.
type Budget struct {
	Account string
	Amount  int64
}

// Tickets is where work is planned.
type Tickets struct {
	// Provider such as jira; empty means none.
	Provider, Project, URL string
}

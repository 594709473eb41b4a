package v1

// ObserveBlock is what is watched and how long it is kept.
//
// +kubebuilder:object:generate=false
type ObserveBlock struct {
	// Metrics are kept this long.
	Metrics RetentionBlock `yaml:"metrics" default:"{ hot: 15d, cold: 90d }" example:"{ hot: 30d, cold: 400d }"`
	// Logs are kept this long.
	Logs RetentionBlock `yaml:"logs" default:"{ hot: 14d, cold: 90d }" example:"{ hot: 14d, cold: 365d }"`
	// Traces are kept this long.
	Traces RetentionBlock `yaml:"traces" default:"{ hot: 7d }" example:"{ hot: 7d }"`
	// Sample is the share of traces that are kept.
	Sample Percent `yaml:"sample" default:"5%" example:"10%"`
	// Redact names patterns that are masked in logs before they are stored.
	Redact []string `yaml:"redact" example:"[pan, phone, mail]"`
	// APM is the service that takes traces on the production system.
	APM APM `yaml:"apm" default:"none" example:"newrelic"`
	// APMRegion is where that service keeps them.
	APMRegion APMRegion `yaml:"apmRegion" default:"us" example:"eu"`
}

// RetentionBlock is how long records are kept.
//
// +kubebuilder:object:generate=false
type RetentionBlock struct {
	// Hot records are found at once.
	Hot Duration `yaml:"hot,required,short" example:"14d"`
	// Cold records come out of an archive; the time counts from the beginning.
	// Without it nothing is archived.
	Cold *Duration `yaml:"cold" example:"365d"`
}

// AlertsBlock is where alerts go.
//
// +kubebuilder:object:generate=false
type AlertsBlock struct {
	// Slack channel for alerts that no team owns, in quotes: # begins a comment.
	Slack Channel `yaml:"slack" example:"\"#alerts-platform\""`
	// Mail list for alerts that no team owns.
	Mail Mail `yaml:"mail" example:"alerts@kestrelcars.example"`
	// Page is the service that wakes people on the production system.
	Page Pager `yaml:"page" default:"none" example:"pagerduty"`
	// Quiet mutes environments outside their hours.
	Quiet bool `yaml:"quiet" default:"true" example:"false"`
}

// EdgeBlock is what stands between the internet and the gateway.
//
// +kubebuilder:object:generate=false
type EdgeBlock struct {
	// Provider on the production system.
	Provider EdgeProvider `yaml:"provider" default:"none" example:"akamai"`
	// Contract with the provider, as it calls it.
	Contract string `yaml:"contract" example:"ctr_C-0N7RAC7"`
	// Group at the provider, as it calls it.
	Group string `yaml:"group" example:"grp_15225"`
	// SiteShield is the map of addresses from which the provider calls.
	SiteShield string `yaml:"siteShield" example:"s123.akamaiedge.net"`
	// Cache says how long answers are kept at the edge, by route.
	Cache []CacheBlock `yaml:"cache" example:"[{ route: www.kestrelcars.example/static, ttl: 30d }]"`
	// WAF is the web application firewall.
	WAF WAFBlock `yaml:"waf" example:"{ mode: block, paranoia: 2 }"`
	// Bots says what is done about programs that pretend to be people.
	Bots BotsBlock `yaml:"bots" example:"{ mode: challenge, allow: [googlebot] }"`
	// Limits say how often one client may ask, by route.
	Limits []LimitBlock `yaml:"limits" example:"[{ route: api.kestrelcars.example/v1/login, rate: 10/m }]"`
}

// CacheBlock is how long answers below a route are kept.
//
// +kubebuilder:object:generate=false
type CacheBlock struct {
	// Route is host and path prefix.
	Route Route `yaml:"route,required" example:"www.kestrelcars.example/static"`
	// TTL is how long an answer is good.
	TTL Duration `yaml:"ttl,required" example:"30d"`
}

// WAFBlock is the web application firewall.
//
// +kubebuilder:object:generate=false
type WAFBlock struct {
	// Mode block refuses requests, monitor only notes them.
	Mode WAFMode `yaml:"mode,short" default:"block" example:"monitor"`
	// Paranoia is the level of the OWASP Core Rule Set: the higher, the more it
	// finds, rightly and wrongly.
	Paranoia int `yaml:"paranoia" default:"1" example:"2" least:"1" most:"4"`
}

// BotsBlock says what is done about programs.
//
// +kubebuilder:object:generate=false
type BotsBlock struct {
	// Mode block refuses them, challenge asks for proof, monitor only notes.
	Mode BotMode `yaml:"mode,short" default:"monitor" example:"challenge"`
	// Allow names good bots.
	Allow []string `yaml:"allow" example:"[googlebot, bingbot]"`
}

// LimitBlock is how often one client may ask.
//
// +kubebuilder:object:generate=false
type LimitBlock struct {
	// Route is host and path prefix.
	Route Route `yaml:"route,required" example:"api.kestrelcars.example/v1/login"`
	// Rate of requests that one client may send.
	Rate Rate `yaml:"rate,required" example:"10/m"`
}

// AuditBlock is the record of who did what.
//
// +kubebuilder:object:generate=false
type AuditBlock struct {
	// Hot records are found at once.
	Hot Duration `yaml:"hot" default:"365d" example:"365d"`
	// Cold records come out of an archive.
	Cold Duration `yaml:"cold" default:"2555d" example:"2555d"`
	// Lock keeps the record from being deleted before its time, by anybody.
	Lock bool `yaml:"lock" default:"true" example:"false"`
}

// BackupBlock is what holds for every store that says nothing of its own.
//
// +kubebuilder:object:generate=false
type BackupBlock struct {
	// Every is the time between two copies; 0s means never.
	Every Duration `yaml:"every" default:"1d" example:"1h"`
	// Keep is how long a copy is kept.
	Keep Duration `yaml:"keep" default:"35d" example:"90d"`
	// Lock keeps copies from being deleted before their time, by anybody.
	Lock bool `yaml:"lock" default:"true" example:"false"`
	// Copy sends copies to the recovery region.
	Copy bool `yaml:"copy" default:"true" example:"false"`
	// Test is how often a restore is tried; 0s means never.
	Test Duration `yaml:"test" default:"7d" example:"30d"`
}

// CostBlock is what may be spent.
//
// +kubebuilder:object:generate=false
type CostBlock struct {
	// Currency of all amounts.
	Currency Currency `yaml:"currency" default:"USD" example:"EUR"`
	// Budgets for a month in whole units of the currency: by environment, and
	// core for what serves them all.
	Budgets Map[int] `yaml:"budgets" example:"{ prod: 32000, core: 18000 }"`
	// Alert at this share of a budget.
	Alert Percent `yaml:"alert" default:"80%" example:"90%"`
	// OffHours stops environments outside their hours.
	OffHours bool `yaml:"offHours" default:"true" example:"false"`
	// Cleanup removes what nobody uses after this time; 0s means never.
	Cleanup Duration `yaml:"cleanup" default:"30d" example:"14d"`
}

// TicketsBlock is where work is planned.
//
// +kubebuilder:object:generate=false
type TicketsBlock struct {
	// Provider of the tickets.
	Provider TicketProvider `yaml:"provider" default:"none" example:"jira"`
	// Project in which tickets are opened.
	Project string `yaml:"project" example:"OPS"`
	// URL of the provider.
	URL URL `yaml:"url" example:"https://kestrelcars.atlassian.net"`
}

// PoliciesBlock are statements of the company that must hold.
//
// +kubebuilder:object:generate=false
type PoliciesBlock struct {
	// Never are connections that must not be possible, each from one thing to
	// another: service/…, store/…, segment/…, team/…, data/…, site/… or
	// internet.
	Never []Flow `yaml:"never" example:"[service/search -> store/mongo-core, segment/iot -> segment/pci]"`
	// Registries from which images may run. Without it: the platform's own only.
	Registries []Host `yaml:"registries" example:"[registry.k8s.io]"`
}

// WaiverBlock accepts a finding for a while.
//
// +kubebuilder:object:generate=false
type WaiverBlock struct {
	// Rule is the id of the check.
	Rule string `yaml:"rule,required" example:"tier-one-zone"`
	// At is the address of what it concerns. Without it: everything.
	At Address `yaml:"at" example:"store/ledger"`
	// Environment in which it holds. Without it: all.
	Environment string `yaml:"environment" example:"dev"`
	// Reason why it is accepted, for those who read it later.
	Reason string `yaml:"reason,required" example:"the vendor supports one zone only"`
	// Until is the last day on which it holds.
	Until Date `yaml:"until,required" example:"2027-03-31"`
}

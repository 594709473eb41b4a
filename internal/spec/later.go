package spec

import (
	"reflect"

	v1 "paddock.dev/api/v1"
)

// later are the keys of the file that Paddock's design has and this version does
// not act on. They are refused, not passed over: a file that asks for backups
// and gets none is worse than an error.
var later = map[reflect.Type]map[string]string{
	reflect.TypeFor[v1.File](): {
		"cloud":    "where the infrastructure runs",
		"recovery": "recovery in a second region",
		"network":  "addresses, segments, egress and VPN",
		"stores":   "databases, queues and caches",
		"teams":    "teams and their on-call duty",
		"observe":  "metrics, logs and traces",
		"alerts":   "alert rules",
		"edge":     "cache, firewall and limits at the edge",
		"audit":    "the signed record",
		"backup":   "backup plans",
		"cost":     "budgets",
		"tickets":  "tickets",
		"policies": "policies of your own",
	},
	reflect.TypeFor[v1.EnvironmentBlock](): {
		"hours":  "hours outside which an environment sleeps",
		"freeze": "times in which nothing is released",
	},
	reflect.TypeFor[v1.DeliveryBlock](): {
		"branching": "branching models",
		"hotfix":    "the short lane for repairs",
	},
	reflect.TypeFor[v1.ServiceBlock](): {
		"segment": "network segments",
		"migrate": "schema migrations",
		"secrets": "secrets",
	},
}

package aws

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"paddock.dev/internal/model"
)

// The accounts that serve all environments.
const (
	Management = "management"
	LogArchive = "log-archive"
	Audit      = "security"
	Hub        = "network"
	Shared     = "shared"
)

// The purposes of keys. A key is of one environment (or account) and one
// purpose; it is found by its alias.
const (
	KeyData    = "data"    // volumes, stores, buckets with the business's data
	KeyLogs    = "logs"    // log groups and log buckets
	KeySecrets = "secrets" // Secrets Manager, Kubernetes secrets
	KeyAlarms  = "alarms"  // topics that alarms are sent to
	KeyBackup  = "backup"  // backup vaults
)

// name is the name of a thing: the platform's name, then the parts. What is very
// long is cut, so that modules can put something behind it and stay within the 80
// characters of a queue. The platform and an environment always fit.
func (c *compiler) name(parts ...string) string {
	return fit(c.platform.Name+"-"+strings.Join(parts, "-"), 60)
}

// short is name for things whose names AWS bounds: what does not fit is cut,
// and a digest of the whole keeps it unique and stable.
func (c *compiler) short(most int, parts ...string) string {
	return fit(c.name(parts...), most)
}

func fit(name string, most int) string {
	if len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "-" + hex.EncodeToString(sum[:3])
	return strings.TrimRight(name[:most-len(tail)], "-") + tail
}

// keyAlias is the alias of a key: alias/kestrel/prod/data. The owner is an
// environment or an account.
func (c *compiler) keyAlias(owner, purpose string) string {
	return "alias/" + c.platform.Name + "/" + c.accountOf(owner) + "/" + purpose
}

// bucket is the name of a bucket, which is unique in the world and at most 63
// characters long: kestrel-log-archive-flow-ap-south-1.
func (c *compiler) bucket(account, purpose, region string) string {
	return fit(c.name(account, purpose, region), 63)
}

// bucketARN is the ARN of a bucket by its name.
func bucketARN(name string) String { return String("arn:aws:s3:::" + name) }

// repository of a service's images, in the account that all share.
func (c *compiler) repository(service string) string { return c.platform.Name + "/" + service }

// secret is the name of a secret value: kestrel/prod/payments/PSP_ONE_KEY.
func (c *compiler) secret(env, owner, name string) string {
	return c.platform.Name + "/" + env + "/" + owner + "/" + name
}

// machineLogs is the log group of the machines of a store, a service or a tool.
func (c *compiler) machineLogs(owner, name string) string {
	return "/" + c.platform.Name + "/" + owner + "/" + name
}

// cluster is the name of the Kubernetes cluster of a segment.
func (c *compiler) cluster(env, segment string) string { return c.name(env, segment) }

// topic is the name of the topic for alarms of a severity.
func (c *compiler) topic(account, severity string) string {
	return c.name(c.accountOf(account), "alarms", severity)
}

// zone is the private domain of an environment: prod.kestrel.internal.
func (c *compiler) zone(env string) string { return env + "." + c.platform.Network.PrivateDomain }

// toolZone is the private domain of what builds and shows for a tier, such as
// tools-prod.kestrel.internal. The shared account has it in its networks; the
// VPN of the tier asks for it too.
func (c *compiler) toolZone(t string) string {
	return "tools-" + t + "." + c.platform.Network.PrivateDomain
}

// toolHost is the name of a tool, such as jenkins.tools-prod.kestrel.internal.
func (c *compiler) toolHost(tool, t string) string { return tool + "." + c.toolZone(t) }

// toolSecret is the secret with which a tool starts.
func (c *compiler) toolSecret(tool, t string) string { return c.secret("tools-"+t, tool, "start") }

// toolRole is the role of a tool's machine.
func (c *compiler) toolRole(tool, t string) string { return fit(c.name(tool, t), 64) }

// agentCluster is the cluster in which the build agents of a tier run.
func (c *compiler) agentCluster(t string) string { return c.name("tools", t) }

// databaseName is the identifier of a relational database.
func (c *compiler) databaseName(s site, store string) string { return fit(c.siteName(s, store), 63) }

// cacheName is the id of a cache's replication group: the same in both regions.
func (c *compiler) cacheName(s site, store string) string { return fit(s.env.Name+"-"+store, 40) }

// accountOf is the account in which something of an environment, or of an account
// with a purpose of its own, really lives: there may be one for everything.
func (c *compiler) accountOf(owner string) string {
	if c.platform.Accounts.Single {
		return Shared
	}
	return owner
}

// accountID is the number of an account as a value: the literal of the file, or
// the variable of a root that has to ask.
func (c *compiler) accountID(account string) Value {
	account = c.accountOf(account)
	for _, a := range c.platform.Accounts.IDs {
		if a.Name == account {
			return String(a.ID)
		}
	}
	return Ref("var.account_" + strings.ReplaceAll(account, "-", "_"))
}

// accounts are all accounts, those that serve all first.
func (c *compiler) accounts() []string {
	if c.platform.Accounts.Single {
		return []string{Shared}
	}
	all := []string{Management, LogArchive, Audit, Hub, Shared}
	for _, e := range c.platform.Environments {
		all = append(all, e.Name)
	}
	return all
}

// regions are the primary region and, where there is one, the one that takes
// over.
func (c *compiler) regions() []string {
	regions := []string{c.platform.Cloud.Region}
	if r := c.platform.Recovery.Region; r != "" {
		regions = append(regions, r)
	}
	return regions
}

// production reports whether an environment is of the last stage.
func production(e model.Environment) bool { return e.Stage == model.Production }

// tier is the side of the wall on which an environment stands: networks, tools
// and observation are apart for the two.
func tier(e model.Environment) string {
	if production(e) {
		return "prod"
	}
	return "nonprod"
}

// of is an origin for all environments.
func of(key string) []Origin { return []Origin{{Key: key}} }

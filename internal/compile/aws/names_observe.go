package aws

import (
	"slices"
	"strconv"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// Where the logs and alerts of clusters go, and which cluster asks what is not
// in one. Terraform makes these things, and what runs in clusters names them.

// logDomainOf reports whether clusters of a site have a log domain. The region
// that waits has none: it costs more than all else there, and the one of the
// other region is gone on the day on which it is needed. Nor has a single
// account, which has no place that others cannot reach.
func (c *compiler) logDomainOf(s site) bool {
	_, ok := c.Addresses.VPC("obs-" + tier(s.env))
	return ok && !s.recovery && !c.platform.Accounts.Single
}

// logGroup is the group of CloudWatch that takes the logs of a cluster where
// there is no domain; else empty.
func (c *compiler) logGroup(s site, segment string) string {
	if c.logDomainOf(s) {
		return ""
	}
	return "/paddock/applications/" + c.clusterName(s, segment)
}

// observeSecret is the name of a secret with which the platform's own pods of a
// site sign in somewhere.
func (c *compiler) observeSecret(s site, name string) string {
	if s.recovery {
		return c.secret(s.env.Name, "observe-recovery", name)
	}
	return c.secret(s.env.Name, "observe", name)
}

// The secrets of Alertmanager.
const (
	pagerSecret = "PAGERDUTY_ROUTING_KEY"
	slackSecret = "SLACK_URL"
)

// alertSecrets are those that the alerts of a site need, with what each is for.
func (c *compiler) alertSecrets(s site) Args {
	var all Args
	if c.pages(s.env) {
		all = append(all, Arg{pagerSecret, String("Key with which alerts wake people: output routing_key of the module on-call")})
	}
	if c.chats() {
		all = append(all, Arg{slackSecret, String("Address of the incoming webhook of the chat")})
	}
	return all
}

// pages reports whether alerts of an environment may wake somebody.
func (c *compiler) pages(env model.Environment) bool {
	return c.platform.Alerts.Page != "" && production(env)
}

func (c *compiler) chats() bool {
	return c.platform.Alerts.Slack != "" || slices.ContainsFunc(c.platform.Teams, func(t model.Team) bool { return t.Slack != "" })
}

// alertDomains are the names on the internet that alerts of an environment are
// sent to.
func (c *compiler) alertDomains(env model.Environment) []string {
	var all []string
	if c.pages(env) {
		all = append(all, "events.pagerduty.com")
	}
	if c.chats() {
		all = append(all, "hooks.slack.com")
	}
	return all
}

// mailTopics are the topics that mail lists are subscribed to, by address. They
// are not the topics of alarms: what Alertmanager has told the chat is not told
// there again.
func (c *compiler) mailTopics(account string) Args {
	var all Args
	add := func(address, name string) {
		if address != "" && !slices.ContainsFunc(all, func(a Arg) bool { return a.Key == address }) {
			all = append(all, Arg{address, String(name)})
		}
	}
	add(c.platform.Alerts.Mail, c.topic(account, "mail"))
	for _, t := range c.platform.Teams {
		add(t.Mail, c.topic(account, "mail-"+t.Name))
	}
	return all
}

// heartbeatTopic is the topic on which a cluster says every minute that its
// alerts are on their way.
func heartbeatTopic(cluster string) string { return cluster + "-heartbeat" }

// storeWatcher is the segment whose cluster asks the machines of a store for
// their figures: the store's own, else the first one with pods that use it, for
// these have a way there. Empty when AWS runs the store, and watches it.
func (c *compiler) storeWatcher(s site, store model.Store) string {
	if store.Managed() || s.recovery && !store.Recovery {
		return ""
	}
	if c.hasCluster(s, store.Segment) {
		return store.Segment
	}
	by := c.users(s.env, store.Name)
	for _, segment := range s.env.Segments {
		if c.hasCluster(s, segment) && slices.ContainsFunc(by[segment], func(svc model.Service) bool { return svc.Runtime != model.EC2 }) {
			return segment
		}
	}
	return ""
}

// machineWatcher is the same of a service on machines: the cluster beside it.
func (c *compiler) machineWatcher(s site, svc model.Service) string {
	if svc.Runtime == model.EC2 && c.hasCluster(s, svc.Segment) {
		return svc.Segment
	}
	return ""
}

func (c *compiler) hasCluster(s site, segment string) bool {
	return slices.ContainsFunc(c.Addresses.Clusters, func(cl address.Cluster) bool {
		return cl.Environment == s.env.Name && cl.Recovery == s.recovery && cl.Segment == segment
	})
}

// watchers are the subnets of the pods that ask for figures, by name.
func (c *compiler) watchers(s site, segment string) Object {
	o := Object{}
	if v, ok := c.Addresses.VPC(s.vpc(segment)); ok && segment != "" {
		for _, sub := range v.Subnets {
			if sub.Purpose == address.Pods {
				o = append(o, Arg{segment + "-" + subnetName(sub), String(sub.CIDR.String())})
			}
		}
	}
	sortArgs(o)
	return o
}

// watchedFrom are what Prometheus of a cluster reaches outside of it.
func (c *compiler) watchedFrom(s site, segment string) Object {
	o := Object{}
	add := func(name, from string, purpose address.Purpose, ports []int, why string) {
		v, ok := c.Addresses.VPC(s.vpc(from))
		if !ok {
			return
		}
		for _, sub := range v.Subnets {
			if sub.Purpose != purpose {
				continue
			}
			for _, p := range ports {
				o = append(o, Arg{"metrics-" + name + "-" + subnetName(sub) + "-" + strconv.Itoa(p), portRule(sub.CIDR.String(), p, why)})
			}
		}
	}
	for _, store := range s.env.Stores {
		if c.storeWatcher(s, store) == segment {
			add(store.Name, store.Segment, address.Data, metricPorts(store), "Figures of "+store.Name)
		}
	}
	for _, svc := range s.env.Services {
		if c.machineWatcher(s, svc) == segment {
			add(svc.Name, svc.Segment, address.Machines, machineMetricPorts, "Figures of "+svc.Name)
		}
	}
	return o
}

// machineMetricPorts are those of a service on machines and of the machine.
var machineMetricPorts = []int{9100, 9464}

// LogHost is the name of the log domain of the site's tier; empty where the site
// has none.
func (s Site) LogHost() string {
	if !s.c.logDomainOf(s.s) {
		return ""
	}
	return s.c.logHost(tier(s.s.env))
}

// LogGroup takes the logs of a cluster where there is no domain; else empty.
func (s Site) LogGroup(segment string) string { return s.c.logGroup(s.s, segment) }

// LogArchive is the bucket that keeps the logs of services. Every account writes
// below its own number.
func (s Site) LogArchive() string { return s.c.logBucket(applicationLogs, s.s.region) }

// LogRole is the role in which Fluent Bit of a cluster writes.
func (s Site) LogRole(segment string) string {
	return "arn:aws:iam::" + s.Account() + ":role/" + fit(s.Cluster(segment)+"-logs", 64)
}

// LogStreamRole is the role in which logs of AWS itself come into the domain of
// the site's tier.
func (s Site) LogStreamRole() string {
	return "arn:aws:iam::" + s.c.number(Shared) + ":role/" + s.c.logRolePrefix(tier(s.s.env)) + "-stream"
}

// logRolePrefix begins the names of the roles of a log domain.
func (c *compiler) logRolePrefix(t string) string { return fit(c.name("logs", t), 50) }

// Account is the number of the site's account: twelve zeros when the platform
// file does not state it.
func (s Site) Account() string { return s.c.number(s.s.account) }

func (c *compiler) number(account string) string {
	if id, ok := c.accountID(account).(String); ok {
		return string(id)
	}
	return "000000000000"
}

// AlertSecrets are the names of the secrets of Alertmanager, by the names of the
// files that it reads.
func (s Site) AlertSecrets() map[string]string {
	all := map[string]string{}
	for _, a := range s.c.alertSecrets(s.s) {
		file := map[string]string{pagerSecret: "pagerduty", slackSecret: "slack-url"}[a.Key]
		all[file] = s.c.observeSecret(s.s, a.Key)
	}
	return all
}

// MailTopics are the ARNs of the topics of mail lists, by address.
func (s Site) MailTopics() map[string]string {
	all := map[string]string{}
	for _, a := range s.c.mailTopics(s.s.account) {
		all[a.Key] = s.TopicARN(string(a.Value.(String)))
	}
	return all
}

// TopicARN is the ARN of a topic of the site.
func (s Site) TopicARN(name string) string {
	return "arn:aws:sns:" + s.s.region + ":" + s.Account() + ":" + name
}

// Heartbeat is the name of the topic of a cluster's heartbeat.
func Heartbeat(cluster string) string { return heartbeatTopic(cluster) }

// StoreWatcher is the segment whose cluster watches a store; empty when none
// does.
func (s Site) StoreWatcher(store model.Store) string { return s.c.storeWatcher(s.s, store) }

// MachineWatcher is the segment whose cluster watches a service on machines.
func (s Site) MachineWatcher(svc model.Service) string { return s.c.machineWatcher(s.s, svc) }

// MetricPorts are the ports of the exporters on a store's machines, those that
// its security group opens.
func MetricPorts(store model.Store) []int { return metricPorts(store) }

// MachineMetricPorts are those of a service on machines.
func MachineMetricPorts() []int { return slices.Clone(machineMetricPorts) }

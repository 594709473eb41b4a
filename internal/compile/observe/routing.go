package observe

import (
	"maps"
	"slices"
	"strings"
	"time"

	"paddock.dev/internal/model"
)

// Routing is the way of alerts to people, for one tier.
type Routing struct {
	Route     Route
	Receivers []Receiver
	// Quiet are the times in which an environment is stopped.
	Quiet      []Quiet
	Inhibition []Inhibition
}

// Route is a node of the tree. The semantics are Alertmanager's: the first child
// that matches takes the alert, and with Continue the next ones are asked too.
type Route struct {
	Match    []Label
	Receiver string
	Continue bool
	// Mute names the times in which nothing is sent from here. Children do not
	// inherit it.
	Mute   []string
	Repeat time.Duration
	Routes []Route
}

// Receiver is one way to people.
type Receiver struct {
	Name string
	// Slack channel, Mail list; empty when it is not that way.
	Slack, Mail string
	// Page sends to the paging service, Beat to the service that expects the
	// heartbeat.
	Page, Beat bool
}

// Quiet is a named time: the hours in which an environment is down.
type Quiet struct {
	Name string
	Up   model.Hours
}

// Inhibition keeps alerts back while another one fires. Values of Source and
// Target are regular expressions.
type Inhibition struct {
	Source, Target []Label
	Equal          []string
}

const (
	pageReceiver = "page"
	beatReceiver = "heartbeat"
	nobody       = "platform-mail"
	repeatPage   = 30 * time.Minute
	repeatOther  = 12 * time.Hour
	repeatDigest = 24 * time.Hour
	repeatBeat   = time.Minute
)

// quietName is the time in which an environment is stopped.
func quietName(env string) string { return "stopped-" + env }

// RoutingOf makes the tree: by environment, then team, then severity.
func RoutingOf(p *model.Platform, envs []model.Environment) Routing {
	platform := PlatformTeam(p)
	r := Routing{Route: Route{Receiver: nobody}}
	r.Receivers = []Receiver{{Name: nobody, Mail: p.Alerts.Mail}, {Name: beatReceiver, Beat: true}}
	paged := p.Alerts.Page != "" && slices.ContainsFunc(envs, func(e model.Environment) bool { return e.Stage == model.Production })
	if paged {
		r.Receivers = append(r.Receivers, Receiver{Name: pageReceiver, Page: true})
	}
	r.Route.Routes = append(r.Route.Routes, Route{Match: []Label{{"alertname", Watchdog}}, Receiver: beatReceiver, Repeat: repeatBeat})
	teams := teamsOf(p, envs)
	for _, name := range teams {
		t, _ := p.Team(name)
		slack, mail := t.Slack, t.Mail
		if slack == "" {
			slack = p.Alerts.Slack
		}
		if mail == "" {
			mail = p.Alerts.Mail
		}
		r.Receivers = append(r.Receivers, Receiver{Name: name + "-slack", Slack: slack, Mail: onlyIf(slack == "", mail)}, Receiver{Name: name + "-mail", Mail: mail, Slack: onlyIf(mail == "", slack)})
	}
	slices.SortFunc(r.Receivers, func(a, b Receiver) int { return strings.Compare(a.Name, b.Name) })
	r.Receivers = slices.CompactFunc(r.Receivers, func(a, b Receiver) bool { return a.Name == b.Name })
	for _, env := range envs {
		var mute []string
		if env.Hours != nil && p.Alerts.Quiet {
			mute = []string{quietName(env.Name)}
			r.Quiet = append(r.Quiet, Quiet{Name: quietName(env.Name), Up: *env.Hours})
		}
		node := Route{Match: []Label{{"env", env.Name}}, Receiver: platform + "-slack", Mute: mute}
		for _, name := range teams {
			team := Route{Match: []Label{{"team", name}}, Receiver: name + "-slack", Mute: mute}
			if paged && env.Stage == model.Production {
				team.Routes = append(team.Routes, Route{Match: []Label{{"severity", string(Critical)}}, Receiver: pageReceiver, Continue: true, Mute: mute, Repeat: repeatPage})
			}
			team.Routes = append(team.Routes,
				Route{Match: []Label{{"severity", string(Critical)}}, Receiver: name + "-slack", Mute: mute, Repeat: repeatPage},
				Route{Match: []Label{{"severity", string(Warning)}}, Receiver: name + "-slack", Mute: mute, Repeat: repeatOther},
				Route{Match: []Label{{"severity", string(Info)}}, Receiver: name + "-mail", Mute: mute, Repeat: repeatDigest},
			)
			node.Routes = append(node.Routes, team)
		}
		r.Route.Routes = append(r.Route.Routes, node)
	}
	r.Inhibition = inhibitions
	return r
}

func onlyIf(yes bool, s string) string {
	if yes {
		return s
	}
	return ""
}

// inhibitions: what is known already is not said again.
var inhibitions = []Inhibition{
	// Names are not resolved: everything fails because of it.
	{Source: []Label{{"alertname", "NamesFailing"}}, Target: []Label{{"alertname", "ServiceFailing|ServiceSlow|ServiceStale"}}, Equal: []string{"env", "cluster"}},
	// A service that is not there neither fails nor is slow.
	{Source: []Label{{"alertname", "ServiceDown"}}, Target: []Label{{"alertname", "ServiceFailing|ServiceSlow|ServiceStale|ServiceSilent|ReplicasMissing|Restarting|Throttled|AtMaximum"}}, Equal: []string{"env", "service"}},
	// The node explains its pods.
	{Source: []Label{{"alertname", "NodeNotReady"}}, Target: []Label{{"alertname", "Restarting|NodeDiskFilling|NodeOutOfMemory"}}, Equal: []string{"env", "node"}},
	// The worse one of two about the same objective. Both must have one: a label
	// that neither has counts as equal.
	{Source: []Label{{"severity", "critical"}, {"slo", ".+"}}, Target: []Label{{"severity", "warning|info"}, {"slo", ".+"}}, Equal: []string{"env", "service", "slo"}},
	// The store explains its parts.
	{Source: []Label{{"alertname", "MongoNoPrimary|KafkaOfflinePartitions|SingleStorePartitionsOffline"}}, Target: []Label{{"alertname", "MongoReplicationLag|KafkaUnderReplicated|KafkaUnderMinISR|KafkaISRShrinking|SingleStoreNodeOffline"}}, Equal: []string{"env", "store"}},
}

// teamsOf are the teams that own something in the environments, and the
// platform's own.
func teamsOf(p *model.Platform, envs []model.Environment) []string {
	set := map[string]bool{PlatformTeam(p): true}
	for _, e := range envs {
		for _, s := range e.Services {
			set[s.Team] = true
		}
		for _, s := range e.Stores {
			set[s.Team] = true
		}
	}
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}

// ReceiversOf are the receivers that an alert reaches, in the order of the tree,
// by Alertmanager's own rules of matching.
func (r Routing) ReceiversOf(labels []Label) []string {
	return r.Route.match(labels)
}

func (r Route) match(labels []Label) []string {
	for _, m := range r.Match {
		if !slices.Contains(labels, m) {
			return nil
		}
	}
	var all []string
	for _, child := range r.Routes {
		found := child.match(labels)
		all = append(all, found...)
		if len(found) > 0 && !child.Continue {
			break
		}
	}
	if len(all) == 0 {
		return []string{r.Receiver}
	}
	return all
}

// Case is a set of labels and the receivers that it must reach.
type Case struct {
	Labels    []Label
	Receivers []string
}

// Cases are the label sets of all alerts of the rules, each once.
func (r Routing) Cases(files []File) []Case {
	seen := map[string]bool{}
	var all []Case
	for _, f := range files {
		for _, g := range f.Groups {
			for _, rule := range g.Rules {
				if rule.Alert == "" {
					continue
				}
				labels := append([]Label{{"alertname", rule.Alert}}, rule.Labels...)
				key := ""
				for _, l := range labels {
					key += l.Name + "=" + l.Value + ","
				}
				if !seen[key] {
					seen[key] = true
					all = append(all, Case{labels, r.ReceiversOf(labels)})
				}
			}
		}
	}
	return all
}

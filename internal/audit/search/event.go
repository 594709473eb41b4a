// Package search reads what audit logs say into one form and one timeline: who
// did what to which thing, from where, and how it ended. It knows CloudTrail
// log files, Kubernetes audit logs and Paddock's own record, which is written as
// CloudTrail does; it refuses to judge what it reads (that is package detect's)
// and to prove it (that is package trail's).
package search

import (
	"strconv"
	"time"

	"paddock.dev/internal/audit/search/fields"
)

// Source is the kind of log that an event comes from.
type Source string

// The sources.
const (
	CloudTrail Source = "cloudtrail"
	Kubernetes Source = "kubernetes"
	Paddock    Source = "paddock"
)

// Kind is what somebody is.
type Kind string

// The kinds of actors.
const (
	Root      Kind = "root"      // an account's root user
	User      Kind = "user"      // an IAM user, or a person known to a cluster
	Role      Kind = "role"      // a session of an IAM role
	Person    Kind = "person"    // a session of a role that people get by IAM Identity Center
	Federated Kind = "federated" // signed in by SAML, OpenID Connect or GetFederationToken
	Service   Kind = "service"   // an AWS service, or one acting by its service-linked role
	Account   Kind = "account"   // another AWS account
	Pod       Kind = "pod"       // a Kubernetes service account
	Node      Kind = "node"      // a kubelet
	Component Kind = "component" // a part of the control plane
	Anonymous Kind = "anonymous" // nobody knows
	Unknown   Kind = "unknown"
)

// Actor is who did it.
type Actor struct {
	// Name is how people know the actor: asha, deploy/ci-1203 (a role and its
	// session), system:node:a. Principal is what stays the same between
	// sessions: the ARN of the user or role, the user name of a cluster.
	Name      string `json:"name"`
	Kind      Kind   `json:"kind"`
	Principal string `json:"principal,omitempty"`
	Account   string `json:"account,omitempty"`
	// Via is the role of a session, or who impersonates the actor.
	Via string `json:"via,omitempty"`
	// Session is the name that a session was given by who began it.
	Session string `json:"session,omitempty"`
	// Key is the access key that signed the request.
	Key string `json:"key,omitempty"`
	// MFA says whether a second factor was used; nil when the log does not say.
	MFA *bool `json:"mfa,omitempty"`
	// InvokedBy is the AWS service that called on the actor's behalf.
	InvokedBy string `json:"invokedBy,omitempty"`
}

// Result is how it ended.
type Result string

// The results.
const (
	OK      Result = "ok"
	Denied  Result = "denied" // refused: no permission, or a failed sign-in
	Failed  Result = "failed" // any other error
	Started Result = "started"
)

// Event is one record of any log.
type Event struct {
	Time   time.Time `json:"time"`
	Source Source    `json:"source"`
	Actor  Actor     `json:"actor"`
	// Action is service:Operation (iam:CreateUser) or verb and resource
	// (create pods/exec).
	Action string `json:"action"`
	// Target is what it was done to: an ARN or name, or namespace/name.
	Target string `json:"target,omitempty"`
	Result Result `json:"result"`
	// Error is the log's own code and words for what went wrong.
	Error   string `json:"error,omitempty"`
	Address string `json:"address,omitempty"`
	Agent   string `json:"agent,omitempty"`
	Region  string `json:"region,omitempty"`
	Account string `json:"account,omitempty"`
	// Reason is why, where a log knows: our own record, an authorizer.
	Reason string `json:"reason,omitempty"`
	// ID is the log's own name of the event; copies have the same.
	ID  string `json:"id,omitempty"`
	Ref Ref    `json:"ref"`
	// Detections are the ids of the rules that this event alone sets off.
	Detections []string `json:"detections,omitempty"`

	// raw is the record, valid only while it is being read.
	raw fields.Value
	// Parts of a Kubernetes request.
	verb, resource, namespace, name string
	readOnly                        bool
}

// Ref is where a record stands.
type Ref struct {
	File   string `json:"file"`
	Record int    `json:"record"`
}

func (r Ref) String() string { return r.File + ":" + strconv.Itoa(r.Record) }

// Raw is the record's JSON. It is valid only in the call that got the event.
func (e *Event) Raw() fields.Value { return e.raw }

// Keep returns the event without the record, to be kept for later.
func (e *Event) Keep() Event {
	kept := *e
	kept.raw = nil
	return kept
}

// Names are the fields that Field knows beside the record's own.
var Names = []string{
	"source", "action", "target", "result", "error", "address", "agent", "region", "account", "reason", "id", "file",
	"actor", "actor.name", "actor.kind", "actor.principal", "actor.account", "actor.via", "actor.session", "actor.key", "actor.mfa", "actor.invokedBy",
	"verb", "resource", "namespace", "name", "readOnly",
}

// Field is a field of the event's own by the name it has in JSON, and whether
// there is a field of this name. A field without a value is empty.
func (e *Event) Field(name string) (string, bool) {
	switch name {
	case "source":
		return string(e.Source), true
	case "action":
		return e.Action, true
	case "target":
		return e.Target, true
	case "result":
		return string(e.Result), true
	case "error":
		return e.Error, true
	case "address":
		return e.Address, true
	case "agent":
		return e.Agent, true
	case "region":
		return e.Region, true
	case "account":
		return e.Account, true
	case "reason":
		return e.Reason, true
	case "id":
		return e.ID, true
	case "file":
		return e.Ref.File, true
	case "actor", "actor.principal":
		if e.Actor.Principal == "" {
			return e.Actor.Name, true
		}
		return e.Actor.Principal, true
	case "actor.name":
		return e.Actor.Name, true
	case "actor.kind":
		return string(e.Actor.Kind), true
	case "actor.account":
		return e.Actor.Account, true
	case "actor.via":
		return e.Actor.Via, true
	case "actor.session":
		return e.Actor.Session, true
	case "actor.key":
		return e.Actor.Key, true
	case "actor.mfa":
		if e.Actor.MFA == nil {
			return "", true
		}
		return strconv.FormatBool(*e.Actor.MFA), true
	case "actor.invokedBy":
		return e.Actor.InvokedBy, true
	case "verb":
		return e.verb, true
	case "resource":
		return e.resource, true
	case "namespace":
		return e.namespace, true
	case "name":
		return e.name, true
	case "readOnly":
		return strconv.FormatBool(e.readOnly), true
	}
	return "", false
}

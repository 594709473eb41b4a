package search

import (
	"errors"
	"strings"

	"paddock.dev/internal/audit/search/fields"
)

var errNameless = errors.New("it does not say what was done")

// kubernetes reads an event of audit.k8s.io/v1, v1beta1 or v1alpha1
// (k8s.io/apiserver/pkg/apis/audit).
func (n *normaliser) kubernetes(record fields.Value, t *top) (Event, error) {
	verb := n.text(t.verb)
	if verb == "" {
		return Event{}, errNameless
	}
	if version := t.apiVersion.Text(); version != "" && !strings.HasPrefix(version, "audit.k8s.io/") {
		return Event{}, errors.New("it is of " + version + ", not of audit.k8s.io")
	}
	// v1alpha1 has timestamp alone; a few writers fill in only the metadata.
	at, err := when(t.received, t.timestamp, t.stageTimestamp, t.metadata.Get("creationTimestamp"))
	if err != nil {
		return Event{}, err
	}
	e := Event{
		Time: at, Source: Kubernetes, raw: record,
		ID: t.auditID.Text(), Agent: n.text(t.agent), Address: n.text(t.sourceIPs.First()),
		Reason: n.text(t.annotations.Get("authorization.k8s.io/reason")),
		verb:   verb, readOnly: verb == "get" || verb == "list" || verb == "watch",
	}
	var subresource string
	for key, value := range t.objectRef.Members() {
		switch string(key[1 : len(key)-1]) {
		case "resource":
			e.resource = n.text(value)
		case "subresource":
			subresource = n.text(value)
		case "namespace":
			e.namespace = n.text(value)
		case "name":
			e.name = n.text(value)
		}
	}
	if subresource != "" {
		e.resource = n.intern([]byte(e.resource + "/" + subresource))
	}
	if e.name == "" {
		meta := t.requestObject.Get("metadata")
		e.name = n.text(meta.Get("name"))
		if generated := meta.Get("generateName"); e.name == "" && generated.IsString() {
			e.name = generated.Text() + "*"
		}
	}
	e.Target = e.name
	if e.namespace != "" {
		e.Target = strings.TrimSuffix(e.namespace+"/"+e.name, "/")
	}
	if e.resource == "" {
		path, _, _ := strings.Cut(t.uri.Text(), "?")
		e.Target = path
		e.Action = verb
	} else {
		e.Action = n.intern([]byte(verb + " " + e.resource))
	}
	e.Actor = n.clusterUser(t.user)
	if t.impersonated.Exists() {
		by := e.Actor.Name
		e.Actor = n.clusterUser(t.impersonated)
		e.Actor.Via = by
	}
	if e.Result, e.Error = n.clusterResult(t); e.Result == "" {
		return e, ErrStage
	}
	if !lasting(e.resource) && t.stage.Is("ResponseStarted") {
		return e, ErrStage
	}
	return e, nil
}

// lasting requests are worth a line when they begin: a shell may stay open for
// days, and its end is logged only then. A watch is not.
func lasting(resource string) bool {
	switch resource {
	case "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy":
		return true
	}
	return false
}

func (n *normaliser) clusterUser(v fields.Value) Actor {
	a := Actor{Name: n.text(v.Get("username"))}
	a.Principal = a.Name
	switch name := a.Name; {
	case name == "":
		a.Name, a.Kind = "nobody", Unknown
	case name == "system:anonymous":
		a.Kind = Anonymous
	case strings.HasPrefix(name, "system:serviceaccount:kube-system:") && strings.HasSuffix(name, "-controller"):
		a.Kind = Component
	case strings.HasPrefix(name, "system:serviceaccount:"):
		a.Kind = Pod
	case strings.HasPrefix(name, "system:node:"):
		a.Kind = Node
	case name == "system:admin":
		a.Kind = User
	case strings.HasPrefix(name, "system:"), strings.HasPrefix(name, "eks:"), strings.HasPrefix(name, "aks"):
		a.Kind = Component
	default:
		a.Kind = User
	}
	return a
}

// clusterResult is empty for RequestReceived, which has no result yet.
func (n *normaliser) clusterResult(t *top) (Result, string) {
	if t.stage.Is("RequestReceived") {
		return "", ""
	}
	code := t.status.Get("code").Text()
	message := t.status.Get("message").Text()
	switch {
	case t.stage.Is("Panic"):
		return Failed, strings.TrimSuffix("the API server panicked: "+message, ": ")
	case code == "401" || code == "403":
		return Denied, strings.TrimSuffix(code+": "+message, ": ")
	case len(code) == 3 && code >= "400":
		return Failed, strings.TrimSuffix(code+": "+message, ": ")
	case t.stage.Is("ResponseStarted"):
		return Started, ""
	}
	return OK, ""
}

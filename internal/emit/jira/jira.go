// Package jira writes how work is planned: a project with its workflows, a
// component for each service, a board for each team, as the requests to Jira's
// REST interface that make them. Requests are data: the same list is a file to
// review and what Apply sends. It refuses to know where Jira is and who signs
// in.
package jira

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// Object is a JSON object.
type Object = map[string]any

// Request makes one thing. In Path and Body, {{name.field}} stands for a field
// of the answer to the request of that name.
type Request struct {
	// Name by which later requests refer to this one.
	Name string `json:"name"`
	// Find looks for the thing: a path that is read first.
	Find Find `json:"find"`
	// Method, Path and Body make it when it is not there.
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   any    `json:"body,omitempty"`
}

// Find is how to see whether a thing is there.
type Find struct {
	Path string `json:"path"`
	// In is the field of the answer with the list; empty when the answer is the
	// list, or the thing itself when Match is empty too.
	In string `json:"in,omitempty"`
	// Match are fields of an element and their values, nested fields with dots.
	// Jira's names do not differ in case alone.
	Match map[string]string `json:"match,omitempty"`
	// Without is a field that the element must not have: what belongs to one
	// project has a scope.
	Without string `json:"without,omitempty"`
	// ID is the field that identifies it; id when empty.
	ID string `json:"id,omitempty"`
}

// issueTypes of the project; the first is what an issue is when nobody says.
var issueTypes = []struct{ reference, name, about string }{
	{"story", "Story", "Something that customers will have"}, {"task", "Task", "Something that has to be done"}, {"bug", "Bug", "Something that is wrong"},
	{"hotfix", "Hotfix", "A repair of production"}, {"incident", "Incident", "An incident of on-call"},
}

// status of an issue.
type status struct{ name, category string }

func (s status) reference() string {
	return "status-" + strings.ReplaceAll(strings.ToLower(s.name), " ", "-")
}

// request of a status ("Bulk create statuses", Jira Cloud REST API). Statuses are
// of the whole site: those that are there already, as most are, are used.
func (s status) request() Request {
	return Request{
		Name: s.reference(), Method: "POST", Path: "/rest/api/3/statuses",
		Body: Object{"scope": Object{"type": "GLOBAL"}, "statuses": []any{Object{"name": s.name, "statusCategory": s.category, "description": ""}}},
		Find: Find{Path: "/rest/api/3/statuses/search?maxResults=50&searchString=" + url.QueryEscape(s.name), In: "values", Match: map[string]string{"name": s.name, "scope.type": "GLOBAL"}},
	}
}

// Statuses of stories, in their order.
var statuses = []status{
	{"Backlog", "TODO"}, {"Selected", "TODO"}, {"In progress", "IN_PROGRESS"}, {"In review", "IN_PROGRESS"}, {"QA", "IN_PROGRESS"}, {"UAT", "IN_PROGRESS"},
	{"Ready to release", "IN_PROGRESS"}, {"Released", "DONE"}, {"Rejected", "DONE"},
}

// workflow is the way of a kind of issue.
type workflow struct {
	name, about string
	// path is the ordinary way; from each step one may also go back one.
	path []string
}

var workflows = []workflow{
	{"story", "From an idea to customers", []string{"Backlog", "Selected", "In progress", "In review", "QA", "UAT", "Ready to release", "Released"}},
	{"hotfix", "The short lane: no QA, every proof", []string{"Backlog", "In progress", "In review", "UAT", "Ready to release", "Released"}},
	{"incident", "Something is broken now", []string{"Backlog", "In progress", "Released"}},
}

// Requests are what makes the project, in the order in which they depend on each
// other. The same platform gives the same requests; a service more adds one.
func Requests(p *model.Platform) []Request {
	key := p.Tickets.Project
	var list []Request
	var types []any
	for _, t := range issueTypes {
		list = append(list, Request{
			Name: t.reference + "-type", Method: "POST", Path: "/rest/api/3/issuetype", Body: Object{"name": t.name, "description": t.about, "type": "standard"},
			Find: Find{Path: "/rest/api/3/issuetype", Match: map[string]string{"name": t.name}, Without: "scope"},
		})
		types = append(types, "{{"+t.reference+"-type.id}}")
	}
	for _, s := range statuses {
		list = append(list, s.request())
	}
	for _, w := range workflows {
		list = append(list, w.request(key))
	}
	scheme, kinds := key+" workflows", key+" issue types"
	list = append(list,
		Request{
			Name: "workflow-scheme", Method: "POST", Path: "/rest/api/3/workflowscheme",
			Body: Object{
				"name": scheme, "description": "Rendered by paddock", "defaultWorkflow": workflowName(key, "story"),
				"issueTypeMappings": Object{"{{hotfix-type.id}}": workflowName(key, "hotfix"), "{{incident-type.id}}": workflowName(key, "incident")},
			},
			Find: Find{Path: "/rest/api/3/workflowscheme?maxResults=50", In: "values", Match: map[string]string{"name": scheme}},
		},
		// Without a scheme of its own the project would not have the kinds of issues
		// that the workflows are for.
		Request{
			Name: "issue-type-scheme", Method: "POST", Path: "/rest/api/3/issuetypescheme",
			Body: Object{"name": kinds, "description": "Rendered by paddock", "defaultIssueTypeId": types[0], "issueTypeIds": types},
			Find: Find{Path: "/rest/api/3/issuetypescheme?maxResults=50&queryString=" + url.QueryEscape(kinds), In: "values", Match: map[string]string{"name": kinds}},
		},
		// No template: one would bring workflows and kinds of its own.
		Request{
			Name: "project", Method: "POST", Path: "/rest/api/3/project",
			Body: Object{
				"key": key, "name": p.Name, "projectTypeKey": "software", "description": "Rendered by paddock", "assigneeType": "UNASSIGNED",
				"leadAccountId": "{{myself.accountId}}", "workflowScheme": "{{#workflow-scheme.id}}", "issueTypeScheme": "{{#issue-type-scheme.id}}",
			},
			Find: Find{Path: "/rest/api/3/project/" + url.PathEscape(key)},
		},
	)
	list = append([]Request{{Name: "myself", Find: Find{Path: "/rest/api/3/myself", ID: "accountId"}}}, list...)
	for _, s := range services(p) {
		list = append(list, Request{
			Name: "component-" + s.Name, Method: "POST", Path: "/rest/api/3/component",
			Body: Object{"project": key, "name": s.Name, "description": fmt.Sprintf("Tier %d, of %s", s.Tier, cmp.Or(s.Team, "nobody")), "assigneeType": "UNASSIGNED"},
			Find: Find{Path: "/rest/api/3/project/" + url.PathEscape(key) + "/components", Match: map[string]string{"name": s.Name}},
		})
	}
	for _, t := range boards(p) {
		name := key + " " + t.team
		list = append(list,
			Request{
				Name: "filter-" + t.team, Method: "POST", Path: "/rest/api/3/filter",
				Body: Object{"name": name, "description": "Rendered by paddock", "jql": t.query(key), "sharePermissions": []any{Object{"type": "project", "project": Object{"id": "{{project.id}}"}}}},
				Find: Find{Path: "/rest/api/3/filter/search?maxResults=50&filterName=" + url.QueryEscape(name), In: "values", Match: map[string]string{"name": name}},
			},
			Request{
				Name: "board-" + t.team, Method: "POST", Path: "/rest/agile/1.0/board",
				Body: Object{"name": name, "type": "kanban", "filterId": "{{#filter-" + t.team + ".id}}", "location": Object{"type": "project", "projectKeyOrId": key}},
				Find: Find{Path: "/rest/agile/1.0/board?maxResults=50&name=" + url.QueryEscape(name), In: "values", Match: map[string]string{"name": name}},
			},
		)
	}
	return list
}

func workflowName(key, kind string) string { return key + " " + kind }

// reference is the id of a status within a request. Jira wants a UUID; it follows
// from the name, so that the same file gives the same request.
func reference(key, name string) string {
	sum := sha256.Sum256([]byte("jira/" + key + "/" + name))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-5" + h[13:16] + "-a" + h[17:20] + "-" + h[20:32]
}

// request of a workflow ("Bulk create workflows", Jira Cloud REST API): names of
// transitions are unique for each source, one transition is the initial one, and
// every status of a transition is listed.
func (w workflow) request(key string) Request {
	used := append(slices.Clone(w.path), "Rejected")
	var list, layout, transitions []any
	for _, s := range statuses {
		if !slices.Contains(used, s.name) {
			continue
		}
		list = append(list, Object{"id": "{{" + s.reference() + ".id}}", "name": s.name, "statusCategory": s.category, "statusReference": reference(key, s.name)})
		layout = append(layout, Object{"statusReference": reference(key, s.name), "properties": Object{}})
	}
	id := 0
	add := func(kind, name, from, to string) {
		id++
		links := []any{}
		if from != "" {
			links = append(links, Object{"fromStatusReference": reference(key, from)})
		}
		transitions = append(transitions, Object{"id": fmt.Sprint(id), "type": kind, "name": name, "toStatusReference": reference(key, to), "links": links, "properties": Object{}})
	}
	add("INITIAL", "Create", "", w.path[0])
	for i := 1; i < len(w.path); i++ {
		add("DIRECTED", w.path[i], w.path[i-1], w.path[i])
		if i+1 < len(w.path) {
			add("DIRECTED", "Back to "+w.path[i-1], w.path[i], w.path[i-1])
		}
	}
	add("GLOBAL", "Reject", "", "Rejected")
	name := workflowName(key, w.name)
	return Request{
		Name: "workflow-" + w.name, Method: "POST", Path: "/rest/api/3/workflows/create",
		Body: Object{
			"scope": Object{"type": "GLOBAL"}, "statuses": list,
			"workflows": []any{Object{"name": name, "description": w.about, "statuses": layout, "transitions": transitions}},
		},
		Find: Find{Path: "/rest/api/3/workflows/search?maxResults=50&queryString=" + url.QueryEscape(name), In: "values", Match: map[string]string{"name": name}},
	}
}

// services of all environments, each once, sorted by name.
func services(p *model.Platform) []model.Service {
	seen := map[string]bool{}
	var all []model.Service
	for _, e := range p.Environments {
		for _, s := range e.Services {
			if !seen[s.Name] {
				seen[s.Name] = true
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b model.Service) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// board of a team.
type board struct {
	team     string
	services []string
}

func boards(p *model.Platform) []board {
	var all []board
	for _, t := range p.Teams {
		b := board{team: t.Name}
		for _, s := range services(p) {
			if s.Team == t.Name {
				b.services = append(b.services, s.Name)
			}
		}
		all = append(all, b)
	}
	return all
}

func (b board) query(key string) string {
	q := fmt.Sprintf("project = %q", key)
	if len(b.services) > 0 {
		q += " AND component in ("
		for i, s := range b.services {
			if i > 0 {
				q += ", "
			}
			q += fmt.Sprintf("%q", s)
		}
		q += ")"
	} else {
		q += fmt.Sprintf(" AND labels = %q", b.team)
	}
	return q + " ORDER BY Rank ASC"
}

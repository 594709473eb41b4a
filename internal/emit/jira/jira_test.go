package jira_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"paddock.dev/internal/emit/jira"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

func kestrel(t *testing.T) *model.Platform {
	t.Helper()
	f, problems := spec.LoadFile("../../../examples/kestrel/platform.yaml")
	if f == nil {
		t.Fatal(problems)
	}
	return f.Platform
}

// fake is a small Jira: it keeps what it is sent, answers in the shapes of the
// real one, and refuses what refers to things that are not there.
type fake struct {
	t      *testing.T
	things map[string][]jira.Object // by kind
	posts  []string
	next   int
	fail   string // a path that is refused
}

func (f *fake) call(method, path string, body []byte) (int, []byte, error) {
	u, err := url.Parse(path)
	if err != nil {
		f.t.Fatal(err)
	}
	if method == "GET" {
		return f.get(u)
	}
	f.posts = append(f.posts, u.Path)
	if u.Path == f.fail {
		return 400, []byte(`{"errorMessages":["no"]}`), nil
	}
	var v jira.Object
	if err := json.Unmarshal(body, &v); err != nil {
		f.t.Fatalf("%s: %v in %s", path, err, body)
	}
	if strings.Contains(string(body), "{{") {
		f.t.Errorf("%s: a reference is left in %s", path, body)
	}
	f.next++
	id := fmt.Sprint(10000 + f.next)
	switch u.Path {
	case "/rest/api/3/workflows/create":
		f.workflow(v)
		w := v["workflows"].([]any)[0].(jira.Object)
		for _, s := range v["statuses"].([]any) {
			f.must("status", "id", fmt.Sprint(s.(jira.Object)["id"])) // one without an id is a new one, whose name is taken
		}
		f.things["workflow"] = append(f.things["workflow"], jira.Object{"id": id, "name": w["name"]})
		return 200, []byte(`{"workflows":[{"id":"` + id + `"}],"statuses":[]}`), nil
	case "/rest/api/3/statuses":
		s := v["statuses"].([]any)[0].(jira.Object)
		if slices.ContainsFunc(f.things["status"], func(o jira.Object) bool {
			return strings.EqualFold(o["name"].(string), s["name"].(string)) && o["scope"].(jira.Object)["type"] == "GLOBAL"
		}) {
			return 409, []byte(`{"errorMessages":["The status name is taken"]}`), nil
		}
		f.things["status"] = append(f.things["status"], jira.Object{"id": id, "name": s["name"], "scope": jira.Object{"type": "GLOBAL"}})
		return 200, []byte(`[{"id":"` + id + `"}]`), nil
	case "/rest/api/3/issuetypescheme":
		for _, t := range v["issueTypeIds"].([]any) {
			f.must("issuetype", "id", fmt.Sprint(t))
		}
		f.things["issuetypescheme"] = append(f.things["issuetypescheme"], jira.Object{"id": id, "name": v["name"]})
		return 201, []byte(`{"issueTypeSchemeId":"` + id + `"}`), nil
	case "/rest/api/3/workflowscheme":
		names := []any{v["defaultWorkflow"]}
		for issueType, name := range v["issueTypeMappings"].(jira.Object) {
			f.must("issuetype", "id", issueType)
			names = append(names, name)
		}
		for _, n := range names {
			if !slices.ContainsFunc(f.things["workflow"], func(w jira.Object) bool { return w["name"] == n }) {
				f.t.Errorf("the scheme names the workflow %v, which is not there", n)
			}
		}
	case "/rest/api/3/project":
		f.must("workflowscheme", "id", fmt.Sprint(v["workflowScheme"]))
		f.must("issuetypescheme", "id", fmt.Sprint(v["issueTypeScheme"]))
		if _, number := v["workflowScheme"].(float64); !number {
			f.t.Errorf("workflowScheme is %T", v["workflowScheme"])
		}
	case "/rest/api/3/component":
		f.must("project", "key", fmt.Sprint(v["project"]))
	case "/rest/agile/1.0/board":
		if _, number := v["filterId"].(float64); !number {
			f.t.Errorf("filterId is %T", v["filterId"])
		}
		f.must("filter", "id", fmt.Sprint(v["filterId"]))
	}
	v["id"] = id
	kind := u.Path[strings.LastIndex(u.Path, "/")+1:]
	f.things[kind] = append(f.things[kind], v)
	answer, _ := json.Marshal(v)
	return 201, answer, nil
}

func (f *fake) must(kind, field, value string) {
	if !slices.ContainsFunc(f.things[kind], func(o jira.Object) bool { return o[field] == value }) {
		f.t.Errorf("there is no %s with the %s %s", kind, field, value)
	}
}

// workflow holds a workflow to the rules of the real one.
func (f *fake) workflow(v jira.Object) {
	listed := map[any]bool{}
	for _, s := range v["statuses"].([]any) {
		listed[s.(jira.Object)["statusReference"]] = true
	}
	w := v["workflows"].([]any)[0].(jira.Object)
	initial, names := 0, map[string]bool{}
	for _, tr := range w["transitions"].([]any) {
		tr := tr.(jira.Object)
		if !listed[tr["toStatusReference"]] {
			f.t.Errorf("%v: %v leads to a status that is not listed", w["name"], tr["name"])
		}
		links := tr["links"].([]any)
		switch tr["type"] {
		case "INITIAL":
			initial++
		case "DIRECTED":
			if len(links) == 0 {
				f.t.Errorf("%v: %v comes from nowhere", w["name"], tr["name"])
			}
		}
		for _, l := range links {
			from := l.(jira.Object)["fromStatusReference"]
			key := fmt.Sprint(from, tr["name"])
			if !listed[from] || names[key] {
				f.t.Errorf("%v: %v is there twice, or from a status that is not listed", w["name"], tr["name"])
			}
			names[key] = true
		}
	}
	if initial != 1 {
		f.t.Errorf("%v has %d initial transitions", w["name"], initial)
	}
}

func (f *fake) get(u *url.URL) (int, []byte, error) {
	answer := func(v any) (int, []byte, error) {
		data, err := json.Marshal(v)
		return 200, data, err
	}
	switch {
	case u.Path == "/rest/api/3/myself":
		return answer(jira.Object{"accountId": "557058:me"})
	case u.Path == "/rest/api/3/issuetype":
		return answer(f.things["issuetype"])
	case u.Path == "/rest/api/3/workflows/search":
		return f.page(u, "workflow")
	case u.Path == "/rest/api/3/statuses/search":
		return f.page(u, "status")
	case u.Path == "/rest/api/3/filter/search":
		return f.page(u, "filter")
	case u.Path == "/rest/api/3/workflowscheme", u.Path == "/rest/api/3/issuetypescheme", u.Path == "/rest/agile/1.0/board":
		return f.page(u, u.Path[strings.LastIndex(u.Path, "/")+1:])
	case strings.HasSuffix(u.Path, "/components"):
		return answer(f.things["component"])
	case strings.HasPrefix(u.Path, "/rest/api/3/project/"):
		for _, p := range f.things["project"] {
			if p["key"] == strings.TrimPrefix(u.Path, "/rest/api/3/project/") {
				return answer(p)
			}
		}
		return 404, []byte(`{}`), nil
	}
	f.t.Errorf("GET %s is not of Jira's", u)
	return 404, nil, nil
}

// page answers with three things at a time, as the real one does with fifty.
func (f *fake) page(u *url.URL, kind string) (int, []byte, error) {
	start, _ := strconv.Atoi(u.Query().Get("startAt"))
	all := f.things[kind]
	end := min(len(all), start+3)
	data, err := json.Marshal(jira.Object{"values": all[min(start, end):end], "startAt": start, "maxResults": 3, "isLast": end == len(all)})
	return 200, data, err
}

// newFake has what every site has from the beginning.
func newFake(t *testing.T) *fake {
	return &fake{t: t, things: map[string][]jira.Object{
		"issuetype": {{"id": "1", "name": "Story", "scope": jira.Object{"type": "PROJECT"}}, {"id": "10001", "name": "Story"}, {"id": "10002", "name": "Task"}},
		"status":    {{"id": "7", "name": "QA", "scope": jira.Object{"type": "PROJECT"}}, {"id": "3", "name": "In Progress", "scope": jira.Object{"type": "GLOBAL"}}},
		"workflow":  {}, "filter": {}, "workflowscheme": {}, "issuetypescheme": {}, "board": {}, "component": {},
	}}
}

func TestApplyTwice(t *testing.T) {
	f := newFake(t)
	requests := jira.Requests(kestrel(t))
	steps, err := jira.Apply(requests, f.call)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, s := range steps {
		if s.ID == "" {
			t.Errorf("%s has no id", s.Name)
		}
		if s.Made {
			made++
		}
	}
	// Three of five issue types, eight of nine statuses, three workflows, two
	// schemes, project, sixteen components, a filter and a board for each of eleven
	// teams; who asks is there already.
	if want := 3 + 8 + 3 + 2 + 1 + 16 + 2*11; made != want || len(steps) != want+4 {
		t.Errorf("%d of %d things were made, not %d", made, len(steps), want)
	}
	for _, s := range steps {
		if s.Name == "story-type" && s.ID != "10001" || s.Name == "status-in-progress" && s.ID != "3" {
			t.Errorf("%s is %s", s.Name, s.ID)
		}
	}
	before := len(f.posts)
	steps, err = jira.Apply(requests, f.call)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if s.Made {
			t.Errorf("%s was made a second time", s.Name)
		}
	}
	if len(f.posts) != before {
		t.Errorf("the second time sent %v", f.posts[before:])
	}
}

func TestApplyGoesOnAfterAFailure(t *testing.T) {
	f := newFake(t)
	f.fail = "/rest/api/3/component"
	requests := jira.Requests(kestrel(t))
	steps, err := jira.Apply(requests, f.call)
	if !errors.Is(err, jira.ErrRefused) || !strings.Contains(err.Error(), "component-booking: jira refuses: POST /rest/api/3/component: 400") {
		t.Fatalf("%v after %d steps", err, len(steps))
	}
	f.fail = ""
	if _, err := jira.Apply(requests, f.call); err != nil {
		t.Fatal(err)
	}
	if n := len(f.things["project"]); n != 1 {
		t.Errorf("%d projects", n)
	}
}

func TestReferencesAreUUIDs(t *testing.T) {
	data, err := json.Marshal(jira.Requests(kestrel(t)))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(jira.Requests(kestrel(t)))
	if string(again) != string(data) {
		t.Error("the same platform gives other requests")
	}
	if !strings.Contains(string(data), `"statusReference":"`) {
		t.Error("no statuses")
	}
}

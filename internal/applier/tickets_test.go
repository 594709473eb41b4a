package applier_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"paddock.dev/internal/applier"
)

// A Jira that remembers what it was given.
func TestTickets(t *testing.T) {
	made := []map[string]any{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, token, _ := r.BasicAuth(); user != "asha" || token != "secret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPost {
			var thing map[string]any
			if err := json.NewDecoder(r.Body).Decode(&thing); err != nil {
				t.Error(err)
			}
			thing["id"] = "10001"
			made = append(made, thing)
			_ = json.NewEncoder(w).Encode(thing)
			return
		}
		_ = json.NewEncoder(w).Encode(made)
	}))
	defer server.Close()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "jira"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := `[{"name": "type", "find": {"path": "/rest/api/3/issuetype", "match": {"name": "Hotfix"}}, "method": "POST", "path": "/rest/api/3/issuetype", "body": {"name": "Hotfix"}}]`
	if err := os.WriteFile(filepath.Join(dir, "jira", "requests.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} { // the second time nothing is made
		steps, err := applier.Tickets(t.Context(), dir, server.URL, "asha", "secret")
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) != 1 || steps[0].Made != want || steps[0].ID != "10001" {
			t.Errorf("time %d: %+v", i+1, steps)
		}
	}
	if len(made) != 1 {
		t.Errorf("%d things were made", len(made))
	}
	if _, err := applier.Tickets(t.Context(), dir, server.URL, "asha", "wrong"); err == nil {
		t.Error("a wrong token is no error")
	}
	if _, err := applier.Tickets(t.Context(), dir, "http://jira.example", "asha", "secret"); err == nil {
		t.Error("a token is sent in the clear")
	}
}

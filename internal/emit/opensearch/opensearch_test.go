package opensearch_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/emit/opensearch"
)

// The script puts every file where the domain expects it, and a second run
// replaces what the first one made.
func TestApply(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("PADDOCK_TEST_ALL") != "" {
			t.Fatal("curl is not on the PATH, and all tests are asked for")
		}
		t.Skip("curl is not on the PATH")
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"apply.sh":                  []byte(opensearch.Apply),
		"roles/writer-prod.json":    opensearch.Writer("logs-prod"),
		"mappings/writer-prod.json": opensearch.Mapping([]string{"arn:aws:iam::111122223333:role/kestrel-prod-apps-logs"}),
		"policies/logs-prod.json":   opensearch.Policy("logs-prod", 30*24*time.Hour),
		"templates/logs-prod.json":  opensearch.Template("logs-prod", 3, 2),
		"monitors/logs-prod.json":   opensearch.Monitor("logs-prod", "prod"),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	there := map[string]bool{}
	var asked []string
	domain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/") || r.Header.Get("X-Amz-Security-Token") != "session" {
			t.Errorf("%s %s is not signed", r.Method, r.URL)
		}
		asked = append(asked, r.Method+" "+r.URL.RequestURI())
		switch {
		case r.Method == "GET" && !there[r.URL.Path]:
			w.WriteHeader(404)
		case r.Method == "GET":
			io.WriteString(w, `{"_id":"logs-prod","_version":3,"_seq_no":17,"_primary_term":2,"policy":{}}`)
		case strings.HasSuffix(r.URL.Path, "/_search") && there["monitor"]:
			if !strings.Contains(string(body), `"errors-prod"`) {
				t.Errorf("asked for another monitor: %s", body)
			}
			io.WriteString(w, `{"hits":{"total":{"value":1},"hits":[{"_index":".opendistro","_id":"abc_1","_source":{}}]}}`)
		case strings.HasSuffix(r.URL.Path, "/_search"):
			io.WriteString(w, `{"hits":{"total":{"value":0},"hits":[]}}`)
		default:
			there[r.URL.Path] = true
			there["monitor"] = there["monitor"] || strings.HasSuffix(r.URL.Path, "/monitors")
			if !strings.HasPrefix(string(body), "{") {
				t.Errorf("%s has no body", r.URL)
			}
		}
	}))
	defer domain.Close()
	run := func() []string {
		asked = nil
		cmd := exec.Command("sh", filepath.Join(dir, "apply.sh"), domain.URL)
		cmd.Env = append(os.Environ(), "AWS_REGION=ap-south-1", "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=session")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return asked
	}
	first := run()
	for _, want := range []string{
		"PUT /_plugins/_security/api/roles/writer-prod", "PUT /_plugins/_security/api/rolesmapping/writer-prod", "PUT /_plugins/_ism/policies/logs-prod",
		"PUT /_index_template/logs-prod", "POST /_plugins/_alerting/monitors",
	} {
		if !slices.Contains(first, want) {
			t.Errorf("did not ask %s, but %q", want, first)
		}
	}
	second := run()
	for _, want := range []string{"PUT /_plugins/_ism/policies/logs-prod?if_seq_no=17&if_primary_term=2", "PUT /_plugins/_alerting/monitors/abc_1"} {
		if !slices.Contains(second, want) {
			t.Errorf("the second run did not ask %s, but %q", want, second)
		}
	}
}

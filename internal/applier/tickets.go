package applier

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"paddock.dev/internal/emit/jira"
)

// answerBytes is more than any answer about one project.
const answerBytes = 16 << 20

// Tickets makes what the rendered requests ask for, where it is not there yet.
// Without a user the token is a personal access token (Jira Data Center), with one
// an API token of that user ("Basic auth for REST APIs", Jira Cloud platform).
func Tickets(ctx context.Context, dir, base, user, token string) ([]jira.Step, error) {
	data, err := os.ReadFile(filepath.Join(dir, "jira", "requests.json"))
	if err != nil {
		return nil, err
	}
	var requests []jira.Request
	if err := json.Unmarshal(data, &requests); err != nil {
		return nil, fmt.Errorf("read jira/requests.json: %w", err)
	}
	at, err := url.Parse(base)
	if err != nil || at.Host == "" || at.Scheme != "https" && !loopback(at) {
		return nil, fmt.Errorf("%q is no address of a Jira; a token travels by https alone", base)
	}
	client := &http.Client{
		Timeout: 30 * time.Second,
		// A redirect would take the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return jira.Apply(requests, func(method, path string, body []byte) (int, []byte, error) {
		req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(base, "/")+path, bytes.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		if user != "" {
			req.SetBasicAuth(user, token)
		} else {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		req.Header.Set("Accept", "application/json")
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		res, err := client.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
		return res.StatusCode, answer, err
	})
}

func loopback(at *url.URL) bool {
	ip := net.ParseIP(at.Hostname())
	return at.Scheme == "http" && (at.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client calls one other service.
type Client struct {
	app    *App
	target string
	base   string
	http   *http.Client
}

// Client for a service whose address is in the environment: SEARCH_URL for
// search.
func (a *App) Client(target string, getenv func(string) string) (*Client, error) {
	key := strings.ToUpper(strings.ReplaceAll(target, "-", "_")) + "_URL"
	base := getenv(key)
	if u, err := url.Parse(base); err != nil || u.Host == "" {
		return nil, fmt.Errorf("%s=%q is not the address of %s", key, base, target)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 60 * time.Second}
	if a.identity != nil {
		transport.DialTLSContext = a.identity.dial
	}
	return &Client{app: a, target: target, base: strings.TrimSuffix(base, "/"), http: &http.Client{Transport: transport}}, nil
}

// Call is one request to another service.
type Call struct {
	Method, Path string
	// Key makes it safe to send the request twice.
	Key string
	In  any // JSON body, if any
	Out any // where to put the answer
}

// Do sends a request within the context's deadline. An answer that is not a
// success is an Error: with its own status if the request was wrong (4xx),
// else 502, and 504 when it came too late.
func (c *Client) Do(ctx context.Context, call Call) error {
	var body io.Reader
	if call.In != nil {
		content, err := json.Marshal(call.In)
		if err != nil {
			return err
		}
		body = bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, c.base+call.Path, body)
	if err != nil {
		return err
	}
	if call.In != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if call.Key != "" {
		req.Header.Set("Idempotency-Key", call.Key)
	}
	if t, ok := traceFrom(ctx); ok {
		req.Header.Set("traceparent", t.header())
	}
	started := time.Now()
	res, err := c.http.Do(req)
	if err != nil {
		c.app.metrics.called(c.target, 0, time.Since(started))
		if errors.Is(err, context.DeadlineExceeded) {
			return Errorf(http.StatusGatewayTimeout, "%s did not answer in time", c.target)
		}
		return Errorf(http.StatusBadGateway, "%s does not answer: %v", c.target, err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	c.app.metrics.called(c.target, res.StatusCode, time.Since(started))
	if err != nil {
		return Errorf(http.StatusBadGateway, "%s stopped answering: %v", c.target, err)
	}
	if res.StatusCode >= 300 {
		var said struct{ Error string }
		_ = json.Unmarshal(content, &said) // whatever else it said is no use
		status := http.StatusBadGateway
		if res.StatusCode >= 400 && res.StatusCode < 500 {
			status = res.StatusCode
		}
		return Errorf(status, "%s: %d %s", c.target, res.StatusCode, said.Error)
	}
	if call.Out == nil || len(content) == 0 {
		return nil
	}
	if err := json.Unmarshal(content, call.Out); err != nil {
		return Errorf(http.StatusBadGateway, "%s answered something else: %v", c.target, err)
	}
	return nil
}

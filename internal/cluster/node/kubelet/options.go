package kubelet

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"paddock.dev/internal/cluster/runtime/crilog"
)

// parseOptions reads the query of a request for logs: corev1.PodLogOptions.
func parseOptions(r *http.Request, now time.Time) (o crilog.Options, follow bool, err error) {
	o.Tail = -1
	text := func(name string, set func(string) error) {
		if v := r.FormValue(name); v != "" && err == nil {
			if e := set(v); e != nil {
				err = fmt.Errorf("%s: %q is not valid", name, v)
			}
		}
	}
	boolean := func(to *bool) func(string) error {
		return func(v string) (err error) { *to, err = strconv.ParseBool(v); return err }
	}
	number := func(least int64, to *int64) func(string) error {
		return func(v string) error {
			n, err := strconv.ParseInt(v, 10, 64)
			if err == nil && n < least {
				err = strconv.ErrRange
			}
			*to = n
			return err
		}
	}
	var since int64
	text("follow", boolean(&follow))
	text("timestamps", boolean(&o.Timestamps))
	text("tailLines", number(0, &o.Tail))
	text("limitBytes", number(1, &o.Limit))
	text("sinceSeconds", number(1, &since))
	if since > 0 {
		o.Since = now.Add(-time.Duration(since) * time.Second)
	}
	text("sinceTime", func(v string) (err error) { o.Since, err = time.Parse(time.RFC3339, v); return err })
	text("stream", func(v string) error {
		switch v {
		case "Stdout":
			o.Stream = crilog.Stdout
		case "Stderr":
			o.Stream = crilog.Stderr
		case "All":
		default:
			return strconv.ErrSyntax
		}
		return nil
	})
	return o, follow, err
}

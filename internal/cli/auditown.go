package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/audit/trail"
	"paddock.dev/internal/store"
)

// ownRecord finds the platform's own record.
func (a *app) ownRecord() (dir string, state store.State, err error) {
	name, layout, err := a.locate()
	if err != nil {
		return "", state, err
	}
	dir = record.Dir(layout.Dir())
	if _, err := os.Stat(record.PublicKeys(dir)); errors.Is(err, os.ErrNotExist) {
		return "", state, usage("no-record", fmt.Sprintf("The platform %q has no audit record", name), "It begins when the platform starts: paddock up")
	} else if err != nil {
		return "", state, err
	}
	state, _, err = layout.ReadState()
	return dir, state, err
}

// auditOwn proves the platform's own record, with the heads in its environments
// when it runs.
func (a *app) auditOwn(ctx context.Context, o *auditVerifyOptions) (*trail.Report, error) {
	dir, state, err := a.ownRecord()
	if err != nil {
		return nil, err
	}
	o.locations = []string{record.Bucket(dir)}
	o.keys = append(o.keys, record.PublicKeys(dir))
	var heads map[string]record.Head
	attempt := func() (*trail.Report, error) {
		// The heads come first: the record may grow while it is read, and then the
		// heads are of its past.
		if heads, err = o.readHeads(); err != nil {
			return nil, err
		}
		if text, err := os.ReadFile(record.HeadFile(dir)); err == nil {
			if h, err := record.ParseHead(text); err == nil {
				heads[filepath.Base(record.HeadFile(dir))] = h
			}
		}
		if state.Alive() {
			if err := a.publishedHeads(ctx, heads); err != nil {
				return nil, err
			}
		}
		t, err := o.options(ctx, a.cfg.Now())
		if err != nil {
			return nil, err
		}
		if t.Keys, err = o.readKeys(ctx, t.Locations, t.Now); err != nil {
			return nil, err
		}
		return a.prove(ctx, o, t, record.Bucket(dir), heads)
	}
	report, err := attempt()
	if err == nil && !report.Proved && state.Alive() {
		// The platform may have been half way through a log file and its digest.
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(2 * time.Second):
		}
		report, err = attempt()
	}
	if err != nil {
		return nil, err
	}
	if n, err := record.Waiting(dir); err == nil && n > 0 {
		report.Add(trail.Finding{Severity: trail.Note, Kind: trail.Unsigned,
			Detail: fmt.Sprintf("%s in the journal and in no signed file yet: the platform signs every minute, and when it stops.", are(n, "event"))})
	}
	return report, nil
}

func are(n int, noun string) string {
	if n == 1 {
		return count(n, noun) + " is"
	}
	return count(n, noun) + " are"
}

// publishedHeads reads the heads that the platform keeps in its environments.
func (a *app) publishedHeads(ctx context.Context, heads map[string]record.Head) error {
	p, err := a.connect()
	if err != nil {
		return err
	}
	var all corev1.ConfigMapList
	if err := p.Client.List(ctx, &all, client.MatchingLabels{record.HeadLabel: record.HeadName}); err != nil {
		return fmt.Errorf("read the published heads: %w", err)
	}
	for _, c := range all.Items {
		h, err := record.ParseHead([]byte(c.Data[record.HeadKey]))
		if err != nil {
			// Somebody wrote into it: it is reported as a head that is not signed.
			h = record.Head{Trail: c.Namespace, Time: c.CreationTimestamp.Time}
		}
		heads["configmap "+c.Namespace+"/"+c.Name] = h
	}
	return nil
}

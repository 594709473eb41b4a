package githost_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestCloneAndPush(t *testing.T) {
	for _, version := range []string{"0", "1", "2"} {
		t.Run("protocol "+version, func(t *testing.T) {
			w := start(t)
			seeded := w.seed("booking", map[string]string{"main.go": "package main\n"})
			dir := w.clone("booking", "-c", "protocol.version="+version)
			if got := mustGit(t, dir, "rev-parse", "HEAD"); got != seeded.Head.ID {
				t.Fatalf("cloned %s, seeded %s", got, seeded.Head.ID)
			}
			commit(t, dir, "allow prepaid bookings", map[string]string{"prepaid.go": "package main\n"})
			out := mustGit(t, dir, "-c", "protocol.version="+version, "push", "origin", "main")
			if !strings.Contains(out, "remote: paddock: noted refs/heads/main") || !strings.Contains(out, "remote: for Asha") {
				t.Errorf("the pusher was not answered:\n%s", out)
			}
			want := head(t, w, "booking")
			if want.Subject != "allow prepaid bookings" || want.Author != "Asha <asha@kestrelcars.example>" {
				t.Errorf("head is %+v", want)
			}
			pushes := w.seen()
			if len(pushes) != 1 {
				t.Fatalf("told of %d pushes: %+v", len(pushes), pushes)
			}
			p := pushes[0]
			if p.Service != "booking" || p.Ref != "refs/heads/main" || p.Old != seeded.Head.ID || p.New != want.ID || p.By != "Asha" || p.Branch() != "main" {
				t.Errorf("told %+v", p)
			}
			fresh := w.clone("booking")
			if got := mustGit(t, fresh, "rev-parse", "HEAD"); got != want.ID {
				t.Errorf("a new clone has %s, want %s", got, want.ID)
			}
		})
	}
}

func TestShallowClone(t *testing.T) {
	w := start(t)
	w.seed("fleet", map[string]string{"a": "1"})
	full := w.clone("fleet")
	for _, message := range []string{"one", "two", "three"} {
		commit(t, full, message, nil)
	}
	mustGit(t, full, "push", "origin", "main")
	shallow := w.clone("fleet", "--depth", "1")
	if n := mustGit(t, shallow, "rev-list", "--count", "HEAD"); n != "1" {
		t.Fatalf("shallow clone has %s commits", n)
	}
	commit(t, shallow, "from a shallow clone", map[string]string{"b": "2"})
	mustGit(t, shallow, "push", "origin", "main")
	if got := head(t, w, "fleet").Subject; got != "from a shallow clone" {
		t.Errorf("head is %q", got)
	}
}

func TestMainIsProtected(t *testing.T) {
	w := start(t)
	w.seed("booking", map[string]string{"a": "1"})
	dir := w.clone("booking")
	commit(t, dir, "first", map[string]string{"a": "2"})
	mustGit(t, dir, "push", "origin", "main")
	want := head(t, w, "booking")

	mustGit(t, dir, "reset", "--quiet", "--hard", "HEAD~1")
	commit(t, dir, "rewritten", map[string]string{"a": "3"})
	if out, err := runGit(dir, "push", "--force", "origin", "main"); err == nil || !strings.Contains(out, "non-fast-forward") {
		t.Errorf("main could be rewritten: %v\n%s", err, out)
	}
	if out, err := runGit(dir, "push", "origin", ":main"); err == nil {
		t.Errorf("main could be deleted:\n%s", out)
	}
	if got := head(t, w, "booking"); got != want {
		t.Errorf("main moved from %v to %v", want, got)
	}
	// Everybody's own branches are theirs.
	mustGit(t, dir, "push", "origin", "HEAD:hotfix/tax")
	commit(t, dir, "again", nil)
	mustGit(t, dir, "commit", "--quiet", "--amend", "--allow-empty", "-m", "amended")
	mustGit(t, dir, "push", "--force", "origin", "HEAD~1:hotfix/tax", "HEAD:refs/tags/v1")
	mustGit(t, dir, "push", "origin", ":hotfix/tax")
	var refs []string
	for _, p := range w.seen() {
		refs = append(refs, p.Ref)
	}
	if got := strings.Join(refs, " "); got != "refs/heads/main refs/heads/hotfix/tax refs/tags/v1 refs/heads/hotfix/tax" {
		t.Errorf("told of %s", got)
	}
	if last := w.seen()[3]; last.New != "" || last.Old == "" {
		t.Errorf("a deletion was told as %+v", last)
	}
}

func TestWhoPushed(t *testing.T) {
	w := start(t)
	w.seed("booking", map[string]string{"a": "1"})
	dir := w.clone("booking")
	commit(t, dir, "by header", nil)
	mustGit(t, dir, "-c", "http.extraHeader=X-Paddock-User: vikram", "push", "origin", "main")
	commit(t, dir, "by basic authentication", nil)
	mustGit(t, dir, "-c", "http.extraHeader=Authorization: Basic bWVlcmE6", "push", "origin", "main")
	seen := w.seen()
	if len(seen) != 2 || seen[0].By != "vikram" || seen[1].By != "meera" {
		t.Errorf("pushed by %+v", seen)
	}
	w.open() // a new process still knows
	if by := head(t, w, "booking").PushedBy; by != "meera" {
		t.Errorf("the head was pushed by %q", by)
	}
	commit(t, dir, "without a name", nil)
	mustGit(t, dir, "push", "origin", "main")
	if by := head(t, w, "booking").PushedBy; by != "Asha" {
		t.Errorf("the head was pushed by %q", by)
	}
}

// A push larger than http.postBuffer arrives in chunks of unknown number.
func TestLargePush(t *testing.T) {
	w := start(t)
	w.seed("search", map[string]string{"a": "1"})
	dir := w.clone("search")
	noise := make([]byte, 6<<20)
	rand.New(rand.NewSource(1)).Read(noise)
	if err := os.WriteFile(filepath.Join(dir, "catalogue.bin"), noise, 0o644); err != nil {
		t.Fatal(err)
	}
	commit(t, dir, "a catalogue", nil)
	mustGit(t, dir, "push", "origin", "main")
	out := filepath.Join(t.TempDir(), "out")
	if err := w.host.Checkout(t.Context(), "search", head(t, w, "search").ID, out); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(out, "catalogue.bin")); err != nil || !bytes.Equal(got, noise) {
		t.Errorf("the file did not survive: %v", err)
	}
}

func TestConcurrentPushes(t *testing.T) {
	w := start(t)
	services := []string{"booking", "fleet"}
	dirs := map[string][]string{}
	for _, s := range services {
		w.seed(s, map[string]string{"a": s})
		for range 3 {
			dirs[s] = append(dirs[s], w.clone(s))
		}
	}
	var group sync.WaitGroup
	for _, s := range services {
		for i, dir := range dirs[s] {
			group.Go(func() {
				branch := "feature/" + string(rune('a'+i))
				for range 3 {
					if out, err := runGit(dir, "commit", "--quiet", "--allow-empty", "-m", branch); err != nil {
						t.Errorf("commit: %v\n%s", err, out)
					}
					if out, err := runGit(dir, "push", "origin", "HEAD:"+branch); err != nil {
						t.Errorf("push: %v\n%s", err, out)
					}
				}
			})
		}
	}
	group.Wait()
	if n := len(w.seen()); n != 18 {
		t.Errorf("told of %d pushes, want 18", n)
	}
	for _, s := range services {
		branches, err := w.host.Branches(t.Context(), s)
		if err != nil || len(branches) != 4 {
			t.Errorf("%s has branches %v (%v)", s, branches, err)
		}
	}
}

func TestOddRequests(t *testing.T) {
	w := start(t)
	w.seed("booking", map[string]string{"a": "1"})
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, "0000")
	z.Close()
	cases := []struct {
		name, method, path, kind, encoding, body string
		want                                     int
	}{
		{"unknown repository", "GET", "/git/nothing.git/info/refs?service=git-upload-pack", "", "", "", 404},
		{"climbing out", "GET", "/git/..%2f..%2fetc.git/info/refs?service=git-upload-pack", "", "", "", 404},
		{"hidden directory", "GET", "/git/.home.git/info/refs?service=git-upload-pack", "", "", "", 404},
		{"a file of the repository", "GET", "/git/booking.git/config", "", "", "", 404},
		{"dumb protocol", "GET", "/git/booking.git/info/refs", "", "", "", 400},
		{"another command", "GET", "/git/booking.git/info/refs?service=git-upload-archive", "", "", "", 400},
		{"refs", "GET", "/git/booking.git/info/refs?service=git-upload-pack", "", "", "", 200},
		{"a form", "POST", "/git/booking.git/git-receive-pack", "application/x-www-form-urlencoded", "", "0000", 400},
		{"no packet", "POST", "/git/booking.git/git-receive-pack", "application/x-git-receive-pack-request", "", "zzzz", 400},
		{"cut short", "POST", "/git/booking.git/git-receive-pack", "application/x-git-receive-pack-request", "", "00ff", 400},
		{"a probe", "POST", "/git/booking.git/git-receive-pack", "application/x-git-receive-pack-request", "", "0000", 200},
		{"a zipped probe", "POST", "/git/booking.git/git-receive-pack", "application/x-git-receive-pack-request", "gzip", zipped.String(), 200},
		{"not zipped", "POST", "/git/booking.git/git-receive-pack", "application/x-git-receive-pack-request", "gzip", "0000", 400},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), c.method, w.url+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", c.kind)
			if c.encoding != "" {
				r.Header.Set("Content-Encoding", c.encoding)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != c.want {
				t.Errorf("answered %s, want %d", res.Status, c.want)
			}
		})
	}
}

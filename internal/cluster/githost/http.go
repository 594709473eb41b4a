package githost

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

const (
	// maxNegotiation bounds what a fetch may send: the list of commits that
	// the client has.
	maxNegotiation = 32 << 20
	// idle is how long a pusher may say nothing before the repository is given
	// back to others.
	idle = time.Minute
)

// protocol is what a client may put into GIT_PROTOCOL.
var protocol = regexp.MustCompile(`^[a-z0-9=:.-]{1,100}$`)

// ServeHTTP answers under /git/<service>.git/ as git's smart HTTP protocol
// asks for, versions 0 to 2.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/git/"), ".git/")
	dir, err := h.repository(service)
	if !ok || errors.Is(err, ErrNotFound) {
		http.Error(w, "no such repository", http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "no-cache, max-age=0, must-revalidate")
	switch {
	case err != nil:
	case r.Method == http.MethodGet && rest == "info/refs":
		err = h.advertise(w, r, dir)
	case r.Method == http.MethodPost && rest == "git-upload-pack":
		err = h.fetch(w, r, dir)
	case r.Method == http.MethodPost && rest == "git-receive-pack":
		err = h.push(w, r, service, dir)
	default:
		http.Error(w, "not a request of git's smart HTTP protocol", http.StatusNotFound)
		return
	}
	if err != nil && r.Context().Err() == nil {
		h.cfg.Logger.Warn("git request failed", "service", service, "request", rest, "error", err)
		var refused requestError
		if errors.As(err, &refused) {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		// Too late for a status if the answer has begun; then this does no harm.
		http.Error(w, "the git host failed; see its log", http.StatusInternalServerError)
	}
}

// requestError is a request that makes no sense.
type requestError struct{ error }

// advertise lists the refs, the first step of every fetch and push.
func (h *Host) advertise(w http.ResponseWriter, r *http.Request, dir string) error {
	service := r.URL.Query().Get("service")
	command, ok := strings.CutPrefix(service, "git-")
	if !ok || command != "upload-pack" && command != "receive-pack" {
		return requestError{errors.New("this server speaks smart HTTP only; update git")}
	}
	env := protocolEnv(r)
	var out bytes.Buffer
	if _, err := h.git.run(r.Context(), call{args: []string{command, "--stateless-rpc", "--advertise-refs", dir}, env: env, stdout: &out}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-"+service+"-advertisement")
	if !bytes.HasPrefix(out.Bytes(), packet("version 2\n")) {
		w.Write(packet("# service=" + service + "\n"))
		io.WriteString(w, "0000")
	}
	_, err := out.WriteTo(w)
	return err
}

// fetch sends a pack.
func (h *Host) fetch(w http.ResponseWriter, r *http.Request, dir string) error {
	body, err := h.body(w, r, "git-upload-pack")
	if err != nil {
		return err
	}
	// Read whole before answering: HTTP/1 is no conversation.
	wanted, err := io.ReadAll(io.LimitReader(body, maxNegotiation))
	if err != nil {
		return requestError{err}
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	_, err = h.git.run(r.Context(), call{
		args: []string{"upload-pack", "--stateless-rpc", dir}, env: protocolEnv(r),
		stdin: bytes.NewReader(wanted), stdout: flushing{w, http.NewResponseController(w)},
	})
	return err
}

// push receives a pack, moves refs, and tells what moved. The answer is short
// and is held back until listeners know, so that a client which is told "done"
// finds its push in the platform.
func (h *Host) push(w http.ResponseWriter, r *http.Request, service, dir string) error {
	body, err := h.body(w, r, "git-receive-pack")
	if err != nil {
		return err
	}
	named, taken, err := readCommands(body)
	if err != nil {
		return requestError{fmt.Errorf("read the refs to push: %w", err)}
	}
	args := []string{"receive-pack", "--stateless-rpc", dir}
	for _, ref := range named {
		if ref == "refs/heads/"+h.cfg.Branch {
			args = append([]string{"-c", "receive.denyNonFastForwards=true"}, args...)
			break
		}
	}
	answer, pushes, err := h.receive(r.Context(), service, dir, call{
		args: args, stdin: io.MultiReader(bytes.NewReader(taken), body),
		env: append(protocolEnv(r), "GIT_COMMITTER_NAME="+cmp.Or(claimed(r), unnamed), "GIT_COMMITTER_EMAIL=push@localhost"),
	})
	// Refs may have moved even if the client is gone or git failed half-way.
	ctx := context.WithoutCancel(r.Context())
	h.attribute(ctx, dir, claimed(r), pushes)
	var replies []string
	for _, p := range pushes {
		h.cfg.Logger.Info("pushed", "service", p.Service, "ref", p.Ref, "old", p.Old, "new", p.New, "by", p.By)
		if h.cfg.OnPush != nil {
			h.cfg.OnPush(p)
		}
		if h.cfg.Reply != nil {
			if reply := strings.TrimRight(h.cfg.Reply(p), "\n"); reply != "" {
				replies = append(replies, reply)
			}
		}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	_, err = w.Write(withMessage(answer, strings.Join(replies, "\n")))
	return err
}

// receive runs receive-pack alone on its repository and compares the refs
// before and after.
func (h *Host) receive(ctx context.Context, service, dir string, c call) (answer []byte, pushes []Push, err error) {
	defer h.lock(service)()
	before, err := h.refs(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	c.stdout = &out
	_, err = h.git.run(ctx, c)
	after, refsErr := h.refs(context.WithoutCancel(ctx), dir)
	if refsErr != nil {
		return nil, nil, errors.Join(err, refsErr)
	}
	return out.Bytes(), moved(service, before, after), err
}

// body of a request, decompressed, from a client that keeps talking.
func (h *Host) body(w http.ResponseWriter, r *http.Request, service string) (io.Reader, error) {
	if got := r.Header.Get("Content-Type"); got != "application/x-"+service+"-request" {
		return nil, requestError{fmt.Errorf("content type %q is not of %s", got, service)}
	}
	var body io.Reader = &patient{r.Body, http.NewResponseController(w)}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, requestError{err}
		}
		return z, nil
	default:
		return nil, requestError{fmt.Errorf("content encoding %q is not known", encoding)}
	}
}

// patient reads as long as something comes at least once in a while: the pusher
// has the repository's lock.
type patient struct {
	body    io.Reader
	control *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	// Not every writer has deadlines; those of tests may not.
	_ = p.control.SetReadDeadline(time.Now().Add(idle))
	n, err := p.body.Read(b)
	if err != nil {
		_ = p.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// flushing sends what git says when it says it, such as progress.
type flushing struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	if err == nil {
		_ = f.control.Flush()
	}
	return n, err
}

func protocolEnv(r *http.Request) []string {
	if p := r.Header.Get("Git-Protocol"); protocol.MatchString(p) {
		return []string{"GIT_PROTOCOL=" + p}
	}
	return nil
}

// claimed is the name that a pusher gave, if any. Nobody checks it here.
func claimed(r *http.Request) string {
	name, _, _ := r.BasicAuth()
	if name == "" {
		name = r.Header.Get("X-Paddock-User")
	}
	name = strings.TrimSpace(name)
	if len(name) > 200 || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == '<' || c == '>' }) {
		return ""
	}
	return name
}

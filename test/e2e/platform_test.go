package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/kube"
	"paddock.dev/internal/store"
)

// platform is a `paddock up` of its own, as somebody at a terminal has it.
type platform struct {
	t    *testing.T
	file string
	data string
	name string

	cmd    *exec.Cmd
	output *lockedBuffer
	done   chan struct{}
}

// newPlatform copies a platform's directory, so that a test may edit it.
func newPlatform(t *testing.T, source, name string) *platform {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("PADDOCK_TEST_ALL") != "" {
			t.Fatal("git is missing")
		}
		t.Skip("git is missing; the git host runs it")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	return &platform{t: t, file: filepath.Join(dir, "platform.yaml"), data: filepath.Join(t.TempDir(), "data"), name: name}
}

// up starts the platform and returns when it says that it is ready.
func (p *platform) up() {
	p.t.Helper()
	p.start()
	p.waitReady(4 * time.Minute)
}

func (p *platform) start() {
	p.t.Helper()
	p.cmd = p.command("up", p.file, "--gateway", "127.0.0.1:0", "--console", "127.0.0.1:0")
	p.output, p.done = &lockedBuffer{}, make(chan struct{})
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(p.cmd, p.done)
	p.t.Cleanup(p.kill)
}

func (p *platform) waitReady(patience time.Duration) {
	p.t.Helper()
	p.eventually("the platform is ready", patience, func() error {
		select {
		case <-p.done:
			p.t.Fatalf("paddock up ended:\n%s", p.output)
		default:
		}
		if !strings.Contains(p.output.String(), "\nready in ") {
			return fmt.Errorf("it said so far:\n%s", p.output)
		}
		return nil
	})
}

// kill ends the supervisor the hard way, if it still runs.
func (p *platform) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
	if p.t.Failed() {
		p.t.Logf("paddock up printed:\n%s", p.output)
		p.printLogs()
	}
}

// printLogs shows the ends of the platform's own logs, for a test that failed.
func (p *platform) printLogs() {
	_ = filepath.WalkDir(filepath.Join(p.data, p.name, "log"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		p.t.Logf("end of %s:\n%s", path, text[max(0, len(text)-6000):])
		return nil
	})
}

// interrupt is Ctrl-C; it returns how long the platform took to stop.
func (p *platform) interrupt() time.Duration {
	p.t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.t.Fatalf("paddock up did not stop in 30 s:\n%s", p.output)
	}
	return time.Since(began)
}

func (p *platform) command(args ...string) *exec.Cmd {
	cmd := exec.Command("paddock", args...)
	cmd.Dir = filepath.Dir(p.file)
	cmd.Env = append(os.Environ(), "PADDOCK_DATA="+p.data, "NO_COLOR=1")
	return cmd
}

// paddock runs a command to its end and returns what it printed.
func (p *platform) paddock(args ...string) (stdout string, err error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	cmd := p.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	if err := cmd.Wait(); err != nil {
		return out.String(), fmt.Errorf("paddock %s: %w\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String(), nil
}

func (p *platform) mustPaddock(args ...string) string {
	p.t.Helper()
	out, err := p.paddock(args...)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *platform) state() store.State {
	p.t.Helper()
	s, ok, err := store.At(p.data, p.name).ReadState()
	if err != nil || !ok {
		p.t.Fatalf("no state of the platform: %v", err)
	}
	return s
}

func (p *platform) client() client.Client {
	p.t.Helper()
	cfg, err := clientcmd.BuildConfigFromFlags("", store.At(p.data, p.name).Kubeconfig())
	if err != nil {
		p.t.Fatal(err)
	}
	scheme, err := kube.NewScheme()
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := client.New(cfg, client.Options{Scheme: scheme})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// get asks the gateway as a customer would.
func (p *platform) get(host, path string) (status int, release, body string, err error) {
	p.t.Helper()
	return get(p.state().Gateway, host, path)
}

func get(gateway, host, path string) (status int, release, body string, err error) {
	req, err := http.NewRequest(http.MethodGet, "http://"+gateway+path, nil)
	if err != nil {
		return 0, "", "", err
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Get("Paddock-Release"), string(text), err
}

// wantPage waits until the page answers 200 with all the given texts.
func (p *platform) wantPage(host string, texts ...string) {
	p.t.Helper()
	p.eventually("http://"+host+"/ answers "+strings.Join(texts, ", "), time.Minute, func() error {
		status, release, body, err := p.get(host, "/")
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("status %d from %s: %s", status, release, body)
		}
		for _, want := range texts {
			if !strings.Contains(body, want) {
				return fmt.Errorf("no %q in %s", want, body)
			}
		}
		return nil
	})
}

// wantRollout waits for the phase of a release's first rollout.
func (p *platform) wantRollout(release, env string, phase v1.RolloutPhase) *v1.Rollout {
	p.t.Helper()
	c := p.client()
	rollout := &v1.Rollout{}
	name := release + "-" + env + "-1"
	p.eventually(fmt.Sprintf("rollout %s is %s", name, phase), 2*time.Minute, func() error {
		if err := c.Get(p.t.Context(), client.ObjectKey{Namespace: v1.SystemNamespace, Name: name}, rollout); err != nil {
			return err
		}
		if rollout.Status.Phase != phase {
			if rollout.Status.Phase.Done() {
				p.t.Fatalf("rollout %s ended as %s: %s", name, rollout.Status.Phase, rollout.Status.Message)
			}
			return fmt.Errorf("it is %q: %s", rollout.Status.Phase, rollout.Status.Message)
		}
		return nil
	})
	return rollout
}

// push clones a service, lets edit change it, and pushes the result to main.
func (p *platform) push(service, message string, edit func(dir string)) {
	p.t.Helper()
	dir := p.t.TempDir()
	p.git(dir, "clone", "--quiet", "http://"+p.state().Console+"/git/"+service+".git", ".")
	edit(dir)
	p.git(dir, "-c", "user.name=Dev Eloper", "-c", "user.email=dev@shop.example", "commit", "--quiet", "-am", message)
	p.git(dir, "push", "--quiet", "origin", "HEAD:main")
}

func (p *platform) git(dir string, args ...string) {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// eventually asks again and again; it fails with the last answer.
func (p *platform) eventually(what string, patience time.Duration, ask func() error) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("waited %s until %s: %v", patience, what, err)
		}
		select {
		case <-p.t.Context().Done():
			p.t.Fatal(p.t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// replace edits one text in one file, which must be there.
func replace(t *testing.T, path, old, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte(old)) {
		t.Fatalf("no %q in %s", old, path)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(content, []byte(old), []byte(text)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// leftovers are processes that have the platform's data directory in their
// command line or environment.
func (p *platform) leftovers() []string {
	var found []string
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		for _, file := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join("/proc", e.Name(), file))
			if err == nil && bytes.Contains(text, []byte(p.data)) {
				found = append(found, e.Name()+": "+string(bytes.ReplaceAll(text[:min(len(text), 200)], []byte{0}, []byte{' '})))
				break
			}
		}
	}
	return found
}

// traffic asks for a page at a steady rate until it is stopped.
type traffic struct {
	stop context.CancelFunc
	wait sync.WaitGroup

	mu       sync.Mutex
	requests int
	failures []string
	releases map[string]int
}

func (p *platform) traffic(host string, perSecond int) *traffic {
	return p.trafficTo(host, "/", perSecond)
}

func (p *platform) trafficTo(host, path string, perSecond int) *traffic {
	gateway := p.state().Gateway
	ctx, cancel := context.WithCancel(p.t.Context())
	tr := &traffic{stop: cancel, releases: map[string]int{}}
	p.t.Cleanup(tr.end)
	tr.wait.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			tr.wait.Go(func() {
				status, release, body, err := get(gateway, host, path)
				tr.mu.Lock()
				defer tr.mu.Unlock()
				tr.requests++
				tr.releases[release]++
				if err != nil || status >= 500 {
					tr.failures = append(tr.failures, fmt.Sprintf("%s %s: status %d, error %v: %s", time.Now().Format("15:04:05.000"), release, status, err, strings.TrimSpace(body)))
				}
			})
		}
	})
	return tr
}

// end stops the traffic and waits for the requests under way.
func (tr *traffic) end() { tr.stop(); tr.wait.Wait() }

// failuresExcept lists the failures that the release did not answer for.
func (tr *traffic) failuresExcept(release string) []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var others []string
	for _, f := range tr.failures {
		if release == "" || !strings.Contains(f, " "+release+":") {
			others = append(others, f)
		}
	}
	return others
}

// lockedBuffer may be read while a process writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// lines of a text that contain a word.
func lines(text, word string) []string {
	var found []string
	s := bufio.NewScanner(strings.NewReader(text))
	for s.Scan() {
		if strings.Contains(s.Text(), word) {
			found = append(found, s.Text())
		}
	}
	return found
}

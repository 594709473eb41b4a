package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/delivery/matrix"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/server"
	"paddock.dev/internal/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample reads what package matrix answers for the platform of its tests.
func sample[T any](t *testing.T, name string) T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "delivery", "matrix", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it with: go test ./internal/cli -update && git diff\n%s", path, got)
	}
}

func TestViews(t *testing.T) {
	status := sample[v1.Status](t, "status.json")
	history := sample[v1.History](t, "history.json")
	releases := sample[v1.ReleaseSummaries](t, "releases.json")
	release := sample[v1.ReleaseDetail](t, "release.json")
	release.History = nil // its times are local ones
	empty := sample[v1.Status](t, "empty.json")
	for name, write := range map[string]func(b *bytes.Buffer) error{
		"status.txt":        func(b *bytes.Buffer) error { return writeStatus(b, status, false, 0) },
		"status-color.txt":  func(b *bytes.Buffer) error { return writeStatus(b, status, true, 0) },
		"status-narrow.txt": func(b *bytes.Buffer) error { return writeStatus(b, status, false, 80) },
		"status-empty.txt":  func(b *bytes.Buffer) error { return writeStatus(b, empty, false, 0) },
		"history.txt":       func(b *bytes.Buffer) error { return writeHistory(b, history, time.UTC, false, 0) },
		"releases.txt":      func(b *bytes.Buffer) error { return writeReleases(b, releases, status.Time, false, 0) },
		"release.txt": func(b *bytes.Buffer) error {
			release.CreatedAt = release.CreatedAt.In(time.Local)
			text := &bytes.Buffer{}
			err := writeRelease(text, release, false)
			b.WriteString(strings.Replace(text.String(), release.CreatedAt.Format(time.DateTime), "TIME", 1))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
		})
	}
}

func TestNarrowLinesFit(t *testing.T) {
	var b bytes.Buffer
	if err := writeStatus(&b, sample[v1.Status](t, "status.json"), false, 60); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n")[1:] { // the title may be longer
		if n := len([]rune(line)); n > 60 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestStatusChanges(t *testing.T) {
	was, is := sample[v1.Status](t, "status.json"), sample[v1.Status](t, "status.json")
	if lines := statusChanges(was, is); lines != nil {
		t.Fatalf("nothing changed, but: %q", lines)
	}
	prod := is.Environments[3].Services
	prod[0].Ready = 1
	prod[3].Rollout.Weight, prod[3].Rollout.Step, prod[3].Rollout.Message = 50, 3, ""
	is.Environments[0].Services[1].Version, is.Environments[0].Services[1].Release = "1.2.0", "mobile-bff-1.2.0"
	is.Builds[0].Phase = "Failed"
	is.Blocked = append(is.Blocked, v1.BlockedRelease{Release: "search-1.2.0", Service: "search", Version: "1.2.0", Reason: "slow"})
	want := []string{
		"mobile-bff in dev: runs 1.2.0",
		"booking in prod: 1 of 2 pods are ready",
		"search in prod: 1.2.0 canary 50 %, step 3/3",
		"mobile-bff eeeeeee: build failed compiling",
		"search 1.2.0 is blocked: slow",
	}
	if got := statusChanges(was, is); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestWatchPrintsADocumentPerChange(t *testing.T) {
	var b bytes.Buffer
	a := &app{streams: Streams{Out: &b}}
	out := &output{format: "json"}
	status := sample[v1.Status](t, "status.json")
	later := status
	later.Time = later.Time.Add(time.Second)
	for i, s := range []v1.Status{status, later} {
		if err := printIfChanged(a, out, i == 0, status, s); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(b.String(), "\n"); n != 1 {
		t.Errorf("%d documents; time alone is no change", n)
	}
}

func TestPickWaiting(t *testing.T) {
	waiting := sample[v1.Status](t, "status.json").Approvals // booking to uat, pricing to prod
	for _, test := range []struct {
		name, env string
		all       []v1.WaitingApproval
		want, id  string
	}{
		{name: "booking", all: waiting, want: "booking-1.3.0-uat-1"},
		{name: "booking-1.3.0", all: waiting, want: "booking-1.3.0-uat-1"},
		{name: "pricing-1.2.0-prod-1", all: waiting, want: "pricing-1.2.0-prod-1"},
		{env: "prod", all: waiting, want: "pricing-1.2.0-prod-1"},
		{all: waiting[:1], want: "booking-1.3.0-uat-1"},
		{all: waiting, id: "which-rollout"},
		{name: "search", all: waiting, id: "nothing-waits"},
		{name: "booking", env: "prod", all: waiting, id: "nothing-waits"},
		{name: "booking", id: "nothing-waits"},
	} {
		got, err := pickWaiting(test.all, test.name, test.env)
		if id := idOf(err); got.Rollout != test.want || id != test.id {
			t.Errorf("%q in %q: got %q, %v; want %q %s", test.name, test.env, got.Rollout, err, test.want, test.id)
		}
	}
}

func idOf(err error) string {
	var input inputError
	if errors.As(err, &input) {
		return input.ID
	}
	var p diag.Problem
	if errors.As(err, &p) {
		return p.ID
	}
	return ""
}

func TestMayApprove(t *testing.T) {
	w := sample[v1.Status](t, "status.json").Approvals[1] // needs 2, has meera, asha is the author
	for person, fix := range map[string]string{
		"vikram": "", "ravi": "", "meera": "",
		"asha":    "Ask vikram or ravi, or say who you are: --as vikram",
		"mallory": "Ask vikram or ravi, or say who you are: --as vikram",
	} {
		var p diag.Problem
		_ = errors.As(mayApprove(w, person), &p)
		if p.Fix != fix {
			t.Errorf("%s: %q, want %q", person, p.Fix, fix)
		}
	}
	w.Given, w.May = []string{"meera", "ravi"}, nil
	var p diag.Problem
	if err := mayApprove(w, "asha"); !errors.As(err, &p) || !strings.Contains(p.Fix, "meera and ravi approved it") {
		t.Errorf("nothing is missing any more: %v", err)
	}
}

func release(name string, number int64, environments ...string) v1.Release {
	r := v1.Release{}
	r.Name, r.Spec.Service, r.Spec.Number = name, name[:strings.LastIndex(name, "-")], number
	r.Spec.Config = map[string]v1.ServiceConfig{}
	for _, e := range environments {
		r.Spec.Config[e] = v1.ServiceConfig{}
	}
	return r
}

func promotable() matrix.Input {
	services := []model.Service{{Name: "booking"}, {Name: "new"}}
	return matrix.Input{
		Platform: &model.Platform{
			Environments: []model.Environment{{Name: "dev", Services: services}, {Name: "prod", Services: services}},
			Delivery:     model.Delivery{Path: []string{"dev", "prod"}},
		},
		Releases: []v1.Release{release("booking-1.1.0", 1, "dev", "prod"), release("booking-1.2.0", 2, "dev", "prod")},
	}
}

func TestPickRelease(t *testing.T) {
	in := promotable()
	for name, want := range map[string]string{
		"booking": "booking-1.2.0", "booking-1.1.0": "booking-1.1.0",
		"bookin": "unknown-service", "booking-9.9.9": "unknown-release", "new": "no-release",
	} {
		r, err := pickRelease(in, name)
		got := idOf(err)
		if r != nil {
			got = r.Name
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestNextEnvironment(t *testing.T) {
	in := promotable()
	rollout := func(env string) v1.Rollout {
		at := sample[v1.Status](t, "status.json").Time
		r := v1.Rollout{}
		r.Name, r.Spec.Release, r.Spec.Service, r.Spec.Environment = "r-"+env, "booking-1.2.0", "booking", env
		r.Status.Phase = v1.RolloutSucceeded
		finished := metav1.NewMicroTime(at)
		r.Status.FinishedAt = &finished
		return r
	}
	for i, want := range []string{"dev", "prod", ""} {
		got, err := nextEnvironment(in, &in.Releases[1])
		if got != want || (err != nil) != (want == "") {
			t.Errorf("after %d environments: %q, %v; want %q", i, got, err, want)
		}
		if i < 2 {
			in.Rollouts = append(in.Rollouts, rollout(want))
		}
	}
}

// An older release goes on where it is something new, and not where a newer one
// runs or where it was before.
func TestNextEnvironmentOfAnOlderRelease(t *testing.T) {
	for _, test := range []struct {
		dev, prod string // the releases that succeeded, the newest last
		want, id  string
	}{
		{"1.2.0", "", "prod", ""},
		{"1.1.0 1.2.0", "", "prod", ""},
		{"1.2.0 1.0.0", "", "dev", ""},
		{"1.1.0 1.0.0", "", "prod", ""}, // somebody went back on purpose
		{"1.0.0", "", "dev", ""},
		{"1.2.0", "1.2.0", "", "release-older"},
		{"1.2.0", "1.1.0", "", "release-older"},
		{"1.1.0", "1.1.0", "", "release-runs"},
	} {
		in := promotable()
		in.Releases = append(in.Releases, release("booking-1.0.0", 0, "dev", "prod"))
		at := sample[v1.Status](t, "status.json").Time
		for env, versions := range map[string]string{"dev": test.dev, "prod": test.prod} {
			for i, version := range strings.Fields(versions) {
				finished := metav1.NewMicroTime(at.Add(time.Duration(i) * time.Minute))
				r := v1.Rollout{Spec: v1.RolloutSpec{Service: "booking", Environment: env, Release: "booking-" + version}}
				r.Name, r.Status.Phase, r.Status.FinishedAt = env+version, v1.RolloutSucceeded, &finished
				in.Rollouts = append(in.Rollouts, r)
			}
		}
		got, err := nextEnvironment(in, &in.Releases[0]) // booking-1.1.0
		if got != test.want || idOf(err) != test.id {
			t.Errorf("dev %q, prod %q: got %q, %v; want %q %s", test.dev, test.prod, got, err, test.want, test.id)
		}
	}
}

func TestDrillTarget(t *testing.T) {
	services := []model.Service{{Name: "booking", Source: &model.Source{}, Routes: []model.Route{{Host: "api.example"}}}, {Name: "inner", Source: &model.Source{}}}
	platform := func(canary ...int) *model.Platform {
		return &model.Platform{
			Environments: []model.Environment{
				{Name: "dev", Stage: model.Development, Services: services},
				{Name: "eu", Stage: model.Production, Services: services},
				{Name: "us", Stage: model.Production, Services: services},
				{Name: "later", Stage: model.Production, Services: services},
				{Name: "demo", Stage: model.Acceptance, Services: services},
			},
			Delivery: model.Delivery{Path: []string{"dev", "eu", "us", "demo"}, Canary: canary},
		}
	}
	outside := platform(5)
	outside.Delivery.Path = []string{"dev"}
	for _, test := range []struct {
		name     string
		p        *model.Platform
		o        rollbackDrill
		env, id  string
		mentions string
	}{
		{"the last of production in the path", platform(5), rollbackDrill{}, "us", "", ""},
		{"another one with a canary", platform(5), rollbackDrill{env: "eu"}, "eu", "", ""},
		{"no production", platform(5), rollbackDrill{env: "dev"}, "", "no-canary", "--env us"},
		{"no steps", platform(), rollbackDrill{env: "us"}, "", "no-canary", "delivery.rollout.canary"},
		{"no production in the path", outside, rollbackDrill{}, "", "no-canary", "stage production"},
		{"no route", platform(5), rollbackDrill{service: "inner"}, "", "no-route", "routes"},
	} {
		_, env, err := drillTarget(matrix.Input{Platform: test.p}, test.o)
		if env != test.env || idOf(err) != test.id {
			t.Errorf("%s: got %q, %v", test.name, env, err)
		}
		var input inputError
		if errors.As(err, &input); !strings.Contains(input.Fix, test.mentions) {
			t.Errorf("%s: the fix %q does not mention %q", test.name, input.Fix, test.mentions)
		}
	}
}

// The flags of a command complete whatever stands before them, its argument
// only once.
func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"logs|":                         "booking new",
		"logs|booking|":                 "",
		"logs|booking|--env|":           "dev prod",
		"logs|booking|--release|":       "booking-1.2.0 booking-1.1.0",
		"promote|booking|--to|p":        "prod",
		"promote|booking|":              "",
		"history|booking|--env|":        "dev prod",
		"history|booking|":              "",
		"rollback|booking|":             "",
		"release|show|booking-1.1.0|":   "",
		"release|show|booking-1.1":      "booking-1.1.0",
		"approve|booking|--env|":        "dev prod",
		"drill|rollback|--service|book": "booking",
	} {
		var out bytes.Buffer
		a := &app{look: func(context.Context) (matrix.Input, error) { return promotable(), nil }}
		root := newRoot(a)
		root.SetArgs(append([]string{"__complete"}, strings.Split(line, "|")...))
		root.SetOut(&out)
		root.SetErr(&bytes.Buffer{})
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		names, _, _ := strings.Cut(out.String(), ":")
		if got := strings.Join(strings.Fields(names), " "); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

// detach reads these words from another process.
func TestReadyBeginsAndEndsAsDetachExpects(t *testing.T) {
	for _, r := range []server.Ready{{}, {Waiting: []string{"booking in prod"}}} {
		var b bytes.Buffer
		printReady(&b, r)
		text := b.String()
		first, last := strings.Index(text, "\n"+readyLine), strings.Index(text, "\n"+lastLine)
		if first < 0 || last < first || strings.Count(text[last+1:], "\n") != 1 {
			t.Errorf("%q", text)
		}
	}
}

// run executes a command line as a person at no terminal does.
func run(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), args, Config{In: strings.NewReader(""), Out: &out, Err: &errs, Env: env, Now: time.Now})
	return code, out.String(), errs.String()
}

func TestDownStopsTheProcessThatIsRecorded(t *testing.T) {
	root := t.TempDir()
	layout := store.At(root, "kestrel")
	if err := os.MkdirAll(layout.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	supervisor := exec.CommandContext(t.Context(), "sleep", "600")
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- supervisor.Wait() }()
	process, err := store.Lookup(supervisor.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"PADDOCK_DATA=" + root}

	// Another incarnation of that number is left alone.
	stranger := store.Process{PID: process.PID, StartTicks: process.StartTicks + 1}
	if err := layout.WriteState(store.State{Name: "kestrel", Process: stranger}); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(t, env, "down"); code != 0 || stderr != "kestrel does not run.\n" || !process.Alive() {
		t.Fatalf("%d %q, alive %v", code, stderr, process.Alive())
	}

	if err := layout.WriteState(store.State{Name: "kestrel", Process: process}); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, env, "down", "--wipe", "--yes")
	if code != 0 || stdout != "" || !strings.HasSuffix(stderr, "kestrel has stopped.\nThe data of kestrel is removed.\n") {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	if _, err := os.Stat(layout.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data is still there: %v", err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("it ended by %v, want SIGTERM", err)
	}
}

func TestDownSaysWhenItTakesTooLong(t *testing.T) {
	root := t.TempDir()
	layout := store.At(root, "kestrel")
	if err := os.MkdirAll(layout.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	supervisor := exec.CommandContext(t.Context(), "sh", "-c", `trap "" TERM; echo ready; while :; do sleep 1; done`)
	ready, err := supervisor.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = supervisor.Process.Kill(); _ = supervisor.Wait() })
	if _, err := ready.Read(make([]byte, 8)); err != nil { // the trap is set
		t.Fatal(err)
	}
	process, err := store.Lookup(supervisor.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := layout.WriteState(store.State{Name: "kestrel", Process: process}); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := run(t, []string{"PADDOCK_DATA=" + root}, "down", "--wipe", "--yes", "--wait", "10ms")
	if code != 1 || !strings.Contains(stderr, "kestrel still runs after 10ms") || !strings.Contains(stderr, "kill -9") {
		t.Errorf("%d %q", code, stderr)
	}
	if _, err := os.Stat(layout.State()); err != nil {
		t.Errorf("data of a running platform was removed: %v", err)
	}
}

func TestUpGetsItsArguments(t *testing.T) {
	var got UpOptions
	cfg := Config{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}, Env: []string{"USER=asha", "PADDOCK_DATA=/data"}, Now: time.Now,
		Up: func(_ context.Context, o UpOptions, _ Streams) error { got = o; return nil }}
	if code := Main(t.Context(), []string{"up", "p.yaml", "--gateway", "127.0.0.1:0", "-d", "--wait", "90s"}, cfg); code != 0 {
		t.Fatalf("code %d: %s", code, cfg.Err)
	}
	want := UpOptions{File: "p.yaml", Data: "/data", Gateway: "127.0.0.1:0", Console: "127.0.0.1:8081", Detach: true, Isolation: "process", Wait: 90 * time.Second, Person: "asha"}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestMeminfo(t *testing.T) {
	text := "MemTotal:       16384 kB\nMemAvailable:    2048 kB\nBroken: x kB\n"
	if n, ok := meminfo(text, "MemAvailable"); n != 2<<20 || !ok {
		t.Errorf("got %d, %v", n, ok)
	}
	for _, name := range []string{"Broken", "None"} {
		if n, ok := meminfo(text, name); ok {
			t.Errorf("%s: got %d", name, n)
		}
	}
}

func FuzzMeminfo(f *testing.F) {
	f.Add("MemAvailable:    2048 kB\n")
	f.Add("MemAvailable:")
	f.Add("MemAvailable: -1 kB")
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := meminfo(text, "MemAvailable"); ok && n < 0 {
			t.Errorf("%d bytes of memory in %q", n, text)
		}
	})
}

func TestColorsOnlyWhereWelcome(t *testing.T) {
	var b bytes.Buffer
	s := newStreams(&b, &b, &b, func(string) string { return "" })
	if s.OutTerminal || s.ErrTerminal || s.InTerminal || s.OutColor || s.ErrColor {
		t.Errorf("a buffer is taken for a terminal: %+v", s)
	}
}

func TestPersonIsTheUser(t *testing.T) {
	a := &app{cfg: Config{Env: []string{"USER=asha", "USER=vikram"}}}
	if got := a.person(""); got != "vikram" {
		t.Errorf("got %q; the last setting counts", got)
	}
	if got := a.person("meera"); got != "meera" {
		t.Errorf("got %q; the flag wins", got)
	}
}

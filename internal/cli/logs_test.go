package cli

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/kube"
)

func podOf(name string, restarts int32, state corev1.ContainerState) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: name, UID: "x", Labels: map[string]string{v1.LabelService: "booking"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "booking"}}},
		Status:     corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "booking", RestartCount: restarts, State: state}}},
	}
}

var (
	runs  = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	ended = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
)

// following is `paddock logs -f --tail 5` against an API that answers with one
// text after the other, and the queries it was asked.
func following(t *testing.T, texts ...string) (l *logs, out *bytes.Buffer, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var queries []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		q := r.URL.Query()
		queries = append(queries, "tail="+q.Get("tailLines")+" since="+q.Get("sinceTime"))
		if len(queries) > len(texts) {
			t.Errorf("asked once more: %s", r.URL)
			return
		}
		_, _ = w.Write([]byte(texts[len(queries)-1]))
	}))
	t.Cleanup(api.Close)
	core, err := typedv1.NewForConfig(&rest.Config{Host: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	out = &bytes.Buffer{}
	l = &logs{logsOptions: logsOptions{service: "booking", env: "prod", follow: true, tail: 5}, core: core, out: out, err: out}
	return l, out, func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(queries) }
}

// lookAt is one look at these pods, with everything read that it started.
func (l *logs) lookAt(t *testing.T, pods ...*corev1.Pod) (started int) {
	t.Helper()
	scheme, err := kube.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme)
	for _, p := range pods {
		c.WithObjects(p)
	}
	l.client = c.Build()
	var readers sync.WaitGroup
	started, err = l.start(t.Context(), &readers)
	if err != nil {
		t.Fatal(err)
	}
	readers.Wait()
	return started
}

func TestBrokenStreamIsOpenedAgain(t *testing.T) {
	l, out, asked := following(t,
		"2026-11-23T06:00:00.5Z one\n2026-11-23T06:00:01.25Z two\n2026-11-23T06:00:01.25Z three\n2026-11-23T06:00:01.5Z fo",
		"2026-11-23T06:00:01.25Z two\n2026-11-23T06:00:01.25Z three\n2026-11-23T06:00:01.5Z four\n2026-11-23T06:00:02Z \n",
	)
	for range 2 {
		if n := l.lookAt(t, podOf("a", 3, runs)); n != 1 {
			t.Fatalf("%d streams", n)
		}
	}
	if n := l.lookAt(t, podOf("a", 3, ended)); n != 0 {
		t.Errorf("%d streams of a container that ended", n)
	}
	// What was cut is printed again as a whole.
	if got, want := strings.Split(out.String(), "\n"), []string{"a one", "a two", "a three", "a fo", "a four", "a ", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got, want := asked(), []string{"tail=5 since=", "tail= since=2026-11-23T06:00:01Z"}; !slices.Equal(got, want) {
		t.Errorf("asked %q\nwant %q", got, want)
	}
}

func TestTailIsForWhatWasThereAtFirst(t *testing.T) {
	l, _, asked := following(t, "", "", "")
	l.lookAt(t, podOf("a", 3, ended)) // restarted before
	l.lookAt(t, podOf("a", 4, ended)) // restarts while following
	if got, want := asked(), []string{"tail=5 since=", "tail= since="}; !slices.Equal(got, want) {
		t.Errorf("asked %q\nwant %q", got, want)
	}
}

func TestLogLinesStayWhole(t *testing.T) {
	long := strings.Repeat("x", 70<<10)
	for _, follow := range []bool{false, true} {
		var b bytes.Buffer
		l := &logs{out: &b, logsOptions: logsOptions{follow: follow}}
		text := "one\r\n\x1b[2Jtwo\n" + long + "\nlast"
		cut := 64 << 10
		if follow {
			const stamp = "2026-11-23T06:00:00Z "
			text = stamp + strings.ReplaceAll(text, "\n", "\n"+stamp)
			cut -= len(stamp)
		}
		if err := l.copy(&reading{prefix: "pod-a"}, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		want := []string{"pod-a one", "pod-a ·[2Jtwo", "pod-a " + long[:cut], "pod-a " + long[cut:], "pod-a last", ""}
		if !slices.Equal(lines, want) {
			t.Errorf("follow %v: got %d lines, first %q", follow, len(lines), lines[:2])
		}
	}
}

package metricsapi

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/metrics/pkg/apis/metrics"
	"k8s.io/metrics/pkg/apis/metrics/install"
	"k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

const document = `{"time":"2026-03-01T12:00:00.5Z","window":"5s",
 "node":{"name":"local","cpuNano":1500000000,"memoryBytes":2147483648},
 "pods":[
  {"namespace":"prod","name":"b","labels":{"app":"booking"},"containers":[{"name":"booking","cpuNano":12000000,"memoryBytes":1048576},{"name":"side","cpuNano":500000,"memoryBytes":1}]},
  {"namespace":"prod","name":"a","labels":{"app":"search"},"containers":[{"name":"search","cpuNano":1,"memoryBytes":0}]},
  {"namespace":"dev","name":"a","labels":{"app":"booking"},"containers":[{"name":"booking","cpuNano":0,"memoryBytes":5}]},
  {"namespace":"prod","name":"new","labels":{"app":"booking"},"containers":[]}
 ]}`

// node serves a document on a unix socket and counts the requests.
func node(t *testing.T, status int, text string) (socket string, asked *atomic.Int32) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/figures" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return socket, asked
}

func namespace(name string) context.Context {
	return genericapirequest.WithNamespace(context.Background(), name)
}

func TestListPods(t *testing.T) {
	socket, _ := node(t, 200, document)
	s := &podStorage{source: NewSource(socket, time.Now)}
	byLabel := func(text string) *metainternal.ListOptions {
		l, err := labels.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return &metainternal.ListOptions{LabelSelector: l}
	}
	for name, test := range map[string]struct {
		namespace string
		options   *metainternal.ListOptions
		want      []string
	}{
		"everything":    {want: []string{"dev/a", "prod/a", "prod/b"}},
		"no options":    {namespace: "prod", options: &metainternal.ListOptions{}, want: []string{"prod/a", "prod/b"}},
		"label":         {namespace: "prod", options: byLabel("app=booking"), want: []string{"prod/b"}},
		"label set":     {options: byLabel("app in (booking, x)"), want: []string{"dev/a", "prod/b"}},
		"not label":     {options: byLabel("app!=booking"), want: []string{"prod/a"}},
		"field":         {options: &metainternal.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", "a")}, want: []string{"dev/a", "prod/a"}},
		"field of both": {options: &metainternal.ListOptions{FieldSelector: fields.ParseSelectorOrDie("metadata.name=a,metadata.namespace=dev")}, want: []string{"dev/a"}},
		"nobody":        {namespace: "qa"},
	} {
		t.Run(name, func(t *testing.T) {
			object, err := s.List(namespace(test.namespace), test.options)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range object.(*metrics.PodMetricsList).Items {
				got = append(got, m.Namespace+"/"+m.Name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("pods = %v, want %v", got, test.want)
			}
		})
	}
}

func TestGetPod(t *testing.T) {
	socket, _ := node(t, 200, document)
	s := &podStorage{source: NewSource(socket, time.Now)}
	object, err := s.Get(namespace("prod"), "b", nil)
	if err != nil {
		t.Fatal(err)
	}
	m := object.(*metrics.PodMetrics)
	if m.Window.Duration != 5*time.Second || !m.Timestamp.Equal(&m.CreationTimestamp) || m.Labels["app"] != "booking" {
		t.Errorf("metrics = %+v", m)
	}
	if c := m.Containers[0]; c.Name != "booking" || c.Usage.Cpu().MilliValue() != 12 || c.Usage.Memory().String() != "1Mi" {
		t.Errorf("container = %+v", c)
	}
	for _, name := range []string{"new", "nobody"} { // not measured yet, not there
		if _, err := s.Get(namespace("prod"), name, nil); !apierrors.IsNotFound(err) {
			t.Errorf("pod %s: %v", name, err)
		}
	}
}

func TestNodes(t *testing.T) {
	socket, _ := node(t, 200, document)
	s := &nodeStorage{source: NewSource(socket, time.Now)}
	object, err := s.Get(context.Background(), "local", nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := object.(*metrics.NodeMetrics); m.Usage.Cpu().String() != "1500m" || m.Usage.Memory().String() != "2Gi" {
		t.Errorf("node = %+v", m)
	}
	if _, err := s.Get(context.Background(), "other", nil); !apierrors.IsNotFound(err) {
		t.Errorf("other node: %v", err)
	}
	list, err := s.List(context.Background(), nil)
	if err != nil || len(list.(*metrics.NodeMetricsList).Items) != 1 {
		t.Errorf("nodes = %v %v", list, err)
	}
}

func TestAbsentNodeHasNoFigures(t *testing.T) {
	source := NewSource(filepath.Join(t.TempDir(), "none"), time.Now)
	pods, err := (&podStorage{source: source}).List(namespace(""), nil)
	if err != nil || len(pods.(*metrics.PodMetricsList).Items) != 0 {
		t.Errorf("pods = %v %v", pods, err)
	}
	nodes, err := (&nodeStorage{source: source}).List(context.Background(), nil)
	if err != nil || len(nodes.(*metrics.NodeMetricsList).Items) != 0 {
		t.Errorf("nodes = %v %v", nodes, err)
	}
}

func TestBrokenNodeIsUnavailable(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		text   string
	}{
		"status":   {500, "no"},
		"document": {200, "{"},
	} {
		socket, _ := node(t, answer.status, answer.text)
		if _, err := (&podStorage{source: NewSource(socket, time.Now)}).List(namespace(""), nil); !apierrors.IsServiceUnavailable(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFiguresAreKeptForASecond(t *testing.T) {
	socket, asked := node(t, 200, document)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	source := NewSource(socket, func() time.Time { return now })
	for _, step := range []struct {
		forward time.Duration
		want    int32
	}{{0, 1}, {999 * time.Millisecond, 1}, {time.Millisecond, 2}, {-time.Hour, 3}} {
		now = now.Add(step.forward)
		if _, err := source.Figures(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := asked.Load(); got != step.want {
			t.Errorf("%v later: asked %d times, want %d", step.forward, got, step.want)
		}
	}
}

func TestTable(t *testing.T) {
	socket, _ := node(t, 200, document)
	s := &podStorage{source: NewSource(socket, time.Now)}
	list, err := s.List(namespace("prod"), nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err := s.ConvertToTable(t.Context(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range table.Rows {
		rows = append(rows, strings.TrimSpace(fmt.Sprintln(r.Cells...)))
	}
	if want := []string{"a 1m 0Mi 5s", "b 13m 1Mi 5s"}; !slices.Equal(rows, want) {
		t.Errorf("rows = %q, want %q", rows, want)
	}
}

func TestGroup(t *testing.T) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	g := Group(NewSource("none", time.Now), scheme, runtime.NewParameterCodec(scheme), serializer.NewCodecFactory(scheme))
	if len(g.PrioritizedVersions) != 1 || g.PrioritizedVersions[0] != v1beta1.SchemeGroupVersion {
		t.Errorf("versions = %v", g.PrioritizedVersions)
	}
	if got := g.VersionedResourcesStorageMap["v1beta1"]; len(got) != 2 || got["pods"] == nil || got["nodes"] == nil {
		t.Errorf("resources = %v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(document)
	f.Add(`{"window":"-5s"}`)
	f.Add(`{"pods":[{"namespace":"a","name":"b","containers":[{"name":"c","cpuNano":-1}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		figures, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if figures.Window < 0 || figures.Node.Name != "" && figures.Node.CPUNano < 0 {
			t.Errorf("accepted %+v", figures)
		}
		for _, p := range figures.Pods {
			for _, c := range podMetrics(figures, p).Containers {
				if c.Name == "" || c.Usage.Cpu().Sign() < 0 || c.Usage.Memory().Sign() < 0 {
					t.Errorf("accepted %+v", c)
				}
			}
		}
	})
}

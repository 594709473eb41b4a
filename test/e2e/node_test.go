package e2e_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	imagev1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"paddock.dev/internal/cluster/image"
	"paddock.dev/internal/cluster/network"
	"paddock.dev/internal/cluster/node"
	"paddock.dev/internal/cluster/node/kubelet"
	"paddock.dev/internal/cluster/pki"
	"paddock.dev/internal/cluster/runtime"
)

// nodeApp is what the pods of these tests run: a server that says what it was
// given and leaves politely.
const nodeApp = `package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	server := &http.Server{Addr: os.Getenv("HOST") + ":" + os.Getenv("PORT")}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		for _, e := range os.Environ() {
			fmt.Fprintln(w, e)
		}
	})
	http.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) { fmt.Println("crashing"); os.Exit(7) })
	polite, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	drained := make(chan struct{})
	context.AfterFunc(polite, func() {
		fmt.Println("draining")
		server.Shutdown(context.Background())
		close(drained)
	})
	fmt.Println("serving", os.Getenv("VERSION"))
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Println(err)
		os.Exit(1)
	}
	<-drained
}
`

// nodeWorld is a node agent on the shared control plane, and a namespace.
type nodeWorld struct {
	*testing.T
	client    *kubernetes.Clientset
	namespace string
	image     string
	mirror    string
	dir       string
	stop      func()
}

func newNodeWorld(t *testing.T) *nodeWorld {
	t.Helper()
	client, err := kubernetes.NewForConfig(restConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	w := &nodeWorld{T: t, client: client, dir: t.TempDir()}
	w.publish()
	space, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "node-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.namespace = space.Name
	w.start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		now := int64(0)
		_ = client.AppsV1().Deployments(w.namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
		_ = client.CoreV1().Pods(w.namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{})
		_ = client.CoreV1().Namespaces().Delete(ctx, w.namespace, metav1.DeleteOptions{})
		w.stop()
		// Nothing of another test may be scheduled to a node that is not there.
		_ = client.CoreV1().Nodes().Delete(ctx, pki.NodeName, metav1.DeleteOptions{})
	})
	return w
}

// publish builds the app and puts its image into a registry.
func (w *nodeWorld) publish() {
	w.Helper()
	source, binary := filepath.Join(w.dir, "main.go"), filepath.Join(w.dir, "app")
	w.must(os.WriteFile(source, []byte(nodeApp), 0o600))
	build := exec.Command("go", "build", "-trimpath", "-o", binary, source)
	build.Dir = w.dir
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		w.Fatalf("%v: %s", err, out)
	}
	app, err := os.ReadFile(binary)
	w.must(err)
	var archive bytes.Buffer
	files := tar.NewWriter(&archive)
	w.must(files.WriteHeader(&tar.Header{Name: "app", Typeflag: tar.TypeReg, Size: int64(len(app)), Mode: 0o755}))
	_, err = files.Write(app)
	w.must(err)
	w.must(files.Close())
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	w.must(err)
	img, err := mutate.AppendLayers(empty.Image, layer)
	w.must(err)
	img, err = mutate.Config(img, imagev1.Config{Entrypoint: []string{"/app"}})
	w.must(err)
	digest, err := img.Digest()
	w.must(err)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	w.Cleanup(server.Close)
	w.mirror = strings.TrimPrefix(server.URL, "http://")
	tag, err := name.NewTag(w.mirror+"/app:1", name.Insecure)
	w.must(err)
	w.must(remote.Write(tag, img))
	w.image = "registry.paddock.internal/app@" + digest.String()
}

// start starts the agent; stop ends it and waits.
func (w *nodeWorld) start() {
	w.Helper()
	keys, err := pki.Open(clusterPKI(w.T))
	w.must(err)
	address, err := url.Parse(restConfig(w.T).Host)
	w.must(err)
	config := keys.RESTConfig(pki.Node, address.Host)
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	w.must(err)
	logger := slog.New(slog.DiscardHandler)
	// The services of the shared control plane have another range.
	loopback, err := network.NewLoopback(network.LoopbackConfig{
		PodCIDR: netip.MustParsePrefix("10.244.0.0/16"), ServiceCIDR: netip.MustParsePrefix("10.250.0.0/16"),
		Path: filepath.Join(w.dir, "addresses.json"),
	})
	w.must(err)
	processes, err := runtime.NewProcess(runtime.ProcessConfig{Dir: filepath.Join(w.dir, "processes"), Logger: logger})
	w.must(err)
	images, err := image.New(image.Config{Dir: filepath.Join(w.dir, "images"), Mirrors: map[string]string{"registry.paddock.internal": w.mirror}, Logger: logger})
	w.must(err)
	certificate, err := keys.Certificate(pki.NodeServer)
	w.must(err)
	authority, err := keys.Authority()
	w.must(err)
	agent, err := node.New(node.Config{
		Name: pki.NodeName, Client: client, Runtime: processes, Network: loopback, Images: images, DataDir: w.dir,
		KubeletTLS: kubelet.TLS{Certificate: certificate, ClientCA: authority}, Logger: logger,
	})
	w.must(err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	done := make(chan error, 1)
	go func() { done <- agent.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("node agent: %v", err)
		}
	}
}

func (w *nodeWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// until asks until the answer is "".
func (w *nodeWorld) until(what string, ask func(ctx context.Context) string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 60*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		left := ask(ctx)
		if left == "" {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			w.Fatalf("still not %s: %s", what, left)
		}
	}
}

// spec is a pod of the app that is asked whether it is ready.
func (w *nodeWorld) spec(env ...corev1.EnvVar) corev1.PodSpec {
	port := intstr.FromString("http")
	return corev1.PodSpec{
		NodeSelector: map[string]string{corev1.LabelHostname: pki.NodeName},
		Containers: []corev1.Container{{
			Name: "app", Image: w.image,
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
			Env:   append([]corev1.EnvVar{{Name: "PORT", Value: "8080"}}, env...),
			ReadinessProbe: &corev1.Probe{
				ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: port}},
				PeriodSeconds: 1,
			},
		}},
	}
}

func (w *nodeWorld) run(name string, spec corev1.PodSpec) {
	w.Helper()
	_, err := w.client.CoreV1().Pods(w.namespace).Create(w.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	w.must(err)
}

// pod waits until a pod is as it should be.
func (w *nodeWorld) pod(name, what string, ok func(*corev1.Pod) bool) (found *corev1.Pod) {
	w.Helper()
	w.until(what, func(ctx context.Context) string {
		pod, err := w.client.CoreV1().Pods(w.namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if found = pod; ok(pod) {
			return ""
		}
		return fmt.Sprintf("%s %+v", pod.Status.Phase, pod.Status.ContainerStatuses)
	})
	return found
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// ask sends a request to a pod where it is bound on this host.
func (w *nodeWorld) ask(pod *corev1.Pod, path string) string {
	w.Helper()
	host := onHost(netip.MustParseAddr(pod.Status.PodIP))
	resp, err := http.Get("http://" + host.String() + ":8080" + path)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return string(body)
}

func (w *nodeWorld) log(pod string, options *corev1.PodLogOptions) string {
	w.Helper()
	text, err := w.client.CoreV1().Pods(w.namespace).GetLogs(pod, options).DoRaw(w.Context())
	w.must(err)
	return string(text)
}

func TestNodeRollsOut(t *testing.T) {
	w := newNodeWorld(t)
	labels := map[string]string{"app": "web"}
	replicas := int32(2)
	deployments := w.client.AppsV1().Deployments(w.namespace)
	_, err := deployments.Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: w.spec(corev1.EnvVar{Name: "VERSION", Value: "one"})},
		},
	}, metav1.CreateOptions{})
	w.must(err)
	available := func(version string) {
		t.Helper()
		w.until("available with version "+version, func(ctx context.Context) string {
			d, err := deployments.Get(ctx, "web", metav1.GetOptions{})
			if err != nil {
				return err.Error()
			}
			if d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedReplicas == replicas && d.Status.AvailableReplicas == replicas && d.Status.Replicas == replicas {
				return ""
			}
			return fmt.Sprintf("%+v", d.Status)
		})
	}
	available("one")
	patch := []byte(`{"spec":{"template":{"spec":{"containers":[{"name":"app","env":[{"name":"VERSION","value":"two"}]}]}}}}`)
	_, err = deployments.Patch(t.Context(), "web", types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	w.must(err)
	available("two")
	w.until("only the new pods", func(ctx context.Context) string {
		pods, err := w.client.CoreV1().Pods(w.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=web"})
		if err != nil {
			return err.Error()
		}
		for _, pod := range pods.Items {
			if answer := w.ask(&pod, "/"); !strings.Contains(answer, "VERSION=two\n") {
				return pod.Name + ": " + answer
			}
		}
		return ""
	})
}

func TestNodeRestartsWhatCrashes(t *testing.T) {
	w := newNodeWorld(t)
	w.run("fragile", w.spec(corev1.EnvVar{Name: "VERSION", Value: "v"}))
	pod := w.pod("fragile", "ready", isReady)
	address := pod.Status.PodIP
	w.ask(pod, "/crash")
	pod = w.pod("fragile", "restarted", func(p *corev1.Pod) bool {
		return isReady(p) && p.Status.ContainerStatuses[0].RestartCount == 1
	})
	if last := pod.Status.ContainerStatuses[0].LastTerminationState.Terminated; last == nil || last.ExitCode != 7 {
		t.Errorf("last state %+v", last)
	}
	if got := w.log("fragile", &corev1.PodLogOptions{Previous: true}); got != "serving v\ncrashing\n" {
		t.Errorf("previous log %q", got)
	}
	if got := w.log("fragile", &corev1.PodLogOptions{}); got != "serving v\n" {
		t.Errorf("log %q", got)
	}

	// The agent stops and comes back: same address, one more start.
	w.stop()
	w.start()
	pod = w.pod("fragile", "running again", func(p *corev1.Pod) bool {
		return isReady(p) && p.Status.ContainerStatuses[0].RestartCount == 2
	})
	if pod.Status.PodIP != address || len(pod.Status.PodIPs) != 1 {
		t.Errorf("address was %s, is %v", address, pod.Status.PodIPs)
	}
}

func TestNodeDeletesGracefully(t *testing.T) {
	w := newNodeWorld(t)
	spec := w.spec()
	spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 1}}}
	w.run("polite", spec)
	pod := w.pod("polite", "ready", isReady)
	followed := make(chan string, 1)
	stream, err := w.client.CoreV1().Pods(w.namespace).GetLogs("polite", &corev1.PodLogOptions{Follow: true}).Stream(t.Context())
	w.must(err)
	go func() {
		defer stream.Close()
		text, _ := io.ReadAll(stream)
		followed <- string(text)
	}()
	w.must(w.client.CoreV1().Pods(w.namespace).Delete(t.Context(), "polite", metav1.DeleteOptions{}))
	// Out of the endpoints first, while it still answers.
	w.pod("polite", "not ready", func(p *corev1.Pod) bool { return !isReady(p) })
	if answer := w.ask(pod, "/"); !strings.Contains(answer, "PORT=8080") {
		t.Errorf("told to stop before its hook was done: %s", answer)
	}
	w.until("gone", func(ctx context.Context) string {
		_, err := w.client.CoreV1().Pods(w.namespace).Get(ctx, "polite", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return ""
		}
		return fmt.Sprint("still there, ", err)
	})
	select {
	case text := <-followed:
		if !strings.HasSuffix(text, "draining\n") {
			t.Errorf("log %q", text)
		}
	case <-time.After(30 * time.Second):
		t.Error("following does not end with the pod")
	}
}

func TestNodeGivesTheEnvironment(t *testing.T) {
	w := newNodeWorld(t)
	core := w.client.CoreV1()
	_, err := core.ConfigMaps(w.namespace).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"CURRENCY": "INR"}}, metav1.CreateOptions{})
	w.must(err)
	_, err = core.Secrets(w.namespace).Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "keys"}, StringData: map[string]string{"API": "hidden"}}, metav1.CreateOptions{})
	w.must(err)
	settings, keys := corev1.LocalObjectReference{Name: "settings"}, corev1.LocalObjectReference{Name: "keys"}
	spec := w.spec(
		corev1.EnvVar{Name: "API_KEY", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: keys, Key: "API"}}},
		corev1.EnvVar{Name: "ADDRESS", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}},
		corev1.EnvVar{Name: "PRICING_URL", Value: "http://$(PRICING_SERVICE_HOST):$(PRICING_SERVICE_PORT)"},
	)
	spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: settings}}}
	w.run("reader", spec)

	w.pod("reader", "waiting for the service", func(p *corev1.Pod) bool {
		statuses := p.Status.ContainerStatuses
		return len(statuses) > 0 && statuses[0].State.Waiting != nil && strings.Contains(statuses[0].State.Waiting.Message, "PRICING_SERVICE_HOST")
	})
	service, err := core.Services(w.namespace).Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "pricing"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 8080}}},
	}, metav1.CreateOptions{})
	w.must(err)
	pod := w.pod("reader", "ready", isReady)
	answer := w.ask(pod, "/")
	host := onHost(netip.MustParseAddr(pod.Status.PodIP)).String()
	vip := onHost(netip.MustParseAddr(service.Spec.ClusterIP)).String()
	for _, want := range []string{"CURRENCY=INR", "API_KEY=hidden", "ADDRESS=" + pod.Status.PodIP, "HOST=" + host, "POD_IP=" + host, "PRICING_URL=http://" + vip + ":8080"} {
		if !strings.Contains(answer, want+"\n") {
			t.Errorf("no %s in\n%s", want, answer)
		}
	}
}

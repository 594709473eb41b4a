package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"paddock.dev/internal/cluster/image"
	"paddock.dev/internal/cluster/node"
	"paddock.dev/internal/cluster/node/kubelet"
	"paddock.dev/internal/cluster/pki"
	"paddock.dev/internal/cluster/runtime"
)

// startNode registers this machine as the cluster's node. It acts as the node
// and not as the administrator: the API server lets it touch its own pods only.
func (r *run) startNode(ctx context.Context) error {
	if err := r.keepAddresses(ctx); err != nil {
		return err
	}
	config := r.keys.RESTConfig(pki.Node, r.apiServer())
	config.QPS = -1
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	certificate, err := r.keys.Certificate(pki.NodeServer)
	if err != nil {
		return err
	}
	authority, err := r.keys.Authority()
	if err != nil {
		return err
	}
	images, err := image.New(image.Config{
		Dir:     filepath.Join(r.layout.Node(), "images"),
		Mirrors: map[string]string{RegistryName: r.consoleAt.Addr().String()},
		Logger:  r.logger.With("part", "images"),
	})
	if err != nil {
		return err
	}
	processes, err := runtime.NewProcess(runtime.ProcessConfig{
		Dir: filepath.Join(r.layout.Node(), "processes"), Logger: r.logger.With("part", "runtime"),
	})
	if err != nil {
		return err
	}
	agent, err := node.New(node.Config{
		Name: pki.NodeName, Client: clientset, Runtime: processes, Network: r.network, Images: images,
		DataDir:    r.layout.Node(),
		KubeletTLS: kubelet.TLS{Certificate: certificate, ClientCA: authority},
		// The socket is where the engine looks for the figures of metrics.k8s.io.
		FiguresSocket: r.figuresSocket(),
		APIServer:     r.apiServer(),
		Capacity:      promised(),
		Logger:        r.logger.With("part", "node"),
	})
	if err != nil {
		return err
	}
	r.stack.start("node", agent.Run)
	return nil
}

// keepAddresses takes back the addresses of pods that went away while nobody
// looked.
func (r *run) keepAddresses(ctx context.Context) error {
	var pods corev1.PodList
	if err := r.client.List(ctx, &pods); err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	live := make(map[types.UID]bool, len(pods.Items))
	for _, p := range pods.Items {
		live[p.UID] = true
	}
	return r.network.Keep(live)
}

// apiServer is host:port of the API server.
func (r *run) apiServer() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(r.plan.APIServer)))
}

// promised is the capacity of the node. Requests say what a pod needs on a
// machine of its own, and nothing enforces them at level process; with the
// machine's two cores most pods of four environments would stay pending.
func promised() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("64"),
		corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods:   resource.MustParse("500"),
	}
}

// serviceHandler is how the network serves HTTP on a Service's own address.
func (r *run) serviceHandler(service types.NamespacedName) (http.Handler, bool) {
	return r.gateway.ServiceHandler(service.Namespace, service.Name)
}

// cacheOptions keep what nobody reads out of memory.
func cacheOptions() cache.Options {
	return cache.Options{DefaultTransform: cache.TransformStripManagedFields()}
}

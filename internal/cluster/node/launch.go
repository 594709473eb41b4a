package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"paddock.dev/internal/cluster/image"
	"paddock.dev/internal/cluster/node/environ"
	"paddock.dev/internal/cluster/node/volume"
	"paddock.dev/internal/cluster/runtime"
	"paddock.dev/internal/cluster/runtime/crilog"
)

// launched is how an attempt to start a container went.
type launched struct {
	c      runtime.Container
	began  time.Time
	image  image.Image
	pulled string // message of the event; "" when the image was here

	configErr, pullErr, startErr error
}

// launch starts the next run of a container beside the loop.
func (w *worker) launch(c *container) {
	c.launching = true
	attempt := 0
	if c.ran {
		attempt = c.attempt + 1
	}
	pod := w.podWithAddress()
	if c.waiting.Reason == "" || c.waiting.Reason == reasonCrash {
		c.waiting = corev1.ContainerStateWaiting{Reason: reasonCreating}
	}
	if c.digest == "" {
		if _, ok := w.a.cfg.Images.Present(c.spec.Image); !ok {
			w.eventOf(c, corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", c.spec.Image))
		}
	}
	w.later(func() func() {
		result := w.attempt(w.launching, pod, c.spec, attempt)
		return func() { w.started(c, attempt, result) }
	})
}

// podWithAddress is the pod as its fields are read: the address is known here
// before the API has it.
func (w *worker) podWithAddress() *corev1.Pod {
	pod := w.pod.DeepCopy()
	pod.Status.PodIP, pod.Status.HostIP = w.address.API.String(), hostIP
	return pod
}

// attempt pulls, computes and starts. It does not touch the worker's state.
func (w *worker) attempt(ctx context.Context, pod *corev1.Pod, spec *corev1.Container, attempt int) (l launched) {
	began := time.Now()
	_, here := w.a.cfg.Images.Present(spec.Image)
	if !here && spec.ImagePullPolicy == corev1.PullNever {
		l.pullErr = fmt.Errorf("image %s is not present, and its pull policy is Never", spec.Image)
		return l
	}
	if l.image, l.pullErr = w.a.cfg.Images.Pull(ctx, spec.Image); l.pullErr != nil {
		return l
	}
	if here {
		l.pulled = fmt.Sprintf("Container image %q already present on machine", spec.Image)
	} else {
		l.pulled = fmt.Sprintf("Successfully pulled image %q in %s. Image size: %d bytes.", spec.Image, time.Since(began).Round(time.Millisecond), l.image.Size)
	}
	env, err := environ.Make(pod, spec, w.envSources(ctx, pod, spec))
	if err != nil {
		l.configErr = err
		return l
	}
	log := w.logFile(spec.Name, attempt)
	if attempt >= 2 {
		_ = crilog.Remove(w.logFile(spec.Name, attempt-2)) // kubectl asks for one before the last
	}
	dir := spec.WorkingDir
	if dir == "" {
		dir = l.image.WorkingDir
	}
	l.c, l.startErr = w.a.cfg.Runtime.Start(ctx, runtime.Spec{
		ID:      fmt.Sprintf("%s_%s_%d", w.uid, spec.Name, attempt),
		Rootfs:  l.image.Rootfs,
		Command: command(env, l.image),
		Env:     w.environment(env.Env, l.image.Env),
		Dir:     dir,
		Log:     log,
		Limits: runtime.Limits{
			CPUMilli:    spec.Resources.Limits.Cpu().MilliValue(),
			MemoryBytes: spec.Resources.Limits.Memory().Value(),
		},
	})
	l.began = time.Now()
	return l
}

func (w *worker) logFile(name string, attempt int) string {
	return filepath.Join(w.a.logDir(w.ref()), name, strconv.Itoa(attempt)+".log")
}

// command follows Kubernetes: a command replaces the entry point and silences
// the image's arguments.
func command(r environ.Result, img image.Image) []string {
	switch {
	case len(r.Command) > 0:
		return slices.Concat(r.Command, r.Args)
	case len(r.Args) > 0:
		return slices.Concat(img.Entrypoint, r.Args)
	}
	return slices.Concat(img.Entrypoint, img.Cmd)
}

// environment puts the variables of the pod over those of the image, and these
// over a few that every process expects.
func (w *worker) environment(pod, img []string) []string {
	tmp := filepath.Join(w.a.podDir(w.uid), "tmp")
	vars := map[string]string{
		"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME": tmp, "TMPDIR": tmp, "HOSTNAME": w.name,
	}
	for _, list := range [][]string{img, pod} {
		for _, e := range list {
			if name, value, ok := strings.Cut(e, "="); ok {
				vars[name] = value
			}
		}
	}
	all := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		all = append(all, name+"="+vars[name])
	}
	return all
}

func (w *worker) envSources(ctx context.Context, pod *corev1.Pod, spec *corev1.Container) environ.Sources {
	bind := w.address.Bind.String()
	agent := map[string]string{"HOST": bind, "POD_IP": bind}
	if host, port, err := net.SplitHostPort(w.a.cfg.APIServer); err == nil {
		agent["KUBERNETES_SERVICE_HOST"], agent["KUBERNETES_SERVICE_PORT"] = host, port
	}
	for _, m := range spec.VolumeMounts {
		agent[volume.EnvName(m.Name)] = filepath.Join(w.volumes.Path(m.Name), m.SubPath)
	}
	services, _ := w.a.services.Services(pod.Namespace).List(labels.Everything()) // from the cache, cannot fail
	if w.a.cfg.APIServer != "" {
		services = slices.DeleteFunc(services, func(s *corev1.Service) bool { return s.Namespace == "default" && s.Name == "kubernetes" })
	}
	volumes := w.volumeSources()
	return environ.Sources{
		Agent:     agent,
		Services:  services,
		Local:     w.a.cfg.Network.Local,
		ConfigMap: func(name string) (*corev1.ConfigMap, error) { return volumes.ConfigMap(ctx, name) },
		Secret:    func(name string) (*corev1.Secret, error) { return volumes.Secret(ctx, name) },
		Field:     func(path string) (string, error) { return environ.Field(pod, path) },
		Resource: func(r *corev1.ResourceFieldSelector) (string, error) {
			return environ.Resource(pod, spec, w.a.capacity, r)
		},
	}
}

// started takes in how a launch went.
func (w *worker) started(c *container, attempt int, l launched) {
	c.launching, c.awaitsService = false, false
	if l.image.Digest != "" {
		c.digest, c.imageID = l.image.Digest, l.image.Digest
	}
	var (
		missing *environ.Missing
		now     = time.Now()
	)
	switch {
	case w.launching.Err() != nil && l.c == nil:
		return
	case l.pullErr != nil:
		c.troubles.after(0)
		c.retryAt = now.Add(c.troubles.next)
		reason := reasonPull
		if c.waiting.Reason == reasonPull || c.waiting.Reason == reasonPullLater {
			reason = reasonPullLater
		}
		c.waiting = corev1.ContainerStateWaiting{Reason: reason, Message: l.pullErr.Error()}
		w.eventOf(c, corev1.EventTypeWarning, "Failed", "Failed to pull image: "+l.pullErr.Error())
		return
	case l.configErr != nil:
		c.troubles.after(0)
		c.retryAt = now.Add(min(c.troubles.next, 10*time.Second))
		c.awaitsService = errors.As(l.configErr, &missing)
		if c.waiting.Reason != reasonConfig || c.waiting.Message != l.configErr.Error() {
			w.eventOf(c, corev1.EventTypeWarning, "Failed", "Error: "+l.configErr.Error())
		}
		c.waiting = corev1.ContainerStateWaiting{Reason: reasonConfig, Message: l.configErr.Error()}
		return
	}
	if l.pulled != "" {
		w.eventOf(c, corev1.EventTypeNormal, "Pulled", l.pulled)
	}
	if c.ran {
		c.restarts++
	}
	c.ran, c.attempt, c.troubles = true, attempt, backoff{}
	c.waiting = corev1.ContainerStateWaiting{Reason: reasonCreating}
	if l.startErr != nil {
		w.eventOf(c, corev1.EventTypeWarning, "Failed", "Error: "+l.startErr.Error())
		at := metav1.NewTime(now).Rfc3339Copy()
		w.over(c, 0, &corev1.ContainerStateTerminated{ExitCode: 128, Reason: "StartError", Message: l.startErr.Error(), StartedAt: at, FinishedAt: at})
		return
	}
	w.eventOf(c, corev1.EventTypeNormal, "Created", "Created container "+c.spec.Name)
	w.eventOf(c, corev1.EventTypeNormal, "Started", "Started container "+c.spec.Name)
	w.begin(c, l)
}

func (w *worker) volumeSources() volume.Sources {
	core := w.a.cfg.Client.CoreV1()
	return volume.Sources{
		ConfigMap: func(ctx context.Context, name string) (*corev1.ConfigMap, error) {
			return whenRelated(ctx, func() (*corev1.ConfigMap, error) {
				return core.ConfigMaps(w.namespace).Get(ctx, name, metav1.GetOptions{})
			})
		},
		Secret: func(ctx context.Context, name string) (*corev1.Secret, error) {
			return whenRelated(ctx, func() (*corev1.Secret, error) {
				return core.Secrets(w.namespace).Get(ctx, name, metav1.GetOptions{})
			})
		},
		Token: w.token,
		Field: func(path string) (string, error) { return environ.Field(w.podWithAddress(), path) },
		Resource: func(r *corev1.ResourceFieldSelector) (string, error) {
			return environ.Resource(w.pod, nil, w.a.capacity, r)
		},
	}
}

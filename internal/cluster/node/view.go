package node

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"paddock.dev/internal/cluster/node/kubelet"
	"paddock.dev/internal/cluster/runtime"
)

// view is a pod as others may look at it: it does not change.
type view struct {
	pod        *corev1.Pod
	containers []containerView
}

type containerView struct {
	name    string
	run     runtime.Container // nil when it does not run
	attempt int
	ran     bool
	waiting string
	digest  string
	log     func(attempt int) string
}

// show publishes a view.
func (w *worker) show() {
	v := &view{pod: w.pod}
	for _, c := range w.containers {
		cv := containerView{
			name: c.spec.Name, attempt: c.attempt, ran: c.ran, waiting: c.waiting.Reason, digest: c.digest,
			log: func(attempt int) string { return w.logFile(c.spec.Name, attempt) },
		}
		if c.run != nil {
			cv.run = c.run.c
		}
		v.containers = append(v.containers, cv)
	}
	w.view.Store(v)
}

// Pods are the pods of this node, in the order of their names.
func (a *Agent) Pods() []corev1.Pod {
	var all []corev1.Pod
	for _, v := range a.views() {
		all = append(all, *v.pod)
	}
	slices.SortFunc(all, func(x, y corev1.Pod) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	return all
}

// Log finds the log of a container. The error is for the user of kubectl.
func (a *Agent) Log(namespace, pod, name string, previous bool) (kubelet.Log, error) {
	for _, v := range a.views() {
		if v.pod.Namespace != namespace || v.pod.Name != pod {
			continue
		}
		for _, c := range v.containers {
			if c.name == name {
				return c.find(pod, previous)
			}
		}
		return kubelet.Log{}, &kubelet.ErrNotFound{Text: fmt.Sprintf("container %q is not in pod %q", name, pod)}
	}
	return kubelet.Log{}, &kubelet.ErrNotFound{Text: fmt.Sprintf("pod %q is not on this node", pod)}
}

func (c containerView) find(pod string, previous bool) (kubelet.Log, error) {
	attempt := c.attempt
	if previous {
		attempt--
	}
	if !c.ran && !previous {
		return kubelet.Log{}, fmt.Errorf("container %q in pod %q is waiting to start: %s", c.name, pod, c.waiting)
	}
	log := kubelet.Log{Path: c.log(attempt)}
	if _, err := os.Stat(log.Path); attempt < 0 || err != nil {
		if previous {
			return kubelet.Log{}, fmt.Errorf("previous terminated container %q in pod %q not found", c.name, pod)
		}
		return kubelet.Log{}, fmt.Errorf("container %q in pod %q has no log: it was not started", c.name, pod)
	}
	if !previous && c.run != nil {
		log.Open = c.run.Log()
	}
	return log, nil
}

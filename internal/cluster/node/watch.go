package node

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"paddock.dev/internal/cluster/network"
)

// watch follows services and the pods of this node, and hands each pod to its
// worker.
func (a *Agent) watch(ctx context.Context) error {
	shared := informers.NewSharedInformerFactory(a.cfg.Client, 0)
	services := shared.Core().V1().Services()
	a.services = services.Lister()
	_, err := services.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { a.serviceChanged(o) },
		UpdateFunc: func(_, o any) { a.serviceChanged(o) },
	})
	if err != nil {
		return err
	}
	mine := informers.NewSharedInformerFactoryWithOptions(a.cfg.Client, 0, informers.WithTweakListOptions(func(o *metav1.ListOptions) {
		o.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", a.cfg.Name).String()
	}))
	pods := mine.Core().V1().Pods().Informer()
	if _, err := pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { a.podSeen(ctx, o) },
		UpdateFunc: func(_, o any) { a.podSeen(ctx, o) },
		DeleteFunc: a.podGone,
	}); err != nil {
		return err
	}
	defer shared.Shutdown()
	defer mine.Shutdown()
	// Services first: the variables of a pod depend on them.
	shared.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), services.Informer().HasSynced) {
		return nil
	}
	mine.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced) {
		return nil
	}
	here := map[types.UID]bool{}
	for _, o := range pods.GetStore().List() {
		if pod, ok := o.(*corev1.Pod); ok {
			here[pod.UID] = true
		}
	}
	a.forget(ctx, here)
	<-ctx.Done()
	return nil
}

func (a *Agent) serviceChanged(o any) {
	svc, ok := o.(*corev1.Service)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.workers {
		if w.namespace == svc.Namespace {
			w.serviceChanged()
		}
	}
}

func (a *Agent) podSeen(ctx context.Context, o any) {
	pod, ok := o.(*corev1.Pod)
	if !ok || pod.Spec.NodeName != a.cfg.Name {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.workers[pod.UID]
	if w == nil {
		if a.closing || ctx.Err() != nil {
			return
		}
		w = newWorker(a, pod)
		a.workers[pod.UID] = w
		a.running.Go(func() {
			w.run(ctx)
			a.mu.Lock()
			delete(a.workers, pod.UID)
			a.mu.Unlock()
		})
	}
	w.see(pod)
}

func (a *Agent) podGone(o any) {
	if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = unknown.Obj
	}
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.workers[pod.UID]; w != nil {
		w.leave()
	}
}

// identityFile says whose directory it is in, so that a pod which was deleted
// while we were away can be cleaned up after.
const identityFile = "pod.json"

func (a *Agent) podDir(uid types.UID) string { return filepath.Join(a.podsDir(), string(uid)) }

func (a *Agent) logDir(ref network.PodRef) string {
	return filepath.Join(a.logsDir(), ref.Namespace+"_"+ref.Name+"_"+string(ref.UID))
}

func (a *Agent) writeIdentity(ref network.PodRef) error {
	dir := a.podDir(ref.UID)
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		return err
	}
	data, err := json.Marshal(ref)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, identityFile), data, 0o600)
}

// forget cleans up after pods that are not in the cluster any more.
func (a *Agent) forget(ctx context.Context, here map[types.UID]bool) {
	entries, err := os.ReadDir(a.podsDir())
	if err != nil {
		a.logger.Warn("directories of pods", "error", err)
		return
	}
	for _, e := range entries {
		uid := types.UID(e.Name())
		a.mu.Lock()
		known := here[uid] || a.workers[uid] != nil
		a.mu.Unlock()
		if known {
			continue
		}
		var ref network.PodRef
		data, err := os.ReadFile(filepath.Join(a.podDir(uid), identityFile))
		if err == nil {
			err = json.Unmarshal(data, &ref)
		}
		if err != nil || ref.UID != uid {
			ref = network.PodRef{UID: uid}
		}
		if err := a.remove(ctx, ref); err != nil {
			a.logger.Warn("what a deleted pod left", "pod", ref.Name, "namespace", ref.Namespace, "error", err)
		}
	}
}

// remove gives back all that a pod has on this host.
func (a *Agent) remove(ctx context.Context, ref network.PodRef) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := a.cfg.Network.Detach(bounded, ref)
	err = errors.Join(err, os.RemoveAll(a.podDir(ref.UID)))
	if ref.Name != "" {
		err = errors.Join(err, os.RemoveAll(a.logDir(ref)))
	}
	return err
}

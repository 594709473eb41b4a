package node

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
)

func eventScheme() *runtime.Scheme { return clientscheme.Scheme }

// eventSink writes events with a bound on each, so that shutting down does not
// wait for an API server that is gone.
type eventSink struct{ client kubernetes.Interface }

func (s *eventSink) bound() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 5*time.Second)
}

func (s *eventSink) Create(e *corev1.Event) (*corev1.Event, error) {
	ctx, cancel := s.bound()
	defer cancel()
	return s.client.CoreV1().Events(e.Namespace).CreateWithEventNamespaceWithContext(ctx, e)
}

func (s *eventSink) Update(e *corev1.Event) (*corev1.Event, error) {
	ctx, cancel := s.bound()
	defer cancel()
	return s.client.CoreV1().Events(e.Namespace).Update(ctx, e, metav1.UpdateOptions{})
}

func (s *eventSink) Patch(e *corev1.Event, data []byte) (*corev1.Event, error) {
	ctx, cancel := s.bound()
	defer cancel()
	return s.client.CoreV1().Events(e.Namespace).PatchWithEventNamespaceWithContext(ctx, e, data)
}

// event reports about a pod.
func (w *worker) event(kind, reason, message string) {
	w.a.recorder.Event(w.reference(""), kind, reason, message)
}

// eventOf reports about a container of a pod.
func (w *worker) eventOf(c *container, kind, reason, message string) {
	list := "containers"
	if c.kind != 0 {
		list = "initContainers"
	}
	w.a.recorder.Event(w.reference("spec."+list+"{"+c.spec.Name+"}"), kind, reason, message)
}

func (w *worker) reference(field string) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		Kind: "Pod", APIVersion: "v1", Namespace: w.namespace, Name: w.name, UID: w.uid,
		ResourceVersion: w.pod.ResourceVersion, FieldPath: field,
	}
}

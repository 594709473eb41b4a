package node

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"paddock.dev/internal/cluster/node/podstatus"
	"paddock.dev/internal/cluster/runtime/crilog"
)

const callTimeout = 10 * time.Second

// status is the pod as it is now.
func (w *worker) status(ended bool) corev1.PodStatus {
	o := podstatus.Observed{
		HostIP: hostIP, Prepared: w.prepared, Start: w.start, Ended: ended && w.idle(),
		Deleting: w.pod.DeletionTimestamp != nil, FailReason: w.failReason, FailMessage: w.failText,
	}
	if w.address.API.IsValid() {
		o.PodIP = w.address.API.String()
	} else {
		o.PodIP = w.pod.Status.PodIP
	}
	for _, c := range w.containers {
		o.Containers = append(o.Containers, podstatus.Container{Kind: c.kind, Status: c.status(!w.inits)})
	}
	return podstatus.Compute(w.pod, o, metav1.NewTime(time.Now()).Rfc3339Copy())
}

// report writes the status when it differs. A positive answer is when to try
// again.
func (w *worker) report(ctx context.Context, ended bool) time.Duration {
	status := w.status(ended)
	if equality.Semantic.DeepEqual(w.pod.Status, status) {
		return 0
	}
	if w.sent != nil && equality.Semantic.DeepEqual(*w.sent, status) {
		return 0 // the server has its own view of a field
	}
	patch, err := statusPatch(w.pod, status)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		var pod *corev1.Pod
		pod, err = w.a.cfg.Client.CoreV1().Pods(w.namespace).Patch(ctx, w.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
		if err == nil {
			w.sent = &status
			w.pod = pod
			return 0
		}
	}
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return 0 // gone, or another incarnation; the watch will tell
	}
	if ctx.Err() == nil {
		w.logger.Warn("status not written", "error", err)
	}
	return time.Second
}

// statusPatch is the difference between two statuses, as the kubelet makes it:
// an address that is replaced is deleted by name, so that lists which merge by
// address do not grow. The UID makes sure that it is this pod.
func statusPatch(pod *corev1.Pod, status corev1.PodStatus) ([]byte, error) {
	before, err := json.Marshal(corev1.Pod{Status: pod.Status})
	if err != nil {
		return nil, err
	}
	after, err := json.Marshal(corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: pod.UID}, Status: status})
	if err != nil {
		return nil, err
	}
	return strategicpatch.CreateTwoWayMergePatch(before, after, corev1.Pod{})
}

// end tells the API that nothing is left of a deleted pod. A positive answer is
// when to try again.
func (w *worker) end(ctx context.Context) time.Duration {
	if w.removed {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	now := int64(0)
	err := w.a.cfg.Client.CoreV1().Pods(w.namespace).Delete(ctx, w.name, metav1.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &w.uid},
	})
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		w.removed = true
		return 0
	}
	w.logger.Warn("deleted pod not released", "error", err)
	return time.Second
}

// lastWords is the end of a log, for the message of a container that failed.
func lastWords(path string) string {
	const lines, size = 80, 2048
	var b bytes.Buffer
	if err := crilog.Read(context.Background(), &b, path, crilog.Options{Tail: lines}, nil); err != nil {
		return ""
	}
	text := b.Bytes()
	if len(text) > size {
		text = text[len(text)-size:]
	}
	return string(bytes.ToValidUTF8(text, nil))
}

package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func ref(group, kind, namespace, name string) Ref {
	return Ref{schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind}, types.NamespacedName{Namespace: namespace, Name: name}}
}

func TestInventoryText(t *testing.T) {
	refs := []Ref{ref("apps", "Deployment", "prod", "booking-1-0-0"), ref("", "Namespace", "", "prod"), ref("apps", "Deployment", "prod", "booking-1-0-0")}
	text := formatRefs(refs)
	if want := "|v1|Namespace||prod\napps|v1|Deployment|prod|booking-1-0-0\n"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	if again := formatRefs(parseRefs(text)); again != text {
		t.Errorf("read back: %q", again)
	}
	if got := parseRefs("nonsense\n|v1|ConfigMap|a|\n||ConfigMap|a|b\n"); len(got) != 0 {
		t.Errorf("nonsense was read as %v", got)
	}
	newer := refs[0]
	newer.Version = "v2"
	if got := without(refs, []Ref{newer}); len(got) != 1 || got[0].Kind != "Namespace" {
		t.Errorf("another version of the same object is another object: %v", got)
	}
	if got := refs[0].String(); got != "Deployment.apps prod/booking-1-0-0" {
		t.Error(got)
	}
}

func FuzzParseRefs(f *testing.F) {
	f.Add("apps|v1|Deployment|prod|booking\n")
	f.Add("|v1|Namespace||prod")
	f.Fuzz(func(t *testing.T, text string) {
		refs := parseRefs(text)
		if again := parseRefs(formatRefs(refs)); !slices.Equal(again, refs) {
			t.Errorf("%q is read as %v, then as %v", text, refs, again)
		}
	})
}

func TestOrder(t *testing.T) {
	var objs []client.Object
	for _, kind := range []string{"HTTPRoute", "Deployment", "HorizontalPodAutoscaler", "Service", "ConfigMap", "ServiceAccount", "CustomResourceDefinition", "Namespace"} {
		u := &unstructured.Unstructured{}
		u.SetKind(kind)
		objs = append(objs, u)
	}
	var kinds []string
	for _, o := range inOrder(objs) {
		kinds = append(kinds, o.GetObjectKind().GroupVersionKind().Kind)
	}
	if got := strings.Join(kinds, " "); got != "Namespace CustomResourceDefinition ServiceAccount ConfigMap Service Deployment HorizontalPodAutoscaler HTTPRoute" {
		t.Error(got)
	}
	if objs[0].GetObjectKind().GroupVersionKind().Kind != "HTTPRoute" {
		t.Error("the caller's list was sorted")
	}
}

func deploymentWith(replicas int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: "booking", Generation: 2},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{
				Name: "booking", Image: "i", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": *resource.NewMilliQuantity(1000, resource.DecimalSI)}},
			}}}},
		},
	}
}

// The server adds defaults and a status, and writes quantities its own way.
func TestContains(t *testing.T) {
	want, err := document(deploymentWith(2))
	if err != nil {
		t.Fatal(err)
	}
	if _, has := want.Object["status"]; has {
		t.Error("the status is sent")
	}
	digest := stamp(want)
	served := deploymentWith(2)
	served.Annotations = map[string]string{AnnotationApplied: digest, "deployment.kubernetes.io/revision": "1"}
	served.Spec.Template.Spec.DNSPolicy = corev1.DNSClusterFirst
	served.Spec.Template.Spec.Containers[0].ImagePullPolicy = corev1.PullIfNotPresent
	served.Spec.Template.Spec.Containers[0].Resources.Requests["cpu"] = resource.MustParse("1")
	served.Status.Replicas = 2
	same := func() bool {
		live, err := untyped(served)
		if err != nil {
			t.Fatal(err)
		}
		return contains(live.Object, want.Object)
	}
	if !same() {
		t.Error("defaults of the server count as a difference")
	}
	served.Spec.Template.Spec.Containers[0].Image = "other"
	if same() {
		t.Error("another image is no difference")
	}
	served.Spec.Template.Spec.Containers[0].Image = "i"
	served.Spec.Template.Spec.Containers = append(served.Spec.Template.Spec.Containers, corev1.Container{Name: "sidecar"})
	if same() {
		t.Error("another container is no difference")
	}
}

func TestReplicasBelongToTheAutoscaler(t *testing.T) {
	d := deploymentWith(2)
	h := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "prod", Name: "booking"},
		Spec:       autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "booking"}},
	}
	if !autoscaled([]client.Object{d, h})[client.ObjectKeyFromObject(d)] || autoscaled([]client.Object{d})[client.ObjectKeyFromObject(d)] {
		t.Error("which Deployments are scaled")
	}
	want, _ := document(d)
	live, _ := untyped(deploymentWith(7))
	handOverReplicas(want, live)
	if n, _, _ := unstructured.NestedInt64(want.Object, "spec", "replicas"); n != 7 {
		t.Errorf("asks for %d replicas, 7 run", n)
	}
}

func TestDeployment(t *testing.T) {
	d := deploymentWith(2)
	if ready, state := DeploymentReady(d); ready || state != "0 of 2 pods are ready" {
		t.Error(ready, state)
	}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: 1, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2}
	if ready, _ := DeploymentReady(d); ready {
		t.Error("the status is about an earlier generation")
	}
	d.Status.ObservedGeneration = 2
	if ready, state := DeploymentReady(d); !ready || state != "2 of 2 pods are ready" {
		t.Error(ready, state)
	}
	d.Status.AvailableReplicas = 1
	d.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded"}}
	if got := DeploymentStalled(d); got != "1 of 2 pods are ready at the end of the progress deadline" {
		t.Error(got)
	}
}

func TestPodFailure(t *testing.T) {
	waiting := func(reason, message string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
	tests := map[string]struct {
		status corev1.ContainerStatus
		want   string
	}{
		"starting":    {corev1.ContainerStatus{State: waiting("ContainerCreating", "")}, ""},
		"first try":   {corev1.ContainerStatus{State: waiting("ErrImagePull", "timeout")}, ""},
		"no image":    {corev1.ContainerStatus{Image: "i@sha256:0", State: waiting("ImagePullBackOff", "not found")}, "image i@sha256:0 cannot be pulled: not found"},
		"no settings": {corev1.ContainerStatus{State: waiting("CreateContainerConfigError", "configmap missing")}, "container booking cannot be started (CreateContainerConfigError): configmap missing"},
		"crashes": {corev1.ContainerStatus{State: waiting("CrashLoopBackOff", "back-off 10s"), RestartCount: 2, LastTerminationState: corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{ExitCode: 3, Message: "starting\npanic: no such table: bookings\n"}}},
			"container booking ended with exit code 3 (2 restarts): panic: no such table: bookings"},
		"memory": {corev1.ContainerStatus{State: waiting("CrashLoopBackOff", ""), LastTerminationState: corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}}}, "container booking was ended for using more memory than its limit"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.status.Name = "booking"
			if got := PodFailure(&corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{test.status}}}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRouteConfirmed(t *testing.T) {
	accepted := func(generation int64, extra ...metav1.Condition) gatewayv1.RouteParentStatus {
		return gatewayv1.RouteParentStatus{Conditions: append(extra, metav1.Condition{Type: "Accepted", Status: metav1.ConditionTrue, ObservedGeneration: generation})}
	}
	route := func(parents ...gatewayv1.RouteParentStatus) *gatewayv1.HTTPRoute {
		r := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Generation: 3}}
		r.Spec.ParentRefs = make([]gatewayv1.ParentReference, 2)
		r.Status.Parents = parents
		return r
	}
	for name, test := range map[string]struct {
		route *gatewayv1.HTTPRoute
		want  bool
	}{
		"nobody answered":      {route(), false},
		"one of two parents":   {route(accepted(3)), false},
		"both":                 {route(accepted(3), accepted(3)), true},
		"an earlier one":       {route(accepted(3), accepted(2)), false},
		"backends are missing": {route(accepted(3), accepted(3, metav1.Condition{Type: "ResolvedRefs", Status: metav1.ConditionFalse})), false},
	} {
		if got := RouteConfirmed(test.route); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWaitSaysWhatIsMissing(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	asked := 0
	err := Wait(ctx, "the gateway", time.Millisecond, func(context.Context) (bool, string, error) {
		if asked++; asked == 3 {
			cancel(errors.New("out of time"))
		}
		return false, fmt.Sprintf("%d of 4 routes are programmed", asked), nil
	})
	if err == nil || err.Error() != "wait for the gateway: 3 of 4 routes are programmed: out of time" {
		t.Error(err)
	}
}

// The vendored definitions and the access rules are what Install thinks they
// are.
func TestEmbeddedFiles(t *testing.T) {
	files, err := gatewayDefinitions.ReadDir("gatewayapi")
	if err != nil || len(files) != 4 {
		t.Fatalf("%d definitions, %v", len(files), err)
	}
	for _, file := range files {
		text, err := gatewayDefinitions.ReadFile("gatewayapi/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		objs, err := decode(text)
		if err != nil || len(objs) != 1 {
			t.Fatalf("%s: %d objects, %v", file.Name(), len(objs), err)
		}
		if name, err := definitionName(text); err != nil || name != objs[0].GetName() {
			t.Errorf("%s: found the name %q, %v, it is %q", file.Name(), name, err, objs[0].GetName())
		}
		if v := objs[0].GetAnnotations()["gateway.networking.k8s.io/bundle-version"]; v != "v1.6.0" {
			t.Errorf("%s is version %s; the README says v1.6.0", file.Name(), v)
		}
	}
	if objs, err := decode(access); err != nil || len(objs) != 4 {
		t.Errorf("access rules: %d objects, %v", len(objs), err)
	}
}

func BenchmarkCompare(b *testing.B) {
	live, _ := untyped(deploymentWith(2))
	for b.Loop() {
		want, err := document(deploymentWith(2))
		if err != nil {
			b.Fatal(err)
		}
		stamp(want)
		contains(live.Object, want.Object)
	}
}

package kubernetes

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/model"
)

// base is what a cluster has before anything runs in it.
func (k EKS) base(c Configs) Folder {
	f := Folder{Path: "base", Files: []File{
		file("access", k.access()...),
		file("admission", k.admission()...),
		file("classes", k.classes()...),
		file("configs", k.configMaps(c)...),
		file("environment", k.environment()...),
	}}
	for _, r := range k.rooms() {
		f.Files = append(f.Files, file("namespace-"+r.name, k.roomObjects(r)...))
	}
	return f
}

// environment is the namespace of the services.
func (k EKS) environment() []client.Object {
	labels, namespace := k.labels(), k.labels()
	security(namespace, onAWS.podSecurity)
	namespace["paddock.dev/stage"] = string(k.env.Stage)
	namespace["paddock.dev/segment"] = k.cluster.Segment
	// A pod counts as ready only when its load balancer sends it connections
	// ("Pod readiness gate", AWS Load Balancer Controller).
	namespace["elbv2.k8s.aws/pod-readiness-gate-inject"] = "enabled"
	return []client.Object{
		&corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: meta("", k.env.Name, namespace)},
		quota(onAWS, k.env.Name, k.services, labels),
		limits(onAWS, k.env.Name, labels),
		defaultDeny(k.env.Name, labels),
		allowDNS(k.env.Name, labels),
		policy(k.env.Name, "allow-platform", labels, nil, nil, []flow{identity(), to(inside(nsMonitoring, agentName), otlpGRPC, otlpHTTP)}),
	}
}

// priorities by tier: who stays when there is no room.
var priorities = map[int]int32{1: 100000, 2: 10000, 3: 1000, 4: 100}

func priorityClass(tier int) string { return fmt.Sprintf("tier%d", min(max(tier, 1), 4)) }

func (k EKS) classes() []client.Object {
	labels := k.clusterLabels()
	class := func(name string, value int32, text string) client.Object {
		return &schedulingv1.PriorityClass{
			TypeMeta:   metav1.TypeMeta{APIVersion: "scheduling.k8s.io/v1", Kind: "PriorityClass"},
			ObjectMeta: meta("", name, labels), Value: value, Description: text,
		}
	}
	objects := []client.Object{class("platform-critical", 1000000, "Controllers and agents without which services cannot run.")}
	for tier := 1; tier <= 4; tier++ {
		objects = append(objects, class(priorityClass(tier), priorities[tier], fmt.Sprintf("Services of tier %d.", tier)))
	}
	// The volume is kept when its claim goes: deleting data is a decision of its
	// own. It comes to be in the zone in which the pod is.
	keep, wait, grow := corev1.PersistentVolumeReclaimRetain, storagev1.VolumeBindingWaitForFirstConsumer, true
	storage := &storagev1.StorageClass{
		TypeMeta:             metav1.TypeMeta{APIVersion: "storage.k8s.io/v1", Kind: "StorageClass"},
		ObjectMeta:           meta("", "gp3", labels),
		Provisioner:          "ebs.csi.aws.com",
		Parameters:           map[string]string{"type": "gp3", "encrypted": "true", "kmsKeyId": k.site.KeyAlias(aws.KeyData), "csi.storage.k8s.io/fstype": "xfs"},
		ReclaimPolicy:        &keep,
		VolumeBindingMode:    &wait,
		AllowVolumeExpansion: &grow,
	}
	storage.Annotations = map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}
	return append(objects, storage)
}

// room that all services of a cluster may take at their largest, for the limits
// of its node pool: the quota, and what the platform itself runs on such nodes.
func capacity(services []model.Service) (cpu, memory int64) {
	hard := quota(onAWS, "", services, nil).Spec.Hard
	const daemonsCPU, daemonsMemory = 8000, 32 << 30
	return hard.Name(corev1.ResourceRequestsCPU, "").MilliValue() + daemonsCPU, hard.Name(corev1.ResourceRequestsMemory, "").Value() + daemonsMemory
}

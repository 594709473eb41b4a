package kube

import (
	"cmp"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// rank orders kinds so that what others need comes first; pruning goes the
// other way.
func rank(kind string) int {
	switch kind {
	case "Namespace":
		return 0
	case "CustomResourceDefinition":
		return 1
	case "ResourceQuota", "LimitRange", "ServiceAccount", "GatewayClass":
		return 2
	case "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding", "ValidatingAdmissionPolicy":
		return 3
	case "ConfigMap", "Secret", "PersistentVolumeClaim", "NetworkPolicy", "ValidatingAdmissionPolicyBinding":
		return 4
	case "Service", "Gateway":
		return 5
	case "HTTPRoute":
		return 8
	case "HorizontalPodAutoscaler", "PodDisruptionBudget":
		return 7
	default: // workloads
		return 6
	}
}

// inOrder sorts a copy; objects of the same rank keep their order.
func inOrder(objs []client.Object) []client.Object {
	objs = slices.Clone(objs)
	slices.SortStableFunc(objs, func(a, b client.Object) int {
		return cmp.Compare(rank(a.GetObjectKind().GroupVersionKind().Kind), rank(b.GetObjectKind().GroupVersionKind().Kind))
	})
	return objs
}

// holdsData reports whether removing an object of the kind removes what cannot
// be made again from the platform file.
func holdsData(kind string) bool {
	return kind == "Namespace" || kind == "PersistentVolumeClaim" || kind == "CustomResourceDefinition"
}

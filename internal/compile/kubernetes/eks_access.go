package kubernetes

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The groups that access entries give to people and machines (package
// compile/aws, clusterAccess).
const (
	deployers = "paddock:deployers"
	operators = "paddock:operators"
)

// access is what the two groups may do. Deployers write what a release consists
// of, in the namespace of the environment; they read no secret and change
// neither quotas nor rights. Operators see everything (a policy of EKS) and may
// take pods away, so that a controller replaces them: what runs stays as it was
// released.
func (k EKS) access() []client.Object {
	labels := k.labels()
	write := []string{"create", "delete", "get", "list", "patch", "update", "watch"}
	read := []string{"get", "list", "watch"}
	objects := []client.Object{
		k.role("paddock-deployers", labels, []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"configmaps", "serviceaccounts", "services"}, Verbs: write},
			{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: write},
			{APIGroups: []string{"autoscaling"}, Resources: []string{"horizontalpodautoscalers"}, Verbs: write},
			{APIGroups: []string{"batch"}, Resources: []string{"cronjobs", "jobs"}, Verbs: write},
			{APIGroups: []string{"policy"}, Resources: []string{"poddisruptionbudgets"}, Verbs: write},
			{APIGroups: []string{"networking.k8s.io"}, Resources: []string{"networkpolicies"}, Verbs: write},
			{APIGroups: []string{"elbv2.k8s.aws"}, Resources: []string{"targetgroupbindings"}, Verbs: write},
			{APIGroups: []string{"external-secrets.io"}, Resources: []string{"externalsecrets"}, Verbs: write},
			{APIGroups: []string{"cert-manager.io"}, Resources: []string{"certificates"}, Verbs: write},
			{APIGroups: []string{"monitoring.coreos.com"}, Resources: []string{"servicemonitors"}, Verbs: write},
			{APIGroups: []string{""}, Resources: []string{"events", "pods", "pods/log"}, Verbs: read},
			{APIGroups: []string{"apps"}, Resources: []string{"replicasets"}, Verbs: read},
		}),
		k.role("paddock-operators", labels, []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"delete"}},
			{APIGroups: []string{""}, Resources: []string{"pods/eviction"}, Verbs: []string{"create"}},
		}),
		binding(k.env.Name, "paddock-deployers", deployers, labels),
		binding(k.env.Name, "paddock-operators", operators, labels),
	}
	// The policy of EKS knows only kinds that Kubernetes brings.
	see := &rbacv1.ClusterRole{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRole"},
		ObjectMeta: meta("", "paddock-operators-see", k.clusterLabels()),
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"cert-manager.io", "elbv2.k8s.aws", "external-secrets.io", "karpenter.k8s.aws", "karpenter.sh", "metrics.k8s.io", "monitoring.coreos.com"},
			Resources: []string{"*"}, Verbs: read,
		}},
	}
	return append(objects, see, &rbacv1.ClusterRoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRoleBinding"},
		ObjectMeta: meta("", "paddock-operators-see", k.clusterLabels()),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: see.Name},
		Subjects:   group(operators),
	})
}

func (k EKS) role(name string, labels map[string]string, rules []rbacv1.PolicyRule) *rbacv1.Role {
	return &rbacv1.Role{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"},
		ObjectMeta: meta(k.env.Name, name, labels), Rules: rules,
	}
}

func binding(namespace, role, name string, labels map[string]string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "RoleBinding"},
		ObjectMeta: meta(namespace, role, labels),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
		Subjects:   group(name),
	}
}

func group(name string) []rbacv1.Subject {
	return []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}}
}

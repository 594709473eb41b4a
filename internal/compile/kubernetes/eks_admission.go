package kubernetes

import (
	"fmt"
	"strconv"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
)

// NoDigest stands where the pipeline puts the digest of a release. It is the
// digest of nothing: admission refuses it, so that files that are applied as
// they were rendered run nothing at all.
const NoDigest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

// rule is one thing that must be true of an object (CEL).
type rule struct{ expression, message string }

// template finds the pod in whatever carries one.
var template = admissionv1.Variable{Name: "pod", Expression: `object.kind == 'Pod' ? object.spec : object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec : object.spec.template.spec`}

var containers = admissionv1.Variable{Name: "containers", Expression: `variables.pod.containers + (has(variables.pod.initContainers) ? variables.pod.initContainers : []) + (has(variables.pod.ephemeralContainers) ? variables.pod.ephemeralContainers.map(c, c) : [])`}

// admission is what the API refuses in namespaces of services, whoever asks. Each
// policy and its binding have the same name.
func (k EKS) admission() []client.Object {
	workloads := []admissionv1.NamedRuleWithOperations{
		resources("", "v1", "pods", "pods/ephemeralcontainers"),
		resources("apps", "v1", "deployments", "statefulsets", "daemonsets"),
		resources("batch", "v1", "jobs", "cronjobs"),
	}
	images := k.site.Registry() + "/"
	var objects []client.Object
	add := func(name string, on []admissionv1.NamedRuleWithOperations, variables []admissionv1.Variable, rules ...rule) {
		objects = append(objects, k.policy(name, on, variables, rules), k.policyBinding(name))
	}
	// Load balancers are Terraform's: what an object makes at run time stands in
	// no plan, and nobody has proved anything of it.
	add("paddock-no-own-networking", []admissionv1.NamedRuleWithOperations{resources("", "v1", "services")}, nil,
		rule{`!has(object.spec.type) || object.spec.type == 'ClusterIP'`, "a Service is of type ClusterIP: load balancers are made by Terraform and bound by TargetGroupBinding"},
		rule{`!has(object.spec.externalIPs) || size(object.spec.externalIPs) == 0`, "externalIPs take other people's traffic"},
	)
	add("paddock-no-ingress", []admissionv1.NamedRuleWithOperations{resources("networking.k8s.io", "v1", "ingresses")}, nil,
		rule{`false`, "an Ingress makes load balancers that no plan shows; give the service a route in the platform file"},
	)
	add("paddock-bindings", []admissionv1.NamedRuleWithOperations{resources("elbv2.k8s.aws", "v1beta1", "targetgroupbindings")}, nil,
		rule{`!has(object.spec.networking)`, "networking makes security group rules at run time; leave it out"},
	)
	add("paddock-images", workloads, []admissionv1.Variable{template, containers},
		rule{fmt.Sprintf(`variables.containers.all(c, has(c.image) && c.image.startsWith(%s))`, strconv.Quote(images)), "images come from " + images},
		rule{`variables.containers.all(c, has(c.image) && c.image.matches('@sha256:[0-9a-f]{64}$'))`, "an image is named by its digest"},
		rule{fmt.Sprintf(`variables.containers.all(c, has(c.image) && !c.image.endsWith(%s))`, strconv.Quote("@"+NoDigest)), "the digest of a release is missing: the pipeline sets it (images in kustomization.yaml)"},
	)
	add("paddock-pods", workloads, []admissionv1.Variable{template},
		rule{`!has(variables.pod.volumes) || variables.pod.volumes.all(v, !has(v.hostPath))`, "hostPath shows the node's files to a pod"},
		rule{fmt.Sprintf(`has(object.metadata.labels) && %[1]s in object.metadata.labels && %[2]s in object.metadata.labels`, strconv.Quote(v1.LabelService), strconv.Quote(v1.LabelEnvironment)), "labels " + v1.LabelService + " and " + v1.LabelEnvironment + " say whose it is; network policies select by them"},
	)
	return objects
}

func resources(group, version string, names ...string) admissionv1.NamedRuleWithOperations {
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{version}, Resources: names},
	}}
}

func (k EKS) policy(name string, on []admissionv1.NamedRuleWithOperations, variables []admissionv1.Variable, rules []rule) *admissionv1.ValidatingAdmissionPolicy {
	fail, invalid := admissionv1.Fail, metav1.StatusReasonForbidden
	p := &admissionv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: meta("", name, k.clusterLabels()),
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy:    &fail,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: on},
			Variables:        variables,
		},
	}
	for _, r := range rules {
		p.Spec.Validations = append(p.Spec.Validations, admissionv1.Validation{Expression: r.expression, Message: r.message, Reason: &invalid})
	}
	return p
}

func (k EKS) policyBinding(name string) *admissionv1.ValidatingAdmissionPolicyBinding {
	return &admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: meta("", name, k.clusterLabels()),
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        name,
			ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny, admissionv1.Audit},
			MatchResources: &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{
				MatchExpressions: []metav1.LabelSelectorRequirement{{Key: v1.LabelEnvironment, Operator: metav1.LabelSelectorOpExists}},
			}},
		},
	}
}

package jenkins

import (
	"fmt"
	"strings"

	"paddock.dev/internal/emit/yaml"
)

// agentObjects are what the cluster of a tier's agents holds before the first
// build: the namespace with its bounds, and who agents are. The cluster's network
// is strict, so that what may speak is said, for the system too.
func agentObjects(platform, tier string) string {
	namespace := "agents-" + tier
	meta := func(name string) yaml.Map { return yaml.Map{{"name", name}, {"namespace", namespace}} }
	account := func(name string) yaml.Map {
		return yaml.Map{{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", meta(name)}, {"automountServiceAccountToken", false}}
	}
	policy := func(name, in string, spec yaml.Map) yaml.Map {
		return yaml.Map{{"apiVersion", "networking.k8s.io/v1"}, {"kind", "NetworkPolicy"}, {"metadata", yaml.Map{{"name", name}, {"namespace", in}}}, {"spec", spec}}
	}
	port := func(protocol string, number int) yaml.Map { return yaml.Map{{"protocol", protocol}, {"port", number}} }
	everywhere := yaml.Map{{"ipBlock", yaml.Map{{"cidr", "0.0.0.0/0"}}}}
	objects := []yaml.Map{
		{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", yaml.Map{{"name", namespace}, {"labels", yaml.Map{
			// Images are built in a user namespace, for which baseline is strict enough.
			{"pod-security.kubernetes.io/enforce", "baseline"}, {"pod-security.kubernetes.io/warn", "restricted"},
		}}}}},
		account(platform + "-agent-" + tier),
		{{"apiVersion", "v1"}, {"kind", "ResourceQuota"}, {"metadata", meta("builds")}, {"spec", yaml.Map{{"hard", yaml.Map{{"pods", 40}, {"requests.cpu", 80}, {"limits.memory", "160Gi"}}}}}},
		// Agents open connections, and nobody opens one to them. Node metadata is not
		// theirs to read: who they are comes from the agent of Pod Identity.
		policy("builds", namespace, yaml.Map{
			{"podSelector", yaml.Map{}}, {"policyTypes", []string{"Ingress", "Egress"}},
			{"egress", yaml.List{
				yaml.Map{{"to", yaml.List{yaml.Map{{"namespaceSelector", yaml.Map{{"matchLabels", yaml.Map{{"kubernetes.io/metadata.name", "kube-system"}}}}}, {"podSelector", yaml.Map{{"matchLabels", yaml.Map{{"k8s-app", "kube-dns"}}}}}}}}, {"ports", yaml.List{port("UDP", 53), port("TCP", 53)}}},
				yaml.Map{{"to", yaml.List{yaml.Map{{"ipBlock", yaml.Map{{"cidr", "169.254.170.23/32"}}}}}}, {"ports", yaml.List{port("TCP", 80)}}},
				yaml.Map{{"to", yaml.List{everywhere}}, {"ports", yaml.List{port("TCP", 443)}}},
			}},
		}),
		policy("system", "kube-system", yaml.Map{
			{"podSelector", yaml.Map{}}, {"policyTypes", []string{"Ingress", "Egress"}},
			{"ingress", yaml.List{yaml.Map{{"from", yaml.List{everywhere}}}}},
			{"egress", yaml.List{yaml.Map{{"to", yaml.List{everywhere}}}}},
		}),
	}
	if tier == "nonprod" {
		objects = append(objects, account("untrusted"))
	}
	var parts []string
	for _, o := range objects {
		parts = append(parts, string(yaml.Marshal(o)))
	}
	return fmt.Sprintf("# Rendered from the platform file: what the cluster of agents of %s holds before the first\n# build. Apply it once as paddock-apply-55-tools: kubectl apply -f agents.yaml\n---\n", tier) + strings.Join(parts, "---\n")
}

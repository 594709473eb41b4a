package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Configs are texts that the platform's agents read. Others write them; here it
// is only known where they go.
type Configs struct {
	// Agent and Gateway are configurations of OpenTelemetry's collector.
	Agent, Gateway []byte
	// Logs is the configuration of Fluent Bit, Redact its script.
	Logs, Redact []byte
	// Rules of Prometheus.
	Rules []Rules
}

// Rules are groups of rules of Prometheus.
type Rules struct {
	Name string
	// Groups as a rule file has them.
	Groups []any
}

func (k EKS) configMaps(c Configs) []client.Object {
	one := func(namespace, name string, data map[string]string) client.Object {
		return &corev1.ConfigMap{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
			ObjectMeta: meta(namespace, name, k.clusterLabels()), Data: data,
		}
	}
	// The names of the keys are those that the charts look for (module
	// cluster-base).
	// All spans of a trace go to one gateway, which agents choose by its own
	// address.
	gateways := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: meta(nsMonitoring, gatewayName+"-headless", k.clusterLabels()),
		Spec: corev1.ServiceSpec{
			ClusterIP: corev1.ClusterIPNone, Selector: map[string]string{labelName: gatewayName},
			Ports: []corev1.ServicePort{{Name: "otlp", Protocol: corev1.ProtocolTCP, Port: otlpGRPC, TargetPort: intstr.FromInt32(otlpGRPC)}},
		},
	}
	return []client.Object{
		gateways,
		one(nsMonitoring, agentName, map[string]string{"relay": string(c.Agent)}),
		one(nsMonitoring, gatewayName, map[string]string{"relay": string(c.Gateway)}),
		one(nsLogging, "fluent-bit", map[string]string{"fluent-bit.yaml": string(c.Logs), "redact.lua": string(c.Redact)}),
	}
}

// collectors are the certificates of agents and gateways, and the key with which
// gateways send traces on.
func (k EKS) collectors() []client.Object {
	var objects []client.Object
	for _, name := range []string{agentName, gatewayName} {
		host := name + "." + nsMonitoring + ".svc"
		objects = append(objects, k.certificate(nsMonitoring, name, k.clusterLabels(), host, host+".cluster.local", name+"-headless."+nsMonitoring+".svc.cluster.local"))
	}
	if k.site.Platform().Observe.APM == "" {
		return objects
	}
	return append(objects, externalSecret(nsMonitoring, "apm", k.clusterLabels(), []any{
		object{"secretKey": "APM_LICENSE_KEY", "remoteRef": object{"key": k.site.APMSecret()}},
	}))
}

func (k EKS) rules(c Configs) []client.Object {
	var objects []client.Object
	for _, r := range c.Rules {
		objects = append(objects, custom("monitoring.coreos.com/v1", "PrometheusRule", nsMonitoring, r.Name, k.clusterLabels(), object{"groups": r.Groups}))
	}
	return objects
}

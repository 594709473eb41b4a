package kubernetes

import (
	"maps"
	"slices"

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
	// Alerts is the configuration of Alertmanager, Templates its texts.
	Alerts, Templates []byte
}

// Rules are groups of rules of Prometheus.
type Rules struct {
	Name string
	// Service or Store that they speak of; both empty when it is the cluster.
	Service, Store string
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

// rules are those of what this cluster watches. Every alert is raised by one
// cluster: what another one runs looks from here as if it were gone.
func (k EKS) rules(c Configs) []client.Object {
	var objects []client.Object
	for _, r := range c.Rules {
		if !k.watches(r) {
			continue
		}
		objects = append(objects, custom("monitoring.coreos.com/v1", "PrometheusRule", nsMonitoring, r.Name, k.clusterLabels(), object{"groups": r.Groups}))
	}
	return objects
}

// watches reports whether rules speak of the cluster itself or of something that
// its Prometheus asks.
func (k EKS) watches(r Rules) bool {
	switch {
	case r.Service != "":
		s, ok := k.env.Service(r.Service)
		return ok && (k.here(s) || k.site.MachineWatcher(s) == k.cluster.Segment)
	case r.Store != "":
		s, ok := k.env.Store(r.Store)
		return ok && k.site.StoreWatcher(s) == k.cluster.Segment
	}
	return true
}

// alertmanagerName is the name of its configuration; alertSecret has the files
// with which it signs in.
const (
	alertmanagerName = "alertmanager"
	alertSecret      = "alerts"
)

// alerts is whom Alertmanager tells, and the keys with which it does. The operator
// takes a configuration from a secret only; this one holds none, for every key is
// named as a file.
func (k EKS) alerts(c Configs) []client.Object {
	objects := []client.Object{&corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: meta(nsMonitoring, alertmanagerName, k.clusterLabels()),
		Type:       corev1.SecretTypeOpaque,
		StringData: map[string]string{"alertmanager.yaml": string(c.Alerts), "paddock.tmpl": string(c.Templates)},
	}}
	names := k.site.AlertSecrets()
	var data []any
	for _, file := range slices.Sorted(maps.Keys(names)) {
		data = append(data, object{"secretKey": file, "remoteRef": object{"key": names[file]}})
	}
	if len(data) > 0 {
		objects = append(objects, externalSecret(nsMonitoring, alertSecret, k.clusterLabels(), data))
	}
	return objects
}

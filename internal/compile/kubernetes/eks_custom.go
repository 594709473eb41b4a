package kubernetes

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/model"
)

// Objects of kinds that charts bring. Their Go types would bring whole
// controllers with them, so they are written as what they are on the wire.

type object = map[string]any

func custom(apiVersion, kind, namespace, name string, labels map[string]string, spec object) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: object{"apiVersion": apiVersion, "kind": kind, "spec": spec}}
	u.SetNamespace(namespace)
	u.SetName(name)
	u.SetLabels(labels)
	return u
}

// storeName and issuerName are where secrets and certificates come from.
const (
	storeName  = "paddock"
	issuerName = "paddock" // made by the module cluster-base: its ARN is known after apply
)

// bindings give the pods of a service to the target groups of its load balancer.
// They say nothing of networking, so the controller writes no rule of its own.
// Target groups are found by name: their ARNs are known only after apply
// ("Choosing the Target Group", AWS Load Balancer Controller).
func (k EKS) bindings(s model.Service) []client.Object {
	if !k.site.Balanced(s) {
		return nil
	}
	var objects []client.Object
	add := func(name, port string, number int) {
		objects = append(objects, custom("elbv2.k8s.aws/v1beta1", "TargetGroupBinding", k.env.Name, name, k.serviceLabels(s), object{
			"serviceRef":      object{"name": s.Name, "port": int64(number)},
			"targetGroupName": k.site.TargetGroup(s.Name, port),
			"targetType":      "ip",
			"ipAddressType":   "ipv4",
		}))
	}
	if s.Port != 0 {
		add(s.Name, "", s.Port)
	}
	for _, p := range s.Ports {
		add(s.Name+"-"+p.Name, p.Name, p.Port)
	}
	return objects
}

// secrets are the certificate of a service and, by reference, what it is given
// from Secrets Manager. No value is ever written here.
func (k EKS) secrets(s model.Service) []client.Object {
	own := s.Name + "." + k.env.Name
	names := []string{s.Name + "." + k.site.Zone(), own + ".svc.cluster.local", own + ".svc"}
	for _, r := range s.Private {
		names = append(names, r.Host) // TLS ends in the pod, whoever asks
	}
	slices.Sort(names[3:])
	certificate := k.certificate(k.env.Name, s.Name, k.serviceLabels(s), slices.Compact(names)...)
	objects := []client.Object{certificate}
	var data []any
	add := func(key, name string) {
		data = append(data, object{"secretKey": key, "remoteRef": object{"key": name}})
	}
	for _, name := range s.Secrets {
		add(name, k.site.Secret(s.Name, name))
	}
	signIns := k.signIns(s)
	for _, store := range slices.Sorted(maps.Keys(signIns)) {
		add(store, signIns[store])
	}
	if len(data) == 0 {
		return objects
	}
	return append(objects, externalSecret(k.env.Name, s.Name, k.serviceLabels(s), data))
}

// certificate for names, the first of which is the common one. Those of the
// authority live for a week at most; it is renewed halfway, so that the authority
// may be away for days.
func (k EKS) certificate(namespace, name string, labels map[string]string, names ...string) client.Object {
	var all []any
	for _, n := range names {
		all = append(all, n)
	}
	return custom("cert-manager.io/v1", "Certificate", namespace, name, labels, object{
		"secretName":  name + "-tls",
		"duration":    "144h",
		"renewBefore": "72h",
		"privateKey":  object{"algorithm": "ECDSA", "size": int64(256), "rotationPolicy": "Always"},
		"usages":      []any{"digital signature", "server auth", "client auth"},
		"commonName":  names[0],
		"dnsNames":    all,
		"issuerRef":   object{"group": "awspca.cert-manager.io", "kind": "AWSPCAClusterIssuer", "name": issuerName},
	})
}

// externalSecret copies values from Secrets Manager into a secret of the same
// name. When they go there, the copy stays until somebody decides.
func externalSecret(namespace, name string, labels map[string]string, data []any) client.Object {
	return custom("external-secrets.io/v1", "ExternalSecret", namespace, name, labels, object{
		"refreshInterval": "15m",
		"secretStoreRef":  object{"kind": "ClusterSecretStore", "name": storeName},
		"target":          object{"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
		"data":            data,
	})
}

func moved(source, target string) object {
	return object{"action": "replace", "sourceLabels": []any{source}, "targetLabel": target}
}

// renamed keeps a label under the name that rules use, where there is one.
func renamed(source, target string) object {
	o := moved(source, target)
	o["regex"] = "(.+)"
	return o
}

// monitor has Prometheus ask the service for its figures.
func (k EKS) monitor(s model.Service) client.Object {
	match := object{}
	for key, value := range pods(s.Name) {
		match[key] = value
	}
	return custom("monitoring.coreos.com/v1", "ServiceMonitor", k.env.Name, s.Name, k.serviceLabels(s), object{
		"selector": object{"matchLabels": match},
		"endpoints": []any{object{
			"port": metricsName, "scheme": "http", "interval": "30s", "path": "/metrics",
			// The labels by which rules and dashboards speak of services (package
			// emit/prometheus).
			"relabelings": []any{
				object{"action": "replace", "targetLabel": "job", "replacement": "services"},
				moved("__meta_kubernetes_pod_label_paddock_dev_service", "service"),
				moved("__meta_kubernetes_pod_label_app_kubernetes_io_version", "version"),
				moved("__meta_kubernetes_pod_node_name", "node"),
			},
			"metricRelabelings": []any{
				renamed("http_response_status_code", "code"),
				renamed("http_route", "route"),
				object{"action": "labeldrop", "regex": "http_response_status_code|http_route"},
			},
		}},
	})
}

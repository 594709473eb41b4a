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
	certificate := custom("cert-manager.io/v1", "Certificate", k.env.Name, s.Name, k.serviceLabels(s), object{
		"secretName": certificateSecret(s),
		// Of an authority whose certificates live for a week at most; renewed
		// halfway, so that it may be away for days.
		"duration":    "144h",
		"renewBefore": "72h",
		"privateKey":  object{"algorithm": "ECDSA", "size": int64(256), "rotationPolicy": "Always"},
		"usages":      []any{"digital signature", "server auth", "client auth"},
		"commonName":  s.Name + "." + k.site.Zone(),
		"dnsNames":    []any{s.Name + "." + k.site.Zone(), own + ".svc.cluster.local", own + ".svc"},
		"issuerRef":   object{"group": "awspca.cert-manager.io", "kind": "AWSPCAClusterIssuer", "name": issuerName},
	})
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
	return append(objects, custom("external-secrets.io/v1", "ExternalSecret", k.env.Name, s.Name, k.serviceLabels(s), object{
		"refreshInterval": "15m",
		"secretStoreRef":  object{"kind": "ClusterSecretStore", "name": storeName},
		"target":          object{"name": s.Name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
		"data":            data,
	}))
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
			"port": metricsName, "scheme": "https", "interval": "30s", "path": "/metrics",
			"tlsConfig": object{
				"serverName": s.Name + "." + k.env.Name + ".svc",
				"ca":         object{"secret": object{"name": certificateSecret(s), "key": "ca.crt"}},
			},
		}},
	})
}

package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// Where a pod finds what it is given.
const (
	certDir   = "/var/run/paddock/tls"
	secretDir = "/var/run/paddock/secrets"
)

// config is a service's settings and all addresses that follow from its edges,
// under the same names as on one machine: <SERVICE>_URL. Stores, which one
// machine does not have, are <STORE>_HOST and <STORE>_PORT, <STORE>_BUCKET or
// <STORE>_QUEUE.
func (k EKS) config(s model.Service) *corev1.ConfigMap {
	data := map[string]string{
		"PADDOCK_ENVIRONMENT": k.env.Name,
		"PADDOCK_SERVICE":     s.Name,
		"AWS_REGION":          k.site.Region(),
		// A program that is given these speaks TLS on its port; they are read
		// again when they change.
		"TLS_CERT_FILE": certDir + "/tls.crt",
		"TLS_KEY_FILE":  certDir + "/tls.key",
		"TLS_CA_FILE":   certDir + "/ca.crt",

		"METRICS_PORT":                strconv.Itoa(metricsPort),
		"OTEL_SERVICE_NAME":           s.Name,
		"OTEL_EXPORTER_OTLP_ENDPOINT": fmt.Sprintf("http://%s.%s.svc.cluster.local:%d", agentName, nsMonitoring, otlpGRPC), // on the same node,
		"OTEL_RESOURCE_ATTRIBUTES":    "deployment.environment.name=" + k.env.Name + ",service.namespace=" + k.site.Platform().Name,
	}
	if s.Port != 0 {
		data["PORT"] = strconv.Itoa(s.Port)
	}
	for _, p := range s.Ports {
		data["PORT_"+variable(p.Name)] = strconv.Itoa(p.Port)
	}
	if s.Encryption == model.MutualTLS {
		// Who may call is proved by the certificate, also across networks, where
		// the other end of a connection is only an address.
		data["TLS_CLIENT_NAMES"] = strings.Join(k.callers(s), ",")
		data["TLS_CLIENT_AUTH"] = "require"
		if len(s.Routes) > 0 || len(s.Private) > 0 {
			data["TLS_CLIENT_AUTH"] = "optional" // public load balancers have no certificate to show
		}
	}
	if len(s.Secrets) > 0 || len(k.signIns(s)) > 0 {
		data["SECRETS_DIR"] = secretDir
	}
	for _, u := range s.Edges {
		stem := variable(u.Name)
		if u.Kind == model.UsesService {
			if callee, ok := k.env.Service(u.Name); ok && callee.Port != 0 {
				data[stem+"_URL"] = fmt.Sprintf("https://%s:%d", k.host(callee), callee.Port)
			}
			continue
		}
		if store, ok := k.env.Store(u.Name); ok {
			maps.Copy(data, k.storeConfig(s, store, stem))
		}
	}
	for _, kv := range s.Settings { // what people state wins
		data[kv.Name] = kv.Value
	}
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: meta(k.env.Name, s.Name, k.serviceLabels(s)),
		Data:       data,
	}
}

func (k EKS) storeConfig(s model.Service, store model.Store, stem string) map[string]string {
	switch store.Engine {
	case model.S3:
		return map[string]string{stem + "_BUCKET": k.site.Bucket(store.Name)}
	case model.SQS:
		return map[string]string{stem + "_QUEUE": k.site.Queue(store.Name)}
	}
	data := map[string]string{
		stem + "_HOST": store.Name + "." + k.site.Zone(),
		stem + "_PORT": strconv.Itoa(store.Ports()[0]),
	}
	if store.Engine == model.Redis || store.Engine == model.Valkey {
		data[stem+"_USER"] = k.site.CacheUser(store.Name, s.Name)
	}
	return data
}

// host is the name under which a service of this cluster finds another one: in
// the cluster the Service, else the load balancer.
func (k EKS) host(callee model.Service) string {
	if k.here(callee) {
		return callee.Name + "." + k.env.Name + ".svc.cluster.local"
	}
	return callee.Name + "." + k.site.Zone()
}

// callers are the services that use this one, by the names in their
// certificates.
func (k EKS) callers(s model.Service) []string {
	var names []string
	for _, other := range k.env.Services {
		if slices.Contains(other.Uses, s.Name) {
			names = append(names, other.Name+"."+k.site.Zone())
		}
	}
	return names
}

// signIns are the stores at which a service signs in with a secret, and the
// names of the secrets.
func (k EKS) signIns(s model.Service) map[string]string {
	all := map[string]string{}
	for _, u := range s.Edges {
		if store, ok := k.env.Store(u.Name); ok && u.Kind == model.UsesStore {
			if name, needed := k.site.SignIn(store, s.Name); needed {
				all[store.Name] = name
			}
		}
	}
	return all
}

// variables come from what the pipeline says of the release: labels and
// annotations of the pod.
func releaseVariables() []corev1.EnvVar {
	field := func(name, path string) corev1.EnvVar {
		return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: path}}}
	}
	return []corev1.EnvVar{
		field("PADDOCK_VERSION", "metadata.labels['"+labelVersion+"']"),
		field("PADDOCK_RELEASE", "metadata.labels['"+v1.LabelRelease+"']"),
		field("PADDOCK_COMMIT", "metadata.annotations['"+annotationCommit+"']"),
	}
}

const (
	annotationCommit = "paddock.dev/commit"
	annotationConfig = "paddock.dev/config"
)

// digest changes with a ConfigMap, so that pods are replaced when it does.
func digest(c *corev1.ConfigMap) string {
	text, err := json.Marshal(c.Data)
	if err != nil {
		panic("a ConfigMap holds only strings: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func (k EKS) serviceLabels(s model.Service) map[string]string {
	return serviceLabels(k.site.Platform(), k.env.Name, s.Name)
}

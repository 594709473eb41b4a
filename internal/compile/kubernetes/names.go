package kubernetes

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// Labels of the Kubernetes convention that every object carries.
const (
	labelName      = "app.kubernetes.io/name"
	labelPartOf    = "app.kubernetes.io/part-of"
	labelManagedBy = "app.kubernetes.io/managed-by"
	labelVersion   = "app.kubernetes.io/version"

	manager = "paddock"
)

const (
	// GatewayName is the Gateway of v1.SystemNamespace that takes customers'
	// requests.
	GatewayName = "public"
	// GatewayClass is the class of that Gateway.
	GatewayClass = "paddock"
	// httpPort is the name of the port on which every service answers.
	httpPort = "http"
)

// SetName names the objects of one release of a service: booking-1-13-0.
func SetName(service, version string) string {
	return service + "-" + strings.ReplaceAll(version, ".", "-")
}

// variable turns a service's name into the stem of environment variables:
// mobile-bff becomes MOBILE_BFF.
func variable(service string) string {
	return strings.ToUpper(strings.ReplaceAll(service, "-", "_"))
}

func environmentLabels(p *model.Platform, env string) map[string]string {
	return map[string]string{
		labelPartOf:         p.Name,
		labelManagedBy:      manager,
		v1.LabelPlatform:    p.Name,
		v1.LabelEnvironment: env,
	}
}

func serviceLabels(p *model.Platform, env, service string) map[string]string {
	l := environmentLabels(p, env)
	l[labelName] = service
	l[v1.LabelService] = service
	return l
}

func setLabels(p *model.Platform, env string, r *v1.Release) map[string]string {
	l := serviceLabels(p, env, r.Spec.Service)
	l[labelVersion] = r.Spec.Version
	l[v1.LabelRelease] = r.Name
	return l
}

// pods selects every pod of a service, whatever its release.
func pods(service string) map[string]string {
	return map[string]string{v1.LabelService: service}
}

func meta(namespace, name string, labels map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}
}

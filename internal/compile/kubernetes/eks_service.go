package kubernetes

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/model"
)

// service is everything that one release of a service consists of.
func (k EKS) service(s model.Service) Folder {
	no := false
	workload := []client.Object{
		&corev1.ServiceAccount{ // its role is bound to it by Terraform (module service-identity)
			TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
			ObjectMeta:                   meta(k.env.Name, s.Name, k.serviceLabels(s)),
			AutomountServiceAccountToken: &no,
		},
		k.config(s),
	}
	f := Folder{Path: "services/" + s.Name, Images: []string{k.site.Image(s.Name)}}
	network := []client.Object{k.edges(s)}
	if s.Schedule != nil {
		f.Files = append(f.Files, file("workload", append(workload, k.scheduled(s))...))
	} else {
		scale := []client.Object{k.disruption(s)}
		if scales(s) {
			scale = append(scale, k.hpa(s))
		}
		f.Files = append(f.Files,
			file("workload", append(workload, k.front(s), k.deploy(s))...),
			file("scale", scale...),
			file("metrics", k.monitor(s)),
		)
		network = append(network, k.bindings(s)...)
	}
	f.Files = append(f.Files, file("network", network...), file("secrets", k.secrets(s)...))
	if len(s.Migrate) > 0 {
		f.Files = append(f.Files, file("migrate", k.migration(s)))
	}
	return f
}

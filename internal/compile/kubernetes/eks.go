package kubernetes

import (
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// EKS is one cluster on AWS: the services of one segment of an environment, in
// one region. What is made by Terraform it knows by name.
type EKS struct {
	site    aws.Site
	cluster address.Cluster
	vpc     address.VPC
	env     model.Environment
	// services that run in this cluster.
	services []model.Service
}

// Folder is what is applied together, before what follows it.
type Folder struct {
	// Path below the cluster's folder, such as services/booking.
	Path  string
	Files []File
	// Images are the repositories whose digests the pipeline sets, sorted.
	Images []string
}

// File is objects that are read together.
type File struct {
	// Name without extension.
	Name    string
	Objects []client.Object
}

// OnAWS are the clusters of a platform, in the order of the delivery path.
func OnAWS(t aws.Target) []EKS {
	var all []EKS
	for _, site := range aws.Sites(t) {
		for _, cl := range site.Clusters() {
			vpc, ok := site.VPC(cl.Segment)
			if !ok {
				continue
			}
			k := EKS{site: site, cluster: cl, vpc: vpc, env: site.Environment()}
			for _, s := range k.env.Services {
				if k.here(s) {
					if site.Recovery() {
						s.Scale.Min = min(s.Scale.Min, pilotReplicas)
					}
					k.services = append(k.services, s)
				}
			}
			all = append(all, k)
		}
	}
	return all
}

// Dir is the folder of the cluster: prod/apps, or prod/apps-recovery.
func (k EKS) Dir() string {
	if k.site.Recovery() {
		return k.env.Name + "/" + k.cluster.Segment + "-recovery"
	}
	return k.env.Name + "/" + k.cluster.Segment
}

// Site is the environment and region of the cluster.
func (k EKS) Site() aws.Site { return k.site }

// Segment that the cluster is of.
func (k EKS) Segment() string { return k.cluster.Segment }

// Namespaces are those whose logs are kept: of the services, and of the platform
// but for the shippers themselves, who would write about what they write.
func (k EKS) Namespaces() []string {
	all := []string{k.env.Name}
	for _, r := range k.rooms() {
		if r.name != nsLogging {
			all = append(all, r.name)
		}
	}
	return all
}

// Environment of the cluster, by name.
func (k EKS) Environment() string { return k.env.Name }

// Name of the cluster, such as kestrel-prod-apps.
func (k EKS) Name() string { return k.site.Cluster(k.cluster.Segment) }

// Folders are all objects of the cluster. The first folder has only kinds that
// Kubernetes itself brings and is applied before any chart: without its policies
// no pod of a strict cluster gets as far as being ready. The second has kinds
// that the charts bring. One for each service follows.
func (k EKS) Folders(c Configs) []Folder {
	folders := []Folder{k.base(c), k.platform(c)}
	for _, s := range k.services {
		folders = append(folders, k.service(s))
	}
	return folders
}

// here reports whether a service runs in this cluster.
func (k EKS) here(s model.Service) bool {
	return s.Segment == k.cluster.Segment && s.Runtime != model.EC2
}

// subnets of the cluster's network for a purpose.
func (k EKS) subnets(p address.Purpose) []address.Subnet { return ofPurpose(k.vpc, p) }

// ofPurpose are subnets of a network for a purpose, in the order of the zones.
func ofPurpose(v address.VPC, p address.Purpose) []address.Subnet {
	var all []address.Subnet
	for _, s := range v.Subnets {
		if s.Purpose == p {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b address.Subnet) int { return a.Zone - b.Zone })
	return all
}

func (k EKS) labels() map[string]string { return environmentLabels(k.site.Platform(), k.env.Name) }

// clusterLabels are for what is of the cluster and not of its environment.
func (k EKS) clusterLabels() map[string]string {
	return map[string]string{labelManagedBy: manager, labelPartOf: k.site.Platform().Name}
}

func file(name string, objects ...client.Object) File { return File{Name: name, Objects: objects} }

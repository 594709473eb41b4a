package kubernetes

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"paddock.dev/internal/model"
)

// Names of ports: the main one and that of metrics, the same at the pod and at
// the Service. Figures are shown without TLS, as OpenTelemetry's exporter does:
// only Prometheus, in the same cluster, gets there.
const (
	tlsPort     = "https"
	metricsName = "metrics"
)

// deploy is a service that always runs.
func (k EKS) deploy(s model.Service) *appsv1.Deployment {
	history, progress, none := int32(5), onAWS.progressSeconds, intstr.FromInt32(0)
	surge := onAWS.surge
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: meta(k.env.Name, s.Name, k.serviceLabels(s)),
		Spec: appsv1.DeploymentSpec{
			RevisionHistoryLimit:    &history,
			ProgressDeadlineSeconds: &progress,
			MinReadySeconds:         10,
			Selector:                &metav1.LabelSelector{MatchLabels: pods(s.Name)},
			Strategy: appsv1.DeploymentStrategy{
				Type:          appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &surge, MaxUnavailable: &none},
			},
			Template: k.template(s),
		},
	}
	if !scales(s) { // else the autoscaler's number would be undone by every release
		replicas := int32(s.Scale.Min)
		d.Spec.Replicas = &replicas
	}
	return d
}

// template is a pod of a service.
func (k EKS) template(s model.Service) corev1.PodTemplateSpec {
	labels := k.serviceLabels(s)
	t := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{annotationConfig: digest(k.config(s))}},
		Spec:       k.pod(s),
	}
	c := &t.Spec.Containers[0]
	c.Ports = containerPorts(s)
	c.Lifecycle = drain(onAWS)
	port, ready, live := tlsPort, s.Health.Ready, s.Health.Live
	switch {
	case s.Port == 0:
		port, ready, live = metricsName, "", "" // a worker is alive as long as it shows its figures
	case s.Encryption == model.MutualTLS:
		port = metricsName // the kubelet has no certificate to show
	}
	scheme := onAWS.scheme
	if port == metricsName {
		scheme = corev1.URISchemeHTTP
	}
	c.StartupProbe = probe(scheme, port, ready, 2, 90)
	c.ReadinessProbe = probe(scheme, port, ready, 5, 2)
	c.LivenessProbe = probe(scheme, port, live, 10, 6)
	return t
}

// pod is what pods of a service and of its jobs have in common.
func (k EKS) pod(s model.Service) corev1.PodSpec {
	no, grace, group := false, onAWS.graceSeconds, user
	security := podSecurity()
	security.RunAsGroup, security.FSGroup = &group, &group
	spec := corev1.PodSpec{
		ServiceAccountName:            s.Name,
		AutomountServiceAccountToken:  &no,
		EnableServiceLinks:            &no,
		TerminationGracePeriodSeconds: &grace,
		PriorityClassName:             priorityClass(s.Tier),
		SecurityContext:               security,
		TopologySpreadConstraints:     k.spread(s),
		Affinity: &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
				Weight:          100,
				PodAffinityTerm: corev1.PodAffinityTerm{TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: pods(s.Name)}},
			}},
		}},
		Containers: []corev1.Container{{
			Name:            s.Name,
			Image:           k.site.Image(s.Name) + "@" + NoDigest,
			ImagePullPolicy: corev1.PullAlways, // so that nobody runs what only a node's cache allows
			Args:            s.Args,
			Env:             releaseVariables(),
			EnvFrom:         []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: s.Name}}}},
			Resources:       size(s.Size),
			SecurityContext: containerSecurity(),
			VolumeMounts: []corev1.VolumeMount{
				{Name: "tls", MountPath: certDir, ReadOnly: true},
				{Name: "tmp", MountPath: "/tmp"},
			},
		}},
		Volumes: []corev1.Volume{secretVolume("tls", certificateSecret(s)), scratch("tmp")},
	}
	if len(s.Secrets) > 0 || len(k.signIns(s)) > 0 {
		spec.Volumes = append(spec.Volumes, secretVolume("secrets", s.Name))
		c := &spec.Containers[0]
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: "secrets", MountPath: secretDir, ReadOnly: true})
	}
	return spec
}

func secretVolume(name, secret string) corev1.Volume {
	mode := int32(0o440)
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: secret, DefaultMode: &mode}}}
}

func scratch(name string) corev1.Volume {
	limit := resource.MustParse("256Mi")
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &limit}}}
}

// spread keeps the pods of a release apart. In production a zone may have one
// pod more than another and no more. A zone that has failed does not count
// (its nodes are tainted), or the pods it had could not be replaced elsewhere;
// for the same reason no least number of zones is stated.
func (k EKS) spread(s model.Service) []corev1.TopologySpreadConstraint {
	honor := corev1.NodeInclusionPolicyHonor
	zone := corev1.TopologySpreadConstraint{
		MaxSkew:           1,
		TopologyKey:       corev1.LabelTopologyZone,
		WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector:     &metav1.LabelSelector{MatchLabels: pods(s.Name)},
		MatchLabelKeys:    []string{appsv1.DefaultDeploymentUniqueLabelKey},
	}
	host := zone
	host.TopologyKey = corev1.LabelHostname
	if k.env.Stage == model.Production {
		zone.WhenUnsatisfiable = corev1.DoNotSchedule
		zone.NodeTaintsPolicy = &honor
	}
	return []corev1.TopologySpreadConstraint{zone, host}
}

// size bounds memory and the disk of the node. The processor is shared by
// requests: a limit on it would slow a service down while cores stand idle.
func size(s model.Size) corev1.ResourceRequirements {
	memory := *resource.NewQuantity(s.MemoryBytes, resource.BinarySI)
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			corev1.ResourceCPU:              *resource.NewMilliQuantity(s.CPUMilli, resource.DecimalSI),
			corev1.ResourceMemory:           memory,
			corev1.ResourceEphemeralStorage: resource.MustParse("256Mi"),
		},
		Limits: corev1.ResourceList{
			corev1.ResourceMemory:           memory,
			corev1.ResourceEphemeralStorage: resource.MustParse("1Gi"),
		},
	}
}

func containerPorts(s model.Service) []corev1.ContainerPort {
	var ports []corev1.ContainerPort
	if s.Port != 0 {
		ports = append(ports, corev1.ContainerPort{Name: tlsPort, ContainerPort: int32(s.Port), Protocol: corev1.ProtocolTCP})
	}
	for _, p := range s.Ports {
		ports = append(ports, corev1.ContainerPort{Name: p.Name, ContainerPort: int32(p.Port), Protocol: corev1.ProtocolTCP})
	}
	return append(ports, corev1.ContainerPort{Name: metricsName, ContainerPort: metricsPort, Protocol: corev1.ProtocolTCP})
}

// front is the address of a service in its cluster. Port and target are the same
// number: the policies of the network add-on hold only then.
func (k EKS) front(s model.Service) *corev1.Service {
	svc := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: meta(k.env.Name, s.Name, k.serviceLabels(s)),
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, Selector: pods(s.Name)},
	}
	for _, p := range containerPorts(s) {
		port := corev1.ServicePort{Name: p.Name, Protocol: p.Protocol, Port: p.ContainerPort, TargetPort: intstr.FromInt32(p.ContainerPort)}
		if scheme, known := map[string]string{tlsPort: "https", metricsName: "http"}[p.Name]; known {
			port.AppProtocol = &scheme
		}
		svc.Spec.Ports = append(svc.Spec.Ports, port)
	}
	return svc
}

const hour = 3600

// scheduled is work that the clock starts. It never runs twice at once, and not
// for ever.
func (k EKS) scheduled(s model.Service) *batchv1.CronJob {
	zone := s.Schedule.Zone.String()
	job := k.job(s, s.Name, s.Schedule.Cron, 4*hour)
	job.Spec.TimeZone = &zone
	parallel := int32(max(1, s.Scale.Min))
	job.Spec.JobTemplate.Spec.Parallelism = &parallel
	return job
}

// migration brings the schema up to date. It is a template that the clock never
// starts: the pipeline makes a job of it before it replaces the pods (kubectl
// create job --from=cronjob/payments-migrate).
func (k EKS) migration(s model.Service) *batchv1.CronJob {
	suspend := true
	job := k.job(s, s.Name+"-migrate", "0 0 1 1 *", hour)
	job.Spec.Suspend = &suspend
	job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Command = s.Migrate
	job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args = nil
	return job
}

func (k EKS) job(s model.Service, name, cron string, deadline int64) *batchv1.CronJob {
	labels := k.serviceLabels(s)
	start, good, bad, tries, keep := int64(600), int32(1), int32(3), int32(2), int32(24*hour)
	pod := k.pod(s)
	pod.RestartPolicy = corev1.RestartPolicyNever
	pod.TopologySpreadConstraints = nil
	return &batchv1.CronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "CronJob"},
		ObjectMeta: meta(k.env.Name, name, labels),
		Spec: batchv1.CronJobSpec{
			Schedule:                   cron,
			ConcurrencyPolicy:          batchv1.ForbidConcurrent,
			StartingDeadlineSeconds:    &start,
			SuccessfulJobsHistoryLimit: &good,
			FailedJobsHistoryLimit:     &bad,
			JobTemplate: batchv1.JobTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: batchv1.JobSpec{
					BackoffLimit:            &tries,
					ActiveDeadlineSeconds:   &deadline,
					TTLSecondsAfterFinished: &keep,
					Template: corev1.PodTemplateSpec{
						ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{annotationConfig: digest(k.config(s))}},
						Spec:       pod,
					},
				},
			},
		},
	}
}

func certificateSecret(s model.Service) string { return fmt.Sprintf("%s-tls", s.Name) }

package kubernetes

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// Set is one release of a service as it runs in an environment. Its
// configuration comes from the release and not from the platform file, so that
// going back to a release restores both. Nil when the release has no
// configuration for the environment.
func Set(p *model.Platform, env string, r *v1.Release) []client.Object {
	cfg, ok := r.Spec.Config[env]
	if !ok {
		return nil
	}
	name := SetName(r.Spec.Service, r.Spec.Version)
	labels := setLabels(p, env, r)
	immutable := true
	objects := []client.Object{
		&corev1.ConfigMap{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
			ObjectMeta: meta(env, name, labels),
			Immutable:  &immutable,
			Data:       cfg.Settings,
		},
		&corev1.Service{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
			ObjectMeta: meta(env, name, labels),
			Spec: corev1.ServiceSpec{
				ClusterIP: corev1.ClusterIPNone,
				Selector:  podsOf(r),
				Ports: []corev1.ServicePort{{
					Name: httpPort, Protocol: corev1.ProtocolTCP,
					Port: cfg.Port, TargetPort: intstr.FromString(httpPort),
				}},
			},
		},
		deployment(p, env, r, cfg, labels),
	}
	if cfg.TargetCPU > 0 && cfg.MaxReplicas > cfg.MinReplicas {
		objects = append(objects, autoscaler(env, name, cfg, labels))
	}
	return objects
}

// podsOf selects the pods of one set.
func podsOf(r *v1.Release) map[string]string {
	return map[string]string{v1.LabelService: r.Spec.Service, v1.LabelRelease: r.Name}
}

func deployment(p *model.Platform, env string, r *v1.Release, cfg v1.ServiceConfig, labels map[string]string) *appsv1.Deployment {
	name := SetName(r.Spec.Service, r.Spec.Version)
	var (
		history  int32 = 2
		progress       = oneMachine.progressSeconds
		replicas       = cfg.MinReplicas
		surge          = oneMachine.surge
		none           = intstr.FromInt32(0)
	)
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: meta(env, name, labels),
		Spec: appsv1.DeploymentSpec{
			Replicas:                &replicas,
			RevisionHistoryLimit:    &history,
			ProgressDeadlineSeconds: &progress,
			Selector:                &metav1.LabelSelector{MatchLabels: podsOf(r)},
			Strategy: appsv1.DeploymentStrategy{
				Type:          appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxSurge: &surge, MaxUnavailable: &none},
			},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       podSpec(p, env, r, cfg),
			},
		},
	}
}

func podSpec(p *model.Platform, env string, r *v1.Release, cfg v1.ServiceConfig) corev1.PodSpec {
	no, links, grace := false, oneMachine.serviceLinks, oneMachine.graceSeconds
	return corev1.PodSpec{
		ServiceAccountName:            r.Spec.Service,
		AutomountServiceAccountToken:  &no,
		EnableServiceLinks:            &links, // *_SERVICE_HOST is how services find each other
		TerminationGracePeriodSeconds: &grace,
		SecurityContext:               podSecurity(),
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{
			MaxSkew:           1,
			TopologyKey:       corev1.LabelTopologyZone,
			WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector:     &metav1.LabelSelector{MatchLabels: podsOf(r)},
		}},
		Containers: []corev1.Container{{
			Name:  r.Spec.Service,
			Image: r.Spec.Image,
			Args:  cfg.Args,
			Ports: []corev1.ContainerPort{{Name: httpPort, ContainerPort: cfg.Port, Protocol: corev1.ProtocolTCP}},
			Env:   variables(env, r, cfg),
			EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: SetName(r.Spec.Service, r.Spec.Version)},
			}}},
			Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{
					corev1.ResourceCPU:    *resource.NewMilliQuantity(cfg.CPUMilli, resource.DecimalSI),
					corev1.ResourceMemory: *resource.NewQuantity(cfg.MemoryBytes, resource.BinarySI),
				},
				Limits: corev1.ResourceList{
					corev1.ResourceMemory: *resource.NewQuantity(cfg.MemoryBytes, resource.BinarySI),
				},
			},
			StartupProbe:    probe(oneMachine.scheme, httpPort, cfg.ReadyPath, 1, 60),
			ReadinessProbe:  probe(oneMachine.scheme, httpPort, cfg.ReadyPath, 5, 2),
			LivenessProbe:   probe(oneMachine.scheme, httpPort, cfg.LivePath, 10, 3),
			Lifecycle:       drain(oneMachine),
			SecurityContext: containerSecurity(),
		}},
	}
}

// variables is the contract with a service: where to listen, who it is, and
// where the services are that it uses.
func variables(env string, r *v1.Release, cfg v1.ServiceConfig) []corev1.EnvVar {
	vars := []corev1.EnvVar{
		{Name: "PORT", Value: decimal(cfg.Port)},
		{Name: "PADDOCK_ENVIRONMENT", Value: env},
		{Name: "PADDOCK_SERVICE", Value: r.Spec.Service},
		{Name: "PADDOCK_RELEASE", Value: r.Name},
		{Name: "PADDOCK_VERSION", Value: r.Spec.Version},
		{Name: "PADDOCK_COMMIT", Value: r.Spec.Commit},
	}
	for _, used := range cfg.Uses {
		v := variable(used)
		vars = append(vars, corev1.EnvVar{
			Name:  v + "_URL",
			Value: "http://$(" + v + "_SERVICE_HOST):$(" + v + "_SERVICE_PORT)",
		})
	}
	return vars
}

func autoscaler(env, name string, cfg v1.ServiceConfig, labels map[string]string) *autoscalingv2.HorizontalPodAutoscaler {
	lowest, target := cfg.MinReplicas, cfg.TargetCPU
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: meta(env, name, labels),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: name},
			MinReplicas:    &lowest,
			MaxReplicas:    cfg.MaxReplicas,
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ResourceMetricSourceType,
				Resource: &autoscalingv2.ResourceMetricSource{
					Name:   corev1.ResourceCPU,
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &target},
				},
			}},
		},
	}
}

package kubernetes

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"paddock.dev/internal/model"
)

// Figures that every replica shows of itself; the adapter of Prometheus gives
// them to the autoscaler (module cluster-base).
const (
	requestsPerSecond = "http_requests_per_second"
	openConnections   = "open_connections"
	consumerLag       = "consumer_lag_messages"
	queueShare        = "queue_messages"
)

// standardCPU is the target in percent of a service that states none at all.
const standardCPU = 70

func scales(s model.Service) bool { return s.Scale.Max > s.Scale.Min }

// hpa grows fast, since people wait, and shrinks slowly, since they come back.
func (k EKS) hpa(s model.Service) *autoscalingv2.HorizontalPodAutoscaler {
	lowest := int32(s.Scale.Min)
	now, calm, most := int32(0), int32(300), autoscalingv2.MaxChangePolicySelect
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: meta(k.env.Name, s.Name, k.serviceLabels(s)),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: s.Name},
			MinReplicas:    &lowest,
			MaxReplicas:    int32(s.Scale.Max),
			Metrics:        scaleMetrics(s.Scale),
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{
				ScaleUp: &autoscalingv2.HPAScalingRules{
					StabilizationWindowSeconds: &now, SelectPolicy: &most,
					Policies: []autoscalingv2.HPAScalingPolicy{
						{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 30},
						{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: 30},
					},
				},
				ScaleDown: &autoscalingv2.HPAScalingRules{
					StabilizationWindowSeconds: &calm,
					Policies:                   []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PercentScalingPolicy, Value: 10, PeriodSeconds: 60}},
				},
			},
		},
	}
}

func scaleMetrics(s model.Scale) []autoscalingv2.MetricSpec {
	var metrics []autoscalingv2.MetricSpec
	cpu := int32(s.CPU)
	if s.CPU == 0 && s.Requests == 0 && s.Connections == 0 && s.Lag == 0 && s.Queue == 0 {
		cpu = standardCPU
	}
	if cpu > 0 {
		metrics = append(metrics, autoscalingv2.MetricSpec{
			Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{
				Name:   corev1.ResourceCPU,
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &cpu},
			},
		})
	}
	for _, m := range []struct {
		name   string
		target int
	}{{requestsPerSecond, s.Requests}, {openConnections, s.Connections}, {consumerLag, s.Lag}, {queueShare, s.Queue}} {
		if m.target == 0 {
			continue
		}
		metrics = append(metrics, autoscalingv2.MetricSpec{
			Type: autoscalingv2.PodsMetricSourceType,
			Pods: &autoscalingv2.PodsMetricSource{
				Metric: autoscalingv2.MetricIdentifier{Name: m.name},
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: resource.NewQuantity(int64(m.target), resource.DecimalSI)},
			},
		})
	}
	return metrics
}

// disruption lets at least one pod go, or nodes could never be replaced, and
// never all of them where there are several. Pods that are not healthy anyway
// may always go.
func (k EKS) disruption(s model.Service) *policyv1.PodDisruptionBudget {
	n := max(1, s.Scale.Unavailable)
	if s.Scale.Min > 1 {
		n = min(n, s.Scale.Min-1)
	}
	unavailable, always := intstr.FromInt32(int32(n)), policyv1.AlwaysAllow
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: meta(k.env.Name, s.Name, k.serviceLabels(s)),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable:             &unavailable,
			Selector:                   &metav1.LabelSelector{MatchLabels: pods(s.Name)},
			UnhealthyPodEvictionPolicy: &always,
		},
	}
}

package metricsapi

import (
	"cmp"
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/metrics/pkg/apis/metrics"
	"k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// Group is the API group to install. The scheme must know metrics.k8s.io.
func Group(source *Source, scheme *runtime.Scheme, parameters runtime.ParameterCodec, codecs serializer.CodecFactory) *genericapiserver.APIGroupInfo {
	g := genericapiserver.NewDefaultAPIGroupInfo(metrics.GroupName, scheme, parameters, codecs)
	g.PrioritizedVersions = slices.DeleteFunc(g.PrioritizedVersions, func(gv schema.GroupVersion) bool {
		return gv != v1beta1.SchemeGroupVersion
	})
	g.VersionedResourcesStorageMap[v1beta1.SchemeGroupVersion.Version] = map[string]rest.Storage{
		"pods":  &podStorage{source: source},
		"nodes": &nodeStorage{source: source},
	}
	return &g
}

// readOnly is what both resources share.
type readOnly struct{}

func (readOnly) Destroy() {}

// podStorage serves PodMetrics.
type podStorage struct {
	readOnly
	source *Source
}

var (
	_ rest.Storage              = (*podStorage)(nil)
	_ rest.KindProvider         = (*podStorage)(nil)
	_ rest.Scoper               = (*podStorage)(nil)
	_ rest.Getter               = (*podStorage)(nil)
	_ rest.Lister               = (*podStorage)(nil)
	_ rest.SingularNameProvider = (*podStorage)(nil)
)

func (*podStorage) New() runtime.Object     { return &metrics.PodMetrics{} }
func (*podStorage) NewList() runtime.Object { return &metrics.PodMetricsList{} }
func (*podStorage) Kind() string            { return "PodMetrics" }
func (*podStorage) NamespaceScoped() bool   { return true }
func (*podStorage) GetSingularName() string { return "pod" }

// Get implements rest.Getter.
func (s *podStorage) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	f, err := s.source.Figures(ctx)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	namespace := genericapirequest.NamespaceValue(ctx)
	for _, p := range f.Pods {
		if p.Namespace == namespace && p.Name == name && len(p.Containers) > 0 {
			m := podMetrics(f, p)
			return &m, nil
		}
	}
	return nil, apierrors.NewNotFound(metrics.Resource("pods"), name)
}

// List implements rest.Lister. A pod without a measured container is left out:
// the autoscaler must not take it for an idle one.
func (s *podStorage) List(ctx context.Context, options *metainternal.ListOptions) (runtime.Object, error) {
	f, err := s.source.Figures(ctx)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	namespace := genericapirequest.NamespaceValue(ctx)
	match := selector(options)
	list := &metrics.PodMetricsList{}
	for _, p := range f.Pods {
		if len(p.Containers) == 0 || namespace != "" && p.Namespace != namespace || !match(p.Namespace, p.Name, p.Labels) {
			continue
		}
		list.Items = append(list.Items, podMetrics(f, p))
	}
	slices.SortFunc(list.Items, func(a, b metrics.PodMetrics) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

// nodeStorage serves NodeMetrics.
type nodeStorage struct {
	readOnly
	source *Source
}

var (
	_ rest.Storage              = (*nodeStorage)(nil)
	_ rest.KindProvider         = (*nodeStorage)(nil)
	_ rest.Scoper               = (*nodeStorage)(nil)
	_ rest.Getter               = (*nodeStorage)(nil)
	_ rest.Lister               = (*nodeStorage)(nil)
	_ rest.SingularNameProvider = (*nodeStorage)(nil)
)

func (*nodeStorage) New() runtime.Object     { return &metrics.NodeMetrics{} }
func (*nodeStorage) NewList() runtime.Object { return &metrics.NodeMetricsList{} }
func (*nodeStorage) Kind() string            { return "NodeMetrics" }
func (*nodeStorage) NamespaceScoped() bool   { return false }
func (*nodeStorage) GetSingularName() string { return "node" }

// Get implements rest.Getter.
func (s *nodeStorage) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	f, err := s.source.Figures(ctx)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	if f.Node.Name == "" || f.Node.Name != name {
		return nil, apierrors.NewNotFound(metrics.Resource("nodes"), name)
	}
	m := nodeMetrics(f)
	return &m, nil
}

// List implements rest.Lister.
func (s *nodeStorage) List(ctx context.Context, options *metainternal.ListOptions) (runtime.Object, error) {
	f, err := s.source.Figures(ctx)
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(err.Error())
	}
	list := &metrics.NodeMetricsList{}
	if f.Node.Name != "" && selector(options)("", f.Node.Name, f.Node.Labels) {
		list.Items = append(list.Items, nodeMetrics(f))
	}
	return list, nil
}

// selector says whether an object is wanted by the label and field selectors.
func selector(o *metainternal.ListOptions) func(namespace, name string, l map[string]string) bool {
	byLabel, byField := labels.Everything(), fields.Everything()
	if o != nil && o.LabelSelector != nil {
		byLabel = o.LabelSelector
	}
	if o != nil && o.FieldSelector != nil {
		byField = o.FieldSelector
	}
	return func(namespace, name string, l map[string]string) bool {
		return byLabel.Matches(labels.Set(l)) &&
			byField.Matches(fields.Set{"metadata.name": name, "metadata.namespace": namespace})
	}
}

func podMetrics(f Figures, p Pod) metrics.PodMetrics {
	m := metrics.PodMetrics{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name, Labels: p.Labels, CreationTimestamp: metav1.NewTime(f.Time)},
		Timestamp:  metav1.NewTime(f.Time),
		Window:     metav1.Duration{Duration: time.Duration(f.Window)},
	}
	for _, c := range p.Containers {
		m.Containers = append(m.Containers, metrics.ContainerMetrics{Name: c.Name, Usage: c.resources()})
	}
	return m
}

func nodeMetrics(f Figures) metrics.NodeMetrics {
	return metrics.NodeMetrics{
		ObjectMeta: metav1.ObjectMeta{Name: f.Node.Name, Labels: f.Node.Labels, CreationTimestamp: metav1.NewTime(f.Time)},
		Timestamp:  metav1.NewTime(f.Time),
		Window:     metav1.Duration{Duration: time.Duration(f.Window)},
		Usage:      f.Node.resources(),
	}
}

func (u Usage) resources() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewScaledQuantity(u.CPUNano, resource.Nano),
		corev1.ResourceMemory: *resource.NewQuantity(u.MemoryBytes, resource.BinarySI),
	}
}

package metricsapi

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/metrics/pkg/apis/metrics"
)

// ConvertToTable implements rest.TableConvertor: what kubectl get shows.
func (readOnly) ConvertToTable(_ context.Context, object, _ runtime.Object) (*metav1.Table, error) {
	t := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		{Name: "Name", Type: "string", Format: "name"},
		{Name: "CPU", Type: "string"},
		{Name: "Memory", Type: "string"},
		{Name: "Window", Type: "string"},
	}}
	pod := func(m *metrics.PodMetrics) {
		cpu, memory := &resource.Quantity{}, &resource.Quantity{}
		for _, c := range m.Containers {
			cpu.Add(c.Usage[corev1.ResourceCPU])
			memory.Add(c.Usage[corev1.ResourceMemory])
		}
		t.Rows = append(t.Rows, metav1.TableRow{
			Cells:  []any{m.Name, millicores(cpu), mebibytes(memory), m.Window.Duration.String()},
			Object: runtime.RawExtension{Object: m},
		})
	}
	node := func(m *metrics.NodeMetrics) {
		t.Rows = append(t.Rows, metav1.TableRow{
			Cells:  []any{m.Name, millicores(m.Usage.Cpu()), mebibytes(m.Usage.Memory()), m.Window.Duration.String()},
			Object: runtime.RawExtension{Object: m},
		})
	}
	switch o := object.(type) {
	case *metrics.PodMetrics:
		pod(o)
	case *metrics.PodMetricsList:
		t.ListMeta = o.ListMeta
		for i := range o.Items {
			pod(&o.Items[i])
		}
	case *metrics.NodeMetrics:
		node(o)
	case *metrics.NodeMetricsList:
		t.ListMeta = o.ListMeta
		for i := range o.Items {
			node(&o.Items[i])
		}
	}
	return t, nil
}

// millicores and mebibytes are the units of kubectl top.
func millicores(q *resource.Quantity) string { return fmt.Sprintf("%dm", q.MilliValue()) }

func mebibytes(q *resource.Quantity) string { return fmt.Sprintf("%dMi", q.Value()>>20) }

package environ

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
)

func optional(b *bool) bool   { return b != nil && *b }
func notFound(err error) bool { return apierrors.IsNotFound(err) }

// Field is a value of the pod by its path, as fieldRef and the downward API
// know them.
func Field(pod *corev1.Pod, path string) (string, error) {
	if kind, key, ok := subscript(path); ok {
		switch kind {
		case "metadata.labels":
			return pod.Labels[key], nil
		case "metadata.annotations":
			return pod.Annotations[key], nil
		}
	}
	switch path {
	case "metadata.name":
		return pod.Name, nil
	case "metadata.namespace":
		return pod.Namespace, nil
	case "metadata.uid":
		return string(pod.UID), nil
	case "metadata.labels":
		return pairs(pod.Labels), nil
	case "metadata.annotations":
		return pairs(pod.Annotations), nil
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.hostIP", "status.hostIPs":
		return pod.Status.HostIP, nil
	case "status.podIP", "status.podIPs":
		return pod.Status.PodIP, nil
	}
	return "", fmt.Errorf("field %q is not one of a pod that can be given", path)
}

// subscript splits metadata.labels['key'].
func subscript(path string) (kind, key string, ok bool) {
	kind, rest, ok := strings.Cut(path, "['")
	if !ok {
		return "", "", false
	}
	return kind, strings.TrimSuffix(rest, "']"), strings.HasSuffix(rest, "']")
}

func pairs(m map[string]string) string {
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		lines = append(lines, k+"="+strconv.Quote(m[k]))
	}
	return strings.Join(lines, "\n")
}

// Resource is a request or limit of a container. A limit that is not set is
// what the node has.
func Resource(pod *corev1.Pod, own *corev1.Container, node corev1.ResourceList, ref *corev1.ResourceFieldSelector) (string, error) {
	c := own
	if ref.ContainerName != "" && (own == nil || ref.ContainerName != own.Name) {
		all := append(slices.Clone(pod.Spec.InitContainers), pod.Spec.Containers...)
		i := slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == ref.ContainerName })
		if i < 0 {
			return "", fmt.Errorf("the pod has no container %q", ref.ContainerName)
		}
		c = &all[i]
	}
	if c == nil {
		return "", fmt.Errorf("resource %q names no container", ref.Resource)
	}
	kind, name, _ := strings.Cut(ref.Resource, ".")
	var amount resource.Quantity
	switch kind {
	case "limits":
		q, ok := c.Resources.Limits[corev1.ResourceName(name)]
		if !ok {
			q = node[corev1.ResourceName(name)]
		}
		amount = q
	case "requests":
		amount = c.Resources.Requests[corev1.ResourceName(name)]
	default:
		return "", fmt.Errorf("resource %q is neither limits nor requests", ref.Resource)
	}
	milli := amount.MilliValue()
	divisor := ref.Divisor.MilliValue()
	if divisor <= 0 {
		divisor = 1000
	}
	return strconv.FormatInt((milli+divisor-1)/divisor, 10), nil
}

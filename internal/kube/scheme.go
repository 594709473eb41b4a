package kube

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	v1 "paddock.dev/api/v1"
)

// NewScheme knows every kind that Paddock reads or writes: Kubernetes' own,
// Gateway API's, and paddock.dev/v1.
func NewScheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	for name, add := range map[string]func(*runtime.Scheme) error{
		"kubernetes":  clientscheme.AddToScheme,
		"gateway API": gatewayv1.Install,
		v1.Group:      v1.AddToScheme,
	} {
		if err := add(s); err != nil {
			return nil, fmt.Errorf("register the kinds of %s: %w", name, err)
		}
	}
	return s, nil
}

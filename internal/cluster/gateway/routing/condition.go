package routing

import (
	"net/netip"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// reason is a machine-readable word and a sentence. The zero value means that
// nothing is wrong.
type reason struct {
	word    gatewayv1.RouteConditionReason
	message string
}

func condition(kind string, ok bool, why, message string, generation int64) metav1.Condition {
	status := metav1.ConditionFalse
	if ok {
		status = metav1.ConditionTrue
	}
	return metav1.Condition{Type: kind, Status: status, Reason: why, Message: message, ObservedGeneration: generation}
}

func addressHost(address string) string {
	if a, err := netip.ParseAddrPort(address); err == nil {
		return a.Addr().String()
	}
	return ""
}

func decimal(n int32) string { return strconv.Itoa(int(n)) }

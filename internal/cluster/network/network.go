// Package network gives pods and Services addresses that processes of this host
// can bind and reach. It knows which address belongs to which pod and how to
// reach it from here; it does not know images, processes, routes or policies.
package network

import (
	"context"
	"net/netip"

	"k8s.io/apimachinery/pkg/types"
)

// PodRef names one pod incarnation: a pod that is deleted and made again under
// the same name has another UID, and gets another address.
type PodRef struct {
	Namespace, Name string
	UID             types.UID
}

// Address is where a pod is for the API and where its processes bind on this
// host.
type Address struct{ API, Bind netip.Addr }

// Network attaches pods. Implementations are safe for concurrent use.
type Network interface {
	// Level of isolation, such as "process".
	Level() string
	// Attach gives a pod its address. The same UID gets the same address, also
	// after a restart of the host process.
	Attach(ctx context.Context, pod PodRef) (Address, error)
	// Detach takes the address back. Detaching an unknown pod is not an error.
	Detach(ctx context.Context, pod PodRef) error
	// Local is the address that reaches a pod or Service address of the API from
	// this host. Other addresses come back unchanged.
	Local(api netip.Addr) netip.Addr
}

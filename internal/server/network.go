package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/store"
)

// addresses of a platform, chosen once and kept: objects in etcd refer to them.
type addresses struct {
	// Pods and Services are /16 ranges of 10/8 whose second octets no other
	// platform on this machine is likely to have: both are also bound in 127/8.
	Pods     netip.Prefix `json:"pods"`
	Services netip.Prefix `json:"services"`
	// APIServer is the port of the API server on 127.0.0.1, so that a kubeconfig
	// which somebody copied stays right.
	APIServer uint16 `json:"apiserver"`
}

// planAddresses reads the plan of this data directory, or makes it.
func planAddresses(l store.Layout) (addresses, error) {
	path := planFile(l)
	var a addresses
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &a); err != nil {
			return a, fmt.Errorf("read %s: %w", path, err)
		}
	case errors.Is(err, os.ErrNotExist):
		h := fnv.New32a()
		_, _ = h.Write([]byte(l.Dir()))
		n := h.Sum32()
		a.Pods = slash16(128 + byte(n%64))
		a.Services = slash16(192 + byte(n/64%63))
	default:
		return a, err
	}
	return a, nil
}

// keep writes the plan down.
func (a addresses) keep(l store.Layout) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return store.WriteFile(planFile(l), append(text, '\n'), 0o600)
}

func planFile(l store.Layout) string { return filepath.Join(l.Dir(), "network.json") }

func slash16(second byte) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, second, 0, 0}), 16)
}

// listen binds an address, or says which flag gives another.
func listen(what, flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, diag.Problem{
			Severity: diag.Error, ID: "address-in-use",
			Summary: fmt.Sprintf("The %s cannot listen on %s", what, address),
			Detail:  err.Error() + ".",
			Fix:     fmt.Sprintf("Stop what listens there, or choose another address: --%s 127.0.0.1:0 takes any free port.", flag),
		}
	}
	return l, nil
}

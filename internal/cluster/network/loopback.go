package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// restTime is how long an address is not given out again after its pod is
// gone: clients that still hold it must not reach a stranger.
const restTime = time.Minute

// LoopbackConfig of a loopback network.
type LoopbackConfig struct {
	// PodCIDR and ServiceCIDR are the ranges of the API, inside 10.0.0.0/8, not
	// overlapping each other or 10.0.0.0/16 (127.0.0.1 and its neighbours belong
	// to the host).
	PodCIDR, ServiceCIDR netip.Prefix
	// Path of the file that remembers which pod has which address.
	Path string
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Loopback is the network of isolation level "process": a pod whose address in
// the API is 10.A.B.C binds 127.A.B.C. On Linux all of 127.0.0.0/8 is local, so
// nothing has to be set up and no privilege is needed. macOS has 127.0.0.1 only
// and is not served. Nothing separates the pods: every process of the host can
// reach every pod.
type Loopback struct {
	cfg LoopbackConfig

	mu     sync.Mutex
	ledger *ledger
}

var _ Network = (*Loopback)(nil)

// NewLoopback reads what an earlier run has given out.
func NewLoopback(cfg LoopbackConfig) (*Loopback, error) {
	ten, host := netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/16")
	for name, p := range map[string]netip.Prefix{"pod": cfg.PodCIDR, "service": cfg.ServiceCIDR} {
		if !p.IsValid() || p.Bits() < ten.Bits() || !ten.Contains(p.Addr()) || p.Overlaps(host) || p.Bits() > 29 {
			return nil, fmt.Errorf("loopback network: the %s range %s is not a part of 10.0.0.0/8 apart from 10.0.0.0/16", name, p)
		}
	}
	if cfg.PodCIDR.Overlaps(cfg.ServiceCIDR) {
		return nil, fmt.Errorf("loopback network: the pod range %s and the service range %s overlap", cfg.PodCIDR, cfg.ServiceCIDR)
	}
	if cfg.Path == "" {
		return nil, errors.New("loopback network: no file to remember addresses in")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	l, err := openLedger(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("loopback network: %w", err)
	}
	return &Loopback{cfg: cfg, ledger: l}, nil
}

// Level implements Network.
func (l *Loopback) Level() string { return "process" }

// Attach implements Network. The address is on disk before it is returned.
func (l *Loopback) Attach(_ context.Context, pod PodRef) (Address, error) {
	if pod.UID == "" {
		return Address{}, fmt.Errorf("attach %s/%s: the pod has no UID", pod.Namespace, pod.Name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.ledger.find(pod.UID); e != nil && l.cfg.PodCIDR.Contains(e.Address) {
		if e.Released.IsZero() {
			return l.address(e.Address), nil
		}
		// It came back before its address was given to another.
		if err := l.ledger.change(func(next *ledger) { next.find(pod.UID).Released = time.Time{} }); err != nil {
			return Address{}, fmt.Errorf("attach %s/%s: %w", pod.Namespace, pod.Name, err)
		}
		return l.address(e.Address), nil
	}
	free, err := l.free()
	if err == nil {
		err = l.ledger.change(func(next *ledger) {
			now := l.cfg.Now()
			next.drop(func(e *entry) bool {
				return e.UID == pod.UID || e.Address == free || !e.Released.IsZero() && now.Sub(e.Released) >= restTime
			})
			next.Entries = append(next.Entries, entry{UID: pod.UID, Namespace: pod.Namespace, Name: pod.Name, Address: free})
			next.Last = free
		})
	}
	if err != nil {
		return Address{}, fmt.Errorf("attach %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return l.address(free), nil
}

// Detach implements Network.
func (l *Loopback) Detach(_ context.Context, pod PodRef) error {
	return l.release(func(e *entry) bool { return e.UID == pod.UID })
}

// Keep detaches every pod that is not in live: those that went away while
// nobody looked.
func (l *Loopback) Keep(live map[types.UID]bool) error {
	return l.release(func(e *entry) bool { return !live[e.UID] })
}

func (l *Loopback) release(which func(*entry) bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, found := l.cfg.Now().UTC(), false
	for i := range l.ledger.Entries {
		if e := &l.ledger.Entries[i]; e.Released.IsZero() && which(e) {
			found = true
		}
	}
	if !found {
		return nil
	}
	err := l.ledger.change(func(next *ledger) {
		for i := range next.Entries {
			if e := &next.Entries[i]; e.Released.IsZero() && which(e) {
				e.Released = now
			}
		}
	})
	if err != nil {
		return fmt.Errorf("release pod addresses: %w", err)
	}
	return nil
}

// free is the next address in turn that nobody has or had in the last minute.
func (l *Loopback) free() (netip.Addr, error) {
	now := l.cfg.Now()
	taken := make(map[netip.Addr]bool, len(l.ledger.Entries))
	for _, e := range l.ledger.Entries {
		// A clock that was set back must not free an address early.
		if rest := now.Sub(e.Released); e.Released.IsZero() || rest < restTime {
			taken[e.Address] = true
		}
	}
	cidr := l.cfg.PodCIDR.Masked()
	// The first two addresses name the range and its gateway by custom; the last
	// is its broadcast address.
	first, last := cidr.Addr().Next().Next(), lastOf(cidr)
	at := l.ledger.Last
	if !cidr.Contains(at) || at.Less(first) {
		at = first.Prev()
	}
	for range 1 << (32 - cidr.Bits()) {
		at = at.Next()
		if at == last || !cidr.Contains(at) {
			at = first
		}
		if !taken[at] {
			return at, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("no address of %s is free", cidr)
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(b)
}

func (l *Loopback) address(api netip.Addr) Address {
	return Address{API: api, Bind: l.Local(api)}
}

// Local implements Network.
func (l *Loopback) Local(api netip.Addr) netip.Addr {
	a := api.Unmap()
	if l.cfg.PodCIDR.Contains(a) || l.cfg.ServiceCIDR.Contains(a) {
		b := a.As4()
		b[0] = 127
		return netip.AddrFrom4(b)
	}
	return api
}

// API is the pod or Service address that an address of this host stands for:
// the opposite of Local.
func (l *Loopback) API(local netip.Addr) netip.Addr {
	a := local.Unmap()
	if !a.Is4() || a.As4()[0] != 127 {
		return a
	}
	b := a.As4()
	b[0] = 10
	if api := netip.AddrFrom4(b); l.cfg.PodCIDR.Contains(api) || l.cfg.ServiceCIDR.Contains(api) {
		return api
	}
	return a
}

package server

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/model"
)

// answerWithin bounds one question to a service at the start.
const answerWithin = time.Second

// answers asks a service at its own address, the way another service does, and
// reports whether every pod's turn came out well. Endpoints in the API follow
// the pods with a delay; only an answer proves that requests arrive.
func (r *run) answers(ctx context.Context, env string, s model.Service) bool {
	var svc corev1.Service
	if err := r.mgr.GetClient().Get(ctx, client.ObjectKey{Namespace: env, Name: s.Name}, &svc); err != nil {
		return false
	}
	ip, err := netip.ParseAddr(svc.Spec.ClusterIP)
	if err != nil {
		return false
	}
	address := net.JoinHostPort(r.network.Local(ip).String(), strconv.Itoa(s.Port))
	for range 2 * s.Scale.Min {
		if !answer(ctx, "http://"+address+s.Health.Ready) {
			return false
		}
	}
	return true
}

// answer is any answer of the service itself; the gateway's own are 502 to 504.
func answer(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode < http.StatusBadGateway || resp.StatusCode > http.StatusGatewayTimeout
}

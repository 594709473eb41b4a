// Package kubelet serves the part of the kubelet's HTTPS API that the API
// server needs of a node: logs, the list of pods and health. Only the API
// server and administrators of the cluster get in, by client certificate.
//
// It knows the protocol; pods and their logs it asks for.
package kubelet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"paddock.dev/internal/cluster/runtime/crilog"
)

// TLS is what the server shows and whom it trusts.
type TLS struct {
	Certificate tls.Certificate
	ClientCA    *x509.CertPool
}

// Pods is what the server asks of the node.
type Pods interface {
	Pods() []corev1.Pod
	Log(namespace, pod, container string, previous bool) (Log, error)
}

// Log is where a container's log is.
type Log struct {
	Path string
	Open *crilog.File // nil when the container has ended
}

// ErrNotFound is the answer for what is not on this node; its text is for the
// user.
type ErrNotFound struct{ Text string }

func (e *ErrNotFound) Error() string { return e.Text }

// Config is what a Server needs.
type Config struct {
	Listener net.Listener
	TLS      TLS
	Pods     Pods
	Logger   *slog.Logger
}

// Server is the API of one node.
type Server struct {
	cfg  Config
	http *http.Server
}

// New prepares the server.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	mux.HandleFunc("GET /pods", s.pods)
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", s.logs)
	for _, verb := range []string{"exec", "attach", "run", "portForward"} {
		mux.HandleFunc("/"+verb+"/", notYet(verb))
	}
	s.http = &http.Server{
		Handler:           admit(mux),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(cfg.Logger.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{cfg.TLS.Certificate},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    cfg.TLS.ClientCA,
		},
	}
	return s
}

// Run serves until ctx is done. Logs that are followed end with it.
func (s *Server) Run(ctx context.Context) error {
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	served := make(chan error, 1)
	go func() { served <- s.http.ServeTLS(s.cfg.Listener, "", "") }()
	select {
	case err := <-served:
		return fmt.Errorf("kubelet API: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.http.Shutdown(stop); err != nil {
		_ = s.http.Close()
	}
	<-served
	return nil
}

// admit lets in those who may read every log of the cluster anyway.
func admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			http.Error(w, "a client certificate of the cluster is needed", http.StatusUnauthorized)
			return
		}
		who := r.TLS.VerifiedChains[0][0].Subject
		if who.CommonName != "kube-apiserver-kubelet-client" && !slices.Contains(who.Organization, "system:masters") {
			http.Error(w, fmt.Sprintf("%q may not use the API of a node", who.CommonName), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func notYet(verb string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, verb+" is not supported by the node of the embedded cluster at isolation level process; "+
			"pods are processes of this host, so use the host's own tools (see kubectl describe pod for the container ID)", http.StatusNotImplemented)
	}
}

func (s *Server) pods(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	list := corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, Items: s.cfg.Pods.Pods()}
	_ = json.NewEncoder(w).Encode(list)
}

func (s *Server) logs(w http.ResponseWriter, r *http.Request) {
	options, follow, err := parseOptions(r, time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	previous, _ := strconv.ParseBool(r.FormValue("previous"))
	log, err := s.cfg.Pods.Log(r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container"), previous)
	var missing *ErrNotFound
	switch {
	case errors.As(err, &missing):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if follow {
		options.Follow = log.Open
	}
	w.Header().Set("Content-Type", "text/plain")
	answer := http.NewResponseController(w)
	flush := func() { _ = answer.Flush() }
	out := &counting{w: w}
	if err := crilog.Read(r.Context(), out, log.Path, options, flush); err != nil && r.Context().Err() == nil {
		if out.n == 0 {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s.cfg.Logger.Debug("log not sent to its end", "log", log.Path, "error", err)
	}
}

type counting struct {
	w http.ResponseWriter
	n int
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}

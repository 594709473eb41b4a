package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/pflag"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	apimachineryversion "k8s.io/apimachinery/pkg/version"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/util/notfoundhandler"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	cliflag "k8s.io/component-base/cli/flag"
	basecompatibility "k8s.io/component-base/compatibility"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	controlplaneapiserver "k8s.io/kubernetes/pkg/controlplane/apiserver"
	"k8s.io/metrics/pkg/apis/metrics"
	metricsinstall "k8s.io/metrics/pkg/apis/metrics/install"

	"paddock.dev/internal/cluster/controlplane/metricsapi"
	"paddock.dev/internal/cluster/pki"
)

const (
	// advertised must be some address that is not loopback. Nobody connects to
	// it (192.0.2.0/24 is reserved for documentation): the endpoint reconciler,
	// which would publish it, is off.
	advertised = "192.0.2.1"
	issuer     = "https://kubernetes.default.svc.cluster.local"
)

// server is an API server that is ready to run.
type server interface {
	Run(ctx context.Context) error
}

// newAPIServer builds the chain of extensions, Kubernetes and aggregator, as
// kube-apiserver does, with metrics.k8s.io added to the middle one.
func newAPIServer(ctx context.Context, cfg Config, keys *pki.Store, etcd string) (server, error) {
	o := options.NewServerRunOptions()
	port := cfg.Listener.Addr().(*net.TCPAddr).Port
	if err := parse("API server", o.Flags(), []string{
		"--etcd-servers=" + etcd,
		"--etcd-compaction-interval=5m",
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--advertise-address=" + advertised,
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=" + cfg.Services.Masked().String(),
		"--tls-cert-file=" + keys.File(pki.APIServer),
		"--tls-private-key-file=" + keys.File(pki.APIServer),
		"--client-ca-file=" + keys.AuthorityFile(),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--service-account-issuer=" + issuer,
		"--service-account-key-file=" + keys.ServiceAccountKeyFile(),
		"--service-account-signing-key-file=" + keys.ServiceAccountKeyFile(),
		"--requestheader-client-ca-file=" + keys.FrontProxyAuthorityFile(),
		"--requestheader-allowed-names=" + pki.FrontProxyClientName,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + keys.File(pki.FrontProxyClient),
		"--proxy-client-key-file=" + keys.File(pki.FrontProxyClient),
		"--kubelet-certificate-authority=" + keys.AuthorityFile(),
		"--kubelet-client-certificate=" + keys.File(pki.KubeletClient),
		"--kubelet-client-key=" + keys.File(pki.KubeletClient),
		"--kubelet-preferred-address-types=InternalIP",
		"--event-ttl=1h",
		"--profiling=false",
		// A stop must not wait for clients that are being stopped as well.
		"--shutdown-delay-duration=0s",
		"--shutdown-watch-termination-grace-period=0s",
	}); err != nil {
		return nil, err
	}
	o.SecureServing.Listener = cfg.Listener
	if err := o.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, fmt.Errorf("configure API server: %w", err)
	}
	// The server is its own client; warnings to itself help nobody.
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	informers, err := cache.NewInformerName("kube-apiserver")
	if err != nil {
		return nil, fmt.Errorf("configure API server: %w", err)
	}
	o.InformerName = informers
	completed, err := o.Complete(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure API server: %w", err)
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return nil, fmt.Errorf("configure API server: %w", utilerrors.NewAggregate(errs))
	}
	config, err := app.NewConfig(completed)
	if err != nil {
		return nil, fmt.Errorf("configure API server: %w", err)
	}
	version := kubernetesVersion{config.KubeAPIs.ControlPlane.Generic.EffectiveVersion}
	config.KubeAPIs.ControlPlane.Generic.EffectiveVersion = version
	config.ApiExtensions.GenericConfig.EffectiveVersion = version
	config.Aggregator.GenericConfig.EffectiveVersion = version

	c, err := config.Complete()
	if err != nil {
		return nil, fmt.Errorf("configure API server: %w", err)
	}
	notFound := notfoundhandler.New(c.KubeAPIs.ControlPlane.Generic.Serializer, genericapifilters.NoMuxAndDiscoveryIncompleteKey)
	extensions, err := c.ApiExtensions.New(genericapiserver.NewEmptyDelegateWithCustomHandler(notFound))
	if err != nil {
		return nil, fmt.Errorf("build extensions API: %w", err)
	}
	kube, err := c.KubeAPIs.New(extensions.GenericAPIServer)
	if err != nil {
		return nil, fmt.Errorf("build Kubernetes API: %w", err)
	}
	metricsinstall.Install(legacyscheme.Scheme)
	group := metricsapi.Group(metricsapi.NewSource(cfg.Figures, cfg.Now), legacyscheme.Scheme, legacyscheme.ParameterCodec, legacyscheme.Codecs)
	if err := kube.ControlPlane.GenericAPIServer.InstallAPIGroup(group); err != nil {
		return nil, fmt.Errorf("build metrics API: %w", err)
	}
	crds := c.ApiExtensions.GenericConfig.MergedResourceConfig.ResourceEnabled(apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions"))
	aggregator, err := controlplaneapiserver.CreateAggregatorServer(c.Aggregator, kube.ControlPlane.GenericAPIServer,
		extensions.Informers.Apiextensions().V1().CustomResourceDefinitions(), crds, priorities())
	if err != nil {
		return nil, fmt.Errorf("build aggregator: %w", err)
	}
	prepared, err := aggregator.PrepareRun()
	if err != nil {
		return nil, fmt.Errorf("prepare API server: %w", err)
	}
	return prepared, nil
}

// parse gives flags to a component. They are its stable interface; its option
// structs are not.
func parse(name string, sets cliflag.NamedFlagSets, args []string) error {
	fs := pflag.NewFlagSet(name, pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	for _, s := range sets.FlagSets {
		fs.AddFlagSet(s)
	}
	if err := fs.Parse(args); err != nil {
		return fmt.Errorf("configure %s: %w", name, err)
	}
	return nil
}

// priorities orders API groups for discovery. A group that is not in it is not
// served. The order decides only who owns a short name: pods must be core
// pods, not the pods of metrics.k8s.io.
func priorities() map[schema.GroupVersion]controlplaneapiserver.APIServicePriority {
	const core, apps, lowest = 18000, 17900, 1000
	byVersion := controlplaneapiserver.DefaultGenericAPIServicePriorities()
	next := int32(apps)
	last := ""
	rank := map[string]int32{}
	versions := legacyscheme.Scheme.PrioritizedVersionsAllGroups()
	for i, gv := range versions {
		if _, ok := byVersion[gv]; ok {
			continue
		}
		if gv.Group != last || i == 0 {
			last = gv.Group
			next -= 100
		}
		if _, ok := rank[gv.Group]; !ok {
			rank[gv.Group] = next
		}
		p := controlplaneapiserver.APIServicePriority{Group: rank[gv.Group], Version: int32(len(versions) - i)}
		switch gv.Group {
		case "":
			p.Group = core
		case "apps":
			p.Group = apps
		case metrics.GroupName:
			p.Group = lowest
		}
		byVersion[gv] = p
	}
	return byVersion
}

// kubernetesVersion answers /version with the release that is linked in. The
// value compiled into Kubernetes is a placeholder unless linker flags replace
// it, which a test binary does not have.
type kubernetesVersion struct {
	basecompatibility.EffectiveVersion
}

// Info implements basecompatibility.EffectiveVersion.
func (v kubernetesVersion) Info() *apimachineryversion.Info {
	info := *v.EffectiveVersion.Info()
	info.GitVersion = Version()
	info.GitCommit, info.GitTreeState = "", ""
	info.Major = fmt.Sprint(v.BinaryVersion().Major())
	info.Minor = fmt.Sprint(v.BinaryVersion().Minor())
	return &info
}

// Version is the version of Kubernetes that is linked in, such as v1.37.2.
func Version() string {
	const module, unknown = "k8s.io/kubernetes", "v1.37.2"
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	i := slices.IndexFunc(build.Deps, func(m *debug.Module) bool { return m.Path == module })
	if i < 0 {
		return unknown
	}
	return build.Deps[i].Version
}

// waitHealthy closes healthy when the API server says it is ready.
func waitHealthy(ctx context.Context, cfg Config, keys *pki.Store, healthy chan<- struct{}) error {
	security, err := keys.ClientTLS(pki.Admin)
	if err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: security}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+cfg.Listener.Addr().String()+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := client.Do(req); err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if err == nil && resp.StatusCode == http.StatusOK {
				close(healthy)
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("stopped before it was ready")
		case <-tick.C:
		}
	}
}

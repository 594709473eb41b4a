package controlplane

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/cache"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kcmoptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"

	"paddock.dev/internal/cluster/pki"
)

// controllers are all but those that have nothing to do here: there is no
// cloud, no attached disk, no pod range per node and no device.
var controllers = strings.Join([]string{
	"*",
	"-node-ipam-controller",
	"-persistentvolume-attach-detach-controller",
	"-persistentvolume-expander-controller",
	"-resourceclaim-controller",
	"-device-taint-eviction-controller",
}, ",")

// runControllerManager configures the controller manager while the API server
// starts, and runs it when that is healthy.
func runControllerManager(ctx context.Context, cfg Config, keys *pki.Store, healthy <-chan struct{}) error {
	kubeconfig, err := clientFile(keys, pki.ControllerManager, cfg.Listener.Addr().String())
	if err != nil {
		return err
	}
	o, err := kcmoptions.NewKubeControllerManagerOptions()
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	known, disabled, aliases := kcm.KnownControllers(), kcm.ControllersDisabledByDefault(), kcm.ControllerAliases()
	if err := parse("controller manager", o.Flags(known, disabled, aliases), []string{
		"--kubeconfig=" + kubeconfig,
		"--leader-elect=false",
		"--secure-port=0",
		"--profiling=false",
		"--controllers=" + controllers,
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + keys.ServiceAccountKeyFile(),
		"--root-ca-file=" + keys.AuthorityFile(),
		"--cluster-signing-cert-file=" + keys.AuthorityKeyFile(),
		"--cluster-signing-key-file=" + keys.AuthorityKeyFile(),
		"--allocate-node-cidrs=false",
		"--terminated-pod-gc-threshold=200",
		// One small machine: a load test of a minute must show the autoscaler at
		// work, so new pods count early. How often it looks is left alone: that
		// would be paid for by an idle machine.
		"--horizontal-pod-autoscaler-cpu-initialization-period=10s",
		"--horizontal-pod-autoscaler-initial-readiness-delay=5s",
		// The limits protect a shared API server. This one has one user.
		"--kube-api-qps=200",
		"--kube-api-burst=400",
	}); err != nil {
		return err
	}
	c, err := o.Config(ctx, known, disabled, aliases)
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	if !await(ctx, healthy) {
		return nil
	}
	return kcm.Run(ctx, c.Complete())
}

// runScheduler does the same for the scheduler.
func runScheduler(ctx context.Context, cfg Config, keys *pki.Store, healthy <-chan struct{}) error {
	kubeconfig, err := clientFile(keys, pki.Scheduler, cfg.Listener.Addr().String())
	if err != nil {
		return err
	}
	o := scheduleroptions.NewOptions()
	if err := parse("scheduler", *o.Flags, []string{
		"--kubeconfig=" + kubeconfig,
		"--leader-elect=false",
		"--secure-port=0",
		"--profiling=false",
		"--kube-api-qps=200",
		"--kube-api-burst=400",
	}); err != nil {
		return err
	}
	if o.InformerName, err = cache.NewInformerName("kube-scheduler"); err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	config, s, err := scheduler.Setup(ctx, o)
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	if !await(ctx, healthy) {
		return nil
	}
	if err := scheduler.Run(ctx, config, s); ctx.Err() == nil {
		return err
	}
	return nil // after a normal stop it returns an error all the same
}

// await says whether the API server became healthy before ctx was done.
func await(ctx context.Context, healthy <-chan struct{}) bool {
	select {
	case <-healthy:
		return true
	case <-ctx.Done():
		return false
	}
}

// clientFile writes the kubeconfig of a component, which takes no other form.
func clientFile(keys *pki.Store, id pki.Identity, address string) (string, error) {
	name := filepath.Join(filepath.Dir(keys.AuthorityFile()), string(id)+".kubeconfig")
	return name, keys.WriteKubeconfig(name, id, address, "paddock")
}

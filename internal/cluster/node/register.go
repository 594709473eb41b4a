package node

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	goruntime "runtime"
	"strconv"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	// hostIP is where the API server finds this node.
	hostIP = "127.0.0.1"
	// kubernetesVersion is the version whose behaviour the agent follows.
	kubernetesVersion = "v1.37.2"
	// isolationLabel tells the level of isolation of a node.
	isolationLabel = "paddock.dev/isolation"

	maxPods       = 250
	leaseSeconds  = 40
	leaseEvery    = 10 * time.Second
	statusEvery   = 5 * time.Minute
	lookEvery     = 10 * time.Second
	retryRegister = 500 * time.Millisecond
)

// capacity is what the machine has, with what was configured in its place.
func capacity(configured corev1.ResourceList) (corev1.ResourceList, error) {
	memory, err := machineMemory()
	if err != nil {
		return nil, fmt.Errorf("memory of the machine: %w", err)
	}
	all := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewQuantity(int64(goruntime.NumCPU()), resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(memory, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(maxPods, resource.DecimalSI),
	}
	for name, amount := range configured {
		all[name] = amount
	}
	return all, nil
}

func (a *Agent) labels() map[string]string {
	labels := map[string]string{
		corev1.LabelOSStable:   goruntime.GOOS,
		corev1.LabelArchStable: goruntime.GOARCH,
		corev1.LabelHostname:   a.cfg.Name,
		isolationLabel:         a.cfg.Runtime.Level(),
	}
	for k, v := range a.cfg.Labels {
		labels[k] = v
	}
	return labels
}

// keepNode registers the node and refreshes its status. It looks often, because
// a machine that slept longer than the lease lasts finds its node unreachable
// and tainted, and only a new status heals that; it writes seldom.
func (a *Agent) keepNode(ctx context.Context) error {
	var written time.Time
	for {
		now := time.Now()
		wrote, err := a.register(ctx, now.Sub(written) >= statusEvery)
		if wrote && err == nil {
			written = now
		}
		next := lookEvery
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			a.logger.Warn("node not registered", "error", err)
			next = retryRegister
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		}
	}
}

// register makes the node when it is missing, and its labels and status right.
// A status that says Ready is written again only when it is due.
func (a *Agent) register(ctx context.Context, due bool) (wrote bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	nodes := a.cfg.Client.CoreV1().Nodes()
	node, err := nodes.Get(ctx, a.cfg.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		node, err = nodes.Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: a.cfg.Name, Labels: a.labels()}}, metav1.CreateOptions{})
	}
	if err != nil {
		return false, err
	}
	for k, v := range a.labels() {
		if node.Labels[k] != v {
			patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": a.labels()}})
			if err != nil {
				return false, err
			}
			if node, err = nodes.Patch(ctx, a.cfg.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
				return false, err
			}
			break
		}
	}
	if !due && ready(node) {
		return false, nil
	}
	node.Status = a.status(node.Status)
	_, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return true, err
}

// ready reports whether the node is said to be ready, as we would say it.
func ready(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func (a *Agent) status(old corev1.NodeStatus) corev1.NodeStatus {
	s := *old.DeepCopy()
	s.Capacity, s.Allocatable = a.capacity, a.capacity
	s.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: hostIP}, {Type: corev1.NodeHostName, Address: a.cfg.Name}}
	s.DaemonEndpoints.KubeletEndpoint.Port = int32(a.listener.Addr().(*net.TCPAddr).Port)
	s.NodeInfo = nodeInfo(a.cfg.Runtime.Level())
	now := metav1.Now()
	for _, want := range []corev1.NodeCondition{
		{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasSufficientMemory", Message: "not measured at this level of isolation"},
		{Type: corev1.NodeDiskPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasNoDiskPressure", Message: "not measured at this level of isolation"},
		{Type: corev1.NodePIDPressure, Status: corev1.ConditionFalse, Reason: "KubeletHasSufficientPID", Message: "not measured at this level of isolation"},
		{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", Message: "runs pods at isolation level " + a.cfg.Runtime.Level()},
	} {
		want.LastHeartbeatTime, want.LastTransitionTime = now, now
		s.Conditions = setCondition(s.Conditions, want)
	}
	return s
}

func setCondition(all []corev1.NodeCondition, want corev1.NodeCondition) []corev1.NodeCondition {
	for i, c := range all {
		if c.Type == want.Type {
			if c.Status == want.Status {
				want.LastTransitionTime = c.LastTransitionTime
			}
			all[i] = want
			return all
		}
	}
	return append(all, want)
}

// keepLease says every ten seconds that the node lives.
func (a *Agent) keepLease(ctx context.Context) error {
	var lease *coordinationv1.Lease
	for {
		next := leaseEvery
		renewed, err := a.renew(ctx, lease)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			a.logger.Debug("lease not renewed", "error", err)
			renewed, next = nil, time.Second
		}
		lease = renewed
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		}
	}
}

// renew updates the lease; nil means that it has to be looked up first.
func (a *Agent) renew(ctx context.Context, lease *coordinationv1.Lease) (*coordinationv1.Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseEvery)
	defer cancel()
	leases := a.cfg.Client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	now := metav1.NowMicro()
	if lease == nil {
		found, err := leases.Get(ctx, a.cfg.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			seconds := int32(leaseSeconds)
			return leases.Create(ctx, &coordinationv1.Lease{
				ObjectMeta: metav1.ObjectMeta{Name: a.cfg.Name, Namespace: corev1.NamespaceNodeLease},
				Spec:       coordinationv1.LeaseSpec{HolderIdentity: &a.cfg.Name, LeaseDurationSeconds: &seconds, RenewTime: &now},
			}, metav1.CreateOptions{})
		}
		if err != nil {
			return nil, err
		}
		lease = found
	}
	lease = lease.DeepCopy()
	lease.Spec.RenewTime = &now
	return leases.Update(ctx, lease, metav1.UpdateOptions{})
}

func nodeInfo(level string) corev1.NodeSystemInfo {
	info := corev1.NodeSystemInfo{
		MachineID:               firstLine("/etc/machine-id"),
		BootID:                  firstLine("/proc/sys/kernel/random/boot_id"),
		KernelVersion:           kernelVersion(),
		OSImage:                 osImage(),
		ContainerRuntimeVersion: "paddock://" + level,
		KubeletVersion:          kubernetesVersion,
		OperatingSystem:         goruntime.GOOS,
		Architecture:            goruntime.GOARCH,
	}
	info.SystemUUID = info.MachineID
	return info
}

func firstLine(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return line
}

func osImage() string {
	file, err := os.Open("/etc/os-release")
	if err != nil {
		return goruntime.GOOS
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
			if plain, err := strconv.Unquote(v); err == nil {
				return plain
			}
			return v
		}
	}
	return goruntime.GOOS
}

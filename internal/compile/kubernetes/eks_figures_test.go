package kubernetes_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// kind are the objects of a kind that a chart brings, by name.
func (c cluster) kind(kind string) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, o := range only[*unstructured.Unstructured](c.objects) {
		if o.GetKind() == kind {
			all[o.GetName()] = o.Object["spec"].(map[string]any)
		}
	}
	return all
}

func (c cluster) platformPod(t *testing.T, namespace, name string) end {
	t.Helper()
	return end{namespace: namespace, namespaceLabels: c.namespaceLabels(t, namespace), labels: map[string]string{"app.kubernetes.io/name": name}}
}

// Every machine of a store that shows figures is asked by one cluster of its
// site, which reaches it; the pods of services never do.
func TestStoresAreWatched(t *testing.T) {
	w := kestrel(t)
	asked := map[string]int{}
	for _, c := range w.clusters {
		prometheus := c.platformPod(t, "monitoring", "prometheus")
		for name, spec := range c.kind("ScrapeConfig") {
			static, _ := spec["staticConfigs"].([]any)
			for _, s := range static {
				for _, target := range s.(map[string]any)["targets"].([]any) {
					at := netip.MustParseAddrPort(target.(string))
					asked[at.String()]++
					if !allows(c.policies, prometheus, outside(at.Addr()), int(at.Port())) {
						t.Errorf("%s: Prometheus does not reach %s of %s", c.Name(), at, name)
					}
					for _, s := range c.env.Services {
						if c.has(s) && allows(c.policies, c.pod(t, s.Name), outside(at.Addr()), int(at.Port())) {
							t.Errorf("%s: %s reaches the figures of %s", c.Name(), s.Name, name)
						}
					}
				}
			}
			if len(static) == 0 && spec["ec2SDConfigs"] == nil {
				t.Errorf("%s: %s asks nobody", c.Name(), name)
			}
		}
	}
	for _, site := range aws.Sites(w.target) {
		if len(site.Clusters()) == 0 {
			continue
		}
		for _, s := range site.Environment().Stores {
			for _, n := range site.Nodes(s.Name) {
				if want, got := 1, asked[netip.AddrPortFrom(n.Addr, 9100).String()]; n.Role != address.Balancer && got != want {
					t.Errorf("%s: %s of %s is asked %d times", site.Zone(), n.Addr, s.Name, got)
				}
			}
		}
	}
	if len(asked) < 100 {
		t.Errorf("only %d exporters are asked", len(asked))
	}
}

// Whatever an alert is about, one cluster of a site raises it, and no other: two
// would wake people twice, and one that does not run it would say that it is gone.
func TestEveryRuleHasOneCluster(t *testing.T) {
	w := kestrel(t)
	for _, site := range aws.Sites(w.target) {
		raised := map[string]int{}
		var configs kubernetes.Configs
		for _, s := range site.Environment().Services {
			configs.Rules = append(configs.Rules, kubernetes.Rules{Name: "service-" + s.Name, Service: s.Name, Groups: []any{}})
		}
		for _, s := range site.Environment().Stores {
			configs.Rules = append(configs.Rules, kubernetes.Rules{Name: "store-" + s.Name, Store: s.Name, Groups: []any{}})
		}
		for _, c := range w.clusters {
			if c.site.Zone() != site.Zone() {
				continue
			}
			for _, f := range c.Folders(configs) {
				for _, file := range f.Files {
					for _, o := range only[*unstructured.Unstructured](file.Objects) {
						if o.GetKind() == "PrometheusRule" {
							raised[o.GetName()]++
						}
					}
				}
			}
		}
		if len(site.Clusters()) == 0 {
			continue
		}
		for _, r := range configs.Rules {
			want := 1
			if s, ok := site.Environment().Store(r.Store); ok && (s.Managed() || site.Recovery() && !s.Recovery) {
				want = 0
			}
			if raised[r.Name] != want {
				t.Errorf("%s: %d clusters raise the alerts of %s", site.Zone(), raised[r.Name], r.Name)
			}
		}
	}
}

// What Prometheus asks inside the cluster it may reach, and it asks whatever has a
// port for it.
func TestPlatformPodsAreWatched(t *testing.T) {
	c := kestrel(t).clusters[0]
	prometheus := c.platformPod(t, "monitoring", "prometheus")
	monitored := map[string]bool{}
	for _, o := range only[*unstructured.Unstructured](c.objects) {
		if o.GetKind() != "PodMonitor" {
			continue
		}
		monitored[o.GetNamespace()+"/"+o.GetName()] = true
		spec := o.Object["spec"].(map[string]any)
		labels := map[string]string{}
		for k, v := range spec["selector"].(map[string]any)["matchLabels"].(map[string]any) {
			labels[k] = v.(string)
		}
		port := spec["podMetricsEndpoints"].([]any)[0].(map[string]any)["portNumber"].(int64)
		to := end{namespace: o.GetNamespace(), namespaceLabels: c.namespaceLabels(t, o.GetNamespace()), labels: labels}
		if labels["k8s-app"] == "aws-node" { // it shares the network of its node
			v, _ := c.site.VPC(c.segment)
			for _, s := range v.Subnets {
				if s.Purpose == address.Pods {
					to = outside(s.CIDR.Addr().Next())
				}
			}
		}
		if !allows(c.policies, prometheus, to, int(port)) {
			t.Errorf("Prometheus does not reach %s/%s", o.GetNamespace(), o.GetName())
		}
	}
	for _, want := range []string{"logging/fluent-bit", "monitoring/traces-gateway", "cert-manager/controller", "karpenter/karpenter", "kube-system/network", "external-secrets/controller"} {
		if !monitored[want] {
			t.Errorf("nobody asks %s", want)
		}
	}
}

// Alerts leave the cluster by topics and, where people are chatted to or paged,
// by the internet; logs go to S3 in every region.
func TestTheWaysOut(t *testing.T) {
	w := kestrel(t)
	public := outside(netip.MustParseAddr("93.184.216.34"))
	for _, c := range w.clusters {
		for name, namespace := range map[string]string{"alertmanager": "monitoring", "fluent-bit": "logging"} {
			if !allows(c.policies, c.platformPod(t, namespace, name), public, 443) {
				t.Errorf("%s: %s does not get out", c.Name(), name)
			}
		}
		if allows(c.policies, c.platformPod(t, "monitoring", "prometheus"), public, 443) {
			t.Errorf("%s: Prometheus gets out", c.Name())
		}
		secrets := c.site.AlertSecrets()
		if _, pages := secrets["pagerduty"]; pages != (c.env.Stage == model.Production) || secrets["slack-url"] == "" {
			t.Errorf("%s: %v", c.Name(), secrets)
		}
		if (c.site.LogHost() == "") != c.site.Recovery() || (c.site.LogGroup(c.segment) == "") == c.site.Recovery() {
			t.Errorf("%s: logs go to %q and %q", c.Name(), c.site.LogHost(), c.site.LogGroup(c.segment))
		}
		if !slices.Contains(c.Namespaces(), c.env.Name) || slices.Contains(c.Namespaces(), "logging") || !strings.Contains(c.site.LogArchive(), c.site.Region()) {
			t.Errorf("%s: %v go to %s", c.Name(), c.Namespaces(), c.site.LogArchive())
		}
	}
}

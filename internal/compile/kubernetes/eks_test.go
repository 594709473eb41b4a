package kubernetes_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	podsecurity "k8s.io/pod-security-admission/api"
	podpolicy "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

// world is the example company's platform and the objects of its clusters.
type world struct {
	platform *model.Platform
	target   aws.Target
	clusters []cluster
}

type cluster struct {
	kubernetes.EKS
	site     aws.Site
	segment  string
	env      model.Environment
	objects  []client.Object
	policies []*networkingv1.NetworkPolicy
}

func kestrel(t testing.TB) world {
	t.Helper()
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	return worldOf(t, p)
}

func worldOf(t testing.TB, p *model.Platform) world {
	t.Helper()
	plan, conflicts := address.Of(p)
	if len(conflicts) > 0 {
		t.Fatal(conflicts)
	}
	w := world{platform: p, target: aws.Target{Platform: p, Graphs: graph.All(p), Addresses: plan}}
	all := kubernetes.OnAWS(w.target)
	i := 0
	for _, s := range aws.Sites(w.target) {
		for _, cl := range s.Clusters() {
			c := cluster{EKS: all[i], site: s, segment: cl.Segment, env: s.Environment()}
			for _, f := range c.Folders(kubernetes.Configs{}) {
				for _, file := range f.Files {
					c.objects = append(c.objects, file.Objects...)
				}
			}
			c.policies = only[*networkingv1.NetworkPolicy](c.objects)
			w.clusters = append(w.clusters, c)
			i++
		}
	}
	if i != len(all) || i == 0 {
		t.Fatalf("%d clusters of %d", i, len(all))
	}
	return w
}

func only[T client.Object](objects []client.Object) []T {
	var found []T
	for _, o := range objects {
		if typed, ok := o.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

func named[T client.Object](objects []client.Object, namespace, name string) (T, bool) {
	for _, o := range only[T](objects) {
		if o.GetNamespace() == namespace && o.GetName() == name {
			return o, true
		}
	}
	var none T
	return none, false
}

func (c cluster) has(s model.Service) bool {
	return s.Segment == c.segment && s.Runtime != model.EC2
}

// pod is any pod of a service, with the labels that its workload gives it.
func (c cluster) pod(t testing.TB, service string) end {
	t.Helper()
	e := end{namespace: c.env.Name, namespaceLabels: c.namespaceLabels(t, c.env.Name)}
	if d, ok := named[*appsv1.Deployment](c.objects, c.env.Name, service); ok {
		e.labels = d.Spec.Template.Labels
	} else if j, ok := named[*batchv1.CronJob](c.objects, c.env.Name, service); ok {
		e.labels = j.Spec.JobTemplate.Spec.Template.Labels
	} else {
		t.Fatalf("%s has no workload in %s", service, c.Name())
	}
	return e
}

func (c cluster) namespaceLabels(t testing.TB, name string) map[string]string {
	t.Helper()
	ns, ok := named[*corev1.Namespace](c.objects, "", name)
	if !ok {
		t.Fatalf("%s has no namespace %s", c.Name(), name)
	}
	all := map[string]string{corev1.LabelMetadataName: name}
	for k, v := range ns.Labels {
		all[k] = v
	}
	return all
}

func outside(a netip.Addr) end { return end{addr: a} }

// declared reports whether the file lets a service dial a port of another thing.
func declared(s model.Service, kind model.UseKind, name string, port int) bool {
	return slices.ContainsFunc(s.Edges, func(u model.Use) bool {
		return u.Kind == kind && u.Name == name && slices.Contains(u.Ports, port)
	})
}

// Over all pairs: a connection is possible exactly when the file declares it.
func TestEdges(t *testing.T) {
	w := kestrel(t)
	var open, closed int
	check := func(c cluster, what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s is possible: %v; declared: %v", c.Name(), what, got, want)
		}
		if got {
			open++
		} else {
			closed++
		}
	}
	for _, c := range w.clusters {
		for _, from := range c.env.Services {
			if !c.has(from) {
				continue
			}
			pod := c.pod(t, from.Name)
			for _, to := range c.env.Services {
				for _, port := range to.AllPorts() {
					what := fmt.Sprintf("%s -> %s:%d", from.Name, to.Name, port)
					want := declared(from, model.UsesService, to.Name, port)
					if c.has(to) {
						if from.Name != to.Name {
							check(c, what, allows(c.policies, pod, c.pod(t, to.Name), port), want)
						}
						continue
					}
					for _, a := range c.site.Balancer(to) {
						check(c, what, allows(c.policies, pod, outside(a), port), want)
					}
				}
			}
			for _, store := range c.env.Stores {
				if store.Engine == model.S3 || store.Engine == model.SQS {
					continue
				}
				for _, port := range store.Ports() {
					for _, a := range doors(t, c, store) {
						what := fmt.Sprintf("%s -> %s:%d (%s)", from.Name, store.Name, port, a)
						check(c, what, allows(c.policies, pod, outside(a), port), declared(from, model.UsesStore, store.Name, port) || sharedDoor(c, from, store, port))
					}
				}
			}
		}
	}
	if open < 200 || closed < 1000 {
		t.Errorf("only %d open and %d closed pairs were tried", open, closed)
	}
}

// doors are the addresses at which a store answers clients.
func doors(t *testing.T, c cluster, s model.Store) []netip.Addr {
	t.Helper()
	var all []netip.Addr
	for _, n := range c.site.Nodes(s.Name) {
		if s.Engine == model.SingleStore && n.Role == address.Member || s.Engine != model.SingleStore && n.Role != address.Member {
			continue
		}
		all = append(all, n.Addr)
	}
	if s.Managed() {
		v, _ := c.site.VPC(s.Segment)
		for _, sub := range v.Subnets {
			if sub.Purpose == address.Data {
				all = append(all, sub.CIDR.Addr().Next().Next().Next().Next().Next())
			}
		}
	}
	return all
}

// sharedDoor reports whether a service uses another store of the same port that
// AWS runs in the same subnets: there only security groups tell them apart.
func sharedDoor(c cluster, s model.Service, store model.Store, port int) bool {
	return store.Managed() && slices.ContainsFunc(c.env.Stores, func(other model.Store) bool {
		return other.Managed() && other.Engine != model.S3 && other.Engine != model.SQS && other.Segment == store.Segment && declared(s, model.UsesStore, other.Name, port)
	})
}

func TestNeverStatementsHold(t *testing.T) {
	w := kestrel(t)
	for _, n := range []struct{ from, to string }{
		{"web-bff", "payments"}, {"fleet", "payments"}, {"ops-console", "mongo-core"}, {"search", "mongo-core"}, {"notifications", "singlestore"}, {"data-export", "mongo-pci"},
	} {
		for _, c := range w.clusters {
			from, ok := c.env.Service(n.from)
			if !ok || !c.has(from) {
				continue
			}
			var targets []end
			var ports []int
			if to, ok := c.env.Service(n.to); ok {
				ports = to.AllPorts()
				if c.has(to) {
					targets = append(targets, c.pod(t, to.Name))
				} else {
					for _, a := range c.site.Balancer(to) {
						targets = append(targets, outside(a))
					}
				}
			} else if store, ok := c.env.Store(n.to); ok {
				ports = store.Ports()
				for _, a := range doors(t, c, store) {
					targets = append(targets, outside(a))
				}
			}
			for _, to := range targets {
				for _, port := range ports {
					if allows(c.policies, c.pod(t, n.from), to, port) {
						t.Errorf("%s: %s reaches %s on %d", c.Name(), n.from, n.to, port)
					}
				}
			}
		}
	}
}

func TestSurroundings(t *testing.T) {
	w := kestrel(t)
	public := outside(netip.MustParseAddr("93.184.216.34"))
	private := outside(netip.MustParseAddr("10.99.1.1"))
	for _, c := range w.clusters {
		v, _ := c.site.VPC(c.segment)
		dns := end{namespace: "kube-system", namespaceLabels: c.namespaceLabels(t, "kube-system"), labels: map[string]string{"k8s-app": "kube-dns"}}
		prometheus := end{namespace: "monitoring", namespaceLabels: c.namespaceLabels(t, "monitoring"), labels: map[string]string{"app.kubernetes.io/name": "prometheus"}}
		collector := end{namespace: "monitoring", namespaceLabels: c.namespaceLabels(t, "monitoring"), labels: map[string]string{"app.kubernetes.io/name": "otel-agent"}}
		agent := outside(netip.MustParseAddr("169.254.170.23"))
		for _, s := range c.env.Services {
			if !c.has(s) {
				continue
			}
			pod := c.pod(t, s.Name)
			for _, want := range []struct {
				what     string
				got, yes bool
			}{
				{"names over UDP", allowsProtocol(c.policies, pod, dns, corev1.ProtocolUDP, 53), true},
				{"names over TCP", allows(c.policies, pod, dns, 53), true},
				{"credentials", allows(c.policies, pod, agent, 80), true},
				{"the node's role", allows(c.policies, pod, outside(netip.MustParseAddr("169.254.169.254")), 80), false},
				{"the collector", allows(c.policies, pod, collector, 4317), true},
				{"Prometheus' questions", allows(c.policies, prometheus, pod, 9464), true},
				{"other questions of Prometheus", allows(c.policies, prometheus, pod, 8443), false},
				{"Kubernetes' API", allows(c.policies, pod, outside(apiAddress(c)), 443), false},
				{"the internet", allows(c.policies, pod, public, 443), len(s.Egress) > 0 || s.Name == "data-export"},
				{"the internet in the clear", allows(c.policies, pod, public, 80), false},
				{"private addresses of others", allows(c.policies, pod, private, 443), false},
			} {
				if want.got != want.yes {
					t.Errorf("%s: %s and %s: %v", c.Name(), s.Name, want.what, want.got)
				}
			}
			for _, sub := range v.Subnets {
				if sub.Purpose == address.Balancers && s.Port != 0 {
					if got := allows(c.policies, outside(sub.CIDR.Addr().Next()), pod, s.Port); got != (c.site.Balanced(s) && s.Schedule == nil) {
						t.Errorf("%s: load balancer to %s: %v", c.Name(), s.Name, got)
					}
				}
			}
		}
	}
}

func apiAddress(c cluster) netip.Addr { return c.site.Clusters()[0].Services.Addr().Next() }

// Every pod of the platform is selected by policies, and reaches what it cannot
// start without.
func TestPlatformStarts(t *testing.T) {
	c := kestrel(t).clusters[0]
	cl := c.site.Clusters()[0]
	v, _ := c.site.VPC(c.segment)
	api, control := outside(cl.Services.Addr().Next()), end{}
	for _, sub := range v.Subnets {
		if sub.Purpose == address.ControlPlane {
			control = outside(sub.CIDR.Addr().Next())
		}
	}
	endpoint := outside(c.site.EndpointSubnets(v)[0].CIDR.Addr().Next())
	for _, p := range []struct {
		namespace, label, name string
		webhook                int
		aws                    bool
	}{
		{"kube-system", "k8s-app", "kube-dns", 0, false},
		{"kube-system", "app.kubernetes.io/name", "metrics-server", 10251, false},
		{"kube-system", "app", "ebs-csi-controller", 0, true},
		{"kube-system", "app.kubernetes.io/name", "aws-load-balancer-controller", 9443, true},
		{"karpenter", "app.kubernetes.io/name", "karpenter", 0, true},
		{"cert-manager", "app.kubernetes.io/name", "webhook", 10250, false},
		{"cert-manager", "app.kubernetes.io/name", "aws-privateca-issuer", 0, true},
		{"external-secrets", "app.kubernetes.io/name", "external-secrets", 0, true},
		{"external-secrets", "app.kubernetes.io/name", "external-secrets-webhook", 10250, false},
		{"monitoring", "app.kubernetes.io/name", "prometheus", 0, true}, // which machines there are beside it
		{"monitoring", "app.kubernetes.io/name", "prometheus-adapter", 6443, false},
		{"logging", "app.kubernetes.io/name", "fluent-bit", 0, true},
		{"monitoring", "app.kubernetes.io/name", "otel-agent", 0, false},
	} {
		pod := end{namespace: p.namespace, namespaceLabels: c.namespaceLabels(t, p.namespace), labels: map[string]string{p.label: p.name}}
		dns := end{namespace: "kube-system", namespaceLabels: c.namespaceLabels(t, "kube-system"), labels: map[string]string{"k8s-app": "kube-dns"}}
		if !allows(c.policies, pod, api, 443) || !allows(c.policies, pod, control, 443) {
			t.Errorf("%s does not reach the API", p.name)
		}
		if !allowsProtocol(c.policies, pod, dns, corev1.ProtocolUDP, 53) {
			t.Errorf("%s cannot ask for names", p.name)
		}
		if p.webhook != 0 && !allows(c.policies, control, pod, p.webhook) {
			t.Errorf("the API does not reach the webhook of %s", p.name)
		}
		if got := allows(c.policies, pod, endpoint, 443); got != p.aws {
			t.Errorf("%s reaches AWS: %v", p.name, got)
		}
		if allows(c.policies, pod, outside(netip.MustParseAddr("8.8.8.8")), 53) {
			t.Errorf("%s asks strangers for names", p.name)
		}
	}
	for _, ns := range only[*corev1.Namespace](c.objects) {
		deny, ok := named[*networkingv1.NetworkPolicy](c.objects, ns.Name, "default-deny")
		if !ok || len(deny.Spec.PolicyTypes) != 2 || len(deny.Spec.Ingress)+len(deny.Spec.Egress) != 0 {
			t.Errorf("namespace %s is not closed", ns.Name)
		}
	}
	for _, p := range c.policies {
		for _, r := range p.Spec.Ingress {
			if len(r.From) == 0 || len(r.Ports) == 0 {
				t.Errorf("%s/%s lets everybody in or all ports", p.Namespace, p.Name)
			}
		}
		combinations := 0
		for _, r := range p.Spec.Egress {
			combinations = max(combinations, len(r.Ports))
			if len(r.To) == 0 || len(r.Ports) == 0 {
				t.Errorf("%s/%s lets everything out", p.Namespace, p.Name)
			}
		}
		if combinations > 24 { // "Kubernetes network policies", Amazon EKS User Guide
			t.Errorf("%s/%s has %d ports for a selector", p.Namespace, p.Name, combinations)
		}
	}
}

func TestPortsAreTheSameEverywhere(t *testing.T) {
	for _, c := range kestrel(t).clusters {
		for _, s := range only[*corev1.Service](c.objects) {
			if s.Namespace != c.env.Name {
				continue
			}
			d, ok := named[*appsv1.Deployment](c.objects, s.Namespace, s.Name)
			if !ok || s.Spec.Type != corev1.ServiceTypeClusterIP {
				t.Fatalf("%s: Service %s", c.Name(), s.Name)
			}
			for _, p := range s.Spec.Ports {
				if p.TargetPort.IntVal != p.Port || !slices.ContainsFunc(d.Spec.Template.Spec.Containers[0].Ports, func(x corev1.ContainerPort) bool {
					return x.Name == p.Name && x.ContainerPort == p.Port
				}) {
					t.Errorf("%s: port %s of %s differs from its pods'", c.Name(), p.Name, s.Name)
				}
			}
		}
		for _, u := range only[*unstructured.Unstructured](c.objects) {
			if u.GetKind() != "TargetGroupBinding" {
				continue
			}
			service, _, _ := unstructured.NestedString(u.Object, "spec", "serviceRef", "name")
			port, _, _ := unstructured.NestedInt64(u.Object, "spec", "serviceRef", "port")
			group, _, _ := unstructured.NestedString(u.Object, "spec", "targetGroupName")
			_, networking, _ := unstructured.NestedFieldNoCopy(u.Object, "spec", "networking")
			s, ok := named[*corev1.Service](c.objects, u.GetNamespace(), service)
			if !ok || !slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return int64(p.Port) == port }) || len(group) > 32 || networking {
				t.Errorf("%s: binding %s: %v", c.Name(), u.GetName(), u.Object["spec"])
			}
		}
	}
}

// The names of bindings are those that Terraform gives.
func TestTargetGroupsExist(t *testing.T) {
	w := kestrel(t)
	prefixes := map[string]bool{}
	for _, r := range aws.Roots(w.target) {
		for _, m := range r.Modules {
			if m.Source != "service-balancer" {
				continue
			}
			var prefix string
			var ports aws.Object
			for _, a := range m.Args {
				switch a.Key {
				case "target_prefix":
					prefix = string(a.Value.(aws.String))
				case "ports":
					ports = a.Value.(aws.Object)
				}
			}
			for _, p := range ports {
				prefixes[fmt.Sprintf("%s-%s %d", prefix, p.Key, p.Value)] = true
			}
		}
	}
	bound := 0
	for _, c := range w.clusters {
		for _, u := range only[*unstructured.Unstructured](c.objects) {
			if u.GetKind() != "TargetGroupBinding" {
				continue
			}
			group, _, _ := unstructured.NestedString(u.Object, "spec", "targetGroupName")
			port, _, _ := unstructured.NestedInt64(u.Object, "spec", "serviceRef", "port")
			if !prefixes[fmt.Sprintf("%s %d", group, port)] {
				t.Errorf("%s: Terraform makes no target group %s on %d", c.Name(), group, port)
			}
			bound++
		}
	}
	if bound < 20 {
		t.Errorf("only %d bindings", bound)
	}
}

func TestScale(t *testing.T) {
	for _, c := range kestrel(t).clusters {
		hard := corev1.ResourceList{}
		for _, q := range only[*corev1.ResourceQuota](c.objects) {
			hard = q.Spec.Hard
		}
		var cpu, memory int64
		for _, s := range c.env.Services {
			if !c.has(s) {
				continue
			}
			cpu += int64(s.Scale.Max) * s.Size.CPUMilli
			memory += int64(s.Scale.Max) * s.Size.MemoryBytes
			d, always := named[*appsv1.Deployment](c.objects, c.env.Name, s.Name)
			h, grows := named[*autoscalingv2.HorizontalPodAutoscaler](c.objects, c.env.Name, s.Name)
			if !always {
				continue
			}
			if grows == (d.Spec.Replicas != nil) {
				t.Errorf("%s: %s has replicas %v beside an autoscaler: %v", c.Name(), s.Name, d.Spec.Replicas, grows)
			}
			if !grows {
				continue
			}
			if len(h.Spec.Metrics) == 0 || *h.Spec.MinReplicas > h.Spec.MaxReplicas || int(h.Spec.MaxReplicas) != s.Scale.Max {
				t.Errorf("%s: autoscaler of %s: %+v", c.Name(), s.Name, h.Spec)
			}
			b, ok := named[*policyv1.PodDisruptionBudget](c.objects, c.env.Name, s.Name)
			if n := b.Spec.MaxUnavailable.IntValue(); !ok || n < 1 || *h.Spec.MinReplicas > 1 && n >= int(*h.Spec.MinReplicas) {
				t.Errorf("%s: %s may lose %d of %d pods", c.Name(), s.Name, n, *h.Spec.MinReplicas)
			}
		}
		gotCPU, gotMemory := hard.Name("requests.cpu", resource.DecimalSI), hard.Name("requests.memory", resource.BinarySI)
		if gotCPU.MilliValue() < cpu*5/4 || gotCPU.MilliValue() > cpu*5/4+1000 || gotMemory.Value() < memory*5/4 || gotMemory.Value() > memory*5/4+(1<<30) {
			t.Errorf("%s: quota %s and %s for %dm and %d", c.Name(), gotCPU, gotMemory, cpu, memory)
		}
		for _, u := range only[*unstructured.Unstructured](c.objects) {
			if u.GetKind() != "NodePool" {
				continue
			}
			most, _, _ := unstructured.NestedString(u.Object, "spec", "limits", "cpu")
			if q := resource.MustParse(most); q.Cmp(*gotCPU) < 0 {
				t.Errorf("%s: nodes for %s, quota %s", c.Name(), most, gotCPU)
			}
		}
	}
}

// The judge of the API server itself finds every pod restricted.
func TestPodsAreRestricted(t *testing.T) {
	judge, err := podpolicy.NewEvaluator(podpolicy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pods := 0
	for _, c := range kestrel(t).clusters {
		try := func(name string, template corev1.PodTemplateSpec) {
			pods++
			for _, r := range judge.EvaluatePod(podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}, &template.ObjectMeta, &template.Spec) {
				if !r.Allowed {
					t.Errorf("%s: %s: %s: %s", c.Name(), name, r.ForbiddenReason, r.ForbiddenDetail)
				}
			}
			for _, container := range template.Spec.Containers {
				if !strings.HasSuffix(container.Image, "@"+kubernetes.NoDigest) || !*container.SecurityContext.ReadOnlyRootFilesystem || *template.Spec.AutomountServiceAccountToken || *template.Spec.EnableServiceLinks {
					t.Errorf("%s: %s: %+v", c.Name(), name, container)
				}
			}
			if template.Spec.ServiceAccountName != template.Labels["paddock.dev/service"] || !strings.HasPrefix(template.Spec.PriorityClassName, "tier") {
				t.Errorf("%s: %s: %s %s", c.Name(), name, template.Spec.ServiceAccountName, template.Spec.PriorityClassName)
			}
		}
		for _, d := range only[*appsv1.Deployment](c.objects) {
			try(d.Name, d.Spec.Template)
			p := d.Spec.Template.Spec.Containers[0]
			sleep := p.Lifecycle.PreStop.Sleep.Seconds
			if sleep <= 30 || *d.Spec.Template.Spec.TerminationGracePeriodSeconds <= sleep+30 {
				t.Errorf("%s: %s drains for %d s", c.Name(), d.Name, sleep)
			}
		}
		for _, j := range only[*batchv1.CronJob](c.objects) {
			try(j.Name, j.Spec.JobTemplate.Spec.Template)
			if j.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent || j.Spec.JobTemplate.Spec.ActiveDeadlineSeconds == nil || j.Spec.JobTemplate.Spec.TTLSecondsAfterFinished == nil {
				t.Errorf("%s: %s may run for ever", c.Name(), j.Name)
			}
		}
	}
	if pods < 60 {
		t.Errorf("only %d pods", pods)
	}
}

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"paddock.dev/internal/store"
)

// Stock kubectl, built from Kubernetes' own source, works on a platform; pods
// roll under traffic without a failed request; the real autoscaler scales.
func TestKubectl(t *testing.T) {
	if os.Getenv("PADDOCK_TEST_ALL") == "" {
		t.Skip("building kubectl takes a minute; PADDOCK_TEST_ALL=1 does it")
	}
	kubectl := filepath.Join(t.TempDir(), "kubectl")
	if out, err := exec.Command("go", "build", "-ldflags", "-X k8s.io/component-base/version.gitVersion=v1.37.2", "-o", kubectl, "k8s.io/kubernetes/cmd/kubectl").CombinedOutput(); err != nil {
		t.Fatalf("build kubectl: %v\n%s", err, out)
	}
	p := newPlatform(t, "testdata/shop", "shop")
	replace(t, p.file, "scale: { replicas: 1 }\n    size: { cpu: 50m, memory: 64Mi }\n    objective", "scale: { replicas: 1..3, cpu: 30% }\n    size: { cpu: 10m, memory: 64Mi }\n    objective")
	p.up()

	run := func(args ...string) (string, error) {
		cmd := exec.Command(kubectl, append([]string{"--kubeconfig", store.At(p.data, p.name).Kubeconfig(), "--request-timeout=60s"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return string(out), nil
	}
	want := func(text string, args ...string) {
		t.Helper()
		p.eventually("kubectl "+strings.Join(args, " ")+" says "+text, 30*time.Second, func() error {
			out, err := run(args...)
			if err == nil && !strings.Contains(out, text) {
				err = fmt.Errorf("it says\n%s", out)
			}
			return err
		})
	}
	want("Server Version: v1.37", "version")
	want("Ready", "get", "nodes")
	want("shop-1-0-0", "get", "deployments,pods,services,hpa,pdb,networkpolicies,httproutes", "-n", "prod")
	want("Succeeded", "get", "rollouts,releases,builds", "-n", "paddock-system")
	want("Started container", "describe", "pods", "-n", "prod", "-l", "paddock.dev/service=shop")
	want("shop listens on", "logs", "-n", "prod", "deploy/shop-1-0-0")
	want("shop", "top", "pods", "-n", "prod")
	want("registry.paddock.internal/shop@sha256:", "get", "deploy", "shop-1-0-0", "-n", "prod", "-o", "jsonpath={.spec.template.spec.containers[0].image}")

	t.Log("anything may be applied, and deleted")
	manifest := filepath.Join(t.TempDir(), "own.yaml")
	image, err := run("get", "deploy", "stock-1-0-0", "-n", "prod", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
	if err != nil {
		t.Fatal(err)
	}
	own := `apiVersion: apps/v1
kind: Deployment
metadata: { name: own, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: own } }
  template:
    metadata: { labels: { app: own } }
    spec:
      containers:
      - name: own
        image: ` + image + `
        env: [{ name: PORT, value: "9090" }]
        readinessProbe: { httpGet: { path: /healthz, port: 9090 }, periodSeconds: 1 }
`
	if err := os.WriteFile(manifest, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	want("created", "apply", "-f", manifest)
	want("successfully rolled out", "rollout", "status", "deploy/own", "--timeout=30s")
	want("deleted", "delete", "-f", manifest, "--timeout=30s")

	t.Log("pods roll under traffic, and nobody notices")
	customers := p.traffic("www.shop.example", 100)
	for range 2 {
		want("restarted", "rollout", "restart", "deploy/shop-1-0-0", "deploy/stock-1-0-0", "-n", "prod")
		want("successfully rolled out", "rollout", "status", "deploy/shop-1-0-0", "-n", "prod", "--timeout=60s")
		want("successfully rolled out", "rollout", "status", "deploy/stock-1-0-0", "-n", "prod", "--timeout=60s")
	}
	t.Log("the autoscaler follows the traffic")
	p.eventually("the autoscaler adds pods", 2*time.Minute, func() error {
		out, err := run("get", "deploy", "shop-1-0-0", "-n", "prod", "-o", "jsonpath={.status.readyReplicas}")
		if err == nil && out < "2" {
			hpa, _ := run("describe", "hpa", "shop-1-0-0", "-n", "prod")
			err = fmt.Errorf("%s pods are ready\n%s", out, hpa)
		}
		return err
	})
	customers.end()
	if failures := customers.failuresExcept(""); len(failures) > 0 {
		t.Errorf("%d of %d requests failed:\n%s", len(failures), customers.requests, strings.Join(failures[:min(10, len(failures))], "\n"))
	} else {
		t.Logf("%d requests, none failed", customers.requests)
	}
	p.interrupt()
}

package environ

import (
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestExpand(t *testing.T) {
	values := map[string]string{"A": "1", "B": "$(A)"}
	for in, want := range map[string]string{
		"":              "",
		"plain":         "plain",
		"$(A)":          "1",
		"x$(A)y$(A)":    "x1y1",
		"$(B)":          "$(A)", // values are not read again
		"$$(A)":         "$(A)",
		"$$$(A)":        "$1",
		"$(A":           "$(A",
		"$A $":          "$A $",
		"$(missing)":    "$(missing)",
		"$()":           "$()",
		"a$$b":          "a$b",
		"$(missing)$(A": "$(missing)$(A",
	} {
		got := expand(in, func(n string) (string, bool) { v, ok := values[n]; return v, ok }, func(string) {})
		if got != want {
			t.Errorf("%q: got %q want %q", in, got, want)
		}
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("http://$(A):$$(B)$")
	f.Fuzz(func(t *testing.T, in string) {
		expand(in, func(string) (string, bool) { return "v", true }, func(string) {})
	})
}

func sources() Sources {
	return Sources{
		Agent: map[string]string{"HOST": "127.244.0.3", "POD_IP": "127.244.0.3"},
		Services: []*corev1.Service{
			{ObjectMeta: metav1.ObjectMeta{Name: "fleet-search"}, Spec: corev1.ServiceSpec{ClusterIP: "10.96.1.2", Ports: []corev1.ServicePort{{Name: "http", Port: 8080}, {Name: "admin-api", Port: 9}}}},
			{ObjectMeta: metav1.ObjectMeta{Name: "headless"}, Spec: corev1.ServiceSpec{ClusterIP: "None", Ports: []corev1.ServicePort{{Port: 1}}}},
		},
		Local: func(a netip.Addr) netip.Addr { b := a.As4(); b[0] = 127; return netip.AddrFrom4(b) },
		ConfigMap: func(name string) (*corev1.ConfigMap, error) {
			if name != "config" {
				return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "configmaps"}, name)
			}
			return &corev1.ConfigMap{Data: map[string]string{"CURRENCY": "INR", "not a name": "x"}}, nil
		},
		Secret: func(string) (*corev1.Secret, error) {
			return &corev1.Secret{Data: map[string][]byte{"KEY": []byte("s3cret")}}, nil
		},
		Field: func(string) (string, error) { return "10.244.0.3", nil },
	}
}

func TestMake(t *testing.T) {
	yes := true
	config := corev1.LocalObjectReference{Name: "config"}
	none := corev1.LocalObjectReference{Name: "none"}
	links := []string{"FLEET_SEARCH_SERVICE_HOST=127.96.1.2", "FLEET_SEARCH_SERVICE_PORT=8080", "FLEET_SEARCH_SERVICE_PORT_ADMIN_API=9", "FLEET_SEARCH_SERVICE_PORT_HTTP=8080"}
	for _, c := range []struct {
		name string
		c    corev1.Container
		want []string // besides links
	}{
		{"agent's", corev1.Container{}, []string{"HOST=127.244.0.3", "POD_IP=127.244.0.3"}},
		{"the pod wins", corev1.Container{Env: []corev1.EnvVar{{Name: "POD_IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}}}}, []string{"HOST=127.244.0.3", "POD_IP=10.244.0.3"}},
		{"all of a map, with prefix, env last", corev1.Container{
			EnvFrom: []corev1.EnvFromSource{{Prefix: "X_", ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: config}}, {ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: none, Optional: &yes}}},
			Env:     []corev1.EnvVar{{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: config, Key: "KEY"}}}, {Name: "OPT", ValueFrom: &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: config, Key: "none", Optional: &yes}}}},
		}, []string{"HOST=127.244.0.3", "POD_IP=127.244.0.3", "SECRET=s3cret", "X_CURRENCY=INR"}},
		{"url", corev1.Container{Env: []corev1.EnvVar{{Name: "URL", Value: "http://$(FLEET_SEARCH_SERVICE_HOST):$(FLEET_SEARCH_SERVICE_PORT)/$(OTHER)"}}}, []string{"HOST=127.244.0.3", "POD_IP=127.244.0.3", "URL=http://127.96.1.2:8080/$(OTHER)"}},
	} {
		got, err := Make(&corev1.Pod{}, &c.c, sources())
		want := append(slices.Clone(links), c.want...)
		slices.Sort(want)
		if err != nil || !reflect.DeepEqual(got.Env, want) {
			t.Errorf("%s: %v\ngot  %v\nwant %v", c.name, err, got.Env, want)
		}
	}
}

func TestMakeWaitsForServices(t *testing.T) {
	c := &corev1.Container{Env: []corev1.EnvVar{{Name: "URL", Value: "http://$(PRICING_SERVICE_HOST)"}}}
	_, err := Make(&corev1.Pod{}, c, sources())
	var missing *Missing
	if !errors.As(err, &missing) || missing.Variable != "PRICING_SERVICE_HOST" {
		t.Error(err)
	}
	c = &corev1.Container{EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "none"}}}}}
	if _, err := Make(&corev1.Pod{}, c, sources()); !apierrors.IsNotFound(err) {
		t.Error(err)
	}
}

func TestArgs(t *testing.T) {
	c := &corev1.Container{Command: []string{"app"}, Args: []string{"-listen=$(HOST):80", "$$(HOST)"}}
	got, err := Make(&corev1.Pod{}, c, sources())
	if err != nil || !slices.Equal(got.Args, []string{"-listen=127.244.0.3:80", "$(HOST)"}) || !slices.Equal(got.Command, []string{"app"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestField(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Labels: map[string]string{"b": "2", "a": `"1"`}}}
	for path, want := range map[string]string{"metadata.name": "p", "metadata.labels['b']": "2", "metadata.labels": "a=\"\\\"1\\\"\"\nb=\"2\""} {
		if got, err := Field(pod, path); err != nil || got != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if _, err := Field(pod, "spec.secret"); err == nil {
		t.Error("an unknown field has a value")
	}
}

func TestResource(t *testing.T) {
	c := &corev1.Container{Name: "c", Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"cpu": resource.MustParse("1500m")}}}
	node := corev1.ResourceList{"memory": resource.MustParse("1Gi")}
	for _, tc := range []struct {
		resource, divisor, want string
	}{{"limits.cpu", "0", "2"}, {"limits.cpu", "1m", "1500"}, {"limits.memory", "1Mi", "1024"}, {"requests.cpu", "0", "0"}} {
		got, err := Resource(&corev1.Pod{}, c, node, &corev1.ResourceFieldSelector{Resource: tc.resource, Divisor: resource.MustParse(tc.divisor)})
		if err != nil || got != tc.want {
			t.Errorf("%+v: %s, %v", tc, got, err)
		}
	}
}

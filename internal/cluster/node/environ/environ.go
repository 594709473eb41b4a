package environ

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Sources are what the variables of a container come from.
type Sources struct {
	// Agent are the variables that the node gives; the pod may set them anew.
	Agent map[string]string
	// Services of the pod's namespace; those without an address are left out.
	Services []*corev1.Service
	// Local translates the address of a service into one that reaches it.
	Local func(netip.Addr) netip.Addr

	ConfigMap func(name string) (*corev1.ConfigMap, error)
	Secret    func(name string) (*corev1.Secret, error)
	Field     func(path string) (string, error)
	Resource  func(*corev1.ResourceFieldSelector) (string, error)
}

// Missing says which address of a service a container waits for.
type Missing struct{ Variable string }

func (m *Missing) Error() string {
	return fmt.Sprintf("$(%s) is not known: no service with that name has an address in this namespace yet", m.Variable)
}

// Result is what a container is started with.
type Result struct {
	Env     []string // NAME=value, sorted by name
	Command []string // nil when the image decides
	Args    []string
}

// Make computes the environment, the command and the arguments. The error is a
// *Missing when it will go away with a service.
func Make(pod *corev1.Pod, c *corev1.Container, s Sources) (Result, error) {
	vars := maps.Clone(s.Agent)
	if vars == nil {
		vars = map[string]string{}
	}
	if links := pod.Spec.EnableServiceLinks; links == nil || *links {
		addServices(vars, s.Services, s.Local)
	}
	for _, from := range c.EnvFrom {
		if err := addAll(vars, from, s); err != nil {
			return Result{}, err
		}
	}
	var missing string
	note := func(name string) {
		if missing == "" && isService(name) {
			missing = name
		}
	}
	value := func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			vars[e.Name] = expand(e.Value, value, note)
			continue
		}
		v, ok, err := from(e.ValueFrom, s)
		if err != nil {
			return Result{}, fmt.Errorf("variable %s: %w", e.Name, err)
		}
		if ok {
			vars[e.Name] = v
		}
	}
	var r Result
	for _, word := range c.Command {
		r.Command = append(r.Command, expand(word, value, note))
	}
	for _, word := range c.Args {
		r.Args = append(r.Args, expand(word, value, note))
	}
	if missing != "" {
		return Result{}, &Missing{missing}
	}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		r.Env = append(r.Env, name+"="+vars[name])
	}
	return r, nil
}

// isService says whether a variable is one that a service gives.
func isService(name string) bool {
	return strings.HasSuffix(name, "_SERVICE_HOST") || strings.HasSuffix(name, "_SERVICE_PORT") || strings.Contains(name, "_SERVICE_PORT_")
}

// addServices adds NAME_SERVICE_HOST, NAME_SERVICE_PORT and one port for each
// name of a port.
func addServices(vars map[string]string, services []*corev1.Service, local func(netip.Addr) netip.Addr) {
	for _, svc := range services {
		address, err := netip.ParseAddr(svc.Spec.ClusterIP) // also "None" and ""
		if err != nil || len(svc.Spec.Ports) == 0 {
			continue
		}
		name := variable(svc.Name)
		vars[name+"_SERVICE_HOST"] = local(address).String()
		vars[name+"_SERVICE_PORT"] = strconv.Itoa(int(svc.Spec.Ports[0].Port))
		for _, p := range svc.Spec.Ports {
			if p.Name != "" {
				vars[name+"_SERVICE_PORT_"+variable(p.Name)] = strconv.Itoa(int(p.Port))
			}
		}
	}
}

func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// addAll adds every entry of a ConfigMap or Secret that can be a name.
func addAll(vars map[string]string, source corev1.EnvFromSource, s Sources) error {
	add := func(key, value string) {
		name := source.Prefix + key
		if len(validation.IsEnvVarName(name)) == 0 {
			vars[name] = value
		}
	}
	switch {
	case source.ConfigMapRef != nil:
		object, err := s.ConfigMap(source.ConfigMapRef.Name)
		if err != nil {
			if optional(source.ConfigMapRef.Optional) && notFound(err) {
				return nil
			}
			return err
		}
		for k, v := range object.Data {
			add(k, v)
		}
	case source.SecretRef != nil:
		object, err := s.Secret(source.SecretRef.Name)
		if err != nil {
			if optional(source.SecretRef.Optional) && notFound(err) {
				return nil
			}
			return err
		}
		for k, v := range object.Data {
			add(k, string(v))
		}
	}
	return nil
}

// from is the value of one variable; not ok when it is optional and missing.
func from(source *corev1.EnvVarSource, s Sources) (value string, ok bool, err error) {
	switch {
	case source.FieldRef != nil:
		value, err = s.Field(source.FieldRef.FieldPath)
		return value, err == nil, err
	case source.ResourceFieldRef != nil:
		value, err = s.Resource(source.ResourceFieldRef)
		return value, err == nil, err
	case source.ConfigMapKeyRef != nil:
		ref := source.ConfigMapKeyRef
		object, err := s.ConfigMap(ref.Name)
		if err == nil {
			if v, ok := object.Data[ref.Key]; ok {
				return v, true, nil
			}
			err = fmt.Errorf("configmap %q has no key %q", ref.Name, ref.Key)
		} else if !notFound(err) {
			return "", false, err
		}
		if optional(ref.Optional) {
			return "", false, nil
		}
		return "", false, err
	case source.SecretKeyRef != nil:
		ref := source.SecretKeyRef
		object, err := s.Secret(ref.Name)
		if err == nil {
			if v, ok := object.Data[ref.Key]; ok {
				return string(v), true, nil
			}
			err = fmt.Errorf("secret %q has no key %q", ref.Name, ref.Key)
		} else if !notFound(err) {
			return "", false, err
		}
		if optional(ref.Optional) {
			return "", false, nil
		}
		return "", false, err
	}
	return "", false, fmt.Errorf("its source is not one that this node knows")
}

package scaffold

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// compose is what the compose files of the directory say.
type compose struct {
	services []*composed
	notes    []string
}

// composed is one service of a compose file.
type composed struct {
	key  string
	name string // of the store, when it is one
	dir  string // of the code, when it is built here
	// engine and version of a store.
	engine, version string
	port            int
	environment     map[string]string
	dependsOn       []string
}

var composeNames = []string{"docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"}

// ignoredImages run beside stores and hold no data of their own.
var ignoredImages = regexp.MustCompile(`zookeeper|-exporter|/?(adminer|mongo-express|phpmyadmin|pgadmin4?|kafka-ui|mailhog|mailpit|grafana|prometheus|jaeger|redisinsight|dashboards|kibana)`)

func readCompose(t *tree) *compose {
	c := &compose{}
	for _, file := range t.files {
		if !slices.Contains(composeNames, path.Base(file)) {
			continue
		}
		services, err := parseCompose(t.text(file), path.Dir(file))
		if err != nil {
			c.notes = append(c.notes, fmt.Sprintf("%s could not be read and was passed over.", file))
			continue
		}
		for _, s := range services {
			if !slices.ContainsFunc(c.services, func(o *composed) bool { return o.key == s.key }) {
				c.services = append(c.services, s)
			}
		}
	}
	for _, s := range c.services {
		if s.dir == "" && s.engine == "" {
			c.notes = append(c.notes, fmt.Sprintf("The compose service %s is neither built here nor a store that Paddock knows, and was left out.", s.key))
		}
	}
	return c
}

// parseCompose reads the services of a compose file in a directory, in the order
// of their names.
func parseCompose(text, dir string) ([]*composed, error) {
	var file struct {
		Services map[string]struct {
			Image       any `json:"image"`
			Build       any `json:"build"`
			Environment any `json:"environment"`
			DependsOn   any `json:"depends_on"`
			Ports       any `json:"ports"`
			Expose      any `json:"expose"`
		} `json:"services"`
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return nil, err
	}
	var all []*composed
	for key, s := range file.Services {
		c := &composed{key: key, environment: pairs(s.Environment), dependsOn: words(s.DependsOn)}
		image, _ := s.Image.(string)
		switch build := s.Build.(type) {
		case string:
			c.dir = below(dir, build)
		case map[string]any:
			context, _ := build["context"].(string)
			c.dir = below(dir, context)
		default:
			if ignoredImages.MatchString(image) {
				continue
			}
			c.engine, c.version = engineOf(image)
		}
		for _, p := range append(list(s.Ports), list(s.Expose)...) {
			if c.port = containerPort(p); c.port > 0 {
				break
			}
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *composed) int { return strings.Compare(a.key, b.key) })
	return all, nil
}

// below is a build context as a directory of the tree; empty when it leaves it.
func below(dir, context string) string {
	if context == "" {
		context = "."
	}
	if strings.Contains(context, "://") || strings.HasPrefix(context, "/") || strings.Contains(context, "$") {
		return ""
	}
	if p := path.Join(dir, context); p != ".." && !strings.HasPrefix(p, "../") {
		return p
	}
	return ""
}

// containerPort of "8080:80", "127.0.0.1:8080:80/tcp", 80 or {target: 80}.
func containerPort(v any) int {
	switch v := v.(type) {
	case float64:
		return portNumber(strconv.Itoa(int(v)))
	case map[string]any:
		return containerPort(v["target"])
	case string:
		v, _, _ = strings.Cut(v, "/")
		return portNumber(v[strings.LastIndexByte(v, ':')+1:])
	}
	return 0
}

// portNumber is 0 for what is not one.
func portNumber(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 || n > 65535 {
		return 0
	}
	return n
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// words are the texts of a list, or the keys of a mapping.
func words(v any) []string {
	var all []string
	for _, w := range list(v) {
		if s, ok := w.(string); ok {
			all = append(all, s)
		}
	}
	if m, ok := v.(map[string]any); ok {
		for key := range m {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}

// pairs are environment variables, written as a mapping or as NAME=value.
func pairs(v any) map[string]string {
	all := map[string]string{}
	for _, w := range words(v) {
		name, value, _ := strings.Cut(w, "=")
		all[name] = value
	}
	if m, ok := v.(map[string]any); ok {
		for name, value := range m {
			all[name] = fmt.Sprint(value)
		}
	}
	return all
}

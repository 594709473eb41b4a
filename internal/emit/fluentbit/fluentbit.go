// Package fluentbit writes the configuration of Fluent Bit on the nodes of a
// cluster: from the containers' log files to the search domain and the archive.
// It knows Fluent Bit's YAML and refuses to know which logs are worth keeping.
package fluentbit

import (
	"fmt"
	"strings"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/yaml"
)

// Options of one cluster.
type Options struct {
	Platform, Environment, Cluster, Region string
	// Account is the number of the account; the archive is sorted by it.
	Account string
	// Search is the host of the log domain. Where there is none it is empty, and
	// Group is the log group that takes its place.
	Search, Group string
	// Archive is the bucket that keeps lines.
	Archive string
	// Namespaces are those whose lines are taken.
	Namespaces []string
	Redact     []observe.Redaction
}

// Index is the beginning of the names of an environment's indices. Templates,
// policies and readers' roles use the same.
func Index(env string) string { return "logs-" + env }

// Config is fluent-bit.yaml.
func Config(o Options) []byte {
	return yaml.Document("Rendered by paddock from the platform file: observe.logs, observe.redact.", yaml.Map{
		{"service", yaml.Map{
			{"flush", 1}, {"grace", 30}, {"log_level", "warn"},
			{"http_server", true}, {"http_listen", "0.0.0.0"}, {"http_port", 2020}, {"health_check", true},
			// Lines wait on the disk of the node while the domain is away.
			{"storage.path", "/var/lib/fluent-bit"}, {"storage.sync", "normal"}, {"storage.checksum", true}, {"storage.max_chunks_up", 128},
			{"storage.backlog.mem_limit", "64M"}, {"storage.metrics", true},
		}},
		{"multiline_parsers", yaml.List{
			stack("java-stack", `/^(\d{4}-\d\d-\d\d|\{|[A-Z]+ )/`, `/^(\s+(at|\.{3})\s|Caused by:|\s*Suppressed:)/`),
			stack("python-stack", `/^Traceback \(most recent call last\):/`, `/^(\s+|[A-Za-z_.]+(Error|Exception|Warning))/`),
		}},
		{"pipeline", yaml.Map{
			{"inputs", yaml.List{yaml.Map{
				{"name", "tail"}, {"tag", "kube.*"}, {"path", paths(o.Namespaces)},
				{"multiline.parser", "docker, cri"}, {"db", "/var/lib/fluent-bit/tail.db"}, {"db.locking", true},
				{"mem_buf_limit", "64M"}, {"skip_long_lines", true}, {"refresh_interval", 5}, {"rotate_wait", 30}, {"storage.type", "filesystem"},
			}}},
			{"filters", filters(o)},
			{"outputs", outputs(o)},
		}},
	})
}

func paths(namespaces []string) string {
	var all []string
	for _, n := range namespaces {
		all = append(all, "/var/log/containers/*_"+n+"_*.log")
	}
	return strings.Join(all, ",")
}

func stack(name, start, next string) yaml.Map {
	return yaml.Map{
		{"name", name}, {"type", "regex"}, {"flush_timeout", 1000},
		{"rules", yaml.List{
			yaml.Map{{"state", "start_state"}, {"regex", start}, {"next_state", "cont"}},
			yaml.Map{{"state", "cont"}, {"regex", next}, {"next_state", "cont"}},
		}},
	}
}

func filters(o Options) yaml.List {
	return yaml.List{
		yaml.Map{{"name", "multiline"}, {"match", "kube.*"}, {"multiline.key_content", "log"}, {"multiline.parser", "java-stack, python-stack"}, {"buffer", true}},
		yaml.Map{
			{"name", "kubernetes"}, {"match", "kube.*"}, {"merge_log", true}, {"keep_log", false}, {"labels", true}, {"annotations", false},
			{"k8s-logging.parser", false}, {"k8s-logging.exclude", false}, {"use_kubelet", true}, {"kubelet_host", "${HOST_IP}"}, {"kubelet_port", 10250}, {"buffer_size", "0"},
		},
		// Whoever is loud pays with his own lines, not with those of others.
		yaml.Map{{"name", "throttle"}, {"match", "kube.*"}, {"rate", 2000}, {"window", 30}, {"interval", "1s"}, {"print_status", false}},
		yaml.Map{{"name", "lua"}, {"match", "kube.*"}, {"script", "redact.lua"}, {"call", "redact"}},
		yaml.Map{{"name", "nest"}, {"match", "kube.*"}, {"operation", "lift"}, {"nested_under", "kubernetes"}, {"add_prefix", "k8s_"}},
		yaml.Map{
			{"name", "modify"}, {"match", "kube.*"},
			{"set", []string{"platform " + o.Platform, "env " + o.Environment, "account " + o.Account, "cluster " + o.Cluster}},
			{"rename", []string{"k8s_namespace_name namespace", "k8s_pod_name pod", "k8s_container_name service", "k8s_host node"}},
			{"remove_regex", []string{"^k8s_docker_id$", "^k8s_pod_id$", "^k8s_container_hash$", "^_p$"}},
		},
	}
}

func outputs(o Options) yaml.List {
	var l yaml.List
	if o.Search != "" {
		l = append(l, yaml.Map{
			{"name", "opensearch"}, {"match", "kube.*"}, {"host", o.Search}, {"port", 443}, {"tls", true}, {"tls.verify", true}, {"tls.ca_file", "/etc/paddock/ca.crt"},
			{"aws_auth", true}, {"aws_region", o.Region}, {"aws_service_name", "es"},
			// A stream for each environment; a role may write into its own only.
			{"index", Index(o.Environment)}, {"write_operation", "create"}, {"suppress_type_name", true}, {"generate_id", true},
			{"compress", "gzip"}, {"buffer_size", "512k"}, {"retry_limit", 30}, {"storage.total_limit_size", "4G"}, {"workers", 2},
		})
	}
	if o.Group != "" {
		l = append(l, yaml.Map{
			{"name", "cloudwatch_logs"}, {"match", "kube.*"}, {"region", o.Region}, {"log_group_name", o.Group}, {"log_stream_prefix", "node-${NODE_NAME}-"},
			{"auto_create_group", false}, {"retry_limit", 30}, {"storage.total_limit_size", "4G"},
		})
	}
	return append(l, yaml.Map{
		{"name", "s3"}, {"match", "kube.*"}, {"bucket", o.Archive}, {"region", o.Region}, {"compression", "gzip"}, {"use_put_object", false},
		{"total_file_size", "64M"}, {"upload_timeout", "10m"}, {"store_dir", "/var/lib/fluent-bit/s3"}, {"store_dir_limit_size", "4G"},
		// An account may write below its own number only.
		{"s3_key_format", "/" + o.Account + "/" + o.Environment + "/" + o.Cluster + "/%Y/%m/%d/%H/$TAG[4]-$UUID.gz"}, {"retry_limit", 30},
	})
}

// Redact is redact.lua.
func Redact(list []observe.Redaction) []byte {
	var b strings.Builder
	b.WriteString(`-- Rendered by paddock from observe.redact. What is masked here was never stored.

local function luhn(text)
  local digits = text:gsub("[^%d]", "")
  if #digits < 13 or #digits > 19 then return false end
  local sum, double = 0, false
  for i = #digits, 1, -1 do
    local d = tonumber(digits:sub(i, i))
    if double then d = d * 2; if d > 9 then d = d - 9 end end
    sum, double = sum + d, not double
  end
  return sum % 10 == 0
end

local patterns = {
`)
	for _, r := range list {
		if r.Lua == "" {
			continue
		}
		fmt.Fprintf(&b, "  { name = %q, pattern = %s, luhn = %t },\n", r.Name, quote(r.Lua), r.Luhn)
	}
	b.WriteString("}\n\n-- Fields that are masked whatever is in them.\nlocal fields = {\n")
	for _, r := range list {
		fmt.Fprintf(&b, "  [%q] = true,\n", strings.ToLower(r.Name))
	}
	b.WriteString(`}

local function mask(text)
  for _, p in ipairs(patterns) do
    text = text:gsub(p.pattern, function(found)
      if p.luhn and not luhn(found) then return nil end
      return "[" .. p.name .. "]"
    end)
  end
  return text
end

local function walk(value, depth)
  if depth > 8 then return value end
  if type(value) == "string" then return mask(value) end
  if type(value) ~= "table" then return value end
  for k, v in pairs(value) do
    if type(k) == "string" and fields[k:lower()] then
      value[k] = "[" .. k:lower() .. "]"
    elseif k ~= "kubernetes" then
      value[k] = walk(v, depth + 1)
    end
  end
  return value
end

function redact(tag, timestamp, record)
  return 2, timestamp, walk(record, 0)
end
`)
	return []byte(b.String())
}

// quote is a text in Lua's long brackets, in which nothing is special.
func quote(s string) string { return "[==[" + s + "]==]" }

// Package opensearch writes what is inside a log domain: how long indices live,
// what their fields are, and who may read which. The files are the bodies of
// OpenSearch's REST interface. It refuses to know how logs get there.
package opensearch

import (
	"encoding/json"
	"fmt"
	"time"
)

// Object is a JSON object; keys are written in their order.
type Object = map[string]any

func write(v any) []byte {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // only maps, lists, texts and numbers are written here
	}
	return append(data, '\n')
}

func days(d time.Duration) int { return max(1, int(d/(24*time.Hour))) }

// Policy of Index State Management: a new index every day or 30 GB, read-only
// and merged after two days, gone after the days that the file says.
func Policy(index string, hot time.Duration) []byte {
	keep := days(hot)
	states := []any{
		Object{"name": "hot", "actions": []any{Object{"rollover": Object{"min_index_age": "1d", "min_primary_shard_size": "30gb"}}},
			"transitions": []any{Object{"state_name": "settled", "conditions": Object{"min_rollover_age": fmt.Sprintf("%dd", min(2, keep))}}}},
		Object{"name": "settled", "actions": []any{Object{"read_only": Object{}}, Object{"force_merge": Object{"max_num_segments": 1}}},
			"transitions": []any{Object{"state_name": "gone", "conditions": Object{"min_rollover_age": fmt.Sprintf("%dd", keep)}}}},
		Object{"name": "gone", "actions": []any{Object{"delete": Object{}}}, "transitions": []any{}},
	}
	return write(Object{"policy": Object{
		"description":   "Rendered by paddock from observe.logs",
		"default_state": "hot", "states": states,
		"ism_template": []any{Object{"index_patterns": []any{index + "*"}, "priority": 100}},
	}})
}

// Template of the indices of a stream.
func Template(index string, shards int, replicas int) []byte {
	keyword := Object{"type": "keyword", "ignore_above": 1024}
	return write(Object{
		"index_patterns": []any{index + "*"}, "priority": 100, "data_stream": Object{"timestamp_field": Object{"name": "@timestamp"}},
		"template": Object{
			"settings": Object{"index": Object{
				"number_of_shards": shards, "number_of_replicas": replicas, "refresh_interval": "10s", "codec": "zstd_no_dict",
				// Whoever logs a new field for each customer must not stop the others.
				"mapping": Object{"total_fields": Object{"limit": 1000}, "ignore_malformed": true},
			}},
			"mappings": Object{
				"dynamic_templates": []any{Object{"texts": Object{"match_mapping_type": "string", "mapping": keyword}}},
				"properties": Object{
					"@timestamp": Object{"type": "date"}, "message": Object{"type": "text"}, "log": Object{"type": "text"}, "level": keyword, "platform": keyword, "env": keyword,
					"account": keyword, "cluster": keyword, "namespace": keyword, "service": keyword, "version": keyword, "pod": keyword, "node": keyword, "trace_id": keyword, "span_id": keyword,
				},
			},
		},
	})
}

// Reader is the role of a team: the lines of its own services, in the
// environments of the tier.
func Reader(indices []string, services []string) []byte {
	patterns := []any{}
	for _, i := range indices {
		patterns = append(patterns, i+"*")
	}
	list := []any{}
	for _, s := range services {
		list = append(list, s)
	}
	query, err := json.Marshal(Object{"terms": Object{"service": list}})
	if err != nil {
		panic(err)
	}
	return write(Object{
		"cluster_permissions": []any{"cluster_composite_ops_ro"},
		"index_permissions": []any{Object{
			"index_patterns": patterns, "allowed_actions": []any{"read", "search", "indices:admin/mappings/get"}, "dls": string(query), "fls": []any{}, "masked_fields": []any{},
		}},
		"tenant_permissions": []any{Object{"tenant_patterns": []any{"global_tenant"}, "allowed_actions": []any{"kibana_all_read"}}},
	})
}

// Writer is the role of the shippers of one environment.
func Writer(index string) []byte {
	return write(Object{
		"cluster_permissions": []any{"cluster_monitor", "indices:data/write/bulk"},
		"index_permissions":   []any{Object{"index_patterns": []any{index + "*"}, "allowed_actions": []any{"create_index", "indices:data/write/index", "indices:data/write/bulk*", "indices:admin/mapping/put"}, "fls": []any{}, "masked_fields": []any{}}},
		"tenant_permissions":  []any{},
	})
}

// Mapping gives a role to AWS roles.
func Mapping(roles []string) []byte {
	list := []any{}
	for _, r := range roles {
		list = append(list, r)
	}
	return write(Object{"backend_roles": list, "hosts": []any{}, "users": []any{}})
}

// Monitor alerts when a service suddenly logs many errors.
func Monitor(index, env string) []byte {
	return write(Object{
		"type": "monitor", "name": "errors-" + env, "monitor_type": "bucket_level_monitor", "enabled": true,
		"schedule": Object{"period": Object{"interval": 5, "unit": "MINUTES"}},
		"inputs": []any{Object{"search": Object{"indices": []any{index + "*"}, "query": Object{
			"size": 0,
			"query": Object{"bool": Object{"filter": []any{
				Object{"range": Object{"@timestamp": Object{"gte": "now-5m"}}}, Object{"terms": Object{"level": []any{"error", "ERROR", "fatal", "FATAL"}}},
			}}},
			"aggregations": Object{"by_service": Object{"composite": Object{"size": 500, "sources": []any{Object{"service": Object{"terms": Object{"field": "service"}}}}}}},
		}}}},
		"triggers": []any{Object{"bucket_level_trigger": Object{
			"name": "many-errors", "severity": "3",
			"condition": Object{
				"buckets_path": Object{"count": "_count"}, "parent_bucket_path": "by_service",
				"script": Object{"source": "params.count > 500", "lang": "painless"}, "gap_policy": "skip",
			},
			"actions": []any{},
		}}},
	})
}

// Apply is a script that puts the files of a folder into a domain. It may be run
// again: what is there is replaced.
const Apply = `#!/bin/sh
# Puts everything here into the log domain: apply.sh https://HOST
# It signs as the role in whose name it runs: the domain's own administrator.
set -eu
base=${1%/}
cd "$(dirname "$0")"
ask() { # METHOD PATH [FILE]
  curl --silent --show-error --fail-with-body --request "$1" \
    --aws-sigv4 "aws:amz:${AWS_REGION:?}:es" --user "${AWS_ACCESS_KEY_ID:?}:${AWS_SECRET_ACCESS_KEY:?}" --header "x-amz-security-token: ${AWS_SESSION_TOKEN:-}" \
    --header 'Content-Type: application/json' ${3:+--data-binary} ${3:+"$3"} "$base/$2"
}
put() { ask "$2" "$3" "@$1" >/dev/null && echo "$1"; }
field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; }
name() { basename "$1" .json; }

for f in roles/*.json; do put "$f" PUT "_plugins/_security/api/roles/$(name "$f")"; done
for f in mappings/*.json; do put "$f" PUT "_plugins/_security/api/rolesmapping/$(name "$f")"; done
for f in policies/*.json; do
  # What is there is replaced only by those who say which state they saw.
  at=$(ask GET "_plugins/_ism/policies/$(name "$f")" 2>/dev/null || true)
  seen=$(echo "$at" | field _seq_no) term=$(echo "$at" | field _primary_term)
  put "$f" PUT "_plugins/_ism/policies/$(name "$f")${seen:+?if_seq_no=$seen&if_primary_term=$term}"
done
for f in templates/*.json; do put "$f" PUT "_index_template/$(name "$f")"; done
for f in monitors/*.json; do
  title=$(field name <"$f")
  id=$(ask POST _plugins/_alerting/monitors/_search "{\"query\":{\"term\":{\"monitor.name.keyword\":\"$title\"}}}" | field _id)
  if [ -n "$id" ]; then put "$f" PUT "_plugins/_alerting/monitors/$id"; else put "$f" POST _plugins/_alerting/monitors; fi
done
`

#!/bin/sh
# A second set of a service's pods that takes a share of its traffic:
#   canary.sh NAMESPACE SERVICE IMAGE DIGEST PERCENT     PERCENT 0 takes it away
# The Service and the target group choose pods by name, so the share of pods is the
# share of requests. The stable set is not touched.
set -eu
namespace=$1 service=$2 image=$3 digest=$4 percent=$5
canary=$service-canary
if [ "$percent" = 0 ]; then
  kubectl -n "$namespace" delete deployment "$canary" --ignore-not-found --wait
  exit 0
fi
stable=$(kubectl -n "$namespace" get deployment "$service" -o 'jsonpath={.status.replicas}')
replicas=$(( (stable * percent + 99 - percent) / (100 - percent) ))
kubectl -n "$namespace" get deployment "$service" -o json |
  jq --arg name "$canary" --arg service "$service" --arg image "$image@$digest" --argjson replicas "$replicas" '
    {apiVersion, kind, metadata: {name: $name, namespace: .metadata.namespace, labels: (.metadata.labels + {"paddock.dev/track": "canary"})}, spec}
    | .spec.replicas = $replicas
    | .spec.selector.matchLabels["paddock.dev/track"] = "canary"
    | .spec.template.metadata.labels["paddock.dev/track"] = "canary"
    | (.spec.template.spec.containers[] | select(.name == $service) | .image) = $image' |
  kubectl apply --server-side --field-manager=pipeline -f -
kubectl -n "$namespace" rollout status "deployment/$canary" --timeout="${TIMEOUT:-10m}"

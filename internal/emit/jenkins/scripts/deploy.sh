#!/bin/sh
# Puts a digest of a service into an environment: deploy.sh FOLDER NAMESPACE WORKLOAD IMAGE DIGEST
# WORKLOAD is deployment/NAME or cronjob/NAME. What was there before is noted on
# the workload, configuration and image together, for rollback.sh.
set -eu
folder=$1 namespace=$2 workload=$3 image=$4 digest=$5
case $digest in sha256:*) ;; *) echo "$digest is no digest: tags move, digests do not" >&2; exit 2 ;; esac
note() { kubectl -n "$namespace" get "$workload" --ignore-not-found -o "jsonpath={.metadata.annotations.paddock\.dev/$1}"; }
was=$(note release)
is="${REVISION:-$(git rev-parse HEAD)} $digest"
(cd "$folder" && kustomize edit set image "$image@$digest")
kubectl apply --server-side --field-manager=pipeline -k "$folder"
[ "$was" = "$is" ] || kubectl -n "$namespace" annotate --overwrite "$workload" "paddock.dev/previous=$was"
kubectl -n "$namespace" annotate --overwrite "$workload" "paddock.dev/release=$is"
case $workload in deployment/*) kubectl -n "$namespace" rollout status "$workload" --timeout="${TIMEOUT:-10m}" ;; esac

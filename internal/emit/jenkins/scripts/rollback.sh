#!/bin/sh
# Back to what was there before the last deploy.sh, image and configuration
# together: rollback.sh FOLDER NAMESPACE WORKLOAD IMAGE [DIGEST]
# With a digest only when that is what is there: a release that never got so far
# needs no way back.
set -eu
folder=$1 namespace=$2 workload=$3 image=$4 only=${5:-}
note() { kubectl -n "$namespace" get "$workload" -o "jsonpath={.metadata.annotations.paddock\.dev/$1}"; }
if [ -n "$only" ]; then
  case $(note release) in *" $only") ;; *) echo "$only was not put in place" >&2; exit 0 ;; esac
fi
previous=$(note previous)
if [ -z "$previous" ]; then
  echo "nothing is known of a release before this one" >&2
  exit 1
fi
revision=${previous% *} digest=${previous#* }
here=$(dirname "$0")
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
# The rendered objects as they were at that revision.
git archive "$revision" "$folder" | tar -x -C "$old"
REVISION=$revision sh "$here/deploy.sh" "$old/$folder" "$namespace" "$workload" "$image" "$digest"

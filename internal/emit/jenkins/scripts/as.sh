#!/bin/sh
# Runs a script as the role that deploys into an account, at a cluster:
#   AS_ACCOUNT=111111111114 as.sh CLUSTER SCRIPT ARGUMENT...
# The session carries the change, and the role of production wants to see one.
set -eu
cluster=$1
shift
session=$(aws sts assume-role --role-arn "arn:aws:iam::$AS_ACCOUNT:role/paddock-deploy" --role-session-name "${BUILD_TAG:-pipeline}" \
  --tags "Key=change,Value=${CHANGE:-none}" --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)
# shellcheck disable=SC2086 # three words
set -- $session "$@"
AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=$3
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
shift 3
KUBECONFIG=$(mktemp)
export KUBECONFIG
trap 'rm -f "$KUBECONFIG"' EXIT
aws eks update-kubeconfig --name "$cluster" --kubeconfig "$KUBECONFIG" >/dev/null
sh "$@"

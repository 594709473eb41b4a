#!/usr/bin/env bash
# Runs what Ansible itself says about the rendered project, and what can be run of
# it for real: the example's Kafka and ZooKeeper on machines that boot systemd,
# what every machine has on one of them, and the program that compares Kafka with
# what is wanted. Every role runs twice; the second run must change nothing.
#
# usage: test/ansible/run.sh
# It needs root, Debian, and the network for packages. Nothing outside a folder of
# its own is changed, packages apart. PADDOCK_ANSIBLE_TOOLS names a folder in which
# what was fetched is kept for the next run; with PADDOCK_ANSIBLE_CLUSTER=no the
# six machines of Kafka and ZooKeeper, most of the time, are left out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
step() { printf -- '--- %s (%ss)\n' "$1" "$SECONDS"; }
fail() { echo "test/ansible: $1" >&2; exit 1; }
if [ "$(id -u)" != 0 ] || [ ! -f /etc/debian_version ]; then fail "it makes machines of Debian's packages, and needs root and Debian for that"; fi

work=$(mktemp -d)
chmod 0755 "$work"
servers=()
finish() {
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf --one-file-system "$work"
}
trap finish EXIT

step "install"
missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need debootstrap debootstrap
need ip iproute2
need mvn maven
need openssl openssl
need pgrep procps
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}" >/dev/null
fi
tools=${PADDOCK_ANSIBLE_TOOLS:-$work/tools}
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
if ! cmp -s "$here/requirements.txt" "$tools/venv/requirements.txt"; then
  rm -rf "$tools/venv"
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$tools/venv/"
fi
PATH=$tools/venv/bin:$PATH
export ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_HOME=$work/home
ANSIBLE_COLLECTIONS_PATH=$(python3 -c 'import ansible_collections; print(ansible_collections.__path__[0].rsplit("/", 1)[0])')
export ANSIBLE_COLLECTIONS_PATH

step "render"
cd "$root"
go run ./cmd/paddock render examples/kestrel/platform.yaml -o "$work/out" --only ansible >/dev/null
cd "$work/out/ansible"

step "collections"
# What requirements.yml pins is what is checked here.
python3 "$here/pins.py" requirements.yml

step "lint"
ansible-lint --offline --nocolor -q

step "syntax"
# The parser reads several playbooks at once; the first that fails is named. Groups
# that a play makes are not there yet.
for inventory in inventory/*/; do
  ansible-inventory -i "$inventory/hosts.yml" --list >/dev/null
done
ansible-playbook -i inventory/prod/hosts.yml --syntax-check site.yml playbooks/*/*.yml >/dev/null 2>"$work/syntax" || { cat "$work/syntax"; fail "a playbook is not understood"; }

step "reconcile"
python3 "$here/reconcile_test.py" roles/kafka/files/reconcile.py

step "inventory"
# A simulated EC2; the plugin that is asked is the real one.
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true
moto_server -H 127.0.0.1 -p 5577 >"$work/moto.log" 2>&1 &
servers+=($!)
for _ in $(seq 60); do
  if (exec 3<>/dev/tcp/127.0.0.1/5577) 2>/dev/null; then break; fi
  sleep 1
done
AWS_ENDPOINT_URL=http://127.0.0.1:5577 python3 "$here/inventory_test.py" . prod

step "machines"
. "$here/machines.sh"
. "$here/releases.sh"
system=$tools/system
system
# Machines meet on a network that ends with the shell that made it.
apart() { unshare --net --mount --propagation private "$@"; }

step "base"
apart "$here/base.sh" "$work/base" "$system"

if [ "${PADDOCK_ANSIBLE_CLUSTER:-yes}" = no ]; then
  echo "left out, as PADDOCK_ANSIBLE_CLUSTER says: the cluster of Kafka and ZooKeeper"
  exit 0
fi
step "packages"
said() { ansible-inventory -i inventory/qa/hosts.yml --host "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"; }
kafka=$(said kestrel-qa-kafka-broker-0 kafka_version)
zookeeper=$(said kestrel-qa-kafka-broker-0 zookeeper_version)
jars kafka "$kafka" "$tools/kafka-$kafka"
jars zookeeper "$zookeeper" "$tools/zookeeper-$zookeeper"
jars metrics 1.0.1 "$tools/metrics-1.0.1"
mkdir "$work/packages"
release_kafka "$kafka" "$tools/kafka-$kafka" "$work/packages"
release_zookeeper "$zookeeper" "$tools/zookeeper-$zookeeper" "$work/packages"
release_file "$tools/metrics-1.0.1/jmx_prometheus_javaagent-1.0.1.jar" "$work/packages"

step "kafka"
apart "$here/kafka.sh" "$work/kafka" "$system" "$work/packages"

step "done"

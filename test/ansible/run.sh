#!/usr/bin/env bash
# Runs what Ansible itself says about the rendered project, and some of its roles
# for real: three ZooKeeper servers that agree over TLS, the settings of a machine
# in a change root, and the program that compares Kafka with what is wanted. Every
# role runs twice; the second run must change nothing.
#
# usage: test/ansible/run.sh
# It needs root, Debian, and the network for packages. Nothing outside a folder of
# its own is changed, packages apart.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
step() { printf -- '--- %s (%ss)\n' "$1" "$SECONDS"; }
fail() { echo "test/ansible: $1" >&2; exit 1; }

work=$(mktemp -d)
servers=()
finish() {
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

step "install"
missing=()
dpkg -s zookeeper >/dev/null 2>&1 || missing+=(zookeeper)
command -v java >/dev/null || missing+=(default-jre-headless)
command -v debootstrap >/dev/null || missing+=(debootstrap)
command -v openssl >/dev/null || missing+=(openssl)
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -q >/dev/null
  # The package's own server is not wanted here.
  DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}" >/dev/null
fi
venv=${PADDOCK_ANSIBLE_VENV:-$work/venv}
if [ ! -x "$venv/bin/ansible-lint" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
fi
PATH=$venv/bin:$PATH
export ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_HOME=$work/home
export ANSIBLE_COLLECTIONS_PATH=$venv/lib/python3.11/site-packages
ANSIBLE_COLLECTIONS_PATH=$(python3 -c 'import ansible_collections; print(ansible_collections.__path__[0].rsplit("/", 1)[0])')

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
# The parser reads several playbooks at once; the first that fails is named.
for inventory in inventory/*/; do
  ansible-inventory -i "$inventory/hosts.yml" --list >/dev/null
done
ansible-playbook -i inventory/prod/hosts.yml --syntax-check site.yml playbooks/*/*.yml >/dev/null

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

step "zookeeper"
"$here/zookeeper.sh" "$work/zookeeper"

step "base"
"$here/base.sh" "$work/base"

step "done"

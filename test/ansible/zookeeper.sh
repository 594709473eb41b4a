#!/usr/bin/env bash
# Three servers of the role zookeeper on three addresses of the loopback network,
# from an archive that is made of Debian's package. What the role writes for
# systemd is what is started here.
# usage: zookeeper.sh WORK, in the folder of the rendered project
set -euo pipefail
work=$1
version=3.8.0
fail() { echo "zookeeper: $1" >&2; exit 1; }
mkdir -p "$work/packages"
chmod 0755 "$work" "$(dirname "$work")"

# The archive as the project releases it, from Debian's jar. That one knows where
# the jars beside it are, but forgets what Netty needs for TLS.
release=$work/apache-zookeeper-$version-bin
mkdir -p "$release/lib"
for jar in zookeeper zookeeper-jute slf4j-api slf4j-simple netty-codec netty-resolver netty-transport-native-unix-common; do
  cp -L "/usr/share/java/$jar.jar" "$release/lib/"
done
tar -C "$work" -czf "$work/packages/apache-zookeeper-$version-bin.tar.gz" "$(basename "$release")"
(cd "$work/packages" && sha256sum ./*.tar.gz | sed 's, \./, ,' >"apache-zookeeper-$version-bin.tar.gz.sha256")

# An authority of the test's own, in place of the secret.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
  -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null

# The hosts run where the play does, each with folders of its own.
python3 - "$work" "$version" >"$work/hosts.yml" <<'PY'
import json, sys
work, version = sys.argv[1:]
servers = [{"index": i, "address": f"127.0.77.{i + 1}", "domain": f"zookeeper-{i}.kafka.test.internal", "name": f"zk-{i}", "zone": "abc"[i]} for i in range(3)]
def read(name):
    with open(f"{work}/{name}", encoding="utf-8") as file:
        return file.read()
hosts = {s["name"]: {
    "paddock_address": s["address"], "paddock_index": s["index"],
    "zookeeper_configuration": f"{work}/{s['name']}/etc", "zookeeper_data": f"{work}/{s['name']}/data",
    "zookeeper_transactions": f"{work}/{s['name']}/log", "zookeeper_units": f"{work}/{s['name']}",
} for s in servers}
print(json.dumps({"zookeeper": {"hosts": hosts, "vars": {
    "ansible_connection": "local", "ansible_python_interpreter": sys.executable,
    "paddock_store": "kafka", "paddock_role": "zookeeper", "paddock_region": "test-1",
    "paddock_cluster_secret": {"ca_certificate": read("ca.crt"), "ca_key": read("ca.key")},
    "zookeeper_version": version, "zookeeper_servers": servers, "zookeeper_source": f"{work}/packages",
    "artifact_directory": f"{work}/cache", "zookeeper_directory": f"{work}/opt", "zookeeper_user": "paddock-test",
    "zookeeper_java": "",
    # On one machine every connection comes from the loopback address.
    "zookeeper_names": ["IP:127.0.0.1", "DNS:localhost"], "zookeeper_service": False, "zookeeper_metrics_port": 0, "zookeeper_heap_mib": 64, "zookeeper_gate_retries": 24,
}}}))
PY
cat >"$work/site.yml" <<'YAML'
- name: Configure the servers
  hosts: zookeeper
  gather_facts: false
  serial: 1
  any_errors_fatal: true
  roles:
    - role: zookeeper
YAML
cat >"$work/gate.yml" <<'YAML'
- name: Judge the ensemble
  hosts: zookeeper
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - name: Ask every server
      ansible.builtin.include_role:
        name: zookeeper
        tasks_from: gate

    - name: Say who leads
      ansible.builtin.debug:
        msg: "{{ inventory_hostname }} is {{ zookeeper_mode }}"
YAML
export ANSIBLE_ROLES_PATH=$PWD/roles ANSIBLE_PIPELINING=1
play() { ansible-playbook -i "$work/hosts.yml" "$@"; }
for i in 0 1 2; do mkdir -p "$work/zk-$i"; done

pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  userdel paddock-test 2>/dev/null || true
  groupdel paddock-test 2>/dev/null || true
}
trap finish EXIT
play "$work/site.yml" >"$work/first.log" || { tail -40 "$work/first.log"; fail "the first run fails"; }
play "$work/site.yml" >"$work/second.log" || { tail -40 "$work/second.log"; fail "the second run fails"; }
if [ "$(grep -c 'changed=0 .*failed=0' "$work/second.log")" != 3 ]; then
  grep -B3 '^changed' "$work/second.log"
  fail "the second run changes something"
fi

# A check says what would change, and changes nothing.
before=$(sha256sum "$work"/zk-*/zookeeper.service)
play --check -e zookeeper_heap_mib=96 "$work/site.yml" >"$work/check.log" || { tail -40 "$work/check.log"; fail "the check fails"; }
[ "$(grep -c 'changed=1 .*failed=0' "$work/check.log")" = 3 ] || { tail -5 "$work/check.log"; fail "the check does not see one change for each server"; }
[ "$before" = "$(sha256sum "$work"/zk-*/zookeeper.service)" ] || fail "the check changes something"

# What systemd would do: the unit's own command as its own user.
start() {
  command=$(sed -n 's/^ExecStart=//p' "$work/zk-$1/zookeeper.service")
  user=$(sed -n 's/^User=//p' "$work/zk-$1/zookeeper.service")
  # Words are split, and stars stay: so does systemd.
  set -f
  # shellcheck disable=SC2086
  setpriv --reuid="$user" --regid="$user" --clear-groups $command >"$work/zk-$1/output" 2>&1 &
  pids[$1]=$!
  set +f
}
for i in 0 1 2; do start $i; done
play "$work/gate.yml" >"$work/gate.log" || { tail -30 "$work/gate.log"; tail -n 20 "$work"/zk-*/output; fail "the ensemble does not come together"; }

ask() {
  { printf '%s' "$2"; sleep 1; } | openssl s_client -quiet -connect "127.0.77.$(($1 + 1)):2182" -cert "$work/zk-$1/etc/pki/node.crt" \
    -key "$work/zk-$1/etc/pki/node.key" -CAfile "$work/zk-$1/etc/pki/authorities.pem" 2>/dev/null
}
leaders=0
for i in 0 1 2; do
  [ "$(ask $i ruok)" = imok ] || fail "server $i does not answer imok"
  mode=$(ask $i srvr | sed -n 's/^Mode: //p')
  echo "server $i: imok, $mode"
  if [ "$mode" = leader ]; then leaders=$((leaders + 1)); leader=$i; fi
done
[ "$leaders" = 1 ] || fail "$leaders servers lead"
if printf ruok | timeout 5 openssl s_client -quiet -connect 127.0.77.1:2182 2>/dev/null | grep -q imok; then
  fail "somebody without a certificate is answered"
fi
if ss -ltn 2>/dev/null | grep -q '127.0.77.[123]:2181'; then fail "the port without TLS is open"; fi

# The gate notices a server that is away, and the one that leads is replaced.
kill "${pids[$leader]}"
wait "${pids[$leader]}" || true
if play -e zookeeper_gate_retries=1 "$work/gate.yml" >"$work/away.log" 2>&1; then fail "the gate passes without server $leader"; fi
start "$leader"
play "$work/gate.yml" >"$work/again.log" || { tail -30 "$work/again.log"; fail "the ensemble does not come together again"; }
echo "server $leader led and went away: the gate stopped, and passed when it was back"

# A certificate is renewed while there is still time, and only then.
before=$(sha256sum <"$work/zk-0/etc/pki/node.crt")
play -e pki_force=true --limit zk-0 "$work/site.yml" >"$work/renew.log" || { tail -30 "$work/renew.log"; fail "renewing fails"; }
[ "$before" != "$(sha256sum <"$work/zk-0/etc/pki/node.crt")" ] || fail "the certificate is not renewed"

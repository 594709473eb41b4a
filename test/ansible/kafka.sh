#!/usr/bin/env bash
# Three ZooKeeper servers and three Kafka brokers of the example's own inventory,
# on machines that boot systemd: the playbooks deploy.yml and rolling-restart.yml
# as they are rendered, twice; a record over TLS by those who may, and a refusal of
# those who may not; and a server that is lost while a rolling restart runs.
# usage: kafka.sh WORK SYSTEM PACKAGES, in the folder of the rendered project, in
# network and mount namespaces of its own
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$1 system=$2 packages=$3 machines=$1/machines
fail() { echo "kafka: $1" >&2; exit 1; }
step() { printf 'kafka: %s (%ss)\n' "$1" "$SECONDS"; }
. "$here/machines.sh"
mkdir -p "$machines" "$work/roles/ebs_volume/tasks"

authority
inventory=inventory/qa
OVERRIDES='{"zookeeper_heap_mib": 96, "zookeeper_gate_retries": 12, "kafka_heap_mib": 384, "kafka_gate_retries": 12, "kafka_jmx_version": "1.0.1"}' \
  python3 "$here/machines.py" "$inventory/hosts.yml" "$work" zookeeper kafka

said() { ansible-inventory -i "$inventory/hosts.yml" --host "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"; }
kafka=$(said kestrel-qa-kafka-broker-0 kafka_version)

step "boot"
write_enter
wire
trap 'while read -r name _; do halt "$name"; done <"$machines/list"' EXIT
while read -r name address; do
  mkdir -p "$machines/$name/upper/packages"
  cp --reflink=auto "$packages"/* "$machines/$name/upper/packages/"
  boot "$name" "$address"
done <"$machines/list"

# Volumes of EBS are not to be had here; a folder stands in for the mounted one.
cat >"$work/roles/ebs_volume/tasks/main.yml" <<'YAML'
- name: Make the folder
  ansible.builtin.file:
    path: /data
    state: directory
    owner: root
    group: root
    mode: "0755"
YAML
export ANSIBLE_ROLES_PATH=$work/roles:$PWD/roles ANSIBLE_PIPELINING=1
play() { ansible-playbook -i "$inventory/hosts.yml" -i "$work/overrides.yml" "$@"; }
# twice PLAYBOOK: the second run changes nothing on any machine.
twice() {
  local name=${1//\//-}
  play "playbooks/$1.yml" >"$work/$name.first" || { tail -40 "$work/$name.first"; fail "$1 fails"; }
  step "$1 ran"
  play "playbooks/$1.yml" >"$work/$name.second" || { tail -40 "$work/$name.second"; fail "$1 fails the second time"; }
  if [ "$(grep -c 'changed=0 .*failed=0' "$work/$name.second")" != 3 ]; then
    grep -B3 '^changed' "$work/$name.second"
    fail "$1 changes something the second time"
  fi
  step "$1 ran again and changed nothing"
}
twice zookeeper/deploy
twice kafka/deploy

# Services come with a certificate of their own name, and may do what the graph
# says of them.
broker=kestrel-qa-kafka-broker-0 bin=/opt/kafka/kafka_2.13-$kafka/bin
brokers=$(awk '$2 ~ /^broker-/ { print $2 ":9094" }' "$machines/hosts" | paste -sd,)
service() {
  local to=$machines/$broker/root/root/$1
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
  openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -days 1 -out "$work/$1.crt" 2>/dev/null
  cat "$work/$1.key" "$work/$1.crt" >"$to.pem"
  printf '%s\n' security.protocol=SSL ssl.keystore.type=PEM "ssl.keystore.location=/root/$1.pem" ssl.truststore.type=PEM \
    ssl.truststore.location=/etc/kafka/pki/authorities.pem >"$to.properties"
}
for name in booking notifications; do service $name; done
# send WHO TEXT; what is refused is only logged.
send() {
  echo "$2" | inside "$broker" env KAFKA_LOG4J_OPTS=-Dlog4j.configuration=file:/etc/kafka/log4j.properties "$bin/kafka-console-producer.sh" --bootstrap-server "$brokers" --topic booking.events --producer.config "/root/$1.properties" 2>&1
}
# receive: the next message that the service notifications has not read yet.
receive() {
  inside "$broker" "$bin/kafka-console-consumer.sh" --bootstrap-server "$brokers" --topic booking.events --group notifications \
    --from-beginning --max-messages 1 --timeout-ms 60000 --consumer.config /root/notifications.properties 2>/dev/null
}
said_no=$(send notifications forged || true)
grep -q AuthorizationException <<<"$said_no" || fail "a service writes a topic that it only reads: $said_no"
send booking first >/dev/null
[ "$(receive)" = first ] || fail "what one service wrote another does not read"
step "a record went from one service to another over TLS, and not the other way"

# One after the other, and who leads last.
began() { inside "$1" systemctl show --property=ActiveEnterTimestampMonotonic --value "$2"; }
leader=$(inside "$broker" "$bin/zookeeper-shell.sh" "$(awk '$2 ~ /^zookeeper-0/ { print $1 }' "$machines/hosts"):2182" \
  -zk-tls-config-file /etc/kafka/server.properties get /controller 2>/dev/null | grep -o '"brokerid":[0-9]*' | cut -d: -f2)
before=$(began "kestrel-qa-kafka-broker-$leader" kafka)
play playbooks/kafka/rolling-restart.yml >"$work/rolling.log" || { tail -40 "$work/rolling.log"; fail "the rolling restart fails"; }
for i in 0 1 2; do echo "$(began "kestrel-qa-kafka-broker-$i" kafka) $i"; done | sort -n >"$work/turns"
[ "$(head -1 "$work/turns" | cut -d' ' -f1)" -gt "$before" ] || fail "a broker was not restarted"
[ "$(tail -1 "$work/turns" | cut -d' ' -f2)" = "$leader" ] || fail "broker $leader led and was not restarted last: $(cat "$work/turns")"
send booking second >/dev/null
[ "$(receive)" = second ] || fail "after the restart messages do not arrive"
step "brokers were restarted one by one, broker $leader that led last"

# A server is lost while the others are restarted: the play stops there and says so.
servers=(kestrel-qa-kafka-zookeeper-0 kestrel-qa-kafka-zookeeper-1 kestrel-qa-kafka-zookeeper-2)
declare -A since
for name in "${servers[@]}"; do since[$name]=$(began "$name" zookeeper); done
play -e zookeeper_gate_retries=3 playbooks/zookeeper/rolling-restart.yml >"$work/lost.log" 2>&1 &
running=$!
restarted=
while [ -z "$restarted" ]; do
  kill -0 "$running" || { tail -40 "$work/lost.log"; fail "the rolling restart ends before a server is restarted"; }
  for name in "${servers[@]}"; do
    if [ "$(began "$name" zookeeper)" != "${since[$name]}" ]; then restarted=$name; fi
  done
  sleep 0.2
done
for name in "${servers[@]}"; do if [ "$name" != "$restarted" ]; then lost=$name; break; fi; done
halt "$lost"
if wait "$running"; then fail "a rolling restart goes on without $lost"; fi
grep -q "is not whole: zookeeper-${lost##*-}\.[a-z.]* does not answer" "$work/lost.log" || { tail -40 "$work/lost.log"; fail "nobody is told that $lost is away"; }
for name in "${servers[@]}"; do
  if [ "$name" != "$restarted" ] && [ "$name" != "$lost" ] && [ "$(began "$name" zookeeper)" != "${since[$name]}" ]; then fail "$name is restarted although $lost is away"; fi
done
send booking third >/dev/null
[ "$(receive)" = third ] || fail "without one server of ZooKeeper messages do not arrive"
step "$lost was lost during a rolling restart: it stopped, said so, and messages went on"

# The machine comes back, and with it what it ran.
boot "$lost" "$(awk -v name="$lost" '$1 == name { print $2 }' "$machines/list")"
play playbooks/zookeeper/rolling-restart.yml >"$work/back.log" || { tail -40 "$work/back.log"; fail "the rolling restart fails when all servers are there"; }
step "it came back, and the restart went through"

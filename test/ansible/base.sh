#!/usr/bin/env bash
# What the role base makes of a machine that boots systemd, twice: services that it
# restarts are really restarted, and what it writes is judged by the programs that
# read it. The audit is the kernel's own and cannot be loaded from a machine that is
# not the first; its rules are only written.
# usage: base.sh WORK SYSTEM, in the folder of the rendered project, in network and
# mount namespaces of its own
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$1 system=$2 machines=$1/machines
fail() { echo "base: $1" >&2; exit 1; }
. "$here/machines.sh"
mkdir -p "$machines"
cat >"$work/hosts.yml" <<YAML
all:
  hosts:
    machine:
      ansible_connection: community.general.chroot
      ansible_host: $machines/machine/root
      ansible_chroot_exe: $machines/enter
      ansible_python_interpreter: /usr/bin/python3
      paddock_address: 10.0.0.1
      paddock_platform: kestrel
      paddock_environment: test
      paddock_region: test-1
      paddock_store: kafka
      base_packages: [auditd, chrony, jq, nftables, python3-cryptography]
      base_agents: false
      base_units: [chronyd]
YAML
cat >"$work/site.yml" <<'YAML'
- name: Configure the machine
  hosts: machine
  roles:
    - role: base
YAML
write_enter
wire
trap 'halt machine' EXIT
boot machine 10.0.0.1

export ANSIBLE_ROLES_PATH=$PWD/roles ANSIBLE_PIPELINING=1
play() { ansible-playbook -i "$work/hosts.yml" "$work/site.yml" "$@"; }
started() { inside machine systemctl show --property=ActiveEnterTimestampMonotonic --value "$1"; }
journal=$(started systemd-journald)
play >"$work/first.log" || { tail -40 "$work/first.log"; fail "the first run fails"; }
[ "$journal" != "$(started systemd-journald)" ] || fail "the journal has a new configuration and was not restarted"
chrony=$(started chronyd)
play >"$work/second.log" || { tail -40 "$work/second.log"; fail "the second run fails"; }
grep -q 'changed=0 .*failed=0' "$work/second.log" || { grep -B3 '^changed' "$work/second.log"; fail "the second run changes something"; }
[ "$chrony" = "$(started chronyd)" ] || fail "the second run restarts something"
play --check -e base_journal_size=1G >"$work/check.log"
# The file, and the restart that it asks for.
grep -q 'changed=2 .*failed=0' "$work/check.log" || fail "the check does not see the one change"
grep -q '^SystemMaxUse=2G' "$machines/machine/root/etc/systemd/journald.conf.d/50-paddock.conf" || fail "the check changes something"

# What the kernel and systemd now say.
read_back() { [ "$(inside machine "${@:3}")" = "$2" ] || fail "$1 is $(inside machine "${@:3}"), and should be $2"; }
read_back "dmesg_restrict" 1 sysctl -n kernel.dmesg_restrict
read_back "tcp_keepalive_time" 120 sysctl -n net.ipv4.tcp_keepalive_time
read_back "the journal's limit" "SystemMaxUse=2G" sh -c 'systemd-analyze cat-config systemd/journald.conf | grep ^SystemMaxUse | tail -1'
read_back "the timer of updates" masked sh -c 'systemctl is-enabled dnf-automatic.timer || true'
read_back "the ssh daemon" masked sh -c 'systemctl is-enabled sshd.service || true'
read_back "the mode of the audit's rules" 600 stat -c %a /etc/audit/rules.d/50-paddock.rules
inside machine chronyd -p -f /etc/chrony.conf >/dev/null || fail "chronyd does not read its configuration"
unknown=$(sed -n 's/^\([a-z][a-z0-9_.]*\) = .*/\1/p' "$machines/machine/root/etc/sysctl.d/60-paddock.conf" | while read -r name; do
  if [ ! -e "/proc/sys/${name//.//}" ]; then echo "$name"; fi
done)
if [ -n "$unknown" ]; then echo "base: this kernel does not know: $unknown"; fi
echo "base: a machine configured twice, the second time without a change; journal and kernel took their settings"

#!/usr/bin/env bash
# What the role base writes, in a change root with nothing but Debian's smallest
# system, twice. Services are not run there; what they would read is judged by
# their own programs where a machine like this one has them.
# usage: base.sh WORK, in the folder of the rendered project
set -euo pipefail
work=$1
fail() { echo "base: $1" >&2; exit 1; }
mkdir -p "$work"
jail=${PADDOCK_ANSIBLE_JAIL:-$work/jail}
if [ ! -x "$jail/usr/bin/python3" ]; then
  debootstrap --variant=minbase --include=python3 bookworm "$jail" >"$work/debootstrap.log" || { tail -5 "$work/debootstrap.log"; fail "there is no change root"; }
fi
cat >"$work/hosts.yml" <<YAML
all:
  hosts:
    jail:
      ansible_connection: community.general.chroot
      ansible_host: $jail
      ansible_chroot_exe: $(command -v chroot)
      ansible_python_interpreter: /usr/bin/python3
      paddock_address: 127.0.0.1
      paddock_platform: kestrel
      paddock_environment: test
      paddock_region: test-1
      base_packages: []
      base_services: false
      base_agents: false
YAML
cat >"$work/site.yml" <<'YAML'
- name: Configure the machine
  hosts: jail
  roles:
    - role: base
YAML
export ANSIBLE_ROLES_PATH=$PWD/roles
play() { ansible-playbook -i "$work/hosts.yml" "$work/site.yml" "$@"; }
play >"$work/first.log" || { tail -40 "$work/first.log"; fail "the first run fails"; }
play >"$work/second.log" || { tail -40 "$work/second.log"; fail "the second run fails"; }
grep -q 'changed=0 .*failed=0' "$work/second.log" || { grep -B3 '^changed' "$work/second.log"; fail "the second run changes something"; }
play --check -e base_journal_size=1G >"$work/check.log"
grep -q 'changed=1 .*failed=0' "$work/check.log" || fail "the check does not see the one change"
grep -q '^SystemMaxUse=2G' "$jail/etc/systemd/journald.conf.d/50-paddock.conf" || fail "the check changes something"

# The kernel knows every setting that it is given.
unknown=$(sed -n 's/^\([a-z][a-z0-9_.]*\) = .*/\1/p' "$jail/etc/sysctl.d/60-paddock.conf" | while read -r name; do
  if [ ! -e "/proc/sys/${name//.//}" ]; then echo "$name"; fi
done)
if [ -n "$unknown" ]; then echo "base: this kernel does not know: $unknown"; fi
[ "$(readlink "$jail/etc/systemd/system/dnf-automatic.timer")" = /dev/null ] || fail "automatic updates are on"
[ "$(stat -c %a "$jail/etc/audit/rules.d/50-paddock.rules")" = 600 ] || fail "rules of the audit can be read by everybody"
grep -c '' "$jail/etc/sysctl.d/60-paddock.conf" | sed 's/^/base: /; s/$/ lines of settings, twice the same/'

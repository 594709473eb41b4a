# Machines without a cloud: a change root of Debian whose first process is systemd,
# in namespaces of its own. What a role writes for systemd is really started,
# stopped and watched by it, at the address that the machine has in the inventory.
# To be sourced by a shell that has network and mount namespaces of its own, so
# that nothing here outlives it or touches what is outside.
#
# Needs $work, $machines (a folder for them) and $system (what every machine starts
# from).

# The kernel is everybody's. Its settings are copies that a machine may write;
# those of the network are the machine's own.
boot_as_first='
  set -e
  root=$1 name=$2
  hostname "$name"
  mount --make-rprivate /
  mount -t proc proc "$root/proc"
  for part in fs kernel vm; do
    mkdir -p "$root/run/sys"
    mount -t tmpfs tmpfs "$root/run/sys"
    (cd "/proc/sys/$part" && find . -type d -exec mkdir -p "$root/run/sys/{}" \; &&
      find . -type f | while read -r f; do cat "$f" >"$root/run/sys/$f" 2>/dev/null || true; done)
    mount --move "$root/run/sys" "$root/proc/sys/$part"
  done
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs tmpfs "$root/sys/kernel/mm"
  mkdir "$root/sys/kernel/mm/transparent_hugepage"
  echo always >"$root/sys/kernel/mm/transparent_hugepage/enabled"
  mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
  for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  for folder in dev/shm run tmp; do mount -t tmpfs tmpfs "$root/$folder"; done
  ip link set lo up
  cd "$root"
  mkdir -p .outside
  pivot_root . .outside
  umount -l .outside
  exec env -i container=paddock PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=false
'

# system makes what every machine starts from, once for each list of packages.
system() {
  local packages=(auditd chrony dbus iproute2 jq nftables openjdk-17-jre-headless openssl procps python3-apt
    python3-cryptography systemd systemd-sysv)
  if [ "$(cat "$system/.whole" 2>/dev/null)" = "${packages[*]}" ]; then return; fi
  rm -rf "$system"
  debootstrap --variant=minbase --include=python3 bookworm "$system" >"$system.log" 2>&1 || { tail -5 "$system.log"; return 1; }
  cp /etc/resolv.conf "$system/etc/resolv.conf"
  # Java's package asks /proc what it runs on.
  DEBIAN_FRONTEND=noninteractive unshare --mount bash -c 'mount -t proc proc "$1/proc"; exec chroot "$@"' _ "$system" \
    apt-get install -yq --no-install-recommends "${packages[@]}" >>"$system.log" 2>&1 || { tail -5 "$system.log"; return 1; }
  rm "$system/etc/resolv.conf"
  echo "${packages[*]}" >"$system/.whole"
}

# authority makes the one that signs certificates here, in place of the secret.
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
    -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
}

# wire makes the network on which machines meet.
wire() {
  ip link set lo up
  ip link add paddock type bridge
  ip link set paddock up
  # Where the play runs has an address there too.
  ip address add 10.255.255.254/8 dev paddock
}

# boot NAME ADDRESS starts a machine.
boot() {
  local at=$machines/$1 group=/sys/fs/cgroup
  # Where version 1 is used beside it, version 2 of control groups is a folder.
  if [ -d "$group/unified" ]; then group=$group/unified; fi
  group=$group/paddock-$$-$1
  mkdir -p "$at/upper" "$at/work" "$at/root" "$group"
  echo "$group" >"$at/group"
  mount -t overlay -o "lowerdir=$system,upperdir=$at/upper,workdir=$at/work" overlay "$at/root"
  echo "$1" >"$at/root/etc/hostname"
  [ ! -e "$machines/hosts" ] || cp "$machines/hosts" "$at/root/etc/hosts"
  (
    echo "$BASHPID" >"$group/cgroup.procs"
    exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child bash -c "$boot_as_first" boot "$at/root" "$1"
  ) >"$at/console" 2>&1 &
  echo $! >"$at/outer"
  until pgrep -P "$(cat "$at/outer")" >"$at/pid" && [ "$(readlink "/proc/$(cat "$at/pid")/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
    kill -0 "$(cat "$at/outer")" || { cat "$at/console"; return 1; }
    sleep 0.1
  done
  local wire=pd-$(cat "$at/pid")
  ip link add "$wire" type veth peer name eth0 netns "$(cat "$at/pid")"
  ip link set "$wire" master paddock up
  nsenter -t "$(cat "$at/pid")" -n ip address add "$2/8" dev eth0
  nsenter -t "$(cat "$at/pid")" -n ip link set eth0 up
  # Until systemd answers.
  until inside "$1" systemctl is-system-running --wait 2>/dev/null | grep -qE 'running|degraded'; do
    kill -0 "$(cat "$at/outer")" || { cat "$at/console"; return 1; }
    sleep 0.2
  done
}

# inside NAME COMMAND runs something in a machine.
inside() { "$machines/enter" "$machines/$1/root" "${@:2}"; }

# enter is what Ansible calls instead of chroot.
write_enter() {
  cat >"$machines/enter" <<'SH'
#!/bin/sh
# usage: enter FOLDER COMMAND...
pid=$(cat "$1/../pid")
shift
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root \
  nsenter -t "$pid" --mount --pid --uts --ipc --net --cgroup --root --wd "$@"
SH
  chmod +x "$machines/enter"
}

# halt NAME ends a machine at once, as when its power is cut.
halt() {
  local at=$machines/$1
  kill -KILL "$(cat "$at/pid")" 2>/dev/null || true
  wait "$(cat "$at/outer")" 2>/dev/null || true
  umount -l "$at/root" 2>/dev/null || true
  # Groups go when the last process has gone.
  for _ in $(seq 50); do
    find "$(cat "$at/group")" -depth -type d -exec rmdir {} \; 2>/dev/null && break
    sleep 0.1
  done
}

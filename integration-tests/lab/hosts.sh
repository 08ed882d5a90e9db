# shellcheck shell=bash
# The hosts of the lab. Each is a set of namespaces (process, mount, network, UTS, IPC) whose first process is
# host-init, so ending that one process ends everything in the host, its mounts and its links with it. A further
# set, the switch, holds the bridge that joins them. Nothing of a host has a name outside its namespaces, so
# labs of several checkouts do not meet.
# Sourced, never run. Needs common.sh and pki.sh.

LAB_NET=192.0.2

host_state() { printf '%s/hosts/%s\n' "$LAB_RUN" "$1"; }

host_names() {
  local f
  for f in "$LAB_RUN"/hosts/*/pid; do
    [ -e "$f" ] || continue
    f=${f%/pid}
    printf '%s\n' "${f##*/}"
  done
}

host_running() { alive "$(host_state "$1")/pid"; }

host_pid() {
  local pid
  host_running "$1" || die "host $1 is not up (./lab up starts the hosts)"
  read -r pid _ <"$(host_state "$1")/pid"
  printf '%s\n' "$pid"
}

host_address() { cat "$(host_state "$1")/address"; }

# lab_exec HOST COMMAND...: runs COMMAND in HOST, as root, in the directory /.
lab_exec() {
  local pid
  pid=$(host_pid "$1") || return 1
  shift
  nsenter -t "$pid" -m -u -i -n -p -r -w env -u LAB_DIR "$@"
}

# namespaces_start NAME COMMAND...: COMMAND becomes the first process of new namespaces; its outer pid is recorded.
namespaces_start() {
  local name=$1 state keeper pid
  shift
  state=$(host_state "$name")
  mkdir -p "$state"
  # setsid: a ctrl-C on the terminal must reach the lab's script only, which then tidies up in order.
  setsid unshare --mount --uts --ipc --net --pid --fork --kill-child --mount-proc --propagation private "$@" \
    </dev/null >"$state/init.log" 2>&1 &
  keeper=$!
  disown "$keeper"
  first_process() { pid=$(cat "/proc/$keeper/task/$keeper/children" 2>/dev/null); [ -n "${pid// /}" ]; }
  wait_until 10 "the first process of $name" first_process || die "host $name did not start: $(tail -n 3 "$state/init.log")"
  pid=${pid// /}
  printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$state/pid"
}

switch_start() {
  namespaces_start switch "$LAB_SCRIPTS/switch-init" "$LAB_RUN/hosts/switch"
  wait_until 10 "the switch" test -e "$LAB_RUN/hosts/switch/ready" || die "the switch did not start: $(tail -n 3 "$LAB_RUN/hosts/switch/init.log")"
}

# host_start NAME NUMBER: brings up host NAME with address 192.0.2.NUMBER.
host_start() {
  local name=$1 number=$2 state switch
  state=$(host_state "$name")
  switch=$(host_pid switch)
  mkdir -p "$state"/{etc/libvirt/hooks/qemu.d,etc/libvirt/qemu,etc/hde,etc/pki,var/lib/libvirt,var/lib/hde,var/cache/libvirt,var/log/{libvirt,hde}}
  printf '%s\n' "$LAB_NET.$number" >"$state/address"
  pki_host "$name" "$LAB_NET.$number" "$state/etc/pki"
  host_configure "$name" "$number" "$state/etc/libvirt"
  namespaces_start "$name" "$LAB_SCRIPTS/host-init" "$name" "$state" "$LAB_DIR" "$LAB_PROJECT"
  ip link add eth0 address "02:00:00:00:00:$(printf %02x "$number")" netns "$(host_pid "$name")" type veth \
    peer name "$name" netns "$switch"
  lab_exec switch ip link set "$name" master br0 up
  lab_exec "$name" ip addr add "$LAB_NET.$number/24" dev eth0
  lab_exec "$name" ip link set eth0 up
  lab_exec "$name" ip link set lo up
}

host_configure() {
  local name=$1 number=$2 dir=$3
  cat >"$dir/libvirtd.conf" <<CONF
# libvirt takes two hosts with one UUID for the same host and refuses to migrate.
host_uuid = "$(printf '10000000-0000-4000-8000-%012d' "$number")"
listen_tcp = 1
listen_tls = 0
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
# A client that is not heard of is given up after 120 s, not 30, so that the outages of the faults are sat through.
keepalive_interval = 5
keepalive_count = 23
# What QEMU itself says about a migration, its time and downtime, is in its answers to libvirt.
log_filters = "2:qemu.qemu_monitor_json"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
CONF
  cat >"$dir/qemu.conf" <<CONF
# Debian's unprivileged user, so that owners and modes of sockets, disks and logs are proved here.
user = "libvirt-qemu"
group = "libvirt-qemu"
# Both hosts see the same disks: each would find the other's note of the owner and refuse.
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
# For --p2p, where libvirtd itself is the client of the other host's.
keepalive_interval = 5
keepalive_count = 23
CONF
  install -m 0755 "$LAB_PROJECT/libvirt-hooks/src/main/dist/qemu.d/hde" "$dir/hooks/qemu.d/hde"
}

# write_etc_hosts: all hosts by name, the same in each host.
write_etc_hosts() {
  local name
  printf '127.0.0.1 localhost\n'
  for name; do printf '%s %s\n' "$(host_address "$name")" "$name"; done
}

libvirtd_answers() { lab_exec "$1" virsh -q -c qemu:///system list >/dev/null 2>&1; }

# hosts_up NAME...: the switch and these hosts, ready for virsh. What an earlier run left is removed first. If LAB_OWNER
# is the pid of a process, the hosts end soon after it, however it ends.
hosts_up() {
  local name number=0
  need_tools unshare nsenter ip tc certtool libvirtd virsh qemu-system-x86_64 qemu-img
  if alive "$LAB_RUN/owner" && [ "$(cut -d' ' -f1 "$LAB_RUN/owner")" != "${LAB_OWNER:-}" ]; then
    die "the lab is in use by process $(cut -d' ' -f1 "$LAB_RUN/owner"); wait for it, or end it with ./lab down"
  fi
  hosts_down
  mkdir -p "$LAB_RUN/hosts" "$LAB_RUN/guests"
  watch_for_owner
  # QEMU's user has to reach its disks and logs through these.
  chmod 0755 "$LAB_DIR" "$LAB_RUN" "$LAB_RUN/guests"
  chmod 0700 "$LAB_RUN/hosts"
  switch_start
  for name; do
    number=$((number + 1))
    host_start "$name" "$number"
  done
  write_etc_hosts "$@" >"$LAB_RUN/etc-hosts"
  for name; do : >"$(host_state "$name")/go"; done
  for name; do
    wait_until 30 "libvirtd on $name" libvirtd_answers "$name" \
      || die "libvirtd on $name did not start: $(tail -n 5 "$(host_state "$name")/init.log")"
  done
}

# watch_for_owner: has the end of process LAB_OWNER, if that is set, watched for.
watch_for_owner() {
  [ -n "${LAB_OWNER:-}" ] && ! alive "$LAB_RUN/watcher" || return 0
  printf '%s %s\n' "$LAB_OWNER" "$(start_time "$LAB_OWNER")" >"$LAB_RUN/owner"
  setsid "$LAB_SCRIPTS/ctl" watch-owner </dev/null >/dev/null 2>&1 &
  printf '%s %s\n' "$!" "$(start_time "$!")" >"$LAB_RUN/watcher"
  disown "$!"
}

# hosts_down: ends every host of this checkout and forgets the run. Safe to call at any time, any number of times.
hosts_down() {
  local name pid
  [ -d "$LAB_RUN" ] || return 0
  if alive "$LAB_RUN/watcher"; then
    read -r pid _ <"$LAB_RUN/watcher"
    [ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null || true
  fi
  roots_down || return 1
  for name in $(host_names); do
    if host_running "$name"; then
      read -r pid _ <"$(host_state "$name")/pid"
      kill -KILL "$pid" 2>/dev/null || true
      # The first process is gone only after everything else in its namespace is.
      wait_until 20 "the end of host $name" process_gone "$pid" || return 1
    fi
  done
  rm -rf "$LAB_RUN"
}

# save_logs DIR: copies what agents, libvirtd, QEMU and the guests' consoles wrote, before hosts_down forgets it.
save_logs() {
  local name state
  rm -rf "$1"
  mkdir -p "$1"
  for name in $(host_names); do
    [ "$name" = switch ] && continue
    state=$(host_state "$name")
    mkdir -p "$1/$name"
    cp -R "$state"/var/log/hde/. "$state"/var/log/libvirt/. "$state/init.log" "$1/$name/"
  done
  for state in "$LAB_RUN"/guests/*/; do
    [ ! -d "$state" ] || cp "$state/console.log" "$1/console-$(basename "$state").log"
  done
}

# watch_owner: takes the hosts down when the process they were started for is gone.
watch_owner() {
  while alive "$LAB_RUN/owner"; do sleep 0.5; done
  hosts_down
}

process_gone() { ! kill -0 "$1" 2>/dev/null; }

# shape RATE: RATE as tc takes it (100mbit), or "unshaped". Each host's outgoing and incoming link is held to it.
shape() {
  local rate=$1 name
  for name in $(host_names); do
    [ "$name" = switch ] && continue
    shape_link "$name" eth0 "$rate"
    shape_link switch "$name" "$rate"
  done
  printf '%s\n' "$rate" >"$LAB_RUN/rate"
}

# The bucket holds more than the largest packet that segmentation offload makes (64 KiB), or tbf would split it.
shape_link() {
  local host=$1 link=$2 rate=$3
  if [ "$rate" = unshaped ]; then
    lab_exec "$host" tc qdisc del dev "$link" root 2>/dev/null || true
  else
    lab_exec "$host" tc qdisc replace dev "$link" root tbf rate "$rate" burst 256kb latency 50ms \
      || die "cannot shape the link to '$rate': give a rate as tc takes it, such as 100mbit, or unshaped"
  fi
}

# wire_bytes HOST: bytes that HOST's network interface has sent and received since it came up.
wire_bytes() {
  lab_exec "$1" sh -c 'cd /sys/class/net/eth0/statistics && echo $(($(cat tx_bytes) + $(cat rx_bytes)))'
}

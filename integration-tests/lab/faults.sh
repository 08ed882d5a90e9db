# shellcheck shell=bash
# What may go wrong between two agents and with them. What goes wrong with the link of HOST hits the tunnels that HOST's
# agent has opened, those of the VMs that leave HOST, and no others; libvirt's connections only where that is said.
# Each prints when it was done, in seconds since 1970.
# Sourced, never run. Needs common.sh, hosts.sh and agents.sh.

LAB_TUNNEL_PORT=7420

# fault_reset HOST: HOST's tunnels are reset.
fault_reset() {
  # The time is taken before: QEMU may say that it has failed while ss is still ending.
  # shellcheck disable=SC2016
  lab_exec "$1" bash -c 'printf "%s\n" "$EPOCHREALTIME"; exec ss -K -t -H dport = "$1" >/dev/null' bash "$LAB_TUNNEL_PORT"
}

# fault_silence HOST tunnel|data|all: of HOST's tunnels no packet arrives, in either direction; with "data" those without
# content do, so that connections can be made; with "all" nothing of any kind passes HOST's link. Until fault_heal.
fault_silence() {
  local host=$1 port=$LAB_TUNNEL_PORT out in
  case $2 in
    tunnel) out="tcp dport $port" in="tcp sport $port" ;;
    data) out="tcp dport $port ip length > 100" in="tcp sport $port ip length > 100" ;;
    all) out= in= ;;
    *) die "silence is of tunnel, data or all, not '$2'" ;;
  esac
  lab_exec switch nft "add table bridge silence_$host; delete table bridge silence_$host
    table bridge silence_$host {
      chain forward {
        type filter hook forward priority 0
        iifname \"$host\" $out drop
        oifname \"$host\" $in drop
      }
    }"
  printf '%s\n' "$EPOCHREALTIME"
}

# only_tunnels on|off: nothing passes between any hosts but what goes to or comes from the agents' port, and what finds
# out where an address is; or everything does again.
only_tunnels() {
  lab_exec switch nft 'add table bridge only_tunnels; delete table bridge only_tunnels'
  [ "$1" = on ] || return 0
  lab_exec switch nft "table bridge only_tunnels {
      chain forward {
        type filter hook forward priority 0; policy drop;
        ether type arp accept
        tcp dport $LAB_TUNNEL_PORT accept
        tcp sport $LAB_TUNNEL_PORT accept
      }
    }"
}

# fault_heal HOST: the end of fault_silence; nothing if there was none.
fault_heal() {
  lab_exec switch nft "add table bridge silence_$1; delete table bridge silence_$1"
  printf '%s\n' "$EPOCHREALTIME"
}

# fault_address HOST: HOST's tunnels come from another address from now on, and the one they came from is gone, without a
# word to either end. Called once before, or the first change has nothing to take away.
fault_address() {
  local host=$1 number old new
  number=$(host_address "$host")
  number=${number##*.}
  old=$LAB_NET.$((number + 50)) new=$LAB_NET.$((number + 100))
  if lab_exec "$host" ip -o addr show dev eth0 | grep -q " $new/"; then
    new=$old old=$LAB_NET.$((number + 100))
  fi
  lab_exec "$host" sh -c "
    ip rule list | grep -q 'dport $LAB_TUNNEL_PORT ' || ip rule add dport $LAB_TUNNEL_PORT table $LAB_TUNNEL_PORT
    ip addr add $new/32 dev eth0
    ip route replace $LAB_NET.0/24 dev eth0 src $new table $LAB_TUNNEL_PORT
    ip addr del $old/32 dev eth0 2>/dev/null || true"
  printf '%s\n' "$EPOCHREALTIME"
}

# agent_figures HOST: of the agent: anonymous resident memory in KiB, threads, descriptors; and its store in KiB.
agent_figures() {
  # shellcheck disable=SC2016
  lab_exec "$1" sh -c 'pid=$(cat /run/hde-agent.pid)
    awk "/^RssAnon:/ {print \$2} /^Threads:/ {print \$2}" "/proc/$pid/status"
    ls "/proc/$pid/fd" | wc -l
    du -sk /var/lib/hde | cut -f1' | tr '\n' ' '
}

# shellcheck shell=bash
# Debian systems in which the package is tried: everything that it depends on is installed, HDE is not.
# Sourced, never run. Needs common.sh and guests.sh.

LAB_ROOT_PACKAGES=systemd-sysv,dbus,libvirt-daemon-system,libvirt-clients,qemu-system-x86,default-jre-headless,nftables,procps,apparmor,bash-completion,man-db

# debian_root RELEASE: prints its directory, which is not to be changed: mount something over it.
debian_root() {
  local RELEASE=$1 dir
  dir=$(build "root-$1" "$(recipe_hash "$LAB_ROOT_PACKAGES" "$1")" build_root) || return 1
  printf '%s/root\n' "$dir"
}

build_root() (
  set -eu
  cd "$1"
  # Manuals are left out of minimal systems only by configuration: here they are wanted.
  mmdebstrap --variant=minbase --include="$LAB_ROOT_PACKAGES" "$RELEASE" root
)

root_state() { printf '%s/roots/%s\n' "$LAB_RUN" "$1"; }

# root_up RELEASE: boots a system of that release, with systemd, no network but its own loopback, nothing written to
# what was built; what Maven has packaged is in /srv/deb. One of each release at a time.
root_up() {
  local release=$1 root state keeper pid
  need_tools unshare nsenter systemd-nspawn
  root=$(debian_root "$release")
  state=$(root_state "$release")
  mkdir -p "$state"
  watch_for_owner
  pki_authority
  setsid unshare --mount --propagation private "$LAB_SCRIPTS/root-init" "$root" "$LAB_PROJECT/deb/target" \
    </dev/null >"$state/init.log" 2>&1 &
  keeper=$!
  disown "$keeper"
  printf '%s %s\n' "$keeper" "$(start_time "$keeper")" >"$state/keeper"
  # Before systemd there are others: what root-init runs, and nspawn's own.
  first_process() {
    pid=$(cat "/proc/$keeper/task/$keeper/children" 2>/dev/null)
    pid=${pid// /}
    [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = systemd ]
  }
  wait_until 60 "the first process of $release" first_process || die "$release did not start: $(tail -n 3 "$state/init.log")"
  printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$state/pid"
  booted() { [ "$(root_exec "$release" systemctl is-system-running 2>/dev/null)" = running ]; }
  wait_until 120 "the services of $release" booted \
    || die "$release is not up: $(root_exec "$release" systemctl --failed --no-legend) $(tail -n 3 "$state/init.log")"
  mkdir "$state/pki"
  pki_host "$release" 127.0.0.1 "$state/pki"
  tar -C "$state/pki" -c . | root_exec "$release" sh -c 'mkdir -p /etc/pki && tar -C /etc/pki --no-same-owner -x'
}

# root_exec RELEASE COMMAND...: as root, in the directory /.
root_exec() {
  local pid
  alive "$(root_state "$1")/pid" || die "no system of $1 is up"
  read -r pid _ <"$(root_state "$1")/pid"
  shift
  nsenter -t "$pid" -m -u -i -n -p -C -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# roots_down: ends all of them.
roots_down() {
  local state pid
  for state in "$LAB_RUN"/roots/*/; do
    if alive "$state/pid"; then
      read -r pid _ <"$state/pid"
      kill -KILL "$pid" 2>/dev/null || true
      wait_until 20 "the end of $state" process_gone "$pid" || return 1
    fi
    if alive "$state/keeper"; then
      read -r pid _ <"$state/keeper"
      wait_until 20 "the end of $state" process_gone "$pid" || return 1
    fi
  done
}

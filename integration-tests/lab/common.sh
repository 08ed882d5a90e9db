# shellcheck shell=bash
# What every part of the lab shares: where things are, how to say things, how to wait.
# Sourced, never run.

LAB_SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_PROJECT=$(cd "$LAB_SCRIPTS/../.." && pwd)
LAB_DIR=${LAB_DIR:-$LAB_PROJECT/.lab}
# Built from recipes and kept between runs.
LAB_CACHE=$LAB_DIR/cache
# Belongs to one run: removed by hosts_down.
LAB_RUN=$LAB_DIR/run
# Where every host sees LAB_DIR and LAB_PROJECT, wherever the project was cloned: QEMU's user could not pass /root.
LAB_MOUNT=/srv/lab
PROJECT_MOUNT=/srv/hde

say() { printf '%s\n' "$*" >&2; }
die() { say "lab: $*"; exit 1; }

need_root() {
  [ "$(id -u)" -eq 0 ] || die "the lab makes network namespaces and mounts: run it as root"
}

# need_tools COMMAND...: fails with the names of those that are not there.
need_tools() {
  local tool missing=()
  for tool; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  [ ${#missing[@]} -eq 0 ] || die "missing: ${missing[*]}; './lab test' installs what the lab needs from Debian's packages"
}

# wait_until SECONDS WHAT COMMAND...: polls COMMAND, fails with WHAT when the time or the lab is over.
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if [ "$SECONDS" -ge "$deadline" ] || [ ! -d "$LAB_RUN" ]; then
      say "lab: gave up waiting for $what"
      return 1
    fi
    sleep 0.1
  done
}

# Start time of a process in clock ticks since boot: with the pid it names a process for good.
# The command's name may hold blanks and parentheses, so fields are counted from the last one.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  printf '%s\n' "${20}"
}

# alive FILE: FILE holds "PID START_TIME", and that very process still runs.
alive() {
  local pid started
  [ -r "$1" ] || return 1
  read -r pid started <"$1" || return 1
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}

# recipe_hash FILE_OR_TEXT...: names what a cached thing was built from.
recipe_hash() {
  local part
  for part; do
    if [ -f "$part" ]; then cat "$part"; else printf '%s\n' "$part"; fi
  done | sha256sum | cut -c1-16
}

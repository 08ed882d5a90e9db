# shellcheck shell=bash
# HDE on the lab's hosts: the product as built by Maven, one agent for each host.
# Sourced, never run. Needs common.sh and hosts.sh.

LAB_PRODUCT=$LAB_RUN/product

# product_install: what Maven built, at the place to which /usr/local/bin/hde leads on every host. A copy: a build must
# not pull the jar from under a running agent.
product_install() {
  local jar=$LAB_PROJECT/plugin/target/hde.jar
  [ -f "$jar" ] || die "there is no $jar: build it with mvn -B package"
  mkdir -p "$LAB_PRODUCT"
  cp "$jar" "$LAB_PRODUCT/hde.jar.new"
  mv "$LAB_PRODUCT/hde.jar.new" "$LAB_PRODUCT/hde.jar"
  install -m 0755 "$LAB_PROJECT/plugin/src/main/dist/bin/hde" "$LAB_PRODUCT/hde"
}

# agent_config HOST: the least that an agent needs, plus the check that the lab's proof of exactness asks for.
agent_config() {
  local name=$1 peer
  cat <<YAML
host:
  name: $name
tunnel:
  listen: $(host_address "$name"):7420
store:
  directory: /var/lib/hde
  max-size: 4GiB
verify-stream: true
peers:
YAML
  for peer in $(host_names); do
    [ "$peer" = switch ] || [ "$peer" = "$name" ] || printf '  %s:\n    address: %s:7420\n' "$peer" "$(host_address "$peer")"
  done
}

# agent_start HOST: with the configuration that is there, or the lab's own if there is none.
agent_start() {
  local name=$1 state
  state=$(host_state "$name")
  [ -f "$LAB_PRODUCT/hde.jar" ] || product_install
  [ -f "$state/etc/hde/hde.yaml" ] || agent_config "$name" >"$state/etc/hde/hde.yaml"
  lab_exec "$name" sh -c 'setsid hde agent --config /etc/hde/hde.yaml </dev/null >>/var/log/hde/agent.log 2>&1 &
    echo $! >/run/hde-agent.pid'
}

agent_runs() { lab_exec "$1" sh -c 'kill -0 "$(cat /run/hde-agent.pid)" 2>/dev/null'; }
agent_gone() { ! agent_runs "$1"; }

# agent_signal HOST SIGNAL SECONDS: sends it and waits for the agent's end. Prints when it was sent, in seconds since 1970.
agent_signal() {
  agent_runs "$1" || die "no agent runs on $1"
  # The time is taken before: a QEMU may say that its migration has failed at once.
  lab_exec "$1" bash -c "printf '%s\n' \"\$EPOCHREALTIME\"; kill -$2 \"\$(cat /run/hde-agent.pid)\""
  wait_until "$3" "the end of the agent on $1" agent_gone "$1"
}

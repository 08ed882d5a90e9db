# shellcheck shell=bash
# One certificate authority for the lab and, for each host, the files of libvirt's layout, made as libvirt's own
# manual tells its users to (certtool). Kept between runs: nothing outside the lab trusts them.
# Sourced, never run. Needs common.sh.

LAB_PKI=$LAB_CACHE/pki

pki_authority() {
  [ -f "$LAB_PKI/cacert.pem" ] && return 0
  mkdir -p "$LAB_CACHE"
  rm -rf "$LAB_PKI"
  mkdir -m 0700 "$LAB_PKI"
  printf 'cn = HDE lab\nca\ncert_signing_key\nexpiration_days = 3650\n' >"$LAB_PKI/ca.info"
  certtool_quiet --generate-privkey --outfile "$LAB_PKI/cakey.pem"
  certtool_quiet --generate-self-signed --load-privkey "$LAB_PKI/cakey.pem" --template "$LAB_PKI/ca.info" \
    --outfile "$LAB_PKI/cacert.new"
  mv "$LAB_PKI/cacert.new" "$LAB_PKI/cacert.pem"
}

certtool_quiet() {
  local out
  out=$(certtool "$@" 2>&1) || die "certtool failed: $out"
}

# pki_host NAME ADDRESS DIR: fills DIR as /etc/pki.
pki_host() {
  local name=$1 address=$2 dir=$3 made
  pki_authority
  made=$LAB_PKI/$name-$address
  if [ ! -d "$made" ]; then
    rm -rf "$made.new"
    mkdir -p "$made.new/CA" "$made.new/libvirt/private"
    cp "$LAB_PKI/cacert.pem" "$made.new/CA/cacert.pem"
    pki_pair "$made.new/libvirt" server "$name" "$address" tls_www_server
    pki_pair "$made.new/libvirt" client "$name" "$address" tls_www_client
    mv "$made.new" "$made"
  fi
  cp -R "$made/." "$dir/"
}

# pki_qemu DIR: the same certificates once more as QEMU's user can read them and under the names that QEMU wants, in DIR/qemu.
pki_qemu() {
  local role
  mkdir -p "$1/qemu"
  cp "$1/CA/cacert.pem" "$1/qemu/ca-cert.pem"
  for role in server client; do
    cp "$1/libvirt/${role}cert.pem" "$1/qemu/$role-cert.pem"
    cp "$1/libvirt/private/${role}key.pem" "$1/qemu/$role-key.pem"
  done
  chown -R libvirt-qemu: "$1/qemu"
}

# pki_pair DIR server|client NAME ADDRESS PURPOSE
pki_pair() {
  local dir=$1 role=$2 name=$3 address=$4 purpose=$5
  cat >"$dir/$role.info" <<INFO
organization = HDE lab
cn = $name
dns_name = $name
ip_address = $address
$purpose
encryption_key
signing_key
expiration_days = 3650
INFO
  (umask 077 && certtool_quiet --generate-privkey --outfile "$dir/private/${role}key.pem")
  certtool_quiet --generate-certificate --template "$dir/$role.info" --load-privkey "$dir/private/${role}key.pem" \
    --load-ca-certificate "$LAB_PKI/cacert.pem" --load-ca-privkey "$LAB_PKI/cakey.pem" \
    --outfile "$dir/${role}cert.pem"
  rm "$dir/$role.info"
}

# pki_stranger own|other: certificates of a host called stranger, by the lab's own authority or by another one. Prints
# where the hosts see them, laid out as /etc/pki.
pki_stranger() {
  local made=pki-stranger-$1
  [ "$1" = own ] || LAB_PKI=$LAB_RUN/pki-authority-$1
  mkdir -p "$LAB_RUN/$made"
  pki_host stranger "$LAB_NET.99" "$LAB_RUN/$made"
  printf '%s\n' "$LAB_MOUNT/run/$made"
}

#!/usr/bin/env bash
# Builds both images of packaging/docker/Dockerfile with Podman, starts them, and has one do a task on the other.
#   scripts/image.sh            on a base image made of Debian 12's own packages: no registry is asked
#   scripts/image.sh registry   on the base image that the Dockerfile names
# As root on Debian 12, with podman and runc; pip asks the package index from within. About four minutes and 2 GB below
# TMPDIR; containers, images and the folder are gone at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
base=${1:-debian}
name=docker.io/library/python:3.11-slim-bookworm
packages=(base-files base-passwd bash ca-certificates coreutils dash findutils grep gzip libc-bin login mawk passwd
  python3.11-venv sed tar)

folder=$(mktemp -d "${TMPDIR:-/var/tmp}/image.XXXXXX")
export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf
printf '%s\n' '[engine]' 'runtime = "runc"' 'cgroup_manager = "cgroupfs"' 'events_logger = "file"' \
  '[containers]' 'log_driver = "k8s-file"' \
  'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]' >"$CONTAINERS_CONF"
printf '%s\n' '[storage]' 'driver = "overlay"' "graphroot = \"$folder/store\"" "runroot = \"$folder/run\"" \
  >"$CONTAINERS_STORAGE_CONF"

say() { printf 'image: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }
quiet() { podman --log-level=fatal "$@"; }

finish() {
  quiet rm --all --force --time=5 >/dev/null 2>&1 || true
  quiet system reset --force >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap finish EXIT

# What the slim image of Python is: a small Debian with an interpreter called `python`.
make_base() {
  local root=$folder/root needed
  mkdir -p "$folder/packages" "$root"
  needed=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances "${packages[@]}" | grep '^[a-z0-9]' | sort -u)
  # shellcheck disable=SC2086  # a word each
  (cd "$folder/packages" && apt-get -qq download $needed 2>/dev/null)
  local one
  for one in "$folder"/packages/*.deb; do dpkg-deb --extract "$one" "$root"; done
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  ln -sf python3.11 "$root/usr/bin/python3"
  ln -sf python3.11 "$root/usr/bin/python"
  [ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
  chroot "$root" /sbin/ldconfig
  tar -C "$root" -cf "$folder/base.tar" .
  quiet import --quiet "$folder/base.tar" "$name" >/dev/null
  rm -rf "$root" "$folder/packages" "$folder/base.tar"
}

build() { # build TAG TARGET
  say "building $1"
  quiet build --quiet --pull=never --network=host --isolation=chroot --format docker \
    --env "PIP_CERT=/etc/ssl/certs/ca-certificates.crt" -f packaging/docker/Dockerfile -t "$1" --target "$2" . \
    >"$folder/build.log" 2>&1 || { tail -n 30 "$folder/build.log" >&2; die "$1 cannot be built"; }
}

wait_for() { # wait_for WHAT COMMAND...
  local what=$1
  shift
  for _ in $(seq 60); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 1
  done
  quiet logs orchestrator >&2 || true
  quiet logs alpha >&2 || true
  die "$what did not come"
}

within() { quiet exec --env "ASTERISM_TOKEN=$token" orchestrator asterism "$@"; }
online() { within devices | grep -q '^alpha .*online'; }

[ "$(id -u)" = 0 ] || die "as root"
for program in podman runc; do command -v "$program" >/dev/null || die "$program is missing: apt-get install $program"; done
if [ "$base" = registry ]; then quiet pull --quiet "$name" >/dev/null; else make_base; fi
build asterism orchestrator
build asterism-device device

say "starting both"
# A network of their own, with nothing in it but its loopback.
quiet run --detach --name orchestrator --network=none --volume state:/var/lib/asterism asterism >/dev/null
wait_for "the orchestrator" quiet healthcheck run orchestrator
token=$(quiet exec orchestrator asterism token create --role admin 2>/dev/null | head -n 1)
device_token=$(within token create --role device 2>/dev/null | head -n 1)
quiet run --detach --name alpha --network=container:orchestrator --env ASTERISM_URL=http://127.0.0.1:8460 \
  --env "ASTERISM_TOKEN=$device_token" asterism-device device server --name alpha \
  --workspace /var/lib/asterism/workspace --state-dir /var/lib/asterism/state >/dev/null
wait_for "the device" online

within run --approve all "write 'from a container' to a.txt on alpha"
quiet restart --time=10 orchestrator >/dev/null
wait_for "the orchestrator, after a restart," quiet healthcheck run orchestrator
quiet restart --time=10 alpha >/dev/null  # its network is that of the other
wait_for "the device, after a restart," online
said=$(quiet exec alpha cat workspace/a.txt)
[ "$said" = "from a container" ] || die "a.txt holds: $said"
[ "$(within runs --json | grep -c '"succeeded"')" -ge 1 ] || die "the run is not on record after a restart"
[ "$(quiet exec orchestrator id -u)" = 10001 ] || die "it runs as another user"
quiet stop --time=10 orchestrator alpha >/dev/null
[ "$(quiet inspect --format '{{.State.ExitCode}}' orchestrator alpha | sort -u)" = 0 ] || die "it does not end by SIGTERM"
say "both images are built, run, do a task, keep their state and end"

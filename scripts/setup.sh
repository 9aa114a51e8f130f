#!/usr/bin/env bash
# Makes this checkout runnable, and does nothing where it already is.
#   scripts/setup.sh env      the virtual environment .venv, from the lock, with the project in it (editable)
#   scripts/setup.sh system   the Debian packages of requirements/apt.txt, which the tests use
#   scripts/setup.sh python   print the interpreter that the virtual environment is made with
#   scripts/setup.sh heavy    what the tests use that takes minutes to build, once, in a cache outside the checkout
# PYTHON=... picks the interpreter. Without root nothing is installed system-wide: what is missing is named instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
lock=requirements/lock.txt
stamp=$venv/.asterism

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 3; }

# --- Debian packages -------------------------------------------------------------------------------------------

apt_install() {
  command -v apt-get >/dev/null || die "missing: $*. This machine has no apt-get; install the like of them by hand."
  [ "$(id -u)" = 0 ] || die "missing: $*. As root: apt-get install $*"
  say "installing Debian packages: $*"
  keep_services_down
  # The lists may be absent or old on a new machine: fetch them only when the first try fails.
  apt_get install "$@" || { apt_get_update; apt_get install "$@"; } || apt_failed "$@"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$log" 2>&1 </dev/null
}

apt_get_update() { apt_get update || { cat "$log" >&2; die "apt-get update failed"; }; }

apt_failed() { cat "$log" >&2; die "apt-get could not install: $*"; }

# Debian starts a service when its package is installed. The tests start servers of their own, on sockets of their own.
keep_services_down() {
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    policy=/usr/sbin/policy-rc.d
  fi
}

# A package's absence shows in the file that it would bring; dpkg is asked only where the list names no file.
absent() {
  local package=$1 probe=${2:-}
  if [ -n "$probe" ]; then
    ! compgen -G "$probe" >/dev/null
  else
    ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'
  fi
}

install_system() { # install_system LIST
  local missing=() package probe
  while read -r package probe; do
    case $package in '' | '#'*) continue ;; esac
    if absent "$package" "$probe"; then missing+=("$package"); fi
  done <"$1"
  [ ${#missing[@]} -gt 0 ] || return 0
  case " ${missing[*]} " in *' postgresql '*) no_database_cluster ;; esac
  apt_install "${missing[@]}"
}

# postgresql's package makes a cluster of its own unless this file, which another package brings, says no.
no_database_cluster() {
  local settings=/etc/postgresql-common/createcluster.conf
  [ ! -e "$settings" ] || return 0
  apt_install postgresql-common
  sed -i 's/^#\?create_main_cluster *=.*/create_main_cluster = false/' "$settings"
}

# --- The virtual environment -----------------------------------------------------------------------------------

good_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Of an environment the interpreter that it was made with: our own, activated, is removed before it is made anew.
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 /usr/bin/python3 python3.11 python3.12 python3.13 python3.14; do
    if good_python "$candidate"; then "$candidate" -c 'import sys; print(sys._base_executable)'; return; fi
  done
  return 1
}

# Debian ships python3 without ensurepip, so that `python3 -m venv` fails until python3-venv is there.
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

pick_python() {
  python=$(find_python) || { apt_install python3 python3-venv; python=$(find_python); } ||
    die "no Python 3.11 or newer found; name one with PYTHON=/path/to/python3"
  has_venv "$python" || apt_install python3-venv
  has_venv "$python" || die "$python has no venv module; name another with PYTHON=/path/to/python3"
}

# What the environment was made from: it is made anew when any of this changes, and when the checkout has moved.
key_of_lock() { { pwd; cat "$lock" scripts/setup.sh; } | sha256sum | cut -c1-32; }
key_of_project() { { key_of_lock; cat pyproject.toml; } | sha256sum | cut -c1-32; }

stamped() { [ "$(cat "$stamp.$1" 2>/dev/null)" = "$2" ] && "$venv/bin/python" -c '' 2>/dev/null; }

pip() {
  PIP_DEFAULT_TIMEOUT=${PIP_DEFAULT_TIMEOUT:-60} "$venv/bin/python" -m pip -qq --no-input --disable-pip-version-check "$@"
}

make_environment() {
  mkdir -p .cache
  # Two makes at once wait for each other instead of building the same folder.
  if command -v flock >/dev/null; then exec 9>.cache/setup.lock; flock 9; fi
  if ! stamped lock "$(key_of_lock)"; then
    pick_python
    say "creating $venv with $("$python" --version) and the locked dependencies (a minute or so)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    pip install --require-hashes -r "$lock"
    key_of_lock >"$stamp.lock"
  fi
  if ! stamped project "$(key_of_project)"; then
    # No dependencies and no isolated build: what the lock does not hold is not fetched.
    pip install --no-deps --no-build-isolation --editable .
    key_of_project >"$stamp.project"
    say "ready: $venv/bin/asterism"
  fi
}

# --- What takes minutes ----------------------------------------------------------------------------------------

build_heavy() {
  build_packaging_tools
  build_llama
  build_cluster
}

build_packaging_tools() {
  local build=("$venv/bin/python" -m tests.support.packaging_tools)
  "${build[@]}" --possible 2>/dev/null || { say "the Helm chart is not tested: $("${build[@]}" --possible 2>&1 || true)"; return 0; }
  "${build[@]}" || die "Helm and hadolint could not be installed (FAST=1 does without)"
}

# Nothing is installed for what is built already.
build_llama() {
  "$venv/bin/python" -m tests.support.llama_build --built >/dev/null && return
  install_system requirements/apt-heavy.txt
  "$venv/bin/python" -m tests.support.llama_build >/dev/null || die "llama.cpp's server could not be built (FAST=1 does without)"
}

# Where no cluster can be had, whatever is installed, the tests that want one are left out, and say so.
build_cluster() {
  local build=("$venv/bin/python" -m tests.support.cluster.build)
  "${build[@]}" --possible 2>/dev/null || { say "no Kubernetes for the tests: $("${build[@]}" --possible 2>&1 || true)"; return 0; }
  install_system requirements/apt-cluster.txt
  "${build[@]}" --built && return
  "${build[@]}" >/dev/null || die "Kubernetes could not be built (FAST=1 does without)"
}

log=$(mktemp)
policy=
trap 'rm -f "$log" $policy' EXIT

case ${1:-} in
  env) make_environment ;;
  python) find_python ;;
  system) install_system requirements/apt.txt ;;
  heavy) build_heavy ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

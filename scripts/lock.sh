#!/usr/bin/env bash
# Resolves pyproject.toml (every extra and the dev group, for every platform from Python 3.11 on) into exact versions
# with hashes. No index address is written: whoever installs uses the index that their own pip is set up for.
#   scripts/lock.sh UV_VERSION [--upgrade]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$1
shift

tool=.cache/uv-$version
[ -x "$tool/bin/uv" ] || .venv/bin/python -m pip -qq --disable-pip-version-check install --target "$tool" "uv==$version"
"$tool/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --all-extras --group dev \
  --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
  --output-file requirements/lock.txt "$@"
grep -c '==' requirements/lock.txt | sed 's/$/ packages locked in requirements\/lock.txt/'

#!/usr/bin/env bash
# Every check, each one to its end: one that fails does not hide what the next one would find.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=.venv/bin
failed=()

check() {
  local name=$1
  shift
  printf '== %s\n' "$name"
  "$@" || failed+=("$name")
}

check lint "$bin/python" -m ruff check --quiet .
check format "$bin/python" -m ruff format --check --quiet --diff .
check types "$bin/python" -m mypy
check imports "$bin/lint-imports" --no-logo --cache-dir .cache/import-linter
check circles "$bin/python" scripts/check_circles.py
check tracked "$bin/python" scripts/check_tracked.py

[ ${#failed[@]} -eq 0 ] || { echo "check: failed: ${failed[*]}" >&2; exit 1; }
echo "check: all passed"

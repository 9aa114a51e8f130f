#!/usr/bin/env bash
# Runs the programs of benchmarks/ one after the other, or the one that is named; what follows goes to the program.
# Modules whose name begins with an underscore are shared by the programs and not programs themselves.
#   scripts/bench.sh [NAME] [ARGUMENT...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${1:-}
[ $# -eq 0 ] || shift

shopt -s nullglob
programs=(benchmarks/[!_]*.py)
for program in "${programs[@]}"; do
  short=$(basename "$program" .py)
  [ -z "$name" ] || [ "$name" = "$short" ] || [ "$name" = "${short#bench_}" ] || continue
  ran=yes
  printf '\n== %s\n' "$program"
  PYTHONPATH=. .venv/bin/python "$program" "$@"
done
if [ -z "${ran:-}" ]; then
  echo "bench: no benchmark ${name:-at all}. There are:" "${programs[@]##*/}" >&2
  exit 2
fi

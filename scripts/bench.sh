#!/usr/bin/env bash
# Runs the programs of benchmarks/ one after the other, or the one that is named; what follows goes to the program.
#   scripts/bench.sh [NAME] [ARGUMENT...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${1:-}
[ $# -eq 0 ] || shift

shopt -s nullglob
programs=(benchmarks/${name:+"bench_${name#bench_}.py"})
[ -n "$name" ] || programs=(benchmarks/bench_*.py)
if [ ${#programs[@]} -eq 0 ] || [ ! -f "${programs[0]}" ]; then
  echo "bench: no such benchmark. There are: $(ls benchmarks | sed -n 's/^bench_\(.*\)\.py$/\1/p' | xargs)" >&2
  exit 2
fi
for program in "${programs[@]}"; do
  printf '\n== %s\n' "$program"
  PYTHONPATH=. .venv/bin/python "$program" "$@"
done

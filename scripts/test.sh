#!/usr/bin/env bash
# Every test: those of real processes, and those of a real Kubernetes, beside all the others, for they mostly wait. Some
# more go before those of Kubernetes, so that all three end at about the same time.
# With arguments for pytest, or FAST=1, one process runs what is asked for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pytest=(.venv/bin/python -m pytest)
profile=ci
if [ -n "${FAST:-}" ]; then
  echo "FAST=1: the tests marked slow, heavy or cluster (llama.cpp's server, Kubernetes) are left out" >&2
  pytest+=(-m "not slow and not heavy and not cluster")
  profile=fast
else
  export ASTERISM_TEST_HEAVY=1
fi
export HYPOTHESIS_PROFILE=${HYPOTHESIS_PROFILE:-$profile}
if [ -n "${FAST:-}" ] || [ $# -gt 0 ]; then exec "${pytest[@]}" "$@"; fi

mkdir -p .cache
# Where a run is slow, its end says by which tests.
pytest+=(--durations=15 --durations-min=5)
# Each is one process.
beside=(
  "tests/e2e --ignore=tests/e2e/test_db_commands.py"
  "tests/simulation tests/orchestrator/cli/benching tests/orchestrator/cli/faulting tests/e2e/test_db_commands.py tests/kube"
)
pids=()
rest=()
# The cluster ends with the process that started it.
trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
for at in "${!beside[@]}"; do
  read -ra folders <<<"${beside[$at]}"
  "${pytest[@]}" "${folders[@]}" >".cache/tests-beside-$at.log" 2>&1 &
  pids+=($!)
  for folder in "${folders[@]}"; do
    [[ $folder == --* ]] || rest+=("--ignore=$folder")
  done
done
status=0
"${pytest[@]}" "${rest[@]}" || status=$?
for at in "${!beside[@]}"; do
  wait "${pids[$at]}" || status=$?
  echo "--- ${beside[$at]}, which ran beside the others"
  cat ".cache/tests-beside-$at.log"
done
exit "$status"

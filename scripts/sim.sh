#!/usr/bin/env bash
# Runs the simulation tests over SEEDS seeds, or over the one seed SEED, which replays a failure.
#   scripts/sim.sh SEEDS [SEED]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! compgen -G 'tests/simulation/test_*.py' >/dev/null; then
  echo "sim: there is no simulation in this version: nothing was simulated." >&2
  exit 1
fi
echo "sim: running tests/simulation under pytest (seeds: $1${2:+, only seed $2})" >&2
ASTERISM_SIM_SEEDS=$1 ASTERISM_SIM_SEED=${2:-} HYPOTHESIS_PROFILE=thorough exec .venv/bin/python -m pytest tests/simulation

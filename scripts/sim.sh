#!/usr/bin/env bash
# Plays SEEDS seeds of the simulation on all cores, or tells the whole story of the one seed SEED.
#   scripts/sim.sh SEEDS [SEED]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ -n "${2:-}" ]]; then
  exec .venv/bin/python -m tests.simulation.run --seed "$2"
fi
exec .venv/bin/python -m tests.simulation.run --seeds "$1" --jobs "$(nproc)"

#!/usr/bin/env bash
# Regenerates the pages that are written from the code. A test fails when one of them is out of date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for module in protocol.schema protocol.docs tools.docs orchestrator.api.metrics orchestrator.cli.docs orchestrator.cli.benching.schema; do
  file=${module//.//}.py
  [ -f "$file" ] || { echo "docs: $file is missing" >&2; exit 1; }
  .venv/bin/python -m "$module"
done

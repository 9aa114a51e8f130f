#!/usr/bin/env bash
# Makes the source archive and, from it, the wheel, in dist/; looks into the wheel; runs its base install in a fresh
# environment. Without isolation: the build backend is the locked one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
rm -rf dist build
.venv/bin/python -m build --no-isolation --outdir dist . >"$fresh/log" 2>&1 || { cat "$fresh/log" >&2; exit 1; }
rm -rf build
wheel=$(ls dist/*.whl)
.venv/bin/python scripts/check_wheel.py "$wheel"

.venv/bin/python -m venv "$fresh/env"
# The locked versions without their hashes: pip takes no hashes where a wheel of ours has none.
sed -n 's/^\([A-Za-z0-9][^#]*==[^\\]*\)\\\{0,1\}$/\1/p' requirements/lock.txt >"$fresh/constraints"
"$fresh/env/bin/python" -m pip -qq --no-input --disable-pip-version-check install --constraint "$fresh/constraints" "$wheel"
# Away from the checkout, so that nothing is imported from it.
cd "$fresh"
for words in "--version" "--help" "device server --help" "completion bash"; do
  # shellcheck disable=SC2086 # several words are meant
  env -u PYTHONPATH "$fresh/env/bin/asterism" $words >"$fresh/said" </dev/null ||
    { echo "build: asterism $words failed" >&2; exit 1; }
  [ -s "$fresh/said" ] || { echo "build: asterism $words said nothing" >&2; exit 1; }
done
echo "build: $wheel: looked through, installed alone, and started"

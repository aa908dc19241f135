#!/usr/bin/env bash
# Installs a wheel of octet into a clean virtual environment and runs the README's example on MiniLM: try_wheel.sh WHEEL.
set -euo pipefail
wheel=$(realpath "$1")
cd "$(dirname "$0")/../.."

model=build/demo/minilm.onnx
[ -f "$model" ] || .venv/bin/python -B apps/demo/make_minilm.py "$model"
venv=build/wheel/venv
rm -rf "$venv"
.venv/bin/python -m venv "$venv"
"$venv/bin/python" -m pip install --no-input --disable-pip-version-check --quiet "$wheel"
sed -n '/^<!-- python -->$/,/^<!-- \/python -->$/p' README.md | grep -v '^<!--\|^```' >build/wheel/readme_example.py
env -u PYTHONPATH "$venv/bin/python" -B build/wheel/readme_example.py
"$venv/bin/python" -m octet --model "$model" --quantize w8a8 --bench --shape input_ids=1x16 --shape attention_mask=1x16 \
  --shape token_type_ids=1x16 --json

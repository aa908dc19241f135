#!/usr/bin/env bash
# MiniLM on a few hundred sentences, fp32 beside int8; what `make demo` runs once run_model is built.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=.venv/bin/python
run_model=${OCTET_RUN_MODEL:-build/release/bin/run_model}
model=build/demo/minilm.onnx

[ -x "$run_model" ] || { echo "apps/demo/run.sh: $run_model is missing; run \`make demo\`" >&2; exit 2; }
[ -x "$python" ] || { echo "apps/demo/run.sh: $python is missing; run \`make demo\`" >&2; exit 2; }
if [ ! -f "$model" ] || [ apps/demo/bert_graph.py -nt "$model" ]; then
  echo "Writing $model from the weights of all-MiniLM-L6-v2"
  "$python" -B apps/demo/make_minilm.py "$model"
fi
exec "$python" -B apps/demo/demo.py --run-model "$run_model" --model "$model" "$@"

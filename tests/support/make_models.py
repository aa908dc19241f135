#!/usr/bin/env python3
"""Makes the small models of tests: make_models.py DEMO_DIR OUT_DIR. DEMO_DIR is apps/demo, which has the BERT writer.

  bert.onnx  2 layers, hidden 64, 4 heads; random weights, gammas away from 1 as in trained models, so that smoothing acts
  mlp.onnx   x [batch, 32] -> Gemm, Relu, Gemm -> y [batch, 8]; its layers are "fc1" and "fc2"
  sequence.onnx  seq, a sequence of float32[?], x float32[n], opt, an optional sequence of int64 -> longer, seq with x behind
             it, joined, all its tensors in one, has, whether opt is there
  case/      mlp.onnx's inputs and outputs in the ONNX test layout, computed here in float64
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, sys.argv[1])
from bert_graph import bert_model  # noqa: E402

CONFIG = {"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "layer_norm_eps": 1e-12}
VOCABULARY, POSITIONS, INTERMEDIATE = 8000, 64, 256


def bert_weights(rng):
    hidden = CONFIG["hidden_size"]
    weights = {"embeddings.word_embeddings.weight": rng.standard_normal((VOCABULARY, hidden)),
               "embeddings.position_embeddings.weight": rng.standard_normal((POSITIONS, hidden)) * 0.5,
               "embeddings.token_type_embeddings.weight": rng.standard_normal((2, hidden)) * 0.5}

    def norm(prefix):
        weights[f"{prefix}.weight"] = np.exp(rng.standard_normal(hidden) * 0.5)
        weights[f"{prefix}.bias"] = rng.standard_normal(hidden) * 0.2

    def linear(prefix, n, k):
        weights[f"{prefix}.weight"] = rng.standard_normal((n, k)) / np.sqrt(k)
        weights[f"{prefix}.bias"] = rng.standard_normal(n) * 0.1

    norm("embeddings.LayerNorm")
    for layer in range(CONFIG["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            linear(f"{prefix}.attention.self.{part}", hidden, hidden)
        linear(f"{prefix}.attention.output.dense", hidden, hidden)
        norm(f"{prefix}.attention.output.LayerNorm")
        linear(f"{prefix}.intermediate.dense", INTERMEDIATE, hidden)
        linear(f"{prefix}.output.dense", hidden, INTERMEDIATE)
        norm(f"{prefix}.output.LayerNorm")
    return {name: array.astype(np.float32) for name, array in weights.items()}


def mlp(rng):
    """The model and its function on float64."""
    first, second = rng.standard_normal((16, 32)) / 6, rng.standard_normal((8, 16)) / 4
    arrays = {"fc1.weight": first, "fc1.bias": rng.standard_normal(16) / 10, "fc2.weight": second,
              "fc2.bias": rng.standard_normal(8) / 10}
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    nodes = [helper.make_node("Gemm", ["x", "fc1.weight", "fc1.bias"], ["h"], "fc1", transB=1),
             helper.make_node("Relu", ["h"], ["r"], "relu"),
             helper.make_node("Gemm", ["r", "fc2.weight", "fc2.bias"], ["y"], "fc2", transB=1)]
    graph = helper.make_graph(nodes, "mlp", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 32])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 8])],
                              [numpy_helper.from_array(array, name) for name, array in arrays.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="octet-tests")
    model.ir_version = 8
    onnx.checker.check_model(model)
    wide = {name: array.astype(np.float64) for name, array in arrays.items()}

    def function(x):
        hidden = np.maximum(x.astype(np.float64) @ wide["fc1.weight"].T + wide["fc1.bias"], 0)
        return (hidden @ wide["fc2.weight"].T + wide["fc2.bias"]).astype(np.float32)
    return model, function


def sequence():
    def held(name, dtype, shape, optional=False):
        kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(dtype, shape))
        return helper.make_value_info(name, helper.make_optional_type_proto(kind) if optional else kind)
    nodes = [helper.make_node("SequenceInsert", ["seq", "x"], ["longer"]),
             helper.make_node("ConcatFromSequence", ["longer"], ["joined"], axis=0),
             helper.make_node("OptionalHasElement", ["opt"], ["has"])]
    graph = helper.make_graph(
        nodes, "sequence",
        [held("seq", TensorProto.FLOAT, ["n"]), helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"]),
         held("opt", TensorProto.INT64, None, optional=True)],
        [held("longer", TensorProto.FLOAT, ["n"]), helper.make_tensor_value_info("joined", TensorProto.FLOAT, ["m"]),
         helper.make_tensor_value_info("has", TensorProto.BOOL, [])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], producer_name="octet-tests")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def main():
    out = pathlib.Path(sys.argv[2])
    rng = np.random.default_rng(1)
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(bert_model(CONFIG, bert_weights(rng)), out / "bert.onnx")
    onnx.save(sequence(), out / "sequence.onnx")
    model, function = mlp(rng)
    onnx.save(model, out / "mlp.onnx")
    for index, batch in enumerate((3, 1)):
        folder = out / "case" / f"test_data_set_{index}"
        folder.mkdir(parents=True, exist_ok=True)
        x = rng.standard_normal((batch, 32)).astype(np.float32)
        (folder / "input_0.pb").write_bytes(numpy_helper.from_array(x, "x").SerializeToString())
        (folder / "output_0.pb").write_bytes(numpy_helper.from_array(function(x), "y").SerializeToString())


if __name__ == "__main__":
    main()

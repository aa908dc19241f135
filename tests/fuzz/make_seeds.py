"""Writes the fuzzers' seeds: make_seeds.py FOLDER.

FOLDER/model_bytes/*.onnx: small models, one per family of ops. FOLDER/graph/*: bytes that the graph generator takes
its decisions from. The same every time.
"""
import pathlib
import random
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

F, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
MS = "com.microsoft"
node = helper.make_node


def model(nodes, inputs, outputs, constants, opset=18, functions=(), domains=()):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(*i) for i in inputs],
        [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    return helper.make_model(graph, ir_version=9, functions=list(functions), opset_imports=[
        helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains])


def weights(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def codes(dtype, *shape):
    info = np.iinfo(dtype)
    return np.random.default_rng(sum(shape)).integers(info.min, info.max, shape, dtype, endpoint=True)


def quantized_seeds():
    """Quantized files in all their forms, what ONNX Runtime fuses, and recurrent layers."""
    scales = {"s": np.float32(0.1), "z": np.uint8(128), "r": np.float32(0.2), "ws": weights(8) ** 2 + np.float32(0.01),
              "wz": np.zeros(8, np.int8)}
    yield "codes", model(
        [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["d"]),
         node("DequantizeLinear", ["w", "ws", "wz"], ["v"], axis=1), node("MatMul", ["d", "v"], ["p"]),
         node("DequantizeLinear", ["b", "r"], ["c"]), node("Add", ["p", "c"], ["a"]), node("Relu", ["a"], ["t"]),
         node("QuantizeLinear", ["t", "r", "z"], ["o"]), node("Reshape", ["o", "to"], ["m"]),
         node("DequantizeLinear", ["m", "r", "z"], ["y"])],
        [("x", F, ["n", 4])], [("y", F)],
        scales | {"w": codes(np.int8, 4, 8), "b": codes(np.int32, 8) // 2**20, "to": np.array([-1, 2, 4])}, opset=21)
    yield "operator_form", model(
        [node("QuantizeLinear", ["x", "s", "z"], ["q"]),
         node("QLinearMatMul", ["q", "s", "z", "w", "ws", "wz", "r", "z"], ["p"]),
         node("QLinearAdd", ["p", "r", "z", "p", "r", "z", "s", "z"], ["a"], domain=MS),
         node("QLinearSoftmax", ["a", "s", "z", "r", "z"], ["t"], domain=MS, axis=-1, opset=13),
         node("QGemm", ["t", "r", "z", "g", "s", "z", "b", "r", "z"], ["o"], domain=MS, transB=1),
         node("DequantizeLinear", ["o", "r", "z"], ["y"]),
         node("QLinearConv", ["i", "s", "z", "k", "s", "z", "r", "z"], ["c"], pads=[1, 1, 1, 1]),
         node("DequantizeLinear", ["c", "r", "z"], ["v"])],
        [("x", F, ["n", 4]), ("i", TensorProto.UINT8, ["n", 2, 4, 4])], [("y", F), ("v", F)],
        scales | {"w": codes(np.int8, 4, 8), "g": codes(np.uint8, 3, 8), "b": codes(np.int32, 3) // 2**20,
                  "k": codes(np.uint8, 3, 2, 3, 3)}, domains=[MS])
    yield "dynamic_form", model(
        [node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]), node("MatMulInteger", ["q", "w", "qz", "wz"], ["p"]),
         node("Cast", ["p"], ["f"], to=F), node("Mul", ["qs", "ws"], ["m"]), node("Mul", ["f", "m"], ["a"]),
         node("DynamicQuantizeMatMul", ["a", "g", "ws", "wz"], ["y"], domain=MS),
         node("MatMulIntegerToFloat", ["q", "w", "qs", "ws", "qz", "wz"], ["v"], domain=MS)],
        [("x", F, ["n", 4])], [("y", F), ("v", F)], scales | {"w": codes(np.int8, 4, 8), "g": codes(np.int8, 8, 8)},
        domains=[MS])
    yield "weight_only", model(
        [node("GatherBlockQuantized", ["table", "ids", "ts"], ["x"], domain=MS, bits=4, block_size=16),
         node("MatMulNBits", ["x", "w", "ws", "", "groups", "b"], ["y"], domain=MS, K=20, N=4, bits=4, block_size=16)],
        [("ids", I64, ["n"])], [("y", F)],
        {"table": codes(np.uint8, 6, 10), "ts": weights(6, 2), "w": codes(np.uint8, 4, 2, 8), "ws": weights(8),
         "groups": np.arange(20, dtype=np.int32) % 2, "b": weights(4)}, domains=[MS])
    yield "fused", model(
        [node("Attention", ["x", "w", "b", "mask"], ["a"], domain=MS, num_heads=2),
         node("SkipLayerNormalization", ["a", "x", "g", "g"], ["n"], domain=MS),
         node("RotaryEmbedding", ["n", "at", "cos", "cos"], ["e"], domain=MS, num_heads=2),
         node("MultiHeadAttention", ["e", "n", "n"], ["m"], domain=MS, num_heads=2),
         node("FusedMatMul", ["m", "v"], ["p"], domain=MS, transB=1, alpha=0.5),
         node("BiasGelu", ["p", "g"], ["u"], domain=MS), node("FastGelu", ["u", "g"], ["y"], domain=MS)],
        [("x", F, ["n", "m", 8]), ("mask", TensorProto.INT32, ["n", "m"])], [("y", F)],
        {"w": weights(8, 24), "b": weights(24), "g": weights(8), "at": np.array([0]), "cos": weights(16, 2),
         "v": weights(8, 8)}, domains=[MS])
    yield "recurrent", model(
        [node("LSTM", ["x", "w", "r", "b", "ends"], ["h", "", "c"], direction="bidirectional", hidden_size=2),
         node("Transpose", ["h"], ["t"], perm=[0, 2, 1, 3]), node("Reshape", ["t", "to"], ["f"]),
         node("GRU", ["f", "gw", "gr"], ["g"], hidden_size=3, linear_before_reset=1),
         node("RNN", ["x", "rw", "rr"], ["e"], direction="reverse", hidden_size=2),
         node("TopK", ["g", "k"], ["y", "i"], axis=-1)],
        [("x", F, ["m", "n", 4]), ("ends", TensorProto.INT32, ["n"])], [("y", F), ("i", I64), ("c", F), ("e", F)],
        {"w": weights(2, 8, 4), "r": weights(2, 8, 2), "b": weights(2, 16), "to": np.array([0, 0, 4]),
         "gw": weights(1, 9, 4), "gr": weights(1, 9, 3), "rw": weights(1, 2, 4), "rr": weights(1, 2, 2),
         "k": np.array([2])})


def seeds():
    yield "mlp", model(
        [node("MatMul", ["x", "w1"], ["a"]), node("Add", ["a", "b1"], ["b"]), node("Relu", ["b"], ["c"]),
         node("Gemm", ["c", "w2", "b2"], ["d"], transB=1), node("Softmax", ["d"], ["y"], axis=-1)],
        [("x", F, ["n", 4])], [("y", F)],
        {"w1": weights(4, 8), "b1": weights(8), "w2": weights(3, 8), "b2": weights(3)})
    yield "shapes", model(
        [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Unsqueeze", ["n", "axis"], ["n1"]),
         node("Concat", ["n1", "rest"], ["to"], axis=0), node("Reshape", ["x", "to"], ["r"]),
         node("Transpose", ["r"], ["t"], perm=[0, 2, 1]), node("Slice", ["t", "from", "till", "axis"], ["l"]),
         node("Split", ["l"], ["p", "q"], axis=2, num_outputs=2), node("Add", ["p", "q"], ["y"]),
         node("ConstantOfShape", ["s"], ["f"]), node("Add", ["f", "x"], ["z"])],
        [("x", F, ["n", "m", 8])], [("y", F), ("z", F)],
        {"zero": np.int64(0), "axis": np.array([0]), "rest": np.array([-1, 4]), "from": np.array([0]),
         "till": np.array([100])})
    yield "embedding", model(
        [node("Gather", ["table", "ids"], ["e"]), node("Shape", ["ids"], ["s"]), node("Gather", ["s", "one"], ["l"]),
         node("Range", ["zero", "l", "one"], ["r"]), node("Gather", ["places", "r"], ["p"]), node("Add", ["e", "p"], ["a"]),
         node("LayerNormalization", ["a", "g", "b"], ["y"])],
        [("ids", I64, ["batch", "seq"])], [("y", F)],
        {"table": weights(16, 8), "places": weights(8, 8), "g": weights(8), "b": weights(8), "zero": np.int64(0),
         "one": np.int64(1)})
    heads = [node("Reshape", [p, "split"], [p + "h"]) for p in "qkv"]
    yield "attention", model(
        [node("MatMul", ["x", "w"], ["q"]), node("MatMul", ["x", "w"], ["k"]), node("MatMul", ["x", "w"], ["v"])] + heads +
        [node("Transpose", ["qh"], ["qt"], perm=[0, 2, 1, 3]), node("Transpose", ["kh"], ["kt"], perm=[0, 2, 3, 1]),
         node("Transpose", ["vh"], ["vt"], perm=[0, 2, 1, 3]), node("MatMul", ["qt", "kt"], ["scores"]),
         node("Div", ["scores", "two"], ["scaled"]), node("Where", ["mask", "scaled", "low"], ["masked"]),
         node("Softmax", ["masked"], ["p"], axis=-1), node("MatMul", ["p", "vt"], ["c"]),
         node("Transpose", ["c"], ["ct"], perm=[0, 2, 1, 3]), node("Reshape", ["ct", "join"], ["y"])],
        [("x", F, ["b", "s", 8]), ("mask", BOOL, ["b", 1, 1, "s"])], [("y", F)],
        {"w": weights(8, 8), "split": np.array([0, 0, 2, 4]), "join": np.array([0, 0, 8]), "two": np.float32(2),
         "low": np.float32(-1e4)})
    yield "integers", model(
        [node("Cast", ["x"], ["i"], to=I64), node("Mul", ["i", "three"], ["j"]), node("Mod", ["j", "seven"], ["k"]),
         node("Greater", ["k", "three"], ["g"]), node("Where", ["g", "k", "three"], ["w"]),
         node("ReduceSum", ["w", "axes"], ["r"]), node("CumSum", ["w", "zero"], ["y"])],
        [("x", F, ["n", 4])], [("y", I64), ("r", I64)],
        {"three": np.array([3, 1, 2, 3]), "seven": np.int64(7), "axes": np.array([1]), "zero": np.int64(0)})
    yield "convolution", model(
        [node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]), node("Relu", ["c"], ["r"]),
         node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2]), node("GlobalAveragePool", ["p"], ["a"]),
         node("Flatten", ["a"], ["y"])],
        [("x", F, ["n", 3, 8, 8])], [("y", F)], {"w": weights(4, 3, 3, 3), "b": weights(4)})
    body = helper.make_function("f", "F", ["a"], ["b"], [node("Erf", ["a"], ["e"]), node("Mul", ["a", "e"], ["b"])],
                                [helper.make_opsetid("", 18)])
    yield "function", model([node("F", ["x"], ["t"], domain="f"), node("F", ["t"], ["y"], domain="f")],
                            [("x", F, ["n", 4])], [("y", F)], {}, functions=[body], domains=["f"])


def main():
    folder = pathlib.Path(sys.argv[1])
    for name in ("model_bytes", "graph"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, proto in [*seeds(), *quantized_seeds()]:
        (folder / "model_bytes" / (name + ".onnx")).write_bytes(proto.SerializeToString())
    generator = random.Random(1)
    for index in range(64):
        (folder / "graph" / f"{index:02d}").write_bytes(generator.randbytes(64 + 8 * index))
    (folder / ".made").touch()


main()

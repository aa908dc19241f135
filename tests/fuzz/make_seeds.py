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
    for name, proto in seeds():
        (folder / "model_bytes" / (name + ".onnx")).write_bytes(proto.SerializeToString())
    generator = random.Random(1)
    for index in range(64):
        (folder / "graph" / f"{index:02d}").write_bytes(generator.randbytes(64 + 8 * index))
    (folder / ".made").touch()


main()

"""Writes a BERT encoder as an ONNX graph: the standard ops and spellings of PyTorch's TorchScript exporter at opset 17."""
import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class GraphWriter:
    """Nodes and initializers in the order they are added; values go by name."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def weight(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def constant(self, name, array):
        output = f"{name}_output_0"
        tensor = numpy_helper.from_array(np.asarray(array))
        self.nodes.append(helper.make_node("Constant", [], [output], name, value=tensor))
        return output

    def node(self, name, op, inputs, **attributes):
        output = f"{name}_output_0"
        self.nodes.append(helper.make_node(op, inputs, [output], name, **attributes))
        return output

    def linear(self, name, value, weight, bias):
        """value @ weight.T + bias; `weight` is [out, in] as PyTorch keeps it, and stands transposed in the file."""
        transposed = self.weight(f"onnx::MatMul_{name}", weight.T)
        product = self.node(f"{name}/MatMul", "MatMul", [value, transposed])
        return self.node(f"{name}/Add", "Add", [self.weight(f"{name}.bias", bias), product])

    def layer_norm(self, name, value, weights, prefix, epsilon):
        scale = self.weight(f"{prefix}.weight", weights[f"{prefix}.weight"])
        bias = self.weight(f"{prefix}.bias", weights[f"{prefix}.bias"])
        return self.node(f"{name}/LayerNormalization", "LayerNormalization", [value, scale, bias], axis=-1, epsilon=epsilon)

    def gelu(self, name, value):
        """x / 2 * (1 + erf(x / sqrt 2))"""
        scaled = self.node(f"{name}/Div", "Div", [value, self.constant(f"{name}/Constant", np.float32(math.sqrt(2)))])
        erf = self.node(f"{name}/Erf", "Erf", [scaled])
        sum_ = self.node(f"{name}/Add", "Add", [erf, self.constant(f"{name}/Constant_1", np.float32(1))])
        product = self.node(f"{name}/Mul", "Mul", [value, sum_])
        return self.node(f"{name}/Mul_1", "Mul", [product, self.constant(f"{name}/Constant_2", np.float32(0.5))])

    def extent(self, name, value, axis):
        """[extent of an axis] as a vector of one element."""
        shape = self.node(f"{name}/Shape", "Shape", [value])
        extent = self.node(f"{name}/Gather", "Gather", [shape, self.constant(f"{name}/Constant", np.int64(axis))], axis=0)
        return self.node(f"{name}/Unsqueeze", "Unsqueeze", [extent, self.constant(f"{name}/Constant_1", np.array([0]))])

    def reshape(self, name, value, *tail):
        """To [batch, sequence, *tail]."""
        parts = [self.extent(f"{name}/batch", value, 0), self.extent(f"{name}/sequence", value, 1)]
        parts += [self.constant(f"{name}/Constant_{i}", np.array([extent])) for i, extent in enumerate(tail)]
        return self.node(name, "Reshape", [value, self.node(f"{name}/Concat", "Concat", parts, axis=0)])


def embeddings(graph, config, weights):
    words = graph.weight("embeddings.word_embeddings.weight", weights["embeddings.word_embeddings.weight"])
    types = graph.weight("embeddings.token_type_embeddings.weight", weights["embeddings.token_type_embeddings.weight"])
    positions = graph.weight("embeddings.position_embeddings.weight", weights["embeddings.position_embeddings.weight"])
    word = graph.node("/embeddings/word_embeddings/Gather", "Gather", [words, "input_ids"])
    type_ = graph.node("/embeddings/token_type_embeddings/Gather", "Gather", [types, "token_type_ids"])
    both = graph.node("/embeddings/Add", "Add", [word, type_])
    ids = graph.weight("embeddings.position_ids", np.arange(len(weights["embeddings.position_embeddings.weight"]))[None])
    length = graph.extent("/embeddings/length", "input_ids", 1)
    starts, axes, steps = (graph.constant(f"/embeddings/Constant_{i}", np.array([v])) for i, v in enumerate((0, 1, 1)))
    used = graph.node("/embeddings/Slice", "Slice", [ids, starts, length, axes, steps])
    position = graph.node("/embeddings/position_embeddings/Gather", "Gather", [positions, used])
    sum_ = graph.node("/embeddings/Add_1", "Add", [both, position])
    return graph.layer_norm("/embeddings/LayerNorm", sum_, weights, "embeddings.LayerNorm", config["layer_norm_eps"])


def attention_mask(graph):
    """0 where attention_mask is 1, the lowest float where it is 0; [batch, 1, 1, sequence]."""
    mask = graph.node("/Unsqueeze", "Unsqueeze", ["attention_mask", graph.constant("/Constant", np.array([1]))])
    mask = graph.node("/Unsqueeze_1", "Unsqueeze", [mask, graph.constant("/Constant_1", np.array([2]))])
    mask = graph.node("/Cast", "Cast", [mask], to=TensorProto.FLOAT)
    mask = graph.node("/Sub", "Sub", [graph.constant("/Constant_2", np.float32(1)), mask])
    return graph.node("/Mul", "Mul", [mask, graph.constant("/Constant_3", np.finfo(np.float32).min)])


def attention(graph, config, weights, layer, hidden, mask):
    heads = config["num_attention_heads"]
    width = config["hidden_size"] // heads
    name, prefix = f"/encoder/layer.{layer}/attention", f"encoder.layer.{layer}.attention"

    def project(part, order):
        value = graph.linear(f"{name}/self/{part}", hidden, weights[f"{prefix}.self.{part}.weight"],
                             weights[f"{prefix}.self.{part}.bias"])
        split = graph.reshape(f"{name}/self/{part}/Reshape", value, heads, width)
        return graph.node(f"{name}/self/{part}/Transpose", "Transpose", [split], perm=order)

    query, value = project("query", [0, 2, 1, 3]), project("value", [0, 2, 1, 3])
    scores = graph.node(f"{name}/self/MatMul", "MatMul", [query, project("key", [0, 2, 3, 1])])
    root = graph.constant(f"{name}/self/Constant", np.float32(math.sqrt(width)))
    scores = graph.node(f"{name}/self/Add", "Add", [graph.node(f"{name}/self/Div", "Div", [scores, root]), mask])
    shares = graph.node(f"{name}/self/Softmax", "Softmax", [scores], axis=-1)
    context = graph.node(f"{name}/self/MatMul_1", "MatMul", [shares, value])
    context = graph.node(f"{name}/self/Transpose", "Transpose", [context], perm=[0, 2, 1, 3])
    context = graph.reshape(f"{name}/self/Reshape", context, config["hidden_size"])
    output = graph.linear(f"{name}/output/dense", context, weights[f"{prefix}.output.dense.weight"],
                          weights[f"{prefix}.output.dense.bias"])
    sum_ = graph.node(f"{name}/output/Add", "Add", [output, hidden])
    return graph.layer_norm(f"{name}/output/LayerNorm", sum_, weights, f"{prefix}.output.LayerNorm", config["layer_norm_eps"])


def feed_forward(graph, config, weights, layer, hidden):
    name, prefix = f"/encoder/layer.{layer}", f"encoder.layer.{layer}"
    wide = graph.linear(f"{name}/intermediate/dense", hidden, weights[f"{prefix}.intermediate.dense.weight"],
                        weights[f"{prefix}.intermediate.dense.bias"])
    wide = graph.gelu(f"{name}/intermediate/intermediate_act_fn", wide)
    output = graph.linear(f"{name}/output/dense", wide, weights[f"{prefix}.output.dense.weight"],
                          weights[f"{prefix}.output.dense.bias"])
    sum_ = graph.node(f"{name}/output/Add", "Add", [output, hidden])
    return graph.layer_norm(f"{name}/output/LayerNorm", sum_, weights, f"{prefix}.output.LayerNorm", config["layer_norm_eps"])


def bert_model(config, weights):
    """The ONNX model of an encoder without pooler.

    config: Hugging Face's keys hidden_size, num_attention_heads, num_hidden_layers, layer_norm_eps. weights: arrays by the
    names of Hugging Face's BertModel. Inputs input_ids, attention_mask, token_type_ids, int64 [batch, sequence]; output
    last_hidden_state, float32 [batch, sequence, hidden_size].
    """
    graph = GraphWriter()
    hidden = embeddings(graph, config, weights)
    mask = attention_mask(graph)
    for layer in range(config["num_hidden_layers"]):
        hidden = attention(graph, config, weights, layer, hidden, mask)
        hidden = feed_forward(graph, config, weights, layer, hidden)
    graph.nodes[-1].output[0] = "last_hidden_state"
    ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
           for name in ("input_ids", "attention_mask", "token_type_ids")]
    result = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT,
                                           ["batch", "sequence", config["hidden_size"]])
    made = helper.make_graph(graph.nodes, "bert", ids, [result], graph.initializers)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="octet-demo")
    model.ir_version = 8  # what goes with opset 17
    onnx.checker.check_model(model)
    return model

// The ops that ONNX Runtime's optimizer fuses.
#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

}  // namespace

void ModelMaker::skip_norm() {
  const ModelValue src = some_float(bytes_.chance(50) ? 3 : 2);
  const int64_t hidden = src.extent(1);
  const std::string skip = bytes_.chance(85) ? same_shape(src) : some_floats({1, hidden});
  const bool simplified = bytes_.chance(30), wants_sum = bytes_.chance(40);
  std::vector<std::string> inputs = {src.name, skip, some_floats({hidden})};
  if (!simplified) inputs.push_back(bytes_.chance(60) ? some_floats({hidden}) : "");
  inputs.push_back(bytes_.chance(50) ? some_floats({hidden}) : "");
  NodeWriter node = writer_.node(
      simplified ? "SkipSimplifiedLayerNormalization" : "SkipLayerNormalization", inputs);
  node.microsoft().set("epsilon", bytes_.one_of({1e-5f, 1e-12f}));
  const std::string result = node.result();
  if (wants_sum) {
    pb::NodeProto& proto = *writer_.model().mutable_graph()->mutable_node()->rbegin();
    for (const std::string& name : {std::string(), std::string(), result + "_sum"})
      proto.add_output(name);
    keep(result + "_sum");
  }
  keep(result);
}

void ModelMaker::contrib_gelu() {
  const ModelValue src = some_float();
  const std::string bias = some_floats({src.extent(1)});
  switch (bytes_.in(0, 4)) {
    case 0:
      return keep(writer_.node("BiasGelu", {src.name, bias}).microsoft().result());
    case 1:
      return keep(
          writer_.node("FastGelu", {src.name, bytes_.chance(50) ? bias : ""}).microsoft().result());
    case 2: {
      NodeWriter node = writer_.node("QuickGelu", {src.name}).microsoft();
      if (bytes_.chance(50)) node.set("alpha", bytes_.one_of({1.702f, 1.0f, 2.0f}));
      return keep(node.result());
    }
    case 3:
      return keep(writer_.node("BiasSplitGelu", {src.name, bias}).microsoft().result());
    default:
      keep(writer_.node("BiasAdd", {src.name, bias, same_shape(src)}).microsoft().result());
  }
}

void ModelMaker::fused_matmul() {
  const ModelValue lhs = some_float(2);
  const bool turned = bytes_.chance(50), both = bytes_.chance(40);
  const bool turn_lhs = both && !turned;
  const int64_t k = lhs.extent(turn_lhs ? 2 : 1), n = width();
  // x . x^T and x^T . x always fit.
  const std::string rhs =
      both ? same_shape(lhs) : some_floats(turned ? Extents{n, k} : Extents{k, n});
  NodeWriter node = writer_.node("FusedMatMul", {lhs.name, rhs}).microsoft();
  node.set("transA", int64_t{turn_lhs}).set("transB", int64_t{turned});
  if (bytes_.chance(50)) node.set("alpha", bytes_.one_of({0.125f, -2.0f, 0.3f, 0.0f}));
  if (lhs.rank() > 2 && bytes_.chance(20))
    node.set("transBatchA", int64_t{1}).set("transBatchB", int64_t{both});
  keep(node.result());
}

void ModelMaker::rotary() {
  const ModelValue src = sequence();
  const int64_t hidden = src.extent(1), heads = hidden % 4 == 0 ? 2 : 1, half = hidden / heads / 2;
  constexpr int64_t kPositions = 16;
  // Those of the first tokens, or one for each token of constant extents.
  const bool each = src.extent(3) > 0 && src.extent(2) > 0 && bytes_.chance(50);
  std::string positions;
  if (each) {
    const Extents dims = {src.extent(3), src.extent(2)};
    std::vector<int64_t> places(static_cast<size_t>(dims[0] * dims[1]));
    for (int64_t& place : places) place = bytes_.in(0, kPositions - 1);
    positions = writer_.constant(
        T::INT64, dims,
        std::string(reinterpret_cast<const char*>(places.data()), places.size() * sizeof(int64_t)));
  } else {
    positions = writer_.integers({bytes_.in(0, 3)});
  }
  NodeWriter node = writer_.node(
      "RotaryEmbedding",
      {src.name, positions, floats({kPositions, half}, 0.25f), floats({kPositions, half}, 0.25f)});
  node.microsoft().set("interleaved", bytes_.in(0, 1)).set("num_heads", heads);
  keep(node.result());
}

// Attention, and QAttention on codes.
void ModelMaker::attention() {
  const ModelValue src = sequence();
  const int64_t hidden = src.extent(1), width = 2 * bytes_.in(1, 4);
  std::string mask;
  if (bytes_.chance(40))
    mask = bytes_.chance(60) ? new_input(T::INT32, {src.shape[0], src.shape[1]}).name
                             : new_input(T::INT32, {src.shape[0]}).name;
  const bool of_codes = bytes_.chance(30);
  std::vector<std::string> inputs;
  if (of_codes) {
    const ModelCodes parameters = some_parameters(T::UINT8, src.shape, -1);
    const auto weights = weight_triple({hidden, 3 * width}, 1);
    inputs = {quantize(src.name, T::UINT8, parameters),
              weights[0],
              some_floats({3 * width}),
              parameters.scale,
              weights[1],
              mask,
              parameters.zero_point,
              weights[2]};
  } else {
    inputs = {src.name, floats({hidden, 3 * width}, 0.1f),
              bytes_.chance(70) ? some_floats({3 * width}) : "", mask};
  }
  NodeWriter node = writer_.node(of_codes ? "QAttention" : "Attention", inputs).microsoft();
  node.set("num_heads", bytes_.one_of<int64_t>({2, 1})).set("unidirectional", bytes_.in(0, 1));
  keep(node.result());
}

void ModelMaker::multi_head_attention() {
  const ModelValue src = sequence();
  const int64_t hidden = src.extent(1);
  const bool packed = bytes_.chance(20);
  std::vector<std::string> inputs = {src.name, same_shape(src), src.name, "", "", ""};
  if (packed) {
    const ModelValue all = new_input(T::FLOAT, {src.shape[0], src.shape[1], 2, 3, hidden / 2});
    inputs = {all.name, "", "", "", "", ""};
  }
  if (bytes_.chance(50)) inputs[3] = some_floats({3 * hidden});
  if (bytes_.chance(30)) inputs[4] = new_input(T::INT32, {src.shape[0], src.shape[1]}).name;
  if (bytes_.chance(30)) inputs[5] = new_input(T::FLOAT, {1, 2, src.shape[1], src.shape[1]}).name;
  NodeWriter node = writer_.node("MultiHeadAttention", inputs).microsoft();
  node.set("num_heads", int64_t{2});
  if (bytes_.chance(30)) node.set("unidirectional", int64_t{1});
  if (bytes_.chance(30)) node.set("scale", 0.25f);
  keep(node.result());
}

}  // namespace octet::fuzz

// The operator forms (QLinear.., QGemm, MatMulInteger, ConvInteger) and the dynamic forms
// (DynamicQuantizeLinear and what ONNX Runtime fuses it to).
#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

void append(std::vector<std::string>& to, const std::vector<std::string>& names) {
  to.insert(to.end(), names.begin(), names.end());
}

}  // namespace

std::vector<std::string> ModelMaker::triple(const ModelValue& value) {
  if (bytes_.chance(90)) return {value.name, value.scale, value.zero_point};
  const std::vector<std::string> other = result_codes(value.type);
  return {value.name, other[0], other[1]};
}

std::vector<std::string> ModelMaker::result_codes(OnnxType type) {
  const ModelCodes codes = some_parameters(type, {}, -1);
  const std::string zero_point = codes.zero_point.empty()
                                     ? writer_.constant(type, {}, std::string(1, '\x05'))
                                     : codes.zero_point;
  return {codes.scale, zero_point};
}

void ModelMaker::keep_codes(const NodeWriter& node, OnnxType type,
                            const std::vector<std::string>& codes) {
  const std::string result = node.result();
  keep(result, type, codes[0], codes[1]);
  if (bytes_.chance(40)) keep(dequantize(result, {codes[0], codes[1]}));
}

// Constant codes with a scale for all or for each index of `axis`.
std::vector<std::string> ModelMaker::weight_triple(const Extents& dims, int axis) {
  const OnnxType type = bytes_.chance(60) ? T::INT8 : T::UINT8;
  const int64_t extent = dims[static_cast<size_t>(axis)];
  const Extents parts = bytes_.chance(50) ? Extents{} : Extents{extent + (mistaken() ? 1 : 0)};
  const std::string zero_points =
      bytes_.chance(50)
          ? random_codes(type, parts)
          : writer_.constant(type, parts, std::string(parts.empty() ? 1 : size_t(parts[0]), '\0'));
  return {random_codes(type, dims), scales(parts), zero_points};
}

void ModelMaker::qlinear_matmul() {
  const ModelValue src = codes();
  std::vector<std::string> inputs = triple(src);
  append(inputs, weight_triple({src.extent(1), width()}, 1));
  const OnnxType type = bytes_.chance(80) ? src.type : OnnxType(T::UINT8);
  const auto result = result_codes(type);
  append(inputs, result);
  keep_codes(writer_.node("QLinearMatMul", inputs), type, result);
}

void ModelMaker::qlinear_convolution() {
  const ModelValue src = image();
  const OnnxType type = bytes_.chance(60) ? T::UINT8 : T::INT8;
  const std::vector<std::string> parameters = result_codes(type);
  const ModelValue made{quantize(src.name, type, {parameters[0], parameters[1]}), type, src.shape,
                        parameters[0], parameters[1]};
  const int64_t features = bytes_.in(1, 6), kernel = bytes_.one_of<int64_t>({1, 3, 2});
  std::vector<std::string> inputs = triple(made);
  append(inputs, weight_triple({features, src.extent(3), kernel, kernel}, 0));
  const auto result = result_codes(type);
  append(inputs, result);
  if (bytes_.chance(60)) inputs.push_back(biases({features}));
  NodeWriter node = writer_.node("QLinearConv", inputs);
  const int64_t pad = bytes_.in(0, 1);
  node.set("pads", Extents{pad, pad, pad, pad});
  keep_codes(node, type, result);
}

void ModelMaker::qlinear_elementwise() {
  const ModelValue src = codes();
  const auto result = result_codes(src.type);
  const auto other = [&] {
    return bytes_.chance(50) ? weight_triple({src.extent(1)}, 0) : triple(src);
  };
  std::vector<std::string> inputs = triple(src);
  switch (bytes_.in(0, 5)) {
    case 0:
    case 1: {
      append(inputs, other());
      append(inputs, result);
      NodeWriter node = writer_.node(bytes_.chance(50) ? "QLinearAdd" : "QLinearMul", inputs);
      return keep_codes(node.microsoft(), src.type, result);
    }
    case 2: {
      append(inputs, result);
      const char* const op = bytes_.one_of({"QLinearSigmoid", "QLinearLeakyRelu"});
      return keep_codes(writer_.node(op, inputs).microsoft(), src.type, result);
    }
    case 3: {
      append(inputs, result);
      NodeWriter node = writer_.node("QLinearSoftmax", inputs).microsoft();
      node.set("axis", bytes_.in(-1, src.rank() - 1))
          .set("opset", bytes_.one_of<int64_t>({13, 12}));
      return keep_codes(node, src.type, result);
    }
    case 4: {
      inputs = result;
      append(inputs, triple(src));
      append(inputs, triple(src));
      NodeWriter node = writer_.node("QLinearConcat", inputs).microsoft();
      node.set("axis", bytes_.in(0, src.rank() - 1));
      return keep_codes(node, src.type, result);
    }
    default: {
      const std::string zero = writer_.floats({}, {0.0f});
      const std::string condition =
          writer_.node("Less", {dequantize(src.name, {src.scale, src.zero_point}), zero}).result();
      inputs = {condition};
      append(inputs, triple(src));
      append(inputs, triple(src));
      append(inputs, result);
      keep_codes(writer_.node("QLinearWhere", inputs).microsoft(), src.type, result);
    }
  }
}

void ModelMaker::qlinear_gemm() {
  ModelValue src = codes();
  if (src.rank() != 2) {
    const std::string matrix = writer_.integers({-1, src.extent(1)});
    src.name = writer_.node("Reshape", {src.name, matrix}).result();
    src.shape = {Dim::symbol("?"), src.extent(1)};
  }
  const int64_t rows = src.extent(2), k = rows > 0 && bytes_.chance(20) ? rows : src.extent(1),
                n = width();
  const bool turned = bytes_.chance(50);
  std::vector<std::string> inputs = triple(src);
  append(inputs, weight_triple(turned ? Extents{n, k} : Extents{k, n}, turned ? 0 : 1));
  inputs.push_back(bytes_.chance(60) ? biases(bytes_.chance(50) ? Extents{n} : Extents{1, n}) : "");
  const auto result = result_codes(src.type);
  const bool floats = bytes_.chance(30);
  if (!floats) append(inputs, result);
  NodeWriter node = writer_.node("QGemm", inputs).microsoft();
  node.set("transB", int64_t{turned}).set("transA", int64_t{k != src.extent(1)});
  if (bytes_.chance(30)) node.set("alpha", bytes_.one_of({0.5f, 2.0f, -1.0f, 0.3f}));
  if (floats) return keep(node.result());
  keep_codes(node, src.type, result);
}

// DynamicQuantizeLinear, MatMulInteger, Cast, Mul (and Add): a layer as ONNX Runtime quantizes it.
void ModelMaker::integer_matmul() {
  const ModelValue src = some_float();
  NodeWriter dynamic = writer_.node("DynamicQuantizeLinear", {src.name}, 3);
  const std::string made = dynamic.result(), scale = dynamic.result(1), zero = dynamic.result(2);
  if (bytes_.chance(20)) keep(made, T::UINT8, scale, zero);
  const int64_t n = width();
  const auto weights = weight_triple({src.extent(1), n}, 1);
  const std::string sums =
      writer_
          .node("MatMulInteger", {made, weights[0], bytes_.chance(90) ? zero : "",
                                  bytes_.chance(70) ? weights[2] : ""})
          .result();
  if (bytes_.chance(15)) keep(sums, T::INT32);
  const std::string cast = writer_.node("Cast", {sums}).set("to", int64_t{T::FLOAT}).result();
  std::string result;
  if (bytes_.chance(70)) {
    const std::string both = writer_.node("Mul", {scale, weights[1]}).result();
    result = writer_.node("Mul", {cast, both}).result();
  } else {
    result = writer_.node("Mul", {cast, scale}).result();
    result = writer_.node("Mul", {weights[1], result}).result();
  }
  if (bytes_.chance(50)) result = writer_.node("Add", {result, some_floats({n})}).result();
  if (bytes_.chance(30)) result = activated(result);
  keep(result);
}

void ModelMaker::integer_convolution() {
  const ModelValue src = image();
  NodeWriter dynamic = writer_.node("DynamicQuantizeLinear", {src.name}, 3);
  const std::string made = dynamic.result(), scale = dynamic.result(1), zero = dynamic.result(2);
  const int64_t features = bytes_.in(1, 6);
  const auto weights = weight_triple({features, src.extent(3), 3, 3}, 0);
  NodeWriter conv = writer_.node("ConvInteger", {made, weights[0], bytes_.chance(90) ? zero : "",
                                                 bytes_.chance(60) ? weights[2] : ""});
  conv.set("pads", Extents{1, 1, 1, 1});
  std::string result = conv.result();
  if (bytes_.chance(15)) keep(result, T::INT32);
  result = writer_.node("Cast", {result}).set("to", int64_t{T::FLOAT}).result();
  std::string factor = weights[1];
  if (bytes_.chance(90))  // a scale for each channel, which stands in axis 1
    factor = writer_.node("Reshape", {factor, writer_.integers({-1, 1, 1})}).result();
  factor = writer_.node("Mul", {scale, factor}).result();
  keep(writer_.node("Mul", {result, factor}).result());
}

// The fused forms of com.microsoft.
void ModelMaker::dynamic_matmul() {
  const int64_t n = width();
  const std::string bias = bytes_.chance(50) ? some_floats({n}) : "";
  if (bytes_.chance(50)) {
    const ModelValue src = some_float();
    const auto weights = weight_triple({src.extent(1), n}, 1);
    return keep(writer_
                    .node("DynamicQuantizeMatMul", {src.name, weights[0], weights[1],
                                                    bytes_.chance(70) ? weights[2] : "", bias})
                    .microsoft()
                    .result());
  }
  const ModelValue src = codes();
  const auto own = triple(src);
  const auto weights = weight_triple({src.extent(1), n}, 1);
  keep(writer_
           .node("MatMulIntegerToFloat", {src.name, weights[0], own[1], weights[1], own[2],
                                          bytes_.chance(70) ? weights[2] : "", bias})
           .microsoft()
           .result());
}

}  // namespace octet::fuzz

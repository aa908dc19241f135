// QuantizeLinear and DequantizeLinear around layers, convolutions, sums, movement.
#include <algorithm>
#include <limits>

#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

}  // namespace

OnnxType ModelMaker::some_code_type() {
  return bytes_.one_of({T::UINT8, T::INT8, T::UINT8, T::INT8, T::UINT8, T::INT16, T::UINT16,
                        T::INT4, T::UINT4, T::INT2, T::FLOAT8E4M3FN, T::FLOAT8E5M2, T::FLOAT4E2M1});
}

float ModelMaker::some_scale() {
  if (bytes_.chance(odd_scales_ ? 40 : 4))
    return bytes_.one_of({0.0f, -0.5f, 1e-40f, 1e-30f, 1e30f, -0.0f, 3e38f, 1.2e-38f});
  if (special_values_ && bytes_.chance(5))
    return bytes_.one_of(
        {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()});
  return bytes_.one_of({1.0f, 0.5f, 0.25f, 2.0f, 0.1f, 0.02f, 1 / 127.0f, 0.003f, 0.3f});
}

std::string ModelMaker::scales(const Extents& dims) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  std::vector<float> values(static_cast<size_t>(count));
  const float base = some_scale(), odd = some_scale();
  const int64_t rarity = bytes_.in(1, 8);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = i % 9 == static_cast<size_t>(rarity) ? odd : base * static_cast<float>(1 + i % 3);
  return writer_.floats(dims, values);
}

ModelCodes ModelMaker::some_parameters(OnnxType type, const SymbolicShape& shape, int axis) {
  ModelCodes codes;
  Extents dims;
  const bool known =
      std::all_of(shape.begin(), shape.end(), [](const Dim& dim) { return dim.is_constant(); });
  if (axis >= 0 && shape[static_cast<size_t>(axis)].is_constant() && bytes_.chance(60)) {
    const int64_t extent = shape[static_cast<size_t>(axis)].value();
    codes.per_tensor = false;
    codes.axis = axis;
    dims = {extent};
    if (known && bytes_.chance(40)) {
      dims.clear();
      for (const Dim& dim : shape) dims.push_back(dim.value());
      codes.axis = bytes_.in(0, std::ssize(shape) - 1);
      int64_t& along = dims[static_cast<size_t>(codes.axis)];
      codes.block = bytes_.one_of<int64_t>({16, 32, 1, 2, 4, 64, std::max<int64_t>(along, 1)});
      along = (along + codes.block - 1) / codes.block;
    }
  } else if (bytes_.chance(15)) {
    dims = {1};
  }
  if (mistaken()) {
    switch (bytes_.in(0, 4)) {
      case 0:
        dims.push_back(bytes_.in(0, 2));
        break;
      case 1:
        if (!dims.empty()) ++dims[0];
        break;
      case 2:
        dims = {0};
        break;
      case 3:
        codes.axis = bytes_.in(-9, 9);
        break;
      default:
        codes.block = bytes_.in(0, 3) - 1;
    }
  }
  codes.scale = scales(dims);
  if (bytes_.chance(70)) {
    const OnnxType own = mistaken() ? some_code_type() : type;
    if (bytes_.chance(40)) {  // zeros
      int64_t count = 1;
      for (const int64_t dim : dims) count *= dim;
      const auto bytes = static_cast<size_t>((count * bits_of(own) + 7) / 8);
      codes.zero_point = writer_.constant(own, dims, std::string(bytes, '\0'));
    } else {
      codes.zero_point = random_codes(own, dims);
    }
  }
  return codes;
}

std::string ModelMaker::quantize(const std::string& src, OnnxType type, const ModelCodes& codes) {
  NodeWriter node = writer_.node("QuantizeLinear", {src, codes.scale, codes.zero_point});
  if (codes.axis != 0 || !codes.per_tensor) node.set("axis", codes.axis);
  if (codes.block != 0) node.set("block_size", codes.block);
  if (codes.zero_point.empty() && type != T::UINT8)
    node.set("output_dtype", static_cast<int64_t>(type));
  return node.result();
}

std::string ModelMaker::dequantize(const std::string& src, const ModelCodes& codes) {
  NodeWriter node = writer_.node("DequantizeLinear", {src, codes.scale, codes.zero_point});
  if (codes.axis != 0 || !codes.per_tensor) node.set("axis", codes.axis);
  if (codes.block != 0) node.set("block_size", codes.block);
  return node.result();
}

std::string ModelMaker::quantized(const ModelValue& value) {
  const OnnxType type = bytes_.chance(80) ? T::UINT8 : some_code_type();
  const ModelCodes codes =
      some_parameters(type, value.shape, bytes_.chance(10) ? value.rank() - 1 : -1);
  return dequantize(quantize(value.name, type, codes), codes);
}

// Constant codes, per tensor, for each index of `axis`, or in blocks.
std::string ModelMaker::coded_weights(const Extents& dims, int axis) {
  const OnnxType type = some_code_type();
  SymbolicShape shape;
  for (const int64_t dim : dims) shape.push_back(dim);
  const int other = static_cast<int>(bytes_.in(0, std::ssize(dims) - 1));
  const ModelCodes codes = some_parameters(type, shape, bytes_.chance(85) ? axis : other);
  return dequantize(random_codes(type, dims), codes);
}

std::string ModelMaker::coded_bias(int64_t extent) {
  switch (bytes_.in(0, 3)) {
    case 0:
      return "";
    case 1:
      return some_floats({extent});
    default: {
      ModelCodes codes;
      codes.per_tensor = bytes_.chance(50);
      codes.scale = scales(codes.per_tensor ? Extents{} : Extents{extent});
      return dequantize(biases({extent}), codes);
    }
  }
}

void ModelMaker::quantize_and_move() {
  const ModelValue src = some_float();
  const OnnxType type = some_code_type();
  ModelCodes codes = some_parameters(
      type, src.shape, bytes_.chance(30) ? static_cast<int>(bytes_.in(0, src.rank() - 1)) : -1);
  ModelValue made{quantize(src.name, type, codes), type, src.shape, codes.scale, codes.zero_point};
  if (!codes.per_tensor) made.scale.clear();
  if (bytes_.chance(30)) keep(made.name, type, made.scale, made.zero_point);
  if (codes.per_tensor && bytes_.chance(40)) made.name = moved(made);
  if (codes.per_tensor && bytes_.chance(15)) codes = some_parameters(type, src.shape, -1);
  std::string floats = dequantize(made.name, codes);
  // Behind another movement they may be codes of the same parameters again.
  if (codes.per_tensor && bytes_.chance(40)) {
    made = {floats, T::FLOAT, made.shape};
    if (bytes_.chance(60)) floats = moved(made);
    floats = dequantize(quantize(floats, type, codes), codes);
  }
  keep(floats);
}

// A MatMul or Gemm, with what may stand around it.
void ModelMaker::coded_layer() {
  const ModelValue value = some_float();
  const int64_t k = value.extent(1), n = width();
  const std::string src = bytes_.chance(70) ? quantized(value) : value.name;
  const bool is_gemm = value.rank() == 2 && bytes_.chance(40), turned = bytes_.chance(50);
  std::string weights = coded_weights(turned ? Extents{n, k} : Extents{k, n}, turned ? 0 : 1);
  const std::string bias = coded_bias(n);
  std::string result;
  if (is_gemm) {
    NodeWriter gemm = writer_.node("Gemm", {src, weights, bias});
    gemm.set("transB", int64_t{turned});
    if (bytes_.chance(15)) gemm.set("alpha", 0.5f);
    result = gemm.result();
  } else {
    if (turned) weights = writer_.node("Transpose", {weights}).set("perm", Extents{1, 0}).result();
    result = writer_.node("MatMul", {src, weights}).result();
    if (!bias.empty()) result = writer_.node("Add", {result, bias}).result();
  }
  if (bytes_.chance(40)) result = activated(result);
  ModelValue made{result, T::FLOAT, value.shape};
  made.shape.back() = n;
  if (bytes_.chance(30)) {
    const std::string other = same_shape(made);
    result = writer_.node("Add", {result, other}).result();
  }
  made.name = result;
  if (bytes_.chance(60)) result = quantized(made);
  keep(result);
}

void ModelMaker::coded_convolution() {
  const ModelValue value = image();
  const int64_t channels = value.extent(3), kernel = bytes_.one_of<int64_t>({1, 3, 2}),
                groups = bytes_.chance(25) ? channels : 1,
                features = groups * bytes_.in(1, groups > 1 ? 2 : 6);
  const std::string src = bytes_.chance(70) ? quantized(value) : value.name;
  const std::string weights = coded_weights({features, channels / groups, kernel, kernel}, 0);
  const std::string bias = coded_bias(features);
  const int64_t pad = bytes_.in(0, 1), stride = bytes_.in(1, 2);
  NodeWriter conv = writer_.node("Conv", {src, weights, bias});
  conv.set("group", groups).set("strides", Extents{stride, stride});
  conv.set("pads", Extents{pad, pad, pad, bytes_.in(0, 1)});
  std::string result = conv.result();
  if (bytes_.chance(50)) result = activated(result);
  if (bytes_.chance(60)) {
    const OnnxType type = bytes_.chance(80) ? T::UINT8 : some_code_type();
    const ModelCodes codes = some_parameters(type, {}, -1);
    result = dequantize(quantize(result, type, codes), codes);
  }
  keep(result);
}

// Sums, products, softmax, norms, concatenation of quantized values.
void ModelMaker::coded_arithmetic() {
  const ModelValue value = some_float();
  const std::string src = quantized(value);
  std::string result;
  switch (bytes_.in(0, 5)) {
    case 0:
      result = writer_.node("Softmax", {src}).result();
      break;
    case 1:
      result = activated(src);
      break;
    case 2: {
      const std::string other = bytes_.chance(50)
                                    ? some_floats({value.extent(1)})
                                    : quantized({same_shape(value), T::FLOAT, value.shape});
      result = writer_.node("Concat", {src, bytes_.chance(70) ? src : other})
                   .set("axis", int64_t{value.rank() - 1})
                   .result();
      break;
    }
    case 3:
      result = writer_.node("LayerNormalization", {src, some_floats({value.extent(1)})}).result();
      break;
    default: {
      const std::string other = bytes_.chance(30)
                                    ? coded_weights({value.extent(1)}, 0)
                                    : quantized({same_shape(value), T::FLOAT, value.shape});
      const char* const op = bytes_.one_of({"Add", "Mul", "Sub", "Max", "Div"});
      result = writer_.node(op, {src, other}).result();
    }
  }
  if (bytes_.chance(70)) result = quantized({result, T::FLOAT, value.shape});
  keep(result);
}

// What is made of constants alone, which passes fold or keep as codes.
void ModelMaker::codes_of_nothing() {
  const Extents dims = {bytes_.in(3, 9), width()};
  const OnnxType type = some_code_type();
  const SymbolicShape shape = {dims[0], dims[1]};
  const ModelCodes codes = some_parameters(type, shape, 1);
  if (bytes_.chance(50)) {  // an embedding
    const ModelValue ids = new_input(T::INT64, {bytes_.chance(50) ? Dim::symbol("n") : Dim(2)});
    const std::string table = dequantize(random_codes(type, dims), codes);
    return keep(writer_.node("Gather", {table, ids.name}).result());
  }
  const std::string made = quantize(some_floats(dims), type, codes);
  if (bytes_.chance(30)) keep(made, type);
  std::string result = dequantize(made, codes);
  if (bytes_.chance(50))
    result = writer_.node("MatMul", {some_floats({3, dims[0]}), result}).result();
  keep(result);
}

}  // namespace octet::fuzz

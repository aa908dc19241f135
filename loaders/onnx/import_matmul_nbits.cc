// com.microsoft.MatMulNBits: a linear layer whose weights are codes of 2, 4 or 8 bits in blocks.
// Source: "com.microsoft.MatMulNBits" in ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/importers.h"
#include "runtime/core/code_type.h"
#include "runtime/core/float_constant.h"
#include "runtime/core/packed_codes.h"

namespace octet {
namespace {

enum Input { kSrc, kCodes, kScales, kZeroPoints, kGroupIndex, kBias };

struct NBits {
  int64_t n, k, bits, block;

  int64_t blocks() const { return block_count(k, block); }
  int64_t block_bytes() const { return block * bits / 8; }
  int64_t row_bytes() const { return blocks() * block_bytes(); }
  // Zero points of a row share bytes as well.
  int64_t zero_point_bytes() const { return (blocks() * bits + 7) / 8; }
};

Status check_sizes(const NBits& layer) {
  constexpr int64_t kMost = int64_t{1} << 31;
  if (layer.n < 1 || layer.k < 1 || layer.n > kMost || layer.k > kMost)
    return invalid_model("N is " + std::to_string(layer.n) + " and K is " +
                         std::to_string(layer.k) + ", expected 1 or more");
  if (layer.bits != 2 && layer.bits != 4 && layer.bits != 8)
    return unsupported("bits is " + std::to_string(layer.bits) + ", expected 2, 4 or 8");
  if (layer.block < 16 || layer.block > kMost || (layer.block & (layer.block - 1)) != 0)
    return invalid_model("block_size is " + std::to_string(layer.block) +
                         ", expected a power of two of at least 16");
  return Status::ok();
}

// The constant of an input, which holds `count` elements of `dtype`.
Result<Constant> part(NodeImport& node, int index, const char* name, DType dtype, int64_t count) {
  const std::string where = "input " + std::to_string(index) + ", " + name + ", ";
  if (!node.constant(index))
    return unsupported(where +
                       "is computed; expected an initializer: weights are packed when a "
                       "model is loaded");
  const Constant& constant = *node.constant(index);
  if (constant.dtype() != dtype || constant.shape().element_count() != count)
    return invalid_model(where + "is " + dtype_name(constant.dtype()) + "[" +
                         to_string(constant.shape()) + "], expected " + std::to_string(count) +
                         " elements of " + dtype_name(dtype));
  return constant;
}

// The same for floats, as f32: those of narrow models are f16 or bf16.
Result<Constant> float_part(NodeImport& node, int index, const char* name, int64_t count) {
  const DType given = node.type(index).dtype;
  const bool is_narrow = given == DType::kF16 || given == DType::kBF16;
  OCTET_ASSIGN_OR_RETURN(const Constant floats,
                         part(node, index, name, is_narrow ? given : DType::kF32, count));
  return as_f32(floats);
}

// Those of the file, or the middle of the codes' range where it has none.
Result<Constant> zero_points(NodeImport& node, const NBits& layer) {
  const Shape shape{layer.n, layer.blocks()};
  if (!node.has_input(kZeroPoints)) {
    Tensor middle(DType::kU8, shape);
    for (uint8_t& value : middle.elements<uint8_t>())
      value = static_cast<uint8_t>(1 << (layer.bits - 1));
    return Constant(std::move(middle));
  }
  if (node.type(kZeroPoints).dtype != DType::kU8) {
    OCTET_ASSIGN_OR_RETURN(const Constant floats,
                           float_part(node, kZeroPoints, "zero_points", shape.element_count()));
    return floats.reshaped(shape);
  }
  OCTET_ASSIGN_OR_RETURN(const Constant packed, part(node, kZeroPoints, "zero_points", DType::kU8,
                                                     layer.n * layer.zero_point_bytes()));
  return unpack_rows(packed, static_cast<int>(layer.bits), DType::kU8, shape, layer.n,
                     layer.zero_point_bytes());
}

// One block for each column; files may have entries for the columns that fill up the last block.
Result<Constant> group_index(NodeImport& node, const NBits& layer) {
  const int64_t padded = layer.blocks() * layer.block;
  const bool has_padding =
      node.constant(kGroupIndex) && node.constant(kGroupIndex)->shape().element_count() == padded;
  OCTET_ASSIGN_OR_RETURN(const Constant given, part(node, kGroupIndex, "g_idx", DType::kI32,
                                                    has_padding ? padded : layer.k));
  OCTET_ASSIGN_OR_RETURN(const Tensor groups, given.load());
  return Constant(Tensor::from<int32_t>(
      groups.elements<const int32_t>().first(static_cast<size_t>(layer.k)), Shape{layer.k}));
}

Result<QuantizedConstant> import_weights(NodeImport& node, const NBits& layer) {
  OCTET_ASSIGN_OR_RETURN(const Constant packed,
                         part(node, kCodes, "B", DType::kU8, layer.n * layer.row_bytes()));
  OCTET_ASSIGN_OR_RETURN(const Constant scale,
                         float_part(node, kScales, "scales", layer.n * layer.blocks()));
  // Extents and types first, then the parts as they lie in the file.
  QuantizedTensor extents;
  extents.int_data = Tensor(nullptr, contiguous_view(nullptr, DType::kU8, {layer.n, layer.k}));
  extents.bits = static_cast<int>(layer.bits);
  extents.granularity = Granularity::kBlocked;
  extents.block_size = layer.block;
  QuantizedConstant weights(extents);
  weights.scale = scale.reshaped({layer.n, layer.blocks()});
  weights.int_data =
      unpack_rows(packed, weights.bits, DType::kU8, weights.shape, layer.n, layer.row_bytes());
  OCTET_ASSIGN_OR_RETURN(weights.zero_point, zero_points(node, layer));
  if (node.has_input(kGroupIndex)) {
    OCTET_ASSIGN_OR_RETURN(weights.group_index, group_index(node, layer));
  }
  // Layers of the same parts are the same weight.
  weights.key = weights.int_data->key()
                    .with("scale", weights.scale.key())
                    .with("zero point", weights.zero_point->key());
  if (weights.group_index)
    weights.key = weights.key.with("group index", weights.group_index->key());
  return weights;
}

// An input of the layer's type as f32.
Result<ValueId> widened(NodeImport& node, const char* step, int index, DType type) {
  if (node.type(index).dtype != type)
    return invalid_model("input " + std::to_string(index) + " is " + to_string(node.type(index)) +
                         ", expected the type of input 0, " + dtype_name(type));
  if (type == DType::kF32) return node.input(index);
  return node.emit(step, CastAttrs{DType::kF32}, {node.input(index)});
}

}  // namespace

// Activations stay float, whatever accuracy_level the file allows. Layers know f32 alone: those of
// f16 and bf16 models stand between casts, which widen_floats takes away.
Status import_matmul_nbits(NodeImport& node) {
  const NBits layer{node.int_attribute("N", 0), node.int_attribute("K", 0),
                    node.int_attribute("bits", 4), node.int_attribute("block_size", 0)};
  OCTET_RETURN_IF_ERROR(check_sizes(layer));
  const DType type = node.type(kSrc).dtype;
  if (type != DType::kF32 && type != DType::kF16 && type != DType::kBF16)
    return unsupported(std::string("input 0 is ") + dtype_name(type) +
                       ", expected float32, float16 or bfloat16");
  OCTET_ASSIGN_OR_RETURN(QuantizedConstant weights, import_weights(node, layer));
  QuantizedLinearAttrs attrs;
  attrs.scheme = QuantizationScheme();
  attrs.scheme.weights = {
      code_type(weights.code_type, weights.bits), Granularity::kBlocked, layer.block,
      weights.zero_point->dtype() == DType::kF32 ? ZeroPoint::kFloat : ZeroPoint::kInteger};
  attrs.parts = {{node.name(), {node.value_name(kCodes)}, 0, layer.n}};
  attrs.weights = std::make_shared<const QuantizedConstant>(std::move(weights));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, widened(node, "src", kSrc, type));
  std::vector<ValueId> inputs = {src, kNoValue};
  if (node.has_input(kBias)) {
    attrs.parts[0].aliases.push_back(node.value_name(kBias));
    OCTET_ASSIGN_OR_RETURN(inputs.emplace_back(), widened(node, "bias", kBias, type));
  }
  if (type == DType::kF32) return node.finish(std::move(attrs), std::move(inputs));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("", std::move(attrs), std::move(inputs)));
  return node.finish(CastAttrs{type}, {result});
}

}  // namespace octet

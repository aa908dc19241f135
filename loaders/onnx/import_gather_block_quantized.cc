// com.microsoft.GatherBlockQuantized: rows of a table of codes in blocks, as floats.
// Source: ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/importers.h"
#include "runtime/core/packed_codes.h"

namespace octet {
namespace {

enum Input { kData, kIndices, kScales, kZeroPoints };

// Codes of `bits` that lie packed in the bytes of the last axis; as they are where `bits` is that
// of the tensor's own type.
Result<Constant> unpacked(NodeImport& node, int index, int bits, int64_t last) {
  if (!node.constant(index))
    return unsupported("input " + std::to_string(index) + " is computed; expected an initializer");
  const Constant constant = *node.constant(index);
  if (constant.dtype() != DType::kU8 || bits == 8) return constant;
  Shape shape = constant.shape();
  if (shape.rank() == 0) return invalid_model("input " + std::to_string(index) + " is a scalar");
  const int64_t row_bytes = shape.back(), per_byte = 8 / bits;
  if ((last + per_byte - 1) / per_byte != row_bytes)
    return invalid_model("input " + std::to_string(index) + " has rows of " +
                         std::to_string(row_bytes) + " bytes, expected " +
                         std::to_string((last + per_byte - 1) / per_byte) + " for " +
                         std::to_string(last) + " codes of " + std::to_string(bits) + " bits");
  const int64_t rows = row_bytes == 0 ? 0 : constant.shape().element_count() / row_bytes;
  if (rows == 0) return invalid_model("input " + std::to_string(index) + " is empty");
  shape[shape.rank() - 1] = last;
  const DType type = bits == 4 ? DType::kU4 : DType::kU2;
  return unpack_rows(constant, bits, type, shape, rows, row_bytes);
}

}  // namespace

Status import_gather_block_quantized(NodeImport& node) {
  const int64_t bits = node.int_attribute("bits", 4), block = node.int_attribute("block_size", 128);
  if (bits != 2 && bits != 4 && bits != 8)
    return unsupported("bits is " + std::to_string(bits) + ", expected 2, 4 or 8");
  if (block < 1) return invalid_model("block_size is " + std::to_string(block));
  const int rank = node.rank(kData);
  OCTET_ASSIGN_OR_RETURN(const int gather_axis,
                         normalize_axis(node.int_attribute("gather_axis", 0), rank));
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("quantize_axis", -1), rank));
  if (axis == gather_axis)
    return unsupported("the blocks lie along the axis that is gathered from, " +
                       std::to_string(axis));
  const bool packed = node.type(kData).dtype == DType::kU8 && bits < 8;
  if (packed && axis != rank - 1)
    return unsupported("packed codes with blocks along axis " + std::to_string(axis) +
                       ", expected the last one");
  if (node.rank(kScales) != rank)
    return invalid_model("the scales have rank " + std::to_string(node.rank(kScales)) +
                         ", expected that of the data, " + std::to_string(rank));
  const auto data_shape = to_constant(node.type(kData).shape),
             scale_shape = to_constant(node.type(kScales).shape);
  if (!data_shape || !scale_shape || gather_axis == rank - 1)
    return unsupported("data or scales depend on the input shapes, or are gathered from columns");
  if ((*data_shape)[gather_axis] != (*scale_shape)[gather_axis])
    return invalid_model("the scales have " + std::to_string((*scale_shape)[gather_axis]) +
                         " rows along axis " + std::to_string(gather_axis) + ", the data " +
                         std::to_string((*data_shape)[gather_axis]));
  const int64_t columns = data_shape->back() * (packed ? 8 / bits : 1);
  OCTET_ASSIGN_OR_RETURN(Constant codes, unpacked(node, kData, static_cast<int>(bits), columns));
  OCTET_ASSIGN_OR_RETURN(const ValueId table, node.add_constant("codes", std::move(codes)));

  // Zero points of packed codes are packed as well; without any, they are the middle of the range.
  ValueId zero_points = node.input(kZeroPoints);
  if (packed && node.has_input(kZeroPoints)) {
    OCTET_ASSIGN_OR_RETURN(
        Constant given, unpacked(node, kZeroPoints, static_cast<int>(bits), scale_shape->back()));
    OCTET_ASSIGN_OR_RETURN(zero_points, node.add_constant("zero_points", std::move(given)));
  } else if (node.type(kData).dtype == DType::kU8 && zero_points == kNoValue) {
    OCTET_RETURN_IF_ERROR(
        node.reserve_constant(static_cast<uint64_t>(scale_shape->element_count())));
    Tensor middle(DType::kU8, *scale_shape);
    for (uint8_t& value : middle.elements<uint8_t>()) value = static_cast<uint8_t>(1 << (bits - 1));
    OCTET_ASSIGN_OR_RETURN(
        zero_points,
        node.add_constant("zero_points",
                          Constant(std::move(middle)).as_type(node.type_of(table).dtype)));
  }
  const GatherAttrs gather{gather_axis};
  const ValueId indices = node.input(kIndices);
  OCTET_ASSIGN_OR_RETURN(const ValueId own_codes, node.emit("rows", gather, {table, indices}));
  OCTET_ASSIGN_OR_RETURN(const ValueId own_scales,
                         node.emit("scales", gather, {node.input(kScales), indices}));
  std::vector<ValueId> inputs = {own_codes, own_scales};
  if (zero_points != kNoValue) {
    OCTET_ASSIGN_OR_RETURN(const ValueId own_zero_points,
                           node.emit("own_zero_points", gather, {zero_points, indices}));
    inputs.push_back(own_zero_points);
  }
  const int moved = axis > gather_axis ? axis + node.rank(kIndices) - 1 : axis;
  return node.finish(DequantizeAttrs{node.type(kScales).dtype, {moved, block}}, std::move(inputs));
}

}  // namespace octet

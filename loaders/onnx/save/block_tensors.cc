// Source: "com.microsoft.MatMulNBits" in ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/save/block_tensors.h"

#include <cstring>

#include "runtime/core/packed_codes.h"

namespace octet {
namespace {

// Rows of codes, one to a byte, as rows of `row_bytes` with several to a byte.
Tensor pack_rows(const Tensor& codes, int bits, int64_t row_bytes, const Shape& shape) {
  const int64_t rows = codes.shape()[0], columns = codes.shape()[1];
  Tensor packed(DType::kU8, shape);
  assert(static_cast<int64_t>(packed.byte_count()) == rows * row_bytes);
  std::memset(packed.bytes(), 0, packed.byte_count());
  for (int64_t row = 0; row < rows; ++row)
    pack_codes(codes.bytes() + row * columns, bits, columns, packed.bytes() + row * row_bytes);
  return packed;
}

}  // namespace

Result<BlockTensors> block_tensors(const SavedLayer& layer, const pb::NodeProto& node) {
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor parts, layer.weights());
  if (parts.int_data.dtype() != DType::kU8 || parts.granularity != Granularity::kBlocked)
    return unsupported("layer \"" + layer.name + "\": " + node.op_type() +
                       " has unsigned codes in blocks");
  const int64_t n = parts.n(), blocks = block_count(parts.k(), parts.block_size),
                block_bytes = parts.block_size * parts.bits / 8,
                zero_point_bytes = (blocks * parts.bits + 7) / 8;
  BlockTensors tensors;
  tensors.codes =
      pack_rows(parts.int_data, parts.bits, blocks * block_bytes, Shape{n, blocks, block_bytes});
  tensors.scale = Tensor(parts.scale.owner(),
                         contiguous_view(parts.scale.bytes(), DType::kF32, Shape{n * blocks}));
  if (parts.has_float_zero_points()) {
    tensors.zero_point =
        Tensor(parts.zero_point->owner(),
               contiguous_view(parts.zero_point->bytes(), DType::kF32, Shape{n * blocks}));
    return tensors;
  }
  Tensor zero_point(DType::kU8, Shape{n, blocks});
  if (parts.zero_point)
    std::memcpy(zero_point.bytes(), parts.zero_point->bytes(), zero_point.byte_count());
  else
    std::memset(zero_point.bytes(), 0, zero_point.byte_count());
  tensors.zero_point =
      pack_rows(zero_point, parts.bits, zero_point_bytes, Shape{n * zero_point_bytes});
  return tensors;
}

}  // namespace octet

// Turning and packing.
#include "loaders/onnx/save/layer_codes.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "loaders/onnx/onnx_proto.h"
#include "runtime/core/packed_codes.h"

namespace octet {
namespace {

// Reads and writes stay in cache.
template <class T>
void turn(const T* from, int64_t rows, int64_t columns, T* to) {
  constexpr int64_t kTile = 64;
  for (int64_t first_row = 0; first_row < rows; first_row += kTile)
    for (int64_t first = 0; first < columns; first += kTile)
      for (int64_t row = first_row; row < std::min(rows, first_row + kTile); ++row)
        for (int64_t column = first; column < std::min(columns, first + kTile); ++column)
          to[column * rows + row] = from[row * columns + column];
}

}  // namespace

int onnx_type_of(ElementType type) {
  switch (type) {
    case ElementType::kS8:
      return pb::TensorProto::INT8;
    case ElementType::kU8:
      return pb::TensorProto::UINT8;
    case ElementType::kS4:
      return pb::TensorProto::INT4;
    case ElementType::kU4:
      return pb::TensorProto::UINT4;
    case ElementType::kS2:
      return pb::TensorProto::INT2;
    case ElementType::kU2:
      return pb::TensorProto::UINT2;
    case ElementType::kS16:
      return pb::TensorProto::INT16;
    case ElementType::kU16:
      return pb::TensorProto::UINT16;
    case ElementType::kBF16:
      return pb::TensorProto::BFLOAT16;
    case ElementType::kF32:
      return pb::TensorProto::FLOAT;
  }
  return pb::TensorProto::UNDEFINED;
}

Tensor turned(const Tensor& matrix) {
  const int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
  Tensor to(matrix.dtype(), Shape{columns, rows});
  if (dtype_size(matrix.dtype()) == 1) {
    turn(matrix.view().as<uint8_t>(), rows, columns, to.view().as<uint8_t>());
  } else {
    assert(dtype_size(matrix.dtype()) == 4);
    turn(matrix.view().as<uint32_t>(), rows, columns, to.view().as<uint32_t>());
  }
  return to;
}

Tensor packed(const Tensor& codes, int bits) {
  if (bits == 8) return codes;
  const int64_t count = codes.shape().element_count();
  Tensor bytes(DType::kU8, Shape{(count * bits + 7) / 8});
  pack_codes(codes.bytes(), bits, count, bytes.bytes());
  return bytes;
}

// A float may come in two pieces.
TensorData bfloat16_data(const TensorData& floats) {
  return {floats.size / 2, [floats](const ByteSink& sink) -> Status {
            std::vector<std::byte> left;
            std::vector<BFloat16> rounded;
            return floats.write([&](std::span<const std::byte> bytes) {
              left.insert(left.end(), bytes.begin(), bytes.end());
              const size_t count = left.size() / sizeof(float);
              rounded.resize(count);
              for (size_t i = 0; i < count; ++i) {
                float value;
                std::memcpy(&value, left.data() + i * sizeof(value), sizeof(value));
                rounded[i] = to_bfloat16(value);
              }
              left.erase(left.begin(),
                         left.begin() + static_cast<ptrdiff_t>(count * sizeof(float)));
              return sink(std::as_bytes(std::span(rounded)));
            });
          }};
}

TensorData codes_data(const SavedLayer& layer, bool by_row) {
  int bits = 8;
  switch (layer.scheme.weights.type) {
    case ElementType::kS4:
    case ElementType::kU4:
      bits = 4;
      break;
    case ElementType::kS2:
    case ElementType::kU2:
      bits = 2;
      break;
    default:
      break;
  }
  const auto count = static_cast<uint64_t>(layer.n * layer.k);
  return {(count * static_cast<uint64_t>(bits) + 7) / 8,
          [weights = layer.weights, by_row, bits](const ByteSink& sink) -> Status {
            OCTET_ASSIGN_OR_RETURN(const QuantizedTensor parts, weights());
            const Tensor bytes = packed(by_row ? parts.int_data : turned(parts.int_data), bits);
            return sink({bytes.bytes(), bytes.byte_count()});
          }};
}

}  // namespace octet

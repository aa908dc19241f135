// Copies in pieces.
#include "loaders/onnx/save/tensor_data.h"

#include <algorithm>
#include <vector>

#include "runtime/core/run_control.h"

namespace octet {
namespace {

constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

}  // namespace

TensorData data_of_source(const ByteSource& source, uint64_t offset, uint64_t size) {
  return {size, [source, offset, size](const ByteSink& sink) -> Status {
            std::vector<std::byte> piece(static_cast<size_t>(std::min(size, kPieceBytes)));
            for (uint64_t at = 0; at < size; at += piece.size()) {
              OCTET_RETURN_IF_ERROR(check_stop());
              const std::span bytes(piece.data(),
                                    static_cast<size_t>(std::min(size - at, kPieceBytes)));
              OCTET_RETURN_IF_ERROR(source.read(offset + at, bytes));
              OCTET_RETURN_IF_ERROR(sink(bytes));
            }
            return Status::ok();
          }};
}

TensorData data_of_tensor(const Tensor& tensor) {
  return {tensor.byte_count(), [tensor](const ByteSink& sink) {
            return sink({tensor.bytes(), tensor.byte_count()});
          }};
}

}  // namespace octet

// The caller's inputs and outputs: used where they lie when they are row-major and not packed,
// copied otherwise.
#include "runtime/core/packed_codes.h"
#include "runtime/core/strides.h"
#include "runtime/session/attempt.h"
#include "runtime/session/session.h"

namespace octet {
namespace {

// `shape` has -1 where the given extent is room.
Status check_room(const ModelTensor& output, const Shape& shape, const TensorView& given) {
  if (given.data == nullptr) return Status::ok();
  bool fits = given.dtype == output.dtype && given.shape.rank() == shape.rank();
  for (int axis = 0; fits && axis < shape.rank(); ++axis)
    fits = shape[axis] < 0 || shape[axis] == given.shape[axis];
  if (fits) return Status::ok();
  return invalid_argument("output \"" + output.name + "\": found a buffer for " +
                          dtype_name(given.dtype) + "[" + to_string(given.shape) + "], expected " +
                          dtype_name(output.dtype) + "[" + to_string(shape) +
                          "], where -1 stands for any room");
}

}  // namespace

// Pieces begin a byte of the packed elements.
template <class Convert>
Status Session::convert_pieces(int64_t elements, const char* what, const Convert& convert) {
  constexpr int64_t kPiece = int64_t{1} << 20;
  if (elements == 0) return Status::ok();
  copying_ = what;
  pool_->run((elements + kPiece - 1) / kPiece, [&](int64_t piece, int) {
    attempt([&] {
      convert(piece * kPiece, std::min(kPiece, elements - piece * kPiece));
      return Status::ok();
    });
  });
  copying_ = nullptr;
  return failed_.load(std::memory_order_acquire) ? failure_ : Status::ok();
}

Status Session::unpack_elements(const std::byte* packed, const TensorView& elements) {
  const int bits = dtype_bits(elements.dtype);
  const bool is_signed = byte_type(elements.dtype) == DType::kI8;
  return convert_pieces(elements.element_count(), "inputs", [&](int64_t first, int64_t count) {
    unpack_codes(packed + first / 8 * bits, bits, is_signed, count, elements.data + first);
  });
}

Status Session::pack_elements(const TensorView& elements, std::byte* packed) {
  const int bits = dtype_bits(elements.dtype);
  return convert_pieces(elements.element_count(), "outputs", [&](int64_t first, int64_t count) {
    pack_codes(elements.data + first, bits, count, packed + first / 8 * bits);
  });
}

// An input whose strides repeat its elements may be larger than any memory that its caller has.
Status Session::check_copies(std::span<const TensorView> inputs) const {
  int64_t bytes = 0, given = 0;
  bool overflows = false;
  for (const TensorView& input : inputs) {
    if (input.contiguous() && !is_packed_outside(input.dtype)) continue;
    const auto size = static_cast<int64_t>(dtype_size(input.dtype));
    int64_t copy = 0, reach = 0;
    overflows |= __builtin_mul_overflow(input.element_count(), size, &copy) ||
                 __builtin_add_overflow(bytes, copy, &bytes);
    const Reach places = reach_of(input.shape, input.strides).value_or(Reach{});
    overflows |= __builtin_mul_overflow(places.last - places.first + 1, size, &reach) ||
                 __builtin_add_overflow(given, reach, &given);
  }
  const int64_t limit =
      options_.memory_limit > 0 ? options_.memory_limit : default_memory_limit(given);
  if (!overflows && bytes <= limit) return Status::ok();
  return resource_exhausted("row-major copies of the inputs need more than the memory limit of " +
                            std::to_string(limit) +
                            " bytes; use smaller batches or raise memory_limit");
}

Status Session::place_inputs(std::span<const TensorView> inputs) {
  const MemoryScope scope(options_.memory.get());
  for (size_t i = 0; i < inputs.size(); ++i) {
    input_data_[i] = inputs[i].data;
    const bool is_packed = is_packed_outside(inputs[i].dtype);
    if (inputs[i].contiguous() && !is_packed) continue;
    input_copies_[i].grow(byte_count(inputs[i]));
    input_data_[i] = input_copies_[i].memory.get();
    const TensorView own = contiguous_view(input_data_[i], inputs[i].dtype, inputs[i].shape);
    OCTET_RETURN_IF_ERROR(is_packed ? unpack_elements(inputs[i].data, own)
                                    : copy_elements(inputs[i], own, "inputs"));
  }
  return Status::ok();
}

Status Session::place_outputs(std::span<TensorView> outputs) {
  if (outputs.size() != program_->outputs.size())
    return invalid_argument("the model has " + std::to_string(program_->outputs.size()) +
                            " outputs, " + std::to_string(outputs.size()) + " were given");
  const MemoryScope scope(options_.memory.get());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ModelTensor& output = program_->outputs[i];
    const Shape& shape = binding_->output_shapes[i];
    const bool given = outputs[i].data != nullptr;
    if (output.late >= 0) {
      OCTET_RETURN_IF_ERROR(check_room(output, shape, outputs[i]));
      continue;
    }
    if (given && (outputs[i].dtype != output.dtype || !(outputs[i].shape == shape)))
      return invalid_argument("output \"" + output.name + "\": found a buffer for " +
                              dtype_name(outputs[i].dtype) + "[" + to_string(outputs[i].shape) +
                              "], expected " + dtype_name(output.dtype) + "[" + to_string(shape) +
                              "]");
    output_data_[i] = outputs[i].data;
    const bool is_packed = is_packed_outside(output.dtype);
    if (given && outputs[i].contiguous() && !is_packed) continue;
    const TensorView own = contiguous_view(nullptr, output.dtype, shape);
    output_buffers_[i].grow(byte_count(own));
    output_data_[i] = output_buffers_[i].memory.get();
    if (given) continue;
    outputs[i] = own;
    outputs[i].data = is_packed ? packed_output(i, own) : output_data_[i];
  }
  return Status::ok();
}

// What other programs gave, in their memory or in the caller's, as far as that has room.
Status Session::fill_late_outputs(std::span<TensorView> outputs) {
  if (late_.empty()) return Status::ok();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ModelTensor& output = program_->outputs[i];
    if (output.late < 0 || !output.is_tensor()) continue;
    const TensorView& made = late_[static_cast<size_t>(output.late)];
    TensorView& given = outputs[i];
    const bool is_packed = is_packed_outside(output.dtype);
    if (given.data == nullptr) {
      given = made;
      if (!is_packed) continue;
      given.data = packed_output(i, made);
      OCTET_RETURN_IF_ERROR(pack_elements(made, given.data));
      continue;
    }
    bool fits = true;
    for (int axis = 0; axis < made.shape.rank(); ++axis)
      fits = fits && made.shape[axis] <= given.shape[axis];
    if (!fits)
      return invalid_argument("output \"" + output.name + "\" came to be [" +
                              to_string(made.shape) + "], but its memory has room for [" +
                              to_string(given.shape) + "]; give it more, or NULL");
    if (given.contiguous())
      given = contiguous_view(given.data, given.dtype, made.shape);
    else
      given.shape = made.shape;
    OCTET_RETURN_IF_ERROR(is_packed ? pack_elements(made, given.data)
                                    : copy_elements(made, given, "outputs"));
  }
  return Status::ok();
}

Status Session::fill_copied_outputs(std::span<const TensorView> outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (program_->outputs[i].late >= 0 || outputs[i].data == output_data_[i]) continue;
    const TensorView made = contiguous_view(output_data_[i], outputs[i].dtype, outputs[i].shape);
    OCTET_RETURN_IF_ERROR(is_packed_outside(made.dtype)
                              ? pack_elements(made, outputs[i].data)
                              : copy_elements(made, outputs[i], "outputs"));
  }
  return Status::ok();
}

std::byte* Session::packed_output(size_t index, const TensorView& elements) {
  const MemoryScope scope(options_.memory.get());
  packed_outputs_[index].grow(packed_bytes(elements.element_count(), elements.dtype));
  return packed_outputs_[index].memory.get();
}

}  // namespace octet

// From concrete inputs to the values of a program's symbols.
#include <algorithm>

#include "runtime/binding/binding.h"

namespace octet {
namespace {

std::string found_expected(const ModelTensor& input, const TensorView& found) {
  return "input \"" + input.name + "\": found " + dtype_name(found.dtype) + "[" +
         to_string(found.shape) + "], expected " + dtype_name(input.dtype) + to_string(input.shape);
}

// Before any element is read: an input of another size has fewer of them.
Status check_constant_extents(const Program& program, std::span<const TensorView> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    for (int axis = 0; program.inputs[i].is_tensor() && axis < inputs[i].shape.rank(); ++axis) {
      const Dim& dim = program.inputs[i].shape[static_cast<size_t>(axis)];
      if (dim.is_constant() && dim.value() != inputs[i].shape[axis])
        return invalid_argument(found_expected(program.inputs[i], inputs[i]) + "; axis " +
                                std::to_string(axis) + " must be " + std::to_string(dim.value()));
    }
  return Status::ok();
}

// Elements decide on shapes only, where INT64_MAX means "to the end": beyond any extent they are
// all the same, and sums with them stay numbers.
int64_t element(const TensorView& tensor, int index) {
  constexpr int64_t kBeyond = int64_t{1} << 61;
  int64_t rest = index, place = 0;
  for (int axis = tensor.shape.rank(); axis-- > 0 && rest > 0; rest /= tensor.shape[axis])
    place += rest % tensor.shape[axis] * tensor.strides[axis];
  if (tensor.dtype == DType::kI32) return tensor.as<const int32_t>()[place];
  return std::clamp(tensor.as<const int64_t>()[place], -kBeyond, kBeyond);
}

}  // namespace

Status resolve_symbols(const Program& program, std::span<const TensorView> inputs,
                       std::vector<int64_t>& symbols) {
  if (inputs.size() != program.inputs.size())
    return invalid_argument("the model has " + std::to_string(program.inputs.size()) + " inputs, " +
                            std::to_string(inputs.size()) + " were given");
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ModelTensor& input = program.inputs[i];
    if (!input.is_tensor()) continue;
    if (inputs[i].dtype != input.dtype ||
        inputs[i].shape.rank() != static_cast<int>(input.shape.size()))
      return invalid_argument(found_expected(input, inputs[i]));
    for (int64_t extent : inputs[i].shape.dims())
      if (extent < 0)
        return invalid_argument(found_expected(input, inputs[i]) + "; extents cannot be negative");
  }
  OCTET_RETURN_IF_ERROR(check_constant_extents(program, inputs));
  symbols.resize(program.symbols.size());
  for (size_t i = 0; i < symbols.size(); ++i) {
    const SymbolSource& source = program.symbols[i];
    const TensorView& input = inputs[static_cast<size_t>(source.input)];
    symbols[i] = source.element ? element(input, source.axis) : input.shape[source.axis];
  }
  // Extents of one name must agree.
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ModelTensor& input = program.inputs[i];
    for (int axis = 0; input.is_tensor() && axis < inputs[i].shape.rank(); ++axis) {
      const int number = input.symbols[static_cast<size_t>(axis)];
      if (number < 0) continue;
      const auto symbol = static_cast<size_t>(number);
      if (symbols[symbol] == inputs[i].shape[axis]) continue;
      const auto& first = program.inputs[static_cast<size_t>(program.symbols[symbol].input)];
      return invalid_argument(found_expected(input, inputs[i]) + "; \"" +
                              program.dims.symbols()[symbol].name + "\" is " +
                              std::to_string(symbols[symbol]) + " in input \"" + first.name + "\"");
    }
  }
  return Status::ok();
}

}  // namespace octet

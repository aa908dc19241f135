// Sequences and optionals of a run: what comes in is checked, what goes out is handed over.
#include <algorithm>

#include "runtime/session/session.h"

namespace octet {
namespace {

// "float32[2x3]", "a sequence of 3 values", "an empty optional"
std::string describe(const HeldValue& value) {
  if (!value) return "nothing";
  if (value.is(HeldKind::kTensor))
    return dtype_name(value.tensor().dtype()) + ("[" + to_string(value.tensor().shape()) + "]");
  const std::string count = std::to_string(value.elements().size());
  if (value.is(HeldKind::kSequence)) return "a sequence of " + count + " values";
  return count == "0" ? "an empty optional" : "an optional of " + describe(value.elements()[0]);
}

std::string expected(const ModelTensor& input) {
  return to_string(held_type(input.form, input.dtype, input.held_rank));
}

Status check_tensor(const ModelTensor& input, const HeldValue& value, const std::string& which) {
  if (value.is(HeldKind::kTensor) && value.tensor().dtype() == input.dtype &&
      (input.held_rank < 0 || value.tensor().shape().rank() == input.held_rank))
    return Status::ok();
  return invalid_argument("input \"" + input.name + "\": found " + describe(value) + which +
                          ", expected " + expected(input));
}

// What is in an optional, without it; others as they are. Error: not what the input takes.
Result<HeldValue> check_value(const ModelTensor& input, HeldValue value) {
  const auto refuse = [&] {
    return invalid_argument("input \"" + input.name + "\": found " + describe(value) +
                            ", expected " + expected(input));
  };
  if (value.is(HeldKind::kOptional)) {
    if (!is_optional(input.form)) return refuse();
    if (value.elements().empty()) return HeldValue();
    HeldValue inside = value.elements()[0];
    value = std::move(inside);
  }
  if (!value) {
    if (is_optional(input.form)) return value;
    return refuse();
  }
  if (without_optional(input.form) == ValueForm::kTensor) {
    OCTET_RETURN_IF_ERROR(check_tensor(input, value, ""));
    return value;
  }
  if (!value.is(HeldKind::kSequence)) return refuse();
  for (size_t i = 0; i < value.elements().size(); ++i)
    OCTET_RETURN_IF_ERROR(
        check_tensor(input, value.elements()[i], " as element " + std::to_string(i)));
  return value;
}

bool is_row_major(const HeldValue& value) {
  if (value.is(HeldKind::kTensor)) return value.tensor().view().contiguous();
  return std::ranges::all_of(value.elements(), is_row_major);
}

}  // namespace

Result<HeldValue> Session::row_major(HeldValue value) {
  if (!value || is_row_major(value)) return value;
  if (value.is(HeldKind::kTensor)) return hold(value.tensor().view());
  std::vector<HeldValue> made;
  for (const HeldValue& element : value.elements()) {
    OCTET_ASSIGN_OR_RETURN(HeldValue copy, row_major(element));
    made.push_back(std::move(copy));
  }
  return HeldValue::of_sequence(std::move(made));
}

Status Session::take_values(std::span<const TensorView> inputs, const HeldValues& values) {
  held_.assign(held_.size(), {});  // what the last run gave
  budget_ = values.budget;
  if (budget_ == nullptr) {
    int64_t given = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      int64_t bytes = i < values.inputs.size() ? tensor_bytes(values.inputs[i]) : 0;
      if (program_->inputs[i].is_tensor()) bytes = byte_count(inputs[i]);
      if (__builtin_add_overflow(given, bytes, &given)) given = INT64_MAX;
    }
    budget_ = std::make_shared<HeldBudget>(options_.memory_limit > 0 ? options_.memory_limit
                                                                     : default_memory_limit(given));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ModelTensor& input = program_->inputs[i];
    if (input.is_tensor()) continue;
    HeldValue value;
    if (i < values.inputs.size()) value = std::move(values.inputs[i]);
    if (!options_.inner) {
      OCTET_ASSIGN_OR_RETURN(value, check_value(input, std::move(value)));
      OCTET_ASSIGN_OR_RETURN(value, row_major(std::move(value)));
    }
    held_[static_cast<size_t>(input.late)] = std::move(value);
  }
  return Status::ok();
}

void Session::give_values(const HeldValues& values, bool done) {
  std::vector<bool> kept(held_.size());
  for (size_t i = 0; done && i < program_->outputs.size(); ++i) {
    const ModelTensor& output = program_->outputs[i];
    if (output.late < 0) continue;
    const auto late = static_cast<size_t>(output.late);
    if (!values.outputs.empty())
      values.outputs[i] = held_[late];
    else
      kept[late] = output.is_tensor();
  }
  for (size_t late = 0; late < held_.size(); ++late)
    if (!kept[late]) held_[late] = {};
  budget_.reset();
}

}  // namespace octet

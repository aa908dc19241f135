// The C API: values, and runs of models that take and give them.
#include <algorithm>
#include <cstring>

#include "runtime/api/handles.h"
#include "runtime/core/strides.h"

namespace octet {
namespace {

static_assert(static_cast<int>(HeldKind::kTensor) == OCTET_VALUE_TENSOR &&
              static_cast<int>(HeldKind::kSequence) == OCTET_VALUE_SEQUENCE &&
              static_cast<int>(HeldKind::kOptional) == OCTET_VALUE_OPTIONAL);

// What all elements of a sequence must have in common: "tensor of float32".
std::string kind_text(const HeldValue& value) {
  if (value.is(HeldKind::kTensor))
    return std::string("tensor of ") + dtype_name(value.tensor().dtype());
  std::string text = held_kind_name(value.kind());
  if (!value.elements().empty()) text += " of " + kind_text(value.elements()[0]);
  return text;
}

bool may_be_together(const HeldValue& a, const HeldValue& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is(HeldKind::kTensor)) return a.tensor().dtype() == b.tensor().dtype();
  return a.elements().empty() || b.elements().empty() ||
         may_be_together(a.elements()[0], b.elements()[0]);
}

Result<HeldValue> from_elements(octet_value_kind kind, octet_value* const* elements,
                                int64_t count) {
  if (kind != OCTET_VALUE_SEQUENCE && kind != OCTET_VALUE_OPTIONAL)
    return invalid_argument("kind is " + std::to_string(kind) +
                            ", expected OCTET_VALUE_SEQUENCE or OCTET_VALUE_OPTIONAL");
  const bool optional = kind == OCTET_VALUE_OPTIONAL;
  if (count < 0 || (optional && count > 1) || (count > 0 && elements == nullptr))
    return invalid_argument("found " + std::to_string(elements == nullptr ? 0 : count) +
                            " elements for a count of " + std::to_string(count) + ", expected " +
                            (optional ? "0 or 1" : "0 or more"));
  std::vector<HeldValue> values;
  for (int64_t i = 0; i < count; ++i) {
    if (elements[i] == nullptr)
      return invalid_argument("element " + std::to_string(i) + " is NULL");
    const HeldValue& value = elements[i]->value;
    if (value.depth() >= HeldValue::kMaxDepth)
      return unsupported("element " + std::to_string(i) + " is " + std::to_string(value.depth()) +
                         " values deep, expected less than " +
                         std::to_string(HeldValue::kMaxDepth));
    if (i > 0 && !may_be_together(values[0], value))
      return invalid_argument("element " + std::to_string(i) + " is a " + kind_text(value) +
                              ", expected a " + kind_text(values[0]) + " as element 0 is");
    values.push_back(value);
  }
  if (!optional) return HeldValue::of_sequence(std::move(values));
  return HeldValue::of_optional(values.empty() ? HeldValue() : std::move(values[0]));
}

// One run by values, on a session.
class ValuesRun {
 public:
  ValuesRun(octet_session& session, octet_value** outputs)
      : session_(session), program_(session.session->program()), outputs_(outputs) {}

  Status run(octet_value* const* inputs, int32_t input_count, int32_t output_count,
             const RunControl& control) {
    OCTET_RETURN_IF_ERROR(check_input_count(session_, inputs != nullptr, input_count));
    OCTET_RETURN_IF_ERROR(check_output_count(session_, outputs_ != nullptr, output_count));
    OCTET_RETURN_IF_ERROR(take_inputs(inputs));
    OCTET_RETURN_IF_ERROR(take_outputs());
    OCTET_RETURN_IF_ERROR(check_overlaps(session_));
    {
      const ControlScope scope(&control);
      OCTET_RETURN_IF_ERROR(session_.session->prepare(session_.inputs));
    }
    make_room();
    OCTET_RETURN_IF_ERROR(
        session_.session->run(session_.inputs, session_.outputs, control, {inputs_, results_}));
    give();
    return Status::ok();
  }

 private:
  Status take_inputs(octet_value* const* inputs) {
    session_.inputs.assign(program_.inputs.size(), {});
    inputs_.resize(program_.inputs.size());
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const ModelTensor& input = program_.inputs[i];
      if (inputs[i] == nullptr)
        return invalid_argument("input \"" + input.name +
                                "\" is NULL, expected a value; nothing is an empty optional");
      const HeldValue& value = inputs[i]->value;
      if (!input.is_tensor()) {
        inputs_[i] = value;
        continue;
      }
      if (!value.is(HeldKind::kTensor))
        return invalid_argument("input \"" + input.name + "\": found a " +
                                held_kind_name(value.kind()) + ", expected a tensor");
      OCTET_RETURN_IF_ERROR(check_index_dtype(input, value.tensor().dtype()));
      session_.inputs[i] = value.tensor().view();
    }
    return Status::ok();
  }

  // Memory that the caller gave.
  Status take_outputs() {
    session_.outputs.assign(program_.outputs.size(), {});
    results_.resize(program_.outputs.size());
    own_.resize(program_.outputs.size());
    for (size_t i = 0; i < results_.size(); ++i) {
      if (outputs_[i] == nullptr) continue;
      const std::string where = "output \"" + program_.outputs[i].name + "\"";
      const HeldValue& value = outputs_[i]->value;
      if (!program_.outputs[i].is_tensor() || !value.is(HeldKind::kTensor))
        return invalid_argument(where + ": found a " + held_kind_name(value.kind()) +
                                " to write to, and the output is a " +
                                form_name(program_.outputs[i].form) +
                                "; only tensors go to memory of the caller, give NULL");
      const TensorView& view = value.tensor().view();
      if (!view.contiguous() && !elements_are_apart(view.shape, view.strides))
        return invalid_argument(where + ": its strides put several elements in one place");
      session_.outputs[i] = view;
    }
    return Status::ok();
  }

  // Memory of their own for tensors whose extents are known. Precondition: the session is prepared.
  void make_room() {
    const MemoryScope scope(session_.model->engine()->memory.get());
    const auto shapes = session_.session->output_shapes();
    for (size_t i = 0; i < own_.size(); ++i) {
      if (outputs_[i] != nullptr || program_.outputs[i].late >= 0) continue;
      own_[i] = Tensor(program_.outputs[i].dtype, shapes[i]);
      session_.outputs[i] = own_[i].view();
    }
  }

  HeldValue result(size_t i) {
    const ModelTensor& output = program_.outputs[i];
    if (!output.is_tensor())
      return is_optional(output.form) ? HeldValue::of_optional(std::move(results_[i]))
                                      : std::move(results_[i]);
    if (output.late < 0) return HeldValue::of_tensor(std::move(own_[i]));
    if (results_[i]) return std::move(results_[i]);
    const TensorView& view = session_.outputs[i];
    Tensor tensor(view.dtype, view.shape);
    const auto bytes = static_cast<size_t>(packed_bytes(view.element_count(), view.dtype));
    if (bytes > 0) std::memcpy(tensor.bytes(), view.data, bytes);
    return HeldValue::of_tensor(std::move(tensor));
  }

  // First all that may throw.
  void give() {
    const MemoryScope scope(session_.model->engine()->memory.get());
    std::vector<std::unique_ptr<octet_value>> made(results_.size());
    for (size_t i = 0; i < made.size(); ++i) {
      const bool given = outputs_[i] != nullptr;
      if (given && program_.outputs[i].late < 0) continue;
      made[i] = std::make_unique<octet_value>();
      made[i]->value =
          given ? HeldValue::of_tensor(Tensor(nullptr, session_.outputs[i])) : result(i);
    }
    for (size_t i = 0; i < made.size(); ++i) {
      if (made[i] == nullptr) continue;
      if (outputs_[i] != nullptr)
        outputs_[i]->value = std::move(made[i]->value);
      else
        outputs_[i] = made[i].release();
    }
  }

  octet_session& session_;
  const Program& program_;
  octet_value** outputs_;
  std::vector<HeldValue> inputs_, results_;
  std::vector<Tensor> own_;
};

}  // namespace
}  // namespace octet

extern "C" {

octet_status octet_value_from_tensor(const octet_tensor* tensor, octet_value** value,
                                     octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (tensor == nullptr || value == nullptr)
      return octet::invalid_argument("octet_value_from_tensor: tensor and value must not be NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::TensorView view, octet::to_view(*tensor));
    auto made = std::make_unique<octet_value>();
    made->value = octet::HeldValue::of_tensor(octet::Tensor(nullptr, view));
    *value = made.release();
    return octet::Status::ok();
  });
}

octet_status octet_value_from_elements(octet_value_kind kind, octet_value* const* elements,
                                       int64_t count, octet_value** value, octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (value == nullptr)
      return octet::invalid_argument("octet_value_from_elements: value is NULL");
    auto made = std::make_unique<octet_value>();
    OCTET_ASSIGN_OR_RETURN(made->value, octet::from_elements(kind, elements, count));
    *value = made.release();
    return octet::Status::ok();
  });
}

octet_value_kind octet_value_get_kind(const octet_value* value) {
  return value == nullptr ? OCTET_VALUE_TENSOR : static_cast<octet_value_kind>(value->value.kind());
}

int64_t octet_value_count(const octet_value* value) {
  if (value == nullptr) return 0;
  if (value->value.is(octet::HeldKind::kTensor)) return 1;
  return static_cast<int64_t>(value->value.elements().size());
}

octet_status octet_value_element(const octet_value* value, int64_t index, octet_value** element,
                                 octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (value == nullptr || element == nullptr)
      return octet::invalid_argument("octet_value_element: value and element must not be NULL");
    if (value->value.is(octet::HeldKind::kTensor))
      return octet::invalid_argument(
          "octet_value_element: the value is a tensor, expected a "
          "sequence or an optional; octet_value_tensor describes it");
    const auto elements = value->value.elements();
    if (index < 0 || static_cast<size_t>(index) >= elements.size())
      return octet::invalid_argument("octet_value_element: index is " + std::to_string(index) +
                                     ", expected one below " + std::to_string(elements.size()));
    auto made = std::make_unique<octet_value>();
    made->value = elements[static_cast<size_t>(index)];
    *element = made.release();
    return octet::Status::ok();
  });
}

octet_status octet_value_tensor(const octet_value* value, octet_tensor* tensor,
                                octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (value == nullptr || tensor == nullptr)
      return octet::invalid_argument("octet_value_tensor: value and tensor must not be NULL");
    if (!value->value.is(octet::HeldKind::kTensor))
      return octet::invalid_argument(
          std::string("octet_value_tensor: the value is a ") +
          octet::held_kind_name(value->value.kind()) +
          ", expected a tensor; octet_value_element gives what is in it");
    const octet::TensorView& view = value->value.tensor().view();
    *tensor = octet::to_c(view);
    if (!view.contiguous()) tensor->strides = view.strides.begin();
    return octet::Status::ok();
  });
}

void octet_value_free(octet_value* value) { delete value; }

octet_status octet_session_run_values(octet_session* session, octet_value* const* inputs,
                                      int32_t input_count, octet_value** outputs,
                                      int32_t output_count, const octet_run_options* options,
                                      octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (session == nullptr)
      return octet::invalid_argument("octet_session_run_values: session is NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::RunControl control, octet::control_of(options));
    return octet::ValuesRun(*session, outputs).run(inputs, input_count, output_count, control);
  });
}

octet_status octet_model_run_values(const octet_model* model, octet_value* const* inputs,
                                    int32_t input_count, octet_value** outputs,
                                    int32_t output_count, const octet_run_options* options,
                                    octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (model == nullptr) return octet::invalid_argument("octet_model_run_values: model is NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::RunControl control, octet::control_of(options));
    const octet::SessionPool::Loan loan(*model->sessions);
    return octet::ValuesRun(*loan, outputs).run(inputs, input_count, output_count, control);
  });
}

}  // extern "C"

// Runs a model whose inputs or outputs are sequences and optionals, as a session does.
#pragma once

#include "tests/support/run_model.h"

namespace octet::test {

inline HeldValue held(Tensor tensor) { return HeldValue::of_tensor(std::move(tensor)); }
inline HeldValue sequence_of(const std::vector<Tensor>& tensors) {
  std::vector<HeldValue> elements;
  for (const Tensor& tensor : tensors) elements.push_back(held(tensor));
  return HeldValue::of_sequence(std::move(elements));
}
inline HeldValue nothing() { return HeldValue::of_optional({}); }

// All outputs, tensors as values too, in memory of their own; an optional stands as what is in it.
inline Result<std::vector<HeldValue>> run_session(Session& session,
                                                  const std::vector<HeldValue>& given,
                                                  const RunControl& control = {}) {
  const Program& program = session.program();
  std::vector<TensorView> inputs, outputs(program.outputs.size());
  std::vector<HeldValue> values, results(outputs.size());
  for (size_t i = 0; i < given.size(); ++i) {
    const bool is_tensor = program.inputs[i].is_tensor();
    inputs.push_back(is_tensor ? given[i].tensor().view() : TensorView{});
    values.push_back(is_tensor ? HeldValue() : given[i]);
  }
  OCTET_RETURN_IF_ERROR(session.run(inputs, outputs, control, {values, results}));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (program.outputs[i].is_tensor())
      results[i] = held(contiguous_copy(Tensor(nullptr, outputs[i])));
  return results;
}

struct LoadedSession {
  std::shared_ptr<const Model> model;
  std::unique_ptr<Session> session;
};

inline Result<LoadedSession> load_session(const ModelBuilder& builder,
                                          const EngineOptions& engine_options = {.threads = 2},
                                          const LoadOptions& options = {}) {
  OCTET_ASSIGN_OR_RETURN(auto engine, Engine::create(engine_options));
  const std::string bytes = builder.bytes();
  LoadedSession loaded;
  OCTET_ASSIGN_OR_RETURN(
      loaded.model,
      Model::load_memory(std::move(engine), std::as_bytes(std::span(bytes)), options));
  loaded.session = loaded.model->make_session();
  return loaded;
}

inline Result<std::vector<HeldValue>> run_values(const ModelBuilder& builder,
                                                 const std::vector<HeldValue>& inputs,
                                                 const LoadOptions& options = {}) {
  OCTET_ASSIGN_OR_RETURN(const LoadedSession loaded,
                         load_session(builder, {.threads = 2}, options));
  return run_session(*loaded.session, inputs);
}

// "[2x3: 1 2 3 4 5 6 | 1: 7]" of a sequence, "2: 1 2" of a tensor, "nothing".
inline std::string text_of(const HeldValue& value) {
  if (!value) return "nothing";
  std::string text;
  if (value.is(HeldKind::kTensor)) {
    text = to_string(value.tensor().shape()) + ":";
    for (const double element : to_doubles(contiguous_copy(value.tensor()))) {
      std::string number = std::to_string(element);
      number.erase(number.find_last_not_of('0') + 1);
      if (number.back() == '.') number.pop_back();
      text += " " + number;
    }
    return text;
  }
  for (const HeldValue& element : value.elements())
    text += (text.empty() ? "" : " | ") + text_of(element);
  return "[" + text + "]";
}

// The outputs as texts, or the error.
inline std::vector<std::string> texts_of(const Result<std::vector<HeldValue>>& outputs) {
  if (!outputs.is_ok()) return {outputs.status().message()};
  std::vector<std::string> texts;
  for (const HeldValue& value : *outputs) texts.push_back(text_of(value));
  return texts;
}

}  // namespace octet::test

// Runs a model that was built in code, with the kernels that a user gets and with the reference.
#pragma once

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"
#include "tests/support/tensors.h"

namespace octet::test {

// The first output as numbers, or the text of what refused the model or its inputs.
struct ModelRun {
  std::vector<double> values;
  Shape shape;
  std::string error;
};

inline ModelRun run_model(const ModelBuilder& builder, const std::vector<Tensor>& tensors,
                          bool reference_only = false) {
  const auto refused = [](const Status& status) { return ModelRun{{}, {}, status.message()}; };
  auto engine = Engine::create({.threads = 1});
  if (!engine.is_ok()) return refused(engine.status());
  const std::string bytes = builder.bytes();
  LoadOptions options;
  options.reference_only = reference_only;
  auto model = Model::load_memory(engine.value(), std::as_bytes(std::span(bytes)), options);
  if (!model.is_ok()) return refused(model.status());
  const auto session = model.value()->make_session();
  std::vector<TensorView> inputs, outputs(model.value()->program()->outputs.size());
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  if (const Status status = session->run(inputs, outputs); !status.is_ok()) return refused(status);
  return {to_doubles(contiguous_copy(Tensor(nullptr, outputs[0]))), outputs[0].shape, ""};
}

}  // namespace octet::test

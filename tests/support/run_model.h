// Runs a model that was built in code as a user's is: from bytes to outputs or an error.
#pragma once

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"
#include "tests/support/tensors.h"

namespace octet::test {

// All outputs, in memory of their own, or what refused the model or its inputs.
inline Result<std::vector<Tensor>> run_onnx(const ModelBuilder& builder,
                                            const std::vector<Tensor>& tensors,
                                            const LoadOptions& options = {}) {
  OCTET_ASSIGN_OR_RETURN(auto engine, Engine::create({.threads = 2}));
  const std::string bytes = builder.bytes();
  OCTET_ASSIGN_OR_RETURN(
      const auto model,
      Model::load_memory(std::move(engine), std::as_bytes(std::span(bytes)), options));
  const auto session = model->make_session();
  std::vector<TensorView> inputs, outputs(model->program()->outputs.size());
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  OCTET_RETURN_IF_ERROR(session->run(inputs, outputs));
  std::vector<Tensor> copies;
  for (const TensorView& output : outputs)
    copies.push_back(contiguous_copy(Tensor(nullptr, output)));
  return copies;
}

// The text of the error that a run ends with, after a load that must succeed.
inline std::string run_error(const ModelBuilder& builder, const std::vector<Tensor>& inputs) {
  EXPECT_TRUE(builder.load().is_ok());
  const auto outputs = run_onnx(builder, inputs);
  EXPECT_FALSE(outputs.is_ok());
  if (outputs.is_ok()) return "no error";
  return outputs.status().message();
}

// The first output as numbers, or the text of the error; with the kernels that a user gets or with
// the reference.
struct ModelRun {
  std::vector<double> values;
  Shape shape;
  std::string error;
};

inline ModelRun run_model(const ModelBuilder& builder, const std::vector<Tensor>& tensors,
                          bool reference_only = false) {
  LoadOptions options;
  options.reference_only = reference_only;
  const auto outputs = run_onnx(builder, tensors, options);
  if (!outputs.is_ok()) return {{}, {}, outputs.status().message()};
  return {to_doubles(outputs.value()[0]), outputs.value()[0].shape(), ""};
}

}  // namespace octet::test

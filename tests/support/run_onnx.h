// Runs a small ONNX model from its builder, for tests of what a user sees.
#pragma once

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"
#include "tests/support/tensors.h"

namespace octet::test {

// The outputs, in memory of their own, or the error of the run. The model must load.
inline Result<std::vector<Tensor>> run_onnx(const ModelBuilder& builder,
                                            const std::vector<Tensor>& inputs,
                                            LoadOptions options = {}) {
  auto engine = Engine::create({.threads = 2});
  auto model = Model::from_graph(engine.value(), loaded(builder), options);
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  OCTET_RETURN_IF_ERROR(model.status());
  const auto session = model.value()->make_session();
  std::vector<TensorView> views, outputs(static_cast<size_t>(builder.proto.graph().output_size()));
  for (const Tensor& input : inputs) views.push_back(input.view());
  OCTET_RETURN_IF_ERROR(session->run(views, outputs));
  std::vector<Tensor> copies;
  for (const TensorView& output : outputs)
    copies.push_back(contiguous_copy(Tensor(nullptr, output)));
  return copies;
}

// The text of the error that a run ends with.
inline std::string run_error(const ModelBuilder& builder, const std::vector<Tensor>& inputs) {
  const auto outputs = run_onnx(builder, inputs);
  EXPECT_FALSE(outputs.is_ok());
  return outputs.is_ok() ? "no error" : outputs.status().message();
}

}  // namespace octet::test

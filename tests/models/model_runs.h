// Loading the test models and running them on made-up sequences.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/api/model.h"

namespace octet::test {

inline const std::string kBertModel = OCTET_TEST_MODELS "/bert.onnx";
inline constexpr int64_t kBertVocabulary = 8000;
inline constexpr int64_t kBertHidden = 64;

inline std::shared_ptr<const Model> load_bert(int threads, const LoadOptions& options) {
  auto engine = Engine::create({.threads = threads});
  EXPECT_TRUE(engine.is_ok()) << engine.status().message();
  auto model = Model::load(*engine, kBertModel, options);
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  return *model;
}

// input_ids, attention_mask and token_type_ids, int64 [batch, length] each.
struct BertInputs {
  BertInputs(int64_t batch, int64_t length)
      : ids(DType::kI64, Shape{batch, length}),
        mask(DType::kI64, Shape{batch, length}),
        types(DType::kI64, Shape{batch, length}) {}
  std::vector<TensorView> views() const { return {ids.view(), mask.view(), types.view()}; }

  Tensor ids, mask, types;
};

// Writes the sequence number `seed`, `length` tokens, into row `row`; what is left of the row is
// masked, and holds tokens all the same.
inline void put_sequence(BertInputs& inputs, int64_t row, uint32_t seed, int64_t length) {
  const int64_t columns = inputs.ids.shape()[1];
  for (int64_t i = 0; i < columns; ++i) {
    const auto at = static_cast<size_t>(row * columns + i);
    const auto token = (seed * 7919u + static_cast<uint32_t>(i) * 104729u) % kBertVocabulary;
    inputs.ids.elements<int64_t>()[at] = static_cast<int64_t>(token);
    inputs.mask.elements<int64_t>()[at] = i < length ? 1 : 0;
    inputs.types.elements<int64_t>()[at] = i < length / 2 ? 0 : 1;
  }
}

inline BertInputs make_batch(int64_t batch, int64_t length) {
  BertInputs inputs(batch, length);
  for (int64_t row = 0; row < batch; ++row)
    put_sequence(inputs, row, static_cast<uint32_t>(row), length - row % 3);
  return inputs;
}

// The first output; it lies in the session's memory until the next run.
inline std::span<const float> run_bert(Session& session, const BertInputs& inputs) {
  std::vector<TensorView> outputs(1);
  const std::vector<TensorView> views = inputs.views();
  const Status status = session.run(views, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  return {outputs[0].as<float>(), static_cast<size_t>(outputs[0].element_count())};
}

}  // namespace octet::test

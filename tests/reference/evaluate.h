// What the reference tests share: evaluate one node and look at its first output as doubles.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/reference/table.h"
#include "tests/support/tensors.h"

namespace octet::test {

inline std::vector<Tensor> evaluate_all(const Attributes& attributes,
                                        const std::vector<Tensor>& inputs) {
  Result<std::vector<Tensor>> outputs = evaluate_reference(attributes, inputs);
  EXPECT_TRUE(outputs.is_ok()) << outputs.status().message();
  return outputs.is_ok() ? *outputs : std::vector<Tensor>(2, Tensor(DType::kF32, {0}));
}

inline Tensor evaluate(const Attributes& attributes, const std::vector<Tensor>& inputs) {
  return evaluate_all(attributes, inputs)[0];
}

inline std::vector<double> values(const Attributes& attributes, const std::vector<Tensor>& inputs) {
  return to_doubles(evaluate(attributes, inputs));
}

// The text of the error that the run of the node gives.
inline std::string evaluate_error(const Attributes& attributes, const std::vector<Tensor>& inputs) {
  const Result<std::vector<Tensor>> outputs = evaluate_reference(attributes, inputs);
  EXPECT_FALSE(outputs.is_ok());
  return outputs.is_ok() ? "" : outputs.status().message();
}

inline Tensor floats(std::initializer_list<float> elements) {
  return make_tensor<float>({static_cast<int64_t>(elements.size())}, elements);
}
inline Tensor integers(std::initializer_list<int64_t> elements) {
  return make_tensor<int64_t>({static_cast<int64_t>(elements.size())}, elements);
}
inline Tensor bools(std::initializer_list<bool> elements) {
  return make_tensor<bool>({static_cast<int64_t>(elements.size())}, elements);
}

}  // namespace octet::test

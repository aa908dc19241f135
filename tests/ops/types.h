// Short spellings of types for the tests of type rules.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/ops/op.h"

namespace octet::test {

inline const Dim batch = Dim::symbol("batch");
inline const Dim seq = Dim::symbol("seq");

inline TypeInfo type(DType dtype, SymbolicShape shape) {
  TypeInfo info;
  info.dtype = dtype;
  info.shape = std::move(shape);
  return info;
}
inline TypeInfo f32(SymbolicShape shape) { return type(DType::kF32, std::move(shape)); }
inline TypeInfo i64(SymbolicShape shape) { return type(DType::kI64, std::move(shape)); }

// A rank-1 tensor with these contents.
inline TypeInfo known(std::vector<Dim> contents, DType dtype = DType::kI64) {
  TypeInfo info = type(dtype, {static_cast<int64_t>(contents.size())});
  info.contents = std::move(contents);
  return info;
}
inline TypeInfo known_scalar(Dim value, DType dtype = DType::kI64) {
  TypeInfo info = type(dtype, {});
  info.contents = std::vector<Dim>{std::move(value)};
  return info;
}

// An absent optional input.
inline TypeInfo absent() { return type(DType::kRowParams, {Dim(-1)}); }

inline Result<OutputTypes> infer_with(const Attributes& attributes,
                                      const std::vector<TypeInfo>& inputs) {
  std::vector<const TypeInfo*> pointers;
  for (const TypeInfo& input : inputs)
    pointers.push_back(input.dtype == DType::kRowParams && input.shape == SymbolicShape{Dim(-1)}
                           ? nullptr
                           : &input);
  return infer_types(attributes, pointers);
}

// The only output's type. Fails the test when inference fails.
inline TypeInfo inferred(const Attributes& attributes, const std::vector<TypeInfo>& inputs) {
  auto outputs = infer_with(attributes, inputs);
  EXPECT_TRUE(outputs.is_ok()) << outputs.status().message();
  if (!outputs.is_ok()) return {};
  EXPECT_EQ(outputs->size(), 1u);
  return (*outputs)[0];
}
// "float32[batch, 4]"
inline std::string inferred_text(const Attributes& attributes,
                                 const std::vector<TypeInfo>& inputs) {
  return to_string(inferred(attributes, inputs));
}
// "[batch*seq, 1]", or "none" when nothing is known of the elements.
inline std::string contents_text(const Attributes& attributes,
                                 const std::vector<TypeInfo>& inputs) {
  const TypeInfo info = inferred(attributes, inputs);
  return info.contents ? to_string(SymbolicShape(*info.contents)) : "none";
}
inline std::string error_text(const Attributes& attributes, const std::vector<TypeInfo>& inputs) {
  auto outputs = infer_with(attributes, inputs);
  return outputs.is_ok() ? "no error" : outputs.status().message();
}
// "rows whole periodic", or "none".
inline std::string access_text(const Attributes& attributes, const std::vector<TypeInfo>& inputs) {
  std::vector<const TypeInfo*> pointers;
  for (const TypeInfo& input : inputs)
    pointers.push_back(input.dtype == DType::kRowParams && input.shape == SymbolicShape{Dim(-1)}
                           ? nullptr
                           : &input);
  auto outputs = infer_types(attributes, pointers);
  if (!outputs.is_ok()) return outputs.status().message();
  const RowAccesses accesses = row_access(attributes, pointers, *outputs);
  if (!accesses) return "none";
  std::string text;
  for (RowAccess access : *accesses) {
    if (!text.empty()) text += ' ';
    text += access == RowAccess::kRows    ? "rows"
            : access == RowAccess::kWhole ? "whole"
                                          : "periodic";
  }
  return text;
}
// How many run-time checks the output carries.
inline size_t check_count(const Attributes& attributes, const std::vector<TypeInfo>& inputs) {
  return inferred(attributes, inputs).checks.size();
}

}  // namespace octet::test

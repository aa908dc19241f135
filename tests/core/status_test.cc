// Status and Result: texts, prefixes, and the macros that pass errors on.
#include "runtime/core/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace octet {
namespace {

Result<std::unique_ptr<int>> make(bool works) {
  if (!works) return not_found("value: is missing");
  return std::make_unique<int>(7);
}

Result<int> twice(bool works) {
  OCTET_ASSIGN_OR_RETURN(const auto value, make(works));
  return 2 * *value;
}

Status checked(bool works) {
  OCTET_RETURN_IF_ERROR(works ? Status::ok() : unsupported("checked"));
  return Status::ok();
}

TEST(Status, PrefixesErrorsOnly) {
  EXPECT_TRUE(Status::ok().with_prefix("where").is_ok());
  const Status status = invalid_model("N is 3").with_prefix("fc1").with_prefix("model.onnx");
  EXPECT_EQ(status.message(), "model.onnx: fc1: N is 3");
  EXPECT_EQ(status.code(), StatusCode::kInvalidModel);
  EXPECT_STREQ(status_code_name(status.code()), "invalid model");
}

TEST(Result, PassesValuesAndErrorsOn) {
  ASSERT_TRUE(twice(true).is_ok());
  EXPECT_EQ(*twice(true), 14);
  EXPECT_EQ(twice(false).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(twice(false).status().message(), "value: is missing");
  EXPECT_TRUE(checked(true).is_ok());
  EXPECT_EQ(checked(false).code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace octet

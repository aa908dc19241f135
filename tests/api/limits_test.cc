// Every limit of octet_engine_options reaches the loader, which names it where a model exceeds it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <octet/octet.h>

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using testing::HasSubstr;

// Exceeds every limit of 1.
std::string model_bytes() {
  ModelBuilder model;
  model.input("left", {"batch", 4}).input("right", {"batch", 4});
  model.initializer<float>("from", {}, {0}).initializer<float>("to", {}, {4});
  model.initializer<float>("step", {}, {1});
  model.node("Range", {"from", "to", "step"}, {"offsets"});
  model.node("Concat", {"left", "right"}, {"both"}).attr("axis", 0);
  model.node("Add", {"both", "offsets"}, {"y"});
  return model.output("y").bytes();
}

octet_status load_with(const octet_engine_options& options, std::string& message) {
  octet_engine* engine = nullptr;
  octet_model* model = nullptr;
  octet_error* error = nullptr;
  const std::string bytes = model_bytes();
  EXPECT_EQ(octet_engine_create(&options, &engine, &error), OCTET_OK) << octet_error_message(error);
  const octet_status status =
      octet_model_load_memory(engine, bytes.data(), bytes.size(), nullptr, &model, &error);
  message = status == OCTET_OK ? "" : octet_error_message(error);
  octet_error_free(error);
  octet_model_free(model);
  octet_engine_free(engine);
  return status;
}

TEST(EngineLimits, TheDefaultsAllowTheModel) {
  std::string message;
  EXPECT_EQ(load_with(OCTET_INIT(octet_engine_options), message), OCTET_OK) << message;
}

TEST(EngineLimits, EachIsNamedWhereItIsExceeded) {
  const struct {
    int64_t octet_engine_options::*limit;
    const char* name;
  } limits[] = {{&octet_engine_options::max_model_bytes, "max_model_bytes"},
                {&octet_engine_options::max_structure_bytes, "max_structure_bytes"},
                {&octet_engine_options::max_nodes, "max_nodes"},
                {&octet_engine_options::max_initializers, "max_initializers"},
                {&octet_engine_options::max_inputs, "max_inputs"},
                {&octet_engine_options::max_fields, "max_fields"},
                {&octet_engine_options::max_string, "max_string"},
                {&octet_engine_options::max_nesting, "max_nesting"},
                {&octet_engine_options::max_dim, "max_dim"},
                {&octet_engine_options::max_elements, "max_elements"},
                {&octet_engine_options::max_shape_bytes, "max_shape_bytes"},
                {&octet_engine_options::max_folded_bytes, "max_folded_bytes"}};
  for (const auto& [limit, name] : limits) {
    octet_engine_options options = OCTET_INIT(octet_engine_options);
    options.*limit = 1;
    std::string message;
    EXPECT_EQ(load_with(options, message), OCTET_RESOURCE_EXHAUSTED) << message;
    EXPECT_THAT(message, HasSubstr(name));
    options.*limit = -1;
    octet_engine* engine = nullptr;
    octet_error* error = nullptr;
    EXPECT_EQ(octet_engine_create(&options, &engine, &error), OCTET_INVALID_ARGUMENT);
    EXPECT_THAT(octet_error_message(error), HasSubstr(name));
    octet_error_free(error);
  }
}

TEST(EngineLimits, RankIsWhatOctetCannotDo) {
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.max_rank = 1;
  std::string message;
  EXPECT_EQ(load_with(options, message), OCTET_UNSUPPORTED) << message;
}

}  // namespace
}  // namespace octet::test

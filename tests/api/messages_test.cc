// What the C API says: names that several layers share, names that are orders to a terminal, inputs
// of the other integer type.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <octet/octet.h>

#include <nlohmann/json.hpp>

#include "runtime/core/text.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Handles {
  Handles() { EXPECT_EQ(octet_engine_create(nullptr, &engine, nullptr), OCTET_OK); }
  ~Handles() {
    octet_model_free(model);
    octet_engine_free(engine);
  }
  octet_status load(const std::string& bytes) {
    octet_load_options options = OCTET_INIT(octet_load_options);
    options.quantize = OCTET_QUANTIZE_W8A8;
    return take(
        octet_model_load_memory(engine, bytes.data(), bytes.size(), &options, &model, &error));
  }
  octet_status find(const char* name) {
    return take(octet_model_find_layer(model, name, &layer, &error));
  }
  octet_status take(octet_status status) {
    message = error == nullptr ? "" : octet_error_message(error);
    octet_error_free(error);
    error = nullptr;
    return status;
  }

  octet_engine* engine = nullptr;
  octet_model* model = nullptr;
  octet_error* error = nullptr;
  int32_t layer = -1;
  std::string message;
};

// Two layers over one weight and one bias, behind norms of different gammas, so that smoothing
// gives them different codes.
std::string shared_weight(const std::string& first, const std::string& second) {
  ModelBuilder model;
  model.input("x", {"batch", 8});
  std::vector<float> weight(64), small(8, 0.5f), mixed(8);
  for (size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<float>(i % 11) - 5;
  for (size_t i = 0; i < mixed.size(); ++i) mixed[i] = static_cast<float>(i + 1);
  model.initializer<float>("w", {8, 8}, weight).initializer<float>("b", {8}, small);
  model.initializer<float>("g1", {8}, small).initializer<float>("g2", {8}, mixed);
  model.node("LayerNormalization", {"x", "g1"}, {"n1"});
  model.node("Gemm", {"n1", "w", "b"}, {"y1"}).named(first);
  model.node("LayerNormalization", {"y1", "g2"}, {"n2"});
  model.node("Gemm", {"n2", "w", "b"}, {"y2"}).named(second);
  return model.output("y2").bytes();
}

TEST(SharedNames, AWeightOfTwoLayersNamesNeither) {
  Handles handles;
  ASSERT_EQ(handles.load(shared_weight("left", "right")), OCTET_OK) << handles.message;
  for (const char* name : {"w", "b"}) {
    EXPECT_EQ(handles.find(name), OCTET_INVALID_ARGUMENT);
    EXPECT_THAT(handles.message, AllOf(HasSubstr("2 layers"), HasSubstr("\"left\" (layer 0)"),
                                       HasSubstr("\"right\" (layer 1)")));
    EXPECT_EQ(handles.layer, -1);
  }
  EXPECT_EQ(handles.find("left"), OCTET_OK);
  EXPECT_EQ(handles.layer, 0);
  EXPECT_EQ(handles.find("right"), OCTET_OK);
  EXPECT_EQ(handles.layer, 1);
}

// Such layers are called by their outputs.
TEST(SharedNames, TwoNodesOfOneName) {
  Handles handles;
  ASSERT_EQ(handles.load(shared_weight("same", "same")), OCTET_OK) << handles.message;
  EXPECT_EQ(handles.find("same"), OCTET_NOT_FOUND);
  EXPECT_THAT(handles.message, AllOf(HasSubstr("\"y1\""), HasSubstr("\"y2\"")));
  EXPECT_EQ(handles.find("y1"), OCTET_OK);
  EXPECT_EQ(handles.layer, 0);
  EXPECT_EQ(handles.find("y2"), OCTET_OK);
  EXPECT_EQ(handles.layer, 1);
}

// A layer may be called as another calls its weight: its own name counts.
TEST(SharedNames, OwnNamesComeFirst) {
  Handles handles;
  ASSERT_EQ(handles.load(shared_weight("left", "w")), OCTET_OK) << handles.message;
  EXPECT_EQ(handles.find("w"), OCTET_OK);
  EXPECT_EQ(handles.layer, 1);
}

// What a terminal would obey: title and clear screen, C1, right-to-left override, newline.
constexpr char kHostile[] = "a\x1b]0;title\x07\x1b[2J\u009b31m\u202egpj.exe\r\n\u2028z";

TEST(HostileNames, AreNoOrdersInMessages) {
  Handles handles;
  ASSERT_EQ(handles.load(shared_weight(kHostile, "fine")), OCTET_OK) << handles.message;
  for (const char* name : {"\x1b[2J\u202e", "\xff\xfe\x9b no utf-8", "\x7f", "w"}) {
    EXPECT_NE(handles.find(name), OCTET_OK);
    EXPECT_THAT(handles.message, HasSubstr("a\\x1b]0;title\\x07\\x1b[2J\\u009b31m\\u202egpj.exe"));
    EXPECT_EQ(handles.message, printable(handles.message));
  }
  // The names themselves are as in the file.
  octet_layer_info info = OCTET_INIT(octet_layer_info);
  ASSERT_EQ(octet_model_layer(handles.model, 0, &info, nullptr), OCTET_OK);
  EXPECT_STREQ(info.name, kHostile);
}

TEST(HostileNames, AreEscapedInJson) {
  Handles handles;
  ASSERT_EQ(handles.load(shared_weight(kHostile, "fine")), OCTET_OK) << handles.message;
  const std::string text = octet_model_explain(handles.model);
  for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
  bool found = false;
  for (const nlohmann::json& node : nlohmann::json::parse(text))
    found |= node.at("node").get<std::string>() == kHostile;
  EXPECT_TRUE(found);
}

TEST(HostileNames, ALongMessageIsCut) {
  Handles handles;
  ASSERT_EQ(handles.load(shared_weight("left", "right")), OCTET_OK) << handles.message;
  std::string name;
  for (int i = 0; i < 100'000; ++i) name += "\u202e重";
  EXPECT_EQ(handles.find(name.c_str()), OCTET_NOT_FOUND);
  EXPECT_LT(handles.message.size(), 4096u);
  EXPECT_TRUE(is_utf8(handles.message));
  EXPECT_THAT(handles.message,
              AllOf(HasSubstr("no linear layer is named"), HasSubstr("bytes left out"),
                    HasSubstr("near:"), Not(HasSubstr("\u202e"))));
}

TEST(HostileNames, AreNoOrdersInTheLog) {
  std::string log;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.log = [](void* user, octet_log_level, const char* text) {
    *static_cast<std::string*>(user) += text;
  };
  options.log_user = &log;
  Handles handles;
  octet_engine_free(handles.engine);
  ASSERT_EQ(octet_engine_create(&options, &handles.engine, nullptr), OCTET_OK);
  ASSERT_EQ(handles.load(shared_weight(kHostile, "fine")), OCTET_OK) << handles.message;
  EXPECT_THAT(log, HasSubstr("loaded in"));
  EXPECT_EQ(log, printable(log));
}

TEST(Integers, OfTheOtherWidthAreRefusedWithWhatToDo) {
  for (const auto& [declared, given] :
       {std::pair(OCTET_INT64, OCTET_INT32), {OCTET_INT32, OCTET_INT64}}) {
    ModelBuilder model;
    model.input("ids", {"n"}, declared == OCTET_INT64 ? kInt64 : pb::TensorProto::INT32);
    model.node("Cast", {"ids"}, {"y"}).attr("to", static_cast<int>(kFloat));
    Handles handles;
    ASSERT_EQ(handles.load(model.output("y").bytes()), OCTET_OK) << handles.message;
    int64_t values[4] = {};
    octet_tensor input{}, output{};
    input.data = values;
    input.dtype = static_cast<octet_dtype>(given);
    input.rank = 1;
    input.dims[0] = 4;
    EXPECT_EQ(handles.take(
                  octet_model_run(handles.model, &input, 1, &output, 1, nullptr, &handles.error)),
              OCTET_INVALID_ARGUMENT);
    EXPECT_EQ(handles.message,
              std::string("input \"ids\" is ") + octet_dtype_name(input.dtype) + ", expected " +
                  octet_dtype_name(static_cast<octet_dtype>(declared)) + "; convert its elements");
  }
}

}  // namespace
}  // namespace octet::test

// octet_model_run: the bits of a session's run from any number of threads, few sessions kept, all
// memory given back; and what a profile says about a run.
#include <gtest/gtest.h>
#include <octet/octet.h>

#include <atomic>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

namespace octet::test {
namespace {

constexpr int64_t kColumns = 32, kOutputs = 8;

class ModelRun : public testing::Test {
 protected:
  void SetUp() override {
    octet_engine_options options = OCTET_INIT(octet_engine_options);
    options.threads = 2;
    ok(octet_engine_create(&options, &engine, &error));
    octet_load_options load = OCTET_INIT(octet_load_options);
    load.idle_sessions = 2;
    ok(octet_model_load(engine, OCTET_TEST_MODELS "/mlp.onnx", &load, &model, &error));
  }
  void TearDown() override {
    octet_model_free(model);
    EXPECT_EQ(in_use(), 0);
    octet_engine_free(engine);
  }

  void ok(octet_status status) { ASSERT_EQ(status, OCTET_OK) << octet_error_message(error); }
  int64_t in_use() {
    octet_memory memory = OCTET_INIT(octet_memory);
    EXPECT_EQ(octet_engine_memory(engine, &memory, nullptr), OCTET_OK);
    EXPECT_GE(memory.peak_bytes, memory.bytes_in_use);
    return memory.bytes_in_use;
  }
  static std::vector<float> make_rows(int64_t rows) {
    std::vector<float> x(static_cast<size_t>(rows * kColumns));
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 37 % 64) / 32.0f - 1.0f;
    return x;
  }
  static octet_tensor tensor(std::vector<float>& values, int64_t rows, int64_t columns) {
    octet_tensor tensor{};
    tensor.data = values.data();
    tensor.dtype = OCTET_FLOAT32;
    tensor.rank = 2;
    tensor.dims[0] = rows;
    tensor.dims[1] = columns;
    return tensor;
  }

  octet_error* error = nullptr;
  octet_engine* engine = nullptr;
  octet_model* model = nullptr;
};

TEST_F(ModelRun, SameBitsFromManyThreads) {
  std::vector<std::vector<float>> expected(40);
  octet_session* session = nullptr;
  ok(octet_session_create(model, &session, &error));
  for (int64_t rows = 1; rows < 40; ++rows) {
    auto x = make_rows(rows);
    auto& y = expected[static_cast<size_t>(rows)];
    y.resize(static_cast<size_t>(rows * kOutputs));
    octet_tensor input = tensor(x, rows, kColumns), output = tensor(y, rows, kOutputs);
    ok(octet_session_run(session, &input, 1, &output, 1, nullptr, &error));
  }
  octet_session_free(session);

  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int64_t caller = 0; caller < 8; ++caller)
    callers.emplace_back([&, caller] {
      for (int64_t round = 0; round < 60; ++round) {
        const int64_t rows = 1 + (caller * 11 + round * 7) % 39;
        auto x = make_rows(rows);
        octet_tensor input = tensor(x, rows, kColumns), lent{};
        if (octet_model_run(model, &input, 1, &lent, 1, nullptr, nullptr) != OCTET_OK ||
            lent.dims[0] != rows || lent.dims[1] != kOutputs) {
          ++wrong;
          continue;
        }
        const auto& y = expected[static_cast<size_t>(rows)];
        wrong += std::memcmp(lent.data, y.data(), y.size() * sizeof(float)) != 0;
        octet_tensor_free(&lent);
      }
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ModelRun, KeepsAsManySessionsAsItMay) {
  const auto run = [&](int64_t rows) {
    auto x = make_rows(rows);
    octet_tensor input = tensor(x, rows, kColumns), lent{};
    EXPECT_EQ(octet_model_run(model, &input, 1, &lent, 1, nullptr, nullptr), OCTET_OK);
    octet_tensor_free(&lent);
  };
  const int64_t before = in_use();
  run(100);
  const int64_t one = in_use() - before;  // a session and the binding
  ASSERT_GT(one, 0);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 8; ++caller) callers.emplace_back([&] { run(100); });
    for (auto& caller : callers) caller.join();
  }
  EXPECT_LE(in_use() - before, 2 * one);
}

TEST_F(ModelRun, OutputsOutliveModelAndEngine) {
  auto x = make_rows(3);
  octet_tensor input = tensor(x, 3, kColumns), lent{};
  octet_engine* other = nullptr;
  octet_model* own = nullptr;
  ok(octet_engine_create(nullptr, &other, &error));
  ok(octet_model_load(other, OCTET_TEST_MODELS "/mlp.onnx", nullptr, &own, &error));
  ok(octet_model_run(own, &input, 1, &lent, 1, nullptr, &error));
  octet_model_free(own);
  octet_engine_free(other);
  octet_tensor again{};
  ok(octet_model_run(model, &input, 1, &again, 1, nullptr, &error));
  EXPECT_EQ(std::memcmp(again.data, lent.data, 3 * kOutputs * sizeof(float)), 0);
  octet_tensor_free(&again);
  octet_tensor_free(&lent);
  EXPECT_EQ(lent.data, nullptr);
}

TEST_F(ModelRun, StopsAndGoesOn) {
  octet_cancel* cancel = nullptr;
  ok(octet_cancel_create(&cancel, &error));
  octet_run_options options = OCTET_INIT(octet_run_options);
  options.cancel = cancel;
  auto x = make_rows(5);
  octet_tensor input = tensor(x, 5, kColumns), lent{};
  octet_cancel_request(cancel);
  EXPECT_EQ(octet_cancel_requested(cancel), 1);
  EXPECT_EQ(octet_model_run(model, &input, 1, &lent, 1, &options, &error), OCTET_CANCELLED);
  EXPECT_EQ(octet_error_status(error), OCTET_CANCELLED);
  EXPECT_EQ(lent.data, nullptr);
  octet_error_free(error);
  error = nullptr;
  octet_cancel_reset(cancel);
  ok(octet_model_run(model, &input, 1, &lent, 1, &options, &error));
  octet_tensor_free(&lent);
  options.timeout_ms = 1e-6;
  EXPECT_EQ(octet_model_run(model, &input, 1, &lent, 1, &options, nullptr),
            OCTET_DEADLINE_EXCEEDED);
  options.timeout_ms = 1e300;  // as good as none
  ok(octet_model_run(model, &input, 1, &lent, 1, &options, &error));
  octet_tensor_free(&lent);
  octet_cancel_free(cancel);
}

TEST_F(ModelRun, TheLogTellsOfALoad) {
  std::vector<std::string> messages;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.log_user = &messages;
  options.log = [](void* user, octet_log_level level, const char* text) {
    if (level == OCTET_LOG_INFO) static_cast<std::vector<std::string>*>(user)->push_back(text);
  };
  octet_engine* other = nullptr;
  octet_model* own = nullptr;
  ok(octet_engine_create(&options, &other, &error));
  ok(octet_model_load(other, OCTET_TEST_MODELS "/mlp.onnx", nullptr, &own, &error));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("mlp.onnx: loaded in "), std::string::npos) << messages[0];
  EXPECT_NE(messages[0].find("2 linear layers"), std::string::npos) << messages[0];
  octet_model_free(own);
  octet_engine_free(other);
}

TEST_F(ModelRun, AProfileCountsEveryNode) {
  octet_session* session = nullptr;
  ok(octet_session_create(model, &session, &error));
  ok(octet_session_profile(session, 1, &error));
  auto x = make_rows(100);
  octet_tensor input = tensor(x, 100, kColumns), output{};
  for (int run = 0; run < 3; ++run) {
    output = {};
    ok(octet_session_run(session, &input, 1, &output, 1, nullptr, &error));
  }
  const auto profile = nlohmann::json::parse(octet_session_profile_json(session));
  EXPECT_EQ(profile.at("runs"), 3);
  EXPECT_EQ(profile.at("threads"), 2);
  std::vector<std::string> names;
  for (const auto& node : profile.at("nodes")) {
    names.push_back(node.at("node"));
    EXPECT_EQ(node.at("rows"), 300);
    EXPECT_GE(node.at("calls"), 3);
    EXPECT_GT(node.at("microseconds"), 0);
    EXPECT_NE(node.at("kernel").get<std::string>(), "");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"fc1", "fc2"}));  // Relu is part of fc1
  EXPECT_EQ(profile.at("nodes")[0].at("multiply_adds"), 300 * 32 * 16);
  octet_session_free(session);
}

}  // namespace
}  // namespace octet::test

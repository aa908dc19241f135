// Many callers on one engine: every result is the one that a caller alone gets, bit for bit.
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

#include "tests/models/model_runs.h"

namespace octet::test {
namespace {

constexpr int kCallers = 8;
constexpr int kShapes = 12;  // per model

// OCTET_SOAK=1: as `make soak` runs it.
int rounds() {
  const char* soak = std::getenv("OCTET_SOAK");
  return soak != nullptr && *soak == '1' ? 20000 : 150;
}

std::shared_ptr<const Model> load(const std::shared_ptr<Engine>& engine, const std::string& path,
                                  QuantizationScheme quantize) {
  LoadOptions options;
  options.quantization.standard = quantize;
  auto model = Model::load(engine, path, options);
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  return *model;
}

// Inputs of one shape, and the output that one thread alone computed from them.
struct Case {
  std::vector<Tensor> inputs;
  std::vector<float> expected;
};

std::vector<float> run(Session& session, const std::vector<Tensor>& inputs) {
  std::vector<TensorView> views, outputs(1);
  for (const Tensor& input : inputs) views.push_back(input.view());
  const Status status = session.run(views, outputs);
  if (!status.is_ok()) {
    ADD_FAILURE() << status.message();
    return {};
  }
  const float* data = outputs[0].as<float>();
  return {data, data + outputs[0].element_count()};
}

bool same_bits(const std::vector<float>& lhs, const std::vector<float>& rhs) {
  return lhs.size() == rhs.size() &&
         std::memcmp(lhs.data(), rhs.data(), lhs.size() * sizeof(float)) == 0;
}

std::vector<Tensor> bert_inputs(std::mt19937& random) {
  const auto batch = static_cast<int64_t>(1 + random() % 4);
  const auto length = static_cast<int64_t>(3 + random() % 46);
  const BertInputs inputs = make_batch(batch, length);
  return {inputs.ids, inputs.mask, inputs.types};
}

std::vector<Tensor> mlp_inputs(std::mt19937& random) {
  const auto batch = static_cast<int64_t>(1 + random() % 200);
  Tensor x(DType::kF32, Shape{batch, 32});
  for (float& value : x.elements<float>())
    value = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 500;
  return {x};
}

// Four models on one engine of three threads, and cases from the same models on one thread.
class ManyCallers : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = Engine::create({.threads = 3});
    auto alone = Engine::create({.threads = 1});
    ASSERT_TRUE(engine.is_ok() && alone.is_ok());
    engine_ = *engine;
    std::mt19937 random(7);
    for (const std::string& path : {kBertModel, std::string(OCTET_TEST_MODELS "/mlp.onnx")})
      for (const QuantizationScheme quantize :
           {QuantizationScheme::none(), QuantizationScheme::w8a8()}) {
        models_.push_back(load(engine_, path, quantize));
        const auto session = load(*alone, path, quantize)->make_session();
        auto& cases = cases_.emplace_back();
        for (int i = 0; i < kShapes; ++i) {
          Case made{path == kBertModel ? bert_inputs(random) : mlp_inputs(random), {}};
          made.expected = run(*session, made.inputs);
          cases.push_back(std::move(made));
        }
      }
  }

  // Runs random cases; `sessions` by model, made when needed. Counts what differs.
  void call(uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::unique_ptr<Session>> sessions(models_.size());
    for (int round = 0; round < rounds(); ++round) {
      const size_t model = random() % models_.size();
      if (sessions[model] == nullptr || random() % 16 == 0)
        sessions[model] = models_[model]->make_session();
      const Case& chosen = cases_[model][random() % kShapes];
      if (!same_bits(run(*sessions[model], chosen.inputs), chosen.expected)) ++different_;
      ++runs_;
    }
  }

  std::shared_ptr<Engine> engine_;
  std::vector<std::shared_ptr<const Model>> models_;
  std::vector<std::vector<Case>> cases_;  // by model
  std::atomic<int> different_{0}, runs_{0};
};

TEST_F(ManyCallers, GetTheResultsOfOneCallerAlone) {
  std::vector<std::thread> callers;
  for (uint32_t seed = 0; seed < kCallers; ++seed)
    callers.emplace_back([this, seed] { call(seed); });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(runs_, kCallers * rounds());
  EXPECT_EQ(different_, 0);
}

// A server that takes in a model, and swaps a layer, while others run.
TEST_F(ManyCallers, LoadingAndReplacingBesideThem) {
  std::vector<std::thread> callers;
  for (uint32_t seed = 0; seed < 3; ++seed)
    callers.emplace_back([this, seed] { call(100 + seed); });
  callers.emplace_back([this] {
    for (int i = 0; i < 3; ++i) {
      const auto model = load(engine_, kBertModel, QuantizationScheme::w8a8());
      const Case& chosen = cases_[1][static_cast<size_t>(i)];
      if (!same_bits(run(*model->make_session(), chosen.inputs), chosen.expected)) ++different_;
    }
  });
  callers.emplace_back([this] {
    const Model& model = *models_[1];
    for (int layer = 0; layer < static_cast<int>(model.layers().size()); ++layer) {
      const auto replaced = model.replace(layer, *model.weights(layer));
      ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
      const Case& chosen = cases_[1][static_cast<size_t>(layer % kShapes)];
      if (!same_bits(run(*(*replaced)->make_session(), chosen.inputs), chosen.expected))
        ++different_;
    }
  });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(different_, 0);
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Workers spin for some microseconds after a run and then sleep.
TEST_F(ManyCallers, LeaveNothingRunningBehind) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer has a thread of its own";
#endif
  std::vector<std::thread> callers;
  for (uint32_t seed = 0; seed < kCallers; ++seed)
    callers.emplace_back([this, seed] { call(seed); });
  for (std::thread& caller : callers) caller.join();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_LT(cpu_seconds() - before, 0.01);  // the resolution of `top`: 0 % of 2 s
}

}  // namespace
}  // namespace octet::test

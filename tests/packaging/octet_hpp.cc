// octet.hpp, compiled as C++17 and linked with liboctet.so as a user's program: every class against
// a small model.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <numeric>
#include <octet/octet.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

// y = 2 x + 1, x [batch, 8]; its layer is "affine".
const char* const kModel = OCTET_AFFINE_MODEL;

octet_load_options w8a8() {
  auto options = octet::defaults<octet_load_options>();
  options.quantize = OCTET_QUANTIZE_W8A8;
  return options;
}

class OctetHpp : public testing::Test {
 protected:
  void SetUp() override { std::iota(x_.begin(), x_.end(), 0.0F); }

  void expect_affine(const octet::TensorView& y, float factor = 2, float tolerance = 0) const {
    ASSERT_EQ(y.shape(), (std::vector<int64_t>{2, 8}));
    for (size_t i = 0; i < x_.size(); ++i) {
      EXPECT_NEAR(y.as<float>()[i], factor * x_[i] + 1, tolerance) << i;
    }
  }

  octet::Engine engine_;
  octet::Model model_ = octet::Model::load(engine_, kModel);
  std::vector<float> x_ = std::vector<float>(16);
  octet::TensorView input_{x_.data(), {2, 8}};
};

// What a call throws, or OCTET_OK.
template <class Call>
octet_status status_of(Call call) {
  try {
    call();
  } catch (const octet::Error& error) {
    EXPECT_STRNE(error.what(), "");
    return error.status();
  }
  return OCTET_OK;
}

static_assert(!std::is_copy_constructible_v<octet::Engine> &&
              std::is_nothrow_move_constructible_v<octet::Engine>);
static_assert(!std::is_copy_constructible_v<octet::Model> &&
              std::is_nothrow_move_constructible_v<octet::Model>);
static_assert(!std::is_copy_constructible_v<octet::Value> &&
              std::is_nothrow_move_constructible_v<octet::Value>);
static_assert(!std::is_copy_constructible_v<octet::Session> &&
              std::is_nothrow_move_constructible_v<octet::Session>);
static_assert(!std::is_copy_constructible_v<octet::Tensor> &&
              std::is_nothrow_move_constructible_v<octet::Tensor>);
static_assert(!std::is_copy_constructible_v<octet::Weights> &&
              std::is_nothrow_move_constructible_v<octet::Weights>);

TEST(OctetHppFree, NamesAndVersions) {
  EXPECT_GE(octet::api_version(), OCTET_API_VERSION);
  EXPECT_FALSE(octet::version().empty());
  EXPECT_EQ(octet::dtype_name(OCTET_INT64), "int64");
  EXPECT_EQ(octet::dtype_size(OCTET_FLOAT16), 2U);
  EXPECT_EQ(octet::status_name(OCTET_OK), "ok");
}

TEST(OctetHppFree, AViewTakesItsTypeFromItsElements) {
  const int64_t ids[] = {1, 2, 3};
  const octet::TensorView view(ids, {3});
  EXPECT_EQ(view.dtype, OCTET_INT64);
  EXPECT_EQ(view.size(), 3);
  EXPECT_EQ(view.as<const int64_t>()[2], 3);
  EXPECT_EQ(status_of([&] { view.as<float>(); }), OCTET_INVALID_ARGUMENT);
  uint8_t bytes[4] = {};
  EXPECT_EQ(octet::TensorView(bytes, {4}).dtype, OCTET_UINT8);
  EXPECT_EQ(octet::TensorView(bytes, OCTET_BFLOAT16, {2}).dtype, OCTET_BFLOAT16);
  EXPECT_EQ(octet::TensorView().size(), 1) << "a scalar without memory";
  EXPECT_EQ(
      status_of([&] { octet::TensorView(bytes, std::vector<int64_t>(OCTET_MAX_RANK + 1, 1)); }),
      OCTET_INVALID_ARGUMENT);
}

TEST_F(OctetHpp, RunsOnASessionAndOnTheModel) {
  octet::Session session(model_);
  expect_affine(session.run({input_})[0]);
  expect_affine(model_.run({input_})[0].view());

  std::vector<float> y(16);
  std::vector<octet::TensorView> outputs = {octet::TensorView(y.data(), {2, 8})};
  session.run_into({input_}, outputs);
  expect_affine(outputs[0]);
  EXPECT_EQ(outputs[0].data, y.data());
  y.assign(16, 0);
  model_.run_into({input_}, outputs);
  expect_affine(outputs[0]);
  EXPECT_EQ(session.output_shapes({input_})[0].shape(), (std::vector<int64_t>{2, 8}));
  EXPECT_GT(session.memory(), 0);
}

TEST_F(OctetHpp, ViewsMayHaveStrides) {
  std::vector<float> turned(16), padded(2 * 11, -1);
  for (size_t i = 0; i < 16; ++i) turned[i % 8 * 2 + i / 8] = x_[i];
  const int64_t columns_first[] = {1, 2}, with_gaps[] = {11, 1};
  std::vector<octet::TensorView> outputs = {
      octet::TensorView(padded.data(), {2, 8}).with_strides(with_gaps)};
  octet::Session(model_).run_into(
      {octet::TensorView(turned.data(), {2, 8}).with_strides(columns_first)}, outputs);
  for (size_t i = 0; i < padded.size(); ++i) {
    const bool gap = i % 11 >= 8;
    EXPECT_EQ(padded[i], gap ? -1 : 2 * x_[i / 11 * 8 + i % 11] + 1) << i;
  }
}

TEST_F(OctetHpp, AnOutputOwnsItsMemoryAndIsMoved) {
  octet::Tensor kept;
  {
    std::vector<octet::Tensor> outputs = model_.run({input_});
    ASSERT_EQ(outputs.size(), 1U);
    kept = std::move(outputs[0]);
  }
  octet::Tensor moved(std::move(kept));
  expect_affine(moved.view());
  EXPECT_EQ(moved.size(), 16);
  EXPECT_EQ(moved.shape(), (std::vector<int64_t>{2, 8}));
  EXPECT_EQ(moved.as<float>()[1], 3);
}

TEST_F(OctetHpp, DescribesTheModel) {
  ASSERT_EQ(model_.inputs().size(), 1U);
  EXPECT_STREQ(model_.inputs()[0].name, "x");
  EXPECT_EQ(model_.inputs()[0].dims[0], -1);
  ASSERT_EQ(model_.outputs().size(), 1U);
  EXPECT_STREQ(model_.outputs()[0].name, "y");
  EXPECT_NE(model_.explain().find("affine"), std::string::npos);
  EXPECT_GT(model_.memory(), 0);
  EXPECT_EQ(model_.layer_count(), 1);
  EXPECT_STREQ(model_.layer(model_.find_layer("affine.weight")).name, "affine");
  EXPECT_GE(engine_.threads(), 1);
  EXPECT_GT(engine_.memory().bytes_in_use, 0);
}

TEST_F(OctetHpp, ReadsAndReplacesWeights) {
  const octet::Model model = octet::Model::load(engine_, kModel, w8a8());
  octet::Session session(model);
  const octet::Weights weights = model.weights(0);
  EXPECT_EQ(weights.int_data().as<int8_t>()[0], 127);
  EXPECT_EQ(weights.zero_point().data, nullptr);
  for (int64_t i = 0; i < weights.scale().size(); ++i) weights.scale().as<float>()[i] *= 2;
  const octet::Model replaced = model.replace_weights(0, weights.get());
  // One step of 255 over 0..15, half of it off at most, times the factor.
  expect_affine(session.run({input_})[0], 2, 0.06F);
  session.rebind(replaced);
  expect_affine(session.run({input_})[0], 4, 0.12F);
}

TEST_F(OctetHpp, LoadsFromMemory) {
  std::ifstream file(kModel, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  expect_affine(
      octet::Model::load_memory(engine_, bytes.data(), bytes.size()).run({input_})[0].view());
}

TEST_F(OctetHpp, AFailedCallThrowsItsStatusAndText) {
  EXPECT_EQ(status_of([&] { octet::Model::load(engine_, "no such file"); }), OCTET_NOT_FOUND);
  EXPECT_EQ(status_of([&] { octet::Model::load_memory(engine_, "bad", 3); }), OCTET_INVALID_MODEL);
  EXPECT_EQ(status_of([&] { model_.find_layer("nothing"); }), OCTET_NOT_FOUND);
  EXPECT_EQ(status_of([&] { model_.weights(0); }), OCTET_UNSUPPORTED)
      << "a float layer has no codes";
  EXPECT_EQ(status_of([&] { model_.run({}); }), OCTET_INVALID_ARGUMENT);
  auto options = octet::defaults<octet_engine_options>();
  options.threads = -1;
  EXPECT_EQ(status_of([&] { octet::Engine engine(options); }), OCTET_INVALID_ARGUMENT);
}

TEST_F(OctetHpp, ARunIsStoppedByItsSwitch) {
  octet::Session session(model_);
  octet::Cancel cancel;
  octet::RunOptions options;
  options.cancel = &cancel;
  options.timeout = std::chrono::hours(1);
  EXPECT_FALSE(cancel.requested());
  cancel.request();
  EXPECT_TRUE(cancel.requested());
  EXPECT_EQ(status_of([&] { session.run({input_}, options); }), OCTET_CANCELLED);
  EXPECT_EQ(status_of([&] { model_.run({input_}, options); }), OCTET_CANCELLED);
  cancel.reset();
  expect_affine(session.run({input_}, options)[0]);
}

TEST_F(OctetHpp, RunsByValues) {
  std::vector<octet::Value> inputs;
  inputs.emplace_back(input_);
  octet::Session session(model_);
  expect_affine(session.run_values(inputs)[0].tensor());
  std::vector<octet::Value> outputs = model_.run_values(inputs);
  expect_affine(outputs[0].tensor());
  inputs.push_back(std::move(outputs[0]));
  const octet::Value sequence = octet::Value::sequence(inputs);
  inputs.clear();
  EXPECT_EQ(sequence.kind(), OCTET_VALUE_SEQUENCE);
  EXPECT_EQ(sequence.count(), 2);
  expect_affine(sequence.element(1).tensor());
  EXPECT_EQ(octet::Value::nothing().count(), 0);
  EXPECT_EQ(status_of([&] { model_.run_values({}); }), OCTET_INVALID_ARGUMENT);
  EXPECT_EQ(status_of([&] { sequence.tensor(); }), OCTET_INVALID_ARGUMENT);
}

TEST_F(OctetHpp, Profiles) {
  octet::Session session(model_);
  session.profile(true);
  session.run({input_});
  EXPECT_NE(session.profile_json().find("affine"), std::string::npos);
  EXPECT_NE(session.trace().find("traceEvents"), std::string::npos);
  session.profile(false);
}

}  // namespace

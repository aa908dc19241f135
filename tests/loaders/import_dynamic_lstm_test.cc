// DynamicQuantizeLSTM is the LSTM of what its codes stand for.
#include <cmath>

#include "runtime/ops/recurrence.h"
#include "tests/loaders/imported_values.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kSteps = 3, kBatch = 2, kFeatures = 3, kHidden = 2, kColumns = 4 * kHidden;

// Both nodes read X [steps, batch, features], whose numbers are multiples of 2^-7 up to 255 of
// them: the codes that ONNX Runtime makes of it are exact.
Tensor exact_src() {
  Tensor src = random_floats({kSteps, kBatch, kFeatures}, 1, 0, 1);
  for (float& number : src.elements<float>()) number = std::floor(number * 255) / 128;
  src.elements<float>()[4] = 255.0f / 128;
  return src;
}

struct Form {
  int64_t directions = 1;
  bool per_column = false;
  bool zero_points = true;
  bool all_inputs = false;
};

// One matrix for each direction, as codes and as the numbers of the LSTM that they stand for.
struct Weights {
  std::vector<uint8_t> codes, zero_points;
  std::vector<float> scales, numbers;

  Weights(const Form& form, int64_t rows, uint64_t seed) {
    const int64_t parts = form.directions * (form.per_column ? kColumns : 1);
    Random random(seed);
    for (int64_t i = 0; i < parts; ++i) {
      scales.push_back(std::ldexp(static_cast<float>(random.integer(1, 8)), -9));
      zero_points.push_back(form.zero_points ? static_cast<uint8_t>(random.integer(90, 110))
                                             : uint8_t{0});
    }
    for (int64_t i = 0; i < form.directions * rows * kColumns; ++i)
      codes.push_back(static_cast<uint8_t>(random.integer(60, 140)));
    for (int64_t direction = 0; direction < form.directions; ++direction)
      for (int64_t column = 0; column < kColumns; ++column)
        for (int64_t row = 0; row < rows; ++row) {
          const auto part =
              static_cast<size_t>(form.per_column ? direction * kColumns + column : direction);
          const auto code = static_cast<size_t>((direction * rows + row) * kColumns + column);
          numbers.push_back(static_cast<float>(codes[code] - zero_points[part]) * scales[part]);
        }
  }
};

struct Models {
  ModelBuilder coded{17}, plain{14};

  explicit Models(const Form& form) {
    const int64_t d = form.directions;
    const Weights w(form, kFeatures, 2), r(form, kHidden, 3);
    coded.import("com.microsoft", 1);
    coded.initializer("W", {d, kFeatures, kColumns}, w.codes);
    coded.initializer("R", {d, kHidden, kColumns}, r.codes);
    plain.initializer("W", {d, kColumns, kFeatures}, w.numbers);
    plain.initializer("R", {d, kColumns, kHidden}, r.numbers);
    std::vector<int64_t> parts = {d};
    if (form.per_column) parts.push_back(kColumns);
    for (const auto& [name, weights] : {std::pair{"W", &w}, std::pair{"R", &r}}) {
      coded.initializer(name + std::string("_scale"), parts, weights->scales);
      coded.initializer(name + std::string("_zero_point"), parts, weights->zero_points);
    }
    std::vector<std::string> inputs = {"X", "W", "R", "", "", "", "", ""};
    if (form.all_inputs) inputs = {"X", "W", "R", "B", "lengths", "h", "c", "P"};
    for (ModelBuilder* model : {&coded, &plain}) {
      model->input("X", {kSteps, kBatch, kFeatures});
      model->initializer("B", {d, 2 * kColumns}, numbers(d * 2 * kColumns, 4));
      model->initializer("lengths", {kBatch}, std::vector<int32_t>{3, 2});
      model->initializer("h", {d, kBatch, kHidden}, numbers(d * kBatch * kHidden, 5));
      model->initializer("c", {d, kBatch, kHidden}, numbers(d * kBatch * kHidden, 6));
      model->initializer("P", {d, 3 * kHidden}, numbers(d * 3 * kHidden, 7));
      std::vector<std::string> own = inputs;
      if (model == &coded)
        own.insert(own.end(), {"W_scale", form.zero_points ? "W_zero_point" : "", "R_scale",
                               form.zero_points ? "R_zero_point" : ""});
      NodeBuilder node =
          model->node(model == &coded ? "DynamicQuantizeLSTM" : "LSTM", own, {"Y", "Y_h", "Y_c"});
      node.in_domain(model == &coded ? "com.microsoft" : "").named("cell");
      node.attr("hidden_size", kHidden).attr("direction", d == 2 ? "bidirectional" : "reverse");
      for (const char* output : {"Y", "Y_h", "Y_c"}) model->output(output);
    }
  }
  static std::vector<float> numbers(int64_t count, uint64_t seed) {
    const Tensor tensor = random_floats({count}, seed);
    const auto values = tensor.elements<const float>();
    return {values.begin(), values.end()};
  }
  pb::NodeProto& node() { return *coded.graph().mutable_node(0); }
};

// 3 steps of sums of 6 terms of at most 2, which the functions do not make larger.
constexpr float kBound = 3 * 6 * 2 * 0x1p-23f;

TEST(ImportDynamicLstm, IsTheLstmOfItsNumbers) {
  for (const Form& form :
       {Form{}, Form{.per_column = true}, Form{.directions = 2}, Form{.zero_points = false},
        Form{.directions = 2, .per_column = true, .all_inputs = true}}) {
    const Models models(form);
    const auto found = outputs_of<float>(models.coded, {exact_src()});
    const auto expected = outputs_of<float>(models.plain, {exact_src()});
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], kBound) << i;
  }
}

// The range is twice as wide: X is rounded to multiples of 2^-6.
TEST(ImportDynamicLstm, XIsRoundedToTheCodesOfItsRange) {
  Tensor src = exact_src(), rounded = exact_src();
  for (Tensor* tensor : {&src, &rounded}) tensor->elements<float>()[4] = 255.0f / 64;
  for (float& number : rounded.elements<float>()) number = std::nearbyint(number * 64) / 64;
  const Models models(Form{.directions = 2});
  const auto found = outputs_of<float>(models.coded, {src});
  const auto expected = outputs_of<float>(models.plain, {rounded});
  const auto unrounded = outputs_of<float>(models.plain, {src});
  float difference = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 2 * kBound) << i;
    difference = std::max(difference, std::abs(found[i] - unrounded[i]));
  }
  EXPECT_GT(difference, 8 * kBound);
}

TEST(ImportDynamicLstm, WeightsAreConstantsUnderTheNamesOfTheFile) {
  const Graph graph = loaded(Models(Form{.directions = 2, .per_column = true}).coded);
  EXPECT_EQ(output_text(graph, 0), "float32[3, 2, 2, 2]");
  EXPECT_EQ(output_text(graph, 1), "float32[2, 2, 2]");
  std::vector<std::string> names, codes;
  for (const Node& node : graph.nodes()) {
    if (node.as<MatMulAttrs>() != nullptr) names.push_back(node.name);
    if (const RecurrenceAttrs* recurrence = as_recurrence(node.attributes)) {
      EXPECT_THAT(recurrence->layer.aliases, ElementsAre("R"));
      names.push_back(recurrence->layer.name);
    }
    if (node.as<DequantizeAttrs>() != nullptr && graph.value(node.inputs[0]).constant)
      codes.push_back(graph.value(node.inputs[0]).name);
  }
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("cell/forward/input", "cell/forward/recurrence",
                                            "cell/reverse/input", "cell/reverse/recurrence"));
  EXPECT_THAT(codes, testing::UnorderedElementsAre("W", "R", "W", "R"));
}

TEST(ImportDynamicLstm, WeightsMayBeComputed) {
  Models models(Form{.directions = 2, .per_column = true});
  for (const char* name : {"W", "R"}) {
    const int64_t rows = name[0] == 'W' ? kFeatures : kHidden;
    models.coded.input(name + std::string("_given"), {2, static_cast<int>(rows), kColumns},
                       pb::TensorProto::UINT8);
  }
  models.node().set_input(1, "W_given");
  models.node().set_input(2, "R_given");
  const Form form{.directions = 2, .per_column = true};
  const auto tensor = [](const Weights& weights, int64_t rows) {
    return Tensor::from<uint8_t>(std::span<const uint8_t>(weights.codes), {2, rows, kColumns});
  };
  const auto found =
      outputs_of<float>(models.coded, {exact_src(), tensor(Weights(form, kFeatures, 2), kFeatures),
                                       tensor(Weights(form, kHidden, 3), kHidden)});
  const auto expected = outputs_of<float>(models.plain, {exact_src()});
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], kBound) << i;
}

TEST(ImportDynamicLstm, RefusesWithAReason) {
  const auto with = [](int index, const char* name) {
    Models models(Form{});
    models.node().set_input(index, name);
    return load_error(models.coded);
  };
  EXPECT_THAT(with(8, ""), HasSubstr("input 8 is missing"));
  EXPECT_THAT(with(10, "W"), HasSubstr("expected the type of input 0, float32"));
  EXPECT_THAT(with(10, "B"), HasSubstr("input 10, R_scale, is float32[1, 16], expected [1, 8]"));
  EXPECT_THAT(with(11, "W"), HasSubstr("input 11, R_zero_point, is uint8[1, 3, 8], expected [1]"));
  EXPECT_THAT(with(1, "R"), HasSubstr("input 1, W, is uint8[1, 2, 8], expected [1, 3, 8]"));
  EXPECT_THAT(with(2, "W"), HasSubstr("\"hidden_size\" is 2, but input 2, R, is uint8[1, 3, 8]"));
  EXPECT_THAT(with(1, "h"), HasSubstr("input 1, W, is float32, expected int8 or uint8"));
}

}  // namespace
}  // namespace octet::test

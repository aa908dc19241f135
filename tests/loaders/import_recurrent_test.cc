// RNN, LSTM and GRU.
#include "runtime/ops/recurrence.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// One node over X float32[seq, batch, 3] with 2 hidden units and constant weights.
struct RecurrentModel : ModelBuilder {
  explicit RecurrentModel(const char* op, int directions = 1, int64_t opset = 14)
      : ModelBuilder(opset) {
    const int64_t gates = std::string(op) == "LSTM" ? 4 : std::string(op) == "GRU" ? 3 : 1;
    const int64_t d = directions;
    const auto numbered = [this](const char* name, std::vector<int64_t> dims) {
      std::vector<float> values;
      int64_t count = 1;
      for (const int64_t dim : dims) count *= dim;
      for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
      initializer(name, std::move(dims), values);
    };
    numbered("W", {d, 2 * gates, 3});
    numbered("R", {d, 2 * gates, 2});
    numbered("B", {d, 4 * gates});
    numbered("P", {d, 6});
    input("X", {"seq", "batch", 3});
    node(op, {"X", "W", "R"}, {"Y"}).named("cell").attr("hidden_size", 2);
    if (directions == 2) attr("direction", "bidirectional");
    output("Y");
  }
  pb::NodeProto& recurrent() { return *graph().mutable_node(0); }
  template <class T>
  RecurrentModel& attr(const char* name, T value) {
    NodeBuilder(recurrent()).attr(name, value);
    return *this;
  }
  RecurrentModel& attr(const char* name, std::vector<float> values) {
    auto& attribute = *recurrent().add_attribute();
    attribute.set_name(name);
    attribute.set_type(pb::AttributeProto::FLOATS);
    for (const float value : values) attribute.add_floats(value);
    return *this;
  }
  RecurrentModel& activations(std::vector<const char*> names) {
    auto& attribute = *recurrent().add_attribute();
    attribute.set_name("activations");
    attribute.set_type(pb::AttributeProto::STRINGS);
    for (const char* name : names) attribute.add_strings(name);
    return *this;
  }
  RecurrentModel& inputs(std::vector<std::string> names) {
    recurrent().clear_input();
    for (const std::string& name : names) recurrent().add_input(name);
    return *this;
  }
  RecurrentModel& outputs(std::vector<std::string> names) {
    recurrent().clear_output();
    graph().clear_output();
    for (const std::string& name : names) {
      recurrent().add_output(name);
      if (!name.empty()) output(name);
    }
    return *this;
  }
};

std::vector<const Node*> recurrences(const Graph& graph) {
  std::vector<const Node*> found;
  for (const Node& node : graph.nodes())
    if (as_recurrence(node.attributes) != nullptr) found.push_back(&node);
  return found;
}
const RecurrenceAttrs& attributes_of(const Graph& graph, size_t index = 0) {
  return *as_recurrence(recurrences(graph).at(index)->attributes);
}

TEST(ImportRecurrent, OneLayerForAllStepsThenTheRecurrence) {
  for (const int64_t opset : {7, 14, 22}) {
    RecurrentModel model("LSTM", 1, opset);
    model.inputs({"X", "W", "R", "B"}).outputs({"Y", "Y_h", "Y_c"});
    const Graph graph = loaded(model);
    EXPECT_EQ(output_text(graph, 0), "float32[seq, 1, batch, 2]");
    EXPECT_EQ(output_text(graph, 1), "float32[1, batch, 2]");
    EXPECT_EQ(output_text(graph, 2), "float32[1, batch, 2]");
    const auto& linear = first<LinearAttrs>(graph);
    EXPECT_TRUE(linear.weights_transposed);
    EXPECT_EQ(linear.layer.name, "cell/input");
    EXPECT_EQ(linear.layer.aliases, (std::vector<std::string>{"W", "B"}));
    EXPECT_EQ(linear.layer.rows, 8);
    const RecurrenceAttrs& attrs = attributes_of(graph);
    EXPECT_EQ(attrs.layer.name, "cell/recurrence");
    EXPECT_EQ(attrs.layer.aliases, std::vector<std::string>{"R"});
    EXPECT_EQ(attrs.cell, RecurrentCell::kLstm);
    EXPECT_EQ(attrs.hidden, 2);
    EXPECT_FALSE(attrs.reverse);
    EXPECT_EQ(attrs.clip, 0);
    ASSERT_EQ(attrs.activations.size(), 3u);
    EXPECT_EQ(attrs.activations[0].function, RecurrentFunction::kSigmoid);
    EXPECT_EQ(attrs.activations[2].function, RecurrentFunction::kTanh);
  }
}

TEST(ImportRecurrent, ReadsItsAttributes) {
  RecurrentModel lstm("LSTM");
  lstm.attr("direction", "reverse").attr("clip", 2.5f).attr("input_forget", 1);
  const Graph graph = loaded(lstm);
  EXPECT_TRUE(attributes_of(graph).reverse);
  EXPECT_EQ(attributes_of(graph).clip, 2.5f);
  EXPECT_TRUE(attributes_of(graph).input_forget);
  RecurrentModel gru("GRU");
  gru.attr("linear_before_reset", 1).inputs({"X", "W", "R", "B"});
  const Graph linear = loaded(gru);
  EXPECT_TRUE(attributes_of(linear).linear_before_reset);
  EXPECT_NE(recurrences(linear)[0]->inputs[recurrence::kCandidateBias], kNoValue);
  const Graph plain = loaded(RecurrentModel("GRU"));
  EXPECT_EQ(recurrences(plain)[0]->inputs[recurrence::kCandidateBias], kNoValue);
}

TEST(ImportRecurrent, DirectionsHaveWeightsOfTheirOwn) {
  RecurrentModel model("RNN", 2);
  model.outputs({"Y", "Y_h"});
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph, 0), "float32[seq, 2, batch, 2]");
  EXPECT_EQ(output_text(graph, 1), "float32[2, batch, 2]");
  ASSERT_EQ(recurrences(graph).size(), 2u);
  EXPECT_FALSE(attributes_of(graph, 0).reverse);
  EXPECT_TRUE(attributes_of(graph, 1).reverse);
  EXPECT_EQ(attributes_of(graph, 0).layer.name, "cell/forward/recurrence");
  EXPECT_EQ(attributes_of(graph, 1).layer.name, "cell/reverse/recurrence");
  for (const size_t direction : {size_t{0}, size_t{1}}) {
    const ValueId weights = recurrences(graph)[direction]->inputs[recurrence::kWeights];
    const float start = direction == 0 ? 0 : 4;
    EXPECT_EQ(elements<float>(*graph.value(weights).constant),
              (std::vector<float>{start, start + 1, start + 2, start + 3}));
  }
}

TEST(ImportRecurrent, BatchFirst) {
  RecurrentModel model("GRU", 2);
  model.attr("layout", 1).outputs({"Y", "Y_h"});
  const Graph graph = loaded(model);
  // The input's first two extents change their roles.
  EXPECT_EQ(output_text(graph, 0), "float32[seq, batch, 2, 2]");
  EXPECT_EQ(output_text(graph, 1), "float32[seq, 2, 2]");
}

TEST(ImportRecurrent, OutputsMayBeAbsent) {
  RecurrentModel model("LSTM");
  model.outputs({"", "", "Y_c"});
  const Graph graph = loaded(model);
  ASSERT_EQ(graph.outputs().size(), 1u);
  EXPECT_EQ(output_text(graph), "float32[1, batch, 2]");
}

TEST(ImportRecurrent, WeightsMayBeComputed) {
  RecurrentModel model("RNN");
  model.input("V", {1, 2, 3}).input("S", {1, 2, 2});
  model.inputs({"X", "V", "S", "B"});
  const Graph graph = loaded(model);
  EXPECT_THAT(ops(graph), HasSubstr("matmul"));
  EXPECT_THAT(ops(graph), HasSubstr("recurrence"));
  EXPECT_EQ(output_text(graph), "float32[seq, 1, batch, 2]");
}

TEST(ImportRecurrent, ActivationsTakeParametersInTheirOrder) {
  RecurrentModel model("LSTM", 2);
  model.activations({"HardSigmoid", "tanh", "ScaledTanh", "Affine", "ThresholdedRelu", "Elu"});
  model.attr("activation_alpha", std::vector<float>{0.25f, 0.5f, 2});
  model.attr("activation_beta", std::vector<float>{0.75f, 4, 5});
  const Graph graph = loaded(model);
  const auto text = [&](size_t direction) {
    std::string all;
    for (const RecurrentActivation& activation : attributes_of(graph, direction).activations)
      all += std::string(recurrent_function_name(activation.function)) + " " +
             std::to_string(activation.alpha).substr(0, 4) + " " +
             std::to_string(activation.beta).substr(0, 4) + "; ";
    return all;
  };
  EXPECT_EQ(text(0), "hard_sigmoid 0.25 0.75; tanh 0.00 0.00; scaled_tanh 0.50 4.00; ");
  // The last two take their defaults, where the list has ended.
  EXPECT_EQ(text(1), "affine 2.00 5.00; thresholded_relu 1.00 0.00; elu 1.00 0.00; ");
}

TEST(ImportRecurrent, RefusesAttributesWithAReason) {
  EXPECT_THAT(load_error(RecurrentModel("RNN").activations({"Gelu"})),
              HasSubstr("activation \"Gelu\" is unknown, expected one of Affine, Elu"));
  EXPECT_THAT(load_error(RecurrentModel("LSTM").activations({"Tanh", "Tanh"})),
              HasSubstr("\"activations\" has 2 names, expected 3, 3 for each direction"));
  EXPECT_THAT(load_error(RecurrentModel("RNN").activations({"ScaledTanh"})),
              HasSubstr("\"ScaledTanh\" has no value in activation_alpha or activation_beta left"));
  EXPECT_THAT(load_error(RecurrentModel("GRU").attr("direction", "both")),
              HasSubstr("\"direction\" is \"both\", expected \"forward\""));
  EXPECT_THAT(load_error(RecurrentModel("RNN").attr("clip", 0.0f)),
              HasSubstr("\"clip\" is 0.000000, expected more than 0"));
  EXPECT_THAT(load_error(RecurrentModel("RNN").attr("layout", 2)),
              HasSubstr("\"layout\" is 2, expected 0 or 1"));
  RecurrentModel size("RNN");
  size.recurrent().mutable_attribute(0)->set_i(3);
  EXPECT_THAT(load_error(size), HasSubstr("\"hidden_size\" is 3, but input 2, R, is"));
}

TEST(ImportRecurrent, RefusesInputsThatDoNotFit) {
  EXPECT_THAT(load_error(RecurrentModel("RNN").attr("direction", "bidirectional")),
              HasSubstr("input 1, W, is float32[1, 2, 3], expected [2, 2, 3]"));
  EXPECT_THAT(load_error(RecurrentModel("LSTM").inputs({"X", "W", "R", "P"})),
              HasSubstr("input 3, B, is float32[1, 6], expected [1, 16]"));
  RecurrentModel flat("RNN");
  flat.input("flat", {"seq", 3});
  flat.inputs({"flat", "W", "R"});
  EXPECT_THAT(load_error(flat), HasSubstr("input 0 is float32[seq, 3], expected rank 3"));
  RecurrentModel doubles("RNN");
  doubles.input("x64", {"seq", "batch", 3}, pb::TensorProto::DOUBLE);
  doubles.inputs({"x64", "W", "R"});
  EXPECT_THAT(load_error(doubles), HasSubstr("expected the type of input 0, float64"));
  RecurrentModel lengths("RNN");
  lengths.initializer<int32_t>("lengths", {1, 1}, {1});
  lengths.inputs({"X", "W", "R", "", "lengths"});
  EXPECT_THAT(load_error(lengths),
              HasSubstr("input 4, sequence_lens, is int32[1, 1], expected [batch]"));
  RecurrentModel state("RNN");
  state.input("h", {1, 4, 3});
  state.inputs({"X", "W", "R", "", "", "h"});
  EXPECT_THAT(load_error(state), HasSubstr("input 5, initial_h, is float32[1, 4, 3], expected "
                                           "[1, batch, 2]"));
}

// Another batch in the state than in X shows at run time, in the words of the model.
TEST(ImportRecurrent, ChecksStatesAtRunTime) {
  RecurrentModel model("LSTM");
  model.input("h", {1, "rows", 2});
  model.inputs({"X", "W", "R", "", "", "h"});
  const Graph graph = loaded(model);
  ASSERT_FALSE(graph.checks().empty());
  EXPECT_THAT(graph.checks()[0].error(5, 4).message(),
              HasSubstr("node \"cell\" (LSTM): axis 1 of input 5 is 5, expected 4"));
}

}  // namespace
}  // namespace octet::test

// Parts of a weight that a file has quantized are read, replaced and run like any other's.
#include "runtime/core/coded_constant.h"
#include "tests/models/model_runs.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

// y = dequantized codes of x . W, with one scale for W.
Graph layer() {
  Graph graph;
  const ValueId src = add_input(graph, "x", DType::kF32, {Dim::symbol("m"), 2});
  const ValueId scale = add_floats(graph, "scale", make_tensor<float>({}, {0.5f})),
                zero_point = add_floats(graph, "zero", make_tensor<uint8_t>({}, {10})),
                codes = add_floats(graph, "w", make_tensor<int8_t>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const ValueId quantized = add_node(graph, "q", QuantizeAttrs{}, {src, scale, zero_point});
  const ValueId rows = add_node(graph, "dq", DequantizeAttrs{}, {quantized, scale, zero_point});
  const ValueId weights = add_node(graph, "dqw", DequantizeAttrs{}, {codes, scale});
  graph.add_output(add_node(graph, "fc", MatMulAttrs{}, {rows, weights}), "y");
  return graph;
}

std::vector<double> run(const Model& model, const Tensor& src) {
  const auto session = model.make_session();
  std::vector<TensorView> outputs(1);
  const Status status = session->run({{src.view()}}, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  std::vector<double> values;
  for (int64_t i = 0; i < outputs[0].element_count(); ++i)
    values.push_back(double{outputs[0].as<float>()[i]});
  return values;
}

TEST(FileWeights, AReplacedScaleChangesTheResultAsComputedByHand) {
  auto engine = Engine::create({.threads = 1});
  ASSERT_TRUE(engine.is_ok());
  auto model = Model::from_graph(*engine, layer(), {});
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  // x is 1 and 2, which codes of 0.5 give exactly.
  const Tensor src = make_tensor<float>({1, 2}, {1, 2});
  EXPECT_EQ(run(**model, src), (std::vector<double>{4.5, 6, 7.5}));

  QuantizedTensor weights = (*model)->weights(0).value();
  EXPECT_EQ(to_doubles(weights.int_data), (std::vector<double>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(to_doubles(weights.scale), (std::vector<double>{0.5}));
  weights.scale = make_tensor<float>({1}, {2});
  auto replaced = (*model)->replace(0, weights);
  ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
  EXPECT_EQ(run(**replaced, src), (std::vector<double>{18, 24, 30}));
  EXPECT_EQ(run(**model, src), (std::vector<double>{4.5, 6, 7.5}));
}

}  // namespace
}  // namespace octet::test

// Rows counted by a sum ("n + 16", after a Concat): the compiler did not see how many elements they
// have and never ended. Found by fuzz_graph.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

TEST(RowsOfSums, ElementwiseAfterAConcatWithAConstantExtent) {
  ModelBuilder builder;
  builder.input("past", {"n", 8}).input("x", {16, 8}).output("y");
  builder.node("Concat", {"past", "x"}, {"joined"}).attr("axis", 0);
  builder.node("Abs", {"joined"}, {"positive"});
  builder.node("Add", {"positive", "joined"}, {"y"});
  auto engine = Engine::create({.threads = 1});
  auto model = Model::from_graph(engine.value(), loaded(builder), {});
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  const auto session = model.value()->make_session();
  for (const int64_t n : {int64_t{0}, int64_t{1}, int64_t{3}}) {
    Tensor past(DType::kF32, {n, 8}), x(DType::kF32, {16, 8});
    for (float& element : past.elements<float>()) element = 1;
    for (float& element : x.elements<float>()) element = -2;
    const TensorView inputs[] = {past.view(), x.view()};
    TensorView outputs[1];
    const Status status = session->run(inputs, outputs);
    ASSERT_TRUE(status.is_ok()) << status.message();
    ASSERT_EQ(outputs[0].shape, (Shape{n + 16, 8}));
    std::vector<double> expected(static_cast<size_t>(n) * 8, 2);
    expected.resize(expected.size() + 16 * 8, 0);
    EXPECT_EQ(to_doubles(contiguous_copy(Tensor(nullptr, outputs[0]))), expected);
  }
}

}  // namespace
}  // namespace octet::test

// Model-local functions.
#include "loaders/onnx/inline_functions.h"

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// Function local.NAME: b = last(...first(a)), each of `calls` in domain `domain`.
void add_function(ModelBuilder& model, const std::string& name,
                  const std::vector<std::string>& calls, const std::string& domain) {
  auto& function = *model.proto.add_functions();
  function.set_name(name);
  function.set_domain("local");
  function.add_input("a");
  function.add_output("b");
  for (const auto& [imported, version] : {std::pair{"", 17}, std::pair{"local", 1}}) {
    auto& import = *function.add_opset_import();
    import.set_domain(imported);
    import.set_version(version);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    auto& node = *function.add_node();
    node.set_op_type(calls[i]);
    node.set_domain(domain);
    node.add_input(i == 0 ? "a" : "t" + std::to_string(i));
    node.add_output(i + 1 == calls.size() ? "b" : "t" + std::to_string(i + 1));
  }
}

ModelBuilder caller(const std::string& name) {
  ModelBuilder model;
  model.import("local", 1).input("x", {"n", 4}).output("y");
  model.node(name, {"x"}, {"y"}).in_domain("local");
  return model;
}

TEST(InlineFunctions, ExpandsCalls) {
  ModelBuilder model = caller("Outer");
  add_function(model, "Inner", {"Neg", "Relu"}, "");
  add_function(model, "Outer", {"Inner", "Inner"}, "local");
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "neg relu neg relu");
  EXPECT_EQ(output_text(graph), "float32[n, 4]");
}

TEST(InlineFunctions, RefusesRecursionAndBombs) {
  ModelBuilder itself = caller("F");
  add_function(itself, "F", {"F"}, "local");
  EXPECT_THAT(load_error(itself), HasSubstr("\"F\" calls itself"));
  ModelBuilder bomb = caller("F27");
  add_function(bomb, "F0", {"Neg"}, "");
  for (int i = 1; i <= 27; ++i) {
    const std::string inner = "F" + std::to_string(i - 1);
    add_function(bomb, "F" + std::to_string(i), {inner, inner}, "local");
  }
  EXPECT_EQ(bomb.load().status().code(), StatusCode::kResourceExhausted);
}

TEST(InlineFunctions, UnknownCallsAreListed) {
  ModelBuilder model = caller("Missing");
  add_function(model, "Present", {"Neg"}, "");
  EXPECT_THAT(load_error(model), HasSubstr("local.Missing (1 node"));
}

}  // namespace
}  // namespace octet::test

// Sequences and optionals: what is known when the model is loaded, and what stays for the run.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// x float32[2, 3] and y float32[n, 3] in a sequence.
ModelBuilder two_in_a_list() {
  ModelBuilder model;
  model.input("x", {2, 3}).input("y", {"n", 3});
  model.node("SequenceConstruct", {"x", "y"}, {"seq"});
  return model;
}

TEST(ListedSequences, LeaveNoNodes) {
  ModelBuilder model = two_in_a_list();
  model.scalar("last", -1).scalar("zero", 0);
  model.node("SequenceInsert", {"seq", "x", "zero"}, {"xxy"});
  model.node("SequenceErase", {"xxy", "last"}, {"xx"});
  model.node("SequenceAt", {"xxy", "last"}, {"taken"});
  model.node("SequenceLength", {"xx"}, {"length"});
  model.node("ConcatFromSequence", {"xxy"}, {"joined"}).attr("axis", 0);
  model.node("ConcatFromSequence", {"xx"}, {"stacked"}).attr("axis", -1).attr("new_axis", 1);
  model.node("Relu", {"taken"}, {"y2"});
  model.output("y2").output("length").output("joined").output("stacked");
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "concat reshape reshape concat relu");
  EXPECT_EQ(output_text(graph, 0), "float32[n, 3]");
  EXPECT_EQ(output_text(graph, 1), "int64[]");
  EXPECT_EQ(output_text(graph, 2), "float32[4 + n, 3]");
  EXPECT_EQ(output_text(graph, 3), "float32[2, 3, 2]");
  EXPECT_EQ(elements<int64_t>(*graph.value(graph.outputs()[1]).constant),
            (std::vector<int64_t>{2}));
}

TEST(ListedSequences, SplitByKnownSizes) {
  ModelBuilder model;
  model.input("x", {5, 4}).input("sizes", {2}, kInt64).scalar("two", 2).scalar("one", 1);
  model.node("SplitToSequence", {"x", "two"}, {"by_two"});
  model.node("SequenceAt", {"by_two", "two"}, {"rest"});
  model.node("SplitToSequence", {"x"}, {"rows"}).attr("keepdims", 0);
  model.node("SequenceAt", {"rows", "one"}, {"row"});
  model.node("SplitToSequence", {"x"}, {"columns"}).attr("axis", 1);
  model.node("SequenceAt", {"columns", "one"}, {"column"});
  model.node("SplitToSequence", {"x", "sizes"}, {"parts"});
  model.node("SequenceAt", {"parts", "one"}, {"part"});
  for (const char* name : {"rest", "row", "column", "part"}) model.output(name);
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph, 0), "float32[1, 4]");
  EXPECT_EQ(output_text(graph, 1), "float32[4]");
  EXPECT_EQ(output_text(graph, 2), "float32[5, 1]");
  EXPECT_EQ(output_text(graph, 3), "float32[sizes[1], 4]");
  EXPECT_THAT(ops(graph), ::testing::Not(HasSubstr("sequence")));
}

TEST(ListedSequences, OptionalsOfThemAreKnownToo) {
  ModelBuilder model = two_in_a_list();
  model.node("Optional", {"seq"}, {"opt"});
  model.node("OptionalHasElement", {"opt"}, {"has"});
  model.node("OptionalGetElement", {"opt"}, {"again"});
  model.node("SequenceLength", {"again"}, {"length"});
  model.node("OptionalHasElement", {"x"}, {"tensor"});
  model.node("OptionalHasElement", {}, {"absent"});
  for (const char* name : {"has", "length", "tensor", "absent"}) model.output(name);
  model.proto.mutable_opset_import(0)->set_version(18);
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "");
  EXPECT_EQ(elements<bool>(*graph.value(graph.outputs()[0]).constant), std::vector<bool>{true});
  EXPECT_EQ(elements<int64_t>(*graph.value(graph.outputs()[1]).constant), std::vector<int64_t>{2});
  EXPECT_EQ(elements<bool>(*graph.value(graph.outputs()[2]).constant), std::vector<bool>{true});
  EXPECT_EQ(elements<bool>(*graph.value(graph.outputs()[3]).constant), std::vector<bool>{false});
}

TEST(Sequences, HaveTypesWithTheRankOfTheirTensors) {
  ModelBuilder model;
  model.sequence("seq", {{"n", 3}}).sequence("any", std::nullopt, kInt64).optional("opt", {{4}});
  model.optional("opt_seq", {{}}, true).input("x", {"k"}).input("i", {}, kInt64);
  model.node("SequenceInsert", {"seq", "x"}, {"mixed"});
  model.node("SequenceAt", {"seq", "i"}, {"taken"});
  model.node("SequenceErase", {"any"}, {"shorter"});
  model.node("SequenceEmpty", {}, {"empty"});
  model.node("SequenceInsert", {"empty", "x", "i"}, {"one"});
  model.node("OptionalGetElement", {"opt"}, {"inside"});
  model.node("OptionalGetElement", {"opt_seq"}, {"inside_seq"});
  model.node("ConcatFromSequence", {"seq"}, {"stacked"}).attr("axis", 0).attr("new_axis", 1);
  for (const char* name :
       {"mixed", "taken", "shorter", "empty", "one", "inside", "inside_seq", "stacked", "opt"})
    model.output(name);
  const Graph graph = loaded(model);
  const std::vector<std::string> expected = {
      "sequence(float32)",   "float32[late taken:0#",   "sequence(int64)",
      "sequence(float32)",   "sequence(float32[?])",    "float32[late inside:0#",
      "sequence(float32[])", "float32[late stacked:0#", "optional(float32[?])"};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_THAT(output_text(graph, i), ::testing::StartsWith(expected[i])) << i;
  EXPECT_EQ(graph.value(graph.outputs()[1]).type.rank(), 2);
  EXPECT_EQ(graph.value(graph.outputs()[7]).type.rank(), 3);
  EXPECT_TRUE(verify(graph).is_ok());
}

TEST(Sequences, RefuseWhatTheyCannotHold) {
  const auto error = [](const std::function<void(ModelBuilder&)>& build) {
    ModelBuilder model;
    model.sequence("seq", {{"n"}}).input("x", {"n"}).input("i", {}, kInt64);
    build(model);
    model.output("y");
    return load_error(model);
  };
  EXPECT_THAT(error([](ModelBuilder& m) { m.node("Relu", {"seq"}, {"y"}); }),
              HasSubstr("(Relu): input 0 is sequence(float32[?]), expected a tensor"));
  EXPECT_THAT(error([](ModelBuilder& m) {
                m.node("SequenceInsert", {"seq", "i"}, {"y"});
              }),
              HasSubstr("input 1 is int64[], expected a tensor of float32, as the sequence holds"));
  EXPECT_THAT(error([](ModelBuilder& m) {
                m.node("SequenceConstruct", {"x", "i"}, {"y"});
              }),
              HasSubstr("tensor 1 of the sequence is int64[], expected float32"));
  EXPECT_THAT(error([](ModelBuilder& m) {
                m.node("SequenceAt", {"x", "i"}, {"y"});
              }),
              HasSubstr("input 0 is float32[n], expected a sequence"));
  EXPECT_THAT(error([](ModelBuilder& m) {
                m.node("SequenceAt", {"seq", "x"}, {"y"});
              }),
              HasSubstr("input 1 is float32[n], expected"));
  EXPECT_THAT(error([](ModelBuilder& m) { m.node("ConcatFromSequence", {"seq"}, {"y"}); }),
              HasSubstr("attribute \"axis\" is missing"));
  EXPECT_THAT(
      error([](ModelBuilder& m) { m.node("ConcatFromSequence", {"seq"}, {"y"}).attr("axis", 1); }),
      HasSubstr("axis is 1, expected -1 to 0"));
  EXPECT_THAT(error([](ModelBuilder& m) { m.node("SequenceEmpty", {}, {"y"}).attr("dtype", 8); }),
              HasSubstr("attribute \"dtype\" is #8, which sequences cannot hold"));
  EXPECT_THAT(error([](ModelBuilder& m) { m.node("Optional", {}, {"y"}); }),
              HasSubstr("has neither an input nor the attribute \"type\""));
  EXPECT_THAT(error([](ModelBuilder& m) {
                m.scalar("zero", 0).node("SplitToSequence", {"x", "zero"}, {"y"});
              }),
              HasSubstr("the size of the parts, is 0, expected 1 or more"));
  EXPECT_THAT(error([](ModelBuilder& m) {
                m.ints("sizes", {1, 2}).input("v", {4});
                m.node("SplitToSequence", {"v", "sizes"}, {"y"});
              }),
              HasSubstr("the parts add up to 3, but the axis has 4"));
}

TEST(Sequences, OfUnknownKindsAreNamed) {
  ModelBuilder map;
  map.graph().add_input()->set_name("m");
  map.graph().mutable_input(0)->mutable_type()->mutable_map_type();
  map.node("Identity", {"m"}, {"y"});
  map.output("y");
  EXPECT_THAT(load_error(map), HasSubstr("input \"m\" is a map, which is not supported"));
  ModelBuilder nested;
  nested.sequence("s", {{1}});
  nested.graph()
      .mutable_input(0)
      ->mutable_type()
      ->mutable_sequence_type()
      ->mutable_elem_type()
      ->mutable_sequence_type();
  nested.node("Identity", {"s"}, {"y"});
  nested.output("y");
  EXPECT_THAT(load_error(nested),
              HasSubstr("input \"s\" is a sequence of something else than tensors"));
  ModelBuilder strings;
  strings.sequence("s", {{1}}, pb::TensorProto::STRING);
  strings.node("Identity", {"s"}, {"y"});
  strings.output("y");
  EXPECT_THAT(load_error(strings),
              HasSubstr("is a sequence of tensors with the element type string"));
}

// What a file says of an output is compared, and decides between a value and its optional.
TEST(Sequences, AreGivenAsTheFileDeclares) {
  ModelBuilder model;
  model.sequence("seq", {{"n"}}).optional("opt", {{"n"}}, true);
  model.node("Identity", {"opt"}, {"y"});
  model.output("y");
  ModelBuilder::set_tensor(*model.output_type().mutable_sequence_type()->mutable_elem_type(),
                           {{"n"}});
  EXPECT_EQ(output_text(loaded(model)), "sequence(float32[?])");
  EXPECT_EQ(ops(loaded(model)), "optional_element");
  model.graph().mutable_node(0)->set_input(0, "seq");
  EXPECT_EQ(ops(loaded(model)), "");
  model.output_type().Clear();
  ModelBuilder::set_tensor(*model.output_type().mutable_sequence_type()->mutable_elem_type(),
                           {{"n"}}, kInt64);
  EXPECT_THAT(load_error(model), HasSubstr("output \"y\" is declared as sequence(int64[?]), but it "
                                           "is sequence(float32[?])"));
  ModelBuilder::set_tensor(model.output_type(), {{"n"}});
  EXPECT_THAT(load_error(model),
              HasSubstr("is declared as float32, but it is sequence(float32[?])"));
}

TEST(LoopsOfSequences, FindTheTypeOfBothWays) {
  // The body gives a sequence for an optional one; rank 0 is declared, and rank 1 put in.
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).optional("held", {{}}, true);
  body.node("OptionalGetElement", {"held"}, {"seq"});
  body.node("SequenceInsert", {"seq", "x"}, {"longer"});
  body.node("Identity", {"going"}, {"still"});
  body.output("still").output("longer");
  ModelBuilder model(18);
  model.optional("start", {{}}, true).input("x", {"n"}).input("times", {}, kInt64);
  model.node("Loop", {"times", "", "start"}, {"all"}).graph("body", body.graph());
  model.output("all");
  EXPECT_EQ(output_text(loaded(model)), "optional(sequence(float32))");
  // One that starts empty has the rank of what is put in.
  ModelBuilder grows(18);
  grows.input("x", {"n"}).input("times", {}, kInt64);
  grows.node("SequenceEmpty", {}, {"none"});
  ModelBuilder inside;
  inside.input("i", {}, kInt64).input("going", {}, kBoolean).sequence("held", std::nullopt);
  inside.node("SequenceInsert", {"held", "x"}, {"longer"});
  inside.node("Identity", {"going"}, {"still"});
  inside.output("still").output("longer");
  grows.node("Loop", {"times", "", "none"}, {"all"}).graph("body", inside.graph());
  grows.node("ConcatFromSequence", {"all"}, {"stacked"}).attr("axis", 0).attr("new_axis", 1);
  grows.output("all").output("stacked");
  const Graph graph = loaded(grows);
  EXPECT_EQ(output_text(graph), "sequence(float32[?])");
  EXPECT_EQ(graph.value(graph.outputs()[1]).type.rank(), 2);
}

}  // namespace
}  // namespace octet::test

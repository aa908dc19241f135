// Models with sequences and optionals, run: loops, branches, stages, and what ends them.
#include <gmock/gmock.h>

#include "tests/support/run_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor number(int64_t value) { return make_tensor<int64_t>({}, {value}); }

// A loop over `body`, whose inputs i and going are there already, and which gives `still`.
ModelBuilder loop_body() {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean);
  body.node("Identity", {"going"}, {"still"});
  body.output("still");
  return body;
}

TEST(Sequences, ComeInAndGoOut) {
  ModelBuilder model;
  model.sequence("seq", {{"n"}}).input("x", {"k"}).input("at", {}, kInt64);
  model.node("SequenceInsert", {"seq", "x", "at"}, {"longer"});
  model.node("SequenceErase", {"longer", "at"}, {"same"});
  model.node("SequenceAt", {"longer", "at"}, {"taken"});
  model.node("SequenceLength", {"longer"}, {"length"});
  model.node("ConcatFromSequence", {"longer"}, {"joined"}).attr("axis", 0);
  for (const char* name : {"seq", "longer", "same", "taken", "length", "joined"})
    model.output(name);
  const HeldValue two =
      sequence_of({make_tensor<float>({1}, {1}), make_tensor<float>({2}, {2, 3})});
  const Tensor x = make_tensor<float>({3}, {7, 8, 9});
  EXPECT_THAT(texts_of(run_values(model, {two, held(x), held(number(1))})),
              ElementsAre("[1: 1 | 2: 2 3]", "[1: 1 | 3: 7 8 9 | 2: 2 3]", "[1: 1 | 2: 2 3]",
                          "3: 7 8 9", "scalar: 3", "6: 1 7 8 9 2 3"));
  EXPECT_THAT(texts_of(run_values(model, {sequence_of({}), held(x), held(number(0))})),
              ElementsAre("[]", "[3: 7 8 9]", "[]", "3: 7 8 9", "scalar: 1", "3: 7 8 9"));
  // -1 is before the last one of a sequence, and the last one itself.
  EXPECT_THAT(texts_of(run_values(model, {two, held(x), held(number(-1))})),
              ElementsAre("[1: 1 | 2: 2 3]", "[1: 1 | 3: 7 8 9 | 2: 2 3]", "[1: 1 | 3: 7 8 9]",
                          "2: 2 3", "scalar: 3", "6: 1 7 8 9 2 3"));
  EXPECT_THAT(texts_of(run_values(model, {two, held(x), held(number(3))}))[0],
              HasSubstr("(sequence_insert): position 3 is outside of a sequence of 2 tensors, "
                        "expected -2 to 2"));
  EXPECT_THAT(texts_of(run_values(model, {two, held(x), held(number(-3))}))[0],
              HasSubstr("position -3 is outside"));
}

TEST(Sequences, AreCheckedWhenTheyComeIn) {
  ModelBuilder model;
  model.sequence("seq", {{"n", 2}}).optional("opt", {{2}});
  model.node("Identity", {"seq"}, {"y"});
  model.node("OptionalHasElement", {"opt"}, {"has"});
  model.output("y").output("has");
  const auto error = [&](const HeldValue& seq, const HeldValue& opt) {
    return texts_of(run_values(model, {seq, opt}))[0];
  };
  const Tensor right = make_tensor<float>({1, 2}, {1, 2}), flat = make_tensor<float>({2}, {1, 2});
  const HeldValue good = sequence_of({right});
  EXPECT_THAT(texts_of(run_values(model, {good, held(flat)})),
              ElementsAre("[1x2: 1 2]", "scalar: 1"));
  EXPECT_THAT(texts_of(run_values(model, {good, nothing()})),
              ElementsAre("[1x2: 1 2]", "scalar: 0"));
  EXPECT_THAT(error(sequence_of({right, flat}), nothing()),
              HasSubstr("input \"seq\": found float32[2] as element 1, expected "
                        "sequence(float32[?, ?])"));
  EXPECT_THAT(error(sequence_of({make_tensor<int64_t>({1, 1}, {1})}), nothing()),
              HasSubstr("found int64[1x1] as element 0"));
  EXPECT_THAT(error(held(right), nothing()), HasSubstr("found float32[1x2], expected sequence"));
  EXPECT_THAT(error(nothing(), nothing()), HasSubstr("found an empty optional, expected sequence"));
  EXPECT_THAT(error(HeldValue(), nothing()), HasSubstr("found nothing, expected sequence"));
  EXPECT_THAT(error(good, good),
              HasSubstr("input \"opt\": found a sequence of 1 values, expected optional"));
  EXPECT_THAT(error(good, held(right)), HasSubstr("found float32[1x2], expected optional"));
}

// A loop puts a tensor of another length into a sequence in each iteration.
ModelBuilder growing() {
  ModelBuilder body = loop_body();
  body.sequence("held", std::nullopt);
  body.ints("one", {1}).scalar("unit", 1).ints("zero", {0});
  body.node("Add", {"i", "unit"}, {"next"});
  body.node("Unsqueeze", {"next", "zero"}, {"end"});
  body.node("Slice", {"x", "zero", "end"}, {"part"});
  body.node("SequenceInsert", {"held", "part"}, {"longer"});
  body.output("longer");
  ModelBuilder model;
  model.input("x", {"n"}).input("times", {}, kInt64);
  model.node("SequenceEmpty", {}, {"none"});
  model.node("Loop", {"times", "", "none"}, {"all"}).named("grow").graph("body", body.graph());
  model.node("ConcatFromSequence", {"all"}, {"joined"}).attr("axis", -1);
  model.node("Neg", {"joined"}, {"y"});
  model.output("all").output("y");
  return model;
}

TEST(SequencesInLoops, Grow) {
  const Tensor x = make_tensor<float>({4}, {1, 2, 3, 4});
  EXPECT_THAT(texts_of(run_values(growing(), {held(x), held(number(3))})),
              ElementsAre("[1: 1 | 2: 1 2 | 3: 1 2 3]", "6: -1 -1 -2 -1 -2 -3"));
  EXPECT_THAT(texts_of(run_values(growing(), {held(x), held(number(0))}))[0],
              HasSubstr("the sequence is empty"));
}

TEST(SequencesInLoops, GiveTheSameBitsRunAfterRunAndOverThreads) {
  const Tensor x = random_floats({40}, 3);
  const auto one = load_session(growing(), {.threads = 1});
  const auto four = load_session(growing(), {.threads = 4});
  ASSERT_TRUE(one.is_ok() && four.is_ok());
  const auto expected = texts_of(run_session(*one->session, {held(x), held(number(30))}));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(texts_of(run_session(*four->session, {held(x), held(number(30))})), expected);
    EXPECT_EQ(texts_of(run_session(*four->session, {held(x), held(number(2))}))[0],
              texts_of(run_session(*one->session, {held(x), held(number(2))}))[0]);
  }
}

// What a run has given stays as it was, whatever later runs do with sequences that share it.
TEST(SequencesInLoops, DoNotChangeWhatIsGivenAway) {
  ModelBuilder body = loop_body();
  body.sequence("held", {{"n"}});
  body.node("SequenceInsert", {"held", "x"}, {"longer"});
  body.output("longer");
  ModelBuilder model;
  model.sequence("seq", {{"n"}}).input("x", {"n"}).input("times", {}, kInt64);
  model.node("Loop", {"times", "", "seq"}, {"all"}).graph("body", body.graph());
  model.node("SequenceErase", {"all"}, {"shorter"});
  model.output("all").output("shorter");
  const auto loaded = load_session(model);
  ASSERT_TRUE(loaded.is_ok());
  const HeldValue given = sequence_of({make_tensor<float>({1}, {5})});
  const HeldValue x = held(make_tensor<float>({1}, {6}));
  const auto first = run_session(*loaded->session, {given, x, held(number(2))});
  ASSERT_TRUE(first.is_ok());
  const auto second = run_session(
      *loaded->session, {(*first)[0], held(make_tensor<float>({1}, {7})), held(number(1))});
  EXPECT_EQ(text_of(given), "[1: 5]");
  EXPECT_THAT(texts_of(first), ElementsAre("[1: 5 | 1: 6 | 1: 6]", "[1: 5 | 1: 6]"));
  EXPECT_THAT(texts_of(second), ElementsAre("[1: 5 | 1: 6 | 1: 6 | 1: 7]", "[1: 5 | 1: 6 | 1: 6]"));
}

// A list of pieces, worked off from its front: taken, counted, erased, put into another one.
TEST(SequencesInLoops, AreTakenApart) {
  ModelBuilder body = loop_body();
  body.sequence("left", {{"n"}}).sequence("done", {{"n"}});
  body.scalar("zero", 0).scalar("one", 1);
  body.node("SequenceAt", {"left", "zero"}, {"head"});
  body.node("ReduceSum", {"head"}, {"sum"}).attr("keepdims", 1);
  body.node("Concat", {"head", "sum"}, {"with_sum"}).attr("axis", 0);
  body.node("SequenceInsert", {"done", "with_sum", "zero"}, {"more_done"});
  body.node("SequenceErase", {"left", "zero"}, {"less"});
  body.node("SequenceLength", {"less"}, {"count"});
  body.node("GreaterOrEqual", {"count", "one"}, {"again"});
  body.graph().mutable_output()->Clear();
  body.output("again").output("less").output("more_done").output("sum");
  ModelBuilder model(18);
  model.sequence("pieces", {{"n"}});
  model.node("SequenceEmpty", {}, {"none"});
  model.node("Loop", {"", "", "pieces", "none"}, {"rest", "all", "sums"})
      .graph("body", body.graph());
  model.output("rest").output("all").output("sums");
  const HeldValue pieces =
      sequence_of({make_tensor<float>({2}, {1, 2}), make_tensor<float>({0}, {}),
                   make_tensor<float>({3}, {3, 4, 5})});
  EXPECT_THAT(texts_of(run_values(model, {pieces})),
              ElementsAre("[]", "[4: 3 4 5 12 | 1: 0 | 3: 1 2 3]", "3x1: 3 0 12"));
}

TEST(SequencesInBranches, AreOneOrTheOther) {
  ModelBuilder then_branch, else_branch;
  then_branch.node("SequenceInsert", {"seq", "x"}, {"t"});
  then_branch.output("t");
  else_branch.node("SequenceConstruct", {"x"}, {"e"});
  else_branch.output("e");
  ModelBuilder model;
  model.sequence("seq", {{"n"}}).input("x", {"n"}).input("c", {}, kBoolean);
  model.node("If", {"c"}, {"chosen"})
      .graph("then_branch", then_branch.graph())
      .graph("else_branch", else_branch.graph());
  model.node("SequenceLength", {"chosen"}, {"length"});
  model.output("chosen").output("length");
  const HeldValue seq = sequence_of({make_tensor<float>({1}, {1})});
  const HeldValue x = held(make_tensor<float>({1}, {2}));
  EXPECT_THAT(texts_of(run_values(model, {seq, x, held(make_tensor<bool>({}, {true}))})),
              ElementsAre("[1: 1 | 1: 2]", "scalar: 2"));
  EXPECT_THAT(texts_of(run_values(model, {seq, x, held(make_tensor<bool>({}, {false}))})),
              ElementsAre("[1: 2]", "scalar: 1"));
}

// A tensor in one branch, an optional in the other: an optional of both.
TEST(OptionalsInBranches, MayBeEmpty) {
  pb::TypeProto type;
  ModelBuilder::set_tensor(type, {{"n"}});
  ModelBuilder then_branch, else_branch;
  then_branch.node("Optional", {}, {"t"}).attr("type", type);
  then_branch.output("t");
  else_branch.node("Neg", {"x"}, {"e"});
  else_branch.output("e");
  ModelBuilder model(18);
  model.input("x", {"n"}).input("c", {}, kBoolean);
  model.node("If", {"c"}, {"chosen"})
      .graph("then_branch", then_branch.graph())
      .graph("else_branch", else_branch.graph());
  model.node("OptionalHasElement", {"chosen"}, {"has"});
  model.output("chosen").output("has");
  const HeldValue x = held(make_tensor<float>({2}, {1, 2}));
  const HeldValue yes = held(make_tensor<bool>({}, {true})),
                  no = held(make_tensor<bool>({}, {false}));
  EXPECT_THAT(texts_of(run_values(model, {x, yes})), ElementsAre("nothing", "scalar: 0"));
  EXPECT_THAT(texts_of(run_values(model, {x, no})), ElementsAre("2: -1 -2", "scalar: 1"));
  // What is in it has the rank of the tensors that it can hold.
  model.node("OptionalGetElement", {"chosen"}, {"inside"});
  model.node("Exp", {"inside"}, {"y"});
  model.output("y");
  EXPECT_THAT(texts_of(run_values(model, {x, yes}))[0], HasSubstr("the optional is empty"));
  EXPECT_EQ(texts_of(run_values(model, {x, no})).size(), 3u);
}

TEST(SequenceMaps, RunTheirBodyOnEachTensor) {
  ModelBuilder body;
  body.input("a", {"n"}).input("b", {"n"}).input("w", {});
  body.node("Mul", {"a", "w"}, {"scaled"});
  body.node("Add", {"scaled", "b"}, {"sum"});
  body.node("Shape", {"b"}, {"shape"});
  body.output("sum").output("shape");
  ModelBuilder model(18);
  model.sequence("a", {{"n"}}).sequence("b", {{"n"}}).input("w", {});
  model.node("SequenceMap", {"a", "b", "w"}, {"sums", "shapes"}).graph("body", body.graph());
  model.output("sums").output("shapes");
  const HeldValue a = sequence_of({make_tensor<float>({2}, {1, 2}), make_tensor<float>({1}, {3})});
  const HeldValue b =
      sequence_of({make_tensor<float>({2}, {10, 20}), make_tensor<float>({1}, {30})});
  const HeldValue w = held(make_tensor<float>({}, {2}));
  EXPECT_THAT(texts_of(run_values(model, {a, b, w})),
              ElementsAre("[2: 12 24 | 1: 36]", "[1: 2 | 1: 1]"));
  EXPECT_THAT(texts_of(run_values(model, {sequence_of({}), b, w})), ElementsAre("[]", "[]"));
  EXPECT_THAT(texts_of(run_values(model, {b, sequence_of({}), w}))[0],
              HasSubstr("position 0 is outside of a sequence of 0 tensors"));
}

TEST(SplitToSequence, ByNumbersOfTheRun) {
  ModelBuilder model;
  model.input("x", {"n", 2}).input("size", {}, kInt64).input("sizes", {"m"}, kInt64);
  model.node("SplitToSequence", {"x", "size"}, {"equal"});
  model.node("SplitToSequence", {"x", "sizes"}, {"listed"});
  model.node("SplitToSequence", {"x"}, {"rows"}).attr("keepdims", 0);
  model.output("equal").output("listed").output("rows");
  const HeldValue x = held(make_tensor<float>({3, 2}, {1, 2, 3, 4, 5, 6}));
  const HeldValue sizes = held(make_tensor<int64_t>({3}, {0, 1, 2}));
  EXPECT_THAT(texts_of(run_values(model, {x, held(number(2)), sizes})),
              ElementsAre("[2x2: 1 2 3 4 | 1x2: 5 6]", "[0x2: | 1x2: 1 2 | 2x2: 3 4 5 6]",
                          "[2: 1 2 | 2: 3 4 | 2: 5 6]"));
  EXPECT_THAT(texts_of(run_values(model, {x, held(number(0)), sizes}))[0],
              HasSubstr("split is 0, expected 1 or more"));
  EXPECT_THAT(
      texts_of(run_values(model, {x, held(number(9)), held(make_tensor<int64_t>({1}, {2}))}))[0],
      HasSubstr("the splits come to 2, expected the extent 3 of axis 0"));
  EXPECT_THAT(texts_of(run_values(
                  model, {x, held(number(9)), held(make_tensor<int64_t>({2}, {-1, 4}))}))[0],
              HasSubstr("split 0 is -1"));
}

TEST(Concatenations, NeedTensorsThatFit) {
  ModelBuilder model;
  model.sequence("seq", {{"a", "b"}});
  model.node("ConcatFromSequence", {"seq"}, {"joined"}).attr("axis", 1);
  model.node("ConcatFromSequence", {"seq"}, {"stacked"}).attr("axis", 1).attr("new_axis", 1);
  model.output("joined").output("stacked");
  const Tensor a = make_tensor<float>({2, 1}, {1, 2}), b = make_tensor<float>({2, 1}, {3, 4});
  EXPECT_THAT(texts_of(run_values(model, {sequence_of({a, b})})),
              ElementsAre("2x2: 1 3 2 4", "2x2x1: 1 3 2 4"));
  EXPECT_THAT(
      texts_of(run_values(model, {sequence_of({a, make_tensor<float>({1, 2}, {1, 2})})}))[0],
      HasSubstr("tensor 1 of the sequence is [1x2] and tensor 0 is [2x1]; they must be equal but "
                "for axis 1"));
}

// Nobody knows the rank of what is taken out until a run shows it; others run all the same.
TEST(SequencesOfUnknownRank, AreReadOnceItShows) {
  ModelBuilder model;
  model.sequence("seq", std::nullopt).input("i", {}, kInt64);
  model.node("SequenceAt", {"seq", "i"}, {"taken"});
  model.node("ReduceSum", {"taken"}, {"sum"}).attr("keepdims", 0);
  model.node("SequenceInsert", {"seq", "sum"}, {"longer"});
  model.output("sum").output("longer");
  EXPECT_THAT(load_error(model), HasSubstr("output \"sum\" has no type and rank"));
  ModelBuilder::set_tensor(*model.graph().mutable_output(0)->mutable_type(), {{}});
  ModelBuilder::set_tensor(*model.graph()
                                .mutable_output(1)
                                ->mutable_type()
                                ->mutable_sequence_type()
                                ->mutable_elem_type(),
                           std::nullopt);
  const auto loaded = load_session(model);
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  const HeldValue vectors =
      sequence_of({make_tensor<float>({2}, {1, 2}), make_tensor<float>({1}, {3})});
  const HeldValue matrix = sequence_of({make_tensor<float>({1, 2}, {4, 5})});
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(texts_of(run_session(*loaded->session, {vectors, held(number(0))})),
                ElementsAre("scalar: 3", "[2: 1 2 | 1: 3 | scalar: 3]"));
    EXPECT_THAT(texts_of(run_session(*loaded->session, {matrix, held(number(0))})),
                ElementsAre("scalar: 9", "[1x2: 4 5 | scalar: 9]"));
  }
  EXPECT_THAT(texts_of(run_session(*loaded->session, {sequence_of({}), held(number(0))}))[0],
              HasSubstr("holds nothing"));
  const HeldValue both =
      sequence_of({make_tensor<float>({1}, {1}), make_tensor<float>({1, 1}, {2})});
  EXPECT_THAT(texts_of(run_session(*loaded->session, {both, held(number(0))}))[0],
              HasSubstr("holds tensors of several ranks"));
}

// Layers stay layers, also where they read what comes out of a sequence.
TEST(SequencesOfNarrowFloats, KeepTheirType) {
  ModelBuilder model;
  model.sequence("seq", {{"n"}}, pb::TensorProto::FLOAT16);
  model.input("x", {"n"}, pb::TensorProto::FLOAT16).scalar("zero", 0);
  model.node("Add", {"x", "x"}, {"twice"});
  model.node("SequenceInsert", {"seq", "twice", "zero"}, {"longer"});
  model.node("SequenceAt", {"longer", "zero"}, {"taken"});
  model.node("Mul", {"taken", "taken"}, {"square"});
  model.output("longer").output("square");
  const auto half = [](std::initializer_list<float> values) {
    return convert_floats(make_tensor<float>({static_cast<int64_t>(values.size())}, values),
                          DType::kF16);
  };
  EXPECT_THAT(texts_of(run_values(model, {sequence_of({half({1})}), held(half({2, 3}))})),
              ElementsAre("[2: 4 6 | 1: 1]", "2: 16 36"));
}

TEST(StridedTensors, AreCopiedIntoSequencesOnce) {
  ModelBuilder model;
  model.sequence("seq", {{"a", "b"}}).input("i", {}, kInt64);
  model.node("SequenceAt", {"seq", "i"}, {"taken"});
  model.node("Relu", {"taken"}, {"y"});
  model.output("taken").output("y").output("seq");
  const Tensor matrix = make_tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(texts_of(run_values(model, {sequence_of({strided_copy(matrix)}), held(number(0))})),
              ElementsAre("2x3: 1 2 3 4 5 6", "2x3: 1 2 3 4 5 6", "[2x3: 1 2 3 4 5 6]"));
}

// A model that needs no values is run as ever, whatever is inside.
TEST(SequencesInside, NeedNoValues) {
  ModelBuilder model;
  model.input("x", {"n"}).input("times", {}, kInt64);
  model.node("SequenceEmpty", {}, {"none"});
  ModelBuilder body = loop_body();
  body.sequence("held", std::nullopt);
  body.node("SequenceInsert", {"held", "x"}, {"longer"});
  body.output("longer");
  model.node("Loop", {"times", "", "none"}, {"all"}).graph("body", body.graph());
  model.scalar("last", -1).node("SequenceAt", {"all", "last"}, {"y"});
  model.output("y");
  const auto outputs = run_onnx(model, {make_tensor<float>({2}, {3, 4}), number(2)});
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  EXPECT_EQ(to_doubles((*outputs)[0]), (std::vector<double>{3, 4}));
}

}  // namespace
}  // namespace octet::test

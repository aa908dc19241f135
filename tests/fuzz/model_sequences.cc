// Sequences of tensors: made of pieces or by a loop, changed, taken apart and put together.
//
// All of it only moves elements, so nodes need no "exact" in their names but the loop's.
#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

}  // namespace

// A position: known, of the run, or none. Some are outside.
std::string ModelMaker::some_position() {
  if (bytes_.chance(30)) return "";
  if (bytes_.chance(30)) return new_input(T::INT64, {}).name;
  return writer_.integers({bytes_.in(-3, 3)});
}

std::string ModelMaker::changed_sequence(std::string sequence, const ModelValue& tensor) {
  for (int64_t steps = bytes_.in(0, 3); steps > 0; --steps) {
    std::vector<std::string> inputs = {sequence};
    const bool inserts = bytes_.chance(60);
    if (inserts) inputs.push_back(tensor.name);
    if (std::string position = some_position(); !position.empty())
      inputs.push_back(std::move(position));
    sequence = writer_.node(inserts ? "SequenceInsert" : "SequenceErase", inputs).result();
  }
  return sequence;
}

// Something of a sequence of tensors of a rank.
void ModelMaker::keep_of_sequence(const std::string& sequence, int rank) {
  switch (bytes_.in(0, 3)) {
    case 0:
      return keep(writer_.node("SequenceLength", {sequence}).result(), T::INT64);
    case 1:
      return keep(
          writer_.node("SequenceAt", {sequence, writer_.integers({bytes_.in(-2, 1)})}).result());
    default: {
      const int64_t new_axis = bytes_.chance(30) ? 1 : 0;
      return keep(writer_.node("ConcatFromSequence", {sequence})
                      .set("axis", bytes_.in(new_axis - rank, rank - 1))
                      .set("new_axis", new_axis)
                      .result());
    }
  }
}

// The pieces of a value, of sizes that are known or of the run.
void ModelMaker::pieces() {
  const ModelValue src = some_float();
  std::vector<std::string> inputs = {src.name};
  const int64_t kind = bytes_.in(0, 3);
  if (kind == 1) inputs.push_back(writer_.integers({bytes_.in(0, 3), bytes_.in(0, 3)}));
  if (kind == 2) inputs.push_back(new_input(T::INT64, {}).name);
  if (kind == 3) inputs.push_back(new_input(T::INT64, {Dim::symbol("m")}).name);
  NodeWriter split = writer_.node("SplitToSequence", inputs);
  const bool keeps_axis = kind != 0 || bytes_.chance(60) || src.rank() < 2;
  split.set("axis", bytes_.in(0, src.rank() - 1)).set("keepdims", int64_t{keeps_axis ? 1 : 0});
  const int rank = keeps_axis ? src.rank() : src.rank() - 1;
  const std::string sequence = keeps_axis ? changed_sequence(split.result(), src) : split.result();
  keep_of_sequence(sequence, rank);
}

// What a loop gathers: in each iteration a tensor more.
void ModelMaker::gathered() {
  const ModelValue src = some_float();
  const std::string first = bytes_.chance(50)
                                ? writer_.node("SequenceEmpty", {}).result()
                                : writer_.node("SequenceConstruct", {src.name}).result();
  const std::string times = writer_.integers({bytes_.in(0, 3)});
  NodeWriter node = writer_.node("Loop", {times, "", first});
  const std::string own = node.result();
  node.named("exact " + own);
  pb::GraphProto body = branch(src, own + "b");
  for (const char* const input : {"i", "g", "c"}) body.add_input()->set_name(own + input);
  const std::string tensor = body.output(0).name();
  body.clear_output();
  const auto add = [&](const char* op, std::vector<std::string> inputs, const std::string& output) {
    pb::NodeProto& made = *body.add_node();
    made.set_op_type(op);
    for (std::string& input : inputs) made.add_input(std::move(input));
    made.add_output(output);
    body.add_output()->set_name(output);
  };
  add("Identity", {own + "g"}, own + "k");
  add("SequenceInsert", {own + "c", tensor}, own + "l");
  node.set("body", body);
  keep_of_sequence(own, src.rank());
}

}  // namespace octet::fuzz

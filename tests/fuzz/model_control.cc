// Shapes that depend on data, and nodes that hold graphs.
//
// What decides on shapes and branches comes from inputs, exactly: a count that rounding could
// change would be another shape. Nodes named "exact.." hold graphs that only move and choose
// elements.
#include "tests/fuzz/model_maker.h"

namespace octet::fuzz {
namespace {

using T = pb::TensorProto;

}  // namespace

// The rows of a new input whose mark is not zero; as NonZero or Compress finds them.
void ModelMaker::chosen_rows() {
  const int64_t columns = width();
  const ModelValue rows = new_input(T::FLOAT, {Dim::symbol("n"), columns});
  const ModelValue marks = new_input(T::INT64, {Dim::symbol("n")});
  if (bytes_.chance(50)) {
    const std::string places = writer_.node("NonZero", {marks.name}).result();
    const std::string indices = writer_.node("Reshape", {places, writer_.integers({-1})}).result();
    keep(places, T::INT64);
    return keep(writer_.node("Gather", {rows.name, indices}).result());
  }
  const std::string condition =
      writer_.node("Cast", {marks.name}).set("to", int64_t{T::BOOL}).result();
  keep(writer_.node("Compress", {rows.name, condition}).set("axis", int64_t{0}).result());
}

// As many rows of something as a sum comes to, or as there are different integers.
void ModelMaker::counted_rows() {
  const ModelValue numbers = new_input(T::INT64, {Dim::symbol(bytes_.chance(50) ? "n" : "m")});
  if (bytes_.chance(40)) {
    NodeWriter unique = writer_.node("Unique", {numbers.name}, 4);
    unique.set("sorted", bytes_.in(0, 1));
    const std::vector<std::string> results = {unique.result(0), unique.result(1), unique.result(2),
                                              unique.result(3)};
    for (const std::string& result : results) keep(result, T::INT64);
    return;
  }
  const std::string sum =
      writer_.node("ReduceSum", {numbers.name}).set("keepdims", int64_t{1}).result();
  const std::string size = bytes_.chance(80) ? writer_.node("Abs", {sum}).result() : sum;
  const ModelValue src = some_float();
  switch (bytes_.in(0, 3)) {
    case 0:
      return keep(writer_
                      .node("Slice", {src.name, writer_.integers({0}), size,
                                      writer_.integers({bytes_.in(0, src.rank() - 1)})})
                      .result());
    case 1:
      return keep(writer_.node("ConstantOfShape", {size}).result());
    case 2: {
      const std::string shape = writer_.node("Concat", {size, writer_.integers({width()})})
                                    .set("axis", int64_t{0})
                                    .result();
      return keep(writer_.node("Expand", {writer_.floats({1}, {0.5f}), shape}).result());
    }
    default:
      return keep(
          writer_
              .node("Reshape", {src.name, writer_.node("Concat", {size, writer_.integers({-1})})
                                              .set("axis", int64_t{0})
                                              .result()})
              .result());
  }
}

// Axes that arrive as an input: what reads them is made when they are seen.
void ModelMaker::late_axes() {
  const ModelValue src = some_float();
  const ModelValue axes = new_input(T::INT64, {1});
  const std::string result =
      writer_.node("ReduceMax", {src.name, axes.name}).set("keepdims", int64_t{1}).result();
  keep(result);
  made_.back().declared_rank = src.rank();
}

pb::GraphProto ModelMaker::branch(const ModelValue& src, const std::string& name) {
  pb::GraphProto graph;
  graph.set_name(name);
  const auto add = [&](const char* op, std::vector<std::string> inputs) -> pb::NodeProto& {
    pb::NodeProto& node = *graph.add_node();
    node.set_op_type(op);
    for (std::string& input : inputs) node.add_input(std::move(input));
    node.add_output(name + std::to_string(graph.node_size()));
    return node;
  };
  std::string last = src.name;
  for (int64_t steps = bytes_.in(0, 2); steps > 0; --steps) {
    const int64_t kind = bytes_.in(0, 3);
    pb::NodeProto& node = kind == 3 ? add("Concat", {last, src.name})
                                    : add(kind == 0   ? "Relu"
                                          : kind == 1 ? "Neg"
                                                      : "Abs",
                                          {last});
    if (kind == 3) {
      pb::AttributeProto& axis = *node.add_attribute();
      axis.set_name("axis");
      axis.set_type(pb::AttributeProto::INT);
      axis.set_i(bytes_.chance(70) ? 0 : src.rank() - 1);
    }
    last = node.output(0);
  }
  graph.add_output()->set_name(last);
  return graph;
}

void ModelMaker::conditional() {
  const ModelValue src = some_float();
  const ModelValue condition = new_input(T::BOOL, {});
  NodeWriter node = writer_.node("If", {condition.name});
  node.named("exact " + node.result());
  node.set("then_branch", branch(src, node.result() + "t"));
  node.set("else_branch", branch(src, node.result() + "e"));
  keep(node.result());
}

// A few iterations of a layer, of choices, or of a value that grows; what each gives is put
// together.
void ModelMaker::loop() {
  const ModelValue src = some_float();
  const std::string times = writer_.integers({bytes_.in(0, 3)});
  const bool layers = bytes_.chance(40) && src.rank() >= 2;
  const std::string weights = layers ? some_floats({src.extent(1), src.extent(1)}) : std::string();
  NodeWriter node = writer_.node("Loop", {times, "", src.name}, 2);
  const std::string own = node.result();
  if (!layers) node.named("exact " + own);
  const std::string carried = own + "c";
  pb::GraphProto body;
  if (layers) {
    body.set_name(own);
    pb::NodeProto& product = *body.add_node();
    product.set_op_type("MatMul");
    product.add_input(carried);
    product.add_input(weights);
    product.add_output(own + "p");
    body.add_output()->set_name(own + "p");
  } else {
    body = branch({carried, T::FLOAT, src.shape}, own + "b");
  }
  for (const char* const input : {"i", "g", "c"}) body.add_input()->set_name(own + input);
  const std::string next = body.output(0).name();
  body.clear_output();
  pb::NodeProto& going = *body.add_node();
  going.set_op_type("Identity");
  going.add_input(own + "g");
  going.add_output(own + "k");
  for (const std::string& name : {own + "k", next, bytes_.chance(70) ? next : src.name})
    body.add_output()->set_name(name);
  node.set("body", body);
  keep(node.result(0));
  keep(node.result(1));
}

void ModelMaker::scan() {
  const ModelValue src = some_float(2);
  const int64_t axis = bytes_.in(0, src.rank() - 1);
  NodeWriter node = writer_.node("Scan", {src.name});
  const std::string own = node.result();
  node.named("exact " + own).set("num_scan_inputs", int64_t{1});
  node.set("scan_input_axes", Extents{axis}).set("scan_input_directions", Extents{bytes_.in(0, 1)});
  node.set("scan_output_axes", Extents{bytes_.in(-1, 1)});
  pb::GraphProto body = branch({own + "s", T::FLOAT, src.shape}, own + "b");
  body.add_input()->set_name(own + "s");
  node.set("body", body);
  keep(node.result());
}

}  // namespace octet::fuzz

// ONNX models of a given number of nodes, each kind of a shape that makes some algorithm quadratic
// where it looks at everything again for every node.
#pragma once

#include <string>
#include <vector>

#include "tests/loaders/model_builder.h"

namespace octet::test {

// Adds nodes of one kind until the model has as many as asked for.
class LargeModel {
 public:
  explicit LargeModel(int nodes) : nodes_(nodes) {}

  ModelBuilder model;

  bool has_room(int more = 1) const { return made_ + more <= nodes_; }
  std::string add(const std::string& op, std::vector<std::string> inputs) {
    const std::string name = "v" + std::to_string(made_);
    ++made_;
    model.node(op, std::move(inputs), {name});
    return name;
  }
  std::string add(const std::string& op, std::vector<std::string> inputs, const std::string& ints,
                  std::vector<int64_t> values) {
    const std::string name = "v" + std::to_string(made_++);
    model.node(op, std::move(inputs), {name}).ints(ints, std::move(values));
    return name;
  }
  std::string add_on_axis(const std::string& op, std::vector<std::string> inputs, int64_t axis) {
    const std::string name = "v" + std::to_string(made_++);
    model.node(op, std::move(inputs), {name}).attr("axis", axis);
    return name;
  }
  // Joins `values` along axis 0, at most 64 at a time, and makes the result the output.
  void finish(std::vector<std::string> values) {
    while (values.size() > 1) {
      std::vector<std::string> joined;
      for (size_t first = 0; first < values.size(); first += 64) {
        const size_t count = std::min<size_t>(64, values.size() - first);
        const auto begin = values.begin() + static_cast<ptrdiff_t>(first);
        joined.push_back(add_on_axis("Concat", {begin, begin + static_cast<ptrdiff_t>(count)}, 0));
      }
      values = std::move(joined);
    }
    model.output(values[0]);
  }

 private:
  int nodes_;
  int made_ = 0;
};

// One node after the other: row-local ones alone, or every second one a task kernel.
inline ModelBuilder chain(int nodes, bool with_tasks) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8});
  std::string value = "x";
  for (int i = 0; large.has_room(); ++i)
    value = with_tasks && i % 2 == 1 ? large.add_on_axis("Softmax", {value}, 0)
                                     : large.add(i % 4 == 0 ? "Relu" : "Tanh", {value});
  large.model.output(value);
  return std::move(large.model);
}

// Every node reads the input.
inline ModelBuilder fan(int nodes) {
  LargeModel large(nodes - nodes / 60);
  large.model.input("x", {"batch", 8});
  std::vector<std::string> values;
  while (large.has_room()) {
    const std::string shift = "c" + std::to_string(values.size());
    large.model.initializer<float>(shift, {1}, {static_cast<float>(values.size())});
    values.push_back(large.add("Add", {"x", shift}));
  }
  large.finish(std::move(values));
  return std::move(large.model);
}

// One node reads the results of all others.
inline ModelBuilder wide(int nodes, const std::string& op) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8});
  std::vector<std::string> values;
  while (large.has_room(2)) {
    const std::string shift = "c" + std::to_string(values.size());
    large.model.initializer<float>(shift, {1}, {static_cast<float>(values.size())});
    values.push_back(large.add("Add", {"x", shift}));
  }
  large.model.output(op == "Concat" ? large.add_on_axis(op, values, 0) : large.add(op, values));
  return std::move(large.model);
}

// Every node makes an output of the model.
inline ModelBuilder outputs(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8});
  std::string value = "x";
  while (large.has_room()) {
    value = large.add("Tanh", {value});
    large.model.output(value);
  }
  return std::move(large.model);
}

// Half of the nodes make buffers that are all alive when the other half begins to read them, the
// last one first.
inline ModelBuilder alive_at_once(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8}).input("start", {1, 8});
  std::vector<std::string> values;
  while (large.has_room(nodes / 2)) {
    const std::string shift = "c" + std::to_string(values.size());
    large.model.initializer<float>(shift, {1}, {static_cast<float>(values.size())});
    const std::string moved = large.add("Add", {"x", shift});
    values.push_back(large.add_on_axis("Softmax", {moved}, 0));
  }
  std::string sum = "start";
  while (large.has_room() && !values.empty()) {
    sum = large.add("Mul", {sum, values.back()});
    values.pop_back();
  }
  large.model.output(sum);
  return std::move(large.model);
}

// Every pair of nodes has a number of rows of its own, and so is a region.
inline ModelBuilder regions(int nodes) {
  LargeModel large(nodes - nodes / 60);
  large.model.input("x", {nodes, 2});
  large.model.ints("zero", {0});
  std::vector<std::string> values;
  for (int i = 1; large.has_room(3); ++i) {
    const std::string end = "end" + std::to_string(i);
    large.model.ints(end, {i});
    const std::string rows = large.add("Slice", {"x", "zero", end, "zero"});
    values.push_back(large.add("ReduceMax", {large.add("Tanh", {rows})}, "axes", {0}));
  }
  large.finish(std::move(values));
  return std::move(large.model);
}

// Linear layers of 4 x 4 with bias and activation, in a chain or all over one input.
inline ModelBuilder linears(int nodes, bool in_chain) {
  LargeModel large(nodes - nodes / 60);
  large.model.input("x", {"batch", 4});
  std::vector<std::string> values;
  std::string value = "x";
  for (int i = 0; large.has_room(3); ++i) {
    const std::string number = std::to_string(i);
    std::vector<float> weights(16, 0.25f);
    weights[static_cast<size_t>(i) % 16] = static_cast<float>(i % 7) / 8;
    large.model.initializer<float>("w" + number, {4, 4}, weights);
    large.model.initializer<float>("b" + number, {4}, {0, 1, 2, static_cast<float>(i % 5)});
    value = large.add("MatMul", {in_chain ? value : "x", "w" + number});
    value = large.add("Relu", {large.add("Add", {value, "b" + number})});
    if (!in_chain) values.push_back(value);
  }
  if (in_chain) values = {value};
  large.finish(std::move(values));
  return std::move(large.model);
}

// Movement ops alone, which become views of one buffer or copies.
inline ModelBuilder views(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 4, 6});
  large.model.ints("wide", {0, 24}).ints("narrow", {0, 4, 6}).ints("zero", {0}).ints("one", {1});
  large.model.ints("most", {INT64_MAX});
  std::string value = "x";
  while (large.has_room(5)) {
    value = large.add("Transpose", {value}, "perm", {0, 2, 1});
    value = large.add("Transpose", {value}, "perm", {0, 2, 1});
    value = large.add("Slice", {value, "zero", "most", "one"});
    value = large.add("Reshape", {value, "wide"});
    value = large.add("Reshape", {value, "narrow"});
  }
  large.model.output(large.add("Relu", {value}));
  return std::move(large.model);
}

// Sums with constants of their own, every second of them a sum of two that loading computes.
inline ModelBuilder constants(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8});
  std::string value = "x";
  for (int i = 0; large.has_room(2); ++i) {
    const std::string name = "c" + std::to_string(i);
    std::vector<float> elements(8, 0.5f);
    elements[0] = static_cast<float>(i);
    large.model.initializer<float>(name, {8}, elements);
    const std::string sum = large.add("Add", {name, name});
    value = large.add("Mul", {value, sum});
  }
  large.model.output(value);
  return std::move(large.model);
}

// Arithmetic on extents, whose last result is a shape.
inline ModelBuilder shape_arithmetic(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8}).ints("one", {1}).ints("zero", {0}).ints("eight", {8});
  std::string value = "x";
  while (large.has_room(6)) {
    const std::string shape = large.add("Shape", {value});
    const std::string batch = large.add("Gather", {shape, "zero"});
    const std::string more = large.add("Sub", {large.add("Add", {batch, "one"}), "one"});
    value = large.add("Reshape", {value, large.add_on_axis("Concat", {more, "eight"}, 0)});
  }
  large.model.output(large.add("Relu", {value}));
  return std::move(large.model);
}

// A long chain of arithmetic on one extent.
inline ModelBuilder shape_chain(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8}).ints("two", {2}).ints("zero", {0}).ints("eight", {8});
  std::string value = large.add("Gather", {large.add("Shape", {"x"}), "zero"});
  for (int i = 0; large.has_room(3); ++i)
    value = large.add(i % 2 == 0 ? "Mul" : "Div", {value, "two"});
  large.model.output(large.add("Expand", {"x", large.add_on_axis("Concat", {value, "eight"}, 0)}));
  return std::move(large.model);
}

// Every node reads two results of earlier ones, near ones and far ones.
inline ModelBuilder web(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8});
  std::vector<std::string> values = {"x"};
  uint32_t random = 7;
  while (large.has_room()) {
    random = random * 1664525u + 1013904223u;
    const size_t far = (random >> 8) % values.size();
    const size_t near = values.size() - 1 - (random >> 4) % std::min<size_t>(values.size(), 16);
    values.push_back(random % 3 == 0
                         ? large.add_on_axis("Softmax", {values[near]}, 0)
                         : large.add(random % 3 == 1 ? "Add" : "Max", {values[near], values[far]}));
  }
  large.model.output(values.back());
  return std::move(large.model);
}

// Attention of one head over and over, spelled in primitives, with a residual sum and a norm.
inline ModelBuilder attentions(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", "seq", 4}).input("mask", {"batch", 1, "seq"});
  large.model.initializer<float>("scale", {}, {2.0f}).initializer<float>("epsilon", {}, {1e-5f});
  large.model.initializer<float>("w", {4, 4}, std::vector<float>(16, 0.5f));
  std::string x = "x";
  while (large.has_room(17)) {
    std::vector<std::string> projected;
    for (int i = 0; i < 3; ++i) projected.push_back(large.add("MatMul", {x, "w"}));
    const std::string keys = large.add("Transpose", {projected[1]}, "perm", {0, 2, 1});
    std::string scores = large.add("MatMul", {projected[0], keys});
    scores = large.add("Add", {large.add("Div", {scores, "scale"}), "mask"});
    scores = large.add_on_axis("Softmax", {scores}, 2);
    x = large.add("Add", {x, large.add("MatMul", {scores, projected[2]})});
    const std::string mean = large.add("ReduceMean", {x}, "axes", {-1});
    const std::string deviation = large.add("Sub", {x, mean});
    const std::string square = large.add("Mul", {deviation, deviation});
    const std::string variance = large.add("ReduceMean", {square}, "axes", {-1});
    const std::string root = large.add("Sqrt", {large.add("Add", {variance, "epsilon"})});
    x = large.add("Div", {deviation, root});
  }
  large.model.output(x);
  return std::move(large.model);
}

// Each takes all rows but the first of what is left.
inline ModelBuilder slices(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8}).ints("one", {1}).ints("zero", {0}).ints("most", {INT64_MAX});
  std::string value = "x";
  while (large.has_room(2)) value = large.add("Slice", {value, "one", "most", "zero"});
  large.model.output(large.add("Relu", {value}));
  return std::move(large.model);
}

// Halves that change places.
inline ModelBuilder splits(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8});
  std::string value = "x";
  while (large.has_room(3)) {
    const std::string half = large.add_on_axis("Split", {value}, 1), other = half + "_";
    large.model.graph().mutable_node(large.model.graph().node_size() - 1)->add_output(other);
    value = large.add_on_axis("Concat", {other, half}, 1);
  }
  large.model.output(large.add("Relu", {value}));
  return std::move(large.model);
}

// Layer normalization as one node, and centring in two.
inline ModelBuilder norms(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 4});
  large.model.initializer<float>("scale", {4}, {1, 2, 1, 2});
  std::string value = "x";
  while (large.has_room(3)) {
    value = large.add("LayerNormalization", {value, "scale"});
    value = large.add("Sub", {value, large.add("ReduceMean", {value}, "axes", {-1})});
  }
  large.model.output(value);
  return std::move(large.model);
}

// Columns in another order, added to what was there.
inline ModelBuilder gathers(int nodes) {
  LargeModel large(nodes);
  large.model.input("x", {"batch", 8}).ints("order", {1, 0, 3, 2, 5, 4, 7, 6});
  std::string value = "x";
  while (large.has_room(2))
    value = large.add("Sum", {value, large.add_on_axis("Gather", {value, "order"}, 1), "x"});
  large.model.output(value);
  return std::move(large.model);
}

// Calls of a function of the model.
inline ModelBuilder function_calls(int nodes) {
  LargeModel large(nodes / 2);
  large.model.import("own", 1);
  auto& function = *large.model.proto.add_functions();
  function.set_name("Twice");
  function.set_domain("own");
  function.add_input("a");
  function.add_output("c");
  auto& import = *function.add_opset_import();
  import.set_version(17);
  for (const auto& [from, to] : {std::pair("a", "b"), std::pair("b", "c")}) {
    auto& node = *function.add_node();
    node.set_op_type("Tanh");
    node.add_input(from);
    node.add_output(to);
  }
  large.model.input("x", {"batch", 8});
  std::string value = "x";
  for (int i = 0; large.has_room(); ++i) {
    const std::string name = "f" + std::to_string(i);
    large.model.node("Twice", {value}, {name}).in_domain("own");
    value = name;
    if (i >= nodes / 2) break;
  }
  large.model.output(value);
  return std::move(large.model);
}

struct LargeModelKind {
  const char* name;
  ModelBuilder (*make)(int nodes);
};
inline const LargeModelKind kLargeModels[] = {
    {"chain", [](int n) { return chain(n, false); }},
    {"chain_with_tasks", [](int n) { return chain(n, true); }},
    {"fan", fan},
    {"wide_concat", [](int n) { return wide(n, "Concat"); }},
    {"wide_sum", [](int n) { return wide(n / 2, "Sum"); }},
    {"outputs", outputs},
    {"alive_at_once", alive_at_once},
    {"regions", regions},
    {"linears_in_chain", [](int n) { return linears(n, true); }},
    {"linears_of_one_input", [](int n) { return linears(n, false); }},
    {"views", views},
    {"constants", constants},
    {"shape_arithmetic", shape_arithmetic},
    {"shape_chain", shape_chain},
    {"web", web},
    {"attentions", attentions},
    {"slices", slices},
    {"splits", splits},
    {"norms", norms},
    {"gathers", gathers},
    {"function_calls", function_calls},
};

}  // namespace octet::test

// One mutation per call, chosen by a small generator.
#include "tests/fuzz/mutate_model.h"

#include <algorithm>
#include <climits>
#include <random>

#include "loaders/onnx/onnx_proto.h"
#include "loaders/onnx/op_table.h"

namespace octet::fuzz {
namespace {

constexpr int64_t kOddIntegers[] = {0,       1,         -1,        2,         3,
                                    4,       7,         8,         -2,        64,
                                    255,     1 << 16,   INT32_MAX, INT32_MIN, int64_t{1} << 32,
                                    1 << 20, INT64_MAX, INT64_MIN, -7,        int64_t{1} << 40};

class Mutator {
 public:
  Mutator(pb::ModelProto& model, uint64_t seed) : model_(model), random_(seed) {}

  void run() {
    pb::GraphProto& graph = *model_.mutable_graph();
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (pb::NodeProto* node = one_of(*graph.mutable_node())) change_node(*node, graph);
        break;
      case 4:
      case 5:
        change_nodes(graph);
        break;
      case 6:
        if (pb::ValueInfoProto* input = one_of(*graph.mutable_input())) change_value(*input);
        break;
      case 7:
      case 8:
        if (pb::TensorProto* tensor = one_of(*graph.mutable_initializer())) change_tensor(*tensor);
        break;
      case 9:
        change_outputs(graph);
        break;
      case 10:
        add_shape_input(graph);
        break;
      default:
        change_model(graph);
    }
  }

 private:
  size_t below(size_t count) { return static_cast<size_t>(random_() % std::max<size_t>(1, count)); }
  int64_t odd_integer() { return kOddIntegers[below(std::size(kOddIntegers))]; }

  template <class T>
  T* one_of(google::protobuf::RepeatedPtrField<T>& field) {
    return field.empty() ? nullptr : field.Mutable(static_cast<int>(below(size_t(field.size()))));
  }

  // The name of some value of the graph.
  std::string some_name(const pb::GraphProto& graph) {
    const size_t kind = below(8);
    if (kind == 0) return "";
    if (kind < 3 && graph.input_size() > 0)
      return graph.input(static_cast<int>(below(size_t(graph.input_size())))).name();
    if (kind < 5 && graph.initializer_size() > 0)
      return graph.initializer(static_cast<int>(below(size_t(graph.initializer_size())))).name();
    if (graph.node_size() == 0) return "x";
    const auto& node = graph.node(static_cast<int>(below(size_t(graph.node_size()))));
    return node.output_size() > 0 ? node.output(0) : "y";
  }

  void change_node(pb::NodeProto& node, const pb::GraphProto& graph) {
    switch (below(7)) {
      case 0: {
        const auto rows = op_table();
        const OpRow& row = rows[below(rows.size())];
        node.set_op_type(std::string(row.op_type));
        node.set_domain(std::string(row.domain));
        break;
      }
      case 1:
      case 2:
        if (std::string* name = one_of(*node.mutable_input())) *name = some_name(graph);
        break;
      case 3:
        node.add_input(some_name(graph));
        break;
      case 4:
        if (node.input_size() > 0) node.mutable_input()->RemoveLast();
        break;
      case 5:
        node.add_output("extra" + std::to_string(below(100)));
        break;
      default:
        if (pb::AttributeProto* attribute = one_of(*node.mutable_attribute()))
          change_attribute(*attribute);
    }
  }

  void change_attribute(pb::AttributeProto& attribute) {
    switch (attribute.type()) {
      case pb::AttributeProto::INT:
        attribute.set_i(odd_integer());
        break;
      case pb::AttributeProto::FLOAT:
        attribute.set_f(static_cast<float>(odd_integer()));
        break;
      case pb::AttributeProto::INTS:
        if (attribute.ints_size() > 0 && below(3) > 0)
          attribute.set_ints(static_cast<int>(below(size_t(attribute.ints_size()))), odd_integer());
        else if (below(2) == 0)
          attribute.add_ints(odd_integer());
        else if (attribute.ints_size() > 0)
          attribute.mutable_ints()->RemoveLast();
        break;
      case pb::AttributeProto::TENSOR:
        change_tensor(*attribute.mutable_t());
        break;
      default:
        attribute.set_type(static_cast<pb::AttributeProto::AttributeType>(below(15)));
    }
  }

  void change_nodes(pb::GraphProto& graph) {
    if (graph.node_size() == 0) return;
    const int index = static_cast<int>(below(size_t(graph.node_size())));
    const int other = static_cast<int>(below(size_t(graph.node_size())));
    switch (below(4)) {
      case 0:
        graph.mutable_node()->DeleteSubrange(index, 1);
        break;
      case 1:
        graph.mutable_node()->SwapElements(index, other);
        break;
      default: {  // a copy that takes the place of the original for the nodes after it
        pb::NodeProto copy = graph.node(index);
        const std::string made = "made" + std::to_string(random_() % 1'000'000);
        if (copy.output_size() == 0) return;
        const std::string replaced = copy.output(0);
        copy.set_output(0, made);
        if (copy.input_size() > 0 && below(2) == 0) copy.set_input(0, replaced);
        change_node(copy, graph);
        *graph.add_node() = copy;
        for (int i = graph.node_size() - 1; i > index + 1; --i)
          graph.mutable_node()->SwapElements(i, i - 1);
        for (int i = index + 2; i < graph.node_size(); ++i)
          for (std::string& name : *graph.mutable_node(i)->mutable_input())
            if (name == replaced && below(2) == 0) name = made;
      }
    }
  }

  void change_value(pb::ValueInfoProto& value) {
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    if (below(5) == 0) tensor.set_elem_type(static_cast<int>(below(26)));
    auto& dims = *tensor.mutable_shape()->mutable_dim();
    if (dims.empty() || below(6) == 0) {
      dims.Add()->set_dim_param("n");
    } else if (below(6) == 0) {
      dims.RemoveLast();
    } else if (auto* dim = one_of(dims)) {
      if (below(2) == 0)
        dim->set_dim_param(below(2) == 0 ? "n" : "past + 1");
      else
        dim->set_dim_value(odd_integer());
    }
  }

  void change_tensor(pb::TensorProto& tensor) {
    switch (below(5)) {
      case 0:
        if (tensor.dims_size() > 0)
          tensor.set_dims(static_cast<int>(below(size_t(tensor.dims_size()))), odd_integer());
        break;
      case 1:
        tensor.set_data_type(static_cast<int>(below(26)));
        break;
      case 2:
        tensor.add_dims(1);
        break;
      default: {
        std::string& raw = *tensor.mutable_raw_data();
        if (raw.size() >= 8 && below(2) == 0) {
          const int64_t value = odd_integer();
          const size_t at = below(raw.size() / 8) * 8;
          for (size_t i = 0; i < 8; ++i) raw[at + i] = static_cast<char>(value >> (8 * i));
        } else if (!raw.empty()) {
          raw[below(raw.size())] = static_cast<char>(random_());
        }
      }
    }
  }

  void change_outputs(pb::GraphProto& graph) {
    if (graph.output_size() > 1 && below(2) == 0) {
      graph.mutable_output()->RemoveLast();
    } else {
      graph.add_output()->set_name(some_name(graph));
    }
  }

  // Makes a node read a shape: Shape(x) or a new input of integers in place of a constant.
  void add_shape_input(pb::GraphProto& graph) {
    pb::NodeProto* node = one_of(*graph.mutable_node());
    if (node == nullptr || node->input_size() < 2) return;
    const std::string name = "shape" + std::to_string(random_() % 1'000'000);
    if (below(2) == 0) {
      auto& input = *graph.add_input();
      input.set_name(name);
      auto& tensor = *input.mutable_type()->mutable_tensor_type();
      tensor.set_elem_type(below(4) == 0 ? pb::TensorProto::INT32 : pb::TensorProto::INT64);
      tensor.mutable_shape()->add_dim()->set_dim_value(static_cast<int64_t>(1 + below(4)));
    } else {
      pb::NodeProto shape;
      shape.set_op_type("Shape");
      shape.add_input(some_name(graph));
      shape.add_output(name);
      *graph.add_node() = shape;
      for (int i = graph.node_size() - 1; i > 0; --i) graph.mutable_node()->SwapElements(i, i - 1);
      node = graph.mutable_node(static_cast<int>(below(size_t(graph.node_size()))));
    }
    if (node->input_size() > 1) node->set_input(1, name);
  }

  void change_model(pb::GraphProto& graph) {
    switch (below(4)) {
      case 0:
        if (model_.opset_import_size() > 0)
          model_.mutable_opset_import(0)->set_version(static_cast<int64_t>(7 + below(18)));
        break;
      case 1: {
        auto& function = *model_.add_functions();
        function.set_name("F");
        function.set_domain("f");
        function.add_input("a");
        function.add_output("b");
        auto& node = *function.add_node();
        node.set_op_type(below(3) == 0 ? "F" : "Relu");
        if (node.op_type() == "F") node.set_domain("f");
        node.add_input("a");
        node.add_output("b");
        function.add_opset_import()->set_version(17);
        auto& import = *model_.add_opset_import();
        import.set_domain("f");
        import.set_version(1);
        break;
      }
      case 2:
        if (pb::NodeProto* node = one_of(*graph.mutable_node())) {
          node->set_domain("f");
          node->set_op_type("F");
        }
        break;
      default:
        graph.add_sparse_initializer();
    }
  }

  pb::ModelProto& model_;
  std::mt19937_64 random_;
};

}  // namespace

std::string mutate_model(const std::string& bytes, uint64_t seed, size_t max_size) {
  pb::ModelProto model;
  if (!model.ParseFromString(bytes)) return "";
  Mutator mutator(model, seed);
  mutator.run();
  std::string mutated = model.SerializeAsString();
  return mutated.size() <= max_size ? mutated : "";
}

}  // namespace octet::fuzz

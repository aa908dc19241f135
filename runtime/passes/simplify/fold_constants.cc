// Pass: what depends on no input becomes a constant.
#include "runtime/passes/simplify/fold_constants.h"

#include <algorithm>

#include "runtime/core/run_control.h"
#include "runtime/passes/match.h"
#include "runtime/passes/simplify/fold_budget.h"

namespace octet {
namespace {

constexpr uint64_t kSmallBytes = uint64_t{64} << 10;
constexpr uint64_t kGrowth = 8;

template <class T>
Tensor integers(const std::vector<Dim>& contents, const Shape& shape) {
  Tensor tensor(dtype_of<T>, shape);
  for (size_t i = 0; i < contents.size(); ++i)
    tensor.elements<T>()[i] = static_cast<T>(contents[i].value());
  return tensor;
}

Tensor contents_tensor(const TypeInfo& type, const Shape& shape) {
  const std::vector<Dim>& contents = *type.contents;
  switch (type.dtype) {
    case DType::kI8:
      return integers<int8_t>(contents, shape);
    case DType::kU8:
      return integers<uint8_t>(contents, shape);
    case DType::kI16:
      return integers<int16_t>(contents, shape);
    case DType::kU16:
      return integers<uint16_t>(contents, shape);
    case DType::kI32:
      return integers<int32_t>(contents, shape);
    case DType::kU32:
      return integers<uint32_t>(contents, shape);
    case DType::kU64:
      return integers<uint64_t>(contents, shape);
    case DType::kBool:
      return integers<bool>(contents, shape);
    default:
      return integers<int64_t>(contents, shape);
  }
}

bool all_constant(const std::vector<Dim>& dims) {
  return std::all_of(dims.begin(), dims.end(), [](const Dim& dim) { return dim.is_constant(); });
}

// Attributes may hold extents too. Graphs and sequences are no constants.
bool attributes_are_constant(const Node& node) {
  if (runs_in_session(node.kind())) return false;
  return std::ranges::none_of(describe(node.attributes), &FieldText::has_symbols);
}

bool is_weight_transpose(const Graph& graph, const GraphIndex& index, const Node& node) {
  if (node.as<TransposeAttrs>() == nullptr || graph.value(node.outputs[0]).type.rank() != 2)
    return false;
  const std::vector<const Node*> users = index.users(node.outputs[0]);
  return !users.empty() && std::all_of(users.begin(), users.end(), [](const Node* user) {
    return user->as<MatMulAttrs>() != nullptr;
  });
}

// The inputs as tensors when the node may be evaluated; nullopt when it isn't constant, grows too
// much or is too much work. Takes the work from the budget.
Result<std::optional<std::vector<Tensor>>> constant_inputs(const Graph& graph, const Node& node,
                                                           const PassOptions& options,
                                                           FoldBudget& budget) {
  using Tensors = std::optional<std::vector<Tensor>>;
  uint64_t input_bytes = 0;
  for (ValueId id : node.inputs) {
    if (id == kNoValue || !graph.value(id).constant) return Tensors();
    input_bytes += graph.value(id).constant->byte_count();
  }
  uint64_t output_bytes = 0;
  for (ValueId id : node.outputs) {
    const auto shape = to_constant(graph.value(id).type.shape);
    if (!shape) return Tensors();
    output_bytes +=
        static_cast<uint64_t>(shape->element_count()) * dtype_size(graph.value(id).type.dtype);
  }
  if (!attributes_are_constant(node)) return Tensors();
  if (output_bytes > kSmallBytes && output_bytes > kGrowth * input_bytes) return Tensors();
  if (output_bytes > budget.largest || output_bytes > budget.bytes) return Tensors();
  double cost = fold_cost(graph, node, options);
  for (ValueId id : node.inputs) {  // what is computed when it is read
    const Constant& constant = *graph.value(id).constant;
    cost += constant.depth() * static_cast<double>(constant.shape().element_count());
  }
  if (cost > budget.work) return Tensors();
  budget.work -= cost;
  std::vector<Tensor> tensors;
  for (ValueId id : node.inputs) {
    OCTET_ASSIGN_OR_RETURN(Tensor tensor, graph.value(id).constant->load());
    tensors.push_back(std::move(tensor));
  }
  return Tensors(std::move(tensors));
}

// The constants that took the place of values. Nodes come after those whose results they read, so
// that each is rewired when its turn comes, and once.
class Replacements {
 public:
  explicit Replacements(Graph& graph) : graph_(graph), constants_(graph.value_count(), kNoValue) {}

  // Of a node that was there before the first replacement.
  void rewire(const Node& node) {
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (id != kNoValue && static_cast<size_t>(id) < constants_.size() &&
          constants_[static_cast<size_t>(id)] != kNoValue)
        graph_.set_input(node, i, constants_[static_cast<size_t>(id)]);
    }
  }
  Status replace(ValueId id, Tensor tensor) {
    OCTET_ASSIGN_OR_RETURN(constants_[static_cast<size_t>(id)],
                           graph_.add_constant(graph_.value(id).name, Constant(std::move(tensor))));
    return Status::ok();
  }

 private:
  Graph& graph_;
  std::vector<ValueId> constants_;  // by the value that each replaces
};

}  // namespace

Status fold_constants(Graph& graph, const PassOptions& options) {
  const GraphIndex index(graph);
  FoldBudget budget = fold_budget(graph, options);
  Replacements replacements(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    OCTET_RETURN_IF_ERROR(check_stop());
    replacements.rewire(graph.nodes()[i]);
    const Node node = graph.nodes()[i];  // a copy: constants are added below
    // An output of the graph stays the output of a node.
    if (std::any_of(node.outputs.begin(), node.outputs.end(),
                    [&](ValueId id) { return graph.is_output(id); }))
      continue;
    bool folded = false;
    for (ValueId id : node.outputs) {
      const TypeInfo type = graph.value(id).type;
      if (!type.contents || !all_constant(*type.contents)) continue;
      OCTET_RETURN_IF_ERROR(
          replacements.replace(id, contents_tensor(type, *to_constant(type.shape))));
      folded = true;
    }
    const bool quantizes =
        node.as<QuantizeRowsAttrs>() != nullptr || node.as<QuantizedLinearAttrs>() != nullptr;
    if (folded || quantizes || !options.evaluate) continue;
    if (is_weight_transpose(graph, index, node)) continue;
    OCTET_ASSIGN_OR_RETURN(const auto inputs, constant_inputs(graph, node, options, budget));
    if (!inputs) continue;
    auto results = options.evaluate(node.attributes, *inputs);
    if (!results.is_ok())
      return results.status().with_prefix("node \"" + node.name + "\" (" +
                                          op_label(node.attributes) + ")");
    for (size_t j = 0; j < node.outputs.size(); ++j) {
      budget.bytes -= std::min<uint64_t>(budget.bytes, (*results)[j].byte_count());
      OCTET_RETURN_IF_ERROR(replacements.replace(node.outputs[j], std::move((*results)[j])));
    }
  }
  return Status::ok();
}

}  // namespace octet

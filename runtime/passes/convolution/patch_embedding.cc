// Pass: a convolution over patches that don't overlap becomes a linear layer over rows of patches.
#include "runtime/passes/convolution/patch_embedding.h"

#include <algorithm>

#include "runtime/passes/match.h"

namespace octet {
namespace {

// A convolution that is one product per patch.
struct Patches {
  int64_t channels, rows, columns;  // of patches; C
  int64_t height, width;            // of a patch
  int64_t features;                 // M
  int64_t count() const { return rows * columns; }
  int64_t size() const { return channels * height * width; }
};

bool all_equal(const std::vector<int64_t>& numbers, int64_t value) {
  return std::all_of(numbers.begin(), numbers.end(), [&](int64_t n) { return n == value; });
}

std::optional<Patches> as_patches(const Graph& graph, const Node& node) {
  const auto* conv = node.as<ConvAttrs>();
  if (conv == nullptr || conv->groups != 1 || conv->activation != Activation::kNone)
    return std::nullopt;
  if (node.inputs.size() > 3 && node.inputs[3] != kNoValue) return std::nullopt;
  const Window& window = conv->window;
  if (window.rank() != 2 || window.padding != Padding::kExplicit ||
      window.strides != window.kernel || !all_equal(window.dilations, 1) ||
      !all_equal(window.begins, 0) || !all_equal(window.ends, 0))
    return std::nullopt;
  const TypeInfo& src = graph.value(node.inputs[0]).type;
  const auto& weights = graph.value(node.inputs[1]).constant;
  if (src.dtype != DType::kF32 || !weights || weights->shape().element_count() == 0)
    return std::nullopt;
  for (size_t axis : {size_t{2}, size_t{3}})
    if (!src.shape[axis].is_constant() || src.shape[axis].value() % window.kernel[axis - 2] != 0)
      return std::nullopt;
  return Patches{.channels = weights->shape()[1],
                 .rows = src.shape[2].value() / window.kernel[0],
                 .columns = src.shape[3].value() / window.kernel[1],
                 .height = window.kernel[0],
                 .width = window.kernel[1],
                 .features = weights->shape()[0]};
}

bool is_transpose(const Node* node, const std::vector<int>& permutation) {
  return node != nullptr && node->as<TransposeAttrs>() != nullptr &&
         node->as<TransposeAttrs>()->permutation == permutation;
}

// The node whose output is the rows of the convolution's pixels; nullptr when there is none.
const Node* rows_of_pixels(const Graph& graph, const GraphIndex& index, const Node& conv,
                           const Patches& patches) {
  const Node* user = index.single_user(conv.outputs[0]);
  if (is_transpose(user, {0, 2, 3, 1})) return user;
  if (user == nullptr || user->as<ReshapeAttrs>() == nullptr) return nullptr;
  const SymbolicShape& shape = graph.value(user->outputs[0]).type.shape;
  const Dim batch = graph.value(conv.inputs[0]).type.shape[0];
  if (!(shape == SymbolicShape{batch, patches.features, patches.count()})) return nullptr;
  const Node* transpose = index.single_user(user->outputs[0]);
  return is_transpose(transpose, {0, 2, 1}) ? transpose : nullptr;
}

// Adds the linear layer and makes the readers of `old` read its result.
Status make_linear(Graph& graph, const Node& conv, const Patches& patches, ValueId old) {
  const std::string name = conv.name;
  const Dim batch = graph.value(conv.inputs[0]).type.shape[0];
  const ValueId src = conv.inputs[0], weights = conv.inputs[1];
  const ValueId bias = conv.inputs.size() > 2 ? conv.inputs[2] : kNoValue;
  const SymbolicShape dst = graph.value(old).type.shape;
  OCTET_ASSIGN_OR_RETURN(const ValueId split,
                         graph.add(name + "/patches",
                                   ReshapeAttrs{{batch, patches.channels, patches.rows,
                                                 patches.height, patches.columns, patches.width}},
                                   {src}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId moved,
      graph.add(name + "/patch_major", TransposeAttrs{{0, 2, 4, 1, 3, 5}}, {split}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId rows,
      graph.add(name + "/rows", ReshapeAttrs{{batch, patches.count(), patches.size()}}, {moved}));
  const std::string weights_name = graph.value(weights).name;
  Constant as_matrix =
      graph.value(weights).constant->reshaped(Shape{patches.features, patches.size()});
  OCTET_ASSIGN_OR_RETURN(const ValueId matrix,
                         graph.add_constant(weights_name, std::move(as_matrix)));
  LinearAttrs linear;
  linear.weights_transposed = true;
  linear.layer = {name, {weights_name}, 0, patches.features};
  std::vector<ValueId> inputs = {rows, matrix};
  if (bias != kNoValue) {
    linear.layer.aliases.push_back(graph.value(bias).name);
    inputs.push_back(bias);
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         graph.add(name, std::move(linear), std::move(inputs)));
  if (dst.size() == 3) return graph.replace_uses(old, result), Status::ok();
  return replace_with(graph, old, name + "/pixels", ReshapeAttrs{dst}, {result});
}

}  // namespace

Status patch_embedding(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  const size_t count = graph.nodes().size();
  for (size_t i = 0; i < count; ++i) {
    const Node node = graph.nodes()[i];  // a copy: nodes are added below
    const std::optional<Patches> patches = as_patches(graph, node);
    if (!patches) continue;
    const Node* rows = rows_of_pixels(graph, index, node, *patches);
    if (rows == nullptr) continue;
    OCTET_RETURN_IF_ERROR(make_linear(graph, node, *patches, rows->outputs[0]));
  }
  return Status::ok();
}

}  // namespace octet

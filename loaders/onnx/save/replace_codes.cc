// New tensors for old inputs.
#include "loaders/onnx/save/replace_codes.h"

#include "loaders/onnx/save/block_tensors.h"
#include "loaders/onnx/save/layer_codes.h"

namespace octet {
namespace {

Status replace_blocks(pb::NodeProto& node, const SavedLayer& layer, const std::string& base,
                      const GraphScope& scope, LayerWriter& writer) {
  constexpr int kCodes = 1, kScale = 2, kZeroPoint = 3;
  OCTET_ASSIGN_OR_RETURN(const BlockTensors blocks, block_tensors(layer, node));
  const int floats = scope.element_type(node.input(kScale));
  ModelEdit& edit = writer.edit();
  set_input(edit, node, kCodes,
            writer.add_tensor(base + "_quantized", pb::TensorProto::UINT8, blocks.codes));
  edit.prefer_name(node.input(kCodes), base);
  set_input(edit, node, kScale, writer.add_tensor(base + "_scale", floats, blocks.scale));
  const bool is_float = blocks.zero_point.dtype() == DType::kF32;
  set_input(edit, node, kZeroPoint,
            writer.add_tensor(base + "_zero_point", is_float ? floats : pb::TensorProto::UINT8,
                              blocks.zero_point));
  return Status::ok();
}

// Where a constant scale stands that sums of codes are multiplied by.
struct ScalePlace {
  pb::NodeProto* node = nullptr;
  int input = 0;
};

// The operand of a product of two that is a tensor; -1: none is.
int tensor_operand(const pb::NodeProto& mul, const GraphScope& scope) {
  for (const int input : {0, 1})
    if (mul.input_size() == 2 && scope.tensor(mul.input(input)) != nullptr) return input;
  return -1;
}

// Cast(sums) * (src_scale * scale), or (Cast(sums) * src_scale) * scale.
ScalePlace find_scale(const pb::NodeProto& sums, const GraphScope& scope) {
  const pb::NodeProto* cast = scope.single_reader(sums.output(0));
  if (cast == nullptr || cast->op_type() != "Cast") return {};
  pb::NodeProto* mul = scope.single_reader(cast->output(0));
  if (mul == nullptr || mul->op_type() != "Mul" || mul->input_size() != 2) return {};
  const std::string& factor = mul->input(mul->input(0) == cast->output(0) ? 1 : 0);
  if (const pb::NodeProto* both = scope.maker(factor);
      both != nullptr && both->op_type() == "Mul") {
    pb::NodeProto* only = scope.single_reader(factor);
    const int input = tensor_operand(*both, scope);
    if (only == mul && input >= 0) return {scope.editable(factor), input};
  }
  pb::NodeProto* outer = scope.single_reader(mul->output(0));
  if (outer == nullptr || outer->op_type() != "Mul") return {};
  const int input = tensor_operand(*outer, scope);
  return input >= 0 ? ScalePlace{outer, input} : ScalePlace{};
}

// For other ops an absent one is 0.
bool needs_zero_point(const pb::NodeProto& node) {
  return node.op_type() == "QLinearMatMul" || node.op_type() == "QGemm";
}

}  // namespace

void set_input(ModelEdit& edit, pb::NodeProto& node, int index, const std::string& value) {
  while (node.input_size() <= index) node.add_input("");
  edit.lost_reader(node.input(index));
  node.set_input(index, value);
}

Status replace_codes(pb::NodeProto& node, const NodeForm& form, const SavedLayer& layer,
                     const std::string& base, const GraphScope& scope, LayerWriter& writer) {
  const std::string where = "layer \"" + layer.name + "\" was replaced: ";
  if (form.kind == NodeKind::kBlocks) return replace_blocks(node, layer, base, scope, writer);
  const WeightDims dims = weight_dims(node, form, layer, {});
  OCTET_ASSIGN_OR_RETURN(const LayerWriter::Parts* parts, writer.parts(layer, dims, base, true));
  if (parts->granularity == Granularity::kBlocked)
    return unsupported(where + node.op_type() + " has no scales of blocks");
  ScalePlace scale{&node, form.scale};
  if (form.kind == NodeKind::kSums) scale = find_scale(node, scope);
  if (scale.node == nullptr)
    return unsupported(where + "the scale of " + node.op_type() +
                       " is not a constant in one of the nodes behind it");
  ModelEdit& edit = writer.edit();
  set_input(edit, node, form.weight, parts->codes);
  set_input(edit, *scale.node, scale.input, parts->scale);
  std::string zero_point = parts->zero_point;
  if (zero_point.empty() && needs_zero_point(node)) {
    OCTET_ASSIGN_OR_RETURN(zero_point, writer.zero_point_of(layer, *parts, dims, base));
  }
  if (!zero_point.empty() || node.input_size() > form.zero_point)
    set_input(edit, node, form.zero_point, zero_point);
  return Status::ok();
}

}  // namespace octet

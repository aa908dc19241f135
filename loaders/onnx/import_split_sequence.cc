// SplitToSequence and ConcatFromSequence: between a tensor and the sequence of its parts.
#include <algorithm>

#include "loaders/onnx/control_parts.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/sequence_parts.h"

namespace octet {
namespace {

// The sizes of the parts along an axis of `extent`; nullopt where only the run shows how many there
// are, or they are too many for a list.
Result<std::optional<std::vector<Dim>>> known_parts(NodeImport& node, const Dim& extent) {
  using Sizes = std::optional<std::vector<Dim>>;
  if (node.has_input(1) && node.rank(1) == 1) {
    const TypeInfo type = node.type(1);
    if (!type.contents || type.contents->size() > kMostListed) return Sizes();
    return Sizes(*type.contents);
  }
  int64_t size = 1;
  if (node.has_input(1)) {
    const auto given = known_integer(node, 1);
    if (!given) return Sizes();
    size = *given;
    if (size <= 0)
      return invalid_model("input 1, the size of the parts, is " + std::to_string(size) +
                           ", expected 1 or more");
  }
  if (!extent.is_constant()) return Sizes();
  const int64_t count = extent.value() / size + (extent.value() % size != 0 ? 1 : 0);
  if (count > static_cast<int64_t>(kMostListed)) return Sizes();
  std::vector<Dim> sizes(static_cast<size_t>(count), Dim(size));
  if (extent.value() % size != 0) sizes.back() = extent.value() % size;
  return Sizes(std::move(sizes));
}

// `value` without an axis of extent 1, or with one more.
Result<ValueId> emit_axis(NodeImport& node, const std::string& step, ValueId value, size_t axis,
                          bool more) {
  SymbolicShape shape = node.type_of(value).shape;
  const auto place = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  if (more)
    shape.insert(place, Dim(1));
  else
    shape.erase(place);
  return node.emit(step, ReshapeAttrs{std::move(shape)}, {value});
}

}  // namespace

// "keepdims" counts only where no sizes are given.
Status import_split_to_sequence(NodeImport& node) {
  const TypeInfo src = node.type(0);
  OCTET_RETURN_IF_ERROR(expect_holdable(node, 0));
  if (node.has_input(1) && node.rank(1) > 1)
    return invalid_model("input 1, the sizes of the parts, is " + to_string(node.type(1)) +
                         ", expected rank 0 or 1");
  OCTET_ASSIGN_OR_RETURN(const int index,
                         normalize_axis(node.int_attribute("axis", 0), src.rank()));
  const auto axis = static_cast<size_t>(index);
  const bool keeps_axis = node.has_input(1) || node.flag_attribute("keepdims", true);
  OCTET_ASSIGN_OR_RETURN(const auto sizes, known_parts(node, src.shape[axis]));
  if (!sizes) {
    SequenceAttrs attrs{.function = SequenceFunction::kSplit};
    attrs.axis = index;
    attrs.keeps_axis = keeps_axis;
    attrs.result = result_type(
        held_type(ValueForm::kSequence, src.dtype, keeps_axis ? src.rank() : src.rank() - 1));
    return node.finish(std::move(attrs), node.inputs());
  }
  OCTET_RETURN_IF_ERROR(reserve_list(node, sizes->size(), true));
  OCTET_RETURN_IF_ERROR(require_parts(node, index, *sizes));
  std::vector<ValueId> parts;
  Dim start = 0;
  for (const Dim& size : *sizes) {
    const std::string step = "part " + std::to_string(parts.size());
    OCTET_ASSIGN_OR_RETURN(ValueId part, emit_slice(node, step, node.input(0), axis, start, size));
    if (!keeps_axis) {
      OCTET_ASSIGN_OR_RETURN(part, emit_axis(node, step + " alone", part, axis, false));
    }
    parts.push_back(part);
    start = start + size;
  }
  return finish_list(node, src.dtype, std::move(parts));
}

Status import_concat_from_sequence(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_sequence(node, 0));
  if (!node.has_attribute("axis")) return invalid_model("attribute \"axis\" is missing");
  const bool new_axis = node.flag_attribute("new_axis", false);
  std::optional<std::vector<ValueId>> tensors = node.listed(0);
  if (tensors && tensors->empty())
    return invalid_model("the sequence is empty, expected at least one tensor");
  const int held = node.type(0).held_rank;
  if (tensors && held < 0)
    return invalid_model("the sequence holds tensors of several ranks, expected one");
  OCTET_ASSIGN_OR_RETURN(const int rank, node.held_rank(0));
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", 0), rank + (new_axis ? 1 : 0)));
  if (!tensors) {
    SequenceAttrs attrs{.function = SequenceFunction::kConcat};
    attrs.axis = axis;
    attrs.new_axis = new_axis;
    return finish_taken(node, std::move(attrs), node.type(0).dtype, rank + (new_axis ? 1 : 0),
                        node.inputs());
  }
  OCTET_RETURN_IF_ERROR(reserve_list(node, tensors->size(), new_axis));
  for (size_t i = 0; new_axis && i < tensors->size(); ++i) {
    OCTET_ASSIGN_OR_RETURN((*tensors)[i],
                           emit_axis(node, "tensor " + std::to_string(i), (*tensors)[i],
                                     static_cast<size_t>(axis), true));
  }
  if (tensors->size() == 1) return node.alias((*tensors)[0]), Status::ok();
  return node.finish(ConcatAttrs{axis}, std::move(*tensors));
}

}  // namespace octet

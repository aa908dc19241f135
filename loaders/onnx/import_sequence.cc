// Sequences: https://onnx.ai/onnx/operators. One whose tensors are known is a list of values of the
// graph, and no node of it is left; the run makes the others.
#include "loaders/onnx/control_parts.h"
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/op_table.h"
#include "loaders/onnx/sequence_parts.h"
#include "runtime/ops/contents.h"

namespace octet {

std::optional<int64_t> known_integer(NodeImport& node, int index) {
  const auto known = constant_contents(node.type(index));
  if (!node.type(index).is_tensor() || !known || known->size() != 1) return std::nullopt;
  return (*known)[0];
}

// About what an entry of a list takes in the graph, and a tensor that is a node of its own.
Status reserve_list(NodeImport& node, size_t tensors, bool own_nodes) {
  constexpr uint64_t kEntry = 24, kNode = 3072;
  return node.reserve_constant(tensors * (own_nodes ? kNode : kEntry));
}

Status finish_list(NodeImport& node, DType dtype, std::vector<ValueId> tensors) {
  int rank = kAnyRank;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TypeInfo type = node.type_of(tensors[i]);
    if (type.dtype != dtype)
      return invalid_model("tensor " + std::to_string(i) + " of the sequence is " +
                           to_string(type) + ", expected " + dtype_name(dtype) +
                           ", as the others are");
    rank = common_rank(rank, type.rank());
  }
  const SequenceAttrs attrs{.result = result_type(held_type(ValueForm::kSequence, dtype, rank))};
  return node.finish(attrs, std::move(tensors));
}

void give_tensor(NodeImport& node, DType dtype, int rank, SequenceAttrs& attrs) {
  attrs.result.dtype = dtype;
  for (int axis = 0; axis < rank; ++axis)
    attrs.result.shape.push_back(node.late_extent(0, static_cast<size_t>(axis), attrs.made));
}

Status finish_taken(NodeImport& node, SequenceAttrs attrs, DType dtype, int rank,
                    std::vector<ValueId> inputs) {
  give_tensor(node, dtype, rank, attrs);
  return node.finish(std::move(attrs), std::move(inputs));
}

Status expect_sequence(NodeImport& node, int index) {
  if (node.type(index).form == ValueForm::kSequence) return Status::ok();
  return invalid_model("input " + std::to_string(index) + " is " + to_string(node.type(index)) +
                       ", expected a sequence");
}

namespace {

// The place of a known position among `count` tensors, or before one of them; nullopt where it is
// not known, or the run is to say that there is none.
std::optional<size_t> known_place(NodeImport& node, int index, size_t count, size_t otherwise,
                                  bool between = false) {
  if (!node.has_input(index)) return otherwise;
  const auto given = known_integer(node, index);
  if (!given) return std::nullopt;
  const auto size = static_cast<int64_t>(count);
  const int64_t place = *given < 0 ? *given + size : *given;
  if (place < 0 || place > size - (between ? 0 : 1)) return std::nullopt;
  return static_cast<size_t>(place);
}

Status import_sequence_construct(NodeImport& node) {
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
    OCTET_RETURN_IF_ERROR(expect_holdable(node, i));
  }
  return finish_list(node, node.type(0).dtype, node.inputs());
}

Status import_sequence_empty(NodeImport& node) {
  const int64_t given = node.int_attribute("dtype", pb::TensorProto::FLOAT);
  const auto dtype =
      given < 0 || given > INT32_MAX ? std::nullopt : dtype_of_onnx(static_cast<int>(given));
  if (!dtype || is_packed(*dtype))
    return unsupported(
        "attribute \"dtype\" is " +
        (dtype ? onnx_type_name(static_cast<int>(given)) : "#" + std::to_string(given)) +
        ", which sequences cannot hold");
  return finish_list(node, *dtype, {});
}

Status import_sequence_insert(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_sequence(node, 0));
  const TypeInfo sequence = node.type(0), tensor = node.type(1);
  if (!tensor.is_tensor() || tensor.dtype != sequence.dtype)
    return invalid_model("input 1 is " + to_string(tensor) + ", expected a tensor of " +
                         dtype_name(sequence.dtype) + ", as the sequence holds");
  if (auto tensors = node.listed(0); tensors && tensors->size() < kMostListed) {
    OCTET_RETURN_IF_ERROR(reserve_list(node, tensors->size()));
    if (const auto place = known_place(node, 2, tensors->size(), tensors->size(), true)) {
      tensors->insert(tensors->begin() + static_cast<std::ptrdiff_t>(*place), node.input(1));
      return finish_list(node, sequence.dtype, std::move(*tensors));
    }
  }
  SequenceAttrs attrs{.function = SequenceFunction::kInsert};
  attrs.result = result_type(held_type(ValueForm::kSequence, sequence.dtype,
                                       common_rank(sequence.held_rank, tensor.rank())));
  return node.finish(std::move(attrs), node.inputs());
}

Status import_sequence_erase(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_sequence(node, 0));
  const TypeInfo sequence = node.type(0);
  if (auto tensors = node.listed(0); tensors && !tensors->empty()) {
    OCTET_RETURN_IF_ERROR(reserve_list(node, tensors->size()));
    if (const auto place = known_place(node, 1, tensors->size(), tensors->size() - 1)) {
      tensors->erase(tensors->begin() + static_cast<std::ptrdiff_t>(*place));
      return finish_list(node, sequence.dtype, std::move(*tensors));
    }
  }
  const SequenceAttrs attrs{.function = SequenceFunction::kErase, .result = result_type(sequence)};
  return node.finish(attrs, node.inputs());
}

Status import_sequence_at(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_sequence(node, 0));
  if (const auto tensors = node.listed(0))
    if (const auto place = known_place(node, 1, tensors->size(), 0))
      return node.alias((*tensors)[*place]), Status::ok();
  OCTET_ASSIGN_OR_RETURN(const int rank, node.held_rank(0));
  return finish_taken(node, {.function = SequenceFunction::kAt}, node.type(0).dtype, rank,
                      node.inputs());
}

Status import_sequence_length(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_sequence(node, 0));
  if (const auto tensors = node.listed(0)) {
    const auto count = static_cast<int64_t>(tensors->size());
    return node.finish_constant(Constant(Tensor::from(std::span(&count, 1), {})));
  }
  return finish_taken(node, {.function = SequenceFunction::kLength}, DType::kI64, 0, node.inputs());
}

// Sorted by op type.
constexpr OpRow kRows[] = {
    {"", "ConcatFromSequence", import_concat_from_sequence, 1, 1, 1, 11, true},
    {"", "Optional", import_optional, 0, 1, 1, 15, true},
    {"", "OptionalGetElement", import_optional_get_element, 1, 1, 1, 15, true},
    {"", "OptionalHasElement", import_optional_has_element, 0, 1, 1, 15, true},
    {"", "SequenceAt", import_sequence_at, 2, 2, 1, 11, true},
    {"", "SequenceConstruct", import_sequence_construct, 1, kAnyNumber, 1, 11},
    {"", "SequenceEmpty", import_sequence_empty, 0, 0, 1, 11},
    {"", "SequenceErase", import_sequence_erase, 1, 2, 1, 11, true},
    {"", "SequenceInsert", import_sequence_insert, 2, 3, 1, 11, true},
    {"", "SequenceLength", import_sequence_length, 1, 1, 1, 11, true},
    {"", "SequenceMap", import_sequence_map, 1, kAnyNumber, kAnyNumber, 17, true},
    {"", "SplitToSequence", import_split_to_sequence, 1, 2, 1, 11},
};

}  // namespace

std::span<const OpRow> sequence_op_table() { return kRows; }

}  // namespace octet

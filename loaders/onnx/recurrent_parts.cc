// Checks of a recurrent node, its directions one by one, and its outputs of them.
#include "loaders/onnx/recurrent_parts.h"

#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/names.h"
#include "loaders/onnx/recurrent_activations.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

using namespace recurrent;

// What an input has for one direction along `axis`, as `shape`; kNoValue where it is absent.
Result<ValueId> slice_part(NodeImport& node, const Recurrent& recurrent, int64_t direction,
                           int index, const char* name, int axis, const SymbolicShape& shape) {
  if (!node.has_input(index)) return kNoValue;
  const std::string step = recurrent.prefix(direction) + name;
  ValueId value = node.input(index);
  if (recurrent.directions > 1) {
    OCTET_ASSIGN_OR_RETURN(
        value, emit_slice(node, step + "/part", value, static_cast<size_t>(axis), direction, 1));
  }
  return node.emit(step, ReshapeAttrs{shape}, {value});
}

// Index `index` of the first axis of a constant, without that axis; the whole stays where it is.
Constant constant_part(const Constant& whole, int64_t index) {
  const std::span<const int64_t> extents = whole.shape().dims();
  const Shape shape(extents.subspan(1));
  if (whole.shape()[0] == 1) return whole.reshaped(shape);
  const auto compute = [whole, index, shape]() -> Result<Tensor> {
    OCTET_ASSIGN_OR_RETURN(const Tensor all, whole.load());
    Tensor part(all.dtype(), shape);
    const size_t bytes = part.byte_count();
    std::copy_n(all.bytes() + static_cast<size_t>(index) * bytes, bytes, part.bytes());
    return part;
  };
  return {whole.dtype(), shape, compute,
          whole.key().with("matrix", std::as_bytes(std::span(&index, 1))), whole.depth() + 1};
}

// The two biases of each gate are added, but for that of a candidate which comes after the reset.
struct Biases {
  ValueId gates = kNoValue, candidate = kNoValue;
};
Result<Biases> biases_of(NodeImport& node, const Recurrent& recurrent, int64_t direction,
                         bool apart) {
  const int64_t columns = recurrent.columns(), hidden = recurrent.hidden;
  const std::string prefix = recurrent.prefix(direction);
  OCTET_ASSIGN_OR_RETURN(const ValueId both, slice_part(node, recurrent, direction, kB, "B", 0,
                                                        {Dim(2) * Dim(columns)}));
  if (both == kNoValue) return Biases{};
  const int64_t added = apart ? columns - hidden : columns;
  OCTET_ASSIGN_OR_RETURN(const ValueId of_input,
                         emit_slice(node, prefix + "Wb", both, 0, 0, added));
  OCTET_ASSIGN_OR_RETURN(const ValueId of_state,
                         emit_slice(node, prefix + "Rb", both, 0, columns, added));
  Biases biases;
  OCTET_ASSIGN_OR_RETURN(biases.gates, node.emit(prefix + "bias", BinaryAttrs{BinaryFunction::kAdd},
                                                 {of_input, of_state}));
  if (!apart) return biases;
  OCTET_ASSIGN_OR_RETURN(const ValueId rest,
                         emit_slice(node, prefix + "Wbh", both, 0, added, hidden));
  OCTET_ASSIGN_OR_RETURN(biases.gates,
                         node.emit(prefix + "biases", ConcatAttrs{0}, {biases.gates, rest}));
  OCTET_ASSIGN_OR_RETURN(biases.candidate,
                         emit_slice(node, prefix + "Rbh", both, 0, columns + added, hidden));
  return biases;
}

// The steps of one direction; gives the outputs of the Recurrence.
Result<std::vector<ValueId>> import_direction(NodeImport& node, const Recurrent& recurrent,
                                              int64_t direction, RecurrenceAttrs attrs,
                                              const RecurrentWeights& weights) {
  const Dim hidden = recurrent.hidden;
  const SymbolicShape state = {recurrent.batch, hidden};
  attrs.reverse = recurrent.reverse || direction == 1;
  const std::string step = recurrent.prefix(direction) + "recurrence";
  attrs.layer = {node.name() + "/" + step, {node.value_name(kR)}, 0, recurrent.columns()};
  OCTET_ASSIGN_OR_RETURN(const Biases biases,
                         biases_of(node, recurrent, direction, attrs.linear_before_reset));
  OCTET_ASSIGN_OR_RETURN(const ValueId gates, weights.gates(direction, biases.gates));
  OCTET_ASSIGN_OR_RETURN(const ValueId matrix, weights.recurrence(direction));
  const auto part = [&](int index, const char* name, int axis, const SymbolicShape& shape) {
    return slice_part(node, recurrent, direction, index, name, axis, shape);
  };
  const int axis = recurrent.state_axis();
  OCTET_ASSIGN_OR_RETURN(const ValueId before, part(kHidden, "initial_h", axis, state));
  OCTET_ASSIGN_OR_RETURN(const ValueId cell, part(kCell, "initial_c", axis, state));
  OCTET_ASSIGN_OR_RETURN(const ValueId peepholes, part(kPeepholes, "P", 0, {Dim(3) * hidden}));
  return node.emit_all(
      step, LongTailAttrs(std::move(attrs)),
      {gates, matrix, biases.candidate, node.input(kLengths), before, cell, peepholes});
}

// Output `index` from what each direction gives: [steps, batch, hidden], or [batch, hidden].
Status finish_output(NodeImport& node, const Recurrent& recurrent, int index,
                     std::vector<ValueId> parts) {
  if (!node.wants_output(index)) return Status::ok();
  int axis = recurrent.state_axis();
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string step =
        recurrent.prefix(static_cast<int64_t>(i)) + "output " + std::to_string(index);
    if (index == 0 && recurrent.batch_first) {
      OCTET_ASSIGN_OR_RETURN(parts[i],
                             node.emit(step + "/turned", TransposeAttrs{{1, 0, 2}}, {parts[i]}));
    }
    if (index == 0) axis = recurrent.batch_first ? 2 : 1;
    SymbolicShape shape = node.type_of(parts[i]).shape;
    shape.insert(shape.begin() + axis, Dim(1));
    if (parts.size() == 1) return node.finish(ReshapeAttrs{std::move(shape)}, parts, index);
    OCTET_ASSIGN_OR_RETURN(parts[i], node.emit(step, ReshapeAttrs{std::move(shape)}, {parts[i]}));
  }
  return node.finish(ConcatAttrs{axis}, std::move(parts), index);
}

// The attributes that all directions share.
Result<RecurrenceAttrs> read_attributes(NodeImport& node, const Recurrent& recurrent) {
  RecurrenceAttrs attrs;
  attrs.cell = recurrent.cell;
  attrs.hidden = recurrent.hidden;
  if (recurrent.cell == RecurrentCell::kGru)
    attrs.linear_before_reset = node.flag_attribute("linear_before_reset", false);
  if (recurrent.cell == RecurrentCell::kLstm)
    attrs.input_forget = node.flag_attribute("input_forget", false);
  if (!node.has_attribute("clip")) return attrs;
  attrs.clip = node.float_attribute("clip", 1);
  if (!(attrs.clip > 0))
    return invalid_model("attribute \"clip\" is " + std::to_string(attrs.clip) +
                         ", expected more than 0");
  return attrs;
}

}  // namespace

Status expect_input(NodeImport& node, int index, const char* name, const SymbolicShape& expected) {
  if (!node.has_input(index)) return Status::ok();
  const TypeInfo found = node.type(index);
  const auto refuse = [&] {
    return invalid_model("input " + std::to_string(index) + ", " + name + ", is " +
                         to_string(found) + ", expected " + to_string(expected));
  };
  if (found.shape.size() != expected.size()) return refuse();
  std::vector<Check> checks;
  for (size_t axis = 0; axis < expected.size(); ++axis) {
    const Check check{.found = found.shape[axis],
                      .expected = expected[axis],
                      .at = {index, static_cast<int>(axis)}};
    if (!check.known().value_or(true)) return refuse();
    OCTET_RETURN_IF_ERROR(require(check, checks));
  }
  node.add_checks(checks);
  return Status::ok();
}

Status expect_type_of_src(const NodeImport& node, std::initializer_list<int> inputs) {
  for (const int index : inputs)
    if (node.has_input(index) && node.type(index).dtype != node.type(kX).dtype)
      return invalid_model("input " + std::to_string(index) + " is " + to_string(node.type(index)) +
                           ", expected the type of input 0, " + dtype_name(node.type(kX).dtype));
  return Status::ok();
}

Result<Recurrent> read_recurrent(NodeImport& node, RecurrentCell cell, size_t hidden_axis) {
  for (const int index : {kX, kW, kR})
    if (node.rank(index) != 3)
      return invalid_model("input " + std::to_string(index) + " is " + to_string(node.type(index)) +
                           ", expected rank 3");
  OCTET_RETURN_IF_ERROR(expect_type_of_src(node, {kB, kHidden, kCell, kPeepholes}));
  const std::string direction = node.string_attribute("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    return invalid_model("attribute \"direction\" is " + quoted(direction) +
                         ", expected \"forward\", \"reverse\" or \"bidirectional\"");
  const int64_t layout = node.int_attribute("layout", 0);
  if (layout != 0 && layout != 1)
    return invalid_model("attribute \"layout\" is " + std::to_string(layout) + ", expected 0 or 1");
  const Dim hidden = node.type(kR).shape[hidden_axis];
  if (!hidden.is_constant() || hidden.value() < 1)
    return unsupported("input 2, R, is " + to_string(node.type(kR)) + ", expected an extent " +
                       std::to_string(hidden_axis) +
                       " that is known and at least 1: the hidden size");
  const int64_t hidden_size = node.int_attribute("hidden_size", hidden.value());
  if (hidden_size != hidden.value())
    return invalid_model("attribute \"hidden_size\" is " + std::to_string(hidden_size) +
                         ", but input 2, R, is " + to_string(node.type(kR)));
  const SymbolicShape src = node.type(kX).shape;
  const auto batch_axis = static_cast<size_t>(layout == 1 ? 0 : 1);
  Recurrent recurrent{.cell = cell,
                      .directions = direction == "bidirectional" ? 2 : 1,
                      .reverse = direction == "reverse",
                      .batch_first = layout == 1,
                      .hidden = hidden_size,
                      .steps = src[1 - batch_axis],
                      .batch = src[batch_axis],
                      .features = src[2]};
  const Dim directions = recurrent.directions, columns = recurrent.columns();
  OCTET_RETURN_IF_ERROR(expect_input(node, kB, "B", {directions, Dim(2) * columns}));
  OCTET_RETURN_IF_ERROR(expect_input(node, kLengths, "sequence_lens", {recurrent.batch}));
  OCTET_RETURN_IF_ERROR(expect_input(node, kHidden, "initial_h", recurrent.state_shape()));
  OCTET_RETURN_IF_ERROR(expect_input(node, kCell, "initial_c", recurrent.state_shape()));
  OCTET_RETURN_IF_ERROR(expect_input(node, kPeepholes, "P", {directions, Dim(3) * hidden}));
  return recurrent;
}

Result<ValueId> emit_steps_first(NodeImport& node, const Recurrent& recurrent) {
  if (!recurrent.batch_first) return node.input(kX);
  return node.emit("X", TransposeAttrs{{1, 0, 2}}, {node.input(kX)});
}

Result<ValueId> emit_part(NodeImport& node, const Recurrent& recurrent, int64_t direction,
                          int index, const char* name) {
  if (!node.has_input(index)) return kNoValue;
  if (node.constant(index))
    return node.add_part(index, constant_part(*node.constant(index), direction));
  const SymbolicShape shape = node.type(index).shape;
  return slice_part(node, recurrent, direction, index, name, 0, {shape.begin() + 1, shape.end()});
}

Status finish_recurrent(NodeImport& node, const Recurrent& recurrent,
                        const RecurrentWeights& weights) {
  OCTET_ASSIGN_OR_RETURN(const RecurrenceAttrs attrs, read_attributes(node, recurrent));
  const auto directions = static_cast<size_t>(recurrent.directions);
  OCTET_ASSIGN_OR_RETURN(const auto activations,
                         recurrent_activations(node, recurrent.cell, directions));
  std::vector<std::vector<ValueId>> outputs(static_cast<size_t>(node.output_count()));
  for (size_t direction = 0; direction < directions; ++direction) {
    RecurrenceAttrs own = attrs;
    own.activations = activations[direction];
    OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> made,
                           import_direction(node, recurrent, static_cast<int64_t>(direction),
                                            std::move(own), weights));
    for (size_t i = 0; i < outputs.size(); ++i) outputs[i].push_back(made[i]);
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    OCTET_RETURN_IF_ERROR(finish_output(node, recurrent, static_cast<int>(i), outputs[i]));
  return Status::ok();
}

}  // namespace octet

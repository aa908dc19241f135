// Inputs and emission of NodeImport.
#include "loaders/onnx/node_import.h"

#include <algorithm>
#include <numeric>

#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/names.h"
#include "runtime/ops/contents.h"

namespace octet {

NodeImport::NodeImport(const pb::NodeProto& proto, std::string name, int64_t opset,
                       std::vector<ValueId> inputs, ImportScope& scope)
    : proto_(proto),
      name_(std::move(name)),
      opset_(opset),
      inputs_(std::move(inputs)),
      outputs_(static_cast<size_t>(proto.output_size()), kNoValue),
      scope_(scope),
      graph_(scope.graph),
      store_(scope.store) {}

Result<std::vector<Dim>> NodeImport::dims(int index) {
  const ValueId id = input(index);
  if (graph_.value(id).type.contents) return *graph_.value(id).type.contents;
  if (graph_.value(id).constant && is_integer(graph_.value(id).constant->dtype())) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<int64_t> integers,
                           load_integers(*graph_.value(id).constant));
    return std::vector<Dim>(integers.begin(), integers.end());
  }
  const TypeInfo type = graph_.value(id).type;
  if (!is_integer(type.dtype))
    return invalid_model("input " + std::to_string(index) + " is " + to_string(type) +
                         ", expected integers");
  constexpr int64_t kMostObserved = 16;  // more are no shape, and their contents are not kept
  if (!may_have_contents(type) || element_count(type.shape).value() > kMostObserved)
    return missing_value(index);
  OCTET_ASSIGN_OR_RETURN(const ValueId observed, observe(id, std::nullopt));
  return *graph_.value(observed).type.contents;
}

Result<ValueId> NodeImport::observe(ValueId value, std::optional<int64_t> least) {
  if (const auto known = scope_.observed.find(value); known != scope_.observed.end())
    return known->second;
  const TypeInfo type = graph_.value(value).type;
  ValueId source = value;
  const std::string name = graph_.value(value).name;
  if (type.dtype != DType::kI64) {
    OCTET_ASSIGN_OR_RETURN(source, graph_.add(name + "/int64", CastAttrs{DType::kI64}, {value}));
  }
  ObserveAttrs attrs;
  const int64_t count = element_count(type.shape).value();
  const std::string unique = store_.late_name(name);
  for (int64_t i = 0; i < count; ++i) {
    Symbol symbol = late_element_symbol(unique, i);
    symbol.least = least;
    attrs.elements.push_back(Dim::symbol(symbol));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId observed,
                         graph_.add(name + "/observe", std::move(attrs), {source}));
  scope_.observed[value] = observed;
  return observed;
}

Result<Dim> NodeImport::count(ValueId value, std::optional<int64_t> least) {
  if (const TypeInfo& type = graph_.value(value).type; element_count(type.shape) != Dim(1))
    return invalid_model(quoted(graph_.value(value).name) + " is " + to_string(type) +
                         ", expected a single element");
  OCTET_ASSIGN_OR_RETURN(const ValueId observed, observe(value, least));
  return (*graph_.value(observed).type.contents)[0];
}

std::optional<std::vector<ValueId>> NodeImport::listed(int index) const {
  const Node* maker = graph_.producer(input(index));
  const auto* sequence = maker != nullptr ? maker->as<SequenceAttrs>() : nullptr;
  if (sequence == nullptr || sequence->function != SequenceFunction::kConstruct)
    return std::nullopt;
  return maker->inputs;
}

Result<int> NodeImport::held_rank(int index) {
  const TypeInfo& type = graph_.value(input(index)).type;
  if (type.held_rank >= 0) return type.held_rank;
  if (type.held_rank == kSeveralRanks)
    return unsupported("input " + std::to_string(index) + " " +
                       quoted(graph_.value(input(index)).name) + ", a " + form_name(type.form) +
                       ", holds tensors of several ranks; those that it gives must have one");
  return missing_value(index);
}

Dim NodeImport::late_extent(size_t output, size_t axis, std::vector<Dim>& made) {
  const std::string name = late_name(name_ + ":" + std::to_string(output));
  made.push_back(Dim::symbol(late_extent_symbol(name, static_cast<int>(axis))));
  return made.back();
}

Status NodeImport::missing_value(int index) {
  missing_values_.push_back(index);
  return unsupported("input " + std::to_string(index) + " " +
                     quoted(graph_.value(input(index)).name) +
                     " is computed, and must be known before the node can be");
}

std::vector<std::string> NodeImport::missing_values() const {
  std::vector<std::string> names = missing_names_;
  for (const int index : missing_values_) names.push_back(proto_.input(index));
  return names;
}

Result<std::vector<int64_t>> NodeImport::integers(int index) {
  const ValueId id = input(index);
  const Value& value = graph_.value(id);
  if (value.constant && is_integer(value.constant->dtype())) return load_integers(*value.constant);
  const auto constant = constant_contents(value.type);
  if (constant) return *constant;
  if (!is_integer(value.type.dtype))
    return invalid_model("input " + std::to_string(index) + " is " + to_string(value.type) +
                         ", expected integers");
  return missing_value(index);
}

Result<std::vector<double>> NodeImport::numbers(int index) {
  if (!constant(index)) return missing_value(index);
  return load_doubles(*constant(index));
}

Result<Dim> NodeImport::dim(int index) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<Dim> values, dims(index));
  if (values.size() != 1)
    return invalid_model("input " + std::to_string(index) + " has " +
                         std::to_string(values.size()) + " elements, expected 1");
  return values[0];
}

std::string NodeImport::step_name(std::string_view step) const {
  return step.empty() ? name_ : name_ + "/" + std::string(step);
}

Result<ValueId> NodeImport::emit(std::string_view step, Attributes attributes,
                                 std::vector<ValueId> inputs) {
  const size_t checks = graph_.checks().size();
  OCTET_ASSIGN_OR_RETURN(const ValueId value,
                         graph_.add(step_name(step), std::move(attributes), inputs));
  name_own_inputs(checks, inputs);
  OCTET_RETURN_IF_ERROR(check_type(value));
  return value;
}

Result<std::vector<ValueId>> NodeImport::emit_all(std::string_view step, Attributes attributes,
                                                  std::vector<ValueId> inputs) {
  const size_t checks = graph_.checks().size();
  OCTET_ASSIGN_OR_RETURN(std::vector<ValueId> values,
                         graph_.add_node(step_name(step), std::move(attributes), inputs));
  name_own_inputs(checks, inputs);
  for (const ValueId value : values) OCTET_RETURN_IF_ERROR(check_type(value));
  return values;
}

Status NodeImport::finish(Attributes attributes, std::vector<ValueId> inputs, int output) {
  const size_t checks = graph_.checks().size();
  OCTET_ASSIGN_OR_RETURN(const ValueId value,
                         graph_.add(name_, std::move(attributes), inputs, proto_.output(output)));
  name_own_inputs(checks, inputs);
  alias(value, output);
  return check_type(value);
}

void NodeImport::name_own_inputs(size_t first, const std::vector<ValueId>& inputs) {
  if (inputs == inputs_) return;
  const auto own = [&](AxisOf& axis) {
    if (axis.input < 0) return true;
    const auto place =
        std::find(inputs_.begin(), inputs_.end(), inputs[static_cast<size_t>(axis.input)]);
    axis.input = static_cast<int>(place - inputs_.begin());
    return place != inputs_.end();
  };
  for (size_t i = first; i < graph_.checks().size(); ++i) {
    Check& check = graph_.checks()[i];
    const int axis = check.at.axis;
    const bool is_axis = check.what.empty();
    if (!own(check.beside)) check.beside = {};
    if (!own(check.at) && is_axis) {
      check.what = "axis " + std::to_string(axis) + " of an operand, as the op arranges it,";
      check.beside = {};
    }
  }
}

Status NodeImport::check_type(ValueId value) {
  const TypeInfo& type = graph_.value(value).type;
  OCTET_RETURN_IF_ERROR(check_shape(type.shape, store_.limits));
  for (const Dim& dim : type.shape) store_.shape_bytes += dim.text_size();
  for (const Check& check : type.checks)
    store_.shape_bytes += check.found.text_size() + check.expected.text_size();
  if (type.contents)
    for (const Dim& dim : *type.contents) store_.shape_bytes += dim.text_size();
  if (store_.shape_bytes <= store_.limits.max_shape_bytes) return Status::ok();
  return resource_exhausted("up to here the extents of the model are expressions of more than " +
                            std::to_string(store_.limits.max_shape_bytes) +
                            " characters; raise max_shape_bytes, or export with fixed shapes");
}

Status NodeImport::reserve_constant(uint64_t bytes) {
  store_.made_bytes += bytes;
  if (store_.made_bytes <= store_.limits.max_folded_bytes) return Status::ok();
  return resource_exhausted("up to here the model makes constants of " +
                            std::to_string(store_.made_bytes) + " bytes, at most " +
                            std::to_string(store_.limits.max_folded_bytes) +
                            " are allowed; raise max_folded_bytes");
}

Status NodeImport::finish_all(Attributes attributes, std::vector<ValueId> inputs) {
  const std::vector<std::string> names(proto_.output().begin(), proto_.output().end());
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> values,
                         graph_.add_node(name_, std::move(attributes), std::move(inputs), names));
  for (size_t i = 0; i < values.size(); ++i) {
    if (wants_output(static_cast<int>(i))) alias(values[i], static_cast<int>(i));
    OCTET_RETURN_IF_ERROR(check_type(values[i]));
  }
  return Status::ok();
}

Status NodeImport::finish_constant(Constant constant) {
  OCTET_ASSIGN_OR_RETURN(const ValueId value,
                         graph_.add_constant(proto_.output(0), std::move(constant)));
  alias(value);
  return Status::ok();
}

void NodeImport::alias(ValueId value, int output) { outputs_[static_cast<size_t>(output)] = value; }

Result<ValueId> NodeImport::add_constant(std::string_view step, Constant constant) {
  return graph_.add_constant(name_ + "/" + std::string(step), std::move(constant));
}

Result<ValueId> NodeImport::add_part(int index, Constant constant) {
  return graph_.add_constant(value_name(index), std::move(constant));
}

Result<ValueId> NodeImport::add_scalar(std::string_view step, DType dtype, double value) {
  return add_constant(step, Constant(scalar_tensor(dtype, value)));
}

Result<int> normalize_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    return invalid_model("axis is " + std::to_string(axis) + ", expected -" + std::to_string(rank) +
                         " to " + std::to_string(rank - 1));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Result<std::vector<int>> normalize_axes(const std::vector<int64_t>& axes, int rank) {
  std::vector<int> normalized;
  for (int64_t axis : axes) {
    OCTET_ASSIGN_OR_RETURN(const int index, normalize_axis(axis, rank));
    if (std::find(normalized.begin(), normalized.end(), index) != normalized.end())
      return invalid_model("axis " + std::to_string(axis) + " is listed twice");
    normalized.push_back(index);
  }
  std::sort(normalized.begin(), normalized.end());
  return normalized;
}

std::vector<int> axes_from(int first, int rank) {
  std::vector<int> axes(static_cast<size_t>(std::max(rank - first, 0)));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

Status check_shape(const SymbolicShape& shape, const Limits& limits) {
  if (static_cast<int>(shape.size()) > limits.max_rank)
    return unsupported("the result has " + std::to_string(shape.size()) + " dimensions, at most " +
                       std::to_string(limits.max_rank) + " are supported");
  int64_t count = 1;
  bool empty = false;
  for (const Dim& dim : shape) {
    if (dim.is_too_complex())
      return resource_exhausted(
          "the result has an extent that is too complex an expression of the input shapes; export "
          "with fixed shapes");
    if (!dim.is_constant()) continue;
    if (dim.value() < 0) return invalid_model("the result has a negative extent " + dim.text());
    if (dim.value() == 0) {
      empty = true;
      continue;
    }
    if (dim.value() > limits.max_dim || __builtin_mul_overflow(count, dim.value(), &count) ||
        (!empty && count > limits.max_elements))
      return resource_exhausted(
          "the result " + to_string(shape) + " is too large: an extent may have " +
          std::to_string(limits.max_dim) + ", a tensor " + std::to_string(limits.max_elements) +
          " elements; raise max_dim and max_elements");
  }
  return Status::ok();
}

}  // namespace octet

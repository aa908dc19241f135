// Einsum as what passes and kernels know: products of matrices, sums, transpositions. Operands are
// contracted from left to right.
#include <algorithm>

#include "loaders/onnx/einsum_equation.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

using Labels = std::vector<EinsumLabel>;

bool has(const Labels& labels, EinsumLabel label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// Those of `labels` for which `keep` holds.
template <class Keep>
Labels filter(const Labels& labels, Keep keep) {
  Labels kept;
  std::copy_if(labels.begin(), labels.end(), std::back_inserter(kept), keep);
  return kept;
}

Labels joined(Labels first, const Labels& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// A value with what stands for each of its axes, no label twice.
struct Operand {
  ValueId value = kNoValue;
  Labels labels;
};

// Names and emits the nodes.
class Einsum {
 public:
  explicit Einsum(NodeImport& node) : node_(node) {}

  // Input `index` without axes of one element, which broadcast and so add nothing to any sum, and
  // with the diagonal of axes of one label.
  Result<Operand> operand(int index, const Labels& labels) {
    Operand operand{node_.input(index), {}};
    const SymbolicShape shape = node_.type(index).shape;
    SymbolicShape kept;
    for (size_t axis = 0; axis < labels.size(); ++axis) {
      if (shape[axis] == Dim(1)) continue;
      kept.push_back(shape[axis]);
      operand.labels.push_back(labels[axis]);
    }
    OCTET_ASSIGN_OR_RETURN(operand.value, reshaped(operand.value, std::move(kept)));
    for (size_t first = 0; first < operand.labels.size();) {
      const auto second = std::find(operand.labels.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                                    operand.labels.end(), operand.labels[first]);
      if (second == operand.labels.end()) {
        ++first;
        continue;
      }
      OCTET_ASSIGN_OR_RETURN(
          operand, diagonal(operand, first, static_cast<size_t>(second - operand.labels.begin())));
      first = 0;
    }
    return operand;
  }

  // The sum over all labels that neither `rest` has nor the output, which `rest` is a part of. The
  // last product has the node's own name, after which a layer is called.
  Result<Operand> contract(Operand lhs, Operand rhs, const Labels& rest, bool is_last) {
    OCTET_ASSIGN_OR_RETURN(lhs, summed_to(lhs, joined(rest, rhs.labels)));
    OCTET_ASSIGN_OR_RETURN(rhs, summed_to(rhs, joined(rest, lhs.labels)));
    if (is_weight(lhs.value) && !is_weight(rhs.value)) std::swap(lhs, rhs);
    const auto in_lhs = [&](EinsumLabel label) { return has(lhs.labels, label); };
    const auto in_rhs = [&](EinsumLabel label) { return has(rhs.labels, label); };
    const auto stays = [&](EinsumLabel label) { return has(rest, label); };
    const Labels shared = filter(is_weight(rhs.value) ? rhs.labels : lhs.labels,
                                 [&](EinsumLabel label) { return in_lhs(label) && in_rhs(label); });
    Sides sides;
    sides.batch =
        filter(lhs.labels, [&](EinsumLabel label) { return in_rhs(label) && stays(label); });
    sides.summed = filter(shared, [&](EinsumLabel label) { return !stays(label); });
    sides.rows = filter(lhs.labels, [&](EinsumLabel label) { return !in_rhs(label); });
    sides.columns = filter(rhs.labels, [&](EinsumLabel label) { return !in_lhs(label); });
    const std::string step = is_last ? "" : step_name("product");
    return sides.summed.empty() ? outer_product(lhs, rhs, sides, step)
                                : matrix_product(lhs, rhs, sides, step);
  }

  // `operand` summed over what `keep` has not.
  Result<Operand> summed_to(Operand operand, const Labels& keep) {
    ReduceAttrs sum{ReduceFunction::kSum, {}, /*keep_dims=*/false};
    for (size_t axis = 0; axis < operand.labels.size(); ++axis)
      if (!has(keep, operand.labels[axis])) sum.axes.push_back(static_cast<int>(axis));
    if (sum.axes.empty()) return operand;
    operand.labels = filter(operand.labels, [&](EinsumLabel label) { return has(keep, label); });
    OCTET_ASSIGN_OR_RETURN(operand.value, node_.emit(step_name("sum"), sum, {operand.value}));
    return operand;
  }

  // Output 0, with an extent of 1 where no operand has more.
  Status finish(Operand operand, const Labels& output) {
    OCTET_ASSIGN_OR_RETURN(operand, summed_to(operand, output));
    const Labels order =
        filter(output, [&](EinsumLabel label) { return has(operand.labels, label); });
    OCTET_ASSIGN_OR_RETURN(operand, transposed(operand, order));
    SymbolicShape shape = node_.type_of(operand.value).shape;
    for (size_t axis = 0; axis < output.size(); ++axis)
      if (!has(order, output[axis]))
        shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(1));
    OCTET_ASSIGN_OR_RETURN(operand.value, reshaped(operand.value, std::move(shape)));
    node_.alias(operand.value);
    return Status::ok();
  }

 private:
  // The labels of a product of two operands.
  struct Sides {
    Labels batch;          // of both and of the result
    Labels summed;         // of both alone
    Labels rows, columns;  // of the left and of the right one
  };

  std::string step_name(const char* step) { return step + std::to_string(steps_++); }

  // Whether it may be the weight of a layer: a constant, or made of constants.
  bool is_weight(ValueId value, int depth = 4) const {
    if (node_.constant_of(value)) return true;
    const Node* maker = node_.graph().producer(value);
    return maker != nullptr && depth > 0 && !maker->inputs.empty() &&
           std::ranges::all_of(maker->inputs, [&](ValueId input) {
             return input == kNoValue || is_weight(input, depth - 1);
           });
  }

  // A constant keeps its name, and costs no copy.
  Result<ValueId> reshaped(ValueId value, SymbolicShape shape) {
    if (node_.type_of(value).shape == shape) return value;
    const auto extents = to_constant(shape);
    if (const auto constant = node_.constant_of(value); constant && extents) {
      const std::string name = node_.graph().value(value).name;
      return node_.graph().add_constant(name, constant->reshaped(*extents));
    }
    return node_.emit(step_name("reshaped"), ReshapeAttrs{std::move(shape)}, {value});
  }

  Result<Operand> transposed(const Operand& operand, const Labels& order) {
    if (operand.labels == order) return operand;
    TransposeAttrs transpose;
    for (const EinsumLabel label : order)
      transpose.permutation.push_back(static_cast<int>(
          std::find(operand.labels.begin(), operand.labels.end(), label) - operand.labels.begin()));
    OCTET_ASSIGN_OR_RETURN(const ValueId value, node_.emit(step_name("transposed"),
                                                           std::move(transpose), {operand.value}));
    return Operand{value, order};
  }

  // Element i of axes `first` and `second` is every (n + 1)th of both as one.
  Result<Operand> diagonal(const Operand& operand, size_t first, size_t second) {
    const EinsumLabel label = operand.labels[first];
    std::vector<int> permutation;
    Labels labels;
    for (size_t axis = 0; axis < operand.labels.size(); ++axis) {
      if (axis == first || axis == second) continue;
      permutation.push_back(static_cast<int>(axis));
      labels.push_back(operand.labels[axis]);
    }
    permutation.push_back(static_cast<int>(first));
    permutation.push_back(static_cast<int>(second));
    ValueId value = operand.value;
    if (!std::is_sorted(permutation.begin(), permutation.end())) {
      OCTET_ASSIGN_OR_RETURN(value,
                             node_.emit(step_name("beside"), TransposeAttrs{permutation}, {value}));
    }
    SymbolicShape shape = node_.type_of(value).shape;
    const Dim n = shape.back();
    shape.pop_back();
    shape.back() = n * n;
    const size_t axis = labels.size();
    OCTET_ASSIGN_OR_RETURN(value, reshaped(value, std::move(shape)));
    const std::string step = step_name("diagonal");
    labels.push_back(label);
    if (n.is_constant()) {
      OCTET_ASSIGN_OR_RETURN(value, emit_slice(node_, step, value, axis, 0, n, n.value() + 1));
      return Operand{value, std::move(labels)};
    }
    OCTET_ASSIGN_OR_RETURN(
        const ValueId places,
        node_.emit(step + "_places", RangeAttrs{DType::kI64, 0, n + Dim(1), n}, {}));
    OCTET_ASSIGN_OR_RETURN(value,
                           node_.emit(step, GatherAttrs{static_cast<int>(axis)}, {value, places}));
    return Operand{value, std::move(labels)};
  }

  // The extents of `labels`, which `operand` has.
  SymbolicShape extents(const Operand& operand, const Labels& labels) const {
    const SymbolicShape shape = node_.type_of(operand.value).shape;
    SymbolicShape found;
    for (const EinsumLabel label : labels)
      found.push_back(
          shape[static_cast<size_t>(std::find(operand.labels.begin(), operand.labels.end(), label) -
                                    operand.labels.begin())]);
    return found;
  }

  // `operand` as [batch.., first, second]: matrices whose rows are all of `first`, its columns all
  // of `second`. Where they lie the other way round they are reshaped first, so that the operand of
  // a layer is no more than transposed.
  Result<ValueId> as_matrices(const Operand& operand, const Labels& batch, const Labels& first,
                              const Labels& second) {
    SymbolicShape shape = extents(operand, batch);
    const Dim rows = element_count(extents(operand, first)),
              columns = element_count(extents(operand, second));
    if (operand.labels != joined(joined(batch, second), first) || first.empty() || second.empty()) {
      OCTET_ASSIGN_OR_RETURN(const Operand ordered,
                             transposed(operand, joined(joined(batch, first), second)));
      shape.insert(shape.end(), {rows, columns});
      return reshaped(ordered.value, std::move(shape));
    }
    shape.insert(shape.end(), {columns, rows});
    OCTET_ASSIGN_OR_RETURN(const ValueId value, reshaped(operand.value, std::move(shape)));
    std::vector<int> permutation = axes_from(0, static_cast<int>(batch.size()) + 2);
    std::swap(permutation.back(), permutation[permutation.size() - 2]);
    return node_.emit(step_name("transposed"), TransposeAttrs{std::move(permutation)}, {value});
  }

  // Products with rows and columns that are one axis each become what the labels say.
  Result<Operand> with_axes(ValueId product, const Operand& lhs, const Operand& rhs,
                            const Sides& sides) {
    SymbolicShape shape = node_.type_of(product).shape;
    shape.resize(sides.batch.size());
    for (const Dim& extent : extents(lhs, sides.rows)) shape.push_back(extent);
    for (const Dim& extent : extents(rhs, sides.columns)) shape.push_back(extent);
    OCTET_ASSIGN_OR_RETURN(const ValueId value, reshaped(product, std::move(shape)));
    return Operand{value, joined(joined(sides.batch, sides.rows), sides.columns)};
  }

  Result<Operand> matrix_product(const Operand& lhs, const Operand& rhs, const Sides& sides,
                                 const std::string& step) {
    OCTET_ASSIGN_OR_RETURN(const ValueId right,
                           as_matrices(rhs, sides.batch, sides.summed, sides.columns));
    // A layer takes its rows as they are, whatever they are made of.
    if (sides.batch.empty() && !sides.rows.empty() && is_weight(rhs.value)) {
      OCTET_ASSIGN_OR_RETURN(const Operand ordered,
                             transposed(lhs, joined(sides.rows, sides.summed)));
      SymbolicShape shape = extents(lhs, sides.rows);
      shape.push_back(element_count(extents(lhs, sides.summed)));
      OCTET_ASSIGN_OR_RETURN(const ValueId left, reshaped(ordered.value, std::move(shape)));
      OCTET_ASSIGN_OR_RETURN(const ValueId product, node_.emit(step, MatMulAttrs{}, {left, right}));
      return with_axes(product, lhs, rhs, sides);
    }
    OCTET_ASSIGN_OR_RETURN(const ValueId left,
                           as_matrices(lhs, sides.batch, sides.rows, sides.summed));
    OCTET_ASSIGN_OR_RETURN(const ValueId product, node_.emit(step, MatMulAttrs{}, {left, right}));
    return with_axes(product, lhs, rhs, sides);
  }

  // Without a sum: each row with each column, or element with element.
  Result<Operand> outer_product(const Operand& lhs, const Operand& rhs, const Sides& sides,
                                const std::string& step) {
    const bool is_elementwise = sides.rows.empty() && sides.columns.empty();
    OCTET_ASSIGN_OR_RETURN(const Operand in_order,
                           transposed(rhs, joined(sides.batch, sides.columns)));
    ValueId left = lhs.value, right = in_order.value;
    if (!is_elementwise) {
      OCTET_ASSIGN_OR_RETURN(left, as_matrices(lhs, sides.batch, sides.rows, {}));
      OCTET_ASSIGN_OR_RETURN(right, as_matrices(in_order, sides.batch, {}, sides.columns));
    }
    OCTET_ASSIGN_OR_RETURN(const ValueId product,
                           node_.emit(step, BinaryAttrs{BinaryFunction::kMul}, {left, right}));
    return with_axes(product, lhs, rhs, sides);
  }

  NodeImport& node_;
  int steps_ = 0;
};

// That all axes of a label are equal, but for those of one element; those of an ellipsis broadcast.
Status check_extents(NodeImport& node, const EinsumEquation& equation) {
  std::vector<std::pair<EinsumLabel, AxisOf>> seen;
  std::vector<Check> checks;
  const auto extent = [&](AxisOf axis) {
    return node.type(axis.input).shape[static_cast<size_t>(axis.axis)];
  };
  for (size_t i = 0; i < equation.inputs.size(); ++i)
    for (size_t axis = 0; axis < equation.inputs[i].size(); ++axis) {
      const EinsumLabel label = equation.inputs[i][axis];
      const AxisOf at{static_cast<int>(i), static_cast<int>(axis)};
      if (extent(at) == Dim(1)) continue;
      const auto known = std::ranges::find(seen, label, &std::pair<EinsumLabel, AxisOf>::first);
      if (known == seen.end()) {
        seen.emplace_back(label, at);
        continue;
      }
      const Status status =
          require({.kind = label < 0 ? Check::Kind::kBroadcast : Check::Kind::kEqual,
                   .found = extent(at),
                   .expected = extent(known->second),
                   .at = at,
                   .beside = known->second},
                  checks);
      if (!status.is_ok()) return status.with_prefix(label_text(label) + " of the equation");
    }
  node.add_checks(checks);
  return Status::ok();
}

}  // namespace

Status import_einsum(NodeImport& node) {
  if (!node.has_attribute("equation")) return invalid_model("attribute \"equation\" is missing");
  std::vector<int> ranks;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
    ranks.push_back(node.rank(i));
  }
  OCTET_ASSIGN_OR_RETURN(const EinsumEquation equation,
                         parse_einsum(node.string_attribute("equation", ""), ranks));
  OCTET_RETURN_IF_ERROR(check_extents(node, equation));
  Einsum einsum(node);
  OCTET_ASSIGN_OR_RETURN(Operand result, einsum.operand(0, equation.inputs[0]));
  const size_t count = equation.inputs.size();
  for (size_t i = 1; i < count; ++i) {
    OCTET_ASSIGN_OR_RETURN(const Operand next,
                           einsum.operand(static_cast<int>(i), equation.inputs[i]));
    Labels rest = equation.output;
    for (size_t later = i + 1; later < count; ++later)
      rest = joined(std::move(rest), equation.inputs[later]);
    OCTET_ASSIGN_OR_RETURN(result, einsum.contract(result, next, rest, i + 1 == count));
  }
  return einsum.finish(result, equation.output);
}

}  // namespace octet

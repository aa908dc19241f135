// NegativeLogLikelihoodLoss. (SoftmaxCrossEntropyLoss comes to it by its function body.)
#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

// Input [N, C, places..], labels [N, places..], weights [C]. ONNX's function body does not look:
// labels of fewer places than there are would pass.
Status check_operands(NodeImport& node) {
  const TypeInfo src = node.type(0), labels = node.type(1);
  if (src.rank() < 2 || labels.rank() != src.rank() - 1)
    return invalid_model("input 0 is " + to_string(src) + " and input 1 " + to_string(labels) +
                         ", expected [N, C, ..] and labels [N, ..]");
  if (node.has_input(2) && node.rank(2) != 1)
    return invalid_model("input 2, the weights, is " + to_string(node.type(2)) +
                         ", expected one for each class");
  std::vector<Check> checks;
  const auto equal = [&](AxisOf at, AxisOf beside) {
    const auto extent = [&](AxisOf axis) {
      return node.type(axis.input).shape[static_cast<size_t>(axis.axis)];
    };
    return require({.found = extent(at), .expected = extent(beside), .at = at, .beside = beside},
                   checks);
  };
  for (int axis = 0; axis < labels.rank(); ++axis)
    OCTET_RETURN_IF_ERROR(equal({1, axis}, {0, axis == 0 ? 0 : axis + 1}));
  if (node.has_input(2)) OCTET_RETURN_IF_ERROR(equal({2, 0}, {0, 1}));
  node.add_checks(checks);
  return Status::ok();
}

}  // namespace

// -input[label] weights[label] for each place, or their sum, or that over the sum of the weights;
// the weight of a label that is to be ignored is 0.
Status import_negative_log_likelihood_loss(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(check_operands(node));
  const std::string reduction = node.string_attribute("reduction", "mean");
  if (reduction != "none" && reduction != "sum" && reduction != "mean")
    return invalid_model("attribute \"reduction\" is " + quoted(reduction) +
                         ", expected \"none\", \"sum\" or \"mean\"");
  const DType dtype = node.type(0).dtype, label_type = node.type(1).dtype;
  const SymbolicShape places = node.type(1).shape;
  const bool ignores = node.has_attribute("ignore_index");
  const bool weighs = ignores || node.has_input(2);
  Formula f(node);
  Operand labels = f.input(1), weights = f.scalar(dtype, 1.0);
  Operand ignored = labels;
  if (ignores) {
    const Operand ignored_label = f.scalar(DType::kI64, Dim(node.int_attribute("ignore_index", 0)));
    ignored = f.binary(BinaryFunction::kEqual, f.cast(labels, DType::kI64), ignored_label);
    labels = f.where(ignored, f.scalar(label_type, 0.0), labels);
  }
  if (node.has_input(2)) weights = f.emit(GatherAttrs{0}, {node.input(2), labels.id});
  if (ignores) weights = f.where(ignored, f.scalar(dtype, 0.0), weights);
  SymbolicShape column = places;
  column.insert(column.begin() + 1, Dim(1));
  const Operand picked =
      f.emit(GatherElementsAttrs{1}, {node.input(0), f.reshape(labels, column).id});
  Operand loss = f.unary(UnaryFunction::kNeg, f.reshape(picked, places));
  if (ignores) loss = f.where(ignored, f.scalar(dtype, 0.0), loss);
  if (weighs) loss = loss * weights;
  if (reduction == "none") return f.finish(loss, dtype);
  const std::vector<int> all = axes_from(0, static_cast<int>(places.size()));
  const auto reduced = [&](ReduceFunction function, Operand value) {
    return f.emit(ReduceAttrs{function, all, false}, {value.id});
  };
  if (reduction == "mean" && !weighs) return f.finish(reduced(ReduceFunction::kMean, loss), dtype);
  const Operand sum = reduced(ReduceFunction::kSum, loss);
  if (reduction == "sum") return f.finish(sum, dtype);
  return f.finish(sum / reduced(ReduceFunction::kSum, weights), dtype);
}

}  // namespace octet

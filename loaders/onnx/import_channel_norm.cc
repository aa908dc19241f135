// Norms with one scale and shift per channel of [N, C, spatial..]: BatchNormalization,
// InstanceNormalization, GroupNormalization; LpNormalization, MeanVarianceNormalization and LRN.
#include <numeric>

#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

using B = BinaryFunction;

// `vector` [C] as [C, 1, ..], so that it broadcasts along the channels of a tensor of `rank`.
Result<ValueId> along_channels(NodeImport& node, const char* step, ValueId vector, int rank) {
  SymbolicShape shape(static_cast<size_t>(rank) - 1, Dim(1));
  shape[0] = element_count(node.type_of(vector).shape);
  if (node.type_of(vector).shape == shape) return vector;
  return node.emit(step, ReshapeAttrs{std::move(shape)}, {vector});
}

// src * scale + shift, both [C]; gives output 0.
Status finish_affine(NodeImport& node, ValueId src, ValueId scale, ValueId shift) {
  const int rank = static_cast<int>(node.type_of(src).shape.size());
  OCTET_ASSIGN_OR_RETURN(scale, along_channels(node, "scale", scale, rank));
  OCTET_ASSIGN_OR_RETURN(shift, along_channels(node, "shift", shift, rank));
  OCTET_ASSIGN_OR_RETURN(const ValueId scaled, emit_binary(node, "scaled", B::kMul, src, scale));
  return node.finish(BinaryAttrs{B::kAdd}, {scaled, shift});
}

// Input 0 [N, C, spatial..], C = groups * members, with each group of one N normalized by its own
// mean and variance: a LayerNorm of rows without scale.
Result<ValueId> normalize_groups(NodeImport& node, const Dim& groups, const Dim& members,
                                 float epsilon) {
  const TypeInfo src = node.type(0);
  const Dim rows_count = src.shape[0] * groups;
  Dim count = members;
  for (size_t axis = 2; axis < src.shape.size(); ++axis) count = count * src.shape[axis];
  OCTET_ASSIGN_OR_RETURN(const ValueId rows,
                         node.emit("rows", ReshapeAttrs{{rows_count, count}}, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId one, node.add_scalar("one", src.dtype, 1));
  OCTET_ASSIGN_OR_RETURN(const ValueId ones, node.emit("ones", ExpandAttrs{{count}}, {one}));
  OCTET_ASSIGN_OR_RETURN(const ValueId norm,
                         node.emit("norm", LayerNormAttrs{epsilon}, {rows, ones}));
  return node.emit("normalized", ReshapeAttrs{src.shape}, {norm});
}

Status expect_channels(const NodeImport& node, int least_rank) {
  if (node.rank(0) >= least_rank) return Status::ok();
  return invalid_model("input 0 is " + to_string(node.type(0)) + ", expected rank " +
                       std::to_string(least_rank) + " or more: batch, channels, ..");
}

}  // namespace

namespace {

bool trains(NodeImport& node) {
  if (node.opset() >= 14) return node.flag_attribute("training_mode", false);
  if (node.opset() < 7) return !node.flag_attribute("is_test", false);
  return node.output_count() > 1;
}

// By the mean and variance of the batch, which also move the running ones. Outputs: y, the running
// mean and variance; below opset 14 those of the batch as well.
Status import_training_normalization(NodeImport& node) {
  node.warn("it trains: the statistics are those of the batch; export the model for inference");
  const TypeInfo src = node.type(0);
  const DType statistics = node.type(4).dtype;
  std::vector<int> axes = axes_from(1, src.rank());
  axes[0] = 0;  // all but the channels'
  const ReduceAttrs average{ReduceFunction::kMean, axes, true};
  SymbolicShape column(src.shape.size() - 1, Dim(1));
  column[0] = src.shape[1];
  Formula f(node);
  const Operand x = f.cast(f.input(0), statistics);
  const Operand mean = f.emit(average, {x.id});
  const Operand centred = x - mean;
  const Operand variance = f.emit(average, {(centred * centred).id});
  const auto epsilon = static_cast<double>(node.float_attribute("epsilon", 1e-5f));
  const Operand deviation = f.unary(UnaryFunction::kSqrt, variance + epsilon);
  const Operand gamma = f.reshape(f.cast(f.input(1), statistics), column);
  const Operand beta = f.reshape(f.cast(f.input(2), statistics), column);
  OCTET_RETURN_IF_ERROR(f.finish(centred * (gamma / deviation) + beta, src.dtype));
  const auto momentum = static_cast<double>(node.float_attribute("momentum", 0.9f));
  for (const int i : {0, 1}) {
    const Operand batch = f.reshape(i == 0 ? mean : variance, {src.shape[1]});
    const Operand running = f.input(3 + i) * momentum + batch * (1 - momentum);
    if (node.wants_output(1 + i)) OCTET_RETURN_IF_ERROR(f.finish(running, statistics, 1 + i));
    if (node.wants_output(3 + i)) OCTET_RETURN_IF_ERROR(f.finish(batch, statistics, 3 + i));
  }
  return f.status();
}

}  // namespace

// (x - mean) / sqrt(variance + epsilon) * scale + bias as x * factor + shift; factor and shift are
// constants in a trained model, and folded.
Status import_batch_normalization(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_channels(node, 2));
  if (node.opset() < 9 && !node.flag_attribute("spatial", true))
    return unsupported("attribute \"spatial\" is 0, expected 1");
  if (trains(node)) return import_training_normalization(node);
  const DType dtype = node.type(0).dtype, statistics = node.type(4).dtype;
  OCTET_ASSIGN_OR_RETURN(
      const ValueId small,
      node.add_scalar("epsilon", statistics,
                      static_cast<double>(node.float_attribute("epsilon", 1e-5f))));
  OCTET_ASSIGN_OR_RETURN(const ValueId variance,
                         emit_binary(node, "variance", B::kAdd, node.input(4), small));
  OCTET_ASSIGN_OR_RETURN(const ValueId deviation,
                         node.emit("deviation", UnaryAttrs{UnaryFunction::kSqrt}, {variance}));
  OCTET_ASSIGN_OR_RETURN(const ValueId gamma, emit_cast(node, "gamma", node.input(1), statistics));
  OCTET_ASSIGN_OR_RETURN(ValueId factor, emit_binary(node, "factor", B::kDiv, gamma, deviation));
  OCTET_ASSIGN_OR_RETURN(const ValueId mean,
                         emit_binary(node, "mean", B::kMul, node.input(3), factor));
  OCTET_ASSIGN_OR_RETURN(const ValueId beta, emit_cast(node, "beta", node.input(2), statistics));
  OCTET_ASSIGN_OR_RETURN(ValueId offset, emit_binary(node, "offset", B::kSub, beta, mean));
  OCTET_ASSIGN_OR_RETURN(factor, emit_cast(node, "factor_cast", factor, dtype));
  OCTET_ASSIGN_OR_RETURN(offset, emit_cast(node, "offset_cast", offset, dtype));
  return finish_affine(node, node.input(0), factor, offset);
}

Status import_instance_normalization(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_channels(node, 3));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId normalized,
      normalize_groups(node, node.type(0).shape[1], 1, node.float_attribute("epsilon", 1e-5f)));
  return finish_affine(node, normalized, node.input(1), node.input(2));
}

// Below opset 21 scale and bias have one element per group.
Status import_group_normalization(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_channels(node, 3));
  const SymbolicShape shape = node.type(0).shape;
  const int64_t groups = node.int_attribute("num_groups", 0);
  if (groups < 1 || !shape[1].is_constant() || shape[1].value() % groups != 0)
    return invalid_model("attribute \"num_groups\" is " + std::to_string(groups) +
                         ", expected a divisor of the " + shape[1].text() + " channels");
  const Dim members(shape[1].value() / groups);
  OCTET_ASSIGN_OR_RETURN(
      const ValueId normalized,
      normalize_groups(node, groups, members, node.float_attribute("epsilon", 1e-5f)));
  if (node.opset() >= 21) return finish_affine(node, normalized, node.input(1), node.input(2));
  std::vector<ValueId> per_channel;
  for (int i : {1, 2}) {
    const std::string name = i == 1 ? "group_scale" : "group_bias";
    OCTET_ASSIGN_OR_RETURN(const ValueId column,
                           node.emit(name, ReshapeAttrs{{groups, 1}}, {node.input(i)}));
    OCTET_ASSIGN_OR_RETURN(const ValueId repeated,
                           node.emit(name + "_repeated", ExpandAttrs{{groups, members}}, {column}));
    OCTET_ASSIGN_OR_RETURN(const ValueId vector,
                           node.emit(name + "_channels", ReshapeAttrs{{shape[1]}}, {repeated}));
    per_channel.push_back(vector);
  }
  return finish_affine(node, normalized, per_channel[0], per_channel[1]);
}

// x / norm along one axis; 0 where the norm is 0.
Status import_lp_normalization(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", -1), node.rank(0)));
  const int64_t p = node.int_attribute("p", 2);
  if (p != 1 && p != 2)
    return invalid_model("attribute \"p\" is " + std::to_string(p) + ", expected 1 or 2");
  const ReduceAttrs reduce{p == 1 ? ReduceFunction::kL1 : ReduceFunction::kL2, {axis}, true};
  const DType dtype = node.type(0).dtype;
  OCTET_ASSIGN_OR_RETURN(const ValueId norm, node.emit("norm", reduce, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar("zero", dtype, 0));
  OCTET_ASSIGN_OR_RETURN(const ValueId one, node.add_scalar("one", dtype, 1));
  OCTET_ASSIGN_OR_RETURN(const ValueId is_zero,
                         emit_binary(node, "is_zero", B::kEqual, norm, zero));
  OCTET_ASSIGN_OR_RETURN(const ValueId divisor,
                         node.emit("divisor", WhereAttrs{}, {is_zero, one, norm}));
  return node.finish(BinaryAttrs{B::kDiv}, {node.input(0), divisor});
}

// (x - mean) / sqrt(mean of squares - mean^2), as the mean of the squared differences; 1e-9 is
// added to the deviation as ONNX's function body does.
Status import_mean_variance_normalization(NodeImport& node) {
  const auto given = node.ints_attribute("axes").value_or(std::vector<int64_t>{0, 2, 3});
  OCTET_ASSIGN_OR_RETURN(const std::vector<int> axes, normalize_axes(given, node.rank(0)));
  const ReduceAttrs reduce{ReduceFunction::kMean, axes, true};
  OCTET_ASSIGN_OR_RETURN(const ValueId mean, node.emit("mean", reduce, {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId centred,
                         emit_binary(node, "centred", B::kSub, node.input(0), mean));
  OCTET_ASSIGN_OR_RETURN(const ValueId squares,
                         emit_binary(node, "squares", B::kMul, centred, centred));
  OCTET_ASSIGN_OR_RETURN(const ValueId variance, node.emit("variance", reduce, {squares}));
  OCTET_ASSIGN_OR_RETURN(const ValueId deviation,
                         node.emit("deviation", UnaryAttrs{UnaryFunction::kSqrt}, {variance}));
  OCTET_ASSIGN_OR_RETURN(const ValueId small, node.add_scalar("small", node.type(0).dtype, 1e-9));
  OCTET_ASSIGN_OR_RETURN(const ValueId divisor,
                         emit_binary(node, "divisor", B::kAdd, deviation, small));
  return node.finish(BinaryAttrs{B::kDiv}, {centred, divisor});
}

namespace {

// Of src [N, C, spatial..] the means of squares over windows of `size` neighbouring channels; what
// lies beyond the channels counts as 0.
Result<ValueId> emit_window_power(NodeImport& node, ValueId src, int64_t size) {
  const SymbolicShape shape = node.type_of(src).shape;
  const Dim pixels = element_count({shape.begin() + 2, shape.end()});
  OCTET_ASSIGN_OR_RETURN(ValueId value, emit_binary(node, "squares", B::kMul, src, src));
  OCTET_ASSIGN_OR_RETURN(
      value, node.emit("channel_rows", ReshapeAttrs{{shape[0], 1, shape[1], pixels}}, {value}));
  PoolAttrs mean{.function = PoolFunction::kAverage, .window = {}, .count_include_pad = true};
  mean.window = {.kernel = {size, 1},
                 .strides = {1, 1},
                 .dilations = {1, 1},
                 .begins = {(size - 1) / 2, 0},
                 .ends = {size / 2, 0}};
  OCTET_ASSIGN_OR_RETURN(value, node.emit("power", std::move(mean), {value}));
  return node.emit("power_of_window", ReshapeAttrs{shape}, {value});
}

}  // namespace

// x / (bias + alpha * mean)^beta, with the mean of the squares over `size` channels around that of
// x. Squares of 16-bit floats are f32, whose range they need.
Status import_lrn(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_channels(node, 2));
  const int64_t size = node.int_attribute("size", 0);
  if (size < 1 || size > (int64_t{1} << 30))
    return invalid_model("attribute \"size\" is " + std::to_string(size) + ", expected 1 or more");
  const DType type = node.type(0).dtype, wide = type == DType::kF64 ? type : DType::kF32;
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_cast(node, "wide", node.input(0), wide));
  OCTET_ASSIGN_OR_RETURN(ValueId value, emit_window_power(node, src, size));
  OCTET_ASSIGN_OR_RETURN(
      value, emit_scaled(node, "scaled", value, double{node.float_attribute("alpha", 1e-4f)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId bias,
                         node.add_scalar("bias", wide, double{node.float_attribute("bias", 1)}));
  OCTET_ASSIGN_OR_RETURN(value, emit_binary(node, "biased", B::kAdd, value, bias));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId beta,
      node.add_scalar("beta", wide, double{node.float_attribute("beta", 0.75f)}));
  OCTET_ASSIGN_OR_RETURN(value, emit_binary(node, "divisor", B::kPow, value, beta));
  if (type == wide) return node.finish(BinaryAttrs{B::kDiv}, {src, value});
  OCTET_ASSIGN_OR_RETURN(value, emit_binary(node, "normalized", B::kDiv, src, value));
  return node.finish(CastAttrs{type}, {value});
}

}  // namespace octet

// One row per op of ONNX's own domain, but for those of the long-tail lane (import_long_tail.cc),
// and the search in all tables.
#include "loaders/onnx/op_table.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>

#include "loaders/onnx/importers.h"
#include "loaders/onnx/own_functions.h"

namespace octet {
namespace {

using U = UnaryFunction;
using B = BinaryFunction;
using R = ReduceFunction;

// Sorted by domain and op type.
constexpr OpRow kRows[] = {
    {"", "Abs", import_unary<U::kAbs>, 1, 1},
    {"", "Acos", import_unary<U::kAcos>, 1, 1, 1, 7},
    {"", "Acosh", import_unary<U::kAcosh>, 1, 1, 1, 9},
    {"", "Add", import_binary<B::kAdd>, 2, 2},
    {"", "AffineGrid", import_affine_grid, 2, 2, 1, 20},
    {"", "And", import_binary<B::kAnd>, 2, 2},
    {"", "ArgMax", import_arg_reduce<true>, 1, 1},
    {"", "ArgMin", import_arg_reduce<false>, 1, 1},
    {"", "Asin", import_unary<U::kAsin>, 1, 1, 1, 7},
    {"", "Asinh", import_unary<U::kAsinh>, 1, 1, 1, 9},
    {"", "Atan", import_unary<U::kAtan>, 1, 1, 1, 7},
    {"", "Atanh", import_unary<U::kAtanh>, 1, 1, 1, 9},
    {"", "Attention", import_attention, 3, 7, 4, 23},
    {"", "AveragePool", import_average_pool, 1, 1},
    {"", "BatchNormalization", import_batch_normalization, 5, 5, 5},
    {"", "Bernoulli", import_bernoulli, 1, 1, 1, 15},
    {"", "BitShift", import_bit_shift, 2, 2, 1, 11},
    {"", "BitwiseAnd", import_binary<B::kBitwiseAnd>, 2, 2, 1, 18},
    {"", "BitwiseNot", import_unary<U::kBitwiseNot>, 1, 1, 1, 18},
    {"", "BitwiseOr", import_binary<B::kBitwiseOr>, 2, 2, 1, 18},
    {"", "BitwiseXor", import_binary<B::kBitwiseXor>, 2, 2, 1, 18},
    {"", "BlackmanWindow", import_blackman_window, 1, 1, 1, 17},
    {"", "Cast", import_cast, 1, 1},
    {"", "CastLike", import_cast_like, 2, 2, 1, 15},
    {"", "Ceil", import_unary<U::kCeil>, 1, 1},
    {"", "Celu", import_celu, 1, 1, 1, 12},
    {"", "CenterCropPad", import_center_crop_pad, 2, 2, 1, 18},
    {"", "Clip", import_clip, 1, 3},
    {"", "Concat", import_concat, 1, kAnyNumber},
    {"", "Constant", import_constant, 0, 0},
    {"", "ConstantOfShape", import_constant_of_shape, 1, 1, 1, 9},
    {"", "Conv", import_conv, 2, 3},
    {"", "ConvInteger", import_conv_integer, 2, 4, 1, 10},
    {"", "ConvTranspose", import_conv_transpose, 2, 3},
    {"", "Cos", import_unary<U::kCos>, 1, 1},
    {"", "Cosh", import_unary<U::kCosh>, 1, 1, 1, 9},
    {"", "CumProd", import_running<true>, 2, 2, 1, 26},
    {"", "CumSum", import_running<false>, 2, 2, 1, 11},
    {"", "DepthToSpace", import_depth_to_space, 1, 1},
    {"", "DequantizeLinear", import_dequantize_linear, 2, 3, 1, 10},
    {"", "Div", import_binary<B::kDiv>, 2, 2},
    {"", "Dropout", import_dropout, 1, 3, 2},
    {"", "DynamicQuantizeLinear", import_dynamic_quantize_linear, 1, 1, 3, 11},
    {"", "Einsum", import_einsum, 1, kAnyNumber, 1, 12},
    {"", "Elu", import_elu, 1, 1},
    {"", "Equal", import_binary<B::kEqual>, 2, 2},
    {"", "Erf", import_unary<U::kErf>, 1, 1, 1, 9},
    {"", "Exp", import_unary<U::kExp>, 1, 1},
    {"", "Expand", import_expand, 2, 2, 1, 8},
    {"", "EyeLike", import_eye_like, 1, 1, 1, 9},
    {"", "Flatten", import_flatten, 1, 1},
    {"", "Floor", import_unary<U::kFloor>, 1, 1},
    {"", "Gather", import_gather, 2, 2},
    {"", "GatherElements", import_gather_elements, 2, 2, 1, 11},
    {"", "GatherND", import_gather_nd, 2, 2, 1, 11},
    {"", "Gelu", import_gelu, 1, 1, 1, 20},
    {"", "Gemm", import_gemm, 2, 3},
    {"", "GlobalAveragePool", import_global_pool<R::kMean>, 1, 1},
    {"", "GlobalLpPool", import_global_lp_pool, 1, 1},
    {"", "GlobalMaxPool", import_global_pool<R::kMax>, 1, 1},
    {"", "Greater", import_binary<B::kGreater>, 2, 2},
    {"", "GreaterOrEqual", import_binary<B::kGreaterOrEqual>, 2, 2, 1, 12},
    {"", "GroupNormalization", import_group_normalization, 3, 3, 1, 18},
    {"", "HammingWindow", import_hamming_window, 1, 1, 1, 17},
    {"", "HannWindow", import_hann_window, 1, 1, 1, 17},
    {"", "HardSigmoid", import_hard_sigmoid, 1, 1},
    {"", "HardSwish", import_unary<U::kHardSwish>, 1, 1, 1, 14},
    {"", "Hardmax", import_hardmax, 1, 1},
    {"", "Identity", import_identity, 1, 1, 1, 1, true},
    {"", "If", import_if, 1, 1, kAnyNumber},
    {"", "InstanceNormalization", import_instance_normalization, 3, 3},
    {"", "IsInf", import_is_inf, 1, 1, 1, 10},
    {"", "IsNaN", import_unary<U::kIsNaN>, 1, 1, 1, 9},
    {"", "LRN", import_lrn, 1, 1},
    {"", "LayerNormalization", import_layer_normalization, 2, 3, 3},
    {"", "LeakyRelu", import_leaky_relu, 1, 1},
    {"", "Less", import_binary<B::kLess>, 2, 2},
    {"", "LessOrEqual", import_binary<B::kLessOrEqual>, 2, 2, 1, 12},
    {"", "Log", import_unary<U::kLog>, 1, 1},
    {"", "LogSoftmax", import_softmax<true>, 1, 1},
    {"", "Loop", import_loop, 0, kAnyNumber, kAnyNumber, 1, true},
    {"", "LpNormalization", import_lp_normalization, 1, 1},
    {"", "LpPool", import_lp_pool, 1, 1},
    {"", "MatMul", import_matmul, 2, 2},
    {"", "MatMulInteger", import_matmul_integer, 2, 4, 1, 10},
    {"", "Max", import_variadic<B::kMax>, 1, kAnyNumber},
    {"", "MaxPool", import_max_pool, 1, 1, 2},
    {"", "Mean", import_mean, 1, kAnyNumber},
    {"", "MeanVarianceNormalization", import_mean_variance_normalization, 1, 1, 1, 9},
    {"", "MelWeightMatrix", import_mel_weight_matrix, 5, 5, 1, 17},
    {"", "Min", import_variadic<B::kMin>, 1, kAnyNumber},
    {"", "Mish", import_unary<U::kMish>, 1, 1, 1, 18},
    {"", "Mod", import_mod, 2, 2, 1, 10},
    {"", "Mul", import_binary<B::kMul>, 2, 2},
    {"", "Multinomial", import_multinomial, 1, 1, 1, 7},
    {"", "Neg", import_unary<U::kNeg>, 1, 1},
    {"", "NegativeLogLikelihoodLoss", import_negative_log_likelihood_loss, 2, 3, 1, 12},
    {"", "Not", import_unary<U::kNot>, 1, 1},
    {"", "OneHot", import_one_hot, 3, 3, 1, 9},
    {"", "Or", import_binary<B::kOr>, 2, 2},
    {"", "PRelu", import_prelu, 2, 2},
    {"", "Pad", import_pad, 1, 4},
    {"", "Pow", import_pow, 2, 2},
    {"", "QLinearConv", import_qlinear_conv, 8, 9, 1, 10},
    {"", "QLinearMatMul", import_qlinear_matmul, 8, 8, 1, 10},
    {"", "QuantizeLinear", import_quantize_linear, 2, 3, 1, 10},
    {"", "RMSNormalization", import_rms_normalization, 2, 2, 1, 23},
    {"", "Range", import_range, 3, 3, 1, 11},
    {"", "Reciprocal", import_unary<U::kReciprocal>, 1, 1},
    {"", "ReduceL1", import_reduce<R::kL1>, 1, 2},
    {"", "ReduceL2", import_reduce<R::kL2>, 1, 2},
    {"", "ReduceLogSum", import_reduce<R::kLogSum>, 1, 2},
    {"", "ReduceLogSumExp", import_reduce<R::kLogSumExp>, 1, 2},
    {"", "ReduceMax", import_reduce<R::kMax>, 1, 2},
    {"", "ReduceMean", import_reduce<R::kMean>, 1, 2},
    {"", "ReduceMin", import_reduce<R::kMin>, 1, 2},
    {"", "ReduceProd", import_reduce<R::kProd>, 1, 2},
    {"", "ReduceSum", import_reduce<R::kSum>, 1, 2},
    {"", "ReduceSumSquare", import_reduce<R::kSumSquare>, 1, 2},
    {"", "Relu", import_unary<U::kRelu>, 1, 1},
    {"", "Reshape", import_reshape, 1, 2},
    {"", "Resize", import_resize, 1, 4, 1, 10},
    {"", "RotaryEmbedding", import_rotary_embedding, 3, 4, 1, 23},
    {"", "Round", import_unary<U::kRound>, 1, 1, 1, 11},
    {"", "Scan", import_scan, 0, kAnyNumber, kAnyNumber},
    {"", "Selu", import_selu, 1, 1},
    {"", "Shape", import_shape, 1, 1},
    {"", "Shrink", import_shrink, 1, 1, 1, 9},
    {"", "Sigmoid", import_unary<U::kSigmoid>, 1, 1},
    {"", "Sign", import_unary<U::kSign>, 1, 1, 1, 9},
    {"", "SimplifiedLayerNormalization", import_rms_normalization, 2, 2, 2},
    {"", "Sin", import_unary<U::kSin>, 1, 1},
    {"", "Sinh", import_unary<U::kSinh>, 1, 1, 1, 9},
    {"", "Size", import_size, 1, 1},
    {"", "Slice", import_slice, 1, 5},
    {"", "Softmax", import_softmax<false>, 1, 1},
    {"", "Softplus", import_unary<U::kSoftplus>, 1, 1},
    {"", "Softsign", import_unary<U::kSoftsign>, 1, 1},
    {"", "SpaceToDepth", import_space_to_depth, 1, 1},
    {"", "Split", import_split, 1, 2, kAnyNumber},
    {"", "Sqrt", import_unary<U::kSqrt>, 1, 1},
    {"", "Squeeze", import_squeeze, 1, 2},
    {"", "Sub", import_binary<B::kSub>, 2, 2},
    {"", "Sum", import_variadic<B::kAdd>, 1, kAnyNumber},
    {"", "Swish", import_swish, 1, 1, 1, 24},
    {"", "Tan", import_unary<U::kTan>, 1, 1, 1, 7},
    {"", "Tanh", import_unary<U::kTanh>, 1, 1},
    {"", "ThresholdedRelu", import_thresholded_relu, 1, 1, 1, 10},
    {"", "Tile", import_tile, 2, 3},
    {"", "Transpose", import_transpose, 1, 1},
    {"", "Trilu", import_trilu, 1, 2, 1, 14},
    {"", "Unsqueeze", import_unsqueeze, 1, 2},
    {"", "Upsample", import_upsample, 1, 2},
    {"", "Where", import_where, 3, 3, 1, 9},
    {"", "Xor", import_binary<B::kXor>, 2, 2},
    {"ai.onnx.preview", "FlexAttention", import_flex_attention, 3, 3},

    // Octet's own, which octet_model_save writes (own_functions.h).
    {kOwnDomain, "DynamicLinear", import_dynamic_linear, 3, 3},
    {kOwnDomain, "DynamicLinearShifted", import_dynamic_linear, 4, 4},
    {kOwnDomain, "DynamicLinearSmoothed", import_dynamic_linear, 4, 4},
    {kOwnDomain, "DynamicLinearSmoothedShifted", import_dynamic_linear, 5, 5},
};

constexpr bool before(const OpRow& a, const OpRow& b) {
  return a.domain != b.domain ? a.domain < b.domain : a.op_type < b.op_type;
}
static_assert(std::is_sorted(std::begin(kRows), std::end(kRows), before));

std::array<std::span<const OpRow>, 4> tables() {
  return {kRows, contrib_op_table(), long_tail_op_table(), sequence_op_table()};
}

}  // namespace

std::vector<OpRow> op_table() {
  std::vector<OpRow> rows;
  for (const std::span<const OpRow> table : tables()) {
    assert(std::is_sorted(table.begin(), table.end(), before));
    rows.insert(rows.end(), table.begin(), table.end());
  }
  std::sort(rows.begin(), rows.end(), before);
  return rows;
}

const OpRow* find_op(std::string_view domain, std::string_view op_type) {
  const OpRow wanted{domain == "ai.onnx" ? "" : domain, op_type, nullptr, 0, 0};
  for (const std::span<const OpRow> rows : tables()) {
    const auto row = std::lower_bound(rows.begin(), rows.end(), wanted, before);
    if (row != rows.end() && !before(wanted, *row)) return &*row;
  }
  return nullptr;
}

}  // namespace octet

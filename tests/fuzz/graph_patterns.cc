// The patterns that passes look for, as exporters spell them, with chances to be near misses.
#include <cmath>

#include "tests/fuzz/graph_builder.h"

namespace octet::fuzz {
namespace {

using B = BinaryFunction;
using U = UnaryFunction;

}  // namespace

// (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * gamma + beta
void GraphBuilder::layer_norm_pattern() {
  const ValueId src = some_float();
  if (rank(src) == 0) return;
  const int axis = bytes_.chance(90) ? rank(src) - 1 : 0;
  const ReduceAttrs mean_of{ReduceFunction::kMean, {axis}, bytes_.chance(95)};
  const ValueId mean = add(mean_of, {src});
  if (mean == kNoValue) return;
  const ValueId centered = add(BinaryAttrs{B::kSub}, {src, mean});
  if (centered == kNoValue) return;
  const ValueId square =
      bytes_.chance(50) ? add(BinaryAttrs{B::kMul}, {centered, centered})
                        : add(BinaryAttrs{B::kPow}, {centered, scalar(bytes_.chance(90) ? 2 : 3)});
  if (square == kNoValue) return;
  const ValueId variance = add(mean_of, {square});
  if (variance == kNoValue) return;
  const ValueId shifted = add(BinaryAttrs{B::kAdd}, {variance, scalar(1e-5f)});
  if (shifted == kNoValue) return;
  const ValueId root = add(UnaryAttrs{U::kSqrt}, {shifted});
  const ValueId normal = add(BinaryAttrs{B::kDiv}, {centered, root});
  if (normal == kNoValue || columns(src) == 0) return;
  const ValueId scaled = add(BinaryAttrs{B::kMul}, {normal, constant(DType::kF32, {columns(src)})});
  if (scaled != kNoValue && bytes_.chance(80))
    add(BinaryAttrs{B::kAdd}, {scaled, constant(DType::kF32, {columns(src)})});
}

// x * 0.5 * (1 + erf(x / sqrt 2)), in two orders
void GraphBuilder::gelu_pattern() {
  const ValueId src = some_float();
  const ValueId argument =
      bytes_.chance(50)
          ? add(BinaryAttrs{B::kDiv}, {src, scalar(bytes_.chance(90) ? std::sqrt(2.0f) : 1.5f)})
          : add(BinaryAttrs{B::kMul}, {src, scalar(std::sqrt(0.5f))});
  if (argument == kNoValue) return;
  const ValueId erf = add(UnaryAttrs{U::kErf}, {argument});
  const ValueId sum = erf == kNoValue ? kNoValue : add(BinaryAttrs{B::kAdd}, {erf, scalar(1)});
  if (sum == kNoValue) return;
  if (bytes_.chance(50)) {
    const ValueId product = add(BinaryAttrs{B::kMul}, {src, sum});
    if (product != kNoValue) add(BinaryAttrs{B::kMul}, {product, scalar(0.5f)});
  } else {
    const ValueId half = add(BinaryAttrs{B::kMul}, {src, scalar(0.5f)});
    if (half != kNoValue) add(BinaryAttrs{B::kMul}, {half, sum});
  }
}

// MatMul, bias, an activation, a residual: each may be missing
void GraphBuilder::linear_pattern() {
  const ValueId src = some_float();
  if (columns(src) == 0) return;
  const int64_t n = bytes_.chance(50) ? columns(src) : bytes_.one_of<int64_t>({1, 4, 8, 16, 24});
  ValueId sum = add(MatMulAttrs{}, {src, constant(DType::kF32, {columns(src), n})});
  if (sum != kNoValue && bytes_.chance(80))
    sum = add(BinaryAttrs{B::kAdd}, {sum, constant(DType::kF32, {n})});
  if (sum != kNoValue && bytes_.chance(50))
    sum = add(UnaryAttrs{bytes_.one_of({U::kRelu, U::kTanh, U::kSigmoid, U::kGelu, U::kSilu})},
              {sum});
  if (sum != kNoValue && bytes_.chance(50)) add(BinaryAttrs{B::kAdd}, {sum, partner(sum)});
}

// Heads split, scores, mask, softmax, context, heads joined
void GraphBuilder::attention_pattern() {
  const ValueId src = some_float();
  if (rank(src) != 3 || columns(src) % 2 != 0 || columns(src) == 0) return;
  const int64_t width = columns(src), heads = 2;
  const SymbolicShape dims = shape(src);
  ValueId parts[3];
  for (ValueId& part : parts) {
    part =
        bytes_.chance(70) ? add(MatMulAttrs{}, {src, constant(DType::kF32, {width, width})}) : src;
    if (part == kNoValue) return;
    part = add(ReshapeAttrs{{dims[0], dims[1], heads, Dim(width / heads)}}, {part});
    if (part == kNoValue) return;
    const bool is_key = &part == &parts[1];
    part = add(TransposeAttrs{is_key ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{0, 2, 1, 3}},
               {part});
    if (part == kNoValue) return;
  }
  ValueId scores = add(MatMulAttrs{}, {parts[0], parts[1]});
  if (scores != kNoValue && bytes_.chance(80))
    scores = add(BinaryAttrs{bytes_.chance(50) ? B::kMul : B::kDiv}, {scores, scalar(0.25f)});
  if (scores != kNoValue && bytes_.chance(40))
    scores = add(BinaryAttrs{B::kAdd}, {scores, partner(scores)});
  if (scores == kNoValue || rank(scores) != 4) return;
  const ValueId weights = add(SoftmaxAttrs{bytes_.chance(95) ? 3 : 2}, {scores});
  if (weights == kNoValue) return;
  ValueId context = add(MatMulAttrs{}, {weights, parts[2]});
  if (context == kNoValue) return;
  context = add(TransposeAttrs{{0, 2, 1, 3}}, {context});
  if (context != kNoValue) add(ReshapeAttrs{{dims[0], dims[1], Dim(width)}}, {context});
}

// A layer norm that feeds several linear layers, whose sum is a residual
void GraphBuilder::feed_forward_pattern() {
  const ValueId src = some_float();
  const int64_t k = columns(src);
  if (k == 0) return;
  const ValueId norm =
      add(LayerNormAttrs{}, {src, constant(DType::kF32, {k}), constant(DType::kF32, {k})});
  if (norm == kNoValue) return;
  ValueId sum = src;
  for (int64_t i = bytes_.in(1, 3); i > 0 && sum != kNoValue; --i) {
    ValueId layer = add(MatMulAttrs{}, {norm, constant(DType::kF32, {k, k})});
    if (layer == kNoValue) return;
    if (bytes_.chance(60)) layer = add(BinaryAttrs{B::kAdd}, {layer, constant(DType::kF32, {k})});
    sum = add(BinaryAttrs{B::kAdd}, {layer, sum});
  }
}

}  // namespace octet::fuzz

// Attention nodes for tests, and how far a float kernel may be from the reference.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "tests/support/float_bounds.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet::test {

struct AttentionCase {
  int64_t batch, heads, queries, keys, depth, value_depth;
  Shape mask;  // rank 0: none
  float scale = 0.3f;

  std::string name() const {
    return to_string(Shape{batch, heads, queries, keys, depth, value_depth}) + " mask " +
           to_string(mask);
  }
};

// Values in [-1, 1), so that a bound of the error needs few terms.
inline std::vector<Tensor> attention_operands(const AttentionCase& c, DType dtype, uint64_t seed) {
  std::vector<Tensor> tensors;
  for (const Shape& shape :
       {Shape{c.batch, c.heads, c.queries, c.depth}, Shape{c.batch, c.heads, c.keys, c.depth},
        Shape{c.batch, c.heads, c.keys, c.value_depth}})
    tensors.push_back(convert_floats(random_floats(shape, seed++), dtype));
  return tensors;
}

// Additive values in [-2, 2), a quarter of them -infinity or the lowest float.
inline Tensor attention_mask(const Shape& shape, uint64_t seed) {
  Tensor mask = random_floats(shape, seed, -2, 2);
  Random random(seed + 1);
  for (float& value : mask.elements<float>()) {
    const int64_t draw = random.integer(0, 7);
    if (draw == 0) value = -std::numeric_limits<float>::infinity();
    if (draw == 1) value = std::numeric_limits<float>::lowest();
  }
  return mask;
}

inline KernelRow reference_attention() {
  return find_row(reference_kernels(), "attention/reference");
}

// What each output may differ from the reference: q, k, v, mask as tensors of any strides.
//
// A score differs by e = |scale| gamma(D + 4) sum |q k| + 4 u (|mask| + |score - max|): the product
// with scale and the conversion to powers of 2 round a few times, so do the mask and the
// subtraction of the maximum. A weight w is then off by a factor in 1 +- d, d = expm1(2 e) +
// weight_rounding, whose part common to the row cancels in
//   sum w (1 + d_j) v / sum w (1 + d_j) - out = sum w d_j (v - out) / sum w (1 + d_j),
// at most d / (1 - d) sum p |v - out|, p = w / sum w. The sums and the division add gamma(Sk + 4)
// sum p |v|. Weights below 2^-126 of the largest are 0.
inline std::vector<double> attention_bounds(const NodeUnderTest& node, double weight_rounding) {
  const auto& attrs = std::get<AttentionAttrs>(node.attributes());
  const Shape q_shape = node.inputs()[0].tensor.shape(), v_shape = node.inputs()[2].tensor.shape();
  const auto q = to_doubles(node.inputs()[0].tensor), k = to_doubles(node.inputs()[1].tensor),
             v = to_doubles(node.inputs()[2].tensor);
  const int64_t heads = q_shape[1], queries = q_shape[2], depth = q_shape[3], keys = v_shape[2],
                value_depth = v_shape[3];
  const Shape score_shape{q_shape[0], heads, queries, keys};
  std::vector<double> mask(static_cast<size_t>(score_shape.element_count()), 0);
  if (node.inputs().size() > 3 && node.inputs()[3].present())
    mask = to_doubles(broadcast_view(node.inputs()[3].tensor, score_shape));
  std::vector<double> bounds(static_cast<size_t>(node.output_shape(0).element_count()));

  std::vector<double> score(static_cast<size_t>(keys)), weight(score), error(score);
  for (int64_t row = 0; row < q_shape[0] * heads * queries; ++row) {
    const int64_t head = row / queries;
    double top = -std::numeric_limits<double>::infinity();
    for (int64_t j = 0; j < keys; ++j) {
      double dot = 0, magnitude = 0;
      for (int64_t i = 0; i < depth; ++i) {
        const double product = q[static_cast<size_t>(row * depth + i)] *
                               k[static_cast<size_t>((head * keys + j) * depth + i)];
        dot += product;
        magnitude += std::abs(product);
      }
      const auto at = static_cast<size_t>(j);
      const double added = mask[static_cast<size_t>(row * keys + j)];
      score[at] = attrs.scale * dot + added;
      // A mask near the lowest float swallows the score, here as there.
      error[at] = added < -1e37 ? 0
                                : std::abs(attrs.scale) * gamma(depth + 4) * magnitude +
                                      4 * kFloatRounding * std::abs(added);
      top = std::max(top, score[at]);
    }
    if (std::isinf(top)) continue;  // no key: NaN, or exactly 0
    double sum = 0, largest_error = 0;
    for (size_t j = 0; j < score.size(); ++j) {
      sum += weight[j] = std::exp(score[j] - top);
      if (weight[j] > kFloatUnderflow)
        largest_error =
            std::max(largest_error, error[j] + 4 * kFloatRounding * std::abs(score[j] - top));
    }
    const double factor = std::expm1(2 * largest_error) + weight_rounding;
    for (int64_t i = 0; i < value_depth; ++i) {
      const auto value = [&](size_t j) {
        return v[(static_cast<size_t>(head * keys) + j) * static_cast<size_t>(value_depth) +
                 static_cast<size_t>(i)];
      };
      double out = 0, spread = 0, magnitude = 0;
      for (size_t j = 0; j < score.size(); ++j) out += weight[j] / sum * value(j);
      for (size_t j = 0; j < score.size(); ++j) {
        spread += weight[j] / sum * std::abs(value(j) - out);
        magnitude += weight[j] / sum * std::abs(value(j));
      }
      const int64_t b = head / heads, h = head % heads, query = row % queries;
      const int64_t at = ((b * queries + query) * heads + h) * value_depth + i;
      bounds[static_cast<size_t>(at)] = factor / (1 - factor) * spread +
                                        gamma(keys + 4) * magnitude +
                                        static_cast<double>(keys + 1) * kFloatUnderflow;
    }
  }
  return bounds;
}

// Rounding of the weights themselves: the power of 2 and a few f32 operations; to bf16.
inline constexpr double kFloatWeightRounding = 1e-8 + 8 * kFloatRounding;
inline constexpr double kBFloat16WeightRounding = kBFloat16Rounding + 9e-5;

}  // namespace octet::test

// Reference of scaled dot-product attention, in double.
#include <cmath>
#include <limits>

#include "kernels/numerics/softmax.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// The offset of [b, h, i, 0].
int64_t row_offset(const TensorView& view, int64_t b, int64_t h, int64_t i) {
  return b * view.strides[0] + h * view.strides[1] + i * view.strides[2];
}

// The head of keys and values that head h of the query reads.
int64_t shared_head(const TensorView& q, const TensorView& k, int64_t h) {
  return h * k.shape[1] / q.shape[1];
}

struct Heads {
  const AttentionAttrs& attrs;
  const TensorView &q, &k, &v, &dst;
  const TensorView* mask;
  Strides mask_strides;
  std::span<double> weights;  // one per key
  Share& share;

  // The weights of query [b, h, i]; false when no key takes part.
  bool compute_weights(int64_t b, int64_t h, int64_t i) const {
    const int64_t depth = q.shape[3];
    const int64_t q_row = row_offset(q, b, h, i), shared = shared_head(q, k, h);
    bool any = false;
    for (int64_t j = 0; j < k.shape[2] && !share.stop(); ++j) {
      const int64_t k_row = row_offset(k, b, shared, j);
      double score = 0;
      for (int64_t d = 0; d < depth && !share.stop(); ++d)
        score +=
            load_number(q, q_row + d * q.strides[3]) * load_number(k, k_row + d * k.strides[3]);
      score *= static_cast<double>(attrs.scale);
      if (mask) {
        score += load_number(*mask, b * mask_strides[0] + h * mask_strides[1] +
                                        i * mask_strides[2] + j * mask_strides[3]);
      }
      weights[static_cast<size_t>(j)] = score;
      any = any || score != -std::numeric_limits<double>::infinity();
    }
    return any;
  }

  void run_row(int64_t b, int64_t h, int64_t i) const {
    const bool any = compute_weights(b, h, i);
    numerics::softmax(weights, false, &share);  // NaN without any key
    const bool zeros = !any && attrs.empty_rows_are_zero;
    const int64_t shared = shared_head(q, v, h);
    for (int64_t d = 0; d < v.shape[3]; ++d) {
      double sum = 0;
      for (int64_t j = 0; j < k.shape[2] && !zeros && !share.stop(); ++j) {
        const double weight = weights[static_cast<size_t>(j)];
        if (weight == 0) continue;  // whatever a masked value is, even NaN
        sum += weight * load_number(v, row_offset(v, b, shared, j) + d * v.strides[3]);
      }
      store_number(dst, row_offset(dst, b, i, h) + d, sum);
    }
  }
};

}  // namespace

size_t attention_scratch(const AttentionAttrs&, const TaskShapes& shapes) {
  return static_cast<size_t>(shapes.inputs[1].shape[2]) * sizeof(double);
}

Status attention(const AttentionAttrs& attrs, const TaskArgs& args, Share& share,
                 std::byte* scratch) {
  const TensorView &q = args.inputs[0], &k = args.inputs[1];
  const TensorView* mask = optional_view(args.inputs, 3);
  const Shape scores{q.shape[0], q.shape[1], q.shape[2], k.shape[2]};
  const std::span<double> weights(reinterpret_cast<double*>(scratch),
                                  static_cast<size_t>(k.shape[2]));
  const Heads heads{attrs,
                    q,
                    k,
                    args.inputs[2],
                    args.outputs[0],
                    mask,
                    mask ? broadcast_strides(*mask, scores) : zero_strides(scores),
                    weights,
                    share};
  walk<0>(share, {q.shape[0], q.shape[1], q.shape[2]}, {},
          [&](int64_t, const auto&, const Position& at) { heads.run_row(at[0], at[1], at[2]); });
  return Status::ok();
}

}  // namespace octet::reference

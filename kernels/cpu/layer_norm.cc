// LayerNorm over rows of f32.
#include <cmath>

#include "kernels/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/layer_norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using VecF32 = hn::Vec<F32>;

// The sum of term(i, count) over the vectors of a row, where a term is 0 in the lanes from `count`
// on. The order of the additions is set by the length of the row alone.
template <class Term>
HWY_INLINE float sum_over_row(int64_t columns, Term term) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const auto step = static_cast<int64_t>(lanes);
  VecF32 sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  int64_t i = 0;
  for (; i + 4 * step <= columns; i += 4 * step) {
    sums[0] = hn::Add(sums[0], term(i, lanes));
    sums[1] = hn::Add(sums[1], term(i + step, lanes));
    sums[2] = hn::Add(sums[2], term(i + 2 * step, lanes));
    sums[3] = hn::Add(sums[3], term(i + 3 * step, lanes));
  }
  for (; i + step <= columns; i += step) sums[0] = hn::Add(sums[0], term(i, lanes));
  if (i < columns) sums[1] = hn::Add(sums[1], term(i, static_cast<size_t>(columns - i)));
  return hn::ReduceSum(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])));
}

template <bool kHasBeta>
HWY_INLINE void normalize_row(const float* src, const float* gamma, const float* beta,
                              int64_t columns, float epsilon, float* dst) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const auto step = static_cast<int64_t>(lanes);
  const auto count = static_cast<float>(columns);
  const auto load = [&](int64_t i, size_t n) HWY_ATTR {
    return n == lanes ? hn::LoadU(d, src + i) : hn::LoadN(d, src + i, n);
  };
  const VecF32 mean = hn::Set(d, sum_over_row(columns, load) / count);
  const float variance = sum_over_row(columns,
                                      [&](int64_t i, size_t n) HWY_ATTR {
                                        VecF32 distance = hn::Sub(load(i, n), mean);
                                        if (n != lanes)
                                          distance = hn::IfThenElseZero(hn::FirstN(d, n), distance);
                                        return hn::Mul(distance, distance);
                                      }) /
                         count;
  const VecF32 factor = hn::Set(d, 1.0f / std::sqrt(variance + epsilon));
  int64_t i = 0;
  for (; i + step <= columns; i += step) {
    const VecF32 y = hn::Mul(hn::Sub(hn::LoadU(d, src + i), mean), factor);
    const VecF32 scale = hn::LoadU(d, gamma + i);
    hn::StoreU(kHasBeta ? hn::MulAdd(y, scale, hn::LoadU(d, beta + i)) : hn::Mul(y, scale), d,
               dst + i);
  }
  if (i < columns) {
    const auto n = static_cast<size_t>(columns - i);
    const VecF32 y = hn::Mul(hn::Sub(hn::LoadN(d, src + i, n), mean), factor);
    const VecF32 scale = hn::LoadN(d, gamma + i, n);
    hn::StoreN(kHasBeta ? hn::MulAdd(y, scale, hn::LoadN(d, beta + i, n)) : hn::Mul(y, scale), d,
               dst + i, n);
  }
}

void layer_norm(const RowArgs& args, const float* beta, float epsilon) {
  const RowOperand &src = args.inputs[0], &dst = args.outputs[0];
  const float* gamma = args.inputs[1].row<float>(0);
  for (int64_t r = 0; r < args.rows; ++r) {
    if (beta != nullptr)
      normalize_row<true>(src.row<float>(r), gamma, beta, src.columns, epsilon, dst.row<float>(r));
    else
      normalize_row<false>(src.row<float>(r), gamma, nullptr, src.columns, epsilon,
                           dst.row<float>(r));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(layer_norm);

class LayerNorm final : public RowKernel {
 public:
  explicit LayerNorm(float epsilon) : epsilon_(epsilon) {}
  Status run(const RowArgs& args) const override {
    const float* beta = has_input(args, 2) ? args.inputs[2].row<float>(0) : nullptr;
    HWY_DYNAMIC_DISPATCH(layer_norm)(args, beta, epsilon_);
    return Status::ok();
  }

 private:
  float epsilon_;
};

}  // namespace

Support accept_layer_norm(const KernelRequest& request) {
  return both(require_rows(request), require_type(request, DType::kF32));
}

Result<Kernel> make_layer_norm(const KernelRequest& request) {
  return Kernel(std::make_unique<LayerNorm>(attributes_of<LayerNormAttrs>(request).epsilon));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

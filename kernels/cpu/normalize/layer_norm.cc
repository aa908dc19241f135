// LayerNorm over rows of f32.
#include <algorithm>
#include <cmath>

#include "kernels/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/normalize/layer_norm.cc"
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
// on. The order of the additions is set by the length of the row alone. `beat` may end it.
template <class Term>
HWY_INLINE float sum_over_row(Heartbeat& beat, int64_t columns, Term term) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const auto step = static_cast<int64_t>(lanes);
  VecF32 sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  int64_t i = 0;
  while (i + 4 * step <= columns) {
    const int64_t start = i, end = std::min(columns, i + cpu::kRowPiece);
    for (; i + 4 * step <= end; i += 4 * step) {
      sums[0] = hn::Add(sums[0], term(i, lanes));
      sums[1] = hn::Add(sums[1], term(i + step, lanes));
      sums[2] = hn::Add(sums[2], term(i + 2 * step, lanes));
      sums[3] = hn::Add(sums[3], term(i + 3 * step, lanes));
    }
    if (beat.stop((i - start) / 16)) return 0;
  }
  for (; i + step <= columns; i += step) sums[0] = hn::Add(sums[0], term(i, lanes));
  if (i < columns) sums[1] = hn::Add(sums[1], term(i, static_cast<size_t>(columns - i)));
  return hn::ReduceSum(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])));
}

HWY_INLINE VecF32 load(const float* src, size_t count) {
  const F32 d;
  return count == hn::Lanes(d) ? hn::LoadU(d, src) : hn::LoadN(d, src, count);
}

HWY_INLINE float mean_of_row(Heartbeat& beat, const float* src, int64_t columns) {
  const float sum =
      sum_over_row(beat, columns, [src](int64_t i, size_t n) HWY_ATTR { return load(src + i, n); });
  return sum / static_cast<float>(columns);
}

// 1 / sqrt(variance + epsilon)
HWY_INLINE float factor_of_row(Heartbeat& beat, const float* src, int64_t columns, float mean,
                               float epsilon) {
  const F32 d;
  const VecF32 center = hn::Set(d, mean);
  const float squares = sum_over_row(beat, columns, [&](int64_t i, size_t n) HWY_ATTR {
    VecF32 distance = hn::Sub(load(src + i, n), center);
    if (n != hn::Lanes(d)) distance = hn::IfThenElseZero(hn::FirstN(d, n), distance);
    return hn::Mul(distance, distance);
  });
  return 1.0f / std::sqrt(squares / static_cast<float>(columns) + epsilon);
}

template <bool kHasBeta>
HWY_INLINE void normalize_row(Heartbeat& beat, const float* src, const float* gamma,
                              const float* beta, int64_t columns, float mean, float factor,
                              float* dst) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  const VecF32 center = hn::Set(d, mean), scale = hn::Set(d, factor);
  const auto value = [&](int64_t i, size_t n) HWY_ATTR {
    const VecF32 y = hn::Mul(hn::Sub(load(src + i, n), center), scale);
    if constexpr (kHasBeta) return hn::MulAdd(y, load(gamma + i, n), load(beta + i, n));
    return hn::Mul(y, load(gamma + i, n));
  };
  const auto step = static_cast<int64_t>(lanes);
  int64_t i = 0;
  while (i + step <= columns) {
    const int64_t start = i, end = std::min(columns, i + cpu::kRowPiece);
    for (; i + step <= end; i += step) hn::StoreU(value(i, lanes), d, dst + i);
    if (beat.stop((i - start) / 16)) return;
  }
  if (i < columns)
    hn::StoreN(value(i, static_cast<size_t>(columns - i)), d, dst + i,
               static_cast<size_t>(columns - i));
}

// The same in double, for rows whose sums f32 can't hold, as near its largest value.
void normalize_large_row(Heartbeat& beat, const float* src, const float* gamma, const float* beta,
                         int64_t columns, float epsilon, float* dst) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < columns && !beat.stop(); ++i) sum += static_cast<double>(src[i]);
  const auto count = static_cast<double>(columns);
  const double mean = sum / count;
  for (int64_t i = 0; i < columns && !beat.stop(); ++i) {
    const double distance = static_cast<double>(src[i]) - mean;
    squares += distance * distance;
  }
  const double factor = 1 / std::sqrt(squares / count + static_cast<double>(epsilon));
  for (int64_t i = 0; i < columns && !beat.stop(); ++i) {
    const double y = (static_cast<double>(src[i]) - mean) * factor * static_cast<double>(gamma[i]);
    dst[i] = static_cast<float>(y + (beta == nullptr ? 0 : static_cast<double>(beta[i])));
  }
}

// Rows that go through each pass together, so that the latency of one row's reduction hides behind
// the next row; all of them lie in L1 (16 KB).
constexpr int64_t kMostRows = 8;
HWY_INLINE int64_t rows_at_once(int64_t columns) {
  return std::clamp<int64_t>(4096 / std::max<int64_t>(columns, 1), 1, kMostRows);
}

Status layer_norm(const RowArgs& args, const float* beta, float epsilon) {
  const RowOperand &src = args.inputs[0], &dst = args.outputs[0];
  const float* gamma = args.inputs[1].row<float>(0);
  const int64_t columns = src.columns, step = rows_at_once(columns);
  float mean[kMostRows], factor[kMostRows];
  Heartbeat beat(args.control);
  for (int64_t first = 0; first < args.rows && !beat.stop(); first += step) {
    const int64_t count = std::min(step, args.rows - first);
    for (int64_t r = 0; r < count; ++r)
      mean[r] = mean_of_row(beat, src.row<float>(first + r), columns);
    for (int64_t r = 0; r < count; ++r)
      factor[r] = factor_of_row(beat, src.row<float>(first + r), columns, mean[r], epsilon);
    for (int64_t r = 0; r < count; ++r) {
      const float* from = src.row<float>(first + r);
      auto* to = dst.row<float>(first + r);
      if (!(factor[r] > 0))  // the sum of squares has overflowed, or there is a NaN
        normalize_large_row(beat, from, gamma, beta, columns, epsilon, to);
      else if (beta != nullptr)
        normalize_row<true>(beat, from, gamma, beta, columns, mean[r], factor[r], to);
      else
        normalize_row<false>(beat, from, gamma, nullptr, columns, mean[r], factor[r], to);
    }
  }
  return beat.status();
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
    return HWY_DYNAMIC_DISPATCH(layer_norm)(args, beta, epsilon_);
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

// Softmax and log-softmax of rows of f32.
#include <cmath>
#include <limits>

#include "kernels/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/normalize/softmax.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

using F32 = hn::ScalableTag<float>;
using VecF32 = hn::Vec<F32>;

HWY_INLINE VecF32 load(const float* src, size_t count) {
  const F32 d;
  return count == hn::Lanes(d) ? hn::LoadU(d, src) : hn::LoadN(d, src, count);
}
HWY_INLINE void store(VecF32 x, float* dst, size_t count) {
  const F32 d;
  if (count == hn::Lanes(d))
    hn::StoreU(x, d, dst);
  else
    hn::StoreN(x, d, dst, count);
}

// body(i, count) for each vector of a row, until `beat` ends it; `count` is below the number of
// lanes for the last one alone. Alternates between two accumulators: body is told which.
template <class Body>
HWY_INLINE void for_row(Heartbeat& beat, int64_t columns, Body body) {
  const size_t lanes = hn::Lanes(F32());
  const auto step = static_cast<int64_t>(lanes);
  int64_t i = 0;
  while (i + 2 * step <= columns) {
    const int64_t start = i, end = std::min(columns, i + cpu::kRowPiece);
    for (; i + 2 * step <= end; i += 2 * step) {
      body(i, lanes, 0);
      body(i + step, lanes, 1);
    }
    if (beat.stop((i - start) / 4)) return;
  }
  if (i + step <= columns) {
    body(i, lanes, 0);
    i += step;
  }
  if (i < columns) body(i, static_cast<size_t>(columns - i), 1);
}

// The largest element, ignoring NaN; -infinity for none.
HWY_INLINE float largest(Heartbeat& beat, const float* src, int64_t columns) {
  const F32 d;
  const VecF32 lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  VecF32 top[2] = {lowest, lowest};
  for_row(beat, columns, [&](int64_t i, size_t n, int a) HWY_ATTR {
    VecF32 x = load(src + i, n);
    if (n != hn::Lanes(d)) x = hn::IfThenElse(hn::FirstN(d, n), x, lowest);
    top[a] = hn::Max(x, top[a]);  // x86 gives the second operand where either is NaN
  });
  return hn::ReduceMax(d, hn::Max(top[0], top[1]));
}

// The sum over the row of e^(x - top); each term also goes to dst unless that is nullptr.
HWY_INLINE float sum_of_exp(Heartbeat& beat, const float* src, int64_t columns, VecF32 top,
                            float* dst) {
  const F32 d;
  VecF32 sum[2] = {hn::Zero(d), hn::Zero(d)};
  for_row(beat, columns, [&](int64_t i, size_t n, int a) HWY_ATTR {
    VecF32 e = exp_nonpositive(d, hn::Sub(load(src + i, n), top));
    if (n != hn::Lanes(d)) e = hn::IfThenElseZero(hn::FirstN(d, n), e);
    sum[a] = hn::Add(sum[a], e);
    if (dst != nullptr) store(e, dst + i, n);
  });
  return hn::ReduceSum(d, hn::Add(sum[0], sum[1]));
}

Status softmax(const RowArgs& args, bool log) {
  const F32 d;
  const int64_t columns = args.inputs[0].columns;
  Heartbeat beat(args.control);
  for (int64_t r = 0; r < args.rows && !beat.stop(); ++r) {
    const float* src = args.inputs[0].row<float>(r);
    auto* dst = args.outputs[0].row<float>(r);
    const VecF32 top = hn::Set(d, largest(beat, src, columns));
    if (log) {
      const VecF32 log_sum = hn::Set(d, std::log(sum_of_exp(beat, src, columns, top, nullptr)));
      for_row(beat, columns, [&](int64_t i, size_t n, int) HWY_ATTR {
        store(hn::Sub(hn::Sub(load(src + i, n), top), log_sum), dst + i, n);
      });
    } else {
      const VecF32 factor = hn::Set(d, 1.0f / sum_of_exp(beat, src, columns, top, dst));
      for_row(beat, columns, [&](int64_t i, size_t n, int) HWY_ATTR {
        store(hn::Mul(load(dst + i, n), factor), dst + i, n);
      });
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

HWY_EXPORT(softmax);

class Softmax final : public RowKernel {
 public:
  explicit Softmax(bool log) : log_(log) {}
  Status run(const RowArgs& args) const override {
    return HWY_DYNAMIC_DISPATCH(softmax)(args, log_);
  }

 private:
  bool log_;
};

}  // namespace

Support accept_softmax(const KernelRequest& request) {
  return both(require_rows(request), require_type(request, DType::kF32));
}

Result<Kernel> make_softmax(const KernelRequest& request) {
  return Kernel(std::make_unique<Softmax>(attributes_of<SoftmaxAttrs>(request).log));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

// Quantizes rows of f32 to u8 codes and RowParams, bit for bit as numerics::quantize_row and
// quantize_row_by do.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/cpu/kernels.h"
#include "kernels/numerics/quantize.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/quantize_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using VecF32 = hn::Vec<F32>;

// One row, as it is or multiplied by the reciprocal smoothing factors.
template <bool kSmooth>
struct Row {
  const float* src;
  const float* factors;

  HWY_INLINE VecF32 load(int64_t i) const {
    const F32 d;
    const VecF32 x = hn::LoadU(d, src + i);
    if constexpr (kSmooth) return hn::Mul(x, hn::LoadU(d, factors + i));
    return x;
  }
  HWY_INLINE VecF32 load_some(int64_t i, size_t count) const {  // 0 beyond `count`
    const F32 d;
    const VecF32 x = hn::LoadN(d, src + i, count);
    if constexpr (kSmooth) return hn::Mul(x, hn::LoadN(d, factors + i, count));
    return x;
  }
};

// The range of what it has seen, 0 included, and whether all of it was finite.
class Range {
 public:
  HWY_INLINE Range() : low_(hn::Zero(F32())), high_(hn::Zero(F32())), poison_(hn::Zero(F32())) {}
  HWY_INLINE void see(VecF32 x) {
    low_ = hn::Min(low_, x);
    high_ = hn::Max(high_, x);
    poison_ = hn::Or(poison_, hn::Sub(x, x));  // all bits 0 until a NaN or an infinity
  }
  HWY_INLINE void see(const Range& other) {
    low_ = hn::Min(low_, other.low_);
    high_ = hn::Max(high_, other.high_);
    poison_ = hn::Or(poison_, other.poison_);
  }
  HWY_INLINE RowParams params() const {
    const F32 d;
    const hn::RebindToSigned<F32> di;
    const bool finite = hn::AllTrue(di, hn::Eq(hn::BitCast(di, poison_), hn::Zero(di)));
    const float high = finite ? hn::ReduceMax(d, high_) : std::numeric_limits<float>::quiet_NaN();
    return numerics::choose_row_params(hn::ReduceMin(d, low_), high);
  }

 private:
  VecF32 low_, high_, poison_;
};

template <bool kSmooth>
HWY_INLINE RowParams range_of_row(Heartbeat& beat, const Row<kSmooth>& row, int64_t k) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
  Range first, second;
  int64_t i = 0;
  while (i + 2 * lanes <= k) {
    const int64_t start = i, end = std::min(k, i + cpu::kRowPiece);
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      first.see(row.load(i));
      second.see(row.load(i + lanes));
    }
    if (beat.stop((i - start) / 16)) return {};
  }
  for (; i < k; i += lanes) first.see(row.load_some(i, static_cast<size_t>(k - i)));
  first.see(second);
  return first.params();
}

// Turns four vectors of f32 into one of codes: x * reciprocal, or x / scale, rounded.
template <bool kDivide>
class Encoder {
 public:
  static constexpr F32 kF32{};
  static constexpr hn::RebindToSigned<F32> kI32{};
  static constexpr hn::Repartition<int16_t, F32> kI16{};
  static constexpr hn::Repartition<uint8_t, F32> kU8{};
  static constexpr hn::Repartition<uint32_t, F32> kU32{};

  HWY_INLINE explicit Encoder(const RowParams& params)
      : factor_(hn::Set(kF32, kDivide ? params.scale : 1.0f / params.scale)),
        // Adding 1.5 * 2^23 rounds to an integer, half to even, that stands in the lowest bits.
        offset_(hn::Set(kI32, params.zero_point - 0x4b400000)) {
    // The packing below leaves groups of four codes in the order (block, vector); this restores
    // (vector, block).
    HWY_ALIGN uint32_t order[hn::MaxLanes(kU32)];
    const size_t lanes = hn::Lanes(kU32), blocks = lanes / 4;
    for (size_t i = 0; i < lanes; ++i)
      order[i] = static_cast<uint32_t>(4 * (i % blocks) + i / blocks);
    order_ = hn::SetTableIndices(kU32, order);
  }

  HWY_INLINE hn::Vec<hn::Repartition<uint8_t, F32>> encode(VecF32 x0, VecF32 x1, VecF32 x2,
                                                           VecF32 x3) const {
    const auto low = hn::ReorderDemote2To(kI16, code(x0), code(x1));
    const auto high = hn::ReorderDemote2To(kI16, code(x2), code(x3));
    const auto codes = hn::ReorderDemote2To(kU8, low, high);
    return hn::BitCast(kU8, hn::TableLookupLanes(hn::BitCast(kU32, codes), order_));
  }

 private:
  HWY_INLINE hn::Vec<hn::RebindToSigned<F32>> code(VecF32 x) const {
    const VecF32 scaled = kDivide ? hn::Div(x, factor_) : hn::Mul(x, factor_);
    const VecF32 shifted = hn::Add(scaled, hn::Set(kF32, 0x1.8p23f));
    return hn::Add(hn::BitCast(kI32, shifted), offset_);
  }

  VecF32 factor_;
  hn::Vec<hn::RebindToSigned<F32>> offset_;
  using Order = decltype(hn::SetTableIndices(kU32, static_cast<const uint32_t*>(nullptr)));
  Order order_;
};

// Returns the sum of the codes.
template <bool kDivide, bool kSmooth>
HWY_INLINE int32_t encode_row(Heartbeat& beat, const Row<kSmooth>& row, int64_t k,
                              const RowParams& params, uint8_t* codes) {
  const F32 d;
  const hn::Repartition<uint8_t, F32> du8;
  const hn::Repartition<uint64_t, F32> du64;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Encoder<kDivide> encoder(params);
  auto sums = hn::Zero(du64);
  int64_t i = 0;
  while (i + 4 * lanes <= k) {
    const int64_t start = i, end = std::min(k, i + cpu::kRowPiece);
    for (; i + 4 * lanes <= end; i += 4 * lanes) {
      const auto block = encoder.encode(row.load(i), row.load(i + lanes), row.load(i + 2 * lanes),
                                        row.load(i + 3 * lanes));
      hn::StoreU(block, du8, codes + i);
      sums = hn::Add(sums, hn::SumsOf8(block));
    }
    if (beat.stop((i - start) / 16)) return 0;
  }
  auto sum = static_cast<int32_t>(hn::ReduceSum(du64, sums));
  if (i < k) {
    VecF32 x[4];
    for (int64_t v = 0; v < 4; ++v) {
      const int64_t start = i + v * lanes;
      x[v] = start < k ? row.load_some(start, static_cast<size_t>(k - start)) : hn::Zero(d);
    }
    HWY_ALIGN uint8_t rest[hn::MaxLanes(du8)];
    hn::Store(encoder.encode(x[0], x[1], x[2], x[3]), du8, rest);
    std::memcpy(codes + i, rest, static_cast<size_t>(k - i));
    for (int64_t j = 0; j < k - i; ++j) sum += rest[j];
  }
  return sum;
}

// Rows whose ranges are found before the first of them is encoded: the latency of one row's
// reductions and divisions hides behind the next row, and all of them still lie in L1 (16 KB).
HWY_INLINE int64_t rows_at_once(int64_t k) {
  return std::clamp<int64_t>(4096 / std::max<int64_t>(k, 1), 1, 8);
}

template <bool kSmooth>
HWY_INLINE void quantize_all(Heartbeat& beat, const RowArgs& args, const float* factors) {
  const int64_t k = args.inputs[0].columns, step = rows_at_once(k);
  const auto row = [&](int64_t r) { return Row<kSmooth>{args.inputs[0].row<float>(r), factors}; };
  for (int64_t first = 0; first < args.rows && !beat.stop(); first += step) {
    const int64_t last = std::min(first + step, args.rows);
    for (int64_t r = first; r < last; ++r)
      *args.outputs[1].row<RowParams>(r) = range_of_row(beat, row(r), k);
    for (int64_t r = first; r < last; ++r) {
      auto* codes = args.outputs[0].row<uint8_t>(r);
      RowParams& params = *args.outputs[1].row<RowParams>(r);
      if (std::isnan(params.scale))
        std::memset(codes, 0, static_cast<size_t>(k));
      else
        params.row_sum = encode_row<false>(beat, row(r), k, params, codes);
    }
  }
}

// Rows of one range.
HWY_INLINE void quantize_in_range(Heartbeat& beat, const RowArgs& args, const RowParams& range) {
  const int64_t k = args.inputs[0].columns;
  for (int64_t r = 0; r < args.rows && !beat.stop(k / 16); ++r) {
    auto* codes = args.outputs[0].row<uint8_t>(r);
    RowParams& params = *args.outputs[1].row<RowParams>(r);
    params = range;
    if (std::isnan(range.scale))
      std::memset(codes, 0, static_cast<size_t>(k));
    else
      params.row_sum = encode_row<true>(beat, Row<false>{args.inputs[0].row<float>(r), nullptr}, k,
                                        range, codes);
  }
}

Status quantize_rows(const RowArgs& args, const float* factors, const RowParams* range) {
  Heartbeat beat(args.control);
  if (range != nullptr)
    quantize_in_range(beat, args, *range);
  else if (factors != nullptr)
    quantize_all<true>(beat, args, factors);
  else
    quantize_all<false>(beat, args, nullptr);
  return beat.status();
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(quantize_rows);

class QuantizeRows final : public RowKernel {
  Status run(const RowArgs& args) const override {
    const float* factors = has_input(args, 1) ? args.inputs[1].row<float>(0) : nullptr;
    if (!has_input(args, 3)) return HWY_DYNAMIC_DISPATCH(quantize_rows)(args, factors, nullptr);
    const RowParams range =
        numerics::params_of_range(*args.inputs[2].row<float>(0), *args.inputs[3].row<float>(0));
    return HWY_DYNAMIC_DISPATCH(quantize_rows)(args, nullptr, &range);
  }
};

}  // namespace

Support accept_quantize_rows(const KernelRequest& request) { return require_rows(request); }

Result<Kernel> make_quantize_rows(const KernelRequest&) {
  return Kernel(std::make_unique<QuantizeRows>());
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

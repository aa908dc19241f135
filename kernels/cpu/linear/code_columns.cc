// Codes become floats in registers: stored for many rows, multiplied at once for few.
#include "kernels/cpu/linear/code_columns.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/cpu/linear/linear_blocked.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/code_columns.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::CodeColumns;
using cpu::CodeRun;
using cpu::kBlockColumns;

using DF32 = hn::CappedTag<float, kBlockColumns>;
using DCodes = hn::FixedTag<uint8_t, kBlockColumns>;
using Floats = hn::Vec<DF32>;
constexpr int kVectors = static_cast<int>(kBlockColumns / hn::MaxLanes(DF32()));  // of a block

// The codes of 16 columns as bytes.
template <int kBits>
HWY_INLINE hn::Vec<DCodes> spread_codes(const std::byte* packed) {
  const DCodes d;
  const auto* bytes = reinterpret_cast<const uint8_t*>(packed);
  if constexpr (kBits == 8) {
    return hn::LoadU(d, bytes);
  } else if constexpr (kBits == 4) {
    const hn::Half<DCodes> half;
    const auto both = hn::LoadU(half, bytes);
    return hn::Combine(d, hn::ShiftRight<4>(both), hn::And(both, hn::Set(half, 0x0F)));
  } else {
    const hn::Repartition<uint32_t, DCodes> d32;
    uint32_t four;
    std::memcpy(&four, bytes, sizeof four);
    alignas(16) constexpr uint32_t kShifts[] = {0, 2, 4, 6};
    const auto shifted = hn::Shr(hn::Set(d32, four), hn::Load(d32, kShifts));
    return hn::BitCast(d, hn::And(shifted, hn::Set(d32, 0x03030303)));
  }
}

// Vector v of them as floats.
template <class Codes>
HWY_INLINE Floats to_floats(Codes codes, int v) {
  const DF32 d;
  const hn::Rebind<int32_t, DF32> d32;
  if constexpr (kVectors == 1) {
    return hn::ConvertTo(d, hn::PromoteTo(d32, codes));
  } else {
    const hn::Half<DCodes> half;
    return hn::ConvertTo(
        d, hn::PromoteTo(d32, v == 0 ? hn::LowerHalf(half, codes) : hn::UpperHalf(half, codes)));
  }
}

// Scales and zero points of a block in one group.
struct Parts {
  Floats scale[kVectors], zero_point[kVectors];

  HWY_INLINE explicit Parts(const float* parts) {
    const DF32 d;
    for (size_t v = 0; v < kVectors; ++v) {
      scale[v] = hn::LoadU(d, parts + v * hn::Lanes(d));
      zero_point[v] = hn::LoadU(d, parts + kBlockColumns + v * hn::Lanes(d));
    }
  }
  HWY_INLINE Floats weights(hn::Vec<DCodes> codes, int v) const {
    return hn::Mul(hn::Sub(to_floats(codes, v), zero_point[v]), scale[v]);
  }
};

const float* parts_of(const CodeColumns& columns, int64_t block, int64_t group) {
  return columns.parts + (block * columns.groups_of_k + group) * 2 * kBlockColumns;
}

template <int kBits>
void widen(const CodeColumns& columns, float* weights) {
  const DF32 d;
  const std::byte* packed = columns.codes;
  for (int64_t block = 0; block * kBlockColumns < columns.columns; ++block) {
    int64_t k = 0;
    for (const CodeRun* run = columns.runs; k < columns.k; ++run) {
      const Parts parts(parts_of(columns, block, run->group));
      for (; k < run->end; ++k, packed += 2 * kBits, weights += kBlockColumns) {
        const auto codes = spread_codes<kBits>(packed);
        for (int v = 0; v < kVectors; ++v)
          hn::StoreU(parts.weights(codes, v), d, weights + static_cast<size_t>(v) * hn::Lanes(d));
      }
    }
  }
}

// Sums of kRows rows over one block, of which the first `columns` exist.
template <int kBits, int kRows>
HWY_INLINE void multiply_block(const CodeColumns& panel, int64_t block, const std::byte* src,
                               int64_t row_bytes, float* acc) {
  const DF32 d;
  Floats sums[kRows][kVectors];
  const float* rows[kRows];
  for (int r = 0; r < kRows; ++r) {
    rows[r] = reinterpret_cast<const float*>(src + r * row_bytes);
    for (Floats& sum : sums[r]) sum = hn::Zero(d);
  }
  const std::byte* packed = panel.codes + block * panel.k * 2 * kBits;
  int64_t k = 0;
  for (const CodeRun* run = panel.runs; k < panel.k; ++run) {
    const Parts parts(parts_of(panel, block, run->group));
    for (; k < run->end; ++k, packed += 2 * kBits) {
      const auto codes = spread_codes<kBits>(packed);
      for (int v = 0; v < kVectors; ++v) {
        const Floats weights = parts.weights(codes, v);
        for (int r = 0; r < kRows; ++r)
          sums[r][v] = hn::MulAdd(hn::Set(d, rows[r][k]), weights, sums[r][v]);
      }
    }
  }
  const int64_t first = block * kBlockColumns;
  const auto columns = static_cast<size_t>(std::min(panel.columns - first, kBlockColumns));
  for (int r = 0; r < kRows; ++r)
    for (size_t v = 0; v < kVectors; ++v)
      if (const size_t start = v * hn::Lanes(d); start < columns)
        hn::StoreN(sums[r][v], d, acc + r * panel.columns + first + static_cast<int64_t>(start),
                   columns - start);
}

template <int kBits>
void multiply(const CodeColumns& panel, const std::byte* src, int64_t row_bytes, int64_t rows,
              float* acc) {
  for (int64_t block = 0; block * kBlockColumns < panel.columns; ++block) {
    if (rows == 1) multiply_block<kBits, 1>(panel, block, src, row_bytes, acc);
    if (rows == 2) multiply_block<kBits, 2>(panel, block, src, row_bytes, acc);
    if (rows == 3) multiply_block<kBits, 3>(panel, block, src, row_bytes, acc);
    if (rows == 4) multiply_block<kBits, 4>(panel, block, src, row_bytes, acc);
  }
}

void widen_any(const CodeColumns& columns, float* weights) {
  if (columns.bits == 2) return widen<2>(columns, weights);
  if (columns.bits == 4) return widen<4>(columns, weights);
  widen<8>(columns, weights);
}

void multiply_any(const CodeColumns& columns, const std::byte* src, int64_t row_bytes,
                  int64_t rows, float* acc) {
  if (columns.bits == 2) return multiply<2>(columns, src, row_bytes, rows, acc);
  if (columns.bits == 4) return multiply<4>(columns, src, row_bytes, rows, acc);
  multiply<8>(columns, src, row_bytes, rows, acc);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(widen_any);
HWY_EXPORT(multiply_any);

}  // namespace

void widen_codes(const CodeColumns& columns, float* weights) {
  HWY_DYNAMIC_DISPATCH(widen_any)(columns, weights);
}

void multiply_codes(const CodeColumns& columns, const std::byte* src, int64_t row_bytes,
                    int64_t rows, float* acc) {
  assert(rows <= kFewRows);
  HWY_DYNAMIC_DISPATCH(multiply_any)(columns, src, row_bytes, rows, acc);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE

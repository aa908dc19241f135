// Products of row-major rows with packed panels in register tiles, for attention: scores and
// contexts.
//
// Both operands are made of words of 32 bits: one f32, or a pair of bf16 that follow each other
// along the summed axis. The right operand is packed in panels of up to kPanelVectors vectors of
// columns: panel p starts at word p * kPanelVectors * lanes * packed_steps and holds packed_steps
// rows of its own width. Every element of the result is summed over the steps in order, whatever
// the tile, so it does not depend on the number of rows or columns.

// The guard flips with every target, see hwy/foreach_target.h.
#if defined(OCTET_KERNELS_CPU_ATTENTION_ATTENTION_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_TILE_INL_H_
#undef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_TILE_INL_H_
#else
#define OCTET_KERNELS_CPU_ATTENTION_ATTENTION_TILE_INL_H_
#endif

#include <algorithm>
#include <cstring>

#include "hwy/highway.h"
#include "runtime/core/heartbeat.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using FloatVec = hn::Vec<FloatTag>;
inline constexpr size_t kLanes = hn::MaxLanes(FloatTag());
// A tile's columns, in vectors. AVX-512 has 32 registers, AVX2 16.
inline constexpr size_t kPanelVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

// f32 words.
struct FloatProducts {
  using Element = float;
  static constexpr size_t kElementsPerWord = 1;
  struct Sum {
    FloatVec value;
    HWY_INLINE void clear() { value = hn::Zero(FloatTag()); }
    HWY_INLINE FloatVec total() const { return value; }
  };
  using Words = FloatVec;
  static HWY_INLINE Words load(const uint32_t* words) {
    return hn::BitCast(FloatTag(), hn::Load(hn::RebindToUnsigned<FloatTag>(), words));
  }
  static HWY_INLINE Words broadcast(const std::byte* word) {
    float value;
    std::memcpy(&value, word, sizeof value);
    return hn::Set(FloatTag(), value);
  }
  static HWY_INLINE void accumulate(Words a, Words b, Sum& sum) {
    sum.value = hn::MulAdd(a, b, sum.value);
  }
};

// Pairs of bf16. Both products of a pair end in the lane of its word: at once where the target has
// an instruction for it, else two sums are kept until the end.
struct PairProducts {
  using Element = uint16_t;
  static constexpr size_t kElementsPerWord = 2;
  using Tag = hn::Repartition<hwy::bfloat16_t, FloatTag>;
  struct Sum {
    FloatVec even;
    FloatVec odd;
    HWY_INLINE void clear() { even = odd = hn::Zero(FloatTag()); }
    HWY_INLINE FloatVec total() const {
      return HWY_NATIVE_DOT_BF16 ? even : hn::RearrangeToOddPlusEven(even, odd);
    }
  };
  using Words = hn::Vec<Tag>;
  static HWY_INLINE Words load(const uint32_t* words) {
    return hn::BitCast(Tag(), hn::Load(hn::RebindToUnsigned<FloatTag>(), words));
  }
  static HWY_INLINE Words broadcast(const std::byte* word) {
    uint32_t bits;
    std::memcpy(&bits, word, sizeof bits);
    return broadcast_bits(bits);
  }
  static HWY_INLINE Words broadcast_bits(uint32_t bits) {
    return hn::BitCast(Tag(), hn::Set(hn::RebindToUnsigned<FloatTag>(), bits));
  }
  static HWY_INLINE void accumulate(Words a, Words b, Sum& sum) {
    sum.even = hn::ReorderWidenMulAccumulate(FloatTag(), a, b, sum.even, sum.odd);
  }
};

// The left operand: `rows` rows of words, `row_bytes` apart, at any alignment.
struct TileRows {
  const std::byte* data;
  ptrdiff_t row_bytes;
};

// R rows from `row` times V vectors of columns; the panel's columns start at `column`.
template <class Products, size_t R, size_t V, class Finish>
HWY_INLINE void multiply_tile(TileRows a, size_t row, const uint32_t* HWY_RESTRICT panel,
                              size_t steps, size_t column, Finish finish) {
  typename Products::Sum sums[R][V];
  HWY_UNROLL(12)
  for (size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (size_t v = 0; v < V; ++v) sums[r][v].clear();
  }
  const std::byte* first = a.data + static_cast<ptrdiff_t>(row) * a.row_bytes;
  for (size_t step = 0; step < steps; ++step) {
    typename Products::Words b[V];
    HWY_UNROLL(4)
    for (size_t v = 0; v < V; ++v) b[v] = Products::load(panel + (step * V + v) * kLanes);
    HWY_UNROLL(12)
    for (size_t r = 0; r < R; ++r) {
      const auto x =
          Products::broadcast(first + static_cast<ptrdiff_t>(r) * a.row_bytes + step * 4);
      HWY_UNROLL(4)
      for (size_t v = 0; v < V; ++v) Products::accumulate(x, b[v], sums[r][v]);
    }
  }
  HWY_UNROLL(12)
  for (size_t r = 0; r < R; ++r) {
    HWY_UNROLL(4)
    for (size_t v = 0; v < V; ++v) finish(row + r, column + v * kLanes, sums[r][v].total());
  }
}

// As many rows as leave registers for one row of the panel and one broadcast.
template <size_t V>
inline constexpr size_t kTileRows = kPanelVectors == 2 ? (V == 2 ? 6 : 12)
                                    : V == 4           ? 6
                                    : V == 3           ? 8
                                                       : 12;

template <class Products, size_t V, class Finish>
HWY_NOINLINE void multiply_panel(TileRows a, size_t rows, const uint32_t* panel, size_t steps,
                                 size_t column, Finish finish) {
  size_t row = 0;
  for (; row + kTileRows<V> <= rows; row += kTileRows<V>)
    multiply_tile<Products, kTileRows<V>, V>(a, row, panel, steps, column, finish);
  for (; row + 4 <= rows; row += 4)
    multiply_tile<Products, 4, V>(a, row, panel, steps, column, finish);
  for (; row + 2 <= rows; row += 2)
    multiply_tile<Products, 2, V>(a, row, panel, steps, column, finish);
  if (row < rows) multiply_tile<Products, 1, V>(a, row, panel, steps, column, finish);
}

// All rows times `columns` (a multiple of the lanes) packed columns, or as many as `beat` allows.
// finish(row, column, sum): a vector of results.
template <class Products, class Finish>
HWY_INLINE void multiply_panels(Heartbeat& beat, TileRows a, size_t rows, const uint32_t* packed,
                                size_t packed_steps, size_t steps, size_t columns, Finish finish) {
  constexpr size_t kPanelColumns = kPanelVectors * kLanes;
  const auto units = static_cast<int64_t>(rows * steps * kPanelColumns / 16);
  size_t column = 0;
  for (; column + kPanelColumns <= columns && !beat.stop(units); column += kPanelColumns)
    multiply_panel<Products, kPanelVectors>(a, rows, packed + column * packed_steps, steps, column,
                                            finish);
  if (beat.stop(units)) return;
  const uint32_t* last = packed + column * packed_steps;
  const size_t vectors = (columns - column) / kLanes;
  if (vectors == 1) multiply_panel<Products, 1>(a, rows, last, steps, column, finish);
  if constexpr (kPanelVectors == 4) {
    if (vectors == 2) multiply_panel<Products, 2>(a, rows, last, steps, column, finish);
    if (vectors == 3) multiply_panel<Products, 3>(a, rows, last, steps, column, finish);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif  // the toggled guard

// Brings q, k, v and the mask of one head into the layouts that the register tiles read.

// The guard flips with every target, see hwy/foreach_target.h.
#if defined(OCTET_KERNELS_CPU_ATTENTION_ATTENTION_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_PACK_INL_H_
#undef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_PACK_INL_H_
#else
#define OCTET_KERNELS_CPU_ATTENTION_ATTENTION_PACK_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/cpu/attention/attention_head.h"
#include "kernels/cpu/attention/attention_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {

using cpu::AttentionHead;
using cpu::AttentionScratch;
using cpu::HeadOperand;
using WordTag = hn::RebindToUnsigned<FloatTag>;

constexpr size_t round_up_to(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Copies `rows` rows of `columns` elements, zeros after them up to `padded_columns`; bf16 to float
// widens.
template <class Element>
void stage_rows(DType dtype, HeadOperand src, size_t rows, size_t columns, size_t padded_columns,
                Element* dst) {
  for (size_t i = 0; i < rows; ++i, dst += padded_columns) {
    for (size_t j = 0; j < columns; ++j) {
      const int64_t at =
          static_cast<int64_t>(i) * src.row_stride + static_cast<int64_t>(j) * src.column_stride;
      if (dtype == DType::kBF16) {
        uint16_t bits;
        std::memcpy(&bits, src.data + at * 2, 2);
        if constexpr (sizeof(Element) == 2) {
          dst[j] = bits;
        } else {
          const uint32_t widened = uint32_t{bits} << 16;
          std::memcpy(dst + j, &widened, 4);
        }
      } else if constexpr (sizeof(Element) == 4) {
        std::memcpy(dst + j, src.data + at * 4, 4);
      }
    }
    std::fill(dst + columns, dst + padded_columns, Element{});
  }
}

template <class Products>
inline bool contiguous_rows(DType dtype, HeadOperand operand) {
  return operand.column_stride == 1 && dtype_size(dtype) == sizeof(typename Products::Element);
}

inline HeadOperand skip_rows(HeadOperand operand, DType dtype, size_t rows) {
  operand.data +=
      static_cast<int64_t>(rows) * operand.row_stride * static_cast<int64_t>(dtype_size(dtype));
  return operand;
}

// One vector of blocks of four words: block b from row 4 b.
template <class D>
HWY_INLINE hn::Vec<D> load_row_blocks(D d, const std::byte* row, ptrdiff_t row_bytes) {
  if constexpr (hn::MaxLanes(d) == 4) {
    return hn::LoadU(d, reinterpret_cast<const uint32_t*>(row));
  } else {
    const hn::Half<D> half;
    const auto lower = load_row_blocks(half, row, row_bytes);
    const auto upper = load_row_blocks(
        half, row + static_cast<ptrdiff_t>(hn::MaxLanes(half)) * row_bytes, row_bytes);
    return hn::Combine(d, upper, lower);
  }
}

// `words` (a multiple of 4) words of kLanes rows become `words` rows of kLanes words, `dst_stride`
// words apart.
HWY_INLINE void transpose_rows(const std::byte* src, ptrdiff_t row_bytes, size_t words,
                               uint32_t* HWY_RESTRICT dst, size_t dst_stride) {
  const WordTag d;
  const hn::Repartition<uint64_t, WordTag> d64;
  for (size_t w = 0; w < words; w += 4, src += 16, dst += 4 * dst_stride) {
    const auto row0 = load_row_blocks(d, src, row_bytes);
    const auto row1 = load_row_blocks(d, src + row_bytes, row_bytes);
    const auto row2 = load_row_blocks(d, src + 2 * row_bytes, row_bytes);
    const auto row3 = load_row_blocks(d, src + 3 * row_bytes, row_bytes);
    const auto lower01 = hn::BitCast(d64, hn::InterleaveLower(d, row0, row1));
    const auto lower23 = hn::BitCast(d64, hn::InterleaveLower(d, row2, row3));
    const auto upper01 = hn::BitCast(d64, hn::InterleaveUpper(d, row0, row1));
    const auto upper23 = hn::BitCast(d64, hn::InterleaveUpper(d, row2, row3));
    hn::Store(hn::BitCast(d, hn::InterleaveLower(d64, lower01, lower23)), d, dst);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(d64, lower01, lower23)), d, dst + dst_stride);
    hn::Store(hn::BitCast(d, hn::InterleaveLower(d64, upper01, upper23)), d, dst + 2 * dst_stride);
    hn::Store(hn::BitCast(d, hn::InterleaveUpper(d64, upper01, upper23)), d, dst + 3 * dst_stride);
  }
}

// k transposed, in panels of round_up(depth words, 4) steps; the columns beyond `keys` are zeros.
template <class Products>
void pack_keys(const AttentionHead& head, typename Products::Element* staging, uint32_t* packed) {
  using Element = typename Products::Element;
  const size_t keys = static_cast<size_t>(head.keys), depth = static_cast<size_t>(head.depth);
  const size_t padded_depth = round_up_to(depth, 4 * Products::kElementsPerWord);
  const size_t words = padded_depth / Products::kElementsPerWord;
  const size_t columns = round_up_to(keys, kLanes), panel_columns = kPanelVectors * kLanes;
  const bool in_place = contiguous_rows<Products>(head.dtype, head.k) && padded_depth == depth;
  const int64_t units = head.depth * static_cast<int64_t>(kLanes) / 8;
  for (size_t key = 0; key < keys && !head.beat->stop(units); key += kLanes) {
    const HeadOperand rows = skip_rows(head.k, head.dtype, key);
    const std::byte* src = rows.data;
    ptrdiff_t row_bytes = rows.row_stride * static_cast<ptrdiff_t>(sizeof(Element));
    if (!in_place || key + kLanes > keys) {
      const size_t present = std::min(kLanes, keys - key);
      stage_rows(head.dtype, rows, present, depth, padded_depth, staging);
      std::fill(staging + present * padded_depth, staging + kLanes * padded_depth, Element{});
      src = reinterpret_cast<const std::byte*>(staging);
      row_bytes = static_cast<ptrdiff_t>(padded_depth * sizeof(Element));
    }
    const size_t panel = key / panel_columns * panel_columns;
    const size_t width = std::min(panel_columns, columns - panel);
    transpose_rows(src, row_bytes, words, packed + panel * words + (key - panel), width);
  }
}

// The pair (or one) of rows of v that makes one step; `present` of them are there.
template <class Products>
HWY_INLINE hn::Vec<WordTag> load_value_words(const std::byte* row, ptrdiff_t row_bytes,
                                             size_t present, size_t columns) {
  const WordTag d;
  if constexpr (Products::kElementsPerWord == 1) {
    return hn::LoadN(d, reinterpret_cast<const uint32_t*>(row), columns);
  } else {
    const hn::Rebind<uint16_t, WordTag> narrow;
    const auto load = [&](const std::byte* from) HWY_ATTR {
      const uint16_t* elements = reinterpret_cast<const uint16_t*>(from);
      return hn::PromoteTo(d, columns >= kLanes ? hn::LoadU(narrow, elements)
                                                : hn::LoadN(narrow, elements, columns));
    };
    const auto first = load(row);
    return present == 2 ? hn::Or(first, hn::ShiftLeft<16>(load(row + row_bytes))) : first;
  }
}

// v in panels of ceil(keys / elements per word) steps; columns beyond value_depth, and a missing
// second key, are zeros.
template <class Products>
void pack_values(const AttentionHead& head, typename Products::Element* staging, uint32_t* packed) {
  using Element = typename Products::Element;
  constexpr size_t kPerWord = Products::kElementsPerWord;
  const size_t keys = static_cast<size_t>(head.keys), depth = static_cast<size_t>(head.value_depth);
  const size_t columns = round_up_to(depth, kLanes), panel_columns = kPanelVectors * kLanes;
  const size_t steps = (keys + kPerWord - 1) / kPerWord;
  const bool in_place = contiguous_rows<Products>(head.dtype, head.v);
  for (size_t step = 0; step < steps && !head.beat->stop(head.value_depth / 4); ++step) {
    const size_t present = std::min(kPerWord, keys - step * kPerWord);
    const HeadOperand rows = skip_rows(head.v, head.dtype, step * kPerWord);
    const std::byte* src = rows.data;
    ptrdiff_t row_bytes = rows.row_stride * static_cast<ptrdiff_t>(sizeof(Element));
    if (!in_place) {
      stage_rows(head.dtype, rows, present, depth, columns, staging);
      src = reinterpret_cast<const std::byte*>(staging);
      row_bytes = static_cast<ptrdiff_t>(columns * sizeof(Element));
    }
    for (size_t column = 0; column < columns; column += kLanes) {
      const size_t panel = column / panel_columns * panel_columns;
      const size_t width = std::min(panel_columns, columns - panel);
      hn::Store(load_value_words<Products>(src + column * sizeof(Element), row_bytes, present,
                                           depth - column),
                WordTag(), packed + panel * steps + step * width + (column - panel));
    }
  }
}

// q where its rows can be read as words in place, else a copy of `rows` rows from `first`.
template <class Products>
TileRows prepare_queries(const AttentionHead& head, size_t first, size_t rows,
                         typename Products::Element* copy) {
  using Element = typename Products::Element;
  const HeadOperand q = skip_rows(head.q, head.dtype, first);
  const size_t depth = static_cast<size_t>(head.depth);
  if (contiguous_rows<Products>(head.dtype, q) && depth % Products::kElementsPerWord == 0)
    return {q.data, static_cast<ptrdiff_t>(q.row_stride) * static_cast<ptrdiff_t>(sizeof(Element))};
  const size_t padded = round_up_to(depth, Products::kElementsPerWord);
  stage_rows(head.dtype, q, rows, depth, padded, copy);
  return {reinterpret_cast<const std::byte*>(copy),
          static_cast<ptrdiff_t>(padded * sizeof(Element))};
}

// The scores' scale for powers of 2 instead of e: weights are 2^(log2(e) s).
inline constexpr float kLog2E = 1.44269504f;

// One row of the mask times log2(e), -inf beyond `keys` up to `padded_keys`. The product stays
// finite where the mask is: the lowest float remains the lowest float, so that a row in which every
// key has it is a softmax over equal scores.
inline void prepare_mask_row(const float* mask, int64_t key_stride, size_t keys, size_t padded_keys,
                             float* dst) {
  constexpr float kLowest = std::numeric_limits<float>::lowest(),
                  kInfinity = std::numeric_limits<float>::infinity();
  for (size_t j = 0; j < keys; ++j) {
    const float value = mask == nullptr ? 0.0f : mask[static_cast<int64_t>(j) * key_stride];
    const float scaled = value * kLog2E;
    dst[j] = scaled < kLowest && value >= kLowest ? kLowest : scaled;
  }
  std::fill(dst + keys, dst + padded_keys, -kInfinity);
}

}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif  // the toggled guard

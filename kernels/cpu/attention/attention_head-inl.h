// One head of attention: packs k and v, then takes the queries block by block through scores,
// softmax and context.

// The guard flips with every target, see hwy/foreach_target.h.
#if defined(OCTET_KERNELS_CPU_ATTENTION_ATTENTION_HEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_HEAD_INL_H_
#undef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_HEAD_INL_H_
#else
#define OCTET_KERNELS_CPU_ATTENTION_ATTENTION_HEAD_INL_H_
#endif

#include "kernels/cpu/attention/attention_pack-inl.h"
#include "kernels/cpu/attention/attention_softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {

// The parts of the scratch memory.
template <class Products>
struct HeadBuffers {
  using Element = typename Products::Element;
  HeadBuffers(const AttentionScratch& plan, std::byte* scratch)
      : keys(reinterpret_cast<uint32_t*>(scratch + plan.keys)),
        values(reinterpret_cast<uint32_t*>(scratch + plan.values)),
        staging(reinterpret_cast<Element*>(scratch + plan.staging)),
        queries(reinterpret_cast<Element*>(scratch + plan.queries)),
        mask(reinterpret_cast<float*>(scratch + plan.mask)),
        scores(reinterpret_cast<float*>(scratch + plan.scores)),
        weights(reinterpret_cast<Element*>(scratch + plan.weights)),
        row_scale(reinterpret_cast<float*>(scratch + plan.row_scale)) {}
  uint32_t* keys;
  uint32_t* values;
  Element* staging;
  Element* queries;
  float* mask;
  float* scores;
  Element* weights;
  float* row_scale;
};

// The queries whose scores are held at once.
struct QueryBlock {
  size_t first;
  size_t rows;
  size_t columns;  // keys, rounded up to the lanes
  size_t stride;   // from one row of scores, weights or masks to the next
};

// scores = scale q k^T + mask, in units of log2(e).
template <class Products>
HWY_NOINLINE void score_block(const AttentionHead& head, const HeadBuffers<Products>& buffers,
                              QueryBlock block) {
  const FloatTag d;
  const size_t keys = static_cast<size_t>(head.keys), depth = static_cast<size_t>(head.depth);
  size_t mask_stride = 0;
  if (head.mask != nullptr && head.mask_row_stride != 0) {
    mask_stride = block.stride;
    for (size_t r = 0; r < block.rows && !head.beat->stop(head.keys / 4); ++r)
      prepare_mask_row(head.mask + static_cast<int64_t>(block.first + r) * head.mask_row_stride,
                       head.mask_key_stride, keys, block.columns, buffers.mask + r * mask_stride);
  }
  const TileRows queries =
      prepare_queries<Products>(head, block.first, block.rows, buffers.queries);
  const FloatVec scale = hn::Set(d, head.scale * kLog2E);
  const size_t steps = (depth + Products::kElementsPerWord - 1) / Products::kElementsPerWord;
  const float* mask = buffers.mask;
  float* scores = buffers.scores;
  const size_t stride = block.stride;
  multiply_panels<Products>(
      *head.beat, queries, block.rows, buffers.keys, round_up_to(steps, 4), steps, block.columns,
      [=](size_t row, size_t column, FloatVec product) HWY_ATTR {
        const FloatVec added = hn::Load(d, mask + row * mask_stride + column);
        hn::Store(hn::MulAdd(product, scale, added), d, scores + row * stride + column);
      });
}

// weights = 2^(scores - max), row_scale = 1 / their sum.
template <class Products>
HWY_NOINLINE void weigh_block(const AttentionHead& head, const HeadBuffers<Products>& buffers,
                              QueryBlock block) {
  // All maxima first: the rows' reductions overlap, and the weights do not wait for them.
  for (size_t r = 0; r < block.rows && !head.beat->stop(head.keys / 16); ++r)
    buffers.row_scale[r] = row_maximum(buffers.scores + r * block.stride, block.columns);
  for (size_t r = 0; r < block.rows && !head.beat->stop(head.keys / 8); ++r) {
    float* scores = buffers.scores + r * block.stride;
    auto* weights = buffers.weights + r * block.stride;
    const float top = buffers.row_scale[r];
    if (head.empty_rows_are_zero && top == -std::numeric_limits<float>::infinity()) {
      std::fill(weights, weights + block.columns, typename Products::Element{});
      buffers.row_scale[r] = 0;
    } else {
      buffers.row_scale[r] = 1 / weigh_row(Products(), scores, top, block.columns, weights);
    }
  }
}

// dst = weights v * row_scale.
template <class Products>
HWY_NOINLINE void mix_block(const AttentionHead& head, const HeadBuffers<Products>& buffers,
                            QueryBlock block) {
  const FloatTag d;
  const size_t keys = static_cast<size_t>(head.keys),
               value_depth = static_cast<size_t>(head.value_depth);
  const size_t steps = (keys + Products::kElementsPerWord - 1) / Products::kElementsPerWord;
  const TileRows weights{reinterpret_cast<const std::byte*>(buffers.weights),
                         static_cast<ptrdiff_t>(block.stride * sizeof(typename Products::Element))};
  const float* row_scale = buffers.row_scale;
  const int64_t dst_stride = head.dst_row_stride;
  float* dst = head.dst + static_cast<int64_t>(block.first) * dst_stride;
  multiply_panels<Products>(
      *head.beat, weights, block.rows, buffers.values, steps, steps,
      round_up_to(value_depth, kLanes), [=](size_t row, size_t column, FloatVec product) HWY_ATTR {
        // Adding 0 makes the -0 of an underflow +0, as it is when more keys follow.
        const FloatVec context = hn::MulAdd(product, hn::Set(d, row_scale[row]), hn::Zero(d));
        float* to = dst + static_cast<int64_t>(row) * dst_stride + column;
        if (column + kLanes <= value_depth)
          hn::StoreU(context, d, to);
        else
          hn::StoreN(context, d, to, value_depth - column);
      });
}

template <class Products>
void attend(const AttentionHead& head, std::byte* scratch) {
  const AttentionScratch plan = plan_attention_scratch(head, sizeof(typename Products::Element));
  const HeadBuffers<Products> buffers(plan, scratch);
  const size_t rows = static_cast<size_t>(head.rows), keys = static_cast<size_t>(head.keys);
  if (keys == 0) {
    for (int64_t i = 0; i < head.rows; ++i) {
      float* row = head.dst + i * head.dst_row_stride;
      std::fill(row, row + head.value_depth, 0.0f);
    }
    return;
  }
  pack_keys<Products>(head, buffers.staging, buffers.keys);
  pack_values<Products>(head, buffers.staging, buffers.values);
  if (head.mask == nullptr || head.mask_row_stride == 0)
    prepare_mask_row(head.mask, head.mask_key_stride, keys, round_up_to(keys, kLanes),
                     buffers.mask);
  const size_t block_rows = static_cast<size_t>(plan.block_rows);
  for (size_t first = 0; first < rows && !head.beat->stop(); first += block_rows) {
    const QueryBlock block{first, std::min(block_rows, rows - first), round_up_to(keys, kLanes),
                           static_cast<size_t>(plan.key_stride)};
    score_block(head, buffers, block);
    weigh_block(head, buffers, block);
    mix_block(head, buffers, block);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif  // the toggled guard

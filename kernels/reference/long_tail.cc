// The table of the long-tail lane, and the one kernel that runs all of it.
#include "kernels/reference/long_tail.h"

#include "kernels/reference/evaluate.h"
#include "runtime/ops/bit_cast.h"
#include "runtime/ops/col2im.h"
#include "runtime/ops/deform_columns.h"
#include "runtime/ops/det.h"
#include "runtime/ops/dft.h"
#include "runtime/ops/grid_sample.h"
#include "runtime/ops/max_roi_pool.h"
#include "runtime/ops/max_unpool.h"
#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/non_zero.h"
#include "runtime/ops/quantize.h"
#include "runtime/ops/random.h"
#include "runtime/ops/recurrence.h"
#include "runtime/ops/reverse_sequence.h"
#include "runtime/ops/roi_align.h"
#include "runtime/ops/scatter.h"
#include "runtime/ops/tf_idf.h"
#include "runtime/ops/top_k.h"
#include "runtime/ops/unique.h"

namespace octet::reference {

// Each in the file of its name.
Status bit_cast(const BitCastAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status col2im(const Col2ImAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status count_non_zero(const CountNonZeroAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte* scratch);
Status det(const DetAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
size_t det_scratch(const DetAttrs& attrs, const TaskShapes& shapes);
Status dft(const DftAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
size_t dft_scratch(const DftAttrs& attrs, const TaskShapes& shapes);
Status max_unpool(const MaxUnpoolAttrs& attrs, const TaskArgs& args, Share& share,
                  std::byte* scratch);
Status deform_columns(const DeformColumnsAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte* scratch);
Status grid_sample(const GridSampleAttrs& attrs, const TaskArgs& args, Share& share,
                   std::byte* scratch);
Status max_roi_pool(const MaxRoiPoolAttrs& attrs, const TaskArgs& args, Share& share,
                    std::byte* scratch);
Status non_max_suppression(const NonMaxSuppressionAttrs& attrs, const TaskArgs& args, Share& share,
                           std::byte* scratch);
size_t non_max_suppression_scratch(const NonMaxSuppressionAttrs& attrs, const TaskShapes& shapes);
Status non_zero(const NonZeroAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status quantization_params(const QuantizationParamsAttrs& attrs, const TaskArgs& args, Share& share,
                           std::byte* scratch);
Status random_normal(const RandomNormalAttrs& attrs, const TaskArgs& args, Share& share,
                     std::byte* scratch);
Status random_uniform(const RandomUniformAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte* scratch);
Status recurrence_steps(const RecurrenceAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte* scratch);
size_t recurrence_scratch(const RecurrenceAttrs& attrs, const TaskShapes& shapes);
Status reverse_sequence(const ReverseSequenceAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte* scratch);
Status tf_idf(const TfIdfAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
size_t tf_idf_scratch(const TfIdfAttrs& attrs, const TaskShapes& shapes);
Status roi_align(const RoiAlignAttrs& attrs, const TaskArgs& args, Share& share,
                 std::byte* scratch);
Status scatter_elements(const ScatterElementsAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte* scratch);
Status scatter_nd(const ScatterNDAttrs& attrs, const TaskArgs& args, Share& share,
                  std::byte* scratch);
Status tensor_scatter(const TensorScatterAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte* scratch);
Status top_k(const TopKAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
Status unique(const UniqueAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch);
size_t unique_scratch(const UniqueAttrs& attrs, const TaskShapes& shapes);

namespace {

template <class Attrs>
size_t no_scratch(const Attrs&, const TaskShapes&) {
  return 0;
}

template <LongTail Attrs, auto Evaluate, auto Scratch = no_scratch<Attrs>>
constexpr LongTailRow row() {
  return {
      .op = &kLongTailOp<Attrs>,
      .evaluate = [](const void* attrs, const TaskArgs& args, Share& share, std::byte* scratch)
          -> Status { return Evaluate(*static_cast<const Attrs*>(attrs), args, share, scratch); },
      .scratch_bytes = [](const void* attrs, const TaskShapes& shapes) -> size_t {
        return Scratch(*static_cast<const Attrs*>(attrs), shapes);
      },
  };
}

constexpr LongTailRow kRows[] = {
    row<BitCastAttrs, bit_cast>(),
    row<Col2ImAttrs, col2im>(),
    row<CountNonZeroAttrs, count_non_zero>(),
    row<DeformColumnsAttrs, deform_columns>(),
    row<DetAttrs, det, det_scratch>(),
    row<DftAttrs, dft, dft_scratch>(),
    row<GridSampleAttrs, grid_sample>(),
    row<MaxRoiPoolAttrs, max_roi_pool>(),
    row<MaxUnpoolAttrs, max_unpool>(),
    row<NonMaxSuppressionAttrs, non_max_suppression, non_max_suppression_scratch>(),
    row<NonZeroAttrs, non_zero>(),
    row<QuantizationParamsAttrs, quantization_params>(),
    row<RandomNormalAttrs, random_normal>(),
    row<RandomUniformAttrs, random_uniform>(),
    row<RecurrenceAttrs, recurrence_steps, recurrence_scratch>(),
    row<ReverseSequenceAttrs, reverse_sequence>(),
    row<RoiAlignAttrs, roi_align>(),
    row<ScatterElementsAttrs, scatter_elements>(),
    row<ScatterNDAttrs, scatter_nd>(),
    row<TensorScatterAttrs, tensor_scatter>(),
    row<TfIdfAttrs, tf_idf, tf_idf_scratch>(),
    row<TopKAttrs, top_k>(),
    row<UniqueAttrs, unique, unique_scratch>(),
};

const LongTailRow& row_of(const LongTailAttrs& attrs) {
  for (const LongTailRow& row : kRows)
    if (row.op == &attrs.op()) return row;
  assert(false && "every op of the lane has a row");
  return kRows[0];
}

}  // namespace

std::span<const LongTailRow> long_tail_rows() { return kRows; }

Status long_tail(const LongTailAttrs& attrs, const TaskArgs& args, Share& share,
                 std::byte* scratch) {
  return row_of(attrs).evaluate(attrs.attrs(), args, share, scratch);
}

size_t long_tail_scratch(const LongTailAttrs& attrs, const TaskShapes& shapes) {
  return row_of(attrs).scratch_bytes(attrs.attrs(), shapes);
}

}  // namespace octet::reference

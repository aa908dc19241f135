// The ordered list of CPU kernels.
#include "kernels/cpu/table.h"

#include "kernels/cpu/attention/attention.h"
#include "kernels/cpu/convolution/convolution.h"
#include "kernels/cpu/convolution/pooling.h"
#include "kernels/cpu/cpu_features.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear/linear.h"
#include "kernels/cpu/linear/quantized_linear.h"
#include "kernels/cpu/linear/weight_only_linear.h"
#include "kernels/cpu/movement/copy.h"
#include "kernels/cpu/movement/scatter.h"
#include "kernels/cpu/recurrent/recurrence.h"
#include "kernels/cpu/sampling/resize.h"
#include "kernels/cpu/sampling/sampling.h"
#include "kernels/cpu/selection/selection.h"

namespace octet {
namespace {

using namespace cpu;

// Row kernels stand before task kernels: a row kernel can join its neighbours in a region.
constexpr KernelRow kRows[] = {
    {"quantized_linear/onednn", OpKind::kQuantizedLinear, accept_onednn_quantized_linear,
     make_onednn_quantized_linear},
    {"quantized_linear/exact", OpKind::kQuantizedLinear, accept_exact_quantized_linear,
     make_exact_quantized_linear},
    {"quantized_linear/onednn_bf16", OpKind::kQuantizedLinear, accept_bf16_weight_only,
     make_bf16_weight_only},
    {"quantized_linear/onednn_f32", OpKind::kQuantizedLinear, accept_f32_weight_only,
     make_f32_weight_only},
    {"quantized_linear/highway", OpKind::kQuantizedLinear, accept_highway_weight_only,
     make_highway_weight_only},
    {"quantized_linear/blocks", OpKind::kQuantizedLinear, accept_block_weight_only,
     make_block_weight_only},
    {"linear/onednn", OpKind::kLinear, accept_onednn_linear, make_onednn_linear},
    {"linear/onednn_bf16", OpKind::kLinear, accept_onednn_bf16_linear, make_onednn_bf16_linear},
    {"linear/highway", OpKind::kLinear, accept_highway_linear, make_highway_linear},
    {"attention/bf16", OpKind::kAttention, accept_attention_bf16, make_attention_bf16},
    {"attention/f32", OpKind::kAttention, accept_attention_f32, make_attention_f32},
    {"quantize_rows/highway", OpKind::kQuantizeRows, accept_quantize_rows, make_quantize_rows},
    {"quantize/rows", OpKind::kQuantize, accept_quantize_codes, make_quantize_codes},
    {"dequantize/rows", OpKind::kDequantize, accept_dequantize_codes, make_dequantize_codes},
    {"layer_norm/highway", OpKind::kLayerNorm, accept_layer_norm, make_layer_norm},
    {"softmax/highway", OpKind::kSoftmax, accept_softmax, make_softmax},
    {"binary/rows", OpKind::kBinary, accept_binary_rows, make_binary_rows},
    {"binary/tasks", OpKind::kBinary, accept_binary, make_binary},
    {"unary/rows", OpKind::kUnary, accept_unary_rows, make_unary_rows},
    {"unary/activation_rows", OpKind::kUnary, accept_activation_rows, make_activation_rows},
    {"unary/tasks", OpKind::kUnary, accept_unary, make_unary},
    {"gather/rows", OpKind::kGather, accept_gather_rows, make_gather_rows},
    {"gather/tasks", OpKind::kGather, accept_gather, make_gather},
    {"where/tasks", OpKind::kWhere, accept_where, make_where},
    {"clip/tasks", OpKind::kClip, accept_clip, make_clip},
    {"cast/tasks", OpKind::kCast, accept_cast, make_cast},
    {"concat/tasks", OpKind::kConcat, accept_concat, make_concat},
    {"reduce/highway", OpKind::kReduce, accept_reduce, make_reduce},
    {"conv/depthwise", OpKind::kConv, accept_depthwise_conv, make_depthwise_conv},
    {"conv/highway", OpKind::kConv, accept_conv, make_conv},
    {"pool/highway", OpKind::kPool, accept_pool, make_pool},
    {"resize/nearest", OpKind::kResize, accept_resize_nearest, make_resize_nearest},
    {"resize/planes", OpKind::kResize, accept_resize_planes, make_resize_planes},
    {"recurrence/highway", OpKind::kLongTail, accept_recurrence, make_recurrence},
    {"scatter_elements/tasks", OpKind::kLongTail, accept_scatter_elements, make_scatter_elements},
    {"scatter_nd/tasks", OpKind::kLongTail, accept_scatter_nd, make_scatter_nd},
    {"tensor_scatter/tasks", OpKind::kLongTail, accept_tensor_scatter, make_tensor_scatter},
    {"grid_sample/highway", OpKind::kLongTail, accept_grid_sample, make_grid_sample},
    {"roi_align/highway", OpKind::kLongTail, accept_roi_align, make_roi_align},
    {"deform_columns/highway", OpKind::kLongTail, accept_deform_columns, make_deform_columns},
    {"top_k/highway", OpKind::kLongTail, accept_top_k, make_top_k},
    {"non_max_suppression/highway", OpKind::kLongTail, accept_non_max_suppression,
     make_non_max_suppression},
    {"matmul/highway", OpKind::kMatMul, accept_matmul, make_matmul},
};

}  // namespace

std::span<const KernelRow> cpu_kernels() { return kRows; }

Backend cpu_backend() {
  return {.name = "cpu",
          .kernels = kRows,
          .check = check_cpu,
          .features = {.bf16_linear = fast_bf16_linear(), .bf16_attention = fast_bf16_attention()},
          .make_copy = make_copy_kernel};
}

}  // namespace octet
